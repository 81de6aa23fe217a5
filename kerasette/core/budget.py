"""A limit on the memory that something may ask for, such as a file that a stranger wrote."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Budget(threading.local):
    left: int | None = None  # bytes; none: no limit


_budget = _Budget()


@contextmanager
def budget(limit: int) -> Iterator[None]:
    """Within it, what ``charge`` is told of may not come to more than ``limit`` bytes."""
    before = _budget.left
    _budget.left = limit if before is None else min(limit, before)
    try:
        yield
    finally:
        _budget.left = before


def charge(shape: tuple[int, ...], itemsize: int, what: str) -> None:
    """Tell of an array that is about to be allocated.

    >>> with budget(100):
    ...     charge((1000, 1000), 4, "the kernel")
    Traceback (most recent call last):
    ValueError: the kernel, of shape (1000, 1000), asks for more memory than the file's contents...

    Raises: ValueError where that is more than the open budget has left.
    """
    if _budget.left is None:
        return
    size = math.prod(shape) * itemsize
    if size > _budget.left:
        raise ValueError(
            f"{what}, of shape {shape}, asks for more memory than the file's contents account for."
        )
    _budget.left -= size
