"""The texts of any length among the attributes of an HDF5 file.

Each says how long it is, and where in which heap it stands. HDF5 takes as much memory as it says,
before it finds out that the heap has less: up to four gigabytes a text.

Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, IV.A.2.m.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasette.errors import FileError

SIZE = b"\x10\0\0\0"  # of such a text, in the description of its type: a length and a place
_TYPES = [version << 4 | 9 for version in range(1, 6)]  # what begins such a description
LONGEST_NAME = 256  # of an attribute, with the byte that ends it
_BEFORE, _AFTER = LONGEST_NAME + 16, 2**16


def could_be_type(data: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Which of some places in ``data`` (bytes) could begin the description of such a type."""
    found = np.greater_equal(places, 0) & np.isin(data[places], _TYPES)
    return found & np.equal(data[places + 1] & 15, 1)


def check_text(file: Any, size: int, place: int) -> None:
    """Look at what could be an attribute, with ``SIZE`` at a place of a file of so many bytes.

    Raises: FileError where it is one, and a text of it is longer than the file.
    """
    begin = max(0, place - 4 - _BEFORE)
    file.seek(begin)
    data = file.read(place - begin + _AFTER)
    at = place - 4 - begin  # of the type
    for start, padded in _headers(data, at):
        type_size, space_size = (int.from_bytes(data[start + n : start + n + 2], "little")
                                 for n in (4, 6))  # fmt: skip
        space = at + _length(type_size, padded)
        texts = space + _length(space_size, padded)
        for number in range(_count(data[space:texts])):
            length = int.from_bytes(data[texts + 16 * number : texts + 16 * number + 4], "little")
            if length > size:
                raise FileError(f"it has an attribute, at byte {begin + start}, with a text of "
                                f"{length} bytes")  # fmt: skip


def _headers(data: bytes, at: int) -> Iterator[tuple[int, bool]]:
    """``(where it begins, whether its parts are padded)`` of each attribute whose type could be at
    a place: the length of its name is in its head, which is before the name.
    """
    for version, head, padded in ((1, 8, True), (2, 8, False), (3, 9, False)):
        first = max(0, at - head - LONGEST_NAME)
        start = data.rfind(version, first, at - head)
        while start >= 0:
            length = int.from_bytes(data[start + 2 : start + 4], "little")
            if start + head + _length(length, padded) == at:
                yield start, padded
            start = data.rfind(version, first, start)


def _length(length: int, padded: bool) -> int:
    return (length + 7) // 8 * 8 if padded else length


def _count(space: bytes) -> int:
    """How many texts there are, by the description of the attribute's shape; at most as many as
    are read.
    """
    if len(space) < 4:
        return 1
    first = 8 if space[0] == 1 else 4
    sizes = [int.from_bytes(space[first + 8 * n : first + 8 * n + 8], "little")
             for n in range(space[1])]  # fmt: skip
    return min(math.prod(sizes), _AFTER // 16)
