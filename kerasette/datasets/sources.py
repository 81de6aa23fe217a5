"""Where a data set's files come from, and what has to hold for the arrays in them."""

import os
from pathlib import Path

import numpy as np

from kerasette.utils.file_utils import get_file

KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

Pair = tuple[np.ndarray, np.ndarray]


def is_local(path: str | os.PathLike) -> bool:
    """Whether a path names a place on this machine, rather than a bare name in the cache."""
    text = os.fspath(path)
    return Path(text).name != text or Path(text).is_dir()


def local_path(path: str | os.PathLike) -> Path:
    """The path of a file or folder that must be there, ``~`` expanded."""
    found = Path(path).expanduser()
    if not found.exists():
        raise FileNotFoundError(
            f"There is no file {found}; a bare name, such as 'mnist.npz', is looked for in the"
            f" cache folder and downloaded. Received: path={os.fspath(path)!r}"
        )
    return found


def find_file(path: str | os.PathLike, file_name: str, file_hash: str) -> Path:
    """A file of Keras's collection: ``path`` on this machine, or downloaded as that name."""
    if is_local(path):
        return local_path(path)
    return Path(get_file(path, origin=KERAS_FILES + file_name, file_hash=file_hash))


def check_pair(x: np.ndarray, y: np.ndarray, source: Path) -> Pair:
    """``(x, y)`` if ``y`` has one label or target for every sample of ``x``."""
    if x.ndim == 0 or y.ndim != 1 or len(x) != len(y):
        raise ValueError(
            f"{source} does not hold one label for each sample: x has the shape {x.shape} and y"
            f" {y.shape}."
        )
    return x, y
