"""Activations by name, their configuration, and those that are no operation of their own."""

import inspect
import math

import numpy as np
import pytest
from scipy import special

import kerasette
from kerasette import activations, ops

X = np.array([-3.0, -0.5, 0.0, 0.5, 2.0, 7.0])
NAMES = [
    name
    for name in activations.__all__
    if name not in ("ActivationField", "get", "serialize", "deserialize")
]


def piecewise(x, slope, top, threshold):
    passed = np.where(x >= threshold, x, 0)
    passed = passed if top is None else np.clip(passed, 0, top)
    return np.where(x >= threshold, passed, slope * (x - threshold))


@pytest.mark.parametrize("slope", [0.0, 0.1])
@pytest.mark.parametrize("top", [None, 1.0, 6.0])
@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_relu(slope, top, threshold):
    found = activations.relu(kerasette.constant(X), slope, top, threshold)
    assert np.allclose(found.numpy(), piecewise(X, slope, top, threshold))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", X),
        ("exponential", np.exp(X)),
        ("mish", X * np.tanh(np.log1p(np.exp(X)))),
        ("gelu", X * special.ndtr(X)),
    ],
)
def test_values(name, expected):
    found = getattr(activations, name)(kerasette.constant(X))
    assert np.allclose(found.numpy(), expected)


def test_gelu_is_exact_unless_asked():
    approximate = activations.gelu(kerasette.constant(X), approximate=True).numpy()
    inner = math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)
    assert np.allclose(approximate, 0.5 * X * (1 + np.tanh(inner)))


@pytest.mark.parametrize("name", NAMES)
def test_by_name_and_back(name):
    function = activations.get(name)
    assert function is getattr(activations, name)
    assert activations.get(function) is function
    written = activations.serialize(function)
    assert isinstance(written, str)
    assert activations.deserialize(written) is function
    config = kerasette.saving.serialize_keras_object(function)
    assert activations.deserialize(config) is function


@pytest.mark.parametrize("name", NAMES)
def test_shape_is_inferred(name):
    extra = {"threshold": (0.0, 0.0)}.get(name, ())
    symbol = getattr(activations, name)(kerasette.KerasTensor((None, 4)), *extra)
    assert symbol.shape == ((None, 2) if name == "glu" else (None, 4))


def test_operations_have_the_name_of_their_activation():
    assert activations.serialize(ops.relu) == "relu"
    assert activations.serialize(ops.tanh) == "tanh"


def test_none_is_linear():
    assert activations.get(None) is activations.linear


def test_own_function():
    @kerasette.saving.register_keras_serializable("tests", name="twice")
    def double(x):
        return 2 * x

    def triple(x):
        return 3 * x

    assert activations.get(double) is double
    assert activations.deserialize(activations.serialize(double)) is double
    config = activations.serialize(triple)
    with pytest.raises(ValueError, match="custom_objects"):
        activations.deserialize(config)
    assert activations.deserialize(config, custom_objects={"triple": triple}) is triple
    with pytest.raises(ValueError, match="lambda"):
        activations.serialize(lambda x: x)
    kerasette.saving.get_custom_objects().pop("tests>twice")


def test_unknown_names_get_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'softmax'"):
        activations.get("sofmax")
    with pytest.raises(ValueError, match="Received: 3"):
        activations.get(3)


def test_signatures():
    assert str(
        inspect.signature(activations.leaky_relu)
    ) == "(x: Any, negative_slope: Any = 0.2)" or (
        list(inspect.signature(activations.leaky_relu).parameters) == ["x", "negative_slope"]
    )
