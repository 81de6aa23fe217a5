"""Models of every kind, trained on a little data."""

from typing import Any

import numpy as np

from tests.golden.harness import integers, real
from tests.saving.interchange.exchange import Row

MODELS: dict[str, Row] = {}
X, STEPS, IMAGES = real(12, 4), real(12, 5, 3), real(12, 6, 6, 2)
Y = (X @ real(4, 1, seed=1) + 0.3).astype("float32")
LABELS = integers(0, 3, 12)
IDS = integers(0, 6, 12, 5)
NO_H5 = {"h5": "Keras reads no functions of ops in .h5 files"}
SUBCLASSED = {"h5": "Keras writes no subclassed model to .h5"}


def row(x: Any, y: Any = Y, **how: Any) -> Any:
    """Decorator: a function ``keras -> model`` becomes the row of its name."""

    def enter(make: Any) -> Any:
        name = make.__name__.replace("_", " ")
        MODELS[name] = Row("models", name, make, x, y, **how)
        return make

    return enter


def compiled(model: Any, *args: Any, **arguments: Any) -> Any:
    """The model, compiled with Adam and the squared error unless told otherwise."""
    arguments = {"optimizer": "adam", "loss": "mse"} | arguments
    model.compile(*args, **arguments)
    return model


# --- Sequential -----------------------------------------------------------------------------------


@row(X)
def sequential(keras):
    dense = keras.layers.Dense
    return compiled(
        keras.Sequential([keras.Input((4,)), dense(5, activation="tanh"), dense(1)]),
        metrics=["mae"],
    )


@row(X)
def sequential_built_late(keras):
    model = keras.Sequential([keras.layers.Dense(5, activation="relu"), keras.layers.Dense(1)])
    model.build((None, 4))
    return compiled(model)


@row(X)
def sequential_with_input_shape(keras):
    return compiled(
        keras.Sequential([keras.layers.Dense(5, input_shape=(4,)), keras.layers.Dense(1)])
    )


@row(X)
def sequential_in_sequential(keras):
    inner = keras.Sequential(
        [keras.layers.BatchNormalization(), keras.layers.Dense(5)], name="inner"
    )
    return compiled(keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(1)]))


@row(IMAGES, LABELS)
def convolutional(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(3, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    return compiled(model, loss="sparse_categorical_crossentropy", metrics=["accuracy"])


@row(STEPS)
def recurrent(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.Masking(),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(4),
            layers.Dense(1),
        ]
    )
    return compiled(model)


@row(X)
def frozen_layers(keras):
    """A frozen layer has no slots in the optimizer's state."""
    frozen = keras.layers.Dense(5, trainable=False)
    return compiled(keras.Sequential([keras.Input((4,)), frozen, keras.layers.Dense(1)]))


@row(X)
def regularized(keras):
    layers = [
        keras.layers.Dense(5, kernel_regularizer="l2", bias_constraint="non_neg"),
        keras.layers.ActivityRegularization(l2=0.02),
        keras.layers.Dense(
            1,
            activity_regularizer=keras.regularizers.L1(0.01),
            kernel_constraint=keras.constraints.MaxNorm(2.0),
        ),
    ]
    return compiled(keras.Sequential([keras.Input((4,)), *layers]))


@row(X, tolerance=2e-2)
def mixed_bfloat16(keras):
    layers = [keras.layers.Dense(5, dtype="mixed_bfloat16"), keras.layers.Dense(1, dtype="float32")]
    return compiled(keras.Sequential([keras.Input((4,)), *layers]))


@row(X, None, unread={"h5": "Keras does not read its own bfloat16 there"})
def weights_in_bfloat16(keras):
    """Weights of a type that HDF5 does not have."""
    return keras.Sequential(
        [
            keras.Input((4,), dtype="bfloat16"),
            keras.layers.Dense(5, dtype="bfloat16"),
            keras.layers.Activation("linear", dtype="float32"),
        ]
    )


# --- Functional -----------------------------------------------------------------------------------


@row(X)
def functional(keras):
    inputs = keras.Input((4,), name="in")
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")(inputs)
    joined = keras.layers.Add()([hidden, inputs])
    return compiled(keras.Model(inputs, keras.layers.Dense(1)(joined), name="functional"))


@row([X, real(12, 4, seed=5)])
def shared_layer(keras):
    a, b = keras.Input((4,)), keras.Input((4,))
    shared = keras.layers.Dense(3, activation="tanh")
    joined = keras.layers.Concatenate()([shared(a), shared(b), shared(shared_twice(keras)(b))])
    return compiled(keras.Model([a, b], keras.layers.Dense(1)(joined)))


def shared_twice(keras):
    """A layer before a shared one."""
    return keras.layers.Dense(4, name="before")


@row([X, real(12, 4, seed=5)])
def shared_model(keras):
    """One inner model, called on two inputs."""
    inputs = keras.Input((4,))
    inner = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.BatchNormalization()(inputs)))
    a, b = keras.Input((4,)), keras.Input((4,))
    joined = keras.layers.Subtract()([inner(a), inner(b)])
    return compiled(keras.Model([a, b], keras.layers.Dense(1)(joined)))


@row(X)
def nested_models(keras):
    """A Functional in a Functional in a Sequential."""
    innermost = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, activation="relu")])
    inputs = keras.Input((4,))
    middle = keras.Model(inputs, keras.layers.Add()([innermost(inputs), inputs]), name="middle")
    return compiled(keras.Sequential([keras.Input((4,)), middle, keras.layers.Dense(1)]))


@row([X, STEPS], [Y, LABELS])
def several_inputs_and_outputs(keras):
    a, b = keras.Input((4,), name="a"), keras.Input((5, 3), name="b")
    joined = keras.layers.Concatenate()([a, keras.layers.GRU(3)(b)])
    value = keras.layers.Dense(1, name="value")(joined)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(joined)
    return compiled(
        keras.Model([a, b], [value, kind]),
        loss=["mse", "sparse_categorical_crossentropy"],
        loss_weights=[1.0, 0.5],
        metrics=[["mae"], ["accuracy"]],
    )


@row({"a": X, "b": STEPS}, {"value": Y, "kind": LABELS})
def dicts_of_inputs_and_outputs(keras):
    inputs = {"a": keras.Input((4,), name="a"), "b": keras.Input((5, 3), name="b")}
    joined = keras.layers.Concatenate()([inputs["a"], keras.layers.LSTM(3)(inputs["b"])])
    outputs = {
        "value": keras.layers.Dense(1, name="value")(joined),
        "kind": keras.layers.Dense(3, activation="softmax", name="kind")(joined),
    }
    return compiled(
        keras.Model(inputs, outputs),
        loss={"value": "mse", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"value": 0.5, "kind": 2.0},
        metrics={"kind": ["accuracy"]},
    )


@row(X)
def operations_with_constants(keras):
    """Functions of ``ops`` in the graph, with numbers, axes, arrays and names as arguments."""
    ops = keras.ops
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4)(inputs)
    x = ops.clip(x * 2.0 + 1.0, -1.5, 1.5)
    x = ops.concatenate([x, ops.expand_dims(ops.mean(x, axis=-1), -1)], axis=1)
    x = ops.where(ops.greater(x, 0.0), x, 0.1 * x)
    x = ops.reshape(ops.transpose(ops.reshape(x, (-1, 5, 1)), (0, 2, 1)), (-1, 5))
    x = x - ops.convert_to_tensor(np.arange(5, dtype="float32"))
    x = x[:, 1:4] / (1 + ops.abs(ops.sum(x, axis=1, keepdims=True)))
    return compiled(keras.Model(inputs, keras.layers.Dense(1)(ops.relu(x))))


@row(IDS, LABELS)
def transformer_block(keras):
    layers, ops = keras.layers, keras.ops
    ids = keras.Input((5,), dtype="int32")
    places = ops.cumsum(ops.ones_like(ids), axis=1) - 1
    x = layers.Embedding(6, 4)(ids) + layers.Embedding(5, 4)(places)
    attended = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    x = layers.LayerNormalization()(x + attended)
    x = layers.LayerNormalization()(x + layers.Dense(4)(layers.Dense(8, activation="gelu")(x)))
    outputs = layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x))
    return compiled(
        keras.Model(ids, outputs), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )


@row(IDS, LABELS)
def masked_text(keras):
    layers = keras.layers
    ids = keras.Input((5,), dtype="int32")
    x = layers.Embedding(6, 4, mask_zero=True)(ids)
    x = layers.LSTM(4, return_sequences=True)(x)
    outputs = layers.Dense(3)(layers.GlobalAveragePooling1D()(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(keras.Model(ids, outputs), loss=loss)


@row(STEPS)
def states_between_layers(keras):
    """An encoder's states begin a decoder."""
    inputs = keras.Input((5, 3))
    _, h, c = keras.layers.LSTM(4, return_state=True)(inputs)
    decoded = keras.layers.LSTM(4)(inputs, initial_state=[h, c])
    return compiled(keras.Model(inputs, keras.layers.Dense(1)(decoded)))


# --- classes of one's own -------------------------------------------------------------------------


def registered(keras: Any, cls: type) -> type:
    """The class, known to files."""
    return keras.saving.register_keras_serializable("interchange")(cls)


@row(X, without=SUBCLASSED)
def subclassed(keras):
    class Perceptron(keras.Model):
        def __init__(self, units=5, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.hidden = keras.layers.Dense(units, activation="tanh")
            self.blocks = [keras.layers.BatchNormalization(), keras.layers.Dense(4)]
            self.heads = {"value": keras.layers.Dense(1)}

        def call(self, inputs, training=None):
            x = self.hidden(inputs)
            x = self.blocks[1](self.blocks[0](x, training=training))
            return self.heads["value"](x)

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    model = registered(keras, Perceptron)()
    model(np.zeros((1, 4), "float32"))
    return compiled(model)


@row(X, without=SUBCLASSED)
def subclassed_with_inner_models(keras):
    class Doubled(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            dense = keras.layers.Dense
            self.first = keras.Sequential([dense(4, activation="relu"), dense(4)])
            inputs = keras.Input((4,))
            self.second = keras.Model(inputs, dense(1)(inputs))

        def call(self, inputs):
            return self.second(self.first(inputs) + inputs)

    model = registered(keras, Doubled)()
    model(np.zeros((1, 4), "float32"))
    return compiled(model)


@row(X)
def own_layer(keras):
    """A layer with weights of its own and one inside, and a Functional around it."""

    class Scaled(keras.layers.Layer):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor
            self.inner = keras.layers.Dense(3)

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), name="scale")
            self.count = self.add_weight(
                shape=(), name="count", trainable=False, initializer="zeros"
            )
            self.inner.build(input_shape)

        def call(self, inputs):
            return self.inner(inputs * self.scale * self.factor) + self.count

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], 3)

        def get_config(self):
            return {**super().get_config(), "factor": self.factor}

    inputs = keras.Input((4,))
    x = registered(keras, Scaled)(factor=0.5)(inputs)
    return compiled(keras.Model(inputs, keras.layers.Dense(1)(x)))


@row(X)
def own_functions(keras):
    """An activation, a loss and a metric of one's own, by their registered names."""

    def swish(x):
        return x * keras.ops.sigmoid(x)

    def half_square(y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1) / 2

    def bias(y_true, y_pred):
        return keras.ops.mean(y_pred - y_true, axis=-1)

    swish, half_square, bias = (registered(keras, f) for f in (swish, half_square, bias))
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(5, activation=swish), keras.layers.Dense(1)]
    )
    return compiled(model, loss=half_square, metrics=[bias])


@row(X)
def subclassed_functional(keras):
    """A subclass that is made of inputs and outputs."""

    class Own(keras.Model):
        def __init__(self, units, **kwargs):
            inputs = keras.Input((4,))
            hidden = keras.layers.Dense(units, activation="tanh")(inputs)
            super().__init__(inputs, keras.layers.Dense(1)(hidden), **kwargs)
            self.units = units

        def get_config(self):
            return {"units": self.units, "name": self.name}

    return compiled(registered(keras, Own)(units=5))
