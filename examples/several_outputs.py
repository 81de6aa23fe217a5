"""One model, two inputs, three outputs: losses, weights and metrics by the outputs' names.

    python examples/several_outputs.py

From two pictures of digits it says what each of them shows and what the sum is. The digits come
with the package. Only half of the pairs have the first digit's label: the others get the weight 0.
"""

import numpy as np

import kerasette as keras
from kerasette import layers

keras.utils.set_random_seed(6)

(x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()


def pairs(x: np.ndarray, y: np.ndarray, count: int) -> tuple[dict, dict]:
    """Random pairs of digits, and what is to be said of them."""
    random = np.random.default_rng(count)
    first, second = random.integers(0, len(x), (2, count))
    pictures = x.astype("float32") / 16
    inputs = {"left": pictures[first], "right": pictures[second]}
    total = (y[first] + y[second]).astype("float32")[:, np.newaxis]
    return inputs, {"left_digit": y[first], "right_digit": y[second], "total": total}


x, y = pairs(x_train, y_train, 5000)
x_new, y_new = pairs(x_test, y_test, 1000)

# Both pictures are read by the same layers, which learn from both.
reader = keras.Sequential(
    [layers.Flatten(), layers.Dense(96, activation="relu"), layers.Dense(48, activation="relu")],
    name="reader",
)
left, right = keras.Input((8, 8), name="left"), keras.Input((8, 8), name="right")
seen_left, seen_right = reader(left), reader(right)
classify = layers.Dense(10, activation="softmax")
both = layers.Dense(64, activation="relu")(layers.concatenate([seen_left, seen_right]))
model = keras.Model(
    inputs={"left": left, "right": right},
    outputs={
        "left_digit": classify(seen_left),
        "right_digit": classify(seen_right),
        "total": layers.Dense(1, name="total")(both),
    },
)
model.compile(
    keras.optimizers.Adam(3e-3),
    loss={
        "left_digit": "sparse_categorical_crossentropy",
        "right_digit": "sparse_categorical_crossentropy",
        "total": keras.losses.Huber(),
    },
    loss_weights={"left_digit": 1.0, "right_digit": 1.0, "total": 0.5},
    metrics={"left_digit": ["accuracy"], "right_digit": ["accuracy"], "total": ["mae"]},
)
known = (np.arange(len(x["left"])) % 2).astype("float32")  # whether the left digit has a label
everywhere = np.ones_like(known)
history = model.fit(
    x,
    y,
    sample_weight={"left_digit": known, "right_digit": everywhere, "total": everywhere},
    batch_size=100,
    epochs=25,
    verbose=0,
)
print("what fit writes down:", ", ".join(sorted(history.history)))

found = model.evaluate(x_new, y_new, verbose=0, return_dict=True)
print("\n".join(f"  {name:22s} {value:.4f}" for name, value in found.items()))
outputs = model.predict({name: part[:4] for name, part in x_new.items()}, verbose=0)
for place in range(4):
    digits = [int(np.argmax(outputs[name][place])) for name in ("left_digit", "right_digit")]
    print(f"  {digits[0]} + {digits[1]} = {outputs['total'][place, 0]:.1f}")
assert found["left_digit_accuracy"] > 0.9 and found["right_digit_accuracy"] > 0.9, found
assert found["total_mae"] < 1.2, found
