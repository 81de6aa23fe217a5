"""Views: arrays read in another order or shape where they lie, without moving them.

A view is a tuple of *moves* in their order: ``("transpose", axes)`` or ``("reshape", shape)``.
Kernels read through strides; ``strides_of`` says which, where there are such.
"""

import math
from typing import Any

Move = tuple[str, tuple[int, ...]]
Moves = tuple[Move, ...]
Strided = tuple[tuple[int, ...], tuple[int, ...]]  # a shape, and strides counted in elements


def seen(xp: Any, x: Any, moves: Moves) -> Any:
    """An array after moves; ``xp`` is numpy or cupy."""
    for kind, how in moves:
        x = getattr(xp, kind)(x, how)
    return x


def shape_of(shape: tuple[int, ...], moves: Moves) -> tuple[int, ...]:
    """The shape after moves.

    Raises: ValueError where they do not fit.
    """
    for kind, how in moves:
        if kind == "reshape":
            if math.prod(how) != math.prod(shape):
                raise ValueError(f"{shape} cannot have the shape {how}.")
            shape = how
        else:
            shape = tuple(shape[axis] for axis in how)
    return shape


def rows(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of an array whose last axis is the fastest.

    >>> rows((2, 3, 4))
    (12, 4, 1)
    """
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return tuple(strides)


def strides_of(shape: tuple[int, ...], moves: Moves) -> Strided | None:
    """Shape and strides of a contiguous array after moves; ``None`` where it has to be moved.

    >>> strides_of((2, 6), (("reshape", (2, 3, 2)), ("transpose", (1, 0, 2))))
    ((3, 2, 2), (2, 6, 1))
    >>> strides_of((2, 3), (("transpose", (1, 0)), ("reshape", (6,))))
    """
    if 0 in shape:
        return None
    strides = rows(shape)
    for kind, how in moves:
        if kind == "transpose":
            shape, strides = (tuple(t[axis] for axis in how) for t in (shape, strides))
            continue
        found = _reshaped(shape, strides, how)
        if found is None:
            return None
        shape, strides = how, found
    return shape, strides


def _reshaped(
    shape: tuple[int, ...], strides: tuple[int, ...], new: tuple[int, ...]
) -> tuple[int, ...] | None:
    """The strides of a strided array in another shape, if there are such."""
    left = [(size, step) for size, step in zip(shape, strides, strict=True) if size != 1]
    found: list[int] = []
    wanted = list(new)
    while wanted:
        # As many axes as hold the same elements in both shapes: of the old ones, each must go on
        # where the next one ends.
        count, steps = wanted.pop(), [1]
        parts = [count]
        old, inner, extent = 1, 1, None
        while old != count:
            if old < count:
                size, step = left.pop()
                if extent not in (None, step):
                    return None
                inner = step if extent is None else inner
                old, extent = old * size, size * step
            else:
                parts.append(wanted.pop())
                count *= parts[-1]
        for size in parts[:-1]:
            steps.append(steps[-1] * size)
        found += [inner * step for step in steps]
    return tuple(reversed(found))


def stored(shape: tuple[int, ...], order: tuple[int, ...] | None) -> Strided:
    """The product's own axes, where they lie in the result."""
    if order is None:
        return shape, rows(shape)
    back = sorted(range(len(order)), key=order.__getitem__)
    strides = rows(shape)
    return tuple(shape[axis] for axis in back), tuple(strides[axis] for axis in back)


def of_one_rank(views: list[Strided]) -> list[Strided]:
    """All with as many axes: those that are missing have size 1."""
    most = max(len(shape) for shape, _ in views)
    return [((1,) * (most - len(s)) + s, (0,) * (most - len(s)) + t) for s, t in views]


def joined(first: Strided, second: Strided, out: Strided) -> list[Strided]:
    """The same product with as few axes as may be: libraries are fastest with two or three.

    Neighbouring axes of the batch become one where all three have them one after the other, or not
    at all; a batch of rows that meet one matrix becomes more rows.
    """
    views = [[list(shape), list(strides)] for shape, strides in (first, second, out)]
    for axis in range(len(out[0]) - 4, -1, -1):
        _join(views, axis)
    if len(out[0]) > 2 and views[1][0][0] == 1:
        whole = [views[0], views[2]]
        if len(views[0][0]) == 3 and _join(whole, 0):
            views[1] = [part[1:] for part in views[1]]
    return [_plain(shape, strides) for shape, strides in views]


def _join(views: list[list[list[int]]], axis: int) -> bool:
    """Make an axis and the next one, for all views, if they can be one for each of them."""
    whole = views[-1][0][axis : axis + 2]
    for shape, strides in views:
        sizes = shape[axis : axis + 2]
        goes_on = 1 in sizes or strides[axis] == sizes[1] * strides[axis + 1]
        if sizes != [1, 1] and not (sizes == whole and goes_on):
            return False
    for shape, strides in views:
        del strides[axis if shape[axis + 1] != 1 else axis + 1]
        shape[axis : axis + 2] = [shape[axis] * shape[axis + 1]]
    return True


def _plain(shape: list[int], strides: list[int]) -> Strided:
    """Strides that mean something for axes of size 1 too, by which libraries know a layout."""
    rows_, columns = shape[-2:]
    down, right = strides[-2:]
    if columns == 1:
        right = 1
    if rows_ == 1:
        down = columns if right == 1 else 1
    strides = [*strides[:-2], down, right]
    extent = max(rows_ * down, columns * right)
    for axis in range(len(shape) - 3, -1, -1):
        if shape[axis] == 1:
            strides[axis] = extent
        extent = max(extent, shape[axis] * strides[axis])
    return tuple(shape), tuple(strides)
