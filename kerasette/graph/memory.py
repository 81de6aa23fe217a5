"""The memory plan: which places of one arena the values of a graph get, one after the other.

Values that never exist at the same time share a place. A place is known by its offset only, so that
a plan may have several arenas: one for each call that is going on.
"""

from collections.abc import Iterable

ALIGNMENT = 64  # bytes: a cache line, and the widest vector
END = 1 << 60  # later than any step


class Storage:
    """Memory for one value or several that share it.

    Attributes:
        kind: "arena", or "input", "output" or "constant": memory that somebody else provides.
        index: which input, output or constant.
        size: in bytes.
        first, last: the steps between which the value in it is wanted.
        offset: in the arena.
    """

    __slots__ = ("first", "index", "kind", "last", "offset", "size")

    def __init__(self, kind: str, size: int, index: int = 0, first: int = -1):
        self.kind = kind
        self.index = index
        self.size = size
        self.first = first
        self.last = first
        self.offset = 0

    def __repr__(self) -> str:
        where = self.offset if self.kind == "arena" else self.index
        return f"Storage({self.kind} {where}, {self.size} bytes, steps {self.first}-{self.last})"


def arrange(storages: Iterable[Storage]) -> int:
    """Give each storage its offset; the bytes that the arena must have.

    The largest come first, each at the lowest place that is free as long as it is wanted: the
    greedy rule of Pisarchyk and Lee, "Efficient memory management for deep neural net inference"
    (2020).

    >>> early, late = Storage("arena", 64, first=0), Storage("arena", 64, first=1)
    >>> early.last = 0
    >>> arrange([early, late]), early.offset, late.offset
    (64, 0, 0)
    """
    placed: list[Storage] = []
    total = 0
    for storage in sorted(storages, key=lambda s: (-s.size, s.first)):
        at = 0
        for other in placed:  # in the order of their offsets
            if other.last < storage.first or storage.last < other.first:
                continue
            if other.offset - at >= storage.size:
                break
            at = max(at, _up(other.offset + other.size))
        storage.offset = at
        placed.append(storage)
        placed.sort(key=lambda s: s.offset)
        total = max(total, at + _up(storage.size))
    return total


def _up(size: int) -> int:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
