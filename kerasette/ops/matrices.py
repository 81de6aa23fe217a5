"""What the operations on matrices share: transposes, triangles, and the triangular solution."""

from typing import Any

import numpy as np

from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING, broadcast_shapes
from kerasette.core.spec import Spec
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.shaping import expand_dims, transpose_axes

__all__: list[str] = []


def check_matrix(x: Spec, square: bool = False) -> None:
    """Refuse what is no (square) matrix, or batch of them."""
    if len(x.shape) < 2:
        raise ValueError(f"a matrix has at least two axes. Received: a value of shape {x.shape}.")
    if square and x.shape[-1] != x.shape[-2]:
        raise ValueError(f"the matrix must be square. Received: a value of shape {x.shape}.")


def swap(x: Any) -> Any:
    """Rows and columns exchanged: ``(..., m, n) -> (..., n, m)``."""
    rank = len(x.shape)
    return transpose_axes(x, axes=(*range(rank - 2), rank - 1, rank - 2))


def masked(x: Any, values: np.ndarray) -> Any:
    return x * convert_to_tensor(values, x.dtype)


def lower_of(x: Any, diagonal: float = 1.0) -> Any:
    """The lower triangle of matrices, their diagonal multiplied by ``diagonal``."""
    rows, columns = x.shape[-2:]
    return masked(x, np.tri(rows, columns, -1) + diagonal * np.eye(rows, columns))


def upper_of(x: Any) -> Any:
    """The upper triangle of matrices, with their diagonal."""
    rows, columns = x.shape[-2:]
    return masked(x, 1.0 - np.tri(rows, columns, -1))


def on_diagonal(values: Any) -> Any:
    """Square matrices with the given diagonals."""
    return masked(expand_dims(values, -1), np.eye(values.shape[-1]))


def solution_spec(a: Spec, b: Spec, **attributes: Any) -> Spec:
    check_matrix(a, square=True)
    check_matrix(b)
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"`b` must have as many rows as `a`. Received: a of shape {a.shape}, b of {b.shape}."
        )
    return Spec((*broadcast_shapes(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]), b.dtype)


@primitive(solution_spec, FLOATING, name="solve_triangular")
def triangular_solve(xp: Any, a: Any, b: Any, *, lower: bool) -> Any:
    """``x`` of ``a @ x = b`` for a triangle of ``a``:
    ``(..., n, n), (..., n, k) -> (..., n, k)``.
    """
    return xp.linalg.solve(xp.tril(a) if lower else xp.triu(a), b)


def _triangle_gradient(g: Any, a: Any, out: Any, lower: bool) -> Any:
    whole = -(triangular_solve(swap(a), g, lower=not lower) @ swap(out))
    return lower_of(whole) if lower else upper_of(whole)


triangular_solve.defvjp(
    a=_triangle_gradient,
    b=lambda g, a, lower: triangular_solve(swap(a), g, lower=not lower),
)
