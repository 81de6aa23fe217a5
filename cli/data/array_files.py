"""Files of arrays: ``.npz``, ``.npy`` and HDF5, read as a whole or some rows at a time."""

import math
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from kerasette.datasets.npz import check_packing, read_header

Fail = Callable[[str], NoReturn]
SUFFIXES = (".npz", ".npy", ".h5", ".hdf5")


class ArrayFile:
    """The arrays of a file, by name; that of an ``.npy`` file is called x.

    ``fail`` is called with a sentence, and does not return, where the file cannot be read.
    """

    def __init__(self, path: Path, fail: Fail):
        self.path, self.fail = path, fail
        self.suffix = path.suffix.lower()
        if not path.is_file():
            fail(f"there is no file {path}.")
        if self.suffix not in SUFFIXES:
            fail(f"a file of arrays ends in .npz, .npy, .h5 or .hdf5. Received: {path.name}.")
        self.names: list[str] = self._guarded(self._names)

    def read(self, name: str) -> np.ndarray:
        """A whole array."""
        return self._guarded(lambda: self._read(name), f"the array {name!r} cannot be read")

    def pieces(self, name: str, rows: int) -> Iterator[np.ndarray]:
        """An array, ``rows`` of its rows at a time; without holding all of it, but from HDF5."""
        if self.suffix in (".npz", ".npy"):
            pieces = self._stream(name, rows)
        else:
            array = self.read(name)
            pieces = (array[first : first + rows] for first in range(0, len(array), rows))
        said = f"the array {name!r} cannot be read"
        while True:
            piece = self._guarded(lambda: next(pieces, None), said)
            if piece is None:
                return
            yield piece

    def _guarded(self, read: Callable[[], Any], said: str | None = None) -> Any:
        try:
            return read()
        except Exception as error:  # damaged archives raise whatever they hit
            self.fail(f"{said or f'{self.path} cannot be read'}: {_first_line(error)}.")

    def _names(self) -> list[str]:
        if self.suffix == ".npy":
            return ["x"]
        if self.suffix == ".npz":
            with np.load(self.path, allow_pickle=False) as archive:
                for info in archive.zip.infolist():
                    check_packing(info)
                return list(archive.files)
        from kerasette.saving import hdf5

        with hdf5.open_file(self.path) as file:
            members = {name: hdf5.member(file, name) for name in hdf5.names(file)}
            return [name for name, found in members.items() if hasattr(found, "shape")]

    def _read(self, name: str) -> np.ndarray:
        if self.suffix == ".npy":
            with self.path.open("rb") as file:
                shape, _, dtype = read_header(file)
                _check_size(shape, dtype, self.path.stat().st_size - file.tell())
            return np.load(self.path, allow_pickle=False)
        if self.suffix == ".npz":
            with zipfile.ZipFile(self.path) as archive, archive.open(f"{name}.npy") as member:
                shape, _, dtype = read_header(member)
                _check_size(shape, dtype, archive.getinfo(f"{name}.npy").file_size - member.tell())
            with np.load(self.path, allow_pickle=False) as arrays:
                return arrays[name]
        from kerasette.saving import hdf5

        with hdf5.open_file(self.path) as file:
            return hdf5.read(file, name)

    def _stream(self, name: str, rows: int) -> Iterator[np.ndarray]:
        if self.suffix == ".npy":
            with self.path.open("rb") as file:
                yield from _rows_of(file, rows)
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(f"{name}.npy") as member:
            yield from _rows_of(member, rows)
            _check_end(member)


def _check_size(shape: tuple[int, ...], dtype: np.dtype[Any], size: int) -> None:
    """Raise ``ValueError`` where an array of the shape does not take ``size`` bytes."""
    if dtype.hasobject:
        raise ValueError(f"it holds {dtype}, not plain numbers")
    if math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"the shape {shape} does not go with its {size} bytes")


def _check_end(file: IO[bytes]) -> None:
    """Raise ``ValueError`` where there is more; at its end a member's checksum is compared."""
    if file.read(1):
        raise ValueError("the file goes on behind the array")


def _rows_of(file: IO[bytes], rows: int) -> Iterator[np.ndarray]:
    """The array behind numpy's header, some rows at a time. Raises ``ValueError``."""
    shape, is_columns_first, dtype = read_header(file)
    if dtype.hasobject or not shape:
        raise ValueError(f"it holds {dtype} of the shape {shape}, not rows of plain numbers")
    if is_columns_first and len(shape) > 1:
        data = file.read()
        array = np.frombuffer(data, dtype, math.prod(shape)).reshape(shape, order="F")
        yield from (array[first : first + rows] for first in range(0, shape[0], rows))
        return
    width = math.prod(shape[1:]) * dtype.itemsize
    for first in range(0, shape[0], rows):
        count = min(rows, shape[0] - first)
        data = file.read(count * width)
        if len(data) != count * width:
            raise ValueError("the file ends before the array does")
        yield np.frombuffer(data, dtype).reshape(count, *shape[1:])


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
