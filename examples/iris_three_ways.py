"""Iris in the three styles of models: Sequential, Functional, and a subclass.

    python examples/iris_three_ways.py

Each trains on two thirds of the 150 flowers and is tested on the others.
"""

import numpy as np

import kerasette as keras
from kerasette import layers

keras.utils.set_random_seed(7)

(x_train, y_train), (x_test, y_test) = keras.datasets.iris.load_data(test_size=1 / 3)
mean, scale = x_train.mean(axis=0), x_train.std(axis=0)
x_train, x_test = (x_train - mean) / scale, (x_test - mean) / scale


def sequential() -> keras.Model:
    model = keras.Sequential(name="sequential")
    model.add(layers.Dense(8, activation="relu", input_shape=(4,)))
    model.add(layers.Dense(3, activation="softmax"))
    return model


def functional() -> keras.Model:
    inputs = keras.Input(shape=(4,))
    hidden = layers.Dense(8, activation="relu")(inputs)
    outputs = layers.Dense(3, activation="softmax")(hidden)
    return keras.Model(inputs, outputs, name="functional")


class Flowers(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="subclass")
        self.hidden = layers.Dense(8, activation="relu")
        self.classify = layers.Dense(3, activation="softmax")

    def call(self, inputs):
        return self.classify(self.hidden(inputs))


for make in (sequential, functional, Flowers):
    model = make()
    model.compile(
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = model.fit(
        x_train, y_train, batch_size=15, epochs=60, validation_data=(x_test, y_test), verbose=0
    )
    predicted = np.argmax(model.predict(x_test, verbose=0), axis=-1)
    accuracy = float(np.mean(predicted == y_test))
    losses = history.history["val_loss"]
    print(
        f"{model.name:10s} {model.count_params()} weights, validation loss {losses[0]:.3f} -> "
        f"{losses[-1]:.3f}, accuracy on the held-out third {accuracy:.1%}"
    )
    assert accuracy >= 0.95, accuracy
model.summary()
