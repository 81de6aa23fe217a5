"""A small Transformer that reads film reviews: attention finds the words that belong together.

    python examples/transformer_text.py

The reviews are generated. Each says of three things whether they are good: "the music is lovely but
the plot is dull while the cast is bright". What is asked is whether the plot is praised. The same
words stand in good and bad reviews, so that counting words does not help much: the adjective has to
be joined to its noun.

Vaswani et al., Attention Is All You Need, 2017 (https://arxiv.org/abs/1706.03762).
"""

import numpy as np

import kerasette as keras
from kerasette import layers, ops

keras.utils.set_random_seed(2)

THINGS = "plot music acting light sound cast".split()
GOOD = "great lovely moving clever bright".split()
BAD = "dull empty clumsy flat tiresome".split()


def review(random: np.random.Generator) -> tuple[str, int]:
    """A text, and whether it praises the plot."""
    things = random.permutation(["plot", *random.choice(THINGS[1:], 2, replace=False)])
    praised = random.random(3) < 0.5
    said = [
        f"the {thing} is {random.choice(GOOD if good else BAD)}"
        for thing, good in zip(things, praised, strict=True)
    ]
    return f"{said[0]} but {said[1]} while {said[2]}", int(praised[list(things).index("plot")])


random = np.random.default_rng(0)
texts, labels = zip(*(review(random) for _ in range(2100)), strict=True)
texts, labels = np.array(texts), np.array(labels)

LENGTH, WIDTH = 14, 32
NORMAL = keras.initializers.RandomNormal(stddev=0.5)
vectorize = layers.TextVectorization(output_sequence_length=LENGTH)  # words become numbers,
vectorize.adapt(texts)  # 0 stands for what is missing at the end of a short text
words = vectorize.get_vocabulary()
x = ops.convert_to_numpy(vectorize(texts))


class Positions(layers.Layer):
    """Adds a learnt vector for each position: ``(batch, length, width)`` stays what it is."""

    def build(self, input_shape):
        self.vectors = self.add_weight(shape=input_shape[1:], initializer=NORMAL)
        self.supports_masking = True

    def call(self, inputs):
        return inputs + self.vectors


def block(inputs):
    """Each word looks at the others (attention), then thinks by itself (two dense layers)."""
    x = layers.LayerNormalization()(inputs)
    x = inputs + layers.MultiHeadAttention(num_heads=2, key_dim=WIDTH // 2, dropout=0.1)(x, x)
    thought = layers.Dense(2 * WIDTH, activation="gelu")(layers.LayerNormalization()(x))
    return x + layers.Dense(WIDTH)(thought)


inputs = keras.Input((LENGTH,), dtype="int32")
hidden = layers.Embedding(len(words), WIDTH, mask_zero=True, embeddings_initializer=NORMAL)(inputs)
hidden = Positions()(hidden)
hidden = block(hidden)  # a larger model has many of them
hidden = layers.GlobalMaxPooling1D()(layers.LayerNormalization()(hidden))
outputs = layers.Dense(1, activation="sigmoid")(hidden)
model = keras.Model(inputs, outputs, name="transformer")

BATCH, EPOCHS, TRAINING = 32, 6, 1600
schedule = keras.optimizers.schedules.CosineDecay(3e-3, decay_steps=EPOCHS * TRAINING // BATCH)
model.compile(keras.optimizers.AdamW(schedule), "binary_crossentropy", metrics=["accuracy"])
model.fit(x[:TRAINING], labels[:TRAINING], batch_size=BATCH, epochs=EPOCHS, verbose=2)
_, accuracy = model.evaluate(x[TRAINING:], labels[TRAINING:], verbose=0)
print(f"{len(words)} words, accuracy on new reviews {accuracy:.1%}")
for text in ("the plot is great but the cast is dull", "the cast is great but the plot is dull"):
    praise = model.predict(ops.convert_to_numpy(vectorize([text])), verbose=0)[0, 0]
    print(f"  {praise:.2f}  {text}")
assert accuracy > 0.97, accuracy
