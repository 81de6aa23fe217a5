"""Folders of pictures: read, brought to one size, scaled."""

from pathlib import Path
from typing import Any

import numpy as np

from ..config.schema_data import Images
from .blame import Blame
from .folders import read_class_folders
from .parts import Part, Prepared, Target
from .pictures import SUFFIXES, Fail, read_pictures
from .scaling import Scaler
from .splitting import Splitter


class ImageProcessing:
    """Reads pictures of any size into arrays ``(n, height, width, channels)``."""

    kind = "images"

    def __init__(self, size: list[int], color: str, fit: str, scaler: Scaler | None):
        self.size, self.color, self.fit, self.scaler = size, color, fit, scaler

    def read(self, files: list[Path], fail: Fail) -> np.ndarray:
        """The pixels, uint8."""
        return read_pictures(files, self.size[0], self.size[1], self.color, self.fit, fail)

    def scale(self, pixels: np.ndarray) -> np.ndarray:
        """The pixels as the model takes them."""
        return self.scaler.apply(pixels) if self.scaler else pixels.astype("float32")

    def transform(self, files: list[Path], fail: Fail) -> np.ndarray:
        """Pictures as the model takes them."""
        return self.scale(self.read(files, fail))

    def to_json(self) -> dict[str, Any]:
        scaler = self.scaler.to_json() if self.scaler else None
        return {"size": self.size, "color": self.color, "fit": self.fit, "scaler": scaler}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "ImageProcessing":
        scaler = Scaler.from_json(saved["scaler"]) if saved["scaler"] else None
        return cls(saved["size"], saved["color"], saved["fit"], scaler)


def prepare_images(source: Images, seed: int, blame: Blame) -> Prepared:
    """Read and split a folder of pictures."""

    def fail(message: str) -> Any:
        blame.fail("path", message)

    (files, classes), test, names = read_class_folders(Path(source.path), SUFFIXES, blame)
    splitter = Splitter(source.split, seed, blame)
    everything = np.arange(len(files))
    rows_test = everything[:0]
    if test is None and source.split.test != 0:
        everything, rows_test = splitter.test(len(files), classes)
    chosen, held_back = splitter.validation(len(everything), classes[everything])
    rows_train, rows_validation = everything[chosen], everything[held_back]
    if source.limit is not None:
        most = slice(0, source.limit)
        rows_train, rows_validation = rows_train[most], rows_validation[most]
        rows_test = rows_test[most]
    processing = ImageProcessing(source.size, source.color, source.fit, None)
    pixels = processing.read([files[row] for row in rows_train], fail)
    processing.scaler = Scaler.fit(source.scale, pixels)

    def part(chosen_files: list[Path], y: np.ndarray) -> Part | None:
        return Part(processing.transform(chosen_files, fail), y) if chosen_files else None

    validation = part([files[row] for row in rows_validation], classes[rows_validation])
    if test is None:
        tested = part([files[row] for row in rows_test], classes[rows_test])
    else:
        tested = part(test[0][: source.limit], test[1][: source.limit])
    train = Part(processing.scale(pixels), classes[rows_train])
    return Prepared(train, validation, tested, processing, Target("class", names))
