"""Class numbers as vectors, and numbers as bins."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import layers, ops

NUMBERS = np.array([[0, 2, 2], [1, 1, 1]])


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_category_encoding(dtype):
    x = NUMBERS.astype(dtype)
    multi = layers.CategoryEncoding(4)(x)
    np.testing.assert_array_equal(multi, [[1, 0, 1, 0], [0, 1, 0, 0]])
    count = layers.CategoryEncoding(4, "count")(x)
    np.testing.assert_array_equal(count, [[1, 0, 2, 0], [0, 3, 0, 0]])
    one = layers.CategoryEncoding(4, "one_hot")(x)
    np.testing.assert_array_equal(one, np.eye(4)[NUMBERS])
    weighted = layers.CategoryEncoding(4, "count")(x, count_weights=[[0.5, 1, 2], [1, 1, 0.5]])
    np.testing.assert_array_equal(weighted, [[0.5, 0, 3, 0], [0, 2.5, 0, 0]])


@pytest.mark.parametrize("mode", ["multi_hot", "one_hot", "count"])
@pytest.mark.parametrize("shape", [(), (3,), (5, 1), (5, 3), (2, 5, 3)])
def test_shapes_eager_symbolic_traced(mode, shape):
    layer = layers.CategoryEncoding(4, mode)
    x = np.zeros(shape, "int32")
    found = layer(x)
    assert found.dtype == "float32"
    traced = keras.function(layer)
    np.testing.assert_array_equal(traced(ops.array(x)), found)
    if len(shape) > 1:
        symbol = layer(keras.Input(shape[1:], dtype="int32"))
        assert symbol.shape[1:] == found.shape[1:]
    again = layers.CategoryEncoding.from_config(layer.get_config())
    np.testing.assert_array_equal(again(x), found)


def test_categories_out_of_range():
    for wrong in ([[4]], [[-1]]):
        with pytest.raises(ValueError, match="must be from 0 to below 4"):
            layers.CategoryEncoding(4)(np.array(wrong))
    with pytest.raises(ValueError, match="IntegerLookup"):
        layers.CategoryEncoding()
    with pytest.raises(ValueError, match="output_mode='int'"):
        layers.CategoryEncoding(3, "int")
    with pytest.raises(ValueError, match="count_weights"):
        layers.CategoryEncoding(3)(NUMBERS, count_weights=NUMBERS)
    with pytest.raises(ValueError, match="sparse"):
        layers.CategoryEncoding(3, sparse=True)


def test_bins():
    layer = layers.Discretization([0.0, 1.0, 5.0])
    x = np.array([[-1, 0.0, 0.5], [1.0, 4.9, 5.0]], "float32")
    found = layer(x)
    assert found.dtype == "int32"
    np.testing.assert_array_equal(found, [[0, 1, 1], [2, 2, 3]])
    np.testing.assert_array_equal(keras.function(layer)(ops.array(x)), found)
    assert layer(keras.Input((None,))).shape == (None, None)
    counts = layers.Discretization([0.0, 1.0, 5.0], output_mode="count")(x)
    np.testing.assert_array_equal(counts, [[1, 2, 0, 0], [0, 0, 2, 1]])


@pytest.mark.parametrize("parts", [1, 7])
def test_learnt_bins_hold_equal_shares(parts):
    data = np.random.default_rng(0).gamma(2.0, size=5000)
    layer = layers.Discretization(num_bins=4)
    if parts == 1:
        layer.adapt(data)
    else:
        layer.adapt(part for part in np.array_split(data, parts))
    shares = np.bincount(np.asarray(layer(data)), minlength=4) / 5000
    np.testing.assert_allclose(shares, 0.25, atol=0.02)
    again = layers.Discretization.from_config(layer.get_config())
    np.testing.assert_array_equal(again(data), layer(data))
    assert again.num_bins == 4
    layer.adapt(data * 2, steps=1)  # forgets the first
    assert layer.bin_boundaries[1] > 1.5 * again.bin_boundaries[1]


def test_few_values():
    layer = layers.Discretization(num_bins=3)
    layer.adapt(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    assert layer.bin_boundaries == [2.0, 4.0]
    np.testing.assert_array_equal(layer(np.array([1.0, 2.0, 3.9, 9.0])), [0, 1, 1, 2])


def test_wrong_bins():
    for arguments in ({}, {"bin_boundaries": [0.0], "num_bins": 2}):
        with pytest.raises(ValueError, match="either `bin_boundaries` or `num_bins`"):
            layers.Discretization(**arguments)
    with pytest.raises(ValueError, match="must rise"):
        layers.Discretization([1.0, 0.0])
    with pytest.raises(ValueError, match="num_bins=0"):
        layers.Discretization(num_bins=0)
    with pytest.raises(ValueError, match="adapt"):
        layers.Discretization(num_bins=2)(np.zeros(3))
    with pytest.raises(ValueError, match="were given"):
        layers.Discretization([0.0]).adapt(np.zeros(3))
