"""A look through an HDF5 file before the HDF5 library, which trusts it, opens it."""

from typing import Any

import numpy as np

from kerasette.errors import FileError
from kerasette.saving.heaps import (
    NAMES,
    NEWER_NAMES,
    TEXTS,
    check_names,
    check_newer_names,
    check_texts,
)
from kerasette.saving.text_attributes import SIZE, check_text, could_be_type
from kerasette.saving.trees import NEWER, NODE, check_trees

_FILE = b"\x89HDF\r\n\x1a\n"
_SIGNATURES = (TEXTS, NAMES, NEWER_NAMES, NODE, NEWER, SIZE)
_BLOCK, _OVERLAP = 2**18, 8


def look_through(file: Any) -> None:
    """Check those parts of a file that are known to hang, starve or crash the library.

    Args:
        file: open in binary mode.

    Raises: FileError for one of them, or a file that counts in other than 64 bits.
    """
    size, base = file.seek(0, 2), _base(file)
    found = _places(file)
    for start in found[TEXTS]:
        check_texts(file, size, start)
    for start in found[NAMES]:
        check_names(file, size, start, base)
    for start in found[NEWER_NAMES]:
        check_newer_names(file, start)
    for start in found[SIZE]:
        check_text(file, size, start)
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


def _places(file: Any) -> dict[bytes, list[int]]:
    """Where the file has each signature. A comparison of numbers looks through weights four times
    as fast as a search for texts.
    """
    found: dict[bytes, set[int]] = {signature: set() for signature in _SIGNATURES}
    file.seek(0)
    begin, block = 0, file.read(_BLOCK)
    while block:
        for shift in range(4):
            words = np.frombuffer(block[shift : shift + (len(block) - shift) // 4 * 4], "<u4")
            for signature, places in found.items():
                same = np.equal(words, int.from_bytes(signature[:4], "little"))
                if same.any():
                    hits = _whole(block, signature, 4 * np.flatnonzero(same) + shift)
                    places.update((hits + begin).tolist())
        more = file.read(_BLOCK)
        begin += len(block) - _OVERLAP
        block = block[-_OVERLAP:] + more if more else b""
    return {signature: sorted(places) for signature, places in found.items()}


def _whole(block: bytes, signature: bytes, hits: np.ndarray) -> np.ndarray:
    """Those of some places in a block where the whole of a signature is."""
    if signature == SIZE:
        return hits[could_be_type(np.frombuffer(block, "u1"), hits - 4)]
    length = len(signature)
    return np.array([at for at in hits if block[at : at + length] == signature], hits.dtype)
