"""``model(x)`` runs as a graph where that changes nothing, and layer by layer where it would."""

import numpy as np
import pytest

import kerasette as keras

X = np.random.RandomState(0).standard_normal((3, 4)).astype("float32")


def small(*more):
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), *more, keras.layers.Dense(3)]
    )


def traces(model) -> int:
    return 0 if model._direct is None else model._direct._function.trace_count


def call_often(model, x=X, **kwargs):
    return [np.array(model(x, **kwargs)) for _ in range(4)]


def test_the_same_outputs_from_a_graph():
    model = small()
    outputs = call_often(model)
    assert traces(model) == 1
    for other in outputs[1:]:
        np.testing.assert_allclose(other, outputs[0], rtol=1e-5, atol=1e-6)
    with keras.GradientTape() as tape:
        loss = keras.ops.sum(model(X) ** 2)
    assert all(g is not None for g in tape.gradient(loss, model.trainable_variables))


def test_changed_weights_and_layers_are_seen():
    model = small()
    call_often(model)
    model.layers[0].kernel.assign(model.layers[0].kernel * 2)
    after = np.array(model(X))
    expected = np.maximum(X @ model.layers[0].kernel.numpy() + 0, 0)
    np.testing.assert_allclose(
        after, expected @ model.layers[1].kernel.numpy(), rtol=1e-5, atol=1e-6
    )
    model.layers[0].activation = keras.activations.tanh
    hidden = np.tanh(X @ model.layers[0].kernel.numpy())
    for after in call_often(model):
        np.testing.assert_allclose(
            after, hidden @ model.layers[1].kernel.numpy(), rtol=1e-5, atol=1e-6
        )
    model.pop()
    for after in call_often(model):
        np.testing.assert_allclose(after, hidden, rtol=1e-5, atol=1e-6)


def test_dropout_and_batch_normalization_go_on():
    model = small(keras.layers.Dropout(0.5), keras.layers.BatchNormalization())
    outputs = call_often(model, training=True)
    assert traces(model) == 1
    assert len({output.tobytes() for output in outputs}) == 4
    mean = model.layers[2].moving_mean
    before = np.array(mean)
    model(X, training=True)
    assert not np.array_equal(before, mean)
    still = call_often(model, training=False)
    np.testing.assert_allclose(still[0], still[-1], rtol=1e-5, atol=1e-6)


class Noisy(keras.layers.Layer):
    calls = 0

    def call(self, x):
        Noisy.calls += 1
        return x * 2.0


@pytest.mark.parametrize("kind", ["layer", "function", "regularizer", "eager"])
def test_python_of_the_user_runs_each_time(kind):
    calls = []

    def seen(x):
        calls.append(1)
        return x

    if kind == "layer":
        model = small(Noisy())
        Noisy.calls = 0
        call_often(model)
        assert Noisy.calls == 4
    elif kind == "function":
        model = small(keras.layers.Activation(seen))
        calls.clear()
        call_often(model)
        assert len(calls) == 4
    elif kind == "regularizer":
        model = small(keras.layers.Activation("relu", activity_regularizer="l2"))
        call_often(model)
        assert len(model.losses) == 1
    else:
        model = small()
        model.compile(run_eagerly=True)
        call_often(model)
    assert traces(model) == 0


def test_ever_new_shapes_are_not_compiled():
    model = small()
    for _ in range(4):
        for rows in range(1, 20):
            assert model(np.zeros((rows, 4), "float32")).shape == (rows, 3)
    assert traces(model) <= 8
