"""Medians, quantiles and percentiles, with NaN or without."""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.rules import canonical_axes, reduced
from kerasette.core.tensor import TensorBase
from kerasette.errors import unknown_name
from kerasette.ops.arithmetic import divide
from kerasette.ops.comparison import equal, isnan
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import full
from kerasette.ops.gathering import take_along
from kerasette.ops.logic import logical_not, where
from kerasette.ops.reductions import any, count_nonzero, count_of
from kerasette.ops.rounding import ceil, clip, floor, round
from kerasette.ops.shaping import broadcast_to, expand_dims, moveaxis, ravel, reshape, transpose
from kerasette.ops.sorting import sort_along

__all__ = [
    "median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile",
]  # fmt: skip

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(x: Any, q: Any, axis: Any, method: str, keepdims: bool, skip: bool) -> Any:
    """Quantiles of what is there (``skip``: of what is not NaN), by interpolation in the order."""
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    x = convert_to_tensor(x)
    dtype = dtypes.floating(x.dtype)
    q = convert_to_tensor(q)
    axes = canonical_axes(axis, len(x.shape))
    shape = (*q.shape, *reduced(tuple(x.shape), axes, bool(keepdims)))
    rest = tuple(index for index in range(len(x.shape)) if index not in axes)
    lead, count = tuple(x.shape[index] for index in rest), count_of(x, axes)
    if not count:
        return full(shape, float("nan"), dtype)
    rows = reshape(transpose(cast(x, dtype), (*rest, *axes)), (*lead, count))
    found = _interpolated(rows, cast(ravel(q), dtypes.result_type(dtype, "float32")), method, skip)
    return reshape(moveaxis(found, -1, 0), shape)


def _interpolated(rows: Any, q: Any, method: str, skip: bool) -> Any:
    """The quantiles ``q`` ``(k,)`` of each row: ``(..., n) -> (..., k)``."""
    last = len(rows.shape) - 1
    ordered = sort_along(rows, axis=last)
    missing = isnan(rows)
    size = int(rows.shape[-1])
    there = expand_dims(count_nonzero(logical_not(missing), -1), -1) if skip else size
    top = clip(there - 1, 0, size - 1) if skip else size - 1
    position = clip(q * cast(top, q.dtype), 0, size - 1)
    position = broadcast_to(position, (*rows.shape[:-1], q.shape[0]))

    def at(place: Any) -> Any:
        return take_along(ordered, cast(place, "int32"), axis=last)

    below, above = floor(position), ceil(position)
    if method == "nearest":
        found = at(round(position))
    elif method == "lower":
        found = at(below)
    elif method == "higher":
        found = at(above)
    else:
        low, high = at(below), at(above)
        part = cast(position - below, low.dtype) if method == "linear" else 0.5
        part = where(equal(below, above), 0, part)
        # Equal infinities have no difference.
        found = where(equal(low, high), low, low + where(equal(part, 0), 0, (high - low) * part))
    nothing = equal(there, 0) if skip else any(missing, -1, keepdims=True)
    return where(nothing, cast(float("nan"), found.dtype), found)


def _shares(q: Any, whole: float) -> Any:
    """``q`` as shares of 1. Known numbers keep all their digits, and are refused out of bounds."""
    if isinstance(q, TensorBase):
        return divide(q, whole)
    given = np.asarray(q, dtype="float64")
    if not ((given >= 0) & (given <= whole)).all():
        raise ValueError(f"`q` must be from 0 to {whole:g}. Received: q={q}.")
    return convert_to_tensor(np.asarray(given / whole))


@operation
def quantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The quantiles ``q`` over ``axis`` (an int, several, or all axes); NaN where one is NaN.

    Args:
        x: real numbers; integers give floatx.
        q: from 0 to 1, of any shape, which comes first in the result's.
        axis: the axes to reduce.
        method: what is taken where a quantile lies between two elements: "linear", "lower",
            "higher", "midpoint" or "nearest".
        keepdims: whether the axes stay, with size 1.

    >>> float(ops.quantile([1.0, 2.0, 3.0, 4.0], 0.5))
    2.5

    Raises: ValueError for an unknown method, or a ``q`` out of bounds.
    """
    return _quantile(x, _shares(q, 1), axis, method, keepdims, skip=False)


@operation
def percentile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The percentiles ``q`` over ``axis``: ``quantile`` with ``q`` from 0 to 100.

    >>> float(ops.percentile([1.0, 2.0, 3.0, 4.0], 50))
    2.5

    Raises: ValueError for an unknown method, or a ``q`` out of bounds.
    """
    return _quantile(x, _shares(q, 100), axis, method, keepdims, skip=False)


@operation
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle element over ``axis``, or the mean of the two middle ones; NaN where one is NaN.

    >>> float(ops.median([3.0, 1.0, 2.0]))
    2.0
    """
    return _quantile(x, 0.5, axis, "linear", keepdims, skip=False)


@operation
def nanquantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """``quantile`` of the elements that are not NaN; NaN where all are.

    >>> float(ops.nanquantile([1.0, float("nan"), 3.0], 0.5))
    2.0

    Raises: ValueError for an unknown method, or a ``q`` out of bounds.
    """
    return _quantile(x, _shares(q, 1), axis, method, keepdims, skip=True)


@operation
def nanpercentile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """``percentile`` of the elements that are not NaN; NaN where all are.

    >>> float(ops.nanpercentile([1.0, float("nan"), 3.0], 50))
    2.0

    Raises: ValueError for an unknown method, or a ``q`` out of bounds.
    """
    return _quantile(x, _shares(q, 100), axis, method, keepdims, skip=True)


@operation
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """``median`` of the elements that are not NaN; NaN where all are.

    >>> float(ops.nanmedian([3.0, float("nan"), 2.0]))
    2.5
    """
    return _quantile(x, 0.5, axis, "linear", keepdims, skip=True)
