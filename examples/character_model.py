"""A character model: it learns a text letter by letter, then goes on by itself.

    python examples/character_model.py

The text is a counting song. A GRU sees 20 characters and foretells the next at each place. To
write, a second model of the same layers is fed its own choices, one at a time: its layer is
stateful, so that it remembers what it wrote.
"""

import numpy as np

import kerasette as keras
from kerasette import layers, ops

keras.utils.set_random_seed(8)

NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()


def bottles(count: int) -> str:
    """ "three green bottles" """
    return f"{NUMBERS[count]} green bottle{'' if count == 1 else 's'}"


song = "".join(
    f"{bottles(n)} hanging on the wall,\n{bottles(n)} hanging on the wall,\n"
    f"and if one green bottle should accidentally fall,\n"
    f"there'll be {bottles(n - 1)} hanging on the wall.\n\n"
    for n in range(12, 0, -1)
)
characters = sorted(set(song))
number_of = {character: number for number, character in enumerate(characters)}
codes = np.array([number_of[character] for character in song], "int32")
print(f"{len(song)} characters, {len(characters)} different ones")

LENGTH = 20
windows = np.lib.stride_tricks.sliding_window_view(codes, LENGTH + 1)[::4]
x, y = windows[:, :-1], windows[:, 1:]  # at each place the character that follows


def character_model(**how) -> keras.Model:
    """Characters ``(batch, steps)`` to scores of the next ones ``(batch, steps, characters)``."""
    return keras.Sequential(
        [
            keras.Input(batch_shape=(how.pop("batch", None), None), dtype="int32"),
            layers.Embedding(len(characters), 16),
            layers.GRU(64, return_sequences=True, **how),
            layers.Dense(len(characters)),
        ]
    )


model = character_model()
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.02, clipnorm=1.0), loss, metrics=["accuracy"])
model.fit(x, y, batch_size=32, epochs=12, verbose=2)

writer = character_model(batch=1, stateful=True)
writer.set_weights(model.get_weights())


@keras.function
def next_scores(character):
    return writer(character)[0, -1]


def written(beginning: str, count: int, temperature: float = 0.2) -> str:
    """``count`` characters that follow; a low temperature keeps to what is most likely."""
    text, random = beginning, np.random.default_rng(0)
    for layer in writer.layers:
        if hasattr(layer, "reset_state"):
            layer.reset_state()
    for character in text:
        scores = next_scores(np.array([[number_of[character]]], "int32"))
    for _ in range(count):
        chances = ops.convert_to_numpy(ops.softmax(scores / temperature)).astype("float64")
        text += characters[random.choice(len(characters), p=chances / chances.sum())]
        scores = next_scores(np.array([[number_of[text[-1]]]], "int32"))
    return text


text = written("seven green", 120)
print(text)
words = text.split()[:-1]  # the last one may be cut
known = [word in song.split() for word in words]
assert np.mean(known) > 0.9, text
assert "hanging on the wall" in text
