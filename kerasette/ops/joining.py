"""Putting tensors together, and taking them apart."""

import builtins
from typing import Any

from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import TOGETHER, Rule, canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.shaping import expand_dims, reshape, squeeze
from kerasette.ops.slicing import part_along

__all__ = [
    "append", "array_split", "concatenate", "dsplit", "dstack", "hsplit", "hstack", "split",
    "stack", "unstack", "vsplit", "vstack",
]  # fmt: skip


def _joined(*xs: Spec, axis: int) -> Spec:
    first = xs[0].shape
    for x in xs[1:]:
        rest = x.shape[:axis] + x.shape[axis + 1 :]
        if len(x.shape) != len(first) or rest != first[:axis] + first[axis + 1 :]:
            raise ValueError(
                f"the values must have the same sizes except on axis {axis}. "
                "Received: shapes " + " and ".join(str(x.shape) for x in xs) + "."
            )
    total = sum(x.shape[axis] for x in xs)
    return Spec((*first[:axis], total, *first[axis + 1 :]), xs[0].dtype)


@primitive(Rule(_joined, TOGETHER), native=True, name="concatenate")
def concatenate_along(xp: Any, *xs: Any, axis: int) -> Any:
    """One after the other along ``axis`` (canonical)."""
    return xp.concatenate(xs, axis=axis)


def _own_part(g: Any, index: int, inputs: tuple[Any, ...], axis: int) -> Any:
    start = sum(int(x.shape[axis]) for x in inputs[:index])
    return part_along(g, axis, start, int(inputs[index].shape[axis]))


concatenate_along.defvjp(xs=_own_part)


def _tensors(xs: Any, name: str = "xs") -> list[Any]:
    found = [convert_to_tensor(x) for x in xs]
    if not found:
        raise ValueError(f"`{name}` must hold at least one tensor. Received: {name}={xs}.")
    return found


@operation
def concatenate(xs: Any, axis: int = 0) -> Any:
    """Tensors one after the other along an axis that they have.

    >>> ops.concatenate([[1], [2, 3]]).numpy()
    array([1, 2, 3], dtype=int32)

    Raises: ValueError where other sizes differ, or there is no tensor.
    """
    xs = _tensors(xs)
    return concatenate_along(*xs, axis=canonical_axis(axis, len(xs[0].shape)))


@operation
def stack(x: Any, axis: int = 0) -> Any:
    """Tensors of one shape, side by side along a new axis.

    >>> ops.stack([[1, 2], [3, 4]], axis=1).numpy()
    array([[1, 3],
           [2, 4]], dtype=int32)

    Raises: ValueError where the shapes differ, or there is no tensor.
    """
    xs = _tensors(x, "x")
    axis = canonical_axis(axis, len(xs[0].shape) + 1)
    if any(tuple(part.shape) != tuple(xs[0].shape) for part in xs):
        raise ValueError(
            "All tensors of `x` must have the same shape. Received: shapes "
            + " and ".join(str(tuple(part.shape)) for part in xs)
            + "."
        )
    return concatenate_along(*(expand_dims(part, axis) for part in xs), axis=axis)


@operation
def append(x1: Any, x2: Any, axis: int | None = None) -> Any:
    """``x2`` after ``x1`` along ``axis``; both flat where none is given.

    >>> ops.append([1, 2], [[3], [4]]).numpy()
    array([1, 2, 3, 4], dtype=int32)
    """
    if axis is None:
        x1, x2 = reshape(x1, (-1,)), reshape(x2, (-1,))
    return concatenate([x1, x2], 0 if axis is None else axis)


def _at_least(rank: int, x: Any) -> Any:
    """With axes of size 1 as numpy's ``atleast_1d``, ``atleast_2d`` and ``atleast_3d`` add them."""
    shape = tuple(x.shape)
    if rank == 3 and len(shape) == 2:
        return expand_dims(x, 2)
    if rank == 3 and len(shape) == 1:
        return reshape(x, (1, *shape, 1))
    return reshape(x, (1,) * (rank - len(shape)) + shape) if len(shape) < rank else x


@operation
def hstack(xs: Any) -> Any:
    """Tensors side by side: along the second axis; along the first one for rank 1.

    >>> ops.hstack([[1, 2], [3]]).numpy()
    array([1, 2, 3], dtype=int32)
    """
    xs = [_at_least(1, x) for x in _tensors(xs)]
    return concatenate(xs, 0 if len(xs[0].shape) == 1 else 1)


@operation
def vstack(xs: Any) -> Any:
    """Tensors below each other: along the first axis; those of rank 1 are rows.

    >>> ops.vstack([[1, 2], [3, 4]]).numpy()
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    return concatenate([_at_least(2, x) for x in _tensors(xs)], 0)


@operation
def dstack(xs: Any) -> Any:
    """Tensors behind each other: along the third axis, which is added where there is none.

    >>> ops.dstack([[1, 2], [3, 4]]).shape
    (1, 2, 2)
    """
    return concatenate([_at_least(3, x) for x in _tensors(xs)], 2)


def _cut(x: Any, axis: int, cuts: list[int]) -> list[Any]:
    """The parts between cuts, with Python's rules for slices."""
    size = int(x.shape[axis])
    parts = []
    for start, stop in zip([0, *cuts], [*cuts, size], strict=True):
        first, last, _ = builtins.slice(start, stop).indices(size)
        parts.append(part_along(x, axis, first, max(last - first, 0)))
    return parts


def _numbers(indices: Any) -> list[int]:
    return [int(index) for index in indices]


@operation
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts of a tensor along ``axis``, as a list.

    Args:
        x: the tensor.
        indices_or_sections: an int, how many parts of equal size; or increasing indices at which
            it is cut.
        axis: the axis to cut.

    >>> [part.shape for part in ops.split(ops.zeros((5, 2)), [1, 3])]
    [(1, 2), (2, 2), (2, 2)]

    Raises: ValueError where a number of equal parts does not divide the size.
    """
    x = convert_to_tensor(x)
    axis = canonical_axis(axis, len(x.shape))
    if hasattr(indices_or_sections, "__len__") and getattr(indices_or_sections, "shape", True):
        return _cut(x, axis, _numbers(indices_or_sections))
    sections = int(indices_or_sections)
    size = int(x.shape[axis])
    if sections < 1 or size % sections:
        raise ValueError(
            f"An axis of size {size} cannot be split into {sections} parts of equal size. "
            f"Received: indices_or_sections={sections}, axis={axis}; see ops.array_split."
        )
    return _cut(x, axis, [size // sections * index for index in range(1, sections)])


@operation
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts of a tensor along ``axis``, as a list; their sizes may differ by 1.

    Args:
        x: the tensor.
        indices_or_sections: an int, how many parts, the first of which are larger by 1 where the
            size is no multiple; or increasing indices at which it is cut.
        axis: the axis to cut.

    >>> [part.shape for part in ops.array_split(ops.zeros((5,)), 2)]
    [(3,), (2,)]

    Raises: ValueError for a number of parts below 1.
    """
    if hasattr(indices_or_sections, "__len__") and getattr(indices_or_sections, "shape", True):
        return split(x, indices_or_sections, axis)
    x = convert_to_tensor(x)
    axis = canonical_axis(axis, len(x.shape))
    sections = int(indices_or_sections)
    if sections < 1:
        raise ValueError(
            "`indices_or_sections` must be at least 1, or indices. "
            f"Received: indices_or_sections={sections}."
        )
    least, more = divmod(int(x.shape[axis]), sections)
    return _cut(x, axis, [least * index + min(index, more) for index in range(1, sections)])


@operation
def hsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts from left to right: along the second axis; along the first one for rank 1.

    >>> [part.shape for part in ops.hsplit(ops.zeros((2, 4)), 2)]
    [(2, 2), (2, 2)]
    """
    return split(x, indices_or_sections, 0 if _rank(x, 1) == 1 else 1)


@operation
def vsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts from top to bottom: along the first axis of a tensor of rank 2 or more.

    >>> [part.shape for part in ops.vsplit(ops.zeros((4, 2)), 2)]
    [(2, 2), (2, 2)]
    """
    _rank(x, 2)
    return split(x, indices_or_sections, 0)


@operation
def dsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts from front to back: along the third axis of a tensor of rank 3 or more.

    >>> [part.shape for part in ops.dsplit(ops.zeros((1, 2, 4)), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    _rank(x, 3)
    return split(x, indices_or_sections, 2)


def _rank(x: Any, least: int) -> int:
    rank = len(convert_to_tensor(x).shape)
    if rank < least:
        raise ValueError(f"`x` must have rank {least} or more. Received: rank {rank}.")
    return rank


@operation
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Any]:
    """The slices of a tensor along ``axis``, as a list; that axis is gone in them.

    Args:
        x: the tensor.
        num: the size of that axis, where it is not known otherwise.
        axis: the axis to take apart.

    >>> [int(x) for x in ops.unstack([1, 2])]
    [1, 2]

    Raises: ValueError where ``num`` is another number than the size.
    """
    x = convert_to_tensor(x)
    axis = canonical_axis(axis, len(x.shape))
    size = int(x.shape[axis])
    if num is not None and num != size:
        raise ValueError(f"`num` must be the size of axis {axis}, {size}. Received: num={num}.")
    return [squeeze(part_along(x, axis, index, 1), axis) for index in range(size)]


operators.install(concatenate=concatenate, stack=stack, split=split)
