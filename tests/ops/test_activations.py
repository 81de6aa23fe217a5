"""Activations: against their definitions, far from 0, at 0, and their gradients."""

import numpy as np
import pytest
import scipy.special

import kerasette
from kerasette import KerasTensor, ops
from tests.ops.gradients import check, gradients
from tests.ops.samples import distinct, normal

FAR = np.array([-1e4, -100.0, -20.0, -3.1, -0.2, 0.3, 3.2, 20.0, 100.0, 1e4])


def clipped(x):
    return np.clip(x / 6 + 0.5, 0, 1)


def _sparsemax(x):
    """The projection onto the simplex, by bisection of what is taken from each score."""
    low, high = x.max() - 1, x.max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(x - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(x - high, 0)


DEFINITIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "celu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: (
        1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
    ),
    "sigmoid": scipy.special.expit,
    "log_sigmoid": scipy.special.log_expit,
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x * scipy.special.expit(x),
    "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "hard_sigmoid": clipped,
    "hard_silu": lambda x: x * clipped(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "sparse_plus": lambda x: np.where(x >= 1, x, np.where(x <= -1, 0, (x + 1) ** 2 / 4)),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
}
each = pytest.mark.parametrize("name", DEFINITIONS)


@each
def test_definition(name):
    op, definition = getattr(ops, name), DEFINITIONS[name]
    x = distinct(5, 7) + 0.013  # no value at a kink
    np.testing.assert_allclose(op(x), definition(x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(op(FAR), definition(FAR), rtol=1e-9, atol=1e-9)
    check(op, x)


@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_from_zero(name, dtype):
    """Nothing overflows: values and slopes of both orders are finite as far as 1e4."""
    op = getattr(ops, name)
    x = kerasette.constant(FAR.astype(dtype))
    assert np.isfinite(op(x)).all()
    slope = lambda x: gradients(op, x)[0]  # noqa: E731
    assert np.isfinite(slope(x)).all()
    assert np.isfinite(gradients(slope, x)[0]).all()


@each
def test_not_a_number_stays(name):
    assert np.isnan(getattr(ops, name)(ops.full((3,), np.nan))).all()


@each
def test_shapes_and_dtypes(name):
    op = getattr(ops, name)
    for dtype in ("bfloat16", "float16", "float32", "float64"):
        assert op(ops.ones((2, 3), dtype)).dtype == dtype
        found = op(KerasTensor((None, 3), dtype))
        assert found.shape == (None, 3)
        assert found.dtype == dtype
    kept = name in ("relu", "relu6", "hard_tanh")
    assert op(ops.ones((2,), "int32")).dtype == ("int32" if kept else "float32")


@pytest.mark.parametrize(
    ("call", "definition"),
    [
        (lambda x: ops.leaky_relu(x, 0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
        (lambda x: ops.elu(x, 0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
        (lambda x: ops.celu(x, 0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x / 0.5))),
        (lambda x: ops.gelu(x, False), lambda x: x * scipy.special.ndtr(x)),
        (lambda x: ops.hard_shrink(x, 1.0), lambda x: np.where(np.abs(x) > 1, x, 0)),
        (lambda x: ops.soft_shrink(x, 1.0), lambda x: x - np.clip(x, -1, 1)),
        (lambda x: ops.threshold(x, 0.4, -7.0), lambda x: np.where(x > 0.4, x, -7)),
        (lambda x: ops.squareplus(x, 1), lambda x: (x + np.sqrt(x**2 + 1)) / 2),
        (lambda x: ops.glu(x), lambda x: x[:, :3] * scipy.special.expit(x[:, 3:])),
        (lambda x: ops.glu(x, axis=0), lambda x: x[:2] * scipy.special.expit(x[2:])),
    ],
)
def test_options(call, definition):
    x = distinct(4, 6) * 0.3 + 0.013
    np.testing.assert_allclose(call(x), definition(x), rtol=1e-12, atol=1e-12)
    check(call, x)


@pytest.mark.parametrize(
    ("name", "slope"), [("relu", 0), ("elu", 1), ("celu", 1), ("leaky_relu", 0.2), ("silu", 0.5)]
)
def test_slope_at_zero(name, slope):
    x = kerasette.constant(np.zeros(1))
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        y = getattr(ops, name)(x)
    assert float(tape.gradient(y, x)[0]) == slope


def test_other_names_are_the_same():
    assert ops.swish is ops.silu
    assert ops.hard_swish is ops.hard_silu
    assert ops.nn.relu is ops.relu


# --- weights that add up to 1 ---------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0, 1, (1, 2), (0, 2), None])
def test_softmax(axis):
    x = normal(2, 3, 4)
    np.testing.assert_allclose(ops.softmax(x, axis), scipy.special.softmax(x, axis), rtol=1e-12)
    np.testing.assert_allclose(
        ops.log_softmax(x, axis), scipy.special.log_softmax(x, axis), rtol=1e-12
    )
    check(lambda x: ops.softmax(x, axis), x)
    check(lambda x: ops.log_softmax(x, axis), x)


def test_softmax_of_what_is_masked():
    x = np.array([[0.0, -np.inf, 0.0], [-np.inf, -np.inf, -np.inf]])
    np.testing.assert_array_equal(ops.softmax(x), [[0.5, 0, 0.5], [np.nan] * 3])
    found = ops.log_softmax(x)
    np.testing.assert_allclose(found[0], [-np.log(2), -np.inf, -np.log(2)])
    assert np.isnan(found[1]).all()
    slope = gradients(ops.softmax, kerasette.constant(x[:1]))[0]
    assert np.isfinite(slope).all()
    assert float(slope[0, 1]) == 0


def test_softmax_far_from_zero():
    for x in (FAR, FAR + 1e30, -FAR[::-1]):
        x = x.astype("float32")
        assert float(ops.sum(ops.softmax(x))) == pytest.approx(1)
        assert np.isfinite(ops.log_softmax(FAR)).all()
    assert ops.softmax(np.zeros((0, 3))).shape == (0, 3)


def test_softmax_over_one_place_warns():
    with pytest.warns(UserWarning, match="which has size 1"):
        ops.softmax(ops.ones((3, 1)))


@pytest.mark.parametrize("axis", [-1, 0])
def test_sparsemax_is_the_nearest_point_of_the_simplex(axis):
    x = normal(6, 5) * 0.7
    found = np.asarray(ops.sparsemax(x, axis))
    expected = np.apply_along_axis(_sparsemax, axis, x)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert (found == 0).any()
    check(lambda x: ops.sparsemax(x, axis), x)
    np.testing.assert_array_equal(ops.sparsemax([[1.0, 1.0]]), [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ops.glu(ops.ones((2, 3))), ValueError, "must be even"),
        (lambda: ops.relu(ops.ones(2, "bool")), ValueError, "real numbers"),
        (lambda: ops.relu(ops.ones(2, "complex64")), ValueError, "real numbers"),
        (lambda: ops.softmax(ops.ones((2, 3)), axis=2), ValueError, "axis=2"),
        (lambda: ops.sparsemax(ops.ones((2, 3)), axis=-3), ValueError, "axis=-3"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()
