"""``compile``: losses, metrics and weights per output, in every structure; what is refused."""

import numpy as np
import pytest

import kerasette as keras

from .samples import FEATURES, forked, mlp, rows, same, weights

X, Y, LABELS = rows()
ONE_HOT = keras.utils.to_categorical(LABELS).astype("float32")


def logs(model, x, y, **kwargs):
    return model.evaluate(x, y, verbose=0, return_dict=True, **kwargs)


def by_hand(model, x):
    value, which = [np.asarray(leaf) for leaf in keras.tree.flatten(model(x))]
    if value.shape[-1] == 2:
        value, which = which, value
    mse = float(np.mean((value - Y) ** 2))
    crossentropy = float(np.mean(-np.log(which[np.arange(len(X)), LABELS])))
    accuracy = float(np.mean(which.argmax(-1) == LABELS))
    return mse, crossentropy, accuracy


SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize("kind", ["dict", "list"])
@pytest.mark.parametrize(
    ("loss", "loss_weights", "metrics"),
    [
        ({"value": "mse", "kind": SPARSE}, None, {"kind": ["accuracy"]}),
        ({"kind": SPARSE, "value": "mse"}, {"value": 2.0, "kind": 0.5}, {"kind": "accuracy"}),
        ({"value": keras.losses.MeanSquaredError(), "kind": SPARSE}, {"kind": 3}, {"kind": "acc"}),
    ],
)
def test_by_name(kind, loss, loss_weights, metrics):
    model = forked(kind=kind, loss=loss, loss_weights=loss_weights, metrics=metrics)
    x = {"a": X, "b": X} if kind == "dict" else [X, X]
    y = {"value": Y, "kind": LABELS} if kind == "dict" else [Y, LABELS]
    found = logs(model, x, y)
    mse, crossentropy, accuracy = by_hand(model, x)
    assert found["value_loss"] == pytest.approx(mse, rel=1e-5)
    assert found["kind_loss"] == pytest.approx(crossentropy, rel=1e-5)
    chosen = loss_weights or {}
    total = mse * chosen.get("value", 1.0) + crossentropy * chosen.get("kind", 1.0)
    assert found["loss"] == pytest.approx(total, rel=1e-5)
    name = "acc" if metrics["kind"] == "acc" else "accuracy"
    assert found[f"kind_{name}"] == pytest.approx(accuracy)


def test_in_lists():
    model = forked(
        kind="list",
        loss=["mse", SPARSE],
        loss_weights=[0.5, 2],
        metrics=[["mae", "mse"], ["accuracy"]],
        weighted_metrics=[[], ["accuracy"]],
    )
    zeros = np.zeros(len(X), "float32")
    found = logs(model, [X, X], [Y, LABELS], sample_weight=[zeros, zeros + 1])
    mse, crossentropy, accuracy = by_hand(model, [X, X])
    assert found["value_mse"] == pytest.approx(mse, rel=1e-5) and "value_mae" in found
    assert found["value_loss"] == 0.0
    assert found["loss"] == pytest.approx(2 * crossentropy, rel=1e-5)
    assert found["kind_accuracy"] == found["kind_weighted_accuracy"] == pytest.approx(accuracy)


def test_one_loss_for_all_outputs():
    model = forked(kind="list", loss="mse")
    found = logs(model, [X, X], [Y, ONE_HOT])
    assert set(found) == {"loss", "value_loss", "kind_loss"}
    assert found["loss"] == pytest.approx(found["value_loss"] + found["kind_loss"], rel=1e-6)


def test_nested_outputs():
    x = keras.Input((FEATURES,))
    a, b = (keras.layers.Dense(1, name=name)(x) for name in "ab")
    model = keras.Model(x, {"first": a, "rest": [b, keras.layers.Dense(2, name="c")(x)]})
    model.compile(
        "sgd",
        {"first": "mse", "rest": ["mae", "mse"]},
        metrics={"first": ["mae"], "rest": [[], []]},
    )
    y = {"first": Y, "rest": [Y, ONE_HOT]}
    history = model.fit(X, y, epochs=2, verbose=0)
    outputs = model.predict(X, verbose=0)
    found = logs(model, X, y)
    expected = (
        np.mean((outputs["first"] - Y) ** 2)
        + np.mean(np.abs(outputs["rest"][0] - Y))
        + np.mean((outputs["rest"][1] - ONE_HOT) ** 2)
    )
    assert found["loss"] == pytest.approx(float(expected), rel=1e-5)
    assert len(history.history["loss"]) == 2


@pytest.mark.parametrize(
    ("outputs", "targets", "loss", "metric"),
    [
        (1, LABELS, "binary_crossentropy", keras.metrics.BinaryAccuracy),
        (2, LABELS, SPARSE, keras.metrics.SparseCategoricalAccuracy),
        (2, LABELS[:, None], SPARSE, keras.metrics.SparseCategoricalAccuracy),
        (2, ONE_HOT, "categorical_crossentropy", keras.metrics.CategoricalAccuracy),
    ],
)
def test_accuracy_goes_by_the_shapes(outputs, targets, loss, metric):
    model = mlp(outputs=outputs, loss=loss, metrics=["accuracy"])
    found = logs(model, X, targets)["accuracy"]
    other = metric()
    other.update_state(targets, model(X))
    assert found == pytest.approx(float(other.result()))
    same_loss = mlp(outputs=outputs, loss="crossentropy")
    assert logs(same_loss, X, targets)["loss"] == pytest.approx(
        logs(model, X, targets)["loss"], rel=1e-6
    )


def test_functions_as_losses_and_metrics():
    def largest(y_true, y_pred):
        return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=-1)

    model = mlp(loss=largest, metrics=[largest, lambda y, p: keras.ops.mean(p)])
    found = logs(model, X, Y)
    assert found["loss"] == pytest.approx(found["largest"], rel=1e-6)
    assert len(found) == 3


def test_metrics_that_give_several_results():
    class Range(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="range")
            self.low = self.add_variable((), initializer="zeros", name="low")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.low.assign(keras.ops.minimum(self.low, keras.ops.min(y_pred)))

        def result(self):
            return {"low": self.low, "twice": self.low * 2}

    model = mlp(metrics=[Range()])
    history = model.fit(X, Y, verbose=0, validation_data=(X, Y)).history
    assert set(history) == {"loss", "low", "twice", "val_loss", "val_low", "val_twice"}
    assert history["twice"][0] == pytest.approx(2 * history["low"][0])


def test_equal_metrics_get_numbers():
    found = logs(mlp(metrics=["mae", keras.metrics.MeanAbsoluteError(name="mae")]), X, Y)
    assert list(found) == ["loss", "mae", "mae_1"]


def test_metrics_lists():
    model = mlp(metrics=["mae"])
    model.fit(X, Y, verbose=0)
    assert model.metrics_names[0] == "loss"
    assert len(model.metrics_variables) == 4
    model.reset_metrics()
    assert all(float(variable) == 0.0 for variable in model.metrics_variables)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("optimizer", "adm", "Did you mean 'adam'"),
        ("loss", "mean_sqared_error", "Did you mean 'mean_squared_error'"),
        ("metrics", ["acuracy_"], "Unknown metric"),
        ("metrics", "mae", "`metrics` must be a list"),
        ("jit_compile", "yes", "`jit_compile`"),
        ("steps_per_execution", 0, "`steps_per_execution`"),
        ("loss", 3, "loss"),
    ],
)
def test_refused_at_once(argument, value, message):
    with pytest.raises(ValueError, match=message):
        mlp(**{argument: value})
    with pytest.raises(ValueError, match="Choose one"):
        mlp(jit_compile=True, run_eagerly=True)


@pytest.mark.parametrize(
    ("compiled", "message"),
    [
        ({"loss": {"value": "mse", "kinds": SPARSE}}, "'kinds'.*Did you mean 'kind'"),
        ({"loss": ["mse", "mse", "mse"]}, "one entry for each of the model's 2 outputs"),
        ({"loss": "mse", "metrics": {"values": ["mae"]}}, "`metrics` names an output 'values'"),
        ({"loss": "mse", "loss_weights": [1.0]}, "`loss_weights`"),
        ({"loss": "mse", "loss_weights": {"value": "much"}}, "`loss_weights` must hold numbers"),
        ({}, "no loss to minimise"),
    ],
)
def test_refused_at_the_first_batch(compiled, message):
    model = forked(optimizer="sgd", **compiled)
    before = weights(model)
    with pytest.raises(ValueError, match=message):
        model.fit({"a": X, "b": X}, {"value": Y, "kind": ONE_HOT}, verbose=0)
    assert same(before, weights(model))


@pytest.mark.parametrize("how", [{}, {"run_eagerly": True}])
def test_labels_out_of_range(how):
    model = mlp(outputs=2, loss=SPARSE, metrics=["accuracy"], **how)
    before = weights(model)
    with pytest.raises(ValueError, match=r"Labels must be from 0 to 1.*from 0 to 3"):
        model.fit(X, np.where(LABELS == 1, 3, 0), verbose=0)
    assert same(before, weights(model))


def test_optimizers_and_recompiling():
    model = mlp()
    model.fit(X, Y, verbose=0)
    model.compile(keras.optimizers.Adam(0.01), "mae", metrics=["mse"])
    assert set(model.fit(X, Y, verbose=0).history) == {"loss", "mse"}
    assert model.optimizer.name.startswith("adam")
    config = model.get_compile_config()
    other = mlp()
    other.compile_from_config(config)
    assert other.optimizer.learning_rate == pytest.approx(0.01)
    assert other.loss == "mae"
