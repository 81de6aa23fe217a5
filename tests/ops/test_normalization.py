"""Normalisation: against its definitions; large numbers; 16 bits; zero vectors."""

import numpy as np
import pytest

import kerasette
from kerasette import KerasTensor, ops
from tests.ops.gradients import check, gradients
from tests.ops.samples import between, normal, whole

X = normal(2, 3, 4, 5)
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def _kept(axis, rank=4):
    axes = {a % rank for a in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple(size if index in axes else 1 for index, size in enumerate(X.shape))


def _weights(axis, seed):
    shape = tuple(size for size, kept in zip(X.shape, _kept(axis), strict=True) if kept > 1)
    return between(0.5, 2, *shape, seed=seed)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), (-1, -2), [3], (0, 1, 2, 3)])
def test_layer_normalization(axis):
    axes = tuple(axis) if isinstance(axis, list) else axis
    gamma, beta = _weights(axes, 0), _weights(axes, 1)
    mean, variance = X.mean(axes, keepdims=True), X.var(axes, keepdims=True)
    plain = (X - mean) / np.sqrt(variance + 0.01)
    np.testing.assert_allclose(ops.layer_normalization(X, axis=axis, epsilon=0.01), plain, **CLOSE)
    expected = plain * gamma.reshape(_kept(axes)) + beta.reshape(_kept(axes))
    found = ops.layer_normalization(X, gamma, beta, axis, 0.01)
    np.testing.assert_allclose(found, expected, **CLOSE)
    check(lambda x, g, b: ops.layer_normalization(x, g, b, axis, 0.01), X, gamma, beta)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), (0, 1, 2, 3)])
def test_rms_normalization(axis):
    scale = _weights(axis, 0)
    plain = X / np.sqrt(np.mean(X**2, axis, keepdims=True) + 0.01)
    np.testing.assert_allclose(ops.rms_normalization(X, axis=axis, epsilon=0.01), plain, **CLOSE)
    found = ops.rms_normalization(X, scale, axis, 0.01)
    np.testing.assert_allclose(found, plain * scale.reshape(_kept(axis)), **CLOSE)
    check(lambda x, s: ops.rms_normalization(x, s, axis, 0.01), X, scale)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_batch_normalization(axis):
    size = X.shape[axis]
    mean, offset, scale = (normal(size, seed=seed) for seed in range(3))
    variance = between(0.5, 2, size)

    def spread(values):
        return values.reshape(_kept(axis))

    plain = (X - spread(mean)) / np.sqrt(spread(variance) + 0.01)
    found = ops.batch_normalization(X, mean, variance, axis, epsilon=0.01)
    np.testing.assert_allclose(found, plain, **CLOSE)
    found = ops.batch_normalization(X, mean, variance, axis, offset, scale, 0.01)
    np.testing.assert_allclose(found, plain * spread(scale) + spread(offset), **CLOSE)
    check(
        lambda x, m, v, o, s: ops.batch_normalization(x, m, v, axis, o, s, 0.01),
        X, mean, variance, offset, scale,
    )  # fmt: skip


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_normalize(order, axis):
    expected = X / np.sum(np.abs(X) ** order, axis, keepdims=True) ** (1 / order)
    np.testing.assert_allclose(ops.normalize(X, axis, order), expected, **CLOSE)
    check(lambda x: ops.normalize(x, axis, order), X)


def test_normalize_of_zero_vectors():
    """They stay, and have a slope."""
    for dtype in ("float16", "float32", "float64"):
        x = ops.zeros((1, 3), dtype)
        assert not np.any(ops.normalize(x))
    slope = gradients(lambda x: ops.normalize(x, epsilon=0.5), kerasette.constant(np.zeros(3)))[0]
    np.testing.assert_allclose(slope, 2 * np.asarray(gradients(lambda x: x, np.zeros(3))[0]))
    np.testing.assert_allclose(ops.normalize([[0.3, 0.4]], epsilon=1.0), [[0.3, 0.4]])
    assert ops.normalize(5.0).shape == (1,)


def test_large_and_equal_numbers():
    """What is common to all cancels before it is squared."""
    assert not np.any(ops.layer_normalization(ops.full((1, 1000), 12345.678, "float32")))
    x = np.float32(1e4) + np.arange(8, dtype="float32")
    exact = (np.arange(8) - 3.5) / np.sqrt(5.25)
    np.testing.assert_allclose(ops.layer_normalization(x, epsilon=0.0), exact, rtol=1e-4)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_squares_have_room_in_16_bits(dtype):
    x = ops.cast([[300.0, -300.0, 600.0, -600.0]], dtype)
    for op in (ops.layer_normalization, ops.rms_normalization, ops.normalize):
        found = op(x)
        assert found.dtype == dtype
        wide = op(ops.cast(x, "float32"))
        np.testing.assert_allclose(ops.cast(found, "float32"), wide, rtol=1e-2)


@pytest.mark.parametrize(
    "op",
    [ops.layer_normalization, ops.rms_normalization, ops.normalize],
    ids=lambda op: op.__name__,
)
def test_integers_and_unknown_batch(op):
    x = whole(0, 9, 3, 4)
    assert op(x).dtype == "float32"
    np.testing.assert_allclose(op(x), op(x.astype("float32")))
    found = op(KerasTensor((None, 4), "float16"))
    assert found.shape == (None, 4)
    assert found.dtype == "float16"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ops.normalize(X, order=0), ValueError, "order=0"),
        (lambda: ops.normalize(X, order=1.5), ValueError, "order=1.5"),
        (lambda: ops.layer_normalization(X, axis=4), ValueError, "axis=4"),
        (lambda: ops.layer_normalization(X, ops.ones(3)), ValueError, "broadcast"),
        (lambda: ops.layer_normalization(X, rms_scaling=True), ValueError, "rms_normalization"),
        (lambda: ops.layer_normalization(X, scale=1), TypeError, "'scale'"),
        (lambda: ops.batch_normalization(X, ops.ones(3), ops.ones(3), -1), ValueError, "elements"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()
