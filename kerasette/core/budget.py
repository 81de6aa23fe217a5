"""A limit on the memory and the time that something may ask for, such as a stranger's file."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STEPS = 50_000  # as those of a model of a thousand layers in another, dozens of times


class _Budget(threading.local):
    left: int | None = None  # bytes; none: no limit
    steps = 0  # left


_budget = _Budget()


@contextmanager
def budget(limit: int) -> Iterator[None]:
    """Within it, what ``charge`` is told of may not come to more than ``limit`` bytes."""
    before, steps = _budget.left, _budget.steps
    _budget.left = limit if before is None else min(limit, before)
    _budget.steps = STEPS if before is None else steps
    try:
        yield
    finally:
        _budget.left, _budget.steps = before, steps


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


def charge_steps(count: int) -> None:
    """Tell of so many operations of a model that are about to be gone through, to find its shapes.

    A model that has another in it twice, which has another in it twice, and so on, would take
    longer than anybody waits, however short its description is.

    Raises: ValueError where that is more than the open budget has left.
    """
    if _budget.left is None:
        return
    _budget.steps -= count
    if _budget.steps < 0:
        raise ValueError(f"the model has models in models that come to over {STEPS} operations.")
