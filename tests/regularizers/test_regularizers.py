"""Regularizers: values worked out by hand, gradients, configuration."""

import numpy as np
import pytest

import kerasette
from kerasette import ops, regularizers

WEIGHTS = np.array([[1.0, -2.0], [0.0, 3.0]], "float32")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (regularizers.L1(0.5), 3.0),
        (regularizers.L2(0.5), 7.0),
        (regularizers.L1L2(0.5, 0.25), 6.5),
        (regularizers.L1L2(), 0.0),
        (regularizers.L1L2(l1=1.0), 6.0),
        (regularizers.l1(), 0.06),
        (regularizers.l2(None), 0.14),
        # The rows (1, -2) and (0, 3) have the cosine -2 / sqrt(5); the columns -2 / sqrt(13).
        (regularizers.OrthogonalRegularizer(0.1), 0.1 * 2 / 5**0.5),
        (regularizers.OrthogonalRegularizer(0.1, mode="columns"), 0.1 * 2 / 13**0.5),
    ],
)
def test_values(made, expected):
    found = made(kerasette.constant(WEIGHTS))
    assert found.shape == () and found.dtype == "float32"
    assert np.isclose(float(found), expected)


def test_mean_over_pairs():
    vectors = np.eye(3) + np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]])  # (110) (011) (001)
    cosines = [0.5, 0.0, 1 / 2**0.5]
    found = regularizers.OrthogonalRegularizer(1.0)(kerasette.constant(vectors))
    assert np.isclose(float(found), np.mean(cosines))


def test_gradients():
    x = kerasette.constant(WEIGHTS)
    for made, expected in (
        (regularizers.L1(0.5), 0.5 * np.sign(WEIGHTS)),
        (regularizers.L2(0.5), WEIGHTS),
    ):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            y = made(x)
        assert np.allclose(tape.gradient(y, x).numpy(), expected)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtype_is_that_of_the_weights(dtype):
    x = ops.cast(WEIGHTS, dtype)
    for made in (regularizers.L1(), regularizers.L2(), regularizers.L1L2(1.0, 1.0)):
        assert made(x).dtype == dtype


@pytest.mark.parametrize(
    ("made", "config"),
    [
        (regularizers.L1(0.5), {"l1": 0.5}),
        (regularizers.L2(2), {"l2": 2.0}),
        (regularizers.L1L2(0.5, None), {"l1": 0.5, "l2": 0.0}),
        (regularizers.OrthogonalRegularizer(0.5, "columns"), {"factor": 0.5, "mode": "columns"}),
    ],
)
def test_config_round_trip(made, config):
    serialized = regularizers.serialize(made)
    assert serialized == {
        "module": "keras.regularizers",
        "class_name": type(made).__name__,
        "config": config,
        "registered_name": None,
    }
    assert regularizers.deserialize(serialized).get_config() == config
    assert regularizers.get(serialized).get_config() == config


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("l1", "L1"),
        ("l2", "L2"),
        ("l1_l2", "L1L2"),
        ("l1l2", "L1L2"),
        ("L1L2", "L1L2"),
        ("orthogonal_regularizer", "OrthogonalRegularizer"),
    ],
)
def test_get_by_name(name, kind):
    assert type(regularizers.get(name)) is getattr(regularizers, kind)


def test_get_what_is_one_already():
    def double(x):
        return 2 * ops.sum(x)

    assert regularizers.get(double) is double
    assert regularizers.get(None) is None
    assert isinstance(regularizers.get(regularizers.L1), regularizers.L1)


def test_own_class():
    @kerasette.saving.register_keras_serializable("tests")
    class Cubes(regularizers.Regularizer):
        def __call__(self, x):
            return ops.sum(ops.abs(x) ** 3)

        def get_config(self):
            return {}

    config = regularizers.serialize(Cubes())
    assert config["registered_name"] == "tests>Cubes"
    again = regularizers.deserialize(config)
    assert float(again(kerasette.constant([1.0, -2.0]))) == 9.0
    kerasette.saving.get_custom_objects().pop("tests>Cubes")


def test_base_class_without_config_says_so():
    class Plain(regularizers.Regularizer):
        pass

    with pytest.raises(NotImplementedError, match="Plain"):
        Plain().get_config()


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "a", True, [1.0]])
@pytest.mark.parametrize("name", ["L1", "L2"])
def test_factors_are_checked(name, value):
    with pytest.raises(ValueError, match=name.lower()):
        getattr(regularizers, name)(value)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="mode='rwos'"):
        regularizers.OrthogonalRegularizer(mode="rwos")
    with pytest.raises(ValueError, match=r"shape \(2, 2, 2\)"):
        regularizers.OrthogonalRegularizer()(ops.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="Did you mean"):
        regularizers.get("orthogonal_regulariser")
