"""Constraints: values worked out by hand, configuration, shapes."""

import numpy as np
import pytest

import kerasette
from kerasette import constraints, ops

WEIGHTS = np.array([[3.0, -0.3], [4.0, 0.4]], "float32")  # columns of length 5 and 0.5


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (constraints.MaxNorm(), [[1.2, -0.3], [1.6, 0.4]]),
        (constraints.MaxNorm(1.0, axis=1), [[0.995, -0.0995], [0.995, 0.0995]]),
        (constraints.NonNeg(), [[3.0, 0.0], [4.0, 0.4]]),
        (constraints.UnitNorm(), [[0.6, -0.6], [0.8, 0.8]]),
        (constraints.UnitNorm(axis=[0, 1]), WEIGHTS / np.sqrt(25.25)),
        (constraints.MinMaxNorm(1.0, 2.0), [[1.2, -0.6], [1.6, 0.8]]),
        (constraints.MinMaxNorm(1.0, 2.0, rate=0.5), [[2.1, -0.45], [2.8, 0.6]]),
        (constraints.MinMaxNorm(rate=0.0), WEIGHTS),
    ],
)
def test_values(made, expected):
    found = made(kerasette.constant(WEIGHTS))
    assert found.dtype == "float32"
    assert np.allclose(
        found.numpy(), expected, atol=1e-3 if made.__dict__.get("axis") == 1 else 1e-5
    )


def test_zeros_stay_finite():
    zeros = ops.zeros((3, 2))
    for made in (constraints.MaxNorm(), constraints.UnitNorm(), constraints.MinMaxNorm(0.5, 1.0)):
        assert made(zeros).numpy().tolist() == np.zeros((3, 2)).tolist()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtype_is_that_of_the_weights(dtype):
    for name in ("max_norm", "non_neg", "unit_norm", "min_max_norm"):
        assert constraints.get(name)(ops.cast(WEIGHTS, dtype)).dtype == dtype


@pytest.mark.parametrize(
    ("made", "config"),
    [
        (constraints.MaxNorm(3, axis=[0, 1]), {"max_value": 3, "axis": [0, 1]}),
        (constraints.NonNeg(), {}),
        (constraints.UnitNorm(1), {"axis": 1}),
        (
            constraints.MinMaxNorm(0.1, 0.9, 0.5, 1),
            {"min_value": 0.1, "max_value": 0.9, "rate": 0.5, "axis": 1},
        ),
    ],
)
def test_config_round_trip(made, config):
    serialized = constraints.serialize(made)
    assert serialized == {
        "module": "keras.constraints",
        "class_name": type(made).__name__,
        "config": config,
        "registered_name": None,
    }
    assert constraints.deserialize(serialized).get_config() == config


def test_get():
    assert isinstance(constraints.get("MaxNorm"), constraints.MaxNorm)
    assert isinstance(constraints.get(constraints.NonNeg), constraints.NonNeg)
    assert constraints.get(None) is None
    assert constraints.get(abs) is abs
    with pytest.raises(ValueError, match="Did you mean 'max_norm'"):
        constraints.get("maxnorm")
    with pytest.raises(ValueError, match="Received: 3"):
        constraints.get(3)


def test_own_class_needs_no_config():
    class Halved(constraints.Constraint):
        def __call__(self, w):
            return w / 2

    config = constraints.serialize(Halved())
    again = constraints.deserialize(config, custom_objects={"Halved": Halved})
    assert np.allclose(again(kerasette.constant(WEIGHTS)).numpy(), WEIGHTS / 2)
    with pytest.raises(NotImplementedError, match="__call__"):
        constraints.Constraint()(WEIGHTS)
