"""Reductions over groups of rows: each row says by a number which segment it belongs to."""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.spec import Spec
from kerasette.core.tensor import KerasTensor
from kerasette.ops.comparison import equal
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.logic import where
from kerasette.ops.shaping import reshape

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


def _reduced(data: Spec, segment_ids: Spec, *, count: int) -> Spec:
    if len(segment_ids.shape) != 1 or not dtypes.is_int(segment_ids.dtype):
        raise ValueError(
            "`segment_ids` must be a vector of integers. "
            f"Received: shape={segment_ids.shape}, dtype={segment_ids.dtype}."
        )
    if not data.shape or data.shape[0] != segment_ids.shape[0]:
        raise ValueError(
            "`segment_ids` needs one entry for each row of `data`. "
            f"Received: data of shape {data.shape}, segment_ids of shape {segment_ids.shape}."
        )
    return Spec((count, *data.shape[1:]), data.dtype)


def _places(xp: Any, segment_ids: Any, count: int) -> Any:
    """The row of the result for each row of data; ``count`` for those that are left out."""
    outside = (segment_ids < 0) | (segment_ids >= count)
    return xp.where(outside, count, segment_ids).astype(xp.int64)


@primitive(_reduced, name="segment_sum")
def sum_of_segments(xp: Any, data: Any, segment_ids: Any, *, count: int) -> Any:
    """The sum of each segment's rows: ``(rows, ...), (rows,) -> (count, ...)``."""
    out = xp.zeros((count + 1, *data.shape[1:]), data.dtype)
    xp.add.at(out, _places(xp, segment_ids, count), data)
    return out[:-1]


def _gathered(values: Spec, segment_ids: Spec) -> Spec:
    return Spec((segment_ids.shape[0], *values.shape[1:]), values.dtype)


@primitive(_gathered, native=True)
def segment_rows(xp: Any, values: Any, segment_ids: Any) -> Any:
    """The value of its segment for each row, 0 for none:
    ``(count, ...), (rows,) -> (rows, ...)``.
    """
    zero = xp.zeros((1, *values.shape[1:]), values.dtype)
    return xp.concatenate([values, zero])[_places(xp, segment_ids, values.shape[0])]


sum_of_segments.defvjp(data=lambda g, segment_ids: segment_rows(g, segment_ids))
segment_rows.defvjp(
    values=lambda g, segment_ids, values: sum_of_segments(
        g, segment_ids, count=int(values.shape[0])
    )
)


def lowest(xp: Any, dtype: Any) -> Any:
    """The least value of a dtype, infinities included."""
    if dtype.kind in "iu":
        return xp.iinfo(dtype).min
    return False if dtype.kind == "b" else -xp.inf


def _highest(xp: Any, dtype: Any) -> Any:
    if dtype.kind in "iu":
        return xp.iinfo(dtype).max
    return True if dtype.kind == "b" else xp.inf


@primitive(_reduced, name="segment_max")
def max_of_segments(xp: Any, data: Any, segment_ids: Any, *, count: int) -> Any:
    """The greatest of each segment's rows: ``(rows, ...), (rows,) -> (count, ...)``."""
    out = xp.full((count + 1, *data.shape[1:]), lowest(xp, data.dtype), data.dtype)
    xp.maximum.at(out, _places(xp, segment_ids, count), data)
    return out[:-1]


@primitive(_reduced, name="segment_min")
def min_of_segments(xp: Any, data: Any, segment_ids: Any, *, count: int) -> Any:
    """The least of each segment's rows: ``(rows, ...), (rows,) -> (count, ...)``."""
    out = xp.full((count + 1, *data.shape[1:]), _highest(xp, data.dtype), data.dtype)
    xp.minimum.at(out, _places(xp, segment_ids, count), data)
    return out[:-1]


def _share_of_extreme(g: Any, data: Any, segment_ids: Any, out: Any, count: int) -> Any:
    """The gradient goes to the rows that are the extreme one, in equal parts."""
    chosen = cast(equal(data, segment_rows(out, segment_ids)), g.dtype)
    chosen = chosen * _inside(data, segment_ids, count)
    several = segment_rows(sum_of_segments(chosen, segment_ids, count=count), segment_ids)
    return segment_rows(g, segment_ids) * chosen / where(equal(several, 0), 1, several)


def _inside(data: Any, segment_ids: Any, count: int) -> Any:
    """1 for the rows of a segment, 0 for those that are left out."""
    inside = cast((segment_ids >= 0) & (segment_ids < count), data.dtype)
    return reshape(inside, (-1, *[1] * (len(data.shape) - 1)))


max_of_segments.defvjp(data=_share_of_extreme)
min_of_segments.defvjp(data=_share_of_extreme)


@primitive(_reduced, name="segment_prod")
def product_of_segments(xp: Any, data: Any, segment_ids: Any, *, count: int) -> Any:
    """The product of each segment's rows: ``(rows, ...), (rows,) -> (count, ...)``."""
    places = _places(xp, segment_ids, count)
    order = xp.argsort(places, kind="stable")
    places, running = places[order], data[order]
    # Each row is multiplied by what stands 1, 2, 4… rows before it in its own segment; a segment's
    # last row then has its product.
    step = 1
    while step < len(places):
        before = running[:-step]
        same = (places[step:] == places[:-step]).reshape(-1, *[1] * (data.ndim - 1))
        running = xp.concatenate([running[:step], running[step:] * xp.where(same, before, 1)])
        step *= 2
    out = xp.ones((count + 1, *data.shape[1:]), data.dtype)
    last = xp.nonzero(xp.append(places[1:] != places[:-1], True)[: len(places)])[0]
    out[places[last]] = running[last]
    return out[:-1]


def _product_gradient(g: Any, data: Any, segment_ids: Any, count: int) -> Any:
    zero = equal(data, 0)
    others = where(zero, 1, data)
    zeros = sum_of_segments(cast(zero, data.dtype), segment_ids, count=count)
    total = product_of_segments(others, segment_ids, count=count)
    # A row's factor is the product of the other rows: 0 where another row is.
    zeros_elsewhere = segment_rows(zeros, segment_ids) - cast(zero, data.dtype)
    factor = segment_rows(g * total, segment_ids) / others
    return where(equal(zeros_elsewhere, 0), factor, 0)


product_of_segments.defvjp(data=_product_gradient)


def _segments(op: Any, data: Any, segment_ids: Any, num_segments: Any) -> Any:
    data, segment_ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
    if num_segments is None:
        if isinstance(segment_ids, KerasTensor):
            raise ValueError("`num_segments` must be given where the values are not known yet.")
        numbers = np.asarray(segment_ids)
        num_segments = int(numbers.max()) + 1 if numbers.size else 0
    return op(data, segment_ids, count=max(int(num_segments), 0))


@operation
def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The sum of each segment's rows.

    Args:
        data: rows ``(rows, ...)``.
        segment_ids: the segment of each row, ``(rows,)``; a row whose number is negative, or not
            below ``num_segments``, is left out.
        num_segments: how many segments there are; one more than the greatest number by default,
            which needs its value: inside compiled functions it must be given.
        sorted: accepted as Keras does; it changes no result.

    Returns: ``(num_segments, ...)`` of the dtype of ``data``; 0 for a segment without rows.

    >>> ops.segment_sum([1, 2, 10, 20], [0, 0, 1, 1]).numpy()
    array([ 3, 30], dtype=int32)
    """
    return _segments(sum_of_segments, data, segment_ids, num_segments)


@operation
def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The greatest of each segment's rows; minus infinity, or the least integer, for none.

    Arguments as for ``segment_sum``.

    >>> ops.segment_max([1, 2, 10, 20], [0, 0, 1, 1]).numpy()
    array([ 2, 20], dtype=int32)
    """
    return _segments(max_of_segments, data, segment_ids, num_segments)


@operation
def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The least of each segment's rows; infinity, or the greatest integer, for none.

    Arguments as for ``segment_sum``.

    >>> ops.segment_min([1, 2, 10, 20], [0, 0, 1, 1]).numpy()
    array([ 1, 10], dtype=int32)
    """
    return _segments(min_of_segments, data, segment_ids, num_segments)


@operation
def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The product of each segment's rows; 1 for none.

    Arguments as for ``segment_sum``.

    >>> ops.segment_prod([1, 2, 10, 20], [0, 0, 1, 1]).numpy()
    array([  2, 200], dtype=int32)
    """
    return _segments(product_of_segments, data, segment_ids, num_segments)
