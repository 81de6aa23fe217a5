"""The heaps in which HDF5 keeps texts of any length, looked through before HDF5 does.

HDF5 walks through a heap ("global heap collection") from object to object, and where a file says
that an object takes up nothing, it walks forever.

Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, III.E.
"""

import struct
from collections.abc import Iterator
from typing import Any

from kerasette.errors import FileError

_SIGNATURE = b"GCOL\x01\0\0\0"  # with the version; another one is no heap, for HDF5 neither
_HEADER, _OBJECT = struct.Struct("<8sQ"), struct.Struct("<HH4sQ")
_BLOCK = 2**20


def check_heaps(file: Any) -> None:
    """Look through all heaps of a file that is open in binary mode.

    Raises: FileError for one whose objects do not follow each other to its end.
    """
    size = file.seek(0, 2)
    for start in _places(file):
        file.seek(start)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            continue
        length = _HEADER.unpack(header)[1]
        if length < _HEADER.size or start + length > size:
            raise FileError(f"its heap at byte {start} is longer than the file")
        _check_objects(file, start + _HEADER.size, start + length)


def _check_objects(file: Any, place: int, end: int) -> None:
    while place + _OBJECT.size <= end:
        file.seek(place)
        number, _, _, size = _OBJECT.unpack(file.read(_OBJECT.size))
        taken = _OBJECT.size + (size + 7) // 8 * 8 if number else size
        if taken < _OBJECT.size or place + taken > end:
            raise FileError(f"an object of its heap, at byte {place}, has a size that cannot be")
        place += taken


def _places(file: Any) -> Iterator[int]:
    """Where the file has the signature of a heap."""
    file.seek(0)
    begin, block = 0, file.read(_BLOCK)
    found = []
    while block:
        at = block.find(_SIGNATURE)
        while at >= 0:
            found.append(begin + at)
            at = block.find(_SIGNATURE, at + 1)
        tail = block[1 - len(_SIGNATURE) :]
        more = file.read(_BLOCK)
        begin += len(block) - len(tail)
        block = tail + more if more else b""
    yield from found
