"""The workloads as Keras programs: ``python keras_programs.py WORKLOAD`` prints what it measured.

The library is ``keras``, or what ``KERAS_MODULE`` names (kerasette); for Keras itself
``KERAS_BACKEND`` chooses what it runs on.
"""

import importlib
import os
import sys
import time

STARTED = time.perf_counter()

import measuring  # noqa: E402 (the clock starts before anything is imported)
import numpy as np  # noqa: E402

keras = importlib.import_module(os.environ.get("KERAS_MODULE", "keras"))
layers = keras.layers


def mlp_iris():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def tabular():
    parts = [keras.Input((30,))]
    for _ in range(3):
        parts += [layers.Dense(64), layers.BatchNormalization(), layers.Activation("relu")]
    model = keras.Sequential([*parts, layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def mnist_mlp():
    model = keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def mnist_cnn():
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def resnet():
    """ResNet-20 for 32x32 pictures (He et al., 2015)."""

    def block(x, filters, stride):
        y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        if stride != 1:
            x = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
            x = layers.BatchNormalization()(x)
        return layers.ReLU()(layers.Add()([x, y]))

    inputs = x = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for filters in (16, 32, 64):
        for number in range(3):
            x = block(x, filters, 2 if filters > 16 and number == 0 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def lstm():
    model = keras.Sequential(
        [
            keras.Input((200,), dtype="int32"),
            layers.Embedding(20000, 128),
            layers.Bidirectional(layers.LSTM(64, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(64)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def gpt():
    width, length, vocabulary = 128, 128, 2000
    inputs = keras.Input((length,), dtype="int32")
    x = layers.Embedding(vocabulary, width)(inputs)
    x = x + layers.Embedding(length, width)(keras.ops.arange(length))
    for _ in range(4):
        y = layers.LayerNormalization()(x)
        y = layers.MultiHeadAttention(4, width // 4)(y, y, use_causal_mask=True)
        x = layers.Add()([x, y])
        y = layers.LayerNormalization()(x)
        y = layers.Dense(4 * width, activation="gelu")(y)
        x = layers.Add()([x, layers.Dense(width)(y)])
    x = layers.Dense(vocabulary)(layers.LayerNormalization()(x))
    model = keras.Model(inputs, x)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    return model


MODELS = {
    "iris": mlp_iris,
    "tabular": tabular,
    "mnist_mlp": mnist_mlp,
    "mnist_cnn": mnist_cnn,
    "resnet": resnet,
    "lstm": lstm,
    "gpt": gpt,
}


def main(name: str) -> None:
    """Train, predict, and print the times."""
    x, y, batch, steps = measuring.data(name)
    model = MODELS[name]()
    model.fit(x[: 2 * batch], y[: 2 * batch], batch_size=batch, verbose=0)
    found = {"first_epoch_s": time.perf_counter() - STARTED}
    rows = batch * steps
    x, y = (
        np.tile(x, (-(-rows // len(x)),) + (1,) * (x.ndim - 1))[:rows],
        np.resize(y, (rows, *y.shape[1:])),
    )
    epochs = measuring.EPOCHS.get(name, 1)

    def train() -> None:
        model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)

    train()
    found["step_ms"] = measuring.median(train, 1.0) / (steps * epochs) * 1e3
    one, some = x[:1], x[:batch]
    found["predict_batch_ms"] = 1e3 * measuring.median(
        lambda: model.predict(some, batch_size=batch, verbose=0), 0.3
    )
    found["predict_one_ms"] = 1e3 * measuring.median(lambda: model.predict(one, verbose=0), 0.3)
    found["call_one_ms"] = 1e3 * measuring.median(
        lambda: keras.ops.convert_to_numpy(model(one, training=False)), 0.3
    )
    measuring.report(found)


if __name__ == "__main__":
    main(sys.argv[1])
