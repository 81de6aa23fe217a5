"""Diagonals and triangles of matrices.

A diagonal of a matrix of n columns is every (n + 1)-th of its elements in row-major order: a slice.
"""

from typing import Any

from kerasette.core.history import operation
from kerasette.core.rules import canonical_axis
from kerasette.ops.arithmetic import power
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.creation import arange, tri
from kerasette.ops.logic import where
from kerasette.ops.reductions import sum
from kerasette.ops.shaping import expand_dims, ravel, reshape, transpose
from kerasette.ops.slicing import part_along, unslice

__all__ = ["diag", "diagflat", "diagonal", "trace", "tril", "triu", "vander"]


@operation
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonals of matrices, along a new last axis; the two axes of the matrices are gone.

    Args:
        x: a tensor of rank 2 or more.
        offset: which diagonal: above the main one for numbers above 0, else below.
        axis1, axis2: the rows and the columns of the matrices.

    >>> ops.diagonal([[1, 2], [3, 4]]).numpy()
    array([1, 4], dtype=int32)

    Raises: ValueError for a rank below 2, or twice the same axis.
    """
    x = convert_to_tensor(x)
    rank = len(x.shape)
    if rank < 2:
        raise ValueError(f"`x` must have rank 2 or more. Received: shape={tuple(x.shape)}.")
    first, second = canonical_axis(axis1, rank, "axis1"), canonical_axis(axis2, rank, "axis2")
    if first == second:
        raise ValueError(f"`axis1` and `axis2` must differ. Received: {axis1} and {axis2}.")
    others = [axis for axis in range(rank) if axis not in (first, second)]
    x = transpose(x, (*others, first, second))
    *lead, rows, columns = (int(size) for size in x.shape)
    start, size = _diagonal(rows, columns, int(offset))
    flat = reshape(x, (*lead, rows * columns))
    return part_along(flat, rank - 2, start, size, columns + 1)


def _diagonal(rows: int, columns: int, offset: int) -> tuple[int, int]:
    """Where a diagonal begins in row-major order, and how long it is."""
    if offset >= 0:
        return offset, max(min(rows, columns - offset), 0)
    return -offset * columns, max(min(rows + offset, columns), 0)


@operation
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sums over the diagonals of matrices.

    Args:
        x: a tensor of rank 2 or more.
        offset: which diagonal: above the main one for numbers above 0, else below.
        axis1, axis2: the rows and the columns of the matrices.

    >>> int(ops.trace([[1, 2], [3, 4]]))
    5

    Raises: ValueError for a rank below 2, or twice the same axis.
    """
    return sum(diagonal(x, offset, axis1, axis2), axis=-1)


@operation
def diag(x: Any, k: int = 0) -> Any:
    """The matrix with a diagonal, ``(n,) -> (n + |k|, n + |k|)``; or a matrix's diagonal.

    Args:
        x: a tensor of rank 1 or 2.
        k: which diagonal: above the main one for numbers above 0, else below.

    >>> ops.diag([1, 2]).numpy()
    array([[1, 0],
           [0, 2]], dtype=int32)

    Raises: ValueError for another rank.
    """
    x = convert_to_tensor(x)
    if len(x.shape) == 2:
        return diagonal(x, k)
    if len(x.shape) != 1:
        raise ValueError(f"`x` must have rank 1 or 2. Received: shape={tuple(x.shape)}.")
    return diagflat(x, k)


@operation
def diagflat(x: Any, k: int = 0) -> Any:
    """The matrix that has all elements of ``x`` as a diagonal.

    Args:
        x: a tensor, taken flat.
        k: which diagonal: above the main one for numbers above 0, else below.

    >>> ops.diagflat([1, 2], k=1).shape
    (3, 3)
    """
    x = ravel(x)
    count = int(x.shape[0])
    size = count + abs(int(k))
    start, _ = _diagonal(size, size, int(k))
    flat = unslice(x, shape=(size * size,), parts=((start, count, size + 1),))
    return reshape(flat, (size, size))


@operation
def tril(x: Any, k: int = 0) -> Any:
    """Matrices without what is above a diagonal: zeros are there: ``(..., m, n) -> (..., m, n)``.

    Args:
        x: a tensor of rank 2 or more.
        k: which diagonal: above the main one for numbers above 0, else below.

    >>> ops.tril([[1, 2], [3, 4]]).numpy()
    array([[1, 0],
           [3, 4]], dtype=int32)

    Raises: ValueError for a rank below 2.
    """
    x = convert_to_tensor(x)
    return where(_below(x, int(k)), x, convert_to_tensor(0, x.dtype))


@operation
def triu(x: Any, k: int = 0) -> Any:
    """Matrices without what is below a diagonal: zeros are there: ``(..., m, n) -> (..., m, n)``.

    Args:
        x: a tensor of rank 2 or more.
        k: which diagonal: above the main one for numbers above 0, else below.

    >>> ops.triu([[1, 2], [3, 4]]).numpy()
    array([[1, 2],
           [0, 4]], dtype=int32)

    Raises: ValueError for a rank below 2.
    """
    x = convert_to_tensor(x)
    return where(_below(x, int(k) - 1), convert_to_tensor(0, x.dtype), x)


def _below(x: Any, k: int) -> Any:
    if len(x.shape) < 2:
        raise ValueError(f"`x` must have rank 2 or more. Received: shape={tuple(x.shape)}.")
    return tri(int(x.shape[-2]), int(x.shape[-1]), k, "bool")


@operation
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The Vandermonde matrix: the powers of each element: ``(n,) -> (n, N)``.

    Args:
        x: a tensor of rank 1.
        N: how many powers; n by default.
        increasing: whether they go up from 0 from left to right, not down to 0.

    >>> ops.vander([2, 3]).numpy()
    array([[2, 1],
           [3, 1]], dtype=int32)

    Raises: ValueError for another rank, or N below 0.
    """
    x = convert_to_tensor(x)
    if len(x.shape) != 1:
        raise ValueError(f"`x` must have rank 1. Received: shape={tuple(x.shape)}.")
    count = int(x.shape[0]) if N is None else int(N)
    if count < 0:
        raise ValueError(f"`N` must be at least 0. Received: N={N}.")
    powers = arange(count, dtype="int32")
    return power(expand_dims(x, 1), powers if increasing else count - 1 - powers)
