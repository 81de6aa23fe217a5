"""An autoencoder: digits of 64 pixels through a bottleneck of 6 numbers, and back.

    python examples/autoencoder.py

It is trained to give back what it was given, with no labels. It is compared with the best linear
bottleneck of that size, principal components; then it cleans digits that noise has spoilt.
"""

import numpy as np

import kerasette as keras
from kerasette import layers

keras.utils.set_random_seed(5)

(x_train, _), (x_test, _) = keras.datasets.digits.load_data()
x_train, x_test = (x.astype("float32").reshape(-1, 64) / 16 for x in (x_train, x_test))

CODE = 6
encoder = keras.Sequential(
    [keras.Input((64,)), layers.Dense(96, activation="relu"), layers.Dense(CODE)], name="encoder"
)
decoder = keras.Sequential(
    [keras.Input((CODE,)), layers.Dense(96, activation="relu"), layers.Dense(64, "sigmoid")],
    name="decoder",
)
autoencoder = keras.Sequential([keras.Input((64,)), encoder, decoder], name="autoencoder")
autoencoder.compile(keras.optimizers.Adam(3e-3), "mse")
noisy = x_train + np.random.default_rng(0).normal(0, 0.15, x_train.shape).astype("float32")
x, y = np.concatenate([x_train, noisy]), np.concatenate([x_train, x_train])
autoencoder.fit(x, y, batch_size=50, epochs=40, verbose=0)
autoencoder.summary(expand_nested=True)

error = autoencoder.evaluate(x_test, x_test, verbose=0)
mean = x_train.mean(axis=0)
_, _, axes = np.linalg.svd(x_train - mean, full_matrices=False)
linear = (x_test - mean) @ axes[:CODE].T @ axes[:CODE] + mean
linear_error = float(np.mean((linear - x_test) ** 2))
print(f"squared error on held-out digits: {error:.4f}, by principal components {linear_error:.4f}")


def drawn(*digits: np.ndarray) -> str:
    """Digits side by side, in characters."""
    shades = np.array(list(" .:-=+*#%@"))
    rows = np.concatenate([np.clip(d, 0, 1).reshape(8, 8) for d in digits], axis=1)
    return "\n".join("  " + "".join(np.repeat(row, 2)) for row in shades[(rows * 9).astype(int)])


digit = x_test[:1]
spoilt = digit + np.random.default_rng(1).normal(0, 0.2, digit.shape).astype("float32")
print("a digit, the same with noise, what comes out:")
print(drawn(digit, spoilt, autoencoder.predict(spoilt, verbose=0)))
assert encoder.predict(x_test, verbose=0).shape == (len(x_test), CODE)
assert error < 0.75 * linear_error, (error, linear_error)
