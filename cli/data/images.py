"""Folders of pictures: brought to one size and scaled, read when they are asked for."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..config.problems import Problem
from ..config.schema_data import Images
from .blame import Blame, DataProblems
from .folders import read_class_folders
from .parts import Part, Prepared, Target
from .pictures import CHANNELS, SUFFIXES, Fail, read_pictures
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


class Pictures:
    """Pictures ``(n, height, width, channels)``, each read when it is asked for.

    The first ``room`` bytes of them are kept, ready made, for the next time.
    """

    dtype = np.dtype("float32")

    def __init__(self, files: list[Path], processing: ImageProcessing, room: int, blame: Blame):
        self.files, self.processing, self.blame = files, processing, blame
        size = (*processing.size, CHANNELS[processing.color])
        self.shape = (len(files), *size)
        kept = min(len(files), room // int(np.prod(size)))
        self._pixels = np.empty((kept, *size), "uint8")  # takes memory as it is filled
        self._is_kept = np.zeros(kept, bool)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, rows: Any) -> np.ndarray:
        return self.processing.scale(self.pixels(np.arange(len(self))[rows]))

    def fingerprint(self) -> str:
        """What tells these pictures from others: their shape, and the files' names and sizes."""
        files = (f"{file.parent.name}/{file.name} {file.stat().st_size}" for file in self.files)
        return f"{list(self.shape)}, checksum {zlib.crc32(chr(10).join(files).encode()):08x}"

    @property
    def nbytes(self) -> int:
        """How many bytes of them are kept by now."""
        return int(self._is_kept.sum()) * int(np.prod(self.shape[1:]))

    @property
    def to_come(self) -> int:
        """How many more bytes will be kept."""
        return self._pixels.nbytes - self.nbytes

    def pixels(self, rows: np.ndarray) -> np.ndarray:
        """The pixels of some of the pictures, uint8. Raises ``DataProblem``."""
        found = np.empty((len(rows), *self.shape[1:]), "uint8")
        for place, row in enumerate(rows):
            found[place] = self._one(int(row))
        return found

    def _one(self, row: int) -> np.ndarray:
        if row >= len(self._is_kept):
            return self._read(row)
        if not self._is_kept[row]:
            self._pixels[row] = self._read(row)
            self._is_kept[row] = True
        return self._pixels[row]

    def _read(self, row: int) -> np.ndarray:
        def fail(message: str) -> Any:
            Blame(self.blame.root).fail("path", message)

        return self.processing.read(self.files[row : row + 1], fail)[0]

    def in_chunks(self, count: int = 64) -> Iterator[np.ndarray]:
        """The pixels of all pictures, some at a time."""
        for first in range(0, len(self), count):
            yield self.pixels(np.arange(first, min(first + count, len(self))))

    def unreadable(self) -> list[Problem]:
        """What is wrong with the pictures that cannot be read, all of which are tried."""
        found = []
        for row in range(len(self)):
            try:
                self._one(row)
            except DataProblems as error:
                found += error.problems
        return found


def fit_scale(scale: str | float | None, pictures: Pictures) -> Scaler | None:
    """One scale for all pixels, as ``Scaler.fit`` finds it, without holding them all."""
    if not isinstance(scale, str):
        return Scaler.fit(scale, np.zeros(0))
    count = total = squares = high = 0
    low = 255
    for pixels in pictures.in_chunks():
        values = pixels.astype("int64")
        count, total = count + values.size, total + int(values.sum())
        squares += int((values * values).sum())
        low, high = min(low, int(values.min())), max(high, int(values.max()))
    if scale == "minmax":
        return Scaler.of_spread(float(low), float(high - low))
    mean = total / count
    return Scaler.of_spread(mean, max(0.0, squares / count - mean * mean) ** 0.5)


def prepare_images(source: Images, seed: int, blame: Blame) -> Prepared:
    """Split a folder of pictures, which are read when they are needed."""
    (files, classes), test, names = read_class_folders(Path(source.path), SUFFIXES, blame)
    splitter = Splitter(source.split, seed, blame)
    everything = np.arange(len(files))
    rows_test = everything[:0]
    if test is None and source.split.test != 0:
        everything, rows_test = splitter.test(len(files), classes)
    chosen, held_back = splitter.validation(len(everything), classes[everything])
    most = slice(0, source.limit)
    rows = [everything[chosen][most], everything[held_back][most], rows_test[most]]
    parts = [([files[row] for row in part], classes[part]) for part in rows]
    if test is not None:
        parts[2] = (test[0][most], test[1][most])
    processing = ImageProcessing(source.size, source.color, source.fit, None)
    share = source.cache * 2**20 / sum(len(part) for part, _ in parts)

    def part(chosen_files: list[Path], y: np.ndarray) -> Part | None:
        room = int(share * len(chosen_files))
        return Part(Pictures(chosen_files, processing, room, blame), y) if chosen_files else None

    train, validation, tested = (part(*found) for found in parts)
    assert train is not None
    train.x.pixels(np.arange(1))  # what is wrong with all pictures is said now
    processing.scaler = fit_scale(source.scale, train.x)
    return Prepared(train, validation, tested, processing, Target("class", names))
