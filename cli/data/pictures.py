"""Picture files as arrays of pixels, by the package pillow."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

Fail = Callable[[str], NoReturn]
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
_MODES = {"grey": "L", "rgb": "RGB", "rgba": "RGBA"}


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
    channels = len(_MODES[color])
    pixels = np.empty((len(files), height, width, channels), "uint8")
    for index, file in enumerate(files):
        pixels[index] = _read(file, height, width, color, fit, fail).reshape(pixels.shape[1:])
    return pixels


def _read(file: Path, height: int, width: int, color: str, fit: str, fail: Fail) -> np.ndarray:
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        fail("pictures need the package pillow: pip install 'kerasette[data]'.")
    try:
        with Image.open(file) as opened:
            turned: Any = ImageOps.exif_transpose(opened)
            picture = turned.convert(_MODES[color])
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        fail(f"{file} is no picture that can be read: {str(error).rstrip('.')}.")
    size = (width, height)
    if fit == "crop":
        picture = ImageOps.fit(picture, size, Image.Resampling.BILINEAR)
    elif fit == "pad":
        picture = ImageOps.pad(picture, size, Image.Resampling.BILINEAR)
    elif picture.size != size:
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(picture)
