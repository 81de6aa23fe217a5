"""An LSTM adds two numbers far apart: what recurrent layers with gates were made for.

    python examples/lstm_sequences.py

The adding problem: a sequence of random numbers, two of them marked; the answer is the sum of the
marked ones. It has to be carried over all steps in between. Who answers 1 every time, the mean,
has a mean squared error of 1/6.

Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9, 1997.
"""

import numpy as np

import kerasette as keras
from kerasette import layers

keras.utils.set_random_seed(4)


def sequences(count: int, steps: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Inputs ``(count, steps, 2)``: numbers and marks; and the sums ``(count, 1)``."""
    random = np.random.default_rng(count)
    numbers = random.uniform(size=(count, steps))
    marks = np.zeros((count, steps))
    rows, half = np.arange(count), steps // 2
    marks[rows, random.integers(0, half, count)] = 1  # one in the first half,
    marks[rows, random.integers(half, steps, count)] = 1  # one in the second
    sums = (numbers * marks).sum(axis=1, keepdims=True)
    return np.stack([numbers, marks], axis=2).astype("float32"), sums.astype("float32")


x_train, y_train = sequences(2000)
x_test, y_test = sequences(500)

model = keras.Sequential(
    [
        keras.Input((None, 2)),  # sequences may have any length
        layers.LSTM(32),
        layers.Dense(1),
    ]
)
model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0), "mse")
model.fit(
    x_train,
    y_train,
    batch_size=40,
    epochs=12,
    validation_split=0.1,
    callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=3, restore_best_weights=True)],
    verbose=2,
)

error = model.evaluate(x_test, y_test, verbose=0)
print(f"mean squared error {error:.5f}, of the mean as an answer {np.var(y_test):.5f}")
for numbers, answer in zip(x_test[:3], model.predict(x_test[:3], verbose=0), strict=True):
    first, second = numbers[numbers[:, 1] == 1, 0]
    print(f"  {first:.3f} + {second:.3f} = {answer[0]:.3f}")
assert error < 0.01, error
