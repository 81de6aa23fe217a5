"""Norms of vectors and matrices."""

import math
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.rules import canonical_axes
from kerasette.ops import extremes, reductions
from kerasette.ops.arithmetic import absolute, power, sqrt, square
from kerasette.ops.comparison import equal, not_equal
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.factorizations import singular_values
from kerasette.ops.logic import where
from kerasette.ops.shaping import reshape, transpose

__all__ = ["norm"]


def root(squares: Any) -> Any:
    """The square root, whose gradient is 0 at 0: that of a norm."""
    zero = equal(squares, 0)
    return where(zero, squares, sqrt(where(zero, squares + 1, squares)))


def _unknown(ord: Any, what: str) -> ValueError:
    return ValueError(f"A norm of {what} has no such order. Received: ord={ord!r}.")


def _of_vectors(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord is None or ord == 2:
        return root(reductions.sum(square(absolute(x)), axis=axes, keepdims=keepdims))
    if isinstance(ord, str):
        raise _unknown(ord, "vectors")
    sizes = absolute(x)
    if ord == math.inf:
        return extremes.max(sizes, axis=axes, keepdims=keepdims)
    if ord == -math.inf:
        return extremes.min(sizes, axis=axes, keepdims=keepdims)
    if ord == 0:
        sizes = cast(not_equal(x, 0), sizes.dtype)
    if ord in (0, 1):
        return reductions.sum(sizes, axis=axes, keepdims=keepdims)
    total = reductions.sum(power(sizes, float(ord)), axis=axes, keepdims=keepdims)
    nothing = equal(total, 0)  # at 0 the power has no slope, but the norm's is taken as 0
    found = power(where(nothing, 1, total), 1.0 / float(ord))
    return where(nothing, 0 if ord > 0 else math.inf, found)


def _of_matrices(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    if ord in (None, "fro"):
        return _of_vectors(x, None, axes, keepdims)
    rank = len(x.shape)
    row, column = (axis % rank for axis in axes)
    if ord in (1, -1, math.inf, -math.inf):
        along, across = (row, column) if abs(ord) == 1 else (column, row)
        sums = reductions.sum(absolute(x), axis=along, keepdims=True)
        extreme = extremes.max if ord > 0 else extremes.min
        found = extreme(sums, axis=across, keepdims=True)
    elif ord in (2, -2, "nuc"):
        others = [axis for axis in range(rank) if axis not in (row, column)]
        values = singular_values(transpose(x, (*others, row, column)))
        reduce = {2: extremes.max, -2: extremes.min, "nuc": reductions.sum}[ord]
        found = reduce(values, axis=-1)
    else:
        raise _unknown(ord, "matrices")
    kept = tuple(1 if axis in (row, column) else size for axis, size in enumerate(x.shape))
    left = tuple(size for axis, size in enumerate(x.shape) if axis not in (row, column))
    return reshape(found, kept if keepdims else left)


@operation
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors or matrices.

    Args:
        x: the values; integers are taken as floatx.
        ord: for vectors: a number ``p`` for ``sum(|x| ** p) ** (1 / p)``, 2 by default, infinity
            for the greatest size, minus infinity for the least, 0 for how many are not 0. For
            matrices: "fro" (by default) for the root of the sum of squares, "nuc" for the sum of
            the singular values, 2 and -2 for the greatest and least of them, 1 and -1 for the
            greatest and least sum of a column's sizes, plus and minus infinity for those of a row.
        axis: the axis of the vectors, or the two axes of the matrices; by default all axes of a
            vector or matrix, and, without ``ord``, of any value, taken as one vector.
        keepdims: whether the axes stay, with size 1.

    >>> float(ops.norm([3.0, 4.0]))
    5.0

    Raises: ValueError for an order that there is not, or axes of neither vectors nor matrices.
    """
    x = convert_to_tensor(x)
    x = cast(x, dtypes.floating(x.dtype))
    rank = len(x.shape)
    if axis is None and (ord is None or rank == 1):
        return _of_vectors(x, ord, tuple(range(rank)), keepdims)
    axes = tuple(range(rank)) if axis is None else axis
    axes = tuple(axes) if isinstance(axes, (tuple, list)) else (axes,)
    canonical_axes(axes, rank)  # refuses axes that there are not, or twice the same
    if len(axes) == 1:
        return _of_vectors(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _of_matrices(x, ord, axes, keepdims)
    raise ValueError(
        f"A norm is taken over one axis or two. Received: axis={axis}, a value of rank {rank}."
    )
