"""Rematerialisation: the same gradients, and less that is kept for them."""

import contextlib

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops
from kerasette.core.state import state

MODES = ("full", "activations", "larger_than", "list_of_layers")
X = np.random.default_rng(0).normal(size=(64, 16)).astype("float32")


class Penalised(keras.Layer):
    """A layer with a loss of its own, a counter and a metric."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.mean = keras.metrics.Mean(name="seen")

    def call(self, x):
        self.calls.assign_add(1.0)
        self.mean.update_state(x)
        self.add_loss(0.1 * ops.sum(self.scale**2) + 0.01 * ops.mean(x**2))
        return x * self.scale


def model_of(mode):
    keras.utils.set_random_seed(3)
    names = [f"wide_{index}" for index in range(3)]
    scope = keras.RematScope(mode, 128, names) if mode else contextlib.nullcontext()
    with scope:
        layers = [keras.Input((16,))]
        for index, name in enumerate(names):
            layers.append(keras.layers.Dense(16, activation="gelu", name=name))
            layers.append(keras.layers.Dropout(0.3, seed=index))
            layers.append(keras.layers.BatchNormalization())
        return keras.Sequential([*layers, Penalised(), keras.layers.Dense(1)])


@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_training_gives_the_same_weights(mode, eager):
    found = []
    for chosen in (None, mode):
        model = model_of(chosen)
        model.compile("sgd", "mse", run_eagerly=eager)
        history = model.fit(X, X[:, :1], batch_size=32, epochs=2, verbose=0, shuffle=False)
        values = [np.array(variable) for variable in model.variables]
        found.append([*history.history.values(), *values])
    for plain, again in zip(*found, strict=True):
        np.testing.assert_allclose(again, plain, rtol=1e-4, atol=1e-5)


def test_mixed_precision_trains_the_same():
    found = []
    for mode in (None, "full"):
        keras.utils.set_random_seed(3)
        with keras.RematScope(mode):
            layers = [keras.layers.Dense(8, "tanh", dtype="mixed_bfloat16") for _ in range(3)]
            model = keras.Sequential([keras.Input((16,)), *layers])
        with keras.GradientTape() as tape:
            loss = ops.sum(ops.cast(model(X), "float32") ** 2)
        found.append(tape.gradient(loss, model.trainable_variables))
    for plain, again in zip(*found, strict=True):
        np.testing.assert_array_equal(again, plain)


def records_of(mode):
    model = model_of(mode)
    with keras.GradientTape() as tape:
        ops.sum(model(X, training=True))
    return len(tape._records)


def test_the_tape_keeps_less():
    assert records_of("full") < records_of("larger_than") + 5 < records_of(None) / 1.5


def test_a_graph_needs_less_memory():
    weights = [keras.Variable(np.eye(64, dtype="float32")) for _ in range(6)]

    def block(x, w):
        for _ in range(6):
            x = ops.sin(ops.matmul(x, w))
        return x

    def gradients(x, around):
        with keras.GradientTape() as tape:
            y = x
            for weight in weights:
                y = around(block)(y, weight)
            loss = ops.sum(y)
        return tape.gradient(loss, weights)

    x = ops.convert_to_tensor(np.random.default_rng(1).normal(size=(512, 64)).astype("float32"))
    sizes, results = [], []
    for around in (lambda f: f, keras.remat):
        function = keras.function(lambda x, around=around: gradients(x, around))
        results.append(function(x))
        nodes = function.graph(x).nodes
        sizes.append(peak(nodes))
    for plain, again in zip(*results, strict=True):
        np.testing.assert_allclose(again, plain, rtol=1e-5, atol=1e-6)
    assert sizes[1] < 0.6 * sizes[0], sizes


def peak(nodes):
    """The most elements that are alive at once when the nodes run in their order."""
    last, roots = {}, {}
    for at, node in enumerate(nodes):
        for value in node.inputs:
            last[roots.get(value, value)] = at
        if node.op.name in ("reshape", "recall"):
            roots[node.outputs[0]] = roots.get(node.inputs[0], node.inputs[0])
    alive, most = {}, 0
    for at, node in enumerate(nodes):
        if node.op.name not in ("reshape", "recall"):
            alive.update({value: int(np.prod(value.spec.shape)) for value in node.outputs})
        most = max(most, sum(alive.values()))
        alive = {value: size for value, size in alive.items() if last.get(value, -1) > at}
    return most


def test_gradients_of_gradients():
    x = keras.constant([0.3, -0.7])
    found = []
    for f in (
        lambda v: ops.sum(ops.tanh(v) ** 3),
        keras.remat(lambda v: ops.sum(ops.tanh(v) ** 3)),
    ):
        with keras.GradientTape() as outer:
            outer.watch(x)
            with keras.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            first = inner.gradient(y, x)
        found.append((first, outer.gradient(first, x)))
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-6)
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=1e-6)


def test_an_argument_may_be_a_result_too():
    x = keras.constant([2.0, 3.0])
    with keras.GradientTape() as tape:
        tape.watch(x)
        same, double = keras.remat(lambda v: (v, 2 * v))(x)
        y = ops.sum(same + double)
    np.testing.assert_array_equal(tape.gradient(y, x), [3.0, 3.0])


def test_random_numbers_are_the_same_in_the_second_pass():
    seed = keras.random.SeedGenerator(4)
    x = ops.ones((100,))
    noisy = keras.remat(lambda v: v * keras.random.normal((100,), seed=seed))
    with keras.GradientTape() as tape:
        tape.watch(x)
        y = noisy(x)
    state_after = np.array(seed.state)
    np.testing.assert_array_equal(tape.gradient(y, x), y)
    np.testing.assert_array_equal(seed.state, state_after)


def test_masks_pass_through():
    with keras.RematScope():
        layers = [keras.layers.Embedding(5, 3, mask_zero=True), keras.layers.LSTM(2)]
    model = keras.Sequential(layers)
    tokens = np.array([[1, 2, 0], [3, 0, 0]])
    plain = model(tokens)
    with keras.GradientTape():
        np.testing.assert_allclose(model(tokens), plain, rtol=1e-6)


def test_a_tensor_from_outside_is_refused_rather_than_lost():
    w = keras.Variable(2.0)
    with keras.GradientTape():
        outside = w * 3.0
        with pytest.raises(ValueError, match="make it an argument"):
            keras.remat(lambda v: v * outside)(ops.ones((2,)))


def test_scopes_are_undone_and_modes_checked():
    with contextlib.suppress(RuntimeError), keras.RematScope("full"):
        raise RuntimeError
    assert state.remat is None
    with keras.RematScope("full"), keras.RematScope(None):
        assert keras.layers.Dense(1)._remat_mode.mode is None
    with pytest.raises(ValueError, match="Received: mode='most'"):
        keras.RematScope("most")
