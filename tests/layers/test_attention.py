"""Attention layers against loops; masks, dropout, gradients, sharing of heads, configs."""

import numpy as np
import pytest
from scipy.special import softmax

import kerasette as keras
from kerasette import layers, ops
from tests.ops.gradients import check

RANDOM = np.random.default_rng(0)
QUERY, VALUE, KEY = (RANDOM.normal(size=(2, n, 4)) for n in (3, 5, 5))
MASK = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0]], bool)
CAUSAL = np.tril(np.ones((5, 5), bool))


def float64(layer_class, *args, **kwargs):
    keras.utils.set_random_seed(2)
    return layer_class(*args, dtype="float64", **kwargs)


def weighted(scores, values, mask=True):
    weights = softmax(np.where(mask, scores, -np.inf), axis=-1)
    return weights @ values, weights


@pytest.mark.parametrize("mask", [None, MASK])
def test_attention(mask):
    layer = float64(layers.Attention)
    shown = True if mask is None else mask[:, None]
    given = None if mask is None else [None, ops.array(mask)]
    expected, weights = weighted(QUERY @ KEY.transpose(0, 2, 1), VALUE, shown)
    found = layer([QUERY, VALUE, KEY], mask=given, return_attention_scores=True)
    np.testing.assert_allclose(found[0], expected, atol=1e-9)
    np.testing.assert_allclose(found[1], weights, atol=1e-9)


def test_concatenated_and_additive_scores():
    wide = QUERY[:, :, None] + KEY[:, None]
    layer = float64(layers.Attention, score_mode="concat", use_scale=True)
    layer.build([QUERY.shape, VALUE.shape, KEY.shape])
    layer.scale.assign(0.7)
    layer.concat_score_weight.assign(1.3)
    scores = 1.3 * np.tanh(0.7 * wide).sum(-1)
    np.testing.assert_allclose(layer([QUERY, VALUE, KEY]), weighted(scores, VALUE)[0], atol=1e-9)
    additive = float64(layers.AdditiveAttention)
    additive.build([QUERY.shape, VALUE.shape, KEY.shape])
    (scale,) = additive.get_weights()
    scores = (scale * np.tanh(wide)).sum(-1)
    np.testing.assert_allclose(additive([QUERY, VALUE, KEY]), weighted(scores, VALUE)[0], atol=1e-9)


def test_the_query_mask_zeroes_its_outputs():
    given = [ops.array([[True, False, True]] * 2), None]
    found = np.asarray(float64(layers.Attention)([QUERY, VALUE], mask=given))
    assert (found[:, 1] == 0).all()
    assert (found[:, [0, 2]] != 0).all()


@pytest.mark.parametrize("kind", [layers.Attention, layers.AdditiveAttention])
def test_causal(kind):
    layer = float64(kind)
    whole = np.asarray(layer([VALUE, VALUE], use_causal_mask=True))
    for end in range(2, 6):  # later values change nothing
        part = layer([VALUE[:, :end], VALUE[:, :end]], use_causal_mask=True)
        np.testing.assert_allclose(part, whole[:, :end], atol=1e-9)


def heads_by_hand(layer, mask=True):
    """Multi-head attention of QUERY, VALUE and KEY, head by head."""
    (wq, bq), (wk, bk), (wv, bv), (wo, bo) = (
        [np.asarray(w) for w in dense.weights]
        for dense in (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense)
    )
    total = bo
    for head in range(layer.num_heads):
        q, k = QUERY @ wq[:, head] + bq[head], KEY @ wk[:, head] + bk[head]
        v = VALUE @ wv[:, head] + bv[head]
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(layer.key_dim)
        total = total + weighted(scores, v, mask)[0] @ wo[head]
    return total


@pytest.mark.parametrize("mask", [None, MASK])
def test_multi_head_attention(mask):
    layer = float64(layers.MultiHeadAttention, 2, 3, value_dim=5, bias_initializer="normal")
    given = None if mask is None else ops.array(mask)
    found = layer(QUERY, VALUE, KEY, value_mask=given)
    expected = heads_by_hand(layer, True if mask is None else mask[:, None])
    np.testing.assert_allclose(found, expected, atol=1e-9)
    scored, scores = layer(QUERY, VALUE, KEY, value_mask=given, return_attention_scores=True)
    np.testing.assert_allclose(scored, expected, atol=1e-8)
    assert scores.shape == (2, 2, 3, 5)
    np.testing.assert_allclose(np.asarray(scores).sum(-1), 1, atol=1e-6)
    traced = keras.function(lambda q, v, k: layer(q, v, k, value_mask=given))
    found = traced(*(ops.array(x) for x in (QUERY, VALUE, KEY)))
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_masks_carried_by_embeddings():
    embedding = layers.Embedding(6, 4, mask_zero=True)
    words = embedding(np.array([[1, 2, 3, 0, 0]]))
    layer = layers.MultiHeadAttention(2, 2)
    masked = np.asarray(layer(words, words))
    short = embedding(np.array([[1, 2, 3]]))
    np.testing.assert_allclose(masked[:, :3], layer(short, short), atol=1e-6)
    found = layer(words, words)
    np.testing.assert_array_equal(found._keras_mask, [[True, True, True, False, False]])


@pytest.mark.parametrize("scores", [False, True])
def test_causal_and_windowed_heads(scores):
    layer = float64(layers.MultiHeadAttention, 2, 3, sliding_window=2)

    def attend(values, **kwargs):
        found = layer(values, values, return_attention_scores=scores, **kwargs)
        return np.asarray(found[0] if scores else found)

    whole = attend(VALUE, use_causal_mask=True)
    for t in range(5):  # the place itself and the one before
        part = VALUE[:, max(0, t - 1) : t + 1]
        np.testing.assert_allclose(
            attend(part, use_causal_mask=True)[:, -1], whole[:, t], atol=1e-7
        )
    both = attend(VALUE)
    np.testing.assert_allclose(attend(VALUE[:, 1:4])[:, 1], both[:, 2], atol=1e-7)


def test_attention_over_another_axis():
    layer = float64(layers.MultiHeadAttention, 2, 3, attention_axes=2)
    x = RANDOM.normal(size=(2, 3, 5, 4))
    found = np.asarray(layer(x, x))
    for row in range(3):  # rows know nothing of each other
        alone = layer(x[:, row : row + 1], x[:, row : row + 1])
        np.testing.assert_allclose(alone, found[:, row : row + 1], atol=1e-9)


def test_grouped_queries_of_as_many_heads_are_multi_head_attention():
    grouped = float64(layers.GroupQueryAttention, 3, 2, 2)
    plain = float64(layers.MultiHeadAttention, 2, 3)
    grouped.build(QUERY.shape, VALUE.shape)
    plain.build(QUERY.shape, VALUE.shape)
    plain.set_weights(grouped.get_weights())
    for kwargs in ({}, {"value_mask": ops.array(MASK)}):
        np.testing.assert_allclose(
            grouped(QUERY, VALUE, **kwargs), plain(QUERY, VALUE, **kwargs), atol=1e-9
        )


def test_grouped_queries_share_keys():
    grouped = float64(layers.GroupQueryAttention, 3, 4, 2)
    plain = float64(layers.MultiHeadAttention, 4, 3)
    grouped.build(QUERY.shape, VALUE.shape)
    plain.build(QUERY.shape, VALUE.shape)
    weights = [
        np.repeat(w, 2, axis=-2) if index in (2, 3, 4, 5) else w
        for index, w in enumerate(grouped.get_weights())
    ]
    plain.set_weights(weights)
    np.testing.assert_allclose(grouped(QUERY, VALUE), plain(QUERY, VALUE), atol=1e-9)
    with pytest.raises(ValueError, match="num_query_heads"):
        layers.GroupQueryAttention(3, 4, 3)


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        (layers.MultiHeadAttention, (2, 3)),
        (layers.GroupQueryAttention, (3, 2, 1)),
    ],
)
def test_gradients_of_heads(kind, args):
    layer = float64(kind, *args)
    layer.build(QUERY.shape, VALUE.shape)
    check(lambda q, v: layer(q, v, value_mask=ops.array(MASK)), QUERY, VALUE)
    check(lambda q, v: layer(q, v, return_attention_scores=True), QUERY, VALUE)


@pytest.mark.parametrize("kind", [layers.Attention, layers.AdditiveAttention])
def test_gradients(kind):
    layer = float64(kind)
    layer([QUERY, VALUE, KEY])
    mask = [None, ops.array(MASK)]
    check(lambda q, v, k: layer([q, v, k], mask=mask), QUERY, VALUE, KEY)


def test_dropout():
    for layer, inputs in (
        (layers.MultiHeadAttention(2, 3, dropout=0.5, seed=1), (QUERY, VALUE)),
        (layers.Attention(dropout=0.5, seed=1), ([QUERY, VALUE],)),
        (layers.GroupQueryAttention(3, 2, 1, dropout=0.5, seed=1), (QUERY, VALUE)),
    ):
        plain = np.asarray(layer(*inputs))
        np.testing.assert_array_equal(layer(*inputs), plain)
        one, two = (np.asarray(layer(*inputs, training=True)) for _ in range(2))
        assert np.abs(one - two).max() > 1e-3
        mean = np.mean([layer(*inputs, training=True) for _ in range(600)], axis=0)
        np.testing.assert_allclose(mean, plain, atol=0.25)


@pytest.mark.parametrize(
    "layer",
    [
        layers.MultiHeadAttention(2, 3, value_dim=2, use_bias=False, output_shape=7),
        layers.MultiHeadAttention(2, 3, use_gate=True, sliding_window=3, dtype="mixed_bfloat16"),
        layers.GroupQueryAttention(3, 4, 2, dropout=0.1, kernel_regularizer="l2"),
    ],
)
def test_config_and_symbols(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    query, value = keras.Input((None, 4)), keras.Input((5, 4))
    size = 7 if getattr(layer, "output_shape", None) else 4
    outputs = layer(query, value)
    assert outputs.shape == (None, None, size)
    model = keras.Model([query, value], outputs)
    given = [QUERY.astype("float32"), VALUE.astype("float32")]
    again.build(QUERY.shape, VALUE.shape)
    again.set_weights(layer.get_weights())
    found = again(*given)
    assert found.dtype == layer.compute_dtype
    np.testing.assert_allclose(
        np.asarray(model(given), "float32"), np.asarray(found, "float32"), atol=1e-5
    )


def test_wrong_arguments():
    with pytest.raises(ValueError, match="num_heads"):
        layers.MultiHeadAttention(0, 3)
    with pytest.raises(ValueError, match=r"dropout=0\.5"):
        layers.MultiHeadAttention(2, 3, dropout=0.5, flash_attention=True)
    with pytest.raises(ValueError, match="score_mode"):
        layers.Attention(score_mode="product")
    with pytest.raises(ValueError, match="`value` and `key`"):
        layers.MultiHeadAttention(2, 3)(QUERY, VALUE, QUERY)
    with pytest.raises(ValueError, match="list"):
        layers.Attention()(QUERY)
    flash = layers.MultiHeadAttention(2, 3, flash_attention=True)
    with pytest.raises(ValueError, match="gives no scores"):
        flash(QUERY, VALUE, return_attention_scores=True)


def test_fit_finds_the_marked_value():
    keras.utils.set_random_seed(0)
    x = RANDOM.normal(size=(256, 6, 2)).astype("float32")
    place = RANDOM.integers(0, 6, 256)
    x[..., 1] = 0
    x[np.arange(256), place, 1] = 3.0
    y = (x[np.arange(256), place, 0] > 0).astype("float32")
    inputs = keras.Input((6, 2))
    h = layers.Dense(8)(inputs)
    h = layers.MultiHeadAttention(2, 8)(h, h)
    h = layers.GlobalAveragePooling1D()(h)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(h))
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=15, batch_size=32, verbose=0)
    assert history.history["accuracy"][-1] > 0.9
