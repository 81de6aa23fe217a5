"""Reductions over the elements that are not NaN."""

from collections.abc import Callable
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.ops.comparison import equal, isnan
from kerasette.ops.conversion import cast, convert_to_tensor, stop_gradient
from kerasette.ops.cumulative import without_nan
from kerasette.ops.extremes import argmax, argmin, max, min
from kerasette.ops.logic import logical_not, where
from kerasette.ops.products import prod
from kerasette.ops.reductions import all, mean, sum
from kerasette.ops.statistics import root, var

__all__ = [
    "nanargmax", "nanargmin", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum",
    "nanvar",
]  # fmt: skip


def _has_nan(x: Any) -> bool:
    """Whether NaN can be among the elements."""
    return dtypes.differentiable(x.dtype)


@operation
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum over ``axis``, with NaN taken for 0.

    >>> float(ops.nansum([1.0, float("nan"), 3.0]))
    4.0
    """
    return sum(without_nan(x, 0), axis, keepdims)


@operation
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The product over ``axis``, with NaN taken for 1.

    >>> float(ops.nanprod([2.0, float("nan"), 3.0]))
    6.0
    """
    return prod(without_nan(x, 1), axis, keepdims)


def _extreme(reduction: Callable[..., Any], last: float, x: Any, axis: Any, keepdims: bool) -> Any:
    x = convert_to_tensor(x)
    if not _has_nan(x):
        return reduction(x, axis, keepdims)
    missing = isnan(x)
    found = reduction(where(missing, cast(last, x.dtype), x), axis, keepdims)
    return where(all(missing, axis, keepdims), cast(float("nan"), x.dtype), found)


@operation
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The greatest over ``axis`` that is not NaN; NaN where all are.

    >>> float(ops.nanmax([1.0, float("nan"), 3.0]))
    3.0

    Raises: ValueError where there is nothing to choose from.
    """
    return _extreme(max, float("-inf"), x, axis, keepdims)


@operation
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The least over ``axis`` that is not NaN; NaN where all are.

    >>> float(ops.nanmin([1.0, float("nan"), 3.0]))
    1.0

    Raises: ValueError where there is nothing to choose from.
    """
    return _extreme(min, float("inf"), x, axis, keepdims)


def _located(
    place: Callable[..., Any],
    extreme: Callable[..., Any],
    last: float,
    x: Any,
    axis: int | None,
    keepdims: bool,
) -> Any:
    x = convert_to_tensor(x)
    if not _has_nan(x):
        return place(x, axis, keepdims)
    missing = isnan(x)
    filled = where(missing, cast(last, x.dtype), x)
    # Where all that is there is as extreme as what NaN was replaced by, it is the first of that.
    tied = equal(extreme(filled, axis, keepdims), last)
    there = argmax(logical_not(missing), axis, keepdims)
    found = where(tied, there, place(filled, axis, keepdims))
    return where(all(missing, axis, keepdims), -1, found)


@operation
def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the first of the greatest that are not NaN: int32; -1 where all are NaN.

    >>> int(ops.nanargmax([1.0, float("nan"), 3.0]))
    2

    Raises: ValueError where there is nothing to choose from.
    """
    return _located(argmax, max, float("-inf"), x, axis, keepdims)


@operation
def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the first of the least that are not NaN: int32; -1 where all are NaN.

    >>> int(ops.nanargmin([1.0, float("nan"), 3.0]))
    0

    Raises: ValueError where there is nothing to choose from.
    """
    return _located(argmin, min, float("inf"), x, axis, keepdims)


def _wide(x: Any) -> tuple[Any, Any]:
    """In 32 bits at least, and the dtype to go back to."""
    return cast(x, dtypes.result_type(x.dtype, "float32")), x.dtype


def _mean(x: Any, there: Any, axis: Any, keepdims: bool) -> Any:
    return sum(where(there, x, 0), axis, keepdims) / sum(cast(there, x.dtype), axis, keepdims)


@operation
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean over ``axis`` of what is not NaN; NaN where all are. Integers give floatx.

    >>> float(ops.nanmean([1.0, float("nan"), 3.0]))
    2.0
    """
    x = convert_to_tensor(x)
    if not _has_nan(x):
        return mean(x, axis, keepdims)
    x, dtype = _wide(x)
    return cast(_mean(x, logical_not(isnan(x)), axis, keepdims), dtype)


@operation
def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The variance over ``axis`` of what is not NaN; NaN where all are. Integers give floatx.

    >>> float(ops.nanvar([1.0, float("nan"), 3.0]))
    1.0
    """
    x = convert_to_tensor(x)
    if not _has_nan(x):
        return var(x, axis, keepdims)
    x, dtype = _wide(x)
    there = logical_not(isnan(x))
    # As in `var`, what is common to large numbers is taken off first, without a rounding error.
    lowest = float("-inf")
    x = x - stop_gradient(max(where(there, x, lowest), axis, keepdims=True, initial=lowest))
    apart = where(there, x - _mean(x, there, axis, True), 0)
    return cast(_mean(apart * apart, there, axis, keepdims), dtype)


@operation
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The standard deviation over ``axis`` of what is not NaN; NaN where all are.

    >>> float(ops.nanstd([1.0, float("nan"), 3.0]))
    1.0
    """
    return root(nanvar(x, axis, keepdims))
