"""Arrays out of ``.npz`` files, without running anything that a file asks for."""

import math
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from kerasette.datasets.pickles import load_pickle
from kerasette.datasets.sources import Pair, check_pair


def load_npz(file: str | os.PathLike | IO[bytes], names: Sequence[str]) -> list[np.ndarray]:
    """The named arrays of an ``.npz`` file: numbers, or objects read by ``load_pickle``.

    Raises ``ValueError`` for a file that is damaged or no ``.npz``, lacks a name, has an array of
    another kind, or less or more content than the shapes in it ask for.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return [_member(archive, name) for name in names]
    except OSError:
        raise
    except Exception as error:  # damaged archives raise whatever they hit
        label = file if isinstance(file, str | os.PathLike) else getattr(file, "name", "The file")
        raise ValueError(f"{label} is damaged or no .npz file as expected: {error}") from error


def check_packing(info: zipfile.ZipInfo) -> None:
    """Raise ``ValueError`` for a member packed otherwise than numpy does: others pack a million
    times as tightly, so that a file of some bytes would ask for gigabytes.
    """
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{info.filename!r} is packed in a way that numpy does not use")


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and dtype of what follows in numpy's format.

    Raises ``ValueError``.
    """
    version = npy.read_magic(file)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"version {version} of numpy's format is not known")
    try:
        return read(file)
    except Exception as error:  # numpy's reader hands on what its parsers hit
        raise ValueError(f"the header of its array is damaged: {error}") from None


def _member(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError:
        has = sorted(found.removesuffix(".npy") for found in archive.namelist())
        raise ValueError(f"it has no array {name!r} but {has}") from None
    check_packing(info)
    with archive.open(info) as file:
        shape, is_fortran, dtype = read_header(file)
        if dtype.kind == "O":
            return _objects(file, name, shape)
        if dtype.kind not in "biuf":
            raise ValueError(f"the array {name!r} has the dtype {dtype}")
        size = math.prod(shape) * dtype.itemsize
        if size != info.file_size - file.tell():
            raise ValueError(f"the array {name!r} of the shape {shape} needs {size} bytes of data")
        content = bytearray(file.read())
    return np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")


def _objects(file: IO[bytes], name: str, shape: tuple[int, ...]) -> np.ndarray:
    array = load_pickle(file)
    if not isinstance(array, np.ndarray) or array.shape != shape:
        raise ValueError(f"the array {name!r} does not have the shape {shape} of its header")
    return array


def load_npz_pair(path: Path, x: str = "x", y: str = "y") -> Pair:
    """Samples and labels from an ``.npz`` file, by their names in it."""
    samples, labels = load_npz(path, (x, y))
    return check_pair(samples, labels, path)


def load_npz_splits(path: Path) -> tuple[Pair, Pair]:
    """Training and test data from an ``.npz`` file with x_train, y_train, x_test and y_test."""
    return load_npz_pair(path, "x_train", "y_train"), load_npz_pair(path, "x_test", "y_test")
