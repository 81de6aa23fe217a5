"""Solving, inverting and measuring matrices, batched over all axes but the last two."""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING
from kerasette.core.spec import Spec
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.factorizations import singular_values
from kerasette.ops.logic import where
from kerasette.ops.matrices import check_matrix, solution_spec, swap, triangular_solve
from kerasette.ops.reductions import sum_over
from kerasette.ops.shaping import expand_dims, squeeze

__all__ = [
    "cholesky_inverse",
    "det",
    "inv",
    "logdet",
    "lstsq",
    "matrix_rank",
    "pinv",
    "slogdet",
    "solve",
    "solve_triangular",
]


def _inverse(x: Spec) -> Spec:
    check_matrix(x, square=True)
    return x


@primitive(_inverse, FLOATING)
def inv(xp: Any, x: Any) -> Any:
    """The inverse of square matrices: ``(..., n, n) -> (..., n, n)``.

    >>> ops.inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)

    Raises: numpy.linalg.LinAlgError (a ValueError) for a singular matrix.
    """
    return xp.linalg.inv(x)


inv.defvjp(x=lambda g, out: -(swap(out) @ g @ swap(out)))


@primitive(solution_spec, FLOATING, name="solve")
def solve_for(xp: Any, a: Any, b: Any) -> Any:
    """``x`` of ``a @ x = b``: ``(..., n, n), (..., n, k) -> (..., n, k)``."""
    return xp.linalg.solve(a, b)


solve_for.defvjp(
    a=lambda g, a, out: -(solve_for(swap(a), g) @ swap(out)),
    b=lambda g, a: solve_for(swap(a), g),
)


def _with_vectors(op: Any, a: Any, b: Any, **attributes: Any) -> Any:
    """``op`` of matrices ``a`` and ``b``, where ``b`` may hold one vector for each matrix."""
    a, b = convert_to_tensor(a), convert_to_tensor(b)
    if len(b.shape) != len(a.shape) - 1:
        return op(a, b, **attributes)
    return squeeze(op(a, expand_dims(b, -1), **attributes), -1)


@operation
def solve(a: Any, b: Any) -> Any:
    """``x`` of ``a @ x = b``.

    Args:
        a: square matrices ``(..., n, n)``.
        b: vectors ``(..., n)`` or matrices ``(..., n, k)``; the result has their shape.

    >>> ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).numpy()
    array([1. , 0.5], dtype=float32)

    Raises: numpy.linalg.LinAlgError (a ValueError) for a singular matrix.
    """
    return _with_vectors(solve_for, a, b)


@operation
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """``x`` of ``a @ x = b`` for triangular matrices: only one triangle of ``a`` is read.

    Args:
        a: square matrices ``(..., n, n)``.
        b: vectors ``(..., n)`` or matrices ``(..., n, k)``; the result has their shape.
        lower: whether the lower triangle is meant, or the upper one.

    >>> ops.solve_triangular([[2.0, 1.0], [0.0, 1.0]], [3.0, 1.0]).numpy()
    array([1., 1.], dtype=float32)
    """
    return _with_vectors(triangular_solve, a, b, lower=bool(lower))


@operation
def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """The inverse of a matrix whose Cholesky factor is ``x``: ``(..., n, n) -> (..., n, n)``.

    ``upper``: whether ``x`` is the upper triangular factor, or the lower one.

    >>> ops.cholesky_inverse([[2.0, 0.0], [0.0, 1.0]]).numpy()
    array([[0.25, 0.  ],
           [0.  , 1.  ]], dtype=float32)
    """
    x = convert_to_tensor(x)
    unit = convert_to_tensor(np.eye(x.shape[-1]), dtypes.floating(x.dtype))
    inverse = triangular_solve(x, unit, lower=not upper)
    return inverse @ swap(inverse) if upper else swap(inverse) @ inverse


def _scalar(x: Spec) -> Spec:
    check_matrix(x, square=True)
    return Spec(x.shape[:-2], x.dtype)


@primitive(_inverse, FLOATING)
def cofactors(xp: Any, x: Any) -> Any:
    """``det(x)`` times the inverse's transpose, which exists for singular matrices as well."""
    u, s, v = xp.linalg.svd(x)
    count = x.shape[-1]
    others = xp.where(xp.eye(count, dtype=bool), 1, s[..., None, :])
    scale = xp.prod(others, axis=-1) * (xp.linalg.det(u) * xp.linalg.det(v))[..., None]
    return (u * scale[..., None, :]) @ v


def _cofactors_gradient(g: Any, x: Any, out: Any) -> Any:
    # The derivative of det(x) inv(x).T, for an invertible x.
    inverse = swap(inv(x))
    along = _each(g * inverse)
    return along * out - inverse @ swap(g) @ out


cofactors.defvjp(x=_cofactors_gradient)


def _each(matrices: Any) -> Any:
    """The sum of each matrix, over two axes of size 1."""
    rank = len(matrices.shape)
    return sum_over(matrices, axis=(rank - 2, rank - 1), keepdims=True)


def _as_matrix(scalars: Any) -> Any:
    """Scalars over two axes of size 1."""
    return expand_dims(scalars, (-2, -1))


@primitive(_scalar, FLOATING)
def det(xp: Any, x: Any) -> Any:
    """The determinant of square matrices: ``(..., n, n) -> (...)``.

    >>> float(ops.det([[2.0, 0.0], [0.0, 4.0]]))
    8.0
    """
    return xp.linalg.det(x)


det.defvjp(x=lambda g, x: _as_matrix(g) * cofactors(x))


def _sign_and_log(x: Spec) -> tuple[Spec, Spec]:
    scalar = _scalar(x)
    return scalar, scalar


@primitive(_sign_and_log, FLOATING)
def slogdet(xp: Any, x: Any) -> Any:
    """The determinant's sign and the logarithm of its size: ``(..., n, n) -> (...), (...)``.

    >>> sign, logarithm = ops.slogdet([[1.0, 0.0], [0.0, -1.0]])
    >>> float(sign), float(logarithm)
    (-1.0, 0.0)
    """
    sign, logarithm = xp.linalg.slogdet(x)
    return sign, logarithm


slogdet.defvjp_joint(lambda g, inputs: (_as_matrix(g[1]) * swap(inv(inputs[0])),))


@operation
def logdet(x: Any) -> Any:
    """The logarithm of the determinant: ``(..., n, n) -> (...)``; NaN where that is negative.

    >>> float(ops.logdet([[1.0, 0.0], [0.0, 1.0]]))
    0.0
    """
    sign, logarithm = slogdet(x)
    return where(sign < 0, convert_to_tensor(float("nan"), logarithm.dtype), logarithm)


def _pseudo_inverse(x: Spec, *, rcond: float | None) -> Spec:
    check_matrix(x)
    return Spec((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)


@primitive(_pseudo_inverse, FLOATING, name="pinv")
def pinv_of(xp: Any, x: Any, *, rcond: float | None) -> Any:
    """The pseudoinverse; singular values up to ``rcond`` times the largest count as 0."""
    if rcond is None:
        rcond = max(x.shape[-2:]) * float(xp.finfo(x.dtype).eps)
    return xp.linalg.pinv(x, rcond)


def _pinv_gradient(g: Any, x: Any, out: Any) -> Any:
    # Golub and Pereyra, SIAM Journal on Numerical Analysis 10 (1973), for a rank that stays.
    turned = swap(out)
    up = swap(g)
    outside = up @ out @ turned
    inside = turned @ out @ up
    return -(turned @ g @ turned) + outside - x @ (out @ outside) + inside - inside @ out @ x


pinv_of.defvjp(x=_pinv_gradient)


@operation
def pinv(x: Any, rcond: float | None = None) -> Any:
    """The Moore-Penrose pseudoinverse: ``(..., m, n) -> (..., n, m)``.

    Args:
        x: matrices.
        rcond: singular values up to ``rcond`` times the largest one count as 0; by default the
            larger of ``m`` and ``n`` times the dtype's epsilon.

    >>> ops.pinv([[2.0, 0.0], [0.0, 0.0]]).numpy()
    array([[0.5, 0. ],
           [0. , 0. ]], dtype=float32)
    """
    return pinv_of(x, rcond=None if rcond is None else float(rcond))


@operation
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """``x`` that makes ``a @ x - b`` smallest; of several, the smallest.

    Args:
        a: matrices ``(..., m, n)``.
        b: vectors ``(..., m)`` or matrices ``(..., m, k)``.
        rcond: as for ``pinv``.

    Returns: ``(..., n)`` or ``(..., n, k)``.

    >>> ops.lstsq([[1.0], [1.0]], [1.0, 3.0]).numpy().round(4)
    array([2.], dtype=float32)
    """
    return _with_vectors(lambda a, b: pinv(a, rcond) @ b, a, b)


@operation
def matrix_rank(x: Any, tol: float | None = None) -> Any:
    """How many singular values are above ``tol``: ``(..., m, n) -> (...)``, int32.

    ``tol`` is, by default, the largest singular value times the larger of ``m`` and ``n`` times the
    dtype's epsilon.

    >>> int(ops.matrix_rank([[1.0, 1.0], [1.0, 1.0]]))
    1
    """
    x = convert_to_tensor(x)
    values = singular_values(x)
    if tol is None:
        name = "float32" if values.dtype in dtypes.HALF else values.dtype
        epsilon = float(np.finfo(dtypes.numpy_dtype(name)).eps)
        tol = values[..., :1] * (max(x.shape[-2:]) * epsilon)
    above = cast(values > tol, "int32")
    return sum_over(above, axis=(len(above.shape) - 1,), keepdims=False)
