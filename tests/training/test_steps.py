"""The steps: overriding them, losses of layers, what cannot be compiled, NaN."""

import warnings

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops
from kerasette.errors import NonFiniteError

from .samples import FEATURES, mlp, rows, same, weights

X, Y, LABELS = rows()


def subclass(**methods):
    """A model of one Dense layer with methods of its own."""

    def __init__(self):  # noqa: N807
        keras.Model.__init__(self)
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)

    keras.utils.set_random_seed(2)
    made = type("Own", (keras.Model,), {"__init__": __init__, "call": call} | methods)()
    made.compile("sgd", "mse", metrics=["mae"])
    return made


def test_train_step_of_ones_own():
    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"own": loss, "twice": loss * 2}

    model = subclass(train_step=train_step)
    history = model.fit(X, Y, epochs=2, verbose=0, batch_size=len(X)).history
    assert set(history) == {"own", "twice"}
    assert history["twice"][1] == pytest.approx(2 * history["own"][1])
    assert history["own"][1] < history["own"][0]
    assert model.make_train_function().compiled
    plain = subclass()
    plain.fit(X, Y, epochs=2, verbose=0, batch_size=len(X), shuffle=False)
    for a, b in zip(weights(model), weights(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert set(model.train_on_batch(X, Y, return_dict=True)) == {"own", "twice"}


def test_test_step_and_predict_step_of_ones_own():
    def test_step(self, data):
        return {"size": ops.cast(ops.shape(data[0])[0], "float32")}

    def predict_step(self, data):
        return self(data) * 0.0 + 7.0

    model = subclass(test_step=test_step, predict_step=predict_step)
    assert model.evaluate(X, Y, batch_size=22, verbose=0) == 22.0
    assert np.all(model.predict(X, verbose=0) == 7.0)
    history = model.fit(X, Y, validation_data=(X, Y), verbose=0).history
    assert set(history) == {"loss", "mae", "val_size"}


def test_compute_loss_and_compute_metrics_of_ones_own():
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.abs(y - y_pred)) + (1.0 if training else 0.0)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        found = keras.Model.compute_metrics(self, x, y, y_pred, sample_weight)
        return found | {"three": ops.convert_to_tensor(3.0)}

    model = subclass(compute_loss=compute_loss, compute_metrics=compute_metrics)
    history = model.fit(X, Y, verbose=0, batch_size=22, validation_data=(X, Y)).history
    assert history["three"] == history["val_three"] == [3.0]
    assert history["loss"][0] == pytest.approx(history["mae"][0] + 1.0, rel=1e-5)
    assert history["val_loss"][0] == pytest.approx(history["val_mae"][0], rel=1e-5)


def test_losses_of_layers():
    class Penalty(keras.Layer):
        def call(self, x):
            self.add_loss(0.5 * ops.mean(x**2))
            return x

    inputs = keras.Input((FEATURES,))
    model = keras.Model(inputs, keras.layers.Dense(1)(Penalty()(inputs)))
    model.compile("sgd", "mse")
    expected = float(np.mean((model.predict(X, verbose=0) - Y) ** 2) + 0.5 * np.mean(X**2))
    assert model.evaluate(X, Y, batch_size=22, verbose=0) == pytest.approx(expected, rel=1e-5)
    alone = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(2), Penalty()])
    alone.compile("sgd")  # no loss but that of the layer, and no targets
    history = alone.fit(X, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]
    regularized = keras.Sequential(
        [keras.Input((FEATURES,)), keras.layers.Dense(1, kernel_regularizer="l2")]
    )
    regularized.compile("sgd", "mse")
    penalty = 0.01 * float(np.sum(weights(regularized)[0] ** 2))
    error = float(np.mean((regularized.predict(X, verbose=0) - Y) ** 2))
    assert regularized.evaluate(X, Y, verbose=0) == pytest.approx(error + penalty, rel=1e-5)


def test_metrics_that_layers_hold():
    class Watching(keras.Layer):
        def __init__(self):
            super().__init__()
            self.largest = keras.metrics.Mean(name="largest")

        def call(self, x):
            self.largest.update_state(ops.max(x))
            return x

    model = keras.Sequential([keras.Input((FEATURES,)), Watching(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    found = model.fit(X, Y, verbose=0, batch_size=22).history
    assert found["largest"][0] == pytest.approx(float(X.max()), rel=1e-6)


def test_what_cannot_be_traced_runs_eagerly_and_says_so_once():
    class Branching(keras.Layer):
        def call(self, x):
            if ops.sum(x) > 0:  # asks for a value that is not there yet
                return x * 2.0
            return x

        def compute_output_shape(self, input_shape):
            return input_shape

    def made(**how):
        keras.utils.set_random_seed(3)
        layers = [Branching(), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((FEATURES,)), *layers])
        model.compile("sgd", "mse", **how)
        return model

    model, eager = made(), made(run_eagerly=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        keras.utils.set_random_seed(4)
        model.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    said = [str(w.message) for w in caught if "cannot be compiled" in str(w.message)]
    assert len(said) == 1
    line = Branching.call.__code__.co_firstlineno + 1
    assert f"test_steps.py:{line}:" in said[0]
    keras.utils.set_random_seed(4)
    eager.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    assert same(weights(model), weights(eager))
    strict = made(jit_compile=True)
    before = weights(strict)
    with pytest.raises(TypeError, match=f"test_steps.py:{line}:"):
        strict.fit(X, Y, verbose=0)
    assert same(before, weights(strict))


def test_steps_are_traced_once_for_each_shape():
    model = mlp()
    model.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    assert model.make_train_function()._run.trace_count == 2  # and the smaller last batch
    model.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    assert model.make_train_function()._run.trace_count == 2


def test_results_of_metrics_are_computed_only_when_asked_for():
    counted = []

    class Counting(keras.metrics.Mean):
        def result(self):
            counted.append(1)
            return super().result()

    model = mlp(metrics=[Counting(name="counting")], run_eagerly=True)
    model._compiled_metrics.given[0].update_state = lambda y, p, sample_weight=None: None
    model.fit(X, Y, epochs=2, batch_size=4, verbose=0)
    assert len(counted) == 2
    model.fit(X, Y, epochs=1, batch_size=4, verbose=0, callbacks=[EachBatch()])
    assert len(counted) == 2 + 6 + 1


class EachBatch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        assert "loss" in logs


class Logarithm(keras.Layer):
    def call(self, x):
        return ops.log(x)


def with_logarithm(**how):
    keras.utils.set_random_seed(6)
    model = keras.Sequential(
        [keras.Input((FEATURES,)), Logarithm(name="logs"), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse", **how)
    return model


POSITIVE = np.abs(X) + 0.5
ONE_ZERO = POSITIVE.copy()
ONE_ZERO[13, 1] = 0.0


@pytest.mark.parametrize("how", [{}, {"run_eagerly": True}])
def test_terminate_on_nan_names_the_layer_and_keeps_the_weights(how, capsys):
    model, good = with_logarithm(**how), with_logarithm(**how)
    for keeping in (False, True):
        history = (model if keeping else good).fit(
            ONE_ZERO if keeping else POSITIVE[:8],
            Y if keeping else Y[:8],
            batch_size=8,
            epochs=3 if keeping else 1,
            shuffle=False,
            verbose=0,
            callbacks=[keras.callbacks.TerminateOnNaN()] if keeping else None,
        )
    said = capsys.readouterr().out
    assert "epoch 1, batch 1" in said and "logs" in said and "'log'" in said
    assert "in row 5 of 8" in said
    assert same(weights(model), weights(good))  # as after the one good batch
    optimizers = [[v.numpy() for v in m.optimizer.variables] for m in (model, good)]
    assert same(*optimizers)
    assert len(history.history["loss"]) == 1 and not np.isfinite(history.history["loss"][0])
    model.fit(POSITIVE, Y, verbose=0)
    assert all(np.isfinite(w).all() for w in weights(model))


def test_nan_guard_raises():
    model = with_logarithm(nan_guard=True)
    before = weights(model)
    with pytest.raises(NonFiniteError, match=r"'log'.*in row 13 of 22.*weights are those from"):
        model.fit(ONE_ZERO, Y, shuffle=False, verbose=0)
    assert same(before, weights(model))
    model.fit(POSITIVE, Y, verbose=0)
    callback = keras.callbacks.TerminateOnNaN(raise_error=True)
    with pytest.raises(RuntimeError, match="'log'"):
        with_logarithm().fit(ONE_ZERO, Y, verbose=0, callbacks=[callback])


def test_nan_in_a_gradient_alone():
    @ops.custom_gradient
    def poisoned(x):
        return x * 1.0, lambda g, upstream=None: g * np.float32("nan")

    class Poison(keras.Layer):
        def call(self, x):
            return poisoned(x)

    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(4, name="wide"),
            Poison(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse", nan_guard=True)
    before = weights(model)
    with pytest.raises(NonFiniteError, match="gradient"):
        model.fit(X, Y, verbose=0)
    assert same(before, weights(model))


def test_nan_in_the_data():
    x = X.copy()
    x[3, 0] = np.inf
    with pytest.raises(NonFiniteError, match="`x` itself holds NaN or infinity, in row 3 of 22"):
        mlp(nan_guard=True).fit(x, Y, shuffle=False, verbose=0)


def test_nan_in_a_weight():
    model = mlp(nan_guard=True)
    model.layers[0].kernel.assign(model.layers[0].kernel * np.float32("nan"))
    with pytest.raises(NonFiniteError, match=r"weight 'sequential.*kernel' was not finite before"):
        model.fit(X, Y, verbose=0)
