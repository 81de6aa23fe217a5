"""``image_dataset_from_directory``: images in folders, one folder for each class."""

from typing import Any

import numpy as np

from kerasette import ops
from kerasette.arrays import settings
from kerasette.data.directory import files_dataset

_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_CHANNELS = {"grayscale": ("L", 1), "rgb": ("RGB", 3), "rgba": ("RGBA", 4)}
_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of images ``(batch, height, width, channels)`` from 0 to 255, float32, with labels.

    Pillow reads them (an extra).

    Args:
        directory: the folder, with a folder for each class below it.
        labels: "inferred" from the folders; ``None``; or class numbers, one for each file in the
            order of the paths.
        label_mode: "int" gives class numbers, "binary" 0 or 1 as ``(batch, 1)``, "categorical"
            one-hot vectors, ``None`` no labels.
        class_names: the classes in an order of one's own.
        color_mode: "grayscale", "rgb" or "rgba".
        batch_size: images in a batch; ``None`` gives them one by one.
        image_size: ``(height, width)`` to which they are resized.
        shuffle: whether they come in a new order each epoch; else in that of their paths.
        seed: of the order.
        validation_split: the share that is kept for validation.
        subset: "training", "validation", or "both" for a list of two datasets.
        interpolation: how they are resized.
        follow_links: whether folders that are links are looked into.
        crop_to_aspect_ratio: whether they are cut, not distorted.
        pad_to_aspect_ratio: whether they are padded, not distorted.
        data_format: "channels_last" or "channels_first"; by default the global setting.
        format: taken as in Keras; what is given is kerasette's own kind of dataset.
        verbose: whether the number of files is said.

    Returns: a PyDataset with ``class_names`` and ``file_paths``, or two.

    >>> photos = kerasette.utils.image_dataset_from_directory("photos")  # doctest: +SKIP

    Raises: ValueError for arguments or a folder that do not fit.
    """
    if color_mode not in _CHANNELS:
        raise ValueError(
            f"`color_mode` must be one of {list(_CHANNELS)}. Received: color_mode={color_mode!r}."
        )
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(size) != 2:
        raise ValueError(f"`image_size` must be (height, width). Received: {image_size!r}.")
    interpolation = str(interpolation).lower()
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"`interpolation` must be one of {_INTERPOLATIONS}. Received: {interpolation!r}."
        )
    last = (data_format or settings.image_data_format()) == "channels_last"

    def read(path: str) -> np.ndarray:
        pixels = _pixels(path, *_CHANNELS[color_mode])
        image = ops.image.resize(
            pixels.astype("float32"),
            size,
            interpolation=interpolation,
            crop_to_aspect_ratio=crop_to_aspect_ratio,
            pad_to_aspect_ratio=pad_to_aspect_ratio,
            data_format="channels_last",
        )
        array = np.asarray(image)
        return array if last else array.transpose(2, 0, 1)

    return files_dataset(
        directory,
        read,
        _ENDINGS,
        labels=labels,
        label_mode=label_mode,
        class_names=class_names,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        validation_split=validation_split,
        subset=subset,
        follow_links=follow_links,
        verbose=verbose,
    )


def _pixels(path: str, mode: str, channels: int) -> np.ndarray:
    from kerasette.utils.image_utils import pillow

    try:
        with pillow().open(path) as image:
            pixels = np.asarray(image.convert(mode))
    except OSError as error:
        raise ValueError(f"{path!r} cannot be read as an image: {error}.") from error
    return pixels.reshape(*pixels.shape[:2], channels)
