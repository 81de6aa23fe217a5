"""Parts of a tensor: where they begin, how far apart their elements lie; and their replacement.

Bounds that are known are attributes (``slice_of``), and its gradient puts the part back into zeros
(``unslice``); bounds that are values are operands (``dynamic_slice`` and ``dynamic_update``). Each
of the two pairs is closed under differentiation.
"""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import Rule
from kerasette.core.spec import Spec
from kerasette.core.tensor import TensorBase
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import zeros, zeros_like

__all__ = ["slice", "slice_update"]

_slice = slice
Parts = tuple[tuple[int, int, int], ...]  # of each axis: where it begins, its size, its step


def _as_slices(parts: Parts) -> tuple[Any, ...]:
    slices = []
    for start, size, step in parts:
        stop = start + size * step
        # Before the first element there is no number to stop at: Python writes it as None.
        slices.append(_slice(start, None if stop < 0 else stop, step) if size else _slice(0, 0))
    return tuple(slices)


def _sliced(x: Spec, *, parts: Parts) -> Spec:
    for axis, (start, size, step) in enumerate(parts):
        last = start + (size - 1) * step
        if size and not (0 <= start < x.shape[axis] and 0 <= last < x.shape[axis]):
            raise ValueError(
                f"a part of size {size} from {start} on, in steps of {step}, does not lie within "
                f"axis {axis} of the shape {x.shape}."
            )
    return Spec(tuple(size for _, size, _ in parts), x.dtype)


@primitive(_sliced, native=True, name="slice")
def slice_of(xp: Any, x: Any, *, parts: Parts) -> Any:
    """A part with known bounds."""
    return x[_as_slices(parts)]


def _unsliced(x: Spec, *, shape: tuple[int, ...], parts: Parts) -> Spec:
    return Spec(shape, x.dtype)


@primitive(_unsliced, native=True)
def unslice(xp: Any, x: Any, *, shape: tuple[int, ...], parts: Parts) -> Any:
    """Zeros of ``shape``, with ``x`` in the part with known bounds."""
    out = xp.zeros(shape, x.dtype)
    out[_as_slices(parts)] = x
    return out


slice_of.defvjp(x=lambda g, x, parts: unslice(g, shape=tuple(x.shape), parts=parts))
unslice.defvjp(x=lambda g, parts: slice_of(g, parts=parts))


def whole(shape: Any) -> list[tuple[int, int, int]]:
    """The parts that are all of a shape."""
    return [(0, int(size), 1) for size in shape]


def part_along(x: Any, axis: int, start: int, size: int, step: int = 1) -> Any:
    """The part of ``x`` with known bounds along one axis (canonical)."""
    parts = whole(x.shape)
    if parts[axis] == (start, size, step):
        return x
    parts[axis] = (start, size, step)
    return slice_of(x, parts=tuple(parts))


class _Starting(Rule):
    """Values that meet in the first one's dtype, and where a part begins: integers."""

    def entering(self, names: list[str]) -> list[str]:
        return [dtypes.resolve(names[0])] * (len(names) - 1) + ["int32"]


def _dynamic(x: Spec, starts: Spec, *, sizes: tuple[int, ...]) -> Spec:
    _check_block(x.shape, starts.shape, sizes)
    return Spec(sizes, x.dtype)


def _check_block(shape: Any, starts: Any, sizes: Any) -> None:
    if len(sizes) != len(shape) or starts != (len(shape),):
        raise ValueError(
            f"a part of a value of shape {shape} needs {len(shape)} starts and sizes. "
            f"Received: starts of shape {starts} and the sizes {sizes}."
        )
    if any(size > whole for size, whole in zip(sizes, shape, strict=True)):
        raise ValueError(f"a part of sizes {sizes} is larger than the shape {shape}.")


def _block(xp: Any, starts: Any, sizes: Any, shape: Any) -> tuple[Any, ...]:
    """The indices of a part that is moved, where it must be, to lie within ``shape``."""
    room = xp.asarray([whole - size for whole, size in zip(shape, sizes, strict=True)], "int32")
    starts = xp.clip(starts, 0, room) if len(shape) else starts
    return xp.ix_(*(xp.arange(size) + starts[axis] for axis, size in enumerate(sizes)))


@primitive(_Starting(_dynamic), native=True)
def dynamic_slice(xp: Any, x: Any, starts: Any, *, sizes: tuple[int, ...]) -> Any:
    """The part of ``sizes`` that begins at the values ``starts``, moved to lie within ``x``."""
    return x[_block(xp, starts, sizes, x.shape)] if x.ndim else x


def _updated(x: Spec, updates: Spec, starts: Spec) -> Spec:
    _check_block(x.shape, starts.shape, updates.shape)
    return x


@primitive(_Starting(_updated), native=True, name="slice_update")
def dynamic_update(xp: Any, x: Any, updates: Any, starts: Any) -> Any:
    """``x`` with ``updates`` in the part that begins at ``starts``, moved to lie within ``x``."""
    if not x.ndim:
        return updates
    out = x.copy()
    out[_block(xp, starts, updates.shape, x.shape)] = updates
    return out


dynamic_slice.defvjp(
    x=lambda g, x, starts: dynamic_update(zeros(tuple(x.shape), g.dtype), g, starts)
)
dynamic_update.defvjp(
    x=lambda g, updates, starts: dynamic_update(g, zeros_like(updates), starts),
    updates=lambda g, updates, starts: dynamic_slice(g, starts, sizes=tuple(updates.shape)),
)


def _known(starts: Any) -> bool:
    """Whether the starts are plain numbers, and no tensor stands among them."""
    if isinstance(starts, np.ndarray):
        return True
    return isinstance(starts, (list, tuple)) and not any(isinstance(s, TensorBase) for s in starts)


def _as_starts(starts: Any) -> Any:
    if isinstance(starts, (list, tuple)):
        starts = operators.method("stack")([cast(start, "int32") for start in starts])
    return cast(convert_to_tensor(starts), "int32")


@operation
def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    """The part of ``shape`` that begins at ``start_indices``.

    Args:
        inputs: a tensor of rank n.
        start_indices: n ints, or tensors of ints; with a tensor, a part that would reach beyond
            the end is moved so that it lies within.
        shape: n sizes; -1 for all that is left from a start that is a plain int.

    >>> ops.slice([[1, 2], [3, 4]], (0, 1), (2, 1)).numpy()
    array([[2],
           [4]], dtype=int32)

    Raises: ValueError where a part with plain starts does not lie within ``inputs``.
    """
    x = convert_to_tensor(inputs)
    rank = len(x.shape)
    known = _known(start_indices)
    starts = [int(s) if known else 0 for s in start_indices] if known else [0] * rank
    if len(shape) != rank or len(starts) != rank:
        raise ValueError(
            f"`start_indices` and `shape` must have one entry for each of {rank} axes. "
            f"Received: start_indices={start_indices}, shape={shape}."
        )
    sizes = tuple(
        x.shape[axis] - starts[axis] if size in (-1, None) else int(size)
        for axis, size in enumerate(shape)
    )
    if known:
        parts = tuple((start, size, 1) for start, size in zip(starts, sizes, strict=True))
        return slice_of(x, parts=parts)
    return dynamic_slice(x, _as_starts(start_indices), sizes=sizes)


@operation
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """``inputs`` with ``updates`` in place of the part that begins at ``start_indices``.

    Args:
        inputs: a tensor of rank n.
        start_indices: n ints, or tensors of ints; a part that would reach beyond the end is moved
            so that it lies within.
        updates: a tensor of rank n, no larger than ``inputs`` along any axis; it is cast.

    >>> ops.slice_update([0, 0, 0], [1], [5, 6]).numpy()
    array([0, 5, 6], dtype=int32)

    Raises: ValueError where ``updates`` is too large, or the ranks differ.
    """
    return dynamic_update(convert_to_tensor(inputs), updates, _as_starts(start_indices))
