"""Different values, how often each is there, and whether it is."""

import builtins
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.comparison import equal, less
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange, linspace, ones, zeros
from kerasette.ops.extremes import max, min
from kerasette.ops.gathering import add_at, take_at
from kerasette.ops.logic import logical_not, where
from kerasette.ops.rounding import clip
from kerasette.ops.searching import searchsorted, size_of_values
from kerasette.ops.shaping import broadcast_to, ravel, reshape
from kerasette.ops.slicing import part_along
from kerasette.ops.sorting import sort

__all__ = ["bincount", "histogram", "isin", "unique"]

_ADVICE = "Give `size`, to have a result of a fixed size."


@primitive(lambda x, *, axis: Spec((), dtypes.ALL["int32"]), name="unique_count")
def count_different(xp: Any, x: Any, *, axis: int | None) -> Any:
    """How many different elements, or slices along ``axis``, there are."""
    found = xp.unique(x, axis=axis, equal_nan=False)
    return xp.asarray(found.shape[axis or 0], xp.int32)


def _parts(x: Spec, *, axis: int | None, size: int) -> tuple[Spec, ...]:
    whole = dtypes.ALL["int32"]
    inverse = x.shape if axis is None else (x.shape[axis],)
    return Spec((size,), whole), Spec(inverse, whole), Spec((size,), whole), Spec((), whole)


@primitive(_parts, name="unique")
def unique_parts(xp: Any, x: Any, *, axis: int | None, size: int) -> tuple[Any, ...]:
    """Of the different elements, in order: where each is first, how often it is there; and for
    every element, which of them it is; and how many they are.

    There is room for ``size`` of them: those beyond are left out, places beyond are 1 and counts 0.
    """
    _, first, inverse, counts = xp.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=False
    )
    count = builtins.min(len(first), size)
    places, times = xp.ones(size, xp.int32), xp.zeros(size, xp.int32)
    places[:count], times[:count] = first[:count], counts[:count]
    shape = x.shape if axis is None else (x.shape[axis],)
    inverse = inverse.reshape(shape).astype(xp.int32)
    return places, inverse, times, xp.asarray(len(first), xp.int32)


count_different.nograd()
unique_parts.nograd()


@operation
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different elements of ``x``, or its different slices along ``axis``, in order.

    Args:
        x: a tensor.
        sorted: whether they must be in order; they are in either case.
        return_index: whether to return where each is first.
        return_inverse: whether to return, for every element, which of them it is.
        return_counts: whether to return how often each is there.
        axis: the axis; single elements without it.
        size: how many there is room for; what is beyond is left out. Without it, the size depends
            on values, which works eagerly alone.
        fill_value: what fills the room that is left: 0 by default.

    Returns: the values; with one of the options a tuple, its other members int32.

    >>> ops.unique([3, 1, 3]).numpy()
    array([1, 3], dtype=int32)

    Raises: TraceError without ``size`` inside a compiled function.
    """
    x = convert_to_tensor(x)
    if axis is not None:
        axis = canonical_axis(axis, len(x.shape))
    room = size
    if room is None:
        room = size_of_values("unique", lambda: count_different(x, axis=axis), _ADVICE)
    first, inverse, counts, count = unique_parts(x, axis=axis, size=int(room))
    values = _chosen(x, first, count, axis, fill_value, padded=size is not None)
    found = [
        values,
        *([first] if return_index else []),
        *([inverse] if return_inverse else []),
        *([counts] if return_counts else []),
    ]
    return tuple(found) if len(found) > 1 else values


def _chosen(x: Any, first: Any, count: Any, axis: int | None, fill: Any, padded: bool) -> Any:
    """The elements at the places where each is first, so that gradients flow."""
    along = 0 if axis is None else axis
    flat = ravel(x) if axis is None else x
    if not padded:
        return take_at(flat, first, axis=along)
    size, room = int(flat.shape[along]), int(first.shape[0])
    value = cast(0 if fill is None else fill, x.dtype)
    shape = [room if index == along else s for index, s in enumerate(flat.shape)]
    if not size:
        return broadcast_to(value, shape)
    there = reshape(less(arange(room), count), [-1 if i == along else 1 for i in range(len(shape))])
    return where(there, take_at(flat, clip(first, 0, size - 1), axis=along), value)


@operation
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element of ``x1`` is among those of ``x2``: bool of the shape of ``x1``.

    Args:
        x1, x2: tensors of any shapes.
        assume_unique: whether no element is twice in either; the result is the same.
        invert: whether to tell what is not among them.

    >>> ops.isin([1, 2, 3], [3, 1]).numpy()
    array([ True, False,  True])
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    dtype = dtypes.result_type(x1.dtype, x2.dtype)
    x1, x2 = cast(x1, dtype), ravel(cast(x2, dtype))
    size = int(x2.shape[0])
    if not size:
        found = zeros(tuple(x1.shape), "bool")
    else:
        table = sort(x2)
        places = clip(searchsorted(table, x1), 0, size - 1)
        found = equal(take_at(table, places, axis=0), x1)
    return logical_not(found) if invert else found


@operation
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often each number from 0 on is there, or the sum of its weights.

    Args:
        x: integers from 0 on: ``(n,)``, or rows ``(m, n)``, each counted by itself.
        weights: of the shape of ``x``.
        minlength: the least size of the result, which reaches up to the greatest number.
        sparse: must be false: there are no sparse tensors.

    Returns: int32, or the dtype in which ``x`` and ``weights`` meet: ``(k,)``, or ``(m, k)``.

    >>> ops.bincount([1, 3, 1]).numpy()
    array([0, 2, 0, 1], dtype=int32)

    Raises: ValueError for negative numbers or another rank; TraceError inside a compiled function.
    """
    if sparse:
        raise ValueError("kerasette has no sparse tensors: leave `sparse`.")
    x = convert_to_tensor(x)
    if len(x.shape) not in (1, 2) or not (dtypes.is_int(x.dtype) or x.dtype == "bool"):
        raise ValueError(
            "`x` must be integers of rank 1 or 2. "
            f"Received: shape={tuple(x.shape)}, dtype={x.dtype}."
        )
    if weights is None:
        weights = ones(tuple(x.shape), "int32")
    else:
        weights = convert_to_tensor(weights)
        if tuple(weights.shape) != tuple(x.shape):
            raise ValueError(
                f"`weights` must have the shape of `x`, {tuple(x.shape)}. "
                f"Received: shape {tuple(weights.shape)}."
            )
        weights = cast(weights, dtypes.result_type(x.dtype, weights.dtype))
    x = cast(x, "int32")
    size = size_of_values("bincount", lambda: _reach(x, int(minlength)), "See ops.segment_sum.")
    rows = 1 if len(x.shape) == 1 else int(x.shape[0])
    if rows != 1:
        x = x + reshape(arange(rows) * size, (rows, 1))
    counts = add_at(ravel(weights), ravel(x), axis=0, size=rows * size)
    return reshape(counts, (*x.shape[:-1], size))


def _reach(x: Any, least: int) -> int:
    """One more than the greatest number, if that is not less than ``least``."""
    if 0 in x.shape:
        return least
    if int(min(x)) < 0:
        raise ValueError(f"`x` must hold no numbers below 0. Received: {int(min(x))}.")
    return int(max(x, initial=least - 1)) + 1


@operation
def histogram(x: Any, bins: int = 10, range: Any = None) -> tuple[Any, Any]:
    """How many elements lie in each of equally wide bins, and the edges of the bins.

    A bin has its lower edge, the last one its upper edge too.

    Args:
        x: real numbers ``(n,)``.
        bins: how many bins.
        range: a tuple, where the first begins and the last ends; the least and the greatest of
            ``x`` by default. What lies outside is not counted.

    Returns: ``(counts, edges)``: ``(bins,)`` in the dtype of floats ``x``, else int32; and
    ``(bins + 1,)``.

    >>> counts, edges = ops.histogram([1.0, 2.0, 2.0, 5.0], bins=2)
    >>> counts.numpy(), edges.numpy()
    (array([3., 1.], dtype=float32), array([1., 3., 5.], dtype=float32))

    Raises: TypeError or ValueError for other ``bins``; ValueError for another ``range`` or rank.
    """
    if not isinstance(bins, int) or isinstance(bins, bool):
        raise TypeError(f"`bins` must be an int. Received: bins={bins!r}.")
    if bins < 0:
        raise ValueError(f"`bins` must be at least 0. Received: bins={bins}.")
    if range and (not isinstance(range, tuple) or len(range) != 2 or range[1] < range[0]):
        raise ValueError(
            "`range` must be a tuple of two numbers, the second not less than the first. "
            f"Received: range={range}."
        )
    x = convert_to_tensor(x)
    if len(x.shape) > 1:
        raise ValueError(f"`x` must have rank 1. Received: shape={tuple(x.shape)}.")
    counted = x.dtype if dtypes.is_float(x.dtype) else "int32"
    x = ravel(cast(x, dtypes.floating(x.dtype)))
    edges = cast(linspace(*_ends(x, range), bins + 1), x.dtype)
    last = take_at(edges, convert_to_tensor(bins), axis=0)
    places = where(equal(x, last), bins, searchsorted(edges, x, "right"))
    counts = add_at(ones(tuple(x.shape), "int32"), places, axis=0, size=bins + 2)
    return cast(part_along(counts, 0, 1, bins), counted), edges


def _ends(x: Any, range: Any) -> tuple[Any, Any]:
    if not range and not int(x.shape[0]):
        range = (0.0, 1.0)
    low, high = range if range else (min(x), max(x))
    low, high = cast(low, x.dtype), cast(high, x.dtype)
    half = where(equal(low, high), cast(0.5, x.dtype), cast(0, x.dtype))
    return low - half, high + half
