"""Batches of no sample and of one, through every layer: shapes, values, gradients, states."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops, tree
from tests.saving.interchange.layer_rows import LAYERS

ROWS = {name: row for name, row in LAYERS.items() if hasattr(keras.layers, name)}


def cut(x, count):
    return tree.map_structure(lambda array: ops.convert_to_tensor(array[:count]), x)


def check_like(outputs, whole, count):
    for found, expected in zip(tree.flatten(outputs), tree.flatten(whole), strict=True):
        assert found.shape == (count, *expected.shape[1:]) and found.dtype == expected.dtype
        np.testing.assert_allclose(found, np.asarray(expected)[:count], rtol=1e-4, atol=1e-5)


def trained(model, x):
    """Outputs, loss and gradients of a call in training."""
    with keras.GradientTape() as tape:
        outputs = tree.flatten(model(x, training=True))
        floats = [ops.sum(one) for one in outputs if "float" in one.dtype]
        loss = sum([*floats, *model.losses], ops.zeros(()))
    gradients = tape.gradient(loss, model.trainable_variables) if floats else []
    return outputs, loss, gradients


@pytest.mark.parametrize("name", ROWS)
def test_none_and_one(name):
    row = ROWS[name]
    model = row.make(keras)
    whole = model.call(cut(row.x, None))
    for count in (0, 1):
        x = cut(row.x, count)
        check_like(model.call(x), whole, count)
        outputs, loss, gradients = trained(model, x)
        assert all(one.shape[0] == count for one in outputs)
        assert all(np.isfinite(np.asarray(g)).all() for g in gradients if g is not None)
        assert np.isfinite(float(loss))
        for variable in model.variables:
            assert np.isfinite(np.asarray(variable, "float64")).all(), variable.path
        if name == "SpectralNormalization":  # training goes on with the kernel's direction
            whole = model.call(cut(row.x, None))


@pytest.mark.parametrize("name", ["Dense", "Conv2D", "LSTM", "BatchNormalization", "Dot"])
def test_none_when_compiled(name):
    row = ROWS[name]
    model = row.make(keras)
    step = keras.function(lambda x: trained(model, x))
    before = [np.array(variable) for variable in model.non_trainable_weights]
    outputs, loss, _ = step(cut(row.x, 0))
    assert outputs[0].shape[0] == 0 and np.isfinite(float(loss))
    for variable, value in zip(model.non_trainable_weights, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_statistics_of_nothing_are_no_error_when_compiled():
    variance = keras.function(lambda x: ops.var(x, axis=0))
    assert np.isnan(np.asarray(variance(ops.zeros((0, 3))))).all()
    assert variance(ops.ones((2, 3))).shape == (3,)


@pytest.mark.parametrize("name", ["extract_patches", "resize", "affine_transform", "pad_images"])
def test_no_images(name):
    arguments = {
        "extract_patches": {"size": 2},
        "resize": {"size": (3, 3)},
        "affine_transform": {"transform": ops.ones((0, 8))},
        "pad_images": {"top_padding": 1, "left_padding": 1, "target_height": 9, "target_width": 9},
    }[name]
    found = getattr(ops.image, name)(ops.zeros((0, 6, 6, 2)), **arguments)
    one = {k: ops.ones((1, 8)) if k == "transform" else v for k, v in arguments.items()}
    expected = getattr(ops.image, name)(ops.zeros((1, 6, 6, 2)), **one)
    assert found.shape == (0, *expected.shape[1:])


def test_unfold_of_no_images():
    assert ops.unfold(ops.zeros((0, 3, 4, 4)), 2).shape == (0, 12, 9)
