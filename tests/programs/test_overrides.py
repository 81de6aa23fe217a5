"""Models that override what Keras lets them: steps that unpack batches, metrics of their own."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops
from kerasette.errors import NonFiniteError

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(12, 4)).astype("float32")
Y = RANDOM.normal(size=(12, 1)).astype("float32")
WEIGHTS = np.ones(12, "float32")


def shapes_of(data):
    if isinstance(data, (tuple, list)):
        return tuple(shapes_of(part) for part in data)
    return None if data is None else tuple(data.shape)


def recording(step, seen):
    """A model whose ``step`` notes what it is given."""

    def own(self, data):
        seen.append(shapes_of(data))
        return ops.zeros((12, 1)) if step == "predict_step" else {"loss": ops.zeros(())}

    made = type("Recording", (keras.Sequential,), {step: own})
    model = made([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    return model


def batches(*parts):
    yield parts if len(parts) > 1 else parts[0]


def test_steps_get_what_there_is():
    x, y, w = (12, 4), (12, 1), (12,)
    seen = []
    train, test, predict = (
        recording(step, seen) for step in ("train_step", "test_step", "predict_step")
    )
    silent = {"verbose": 0, "batch_size": 12}
    train.fit(X, **silent)
    train.fit(X, Y, **silent)
    train.fit(X, Y, sample_weight=WEIGHTS, **silent)
    train.fit(batches(X, Y), verbose=0)
    train.fit([X, X], **silent)
    test.evaluate(X, Y, **silent)
    predict.predict(X, **silent)
    train.train_on_batch(X, Y)
    assert seen == [x, (x, y), (x, y, w), (x, y), ((x, x),), (x, y), x, (x, y)]


def test_a_step_may_unpack_two_and_call_the_base():
    class Own(keras.Sequential):
        def train_step(self, data):
            x, y = data
            return super().train_step((x, y * 2.0))

        def test_step(self, data):
            x, y = data
            return super().test_step((x, y))

    found = []
    for cls, targets in ((Own, Y), (keras.Sequential, 2 * Y)):
        keras.utils.set_random_seed(1)
        model = cls([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        history = model.fit(X, targets, epochs=2, verbose=0, shuffle=False).history["loss"]
        found.append([*history, model.evaluate(X, 2 * Y, verbose=0)])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_nan_guard_watches_such_a_step():
    class Own(keras.Sequential):
        def train_step(self, data):
            x, y = data
            return super().train_step((x, y))

    model = Own([keras.Input((4,)), keras.layers.Dense(1, name="only")])
    model.compile("sgd", "mse", nan_guard=True)
    with pytest.raises(NonFiniteError, match="`x` itself"):
        model.fit(np.where(X > 1, np.nan, X), Y, verbose=0, batch_size=12)


class Listed(keras.Model):
    """A model that says what its metrics are."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.mean = keras.metrics.Mean(name="distance")

    def call(self, x):
        return self.dense(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = ops.mean(ops.abs(y - y_pred))
        self.mean.update_state(loss)
        return loss

    @property
    def metrics(self):
        return [self.mean]


@pytest.mark.parametrize("eager", [True, False])
def test_the_metrics_that_a_model_lists_are_all_that_is_told(eager):
    keras.utils.set_random_seed(2)
    model = Listed()
    model.compile("sgd", run_eagerly=eager)
    history = model.fit(X, Y, epochs=5, batch_size=12, verbose=0).history
    assert list(history) == ["distance"] and history["distance"][-1] < history["distance"][0]
    found = model.evaluate(X, Y, verbose=0)
    assert found == pytest.approx(float(np.mean(np.abs(Y - np.asarray(model(X))))), rel=1e-5)
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {"distance": pytest.approx(found)}


def test_losses_can_be_read_after_training():
    layer = keras.layers.Dense(3, activity_regularizer="l2", kernel_regularizer="l2")
    model = keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert all(np.isfinite(float(loss)) for loss in model.losses)
    model(X)
    assert len(model.losses) == 2


def test_a_missing_target_is_named():
    inputs = keras.Input((4,))
    outputs = {name: keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")}
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"a": "mse", "b": "mae"})
    with pytest.raises(ValueError, match=r"the output 'b', .*keys \['a', 'c'\]"):
        model.fit(X, {"a": Y, "c": Y}, verbose=0)


def test_names_of_nested_outputs_and_of_functions():
    class Nested(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = keras.layers.Dense(1), keras.layers.Dense(2)

        def call(self, inputs):
            return {"out": (self.one(inputs["p"]["q"]), self.two(inputs["p"]["q"]))}

    model = Nested()
    model.compile("sgd", {"out": ("mse", "mae")})
    targets = {"out": (Y, np.concatenate([Y, Y], 1))}
    history = model.fit({"p": {"q": X}}, targets, verbose=0).history
    assert list(history) == ["loss", "out/mse_loss", "out/mae_loss"]

    def MyOwn(true, pred):
        return ops.mean(ops.abs(true - pred), -1)

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[MyOwn, lambda true, pred: ops.sum(true - pred)])
    assert set(model.evaluate(X, Y, verbose=0, return_dict=True)) == {"loss", "my_own", "lambda"}


def test_a_loss_without_reduction_trains_on_its_mean():
    found = []
    for reduction in (None, "sum_over_batch_size"):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", keras.losses.MeanSquaredError(reduction=reduction))
        history = model.fit(X, Y, verbose=0, shuffle=False, epochs=2).history["loss"]
        found.append((history, model.layers[0].kernel))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-6)
