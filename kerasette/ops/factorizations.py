"""Factorizations of matrices, batched over all axes but the last two, with their gradients.

The gradients follow Giles, "An extended collection of matrix derivative results for forward and
reverse mode automatic differentiation" (2008), Townsend, "Differentiating the singular value
decomposition" (2016), and Roberts and Roberts, "QR and LQ decomposition matrix backpropagation
algorithms for square, wide, and deep matrices" (2020).
"""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING
from kerasette.core.spec import Spec
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.joining import concatenate
from kerasette.ops.logic import where
from kerasette.ops.matrices import (
    check_matrix,
    lower_of,
    on_diagonal,
    swap,
    triangular_solve,
    upper_of,
)
from kerasette.ops.shaping import expand_dims

__all__ = ["cholesky", "eig", "eigh", "lu_factor", "qr", "svd"]


def _differences(values: Any) -> Any:
    """``1 / (values[j] - values[i])`` at ``[i, j]``, and 0 where they are equal."""
    gaps = expand_dims(values, -2) - expand_dims(values, -1)
    equal = gaps == 0
    return where(equal, gaps, 1.0 / where(equal, gaps + 1.0, gaps))


def _symmetric(x: Any) -> Any:
    """What gradients take a matrix for that is symmetric but for rounding."""
    return (x + x.swapaxes(-1, -2)) / 2


def _square(x: Spec) -> Spec:
    check_matrix(x, square=True)
    return x


@primitive(_square, FLOATING, name="cholesky")
def cholesky_of(xp: Any, x: Any) -> Any:
    """The lower triangular factor ``L`` of ``x = L @ L.T``: ``(..., n, n) -> (..., n, n)``."""
    return xp.linalg.cholesky(_symmetric(x))


def _cholesky_gradient(g: Any, out: Any) -> Any:
    turned = swap(out)
    inner = lower_of(turned @ lower_of(g), 0.5)
    left = triangular_solve(turned, inner, lower=False)
    found = swap(triangular_solve(turned, swap(left), lower=False))
    return (found + swap(found)) * 0.5


cholesky_of.defvjp(x=_cholesky_gradient)


@operation
def cholesky(x: Any, upper: bool = False) -> Any:
    """The Cholesky factor of symmetric positive definite matrices: ``(..., n, n) -> (..., n, n)``.

    ``L`` of ``x = L @ L.T``, or, with ``upper``, its transpose. A matrix that is not symmetric is
    taken as the mean of itself and its transpose.

    >>> ops.cholesky([[4.0, 2.0], [2.0, 5.0]]).numpy()
    array([[2., 0.],
           [1., 2.]], dtype=float32)

    Raises: numpy.linalg.LinAlgError (a ValueError) where a matrix is not positive definite.
    """
    factor = cholesky_of(x)
    return swap(factor) if upper else factor


def _eigh_spec(x: Spec) -> tuple[Spec, Spec]:
    check_matrix(x, square=True)
    return Spec(x.shape[:-1], x.dtype), x


@primitive(_eigh_spec, FLOATING)
def eigh(xp: Any, x: Any) -> Any:
    """Eigenvalues, in rising order, and eigenvectors (as columns) of symmetric matrices:
    ``(..., n, n) -> (..., n), (..., n, n)``. A matrix that is not symmetric is taken as the mean of
    itself and its transpose.

    >>> ops.eigh([[2.0, 0.0], [0.0, 1.0]])[0].numpy()
    array([1., 2.], dtype=float32)
    """
    values, vectors = xp.linalg.eigh(_symmetric(x))
    return values, vectors


def _eigh_gradient(g: Any, out: Any) -> Any:
    values, vectors = out
    turned = swap(vectors)
    inner = on_diagonal(g[0]) + _differences(values) * (turned @ g[1])
    found = vectors @ inner @ turned
    return ((found + swap(found)) * 0.5,)


eigh.defvjp_joint(_eigh_gradient)


def _complex_of(name: str) -> str:
    return "complex128" if name in ("float64", "complex128") else "complex64"


def _eig_spec(x: Spec) -> tuple[Spec, Spec]:
    check_matrix(x, square=True)
    dtype = dtypes.ALL[_complex_of(x.dtype)]
    return Spec(x.shape[:-1], dtype), Spec(x.shape, dtype)


@primitive(_eig_spec, FLOATING)
def eig(xp: Any, x: Any) -> Any:
    """Eigenvalues, in no order, and eigenvectors (as columns) of square matrices, both complex:
    ``(..., n, n) -> (..., n), (..., n, n)``. They have no gradient.

    >>> ops.eig([[1.0, 0.0], [0.0, 1.0]])[0].dtype
    'complex64'
    """
    values, vectors = xp.linalg.eig(x)
    target = dtypes.numpy_dtype(_complex_of(x.dtype.name))
    return values.astype(target), vectors.astype(target)


eig.nograd()


def _qr_spec(x: Spec, *, complete: bool) -> tuple[Spec, Spec]:
    check_matrix(x)
    *batch, rows, columns = x.shape
    inner = rows if complete else min(rows, columns)
    return Spec((*batch, rows, inner), x.dtype), Spec((*batch, inner, columns), x.dtype)


@primitive(_qr_spec, FLOATING, name="qr")
def qr_of(xp: Any, x: Any, *, complete: bool) -> Any:
    """``x = q @ r``: ``(..., m, n) -> (..., m, k), (..., k, n)``."""
    q, r = xp.linalg.qr(x, mode="complete" if complete else "reduced")
    return q, r


def _tall_qr_gradient(g_q: Any, g_r: Any, q: Any, r: Any) -> Any:
    product = r @ swap(g_r) - swap(g_q) @ q
    inner = g_q + q @ (lower_of(product) + swap(lower_of(product, 0.0)))
    return swap(triangular_solve(r, swap(inner), lower=False))


def _qr_gradient(g: Any, out: Any, inputs: Any, complete: bool) -> Any:
    (x,), (q, r), (g_q, g_r) = inputs, out, g
    rows, columns = x.shape[-2:]
    if rows >= columns:
        if complete and rows > columns:
            raise ValueError(
                'qr: with mode="complete" only matrices with as many columns as rows or more have '
                'a gradient. Use mode="reduced".'
            )
        return (_tall_qr_gradient(g_q, g_r, q, r),)
    # The first columns have a square factor; the others are q @ (the rest of r).
    g_rest = q @ g_r[..., rows:]
    g_first = _tall_qr_gradient(
        g_q + x[..., rows:] @ swap(g_r[..., rows:]), g_r[..., :rows], q, r[..., :rows]
    )
    return (concatenate([g_first, g_rest], axis=-1),)


qr_of.defvjp_joint(_qr_gradient)


@operation
def qr(x: Any, mode: str = "reduced") -> tuple[Any, Any]:
    """``x = q @ r`` with orthonormal columns in ``q`` and an upper triangular ``r``.

    Args:
        x: matrices ``(..., m, n)``.
        mode: "reduced" for ``q (..., m, k)``, ``r (..., k, n)``, ``k`` the smaller of ``m`` and
            ``n``; "complete" for ``q (..., m, m)``, ``r (..., m, n)``.

    >>> q, r = ops.qr([[3.0, 1.0], [4.0, 2.0]])
    >>> abs(float(r[0, 0]))
    5.0

    Raises: ValueError for another mode.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f'`mode` must be "reduced" or "complete". Received: mode={mode!r}.')
    return qr_of(x, complete=mode == "complete")


def _svd_spec(x: Spec, *, full: bool) -> tuple[Spec, Spec, Spec]:
    check_matrix(x)
    *batch, rows, columns = x.shape
    inner = min(rows, columns)
    left, right = (rows, columns) if full else (inner, inner)
    return (
        Spec((*batch, rows, left), x.dtype),
        Spec((*batch, inner), x.dtype),
        Spec((*batch, right, columns), x.dtype),
    )


@primitive(_svd_spec, FLOATING, name="svd")
def svd_of(xp: Any, x: Any, *, full: bool) -> Any:
    """``x = u @ diag(s) @ v``: ``(..., m, n) -> (..., m, k), (..., k), (..., k, n)``."""
    u, s, v = xp.linalg.svd(x, full_matrices=full)
    return u, s, v


def _svd_gradient(g: Any, out: Any) -> Any:
    count = out[1].shape[-1]
    # Columns beyond the singular values, where there are any, are no function of the matrix.
    (u, g_u), s, g_s = (part[0][..., :count] for part in (out, g)), out[1], g[1]
    v, g_v = (swap(part[2][..., :count, :]) for part in (out, g))
    ends = expand_dims(s, -2)
    gaps = _differences(s * s)
    left, right = swap(u) @ g_u, swap(v) @ g_v
    inner = gaps * (left - swap(left)) * ends + swap(ends) * gaps * (right - swap(right))
    found = u @ (inner + on_diagonal(g_s)) @ swap(v)
    zero = ends == 0
    inverse = where(zero, ends, 1.0 / where(zero, ends + 1.0, ends))
    if u.shape[-2] > count:
        found = found + (g_u - u @ left) * inverse @ swap(v)
    if v.shape[-2] > count:
        found = found + u * inverse @ swap(g_v - v @ right)
    return (found,)


svd_of.defvjp_joint(_svd_gradient)


def _singular_values(x: Spec) -> Spec:
    check_matrix(x)
    return Spec((*x.shape[:-2], min(x.shape[-2:])), x.dtype)


@primitive(_singular_values, FLOATING)
def singular_values(xp: Any, x: Any) -> Any:
    """Singular values, in falling order: ``(..., m, n) -> (..., min(m, n))``."""
    return xp.linalg.svd(x, compute_uv=False)


def _singular_values_gradient(g: Any, x: Any) -> Any:
    u, _, v = svd_of(x, full=False)
    return u * expand_dims(g, -2) @ v


singular_values.defvjp(x=_singular_values_gradient)


@operation
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Singular value decomposition, ``x = u @ diag(s) @ v``, ``s`` in falling order.

    Args:
        x: matrices ``(..., m, n)``; let ``k`` be the smaller of ``m`` and ``n``.
        full_matrices: whether ``u`` is ``(..., m, m)`` and ``v`` ``(..., n, n)``, or
            ``(..., m, k)`` and ``(..., k, n)``.
        compute_uv: whether ``(u, s, v)`` is returned, or ``s`` alone.

    Gradients take the columns that ``full_matrices`` adds as constants.

    >>> ops.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False).numpy()
    array([4., 3.], dtype=float32)
    """
    if not compute_uv:
        return singular_values(x)
    return svd_of(x, full=bool(full_matrices))


def _lu_spec(x: Spec) -> tuple[Spec, Spec, Spec]:
    check_matrix(x)
    *batch, rows, columns = x.shape
    return (
        x,
        Spec((*batch, min(rows, columns)), dtypes.ALL["int32"]),
        Spec((*batch, rows, rows), x.dtype),
    )


@primitive(_lu_spec, FLOATING)
def lu_of(xp: Any, x: Any) -> Any:
    """Factors in one matrix, exchanged rows, and the permutation ``p`` of ``x = p @ l @ u``."""
    *batch, rows, columns = x.shape
    lu = xp.array(x).reshape(-1, rows, columns)
    order = xp.tile(xp.eye(rows, dtype=x.dtype), (lu.shape[0], 1, 1))
    each = xp.arange(lu.shape[0])
    pivots = xp.empty((lu.shape[0], min(rows, columns)), xp.int32)
    for step in range(min(rows, columns)):
        chosen = xp.argmax(xp.abs(lu[:, step:, step]), axis=1) + step
        pivots[:, step] = chosen
        for matrix in (lu, order):
            row = matrix[each, chosen]
            matrix[each, chosen] = matrix[:, step]
            matrix[:, step] = row
        pivot = lu[:, step, step]
        factors = lu[:, step + 1 :, step] / xp.where(pivot == 0, 1, pivot)[:, None]
        lu[:, step + 1 :, step] = factors
        lu[:, step + 1 :, step + 1 :] -= factors[:, :, None] * lu[:, step, None, step + 1 :]
    return (
        lu.reshape(x.shape),
        pivots.reshape(*batch, -1),
        xp.swapaxes(order, 1, 2).reshape(*batch, rows, rows),
    )


def _completed(x: Any, axis: int, size: int) -> Any:
    """A factor filled up to a square matrix, with ones on the diagonal of what is new."""
    missing = size - int(x.shape[axis])
    if not missing:
        return x
    ends = [0.0] * (size - missing) + [1.0] * missing
    shape = [*x.shape[:-2], size, size]
    shape[axis] = missing
    fill = np.take(np.diag(ends), range(size - missing, size), axis)
    return concatenate([x, convert_to_tensor(np.broadcast_to(fill, shape), x.dtype)], axis=axis)


def _lu_gradient(g: Any, out: Any) -> Any:
    lu, _, permutation = out
    rows, columns = (int(size) for size in lu.shape[-2:])
    count = min(rows, columns)
    left = lower_of(lu[..., :count], 0.0) + convert_to_tensor(np.eye(rows, count), lu.dtype)
    left = _completed(left, -1, rows)
    right = _completed(upper_of(lu[..., :count, :]), -2, columns)
    inner = lower_of(swap(left) @ g[0], 0.0) + upper_of(g[0] @ swap(right))
    inner = triangular_solve(swap(left), inner, lower=False)
    return (permutation @ swap(triangular_solve(right, swap(inner), lower=False)),)


lu_of.defvjp_joint(_lu_gradient)


@operation
def lu_factor(x: Any) -> tuple[Any, Any]:
    """LU factors with exchange of rows: ``(..., m, n) -> (..., m, n), (..., k)``.

    The first result holds ``u`` in its upper triangle and ``l`` below (its diagonal of ones is left
    out). The second says which row, counted from 0, each row was exchanged with, in turn.

    >>> lu, pivots = ops.lu_factor([[1.0, 2.0], [4.0, 4.0]])
    >>> lu.tolist(), pivots.tolist()
    ([[4.0, 4.0], [0.25, 1.0]], [1, 1])
    """
    lu, pivots, _ = lu_of(x)
    return lu, pivots
