"""Images as files, as Pillow's objects and as arrays."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.arrays import settings
from kerasette.core.tensor import TensorBase
from kerasette.saving.atomic import written_whole

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow() -> Any:
    """Pillow's module ``Image``.

    Raises: ImportError that says what to install.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("Images need the package `pillow`: pip install pillow.") from None
    return Image


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """An image file as a Pillow image.

    Args:
        path: the file, or an open one.
        color_mode: "grayscale", "rgb" or "rgba".
        target_size: ``(height, width)`` to which it is resized.
        interpolation: how: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: whether its sides are cut off, evenly, so that it is not distorted.

    >>> image = kerasette.utils.load_img("photo.png", target_size=(64, 64))  # doctest: +SKIP

    Raises: ValueError for unknown words; FileNotFoundError, OSError for what is no image file.
    """
    if color_mode not in _MODES:
        raise ValueError(
            f"`color_mode` must be one of {list(_MODES)}. Received: color_mode={color_mode!r}."
        )
    image = pillow().open(path if hasattr(path, "read") else os.fspath(path))
    image.load()
    deep = color_mode == "grayscale" and image.mode in ("I;16", "I")
    if image.mode != _MODES[color_mode] and not deep:
        image = image.convert(_MODES[color_mode])
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"`interpolation` must be one of {_INTERPOLATIONS}. Received: {interpolation!r}."
        )
    resampling = getattr(pillow().Resampling, interpolation.upper())
    height, width = target_size
    box = None
    if keep_aspect_ratio:
        across = min(image.width, image.height * width // height)
        down = min(image.height, image.width * height // width)
        left, top = (image.width - across) // 2, (image.height - down) // 2
        box = (left, top, left + across, top + down)
    return image.resize((width, height), resampling, box=box)


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """A Pillow image as an array ``(height, width, channels)``, from 0 to 255.

    Args:
        img: the image.
        data_format: "channels_last" or "channels_first"; by default the global setting.
        dtype: of the array; by default ``floatx``.

    Raises: ValueError for something that has neither two nor three axes.
    """
    first = _is_channels_first(data_format)
    array = np.asarray(img, dtype or settings.floatx())
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3:
        raise ValueError(f"`img` must be one image. Received: shape {array.shape}.")
    return array.transpose(2, 0, 1) if first else array


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Any:
    """An array ``(height, width, channels)`` as a Pillow image.

    Args:
        x: the array, of 1, 3 or 4 channels.
        data_format: "channels_last" or "channels_first"; by default the global setting.
        scale: whether its least value becomes 0 and its largest 255.
        dtype: that it is computed in; by default ``floatx``.

    >>> kerasette.utils.array_to_img(np.zeros((4, 6, 3))).size  # doctest: +SKIP
    (6, 4)

    Raises: ValueError for another rank or number of channels.
    """
    first = _is_channels_first(data_format)
    array = np.array(x, dtype or settings.floatx())
    if array.ndim != 3:
        raise ValueError(f"`x` must be one image of three axes. Received: shape {array.shape}.")
    if first:
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        array = array / (array.max() or 1) * 255
    channels = array.shape[2]
    if channels == 1 and array.max() > 255:
        return pillow().fromarray(array[:, :, 0].astype("int32"))
    if channels not in (1, 3, 4):
        raise ValueError(f"`x` must have 1, 3 or 4 channels. Received: {channels}.")
    pixels = array.astype("uint8")
    return pillow().fromarray(pixels[:, :, 0] if channels == 1 else pixels)


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array as an image file.

    Args:
        path: the file, or an open one.
        x: the array ``(height, width, channels)``.
        data_format: "channels_last" or "channels_first"; by default the global setting.
        file_format: such as "png"; by default after the path's ending.
        scale: whether its least value becomes 0 and its largest 255.
        **kwargs: for Pillow's ``save``.
    """
    if file_format is None and not hasattr(path, "write"):
        file_format = Path(path).suffix[1:].lower()
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("JPEG knows no transparency: it is left out.", stacklevel=2)
        image = image.convert("RGB")
    if hasattr(path, "write"):
        image.save(path, format=file_format, **kwargs)
        return
    with written_whole(path) as part:
        image.save(part, format=file_format, **kwargs)


def smart_resize(
    x: Any,
    size: Any,
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    **kwargs: Any,
) -> Any:
    """Images ``(..., height, width, channels)`` resized without distortion: the sides are cut off.

    Args:
        x: an image or a batch of them; a numpy array gives a numpy array.
        size: ``(height, width)``.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        data_format: "channels_last" or "channels_first".
    """
    from kerasette import ops

    if kwargs:
        raise TypeError(f"smart_resize() got unknown arguments: {sorted(kwargs)}.")
    found = ops.image.resize(
        x,
        tuple(size),
        interpolation=interpolation,
        crop_to_aspect_ratio=True,
        data_format=data_format,
    )
    return found if isinstance(x, TensorBase) else np.asarray(found)


def _is_channels_first(data_format: str | None) -> bool:
    chosen = data_format or settings.image_data_format()
    if chosen not in ("channels_last", "channels_first"):
        raise ValueError(
            '`data_format` must be "channels_last" or "channels_first". '
            f"Received: data_format={data_format!r}."
        )
    return chosen == "channels_first"
