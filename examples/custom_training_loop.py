"""A training loop of one's own: batches, a compiled step, metrics, and a schedule.

    python examples/custom_training_loop.py

Trains on the 8x8 digits that come with the package.
"""

import numpy as np

import kerasette as keras
from kerasette import layers

keras.utils.set_random_seed(1)

(x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
x_train, x_test = x_train / np.float32(16), x_test / np.float32(16)

model = keras.Sequential(
    [
        keras.Input((8, 8)),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10),
    ]
)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
schedule = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=200, decay_rate=0.5)
optimizer = keras.optimizers.Adam(schedule, global_clipnorm=1.0)
mean_loss = keras.metrics.Mean()
accuracy = keras.metrics.SparseCategoricalAccuracy()


@keras.function
def train_step(x, y):
    with keras.GradientTape() as tape:
        scores = model(x, training=True)
        loss = loss_of(y, scores)
    optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    mean_loss.update_state(loss)
    accuracy.update_state(y, scores)


@keras.function
def test_step(x, y):
    accuracy.update_state(y, model(x, training=False))


shuffle = np.random.default_rng(0)
for epoch in range(8):
    mean_loss.reset_state()
    accuracy.reset_state()
    order = shuffle.permutation(len(x_train))
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        train_step(x_train[rows], y_train[rows])
    trained = float(accuracy.result())
    accuracy.reset_state()
    test_step(x_test, y_test)
    print(
        f"epoch {epoch + 1}: loss {float(mean_loss.result()):.3f}, "
        f"accuracy {trained:.3f}, on held-out digits {float(accuracy.result()):.3f}"
    )
assert float(accuracy.result()) > 0.95
