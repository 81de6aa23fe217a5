"""Small models and data for the tests of training."""

import numpy as np

import kerasette as keras

ROWS, FEATURES = 22, 3


def rows(count=ROWS, seed=0):
    """``x``, numbers to learn, and class numbers."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, FEATURES)).astype("float32")
    y = (x @ np.array([[1.0], [-2.0], [0.5]]) + 0.1).astype("float32")
    return x, y, (x[:, 0] > 0).astype("int64")


def mlp(seed=1, outputs=1, dropout=0.0, **compiled):
    """A compiled perceptron, the same one for the same seed."""
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((FEATURES,)), keras.layers.Dense(5, activation="tanh")]
    if dropout:
        layers.append(keras.layers.Dropout(dropout))
    model = keras.Sequential([*layers, keras.layers.Dense(outputs)])
    model.compile(
        **({"optimizer": keras.optimizers.SGD(0.05, momentum=0.9), "loss": "mse"} | compiled)
    )
    return model


def forked(seed=1, kind="dict", **compiled):
    """Two inputs, two outputs: "value" and "kind"."""
    keras.utils.set_random_seed(seed)
    a, b = keras.Input((FEATURES,), name="a"), keras.Input((FEATURES,), name="b")
    x = keras.layers.Concatenate()([a, b])
    x = keras.layers.Dense(6, activation="tanh")(x)
    value = keras.layers.Dense(1, name="value")(x)
    which = keras.layers.Dense(2, activation="softmax", name="kind")(x)
    outputs = {"value": value, "kind": which} if kind == "dict" else [value, which]
    inputs = {"a": a, "b": b} if kind == "dict" else [a, b]
    model = keras.Model(inputs, outputs)
    if compiled:
        model.compile(**({"optimizer": "sgd"} | compiled))
    return model


def weights(model):
    return [variable.numpy() for variable in model.weights]


def same(first, second):
    """Whether two lists of arrays are equal to the bit."""
    return len(first) == len(second) and all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True)
    )


class Recorded(keras.callbacks.Callback):
    """Writes down every call of a hook."""

    HOOKS = tuple(
        f"on_{part}{batch}_{end}"
        for part in ("train", "test", "predict")
        for batch in ("", "_batch")
        for end in ("begin", "end")
    )

    def __init__(self, *hooks):
        super().__init__()
        self.calls = []
        for hook in hooks or (*self.HOOKS, "on_epoch_begin", "on_epoch_end"):
            setattr(self, hook, self._noting(hook))
        self.wants_batches = any("_batch_" in hook for hook in hooks or self.HOOKS)

    def _noting(self, hook):
        def note(*args):
            *numbers, logs = args
            self.calls.append((hook, *numbers, sorted(logs or ())))

        return note
