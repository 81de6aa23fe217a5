"""The steps of a pickle, looked through before they are taken.

Python's unpickler, which is to be fast, trusts them: eight bytes make it ask for 30 GB (a place in
its memo that is far away), and forty pairs, each of the one before, make it count forever when they
are to be the key of a dictionary. Data sets need neither.

Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
"""

import re

# Numbers, marks, and lists that are not kept in the memo: most of what there is. (The number of
# them that is matched at once is bounded, for the matcher keeps note of each.)
_COMMON = re.compile(
    rb"(?:[(Nabeus)\x88\x89]|K.|M..|J.{4}|G.{8}|[]}](?![qrp\x94])){1,10000}", re.DOTALL
)
_BARE = b"(.Nabeus)\x88\x89"
_KEPT = b"]}ldtRc\x85\x86\x87\x93UTX\x8c\x8dCB\x8e\x96SV"  # what makes something to keep
_TUPLES = b"t\x85\x86\x87"
_FIXED = {b"K": 1, b"M": 2, b"J": 4, b"G": 8, b"\x80": 1, b"\x95": 8}  # bytes of their argument
_COUNTED = {  # bytes of the length that comes before their argument
    b"U": 1, b"\x8c": 1, b"C": 1, b"\x8a": 1, b"T": 4, b"X": 4, b"B": 4, b"\x8b": 4,
    b"\x8d": 8, b"\x8e": 8, b"\x96": 8,
}  # fmt: skip
_LINES = {b"I": 1, b"L": 1, b"F": 1, b"S": 1, b"V": 1, b"c": 2}
_PUTS, _GETS = b"qrp\x94", b"hjg"


def check_opcodes(data: bytes) -> None:
    """Look through a pickle.

    Raises: ValueError for a step that no data set needs, or that the unpickler would not survive.
    """
    place, before = 0, b""
    kept: set[int] = set()
    tuples: set[int] = set()
    while True:
        if common := _COMMON.match(data, place):
            place, before = common.end(), b""
        code = data[place : place + 1]
        place += 1
        if code == b".":
            return
        if code in _PUTS and code:
            index, place = (len(kept), place) if code == b"\x94" else _index(data, place, code)
            if not before or index > place:
                raise ValueError(f"it keeps something at {index}, which cannot be")
            kept.add(index)
            (tuples.add if before in _TUPLES else tuples.discard)(index)
            before = b""
            continue
        if code in _GETS and code:
            index, place = _index(data, place, code)
            if index in tuples:
                raise ValueError("it holds a tuple in several places")
        else:
            place = _after(data, place, code)
        before = code if code in _KEPT else b""


def _index(data: bytes, place: int, code: bytes) -> tuple[int, int]:
    """A place in the memo, and where the next opcode is."""
    if code in b"pg":
        end = _after(data, place, b"I")
        return int(data[place : end - 1]), end
    size = 4 if code in b"rj" else 1
    return int.from_bytes(data[place : place + size], "little"), place + size


def _after(data: bytes, place: int, code: bytes) -> int:
    """Where the opcode after this one is."""
    if code in _FIXED:
        return place + _FIXED[code]
    if code in _COUNTED:
        size = _COUNTED[code]
        return place + size + int.from_bytes(data[place : place + size], "little")
    if code in _LINES:
        for _ in range(_LINES[code]):
            place = data.find(b"\n", place) + 1
            if not place:
                raise ValueError("it is cut short")
        return place
    if not code:
        raise ValueError("it is cut short")
    if code not in _BARE + _KEPT:
        raise ValueError(f"it has the step {code!r}, which no data set needs")
    return place
