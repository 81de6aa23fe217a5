"""Programs as users of Keras write them, on small data: they must run and reach what they should.

Each uses the framework as the guides teach it, not as its tests would.
"""

import numpy as np
import pytest

import kerasette as keras
from kerasette import layers, ops


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(0)


class TransformerBlock(layers.Layer):
    """Layers and a Sequential, all built when the block is first called."""

    def __init__(self, width, heads, inner, rate=0.1):
        super().__init__()
        self.attention = layers.MultiHeadAttention(num_heads=heads, key_dim=width)
        self.feed_forward = keras.Sequential(
            [layers.Dense(inner, activation="relu"), layers.Dense(width)]
        )
        self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.dropout = layers.Dropout(rate)

    def call(self, inputs):
        attended = self.norms[0](inputs + self.dropout(self.attention(inputs, inputs)))
        return self.norms[1](attended + self.feed_forward(attended))


class TokenAndPosition(layers.Layer):
    def __init__(self, length, words, width):
        super().__init__()
        self.tokens = layers.Embedding(words, width)
        self.positions = layers.Embedding(length, width)

    def call(self, x):
        return self.tokens(x) + self.positions(ops.arange(0, ops.shape(x)[-1], 1))


def test_a_transformer_of_blocks(tmp_path):
    length, words = 8, 12
    x = np.random.default_rng(0).integers(1, words, (200, length))
    y = (x == 7).any(axis=1).astype("int64")
    inputs = layers.Input(shape=(length,))
    hidden = TransformerBlock(8, 2, 8)(TokenAndPosition(length, words, 8)(inputs))
    hidden = layers.Dense(10, activation="relu")(layers.GlobalMaxPooling1D()(hidden))
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(hidden))
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = model.fit(x, y, epochs=8, validation_split=0.2, verbose=0).history
    assert history["val_accuracy"][-1] > 0.9
    paths = [weight.path for weight in model.weights]
    assert "transformer_block/sequential/dense/kernel" in paths
    assert "transformer_block/multi_head_attention/query/kernel" in paths
    model.save_weights(tmp_path / "block.weights.h5")
    before = model.predict(x, verbose=0)
    for weight in model.weights:
        weight.assign(weight * 0)
    model.load_weights(tmp_path / "block.weights.h5")
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)


def test_a_sequential_takes_what_its_layers_take():
    """Sizes of its first call bind nothing but the layers that they matter to."""
    model = keras.Sequential([layers.Embedding(50, 4, mask_zero=True), layers.LSTM(3)])
    short = model(np.array([[3, 4, 0], [5, 0, 0]]))
    padded = model(np.array([[3, 4, 0, 0, 0], [5, 0, 0, 0, 0]]))
    np.testing.assert_allclose(short, padded, rtol=1e-6)
    images = keras.Sequential([layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()])
    assert images(np.ones((1, 8, 8, 3))).shape == images(np.ones((1, 9, 5, 3))).shape == (1, 2)
    with pytest.raises(ValueError, match=r"conv2d.*3"):
        images(np.ones((1, 8, 8, 4)))
    fixed = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="dense"):
        fixed(np.ones((1, 5)))


def test_callbacks_name_their_arguments_as_they_like():
    seen = []

    class Mine(keras.callbacks.Callback):
        def on_epoch_end(self, number, values):
            seen.append((number, sorted(values)))

        def on_train_batch_end(self, step, found=None):
            seen.append((step, sorted(found)))

    log = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda e, what: seen.append(("begin", e)),
        on_train_end=lambda what: seen.append(("end", sorted(what))),
    )
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=4, verbose=0, callbacks=[Mine(), log])
    named = [(0, ["loss"]), (1, ["loss"]), (0, ["loss"])]
    assert seen == [("begin", 0), *named, ("end", ["loss"])]


class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        return mean + ops.exp(0.5 * log_variance) * noise


class VariationalAutoencoder(keras.Model):
    """Losses of its own, by ``add_loss``, added to the compiled one."""

    def __init__(self, size, inner=16, code=2):
        super().__init__()
        self.project = layers.Dense(inner, activation="relu")
        self.mean, self.log_variance = layers.Dense(code), layers.Dense(code)
        self.sample = Sampling()
        self.decoder = keras.Sequential(
            [layers.Dense(inner, activation="relu"), layers.Dense(size, activation="sigmoid")]
        )

    def call(self, inputs):
        hidden = self.project(inputs)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        divergence = log_variance - ops.square(mean) - ops.exp(log_variance) + 1
        self.add_loss(-0.005 * ops.mean(divergence))
        return self.decoder(self.sample((mean, log_variance)))


def test_a_variational_autoencoder():
    bright = np.random.default_rng(0).uniform(size=(200, 1)) > 0.5
    x = np.where(bright, np.arange(20) < 10, np.arange(20) >= 10).astype("float32")
    model = VariationalAutoencoder(20)
    model.compile(keras.optimizers.Adam(0.02), "mse")
    losses = model.fit(x, x, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.1 * losses[0]
    model(x)
    assert len(model.losses) == 1
    assert np.mean(np.round(model.predict(x, verbose=0)) == x) > 0.95


class GAN(keras.Model):
    """Two models, two optimizers, metrics of its own, in a ``train_step`` of its own."""

    def __init__(self, discriminator, generator, code):
        super().__init__()
        self.discriminator, self.generator, self.code = discriminator, generator, code
        self.seeds = keras.random.SeedGenerator(7)
        self.losses_of = [keras.metrics.Mean(name="d_loss"), keras.metrics.Mean(name="g_loss")]

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    @property
    def metrics(self):
        return self.losses_of

    def train_step(self, real):
        real = real[0] if isinstance(real, tuple) else real
        count = ops.shape(real)[0]
        noise = keras.random.normal((count, self.code), seed=self.seeds)
        both = ops.concatenate([self.generator(noise), real], axis=0)
        labels = ops.concatenate([ops.ones((count, 1)), ops.zeros((count, 1))], axis=0)
        with keras.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(both))
        weights = self.discriminator.trainable_weights
        gradients = tape.gradient(d_loss, weights)
        self.d_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        noise = keras.random.normal((count, self.code), seed=self.seeds)
        with keras.GradientTape() as tape:
            scores = self.discriminator(self.generator(noise))
            g_loss = self.loss_fn(ops.zeros((count, 1)), scores)
        weights = self.generator.trainable_weights
        gradients = tape.gradient(g_loss, weights)
        self.g_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        for metric, value in zip(self.losses_of, (d_loss, g_loss), strict=True):
            metric.update_state(value)
        return {metric.name: metric.result() for metric in self.losses_of}


def test_a_gan_finds_where_the_data_are():
    discriminator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(16), layers.LeakyReLU(negative_slope=0.2), layers.Dense(1)]
    )
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(16, activation="relu"), layers.Dense(2)]
    )
    points = np.random.default_rng(0).normal((3.0, -2.0), 0.3, (256, 2)).astype("float32")
    model = GAN(discriminator, generator, 3)
    model.compile(
        keras.optimizers.Adam(0.005, beta_1=0.5),
        keras.optimizers.Adam(0.005, beta_1=0.5),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    history = model.fit(points, epochs=40, batch_size=32, verbose=0).history
    assert set(history) == {"d_loss", "g_loss"} and model.make_train_function().compiled
    assert int(model.d_optimizer.iterations) == int(model.g_optimizer.iterations) == 40 * 8
    made = ops.convert_to_numpy(generator(keras.random.normal((200, 3), seed=1)))
    np.testing.assert_allclose(made.mean(axis=0), [3.0, -2.0], atol=1.0)


def test_transfer_learning():
    """A frozen base keeps weights and statistics; unfrozen and told ``training=False``, its
    statistics alone.
    """
    x = np.random.default_rng(0).normal(2.0, 1.0, (40, 6, 6, 3)).astype("float32")
    y = (x.mean(axis=(1, 2, 3)) > 2).astype("int32")
    base = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
        ],
        name="base",
    )
    base.trainable = False
    inputs = keras.Input((6, 6, 3))
    hidden = base(layers.Rescaling(0.5, offset=-1)(inputs), training=False)
    model = keras.Model(inputs, layers.Dense(1)(layers.Dropout(0.2)(hidden)))
    assert len(model.trainable_weights) == 2 and len(model.weights) == 8
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    before = [weight.numpy() for weight in base.weights]

    def same():
        return [
            np.array_equal(weight.numpy(), old)
            for weight, old in zip(base.weights, before, strict=True)
        ]

    model.compile("adam", loss, metrics=[keras.metrics.BinaryAccuracy()])
    model.fit(x, y, epochs=2, verbose=0)
    assert all(same())
    base.trainable = True
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    model.fit(x, y, epochs=1, verbose=0)
    names = [weight.name for weight in base.weights]
    kept = {name for name, is_same in zip(names, same(), strict=True) if is_same}
    assert kept == {"moving_mean", "moving_variance"}


def test_siamese_network():
    random = np.random.default_rng(0)
    a = random.normal(size=(200, 6)).astype("float32")
    alike = random.integers(0, 2, 200)
    b = np.where(alike[:, None], a + random.normal(0, 0.05, a.shape), random.normal(size=a.shape))

    def distance(vectors):
        x, y = vectors
        squares = ops.sum(ops.square(x - y), axis=1, keepdims=True)
        return ops.sqrt(ops.maximum(squares, keras.backend.epsilon()))

    embedding = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="tanh")])
    inputs = [keras.Input((6,)), keras.Input((6,))]
    merged = layers.Lambda(distance, output_shape=(1,))([embedding(part) for part in inputs])
    outputs = layers.Dense(1, activation="sigmoid")(layers.BatchNormalization()(merged))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.RMSprop(0.02), "binary_crossentropy", metrics=["accuracy"])
    model.fit([a, b], alike, epochs=12, batch_size=16, verbose=0)
    assert model.evaluate([a, b], alike, verbose=0)[1] > 0.9
    assert len(embedding.weights) == 2


def test_rare_class_with_class_weights():
    x = np.random.default_rng(0).normal(size=(600, 8)).astype("float32")
    y = (x[:, 0] > 1.6).astype("uint8")[:, None]
    counts = np.bincount(y[:, 0])
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(16, "relu"), layers.Dense(1, "sigmoid")]
    )
    kinds = {"tp": "TruePositives", "fp": "FalsePositives", "tn": "TrueNegatives"}
    metrics = [getattr(keras.metrics, kind)(name=name) for name, kind in kinds.items()]
    metrics += [keras.metrics.FalseNegatives(name="fn"), keras.metrics.Recall(name="recall")]
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=metrics)
    history = model.fit(
        x[:500],
        y[:500],
        epochs=10,
        verbose=0,
        validation_data=(x[500:], y[500:]),
        class_weight={0: 1 / counts[0], 1: 1 / counts[1]},
    ).history
    for prefix, rows in (("", 500), ("val_", 100)):
        assert sum(history[prefix + name][-1] for name in ("tp", "fp", "tn", "fn")) == rows
    assert history["recall"][-1] > 0.9


def test_texts_from_words_to_labels():
    good = ["a wonderful film", "a lovely story", "I loved it", "wonderful, great acting!"]
    bad = ["a terrible film", "a dull story", "I hated it", "awful, boring acting!"]
    texts, labels = np.array((good + bad) * 8), np.array(([1] * 4 + [0] * 4) * 8)
    vectorize = layers.TextVectorization(max_tokens=40, output_sequence_length=6)
    vectorize.adapt(texts)
    assert vectorize.get_vocabulary()[:2] == ["", "[UNK]"]
    x = ops.convert_to_numpy(vectorize(texts))
    assert x.shape == (64, 6) and x.dtype == "int64"
    inputs = keras.Input((None,), dtype="int64")
    hidden = layers.Embedding(vectorize.vocabulary_size(), 8, mask_zero=True)(inputs)
    hidden = layers.Bidirectional(layers.LSTM(6))(hidden)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    model.fit(x, labels, epochs=15, verbose=0)
    unseen = vectorize(["what a wonderful story", "what a dull film"])
    praise, blame = model.predict(ops.convert_to_numpy(unseen), verbose=0)[:, 0]
    assert praise > 0.6 > 0.4 > blame


def test_reading_a_sequence_writing_another():
    """Teacher forcing; then encoder and decoder taken apart from the trained layers."""
    read, write = keras.Input((None, 5)), keras.Input((None, 6))
    _, h, c = layers.LSTM(8, return_state=True)(read)
    decoder = layers.LSTM(8, return_sequences=True, return_state=True)
    classify = layers.Dense(6, activation="softmax")
    model = keras.Model([read, write], classify(decoder(write, initial_state=[h, c])[0]))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    random = np.random.default_rng(0)
    x, started = random.random((16, 4, 5)), random.random((16, 3, 6))
    y = np.eye(6)[random.integers(0, 6, (16, 3))]
    history = model.fit([x, started], y, epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    encoder = keras.Model(read, [h, c])
    states = [keras.Input((8,)), keras.Input((8,))]
    out, *after = decoder(write, initial_state=states)
    step = keras.Model([write, *states], [classify(out), *after])
    expected = model.predict([x[:1], started[:1]], verbose=0)[0]
    known = encoder.predict(x[:1], verbose=0)
    for place in range(3):
        scores, *known = step.predict([started[:1, place : place + 1], *known], verbose=0)
        np.testing.assert_allclose(scores[0, 0], expected[place], rtol=1e-5, atol=1e-6)


def test_a_summary_counts_an_optimizer_once_it_is_built():
    lines = []
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    model.compile("sgd", "mse")
    model.summary(print_fn=lines.append)
    assert any("Total params: 9 " in line for line in lines)
    model.fit(np.ones((2, 2)), np.ones((2, 3)), verbose=0)
    model.summary(print_fn=lines.append)
    assert any("Optimizer params: 2 " in line for line in lines)
