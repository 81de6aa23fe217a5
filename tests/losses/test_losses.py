"""Every registered loss: its value by formula, traced, its gradients, its configuration."""

import inspect

import numpy as np
import pytest

import kerasette
from kerasette import losses, ops, registry
from tests.losses.samples import SAMPLES

CLASSES = {
    name: cls
    for name, cls in registry.table("loss").items()
    if inspect.isclass(cls) and name == cls.__name__ and cls is not losses.Loss
}
SMALL = 2e-6  # epsilon inside some formulas


def made(kind, **more):
    return CLASSES[kind](**SAMPLES[kind][0], **more)


def test_every_loss_has_a_sample():
    assert set(SAMPLES) == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_value(name):
    _, true, pred, formula = SAMPLES[name]
    expected = formula(true, pred)
    found = made(name, reduction="none", dtype="float64")(true, pred)
    assert found.dtype == "float64" and found.shape == expected.shape
    np.testing.assert_allclose(found.numpy(), expected, rtol=SMALL, atol=SMALL)
    if name != "Circle":  # which leaves out samples without loss
        single = made(name)(true.astype("float32") if true.dtype == "float64" else true, pred)
        assert single.shape == () and single.dtype == "float32"
        np.testing.assert_allclose(float(single), expected.mean(), rtol=1e-4)


@pytest.mark.parametrize("name", CLASSES)
def test_traced_is_eager(name):
    _, true, pred, _ = SAMPLES[name]
    true, pred = kerasette.constant(true), kerasette.constant(pred)
    loss = made(name, dtype="float64")

    def slope(true, pred):
        with kerasette.GradientTape() as tape:
            tape.watch(pred)
            value = loss(true, pred)
        return value, tape.gradient(value, pred)

    for eager, traced in zip(slope(true, pred), kerasette.function(slope)(true, pred), strict=True):
        np.testing.assert_allclose(traced.numpy(), eager.numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", CLASSES)
def test_shape_is_inferred(name):
    _, true, pred, _ = SAMPLES[name]
    symbols = [kerasette.KerasTensor(a.shape, str(a.dtype)) for a in (true, pred)]
    loss = made(name, dtype="float64")
    found = kerasette.core.infer.infer(loss, tuple(symbols), {})
    assert found.shape == () and found.dtype == "float64"


def gradient(function, point):
    x = kerasette.constant(point)
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    found = tape.gradient(value, x)
    return np.zeros_like(point) if found is None else found.numpy()  # None: of a constant slope


def differences(function, point, step=1e-6):
    found = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        shift = np.zeros_like(point)
        shift[index] = step
        found[index] = (function(point + shift) - function(point - shift)) / (2 * step)
    return found


@pytest.mark.parametrize("name", CLASSES)
def test_gradients_of_first_and_second_order(name):
    _, true, pred, _ = SAMPLES[name]
    loss = made(name, dtype="float64", reduction="sum")
    weights = np.cos(np.arange(pred.size)).reshape(pred.shape)
    direct = gradient(lambda x: loss(true, x), pred)
    expected = differences(lambda p: float(loss(true, p)), pred)
    np.testing.assert_allclose(direct, expected, rtol=1e-5, atol=1e-7)

    def along(x):  # the slope in one direction, itself differentiable
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            value = loss(true, x)
        return ops.sum(tape.gradient(value, x) * weights)

    second = gradient(along, pred)
    expected = differences(
        lambda p: float((gradient(lambda x: loss(true, x), p) * weights).sum()), pred
    )
    np.testing.assert_allclose(second, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_config_round_trip(name):
    _, true, pred, _ = SAMPLES[name]
    loss = made(name, reduction="sum", name="mine", dtype="float64")
    config = losses.serialize(loss)
    again = losses.deserialize(config)
    assert type(again) is type(loss) and again.get_config() == loss.get_config()
    assert (again.name, again.reduction, again.dtype) == ("mine", "sum", "float64")
    assert config["module"] == "keras.losses" and config["class_name"] == name
    assert float(again(true, pred)) == float(loss(true, pred))
    assert "dtype" not in made(name).get_config()


@pytest.mark.parametrize("name", [n for n in CLASSES if n not in ("LossFunctionWrapper",)])
def test_function_of_the_class(name):
    settings, true, pred, _ = SAMPLES[name]
    function = CLASSES[name].function
    assert getattr(losses, function.__name__) is function
    assert losses.get(function.__name__) is function
    arguments = dict(settings)
    found = function(true, pred, **arguments)
    expected = made(name, reduction="none", dtype="float64")
    if name != "Circle":
        np.testing.assert_allclose(found.numpy(), expected(true, pred).numpy(), rtol=1e-12)
    public = inspect.signature(function).parameters
    assert set(settings) <= set(public)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("mse", "mean_squared_error"),
        ("MSE", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("bce", "binary_crossentropy"),
        ("kld", "kl_divergence"),
        ("KLD", "kl_divergence"),
        ("logcosh", "log_cosh"),
    ],
)
def test_aliases(alias, name):
    assert losses.get(alias) is getattr(losses, name)


def test_get():
    assert losses.get(None) is None
    assert isinstance(losses.get("Huber"), losses.Huber)
    assert isinstance(losses.get(losses.Huber), losses.Huber)
    loss = losses.Huber(0.5)
    assert losses.get(loss) is loss and losses.get(abs) is abs
    assert losses.get({"class_name": "Huber", "config": {"delta": 3.0}}).delta == 3.0
    with pytest.raises(ValueError, match="Did you mean 'mean_squared_error'"):
        losses.get("mean_square_error")
    with pytest.raises(ValueError, match="callable"):
        losses.get(3)
    with pytest.raises(TypeError, match="delt"):
        losses.Huber(delt=0.5)


def test_own_loss():
    class Cubes(losses.Loss):
        def __init__(self, power=3, **kwargs):
            super().__init__(**kwargs)
            self.power = power

        def call(self, y_true, y_pred):
            return ops.mean(ops.abs(y_true - y_pred) ** self.power, axis=-1)

        def get_config(self):
            return {**super().get_config(), "power": self.power}

    loss = Cubes(name="cubes")
    assert float(loss([[0.0, 0.0]], [[1.0, 2.0]])) == 4.5
    again = losses.deserialize(losses.serialize(Cubes(2)), custom_objects={"Cubes": Cubes})
    assert float(again([[0.0, 0.0]], [[1.0, 2.0]])) == 2.5
    with pytest.raises(NotImplementedError, match="`call`"):
        losses.Loss()([1.0], [1.0])
    assert Cubes().name.startswith("cubes") and Cubes().reduction == "sum_over_batch_size"


def test_structures():
    class Both(losses.Loss):
        def call(self, y_true, y_pred):
            return y_pred["a"] - y_true["a"] + y_pred["b"]

    ones = np.ones(2)
    assert float(Both()({"a": ones, "b": ones}, {"a": 3 * ones, "b": ones})) == 3.0
    assert float(losses.MeanSquaredError()([0.0, 1.0], [[1.0], [1.0]])) == 0.5
