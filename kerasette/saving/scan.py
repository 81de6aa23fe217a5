"""A look through an HDF5 file before the HDF5 library, which trusts it, opens it."""

from typing import Any

import numpy as np

from kerasette.errors import FileError
from kerasette.saving.heaps import NAMES, TEXTS, check_names, check_texts
from kerasette.saving.trees import NEWER, NODE, check_trees

_FILE = b"\x89HDF\r\n\x1a\n"
_BLOCK = 2**18


def look_through(file: Any) -> None:
    """Check those parts of a file that are known to hang, starve or crash the library.

    Args:
        file: open in binary mode.

    Raises: FileError for one of them, or a file that counts in other than 64 bits.
    """
    size, base = file.seek(0, 2), _base(file)
    found = _places(file, (TEXTS, NAMES, NODE, NEWER))
    for start in found[TEXTS]:
        check_texts(file, size, start)
    for start in found[NAMES]:
        check_names(file, size, start, base)
    check_trees(file, found[NODE], found[NEWER], base)
    file.seek(0)


def _base(file: Any) -> int:
    """Where the file begins that the library reads: at 0, 512, 1024 or so."""
    size, base = file.seek(0, 2), 0
    while base < size:
        file.seek(base)
        start = file.read(16)
        if start[:8] == _FILE and len(start) == 16:
            at = 13 if start[8] < 2 else 9
            if start[at : at + 2] != b"\x08\x08":
                raise FileError("its addresses and lengths are not of 64 bits")
            return base
        base = 2 * base or 512
    return 0


def _places(file: Any, signatures: tuple[bytes, ...]) -> dict[bytes, list[int]]:
    """Where the file has each signature."""
    overlap = max(map(len, signatures)) - 1
    found: dict[bytes, set[int]] = {signature: set() for signature in signatures}
    file.seek(0)
    begin, block = 0, file.read(_BLOCK)
    while block:
        for signature, places in _seen_in(block, found).items():
            at = block.find(signature)
            while at >= 0:
                places.add(begin + at)
                at = block.find(signature, at + 1)
        more = file.read(_BLOCK)
        begin += len(block) - overlap
        block = block[-overlap:] + more if more else b""
    return {signature: sorted(places) for signature, places in found.items()}


def _seen_in(block: bytes, found: dict[bytes, set[int]]) -> dict[bytes, set[int]]:
    """Those of ``found`` of whose signatures the first four bytes are in a block.

    A comparison of numbers looks through weights four times as fast as a search for texts.
    """
    shifted = [
        np.frombuffer(block[start : start + (len(block) - start) // 4 * 4], "<u4")
        for start in range(4)
    ]
    return {
        signature: places
        for signature, places in found.items()
        if any((words == int.from_bytes(signature[:4], "little")).any() for words in shifted)
    }
