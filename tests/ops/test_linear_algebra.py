"""Linear algebra as it is called: vectors beside matrices, defaults, norms, what is refused."""

import math

import numpy as np
import pytest
import scipy.linalg
from scipy.spatial.distance import cdist

import kerasette
from kerasette import ops

R = np.random.RandomState(0)
A = R.standard_normal((2, 4, 4)) + 3 * np.eye(4)
TALL, WIDE = R.standard_normal((2, 5, 3)), R.standard_normal((2, 3, 5))
DEFINITE = A @ np.swapaxes(A, -1, -2)


def close(found, expected, tolerance=1e-9):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=tolerance, atol=tolerance)


def test_namespace_holds_the_same_functions():
    for name in ops.linalg.__all__:
        assert getattr(ops.linalg, name) is getattr(ops, name)


@pytest.mark.parametrize("lower", [True, False])
def test_solutions_for_vectors_and_matrices(lower):
    vectors, matrices = R.standard_normal((2, 4)), R.standard_normal((2, 4, 3))
    triangle = np.tril(A) if lower else np.triu(A)
    for found, left in (
        (ops.solve, A),
        (lambda a, b: ops.solve_triangular(a, b, lower=lower), triangle),
    ):
        close(left @ np.asarray(found(A, matrices)), matrices)
        close((left @ np.asarray(found(A, vectors))[..., None])[..., 0], vectors)


def test_triangular_solution_reads_one_triangle():
    spoiled = np.tril(A[0]) + np.triu(np.full((4, 4), np.nan), 1)
    b = R.standard_normal(4)
    expected = scipy.linalg.solve_triangular(np.tril(A[0]), b, lower=True)
    close(ops.solve_triangular(spoiled, b, lower=True), expected)


@pytest.mark.parametrize("a", [TALL, WIDE, A])
def test_least_squares(a):
    b = R.standard_normal((*a.shape[:2], 2))
    expected = [np.linalg.lstsq(m, n, rcond=None)[0] for m, n in zip(a, b, strict=True)]
    close(ops.lstsq(a, b), expected)
    close(ops.lstsq(a[0], b[0, :, 0]), expected[0][:, 0])


def test_least_squares_of_dependent_columns_is_the_smallest():
    a = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    close(ops.lstsq(a, np.array([1.0, 2.0, 3.0])), [1.0, 1.0])
    a[0, 0] += 1e-4
    close(ops.lstsq(a, np.array([1.0, 2.0, 3.0]), rcond=1e-3), [1.0, 1.0], 1e-3)


def test_pseudoinverse_cuts_small_singular_values():
    x = np.diag([2.0, 1e-3])
    close(ops.pinv(x), np.diag([0.5, 1e3]))
    close(ops.pinv(x, rcond=1e-2), np.diag([0.5, 0.0]))


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_and_its_inverse(upper):
    factor = ops.cholesky(DEFINITE, upper=upper)
    close(ops.matmul(ops.swapaxes(factor, 1, 2), factor) if upper else
          ops.matmul(factor, ops.swapaxes(factor, 1, 2)), DEFINITE)  # fmt: skip
    close(ops.cholesky_inverse(factor, upper=upper), np.linalg.inv(DEFINITE))


def test_cholesky_refuses_what_is_not_definite():
    with pytest.raises(ValueError):
        ops.cholesky(-np.eye(2))


@pytest.mark.parametrize(("matrix", "tol", "rank"), [
    (np.ones((2, 3, 3)), None, [1, 1]),
    (np.eye(3), None, 3),
    (np.diag([1.0, 1e-3, 1e-9]), None, 3),
    (np.diag([1.0, 1e-3, 1e-9]), 1e-2, 1),
    (np.zeros((2, 3)), None, 0),
    (np.diag([1.0, 1e-9]).astype("float32"), None, 1),
])  # fmt: skip
def test_rank(matrix, tol, rank):
    found = ops.matrix_rank(matrix, tol=tol)
    assert found.dtype == "int32" and found.tolist() == rank


def test_logarithm_of_determinants():
    close(ops.logdet(DEFINITE), np.linalg.slogdet(DEFINITE)[1])
    assert np.isnan(float(ops.logdet(np.diag([1.0, -1.0]))))
    assert float(ops.logdet(np.zeros((2, 2)))) == -math.inf


def test_determinant_of_singular_matrix_has_a_gradient():
    x = kerasette.constant([[1.0, 2.0], [2.0, 4.0]], "float64")
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        y = ops.det(x)
    close(tape.gradient(y, x), [[4.0, -2.0], [-2.0, 1.0]])


def test_factors_rebuild():
    for x in (TALL, WIDE, A):
        for mode in ("reduced", "complete"):
            q, r = (part.numpy() for part in ops.qr(x, mode=mode))
            close(q @ r, x)
        u, s, v = (part.numpy() for part in ops.svd(x, full_matrices=False))
        close(u * s[:, None, :] @ v, x)
        close(ops.svd(x, compute_uv=False), s)
        lu, pivots = (part.numpy() for part in ops.lu_factor(x))
        for matrix, factors, exchanged in zip(x, lu, pivots, strict=True):
            expected, places = scipy.linalg.lu_factor(matrix)
            close(factors, expected)
            assert exchanged.tolist() == places.tolist()
    values, vectors = (part.numpy() for part in ops.eig(A))
    assert np.iscomplexobj(values)
    close(A @ vectors, vectors * values[:, None, :])


def test_full_svd_has_gradients_of_its_values():
    x = kerasette.constant(TALL)
    gradients = []
    for full in (True, False):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(ops.square(ops.svd(x, full_matrices=full)[1]))
        gradients.append(tape.gradient(y, x).numpy())
    close(gradients[0], 2 * TALL)  # the squares of all singular values add up to those of x
    close(gradients[1], 2 * TALL)


def test_equal_singular_values_leave_gradients_finite():
    for function in (
        lambda x: ops.sum(ops.svd(x)[1]),
        lambda x: ops.sum(ops.eigh(x)[0]),
    ):
        x = kerasette.constant(np.eye(3))
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        close(tape.gradient(y, x), np.eye(3))


VECTOR_ORDERS = [None, 0, 1, 2, 3, -1, 0.5, math.inf, -math.inf]


@pytest.mark.parametrize("order", VECTOR_ORDERS)
def test_norms_of_vectors(order):
    x = TALL[0]
    close(ops.norm(x[:, 0], ord=order), np.linalg.norm(x[:, 0], ord=order))
    for axis in (0, -1):
        for keepdims in (False, True):
            expected = np.linalg.norm(x, ord=order, axis=axis, keepdims=keepdims)
            close(ops.norm(x, ord=order, axis=axis, keepdims=keepdims), expected)


@pytest.mark.parametrize("order", [None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf])
def test_norms_of_matrices(order):
    close(ops.norm(TALL[0], ord=order), np.linalg.norm(TALL[0], ord=order))
    x = R.standard_normal((3, 2, 4))
    for axis in ((0, 2), (2, 0), (-1, 1)):
        for keepdims in (False, True):
            expected = np.linalg.norm(x, ord=order, axis=axis, keepdims=keepdims)
            close(ops.norm(x, ord=order, axis=axis, keepdims=keepdims), expected)


def test_norm_of_everything():
    close(ops.norm(TALL), np.linalg.norm(TALL))
    assert ops.norm(TALL, keepdims=True).shape == (1, 1, 1)
    assert ops.norm(np.array([3, 4])).dtype == "float32"
    assert float(ops.norm(np.array([3, 4]))) == 5.0
    assert np.isnan(float(ops.norm([math.nan, 1.0])))


def test_norm_of_zero_has_gradient_zero():
    for order in (None, 2, "fro"):
        x = kerasette.constant(np.zeros((2, 2)))
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            y = ops.norm(x, ord=order, axis=(0, 1) if order == "fro" else 0)
        close(tape.gradient(y, x), np.zeros((2, 2)))


def test_distances_of_many():
    x, y = R.standard_normal((700, 4)), R.standard_normal((900, 4))  # several blocks
    close(ops.cdist(x, y), cdist(x, y))
    with kerasette.GradientTape() as tape:
        x = kerasette.constant(np.eye(3))
        tape.watch(x)
        total = ops.sum(ops.cdist(x, x))
    close(tape.gradient(total, x).numpy().sum(0), np.zeros(3))


def test_shapes_are_inferred():
    x = kerasette.KerasTensor((None, 5, 3))
    assert ops.pinv(x).shape == (None, 3, 5)
    assert ops.norm(x, axis=-1).shape == (None, 5)
    assert ops.norm(x, ord="nuc", axis=(1, 2)).shape == (None,)
    assert ops.lstsq(x, kerasette.KerasTensor((None, 5))).shape == (None, 3)
    assert ops.matrix_rank(x).shape == (None,)
    assert [part.shape for part in ops.qr(x)] == [(None, 5, 3), (None, 3, 3)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.inv(np.ones((2, 3))), "inv: the matrix must be square"),
        (lambda: ops.det(np.ones(3)), "det: a matrix has at least two axes"),
        (lambda: ops.solve(np.eye(3), np.ones((2, 1))), "as many rows"),
        (lambda: ops.qr(np.eye(2), mode="full"), "mode='full'"),
        (lambda: ops.norm(np.ones(3), ord="fro"), "ord='fro'"),
        (lambda: ops.norm(np.ones((3, 3)), ord=3), "ord=3"),
        (lambda: ops.norm(np.ones((3, 3, 3)), ord=2), "axis=None"),
        (lambda: ops.norm(np.ones((3, 3)), axis=(0, 0)), "twice"),
        (lambda: ops.cdist(np.ones((3, 3)), np.ones((3, 2))), "vectors of one length"),
    ],
)
def test_bad_arguments_are_named(call, words):
    with pytest.raises(ValueError) as caught:
        call()
    assert words in str(caught.value)
