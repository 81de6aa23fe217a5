"""Elements at places that are values: reading them, and adding up or putting down at them.

``take_at`` and ``add_at`` work along one axis, ``take_along`` and ``add_along`` element by element;
in each pair, either is the gradient of the other. Places on several axes are first made places on
one (``flat_places``).
"""

import math
from typing import Any

from kerasette.arrays import dtypes
from kerasette.arrays.device import put_rows
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast_shapes, canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.comparison import equal
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange, zeros, zeros_like
from kerasette.ops.logic import where
from kerasette.ops.shaping import broadcast_to, reshape

__all__ = ["take", "take_along_axis"]


def _check_places(indices: Spec) -> None:
    if not dtypes.is_int(indices.dtype):
        raise ValueError(
            f"`indices` must be integers. Received: dtype={indices.dtype}. Cast them to int32."
        )


def _taken(x: Spec, indices: Spec, *, axis: int) -> Spec:
    _check_places(indices)
    return Spec((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)


@primitive(_taken, native=True, name="take")
def take_at(xp: Any, x: Any, indices: Any, *, axis: int) -> Any:
    """The slices of ``x`` at ``indices`` along ``axis``."""
    return xp.take(x, indices, axis=axis)


def _added(x: Spec, indices: Spec, *, axis: int, size: int) -> Spec:
    _check_places(indices)
    end = axis + len(indices.shape)
    if x.shape[axis:end] != indices.shape:
        raise ValueError(
            f"values of shape {x.shape} do not have the shape {indices.shape} of the indices "
            f"from axis {axis} on."
        )
    return Spec((*x.shape[:axis], size, *x.shape[end:]), x.dtype)


@primitive(_added)
def add_at(xp: Any, x: Any, indices: Any, *, axis: int, size: int) -> Any:
    """Zeros with ``size`` places along ``axis``, to which the slices of ``x`` are added."""
    before, after = x.shape[:axis], x.shape[axis + indices.ndim :]
    out = xp.zeros((*before, size, *after), x.dtype)
    _accumulate(xp.add, out, _rows(xp, indices, before, size, after), x)
    return out


def _accumulate(how: Any, out: Any, places: Any, values: Any) -> None:
    """``out`` (contiguous) combined in place with values at places, repeated ones too.

    On flat places, ``ufunc.at`` is five times as fast as on rows.
    """
    how.at(out.reshape(-1), places.reshape(-1), values.reshape(-1))


def _rows(xp: Any, indices: Any, before: Any, size: int, after: Any) -> Any:
    """The flat places of all elements of the slices at ``indices``."""
    found = indices.reshape(-1).astype(xp.int64)
    found = xp.where(found < 0, found + size, found)
    outer, inner = math.prod(before), math.prod(after)
    if outer != 1:
        found = xp.arange(outer)[:, None] * size + found
    if inner != 1:
        found = found[..., None] * inner + xp.arange(inner)
    return found


take_at.defvjp(x=lambda g, x, indices, axis: add_at(g, indices, axis=axis, size=int(x.shape[axis])))
add_at.defvjp(x=lambda g, indices, axis: take_at(g, indices, axis=axis))


@operation
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """The slices of ``x`` at ``indices`` along ``axis``; single elements of ``x`` flat without it.

    Args:
        x: a tensor.
        indices: integers of any shape, which takes the place of the axis in the result's; those
            below 0 count from the end.
        axis: the axis that they index.

    >>> ops.take([10, 20, 30], [2, 0]).numpy()
    array([30, 10], dtype=int32)

    Raises: ValueError for indices that are no integers; IndexError, on the CPU, for one that is
    out of bounds.
    """
    x = convert_to_tensor(x)
    indices = convert_to_tensor(
        indices, "int32" if isinstance(indices, list) and not indices else None
    )
    if axis is None:
        return take_at(reshape(x, (-1,)), indices, axis=0)
    return take_at(x, indices, axis=canonical_axis(axis, len(x.shape)))


def _along(x: Spec, indices: Spec, *, axis: int) -> Spec:
    _check_places(indices)
    _check_same(x, indices, axis)
    return Spec(indices.shape, x.dtype)


def _check_same(x: Spec, indices: Spec, axis: int) -> None:
    others = [index for index in range(len(x.shape)) if index != axis]
    if len(x.shape) != len(indices.shape) or any(
        x.shape[index] != indices.shape[index] for index in others
    ):
        raise ValueError(
            f"`indices` must have the shape of the values except on axis {axis}. "
            f"Received: shapes {x.shape} and {indices.shape}."
        )


@primitive(_along, native=True, name="take_along_axis")
def take_along(xp: Any, x: Any, indices: Any, *, axis: int) -> Any:
    """For each place of ``indices``, the element at that index along ``axis``."""
    return xp.take_along_axis(x, indices, axis=axis)


def _added_along(x: Spec, indices: Spec, *, axis: int, size: int) -> Spec:
    _check_places(indices)
    if x.shape != indices.shape:
        raise ValueError(f"the shapes {x.shape} and {indices.shape} differ.")
    return Spec((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype)


@primitive(_added_along)
def add_along(xp: Any, x: Any, indices: Any, *, axis: int, size: int) -> Any:
    """Zeros with ``size`` places along ``axis``, to which each element of ``x`` is added at its
    index.
    """
    shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    out = xp.zeros(shape, x.dtype)
    places = indices.astype(xp.int64)
    places = xp.where(places < 0, places + size, places) * math.prod(shape[axis + 1 :])
    for index in range(x.ndim):
        if index != axis:
            step = math.prod(shape[index + 1 :])
            offsets = xp.arange(shape[index]) * step
            places += offsets.reshape([-1 if i == index else 1 for i in range(x.ndim)])
    _accumulate(xp.add, out, places, x)
    return out


take_along.defvjp(
    x=lambda g, x, indices, axis: add_along(g, indices, axis=axis, size=int(x.shape[axis]))
)
add_along.defvjp(x=lambda g, indices, axis: take_along(g, indices, axis=axis))


@operation
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Any:
    """For each place of ``indices``, the element of ``x`` at that index along ``axis``.

    Args:
        x: a tensor.
        indices: integers; their other sizes broadcast with those of ``x``. Those below 0 count
            from the end.
        axis: the axis that they index; ``x`` and ``indices`` are flat without it.

    >>> ops.take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1).numpy()
    array([[2],
           [3]], dtype=int32)

    Raises: ValueError where ranks or sizes do not fit; IndexError, on the CPU, for an index that
    is out of bounds.
    """
    x, indices = convert_to_tensor(x), convert_to_tensor(indices)
    if axis is None:
        return take_along(reshape(x, (-1,)), reshape(indices, (-1,)), axis=0)
    rank = len(x.shape)
    axis = canonical_axis(axis, rank)
    if len(indices.shape) != rank:
        raise ValueError(
            f"`indices` must have the rank of `x`, {rank}. "
            f"Received: indices of shape {tuple(indices.shape)}."
        )
    ones = [1 if index == axis else size for index, size in enumerate(x.shape)]
    others = [1 if index == axis else size for index, size in enumerate(indices.shape)]
    common = broadcast_shapes(tuple(ones), tuple(others))

    def spread(value: Any) -> Any:
        size = value.shape[axis]
        return broadcast_to(value, (*common[:axis], size, *common[axis + 1 :]))

    return take_along(spread(x), spread(indices), axis=axis)


def _flattened(*indices: Spec, sizes: tuple[int, ...]) -> Spec:
    for part in indices:
        _check_places(part)
    return Spec(broadcast_shapes(*(part.shape for part in indices)), dtypes.ALL["int64"])


@primitive(_flattened, name="flat_places")
def flat_places(xp: Any, *indices: Any, sizes: tuple[int, ...]) -> Any:
    """The row-major places in axes of ``sizes`` that one tensor of indices for each axis means."""
    places = 0
    for index, size in zip(indices, sizes, strict=True):
        if index.size and (int(index.min()) < -size or int(index.max()) >= size):
            raise IndexError(f"An index is out of bounds for an axis of size {size}.")
        index = index.astype(xp.int64)
        places = places * size + xp.where(index < 0, index + size, index)
    return places


flat_places.nograd()


def _placed(x: Spec, indices: Spec, updates: Spec, **attributes: Any) -> Spec:
    _check_places(indices)
    wanted = indices.shape + x.shape[1:]
    if updates.shape != wanted:
        raise ValueError(f"`updates` must have the shape {wanted}. Received: {updates.shape}.")
    return x


@primitive(_placed, native=True)
def put_at(xp: Any, x: Any, indices: Any, updates: Any) -> Any:
    """``x`` with its slices at ``indices`` (of rank 1) replaced; the last one stays."""
    out = x.copy()
    put_rows(out, indices, updates)
    return out


def _put_updates(g: Any, x: Any, indices: Any) -> Any:
    # Of several updates for one place, only the one that stayed has a gradient.
    turns = arange(int(indices.shape[0]), dtype="int32")
    none = zeros((int(x.shape[0]),), "int32")
    stayed = equal(take_at(put_at(none, indices, turns), indices, axis=0), turns)
    stayed = reshape(cast(stayed, g.dtype), (-1,) + (1,) * (len(x.shape) - 1))
    return take_at(g, indices, axis=0) * stayed


def _put_values(g: Any, indices: Any, updates: Any) -> Any:
    return put_at(g, indices, zeros_like(updates))


put_at.defvjp(x=_put_values, updates=_put_updates)

_COMBINATIONS = {"max": "maximum", "min": "minimum", "mul": "multiply"}


@primitive(_placed, name="combine_at")
def combine_at(xp: Any, x: Any, indices: Any, updates: Any, *, reduction: str) -> Any:
    """``x`` with its slices at ``indices`` (of rank 1) combined with updates: max, min or mul."""
    out = xp.ascontiguousarray(x).copy()
    places = _rows(xp, indices, (), x.shape[0], x.shape[1:])
    _accumulate(getattr(xp, _COMBINATIONS[reduction]), out, places, updates)
    return out


def _combined_gradients(
    g: Any, inputs: tuple[Any, ...], out: Any, reduction: str
) -> tuple[Any, ...]:
    x, indices, updates = inputs
    if reduction == "mul":
        return _product_gradients(g, x, indices, updates)
    # All that are the extreme at a place share its gradient evenly.
    size = int(x.shape[0])
    old = cast(equal(x, out), g.dtype)
    new = cast(equal(updates, take_at(out, indices, axis=0)), g.dtype)
    share = g / (old + add_at(new, indices, axis=0, size=size))
    return share * old, None, take_at(share, indices, axis=0) * new


def _product_gradients(g: Any, x: Any, indices: Any, updates: Any) -> tuple[Any, ...]:
    """Of each factor: the product of all others at its place, right where factors are 0."""
    size = int(x.shape[0])
    old, new = equal(x, 0), equal(updates, 0)
    safe = where(old, 1, x)
    product = combine_at(safe, indices, where(new, 1, updates), reduction="mul")
    count = cast(old, "int32") + add_at(cast(new, "int32"), indices, axis=0, size=size)

    def others(value: Any, zero: Any, product: Any, count: Any) -> Any:
        alone = equal(count, cast(zero, "int32"))  # no factor but perhaps this one is 0
        return where(alone, product / where(zero, 1, value), zeros_like(product))

    at = [take_at(value, indices, axis=0) for value in (g, product, count)]
    return g * others(x, old, product, count), None, at[0] * others(updates, new, *at[1:])


combine_at.defvjp_joint(_combined_gradients)

operators.install(take=take)
