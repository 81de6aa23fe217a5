"""Picture files as pixels of one size: PNG by itself, other kinds by the package pillow."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from .png import OtherPng, read_png

Fail = Callable[[str], NoReturn]
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
CHANNELS = {"grey": 1, "rgb": 3, "rgba": 4}
_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def find_pictures(path: Path, fail: Fail) -> list[Path]:
    """The picture itself, or all pictures in a folder and the folders in it, by name."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        fail("there is no such file or folder.")
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        fail(f"there is no picture in it ({', '.join(SUFFIXES)}).")
    return found


def read_pictures(
    files: Sequence[Path], height: int, width: int, color: str, fit: str, fail: Fail
) -> np.ndarray:
    """Pixels ``(n, height, width, channels)``, uint8, each picture brought to the size."""
    pixels = np.empty((len(files), height, width, CHANNELS[color]), "uint8")
    for index, file in enumerate(files):
        picture = _coloured(read_picture(file, fail).astype("float64"), color)
        pixels[index] = np.rint(_sized(picture, height, width, fit)).clip(0, 255)
    return pixels


def read_picture(file: Path, fail: Fail) -> np.ndarray:
    """Pixels ``(height, width, channels)``, uint8, with one to four channels, upright."""
    try:
        if file.suffix.lower() == ".png":
            return read_png(file)
    except OtherPng:
        pass
    except (OSError, ValueError) as error:
        fail(f"{file} is no picture that can be read: {error}.")
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        fail(f"{file.name} needs the package pillow: pip install 'kerasette[data]'.")
    try:
        with Image.open(file) as opened:
            turned: Any = ImageOps.exif_transpose(opened)
            mode = turned.mode if turned.mode in ("L", "LA", "RGB", "RGBA") else "RGBA"
            pixels = np.asarray(turned.convert(mode))
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        fail(f"{file} is no picture that can be read: {str(error).rstrip('.')}.")
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _coloured(pixels: np.ndarray, color: str) -> np.ndarray:
    """The channels that ``color`` names; a missing alpha is opaque, one too many is dropped."""
    count = pixels.shape[-1]
    alpha = pixels[..., -1:] if count in (2, 4) else np.full_like(pixels[..., :1], 255)
    colours = pixels[..., : count - (count in (2, 4))]
    if color == "grey":
        return colours if colours.shape[-1] == 1 else (colours @ _LUMA)[..., None]
    colours = np.broadcast_to(colours, (*pixels.shape[:2], 3))
    return np.concatenate([colours, alpha], axis=-1) if color == "rgba" else colours


def _sized(pixels: np.ndarray, height: int, width: int, fit: str) -> np.ndarray:
    """Stretched to the size; or cut to its form before (crop), or put on black after (pad)."""
    tall, wide = pixels.shape[:2]
    if fit == "crop":
        factor = min(tall / height, wide / width)
        rows, columns = (max(1, round(size * factor)) for size in (height, width))
        top, left = (tall - rows) // 2, (wide - columns) // 2
        pixels = pixels[top : top + rows, left : left + columns]
    if fit == "pad":
        factor = min(height / tall, width / wide)
        rows, columns = (max(1, round(size * factor)) for size in (tall, wide))
        found = np.zeros((height, width, pixels.shape[-1]))
        top, left = (height - rows) // 2, (width - columns) // 2
        found[top : top + rows, left : left + columns] = _stretched(pixels, rows, columns)
        return found
    return _stretched(pixels, height, width)


def _stretched(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    if pixels.shape[:2] == (height, width):
        return pixels
    rows, columns = _weights(pixels.shape[0], height), _weights(pixels.shape[1], width)
    return np.einsum("hi,ijc,wj->hwc", rows, pixels, columns, optimize=True)


def _weights(before: int, after: int) -> np.ndarray:
    """How much each old line gives to each new one: linear, over all that a new line covers."""
    scale = before / after
    centres = (np.arange(after) + 0.5) * scale
    distances = np.abs(np.arange(before) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.maximum(0.0, 1.0 - distances)
    return weights / weights.sum(axis=1, keepdims=True)
