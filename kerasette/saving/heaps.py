"""The heaps in which HDF5 keeps texts and names, looked through before HDF5 does.

HDF5 walks through a heap of texts ("global heap collection") from object to object, and where a
file says that an object takes up nothing, it walks forever. In a heap of names ("local heap") it
follows a chain of free places; where that leads back to itself, it takes all memory there is.

Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, III.D and III.E.
"""

import struct
from typing import Any

from kerasette.errors import FileError

TEXTS = b"GCOL\x01\0\0\0"  # with the version; another one is no heap, for HDF5 neither
NAMES, NEWER_NAMES = b"HEAP\0", b"FRHP"
_HEADER, _OBJECT = struct.Struct("<8sQ"), struct.Struct("<HH4sQ")
_LOCAL, _FREE = struct.Struct("<8sQQQ"), struct.Struct("<QQ")
_LAST = 1  # in the place of the next free one


def check_texts(file: Any, size: int, start: int) -> None:
    """Look through a heap of texts in a file of so many bytes.

    Raises: FileError where its objects do not follow each other to its end.
    """
    header = unpacked(file, start, _HEADER)
    if header is None:
        return
    if header[1] < _HEADER.size or start + header[1] > size:
        raise FileError(f"its heap at byte {start} is longer than the file")
    place, end = start + _HEADER.size, start + header[1]
    while place + _OBJECT.size <= end:
        file.seek(place)
        number, _, _, count = _OBJECT.unpack(file.read(_OBJECT.size))
        taken = _OBJECT.size + (count + 7) // 8 * 8 if number else count
        if taken < _OBJECT.size or place + taken > end:
            raise FileError(f"an object of its heap, at byte {place}, has a size that cannot be")
        place += taken


def check_names(file: Any, size: int, start: int, base: int) -> None:
    """Look through a heap of names, in a file of so many bytes whose addresses count from ``base``.

    Raises: FileError where its chain of free places has no end.
    """
    header = unpacked(file, start, _LOCAL)
    if header is None or base + header[3] + header[1] > size:
        return  # HDF5 refuses what is beyond the file
    _, length, place, data = header
    seen = set()
    while place != _LAST and place + _FREE.size <= length:
        if place in seen:
            raise FileError(f"the free places of its heap at byte {start} are in a circle")
        seen.add(place)
        file.seek(base + data + place)
        place = _FREE.unpack(file.read(_FREE.size))[0]


def check_newer_names(file: Any, start: int) -> None:
    """Look at a heap of names as newer files have it ("fractal heap").

    Raises: FileError where it is packed: nobody could look through it.
    """
    file.seek(start + 7)
    if any(file.read(2)):
        raise FileError(f"its heap at byte {start} is packed")


def unpacked(file: Any, place: int, layout: struct.Struct) -> tuple[Any, ...] | None:
    """The numbers at a place; ``None`` where the file ends before."""
    file.seek(place)
    data = file.read(layout.size)
    return layout.unpack(data) if len(data) == layout.size else None
