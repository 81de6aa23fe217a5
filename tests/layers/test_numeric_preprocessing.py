"""Rescaling and Normalization: learning from data of any kind, given values, inverse, files."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import layers, ops

DATA = np.random.default_rng(0).normal(3, 5, size=(50, 4, 3)).astype("float32")


def test_rescaling():
    x = np.array([[0, 128, 255]], "uint8")
    found = layers.Rescaling(1 / 127.5, -1)(x)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, x / 127.5 - 1, atol=1e-6)
    layer = layers.Rescaling(np.array([1.0, 2.0, 3.0]), offset=[0.0, 1.0, 0.5])
    np.testing.assert_allclose(layer(x), x * [1, 2, 3] + [0, 1, 0.5])
    again = layers.Rescaling.from_config(layer.get_config())
    np.testing.assert_array_equal(again(x), layer(x))
    assert layers.Rescaling(2.0)(keras.Input((None, 3))).shape == (None, None, 3)


@pytest.mark.parametrize("axis", [-1, None, 1, (1, 2), (0, 2)])
def test_adapted_data_has_mean_0_and_variance_1(axis):
    layer = layers.Normalization(axis=axis)
    layer.adapt(DATA)
    found = np.asarray(layer(DATA))
    kept = () if axis is None else tuple(np.ravel(axis) % 3)
    others = tuple(i for i in range(3) if i not in kept)
    np.testing.assert_allclose(found.mean(others), 0, atol=1e-5)
    np.testing.assert_allclose(found.var(others), 1, atol=1e-4)
    back = layers.Normalization(axis=axis, invert=True)
    back.adapt(DATA)
    np.testing.assert_allclose(back(found), DATA, atol=1e-4)


class Pages:
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return DATA[20 * index : 20 * (index + 1)], np.zeros(20)


@pytest.mark.parametrize(
    "data",
    [
        lambda: ops.array(DATA),
        lambda: [DATA[:7], DATA[7:30], DATA[30:]],
        lambda: (DATA[i : i + 9] for i in range(0, 50, 9)),
        lambda: [(DATA, np.zeros(50))],
        Pages,
    ],
)
def test_any_kind_of_data_gives_the_same(data):
    layer = layers.Normalization()
    layer.adapt(data())
    np.testing.assert_allclose(layer.mean, DATA.mean((0, 1), keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(layer.variance, DATA.var((0, 1), keepdims=True), rtol=1e-5)


def test_large_offsets_cost_no_digits():
    layer = layers.Normalization()
    column = 1e4 + np.arange(1000.0).reshape(-1, 1) % 2
    layer.adapt(column[i : i + 10] for i in range(0, 1000, 10))
    np.testing.assert_allclose(layer.variance, [[0.25]], rtol=1e-6)


def test_adapting_again_forgets_and_reaches_compiled_functions():
    layer = layers.Normalization()
    layer.adapt(DATA)
    traced = keras.function(layer)
    np.testing.assert_allclose(traced(ops.array(DATA)), layer(DATA), atol=1e-6)
    layer.adapt(DATA * 2 + 1)
    np.testing.assert_allclose(np.asarray(traced(ops.array(DATA * 2 + 1))).mean(), 0, atol=1e-5)


def test_given_values_and_their_config():
    layer = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.25])
    expected = (DATA - [1, 2, 3]) / [2, 1, 0.5]
    np.testing.assert_allclose(layer(DATA), expected, rtol=1e-5)
    again = layers.Normalization.from_config(layer.get_config())
    np.testing.assert_array_equal(again(DATA), layer(DATA))
    assert not layer.weights
    wide = layers.Normalization(axis=(1, 2), mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.25])
    np.testing.assert_allclose(wide(DATA), expected, rtol=1e-5)


def test_learnt_values_are_weights():
    layer = layers.Normalization()
    layer.adapt(DATA)
    assert [(w.name, w.shape) for w in layer.weights] == [
        ("mean", (3,)),
        ("variance", (3,)),
        ("count", ()),
    ]
    assert not layer.trainable_weights
    again = layers.Normalization()
    again.build(DATA.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(DATA), layer(DATA))


def test_a_constant_column_stays_finite():
    layer = layers.Normalization()
    layer.adapt(np.ones((5, 2)))
    np.testing.assert_array_equal(layer(np.ones((2, 2), "float32")), np.zeros((2, 2)))


def test_wrong_arguments():
    with pytest.raises(ValueError, match="or neither"):
        layers.Normalization(mean=1.0)
    with pytest.raises(ValueError, match="one shape"):
        layers.Normalization(mean=[1.0], variance=[1.0, 2.0])
    with pytest.raises(ValueError, match="among the axes"):
        layers.Normalization(axis=4).adapt(DATA)
    with pytest.raises(ValueError, match="known size"):
        layers.Normalization()(keras.Input((None,)))
    with pytest.raises(ValueError, match="were given"):
        layers.Normalization(mean=0.0, variance=1.0).adapt(DATA)
    with pytest.raises(ValueError, match="at least one batch"):
        layers.Normalization().adapt([])
    with pytest.raises(TypeError, match="of type int"):
        layers.Normalization().adapt(3)
    layer = layers.Normalization()
    layer.adapt(DATA)
    before = layer.get_weights()
    with pytest.raises(ValueError, match="was built for"):
        layer.adapt([DATA, DATA[..., :2]])
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
