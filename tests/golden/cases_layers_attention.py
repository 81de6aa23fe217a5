"""keras.layers: dot-product, additive, multi-head and grouped-query attention."""

from tests.golden.harness import bools, differentiate, real, record, tensor_of
from tests.golden.layer_case import LayerCases, set_weights

CASES = LayerCases("layers_attention")
layer = CASES.layer

QUERY, VALUE, KEY = real(2, 3, 4), real(2, 5, 4, seed=1), real(2, 5, 4, seed=2)
QUERY_MASK, VALUE_MASK = bools(2, 3), bools(2, 5)
VALUE_MASK[:, 0] = True
PAIRS = bools(2, 3, 5)
PAIRS[..., 1] = True

for variant in ({}, {"use_scale": True}, {"score_mode": "concat"}):
    layer("Attention", variant, [QUERY, VALUE])
    layer("Attention", variant, [QUERY, VALUE, KEY])
    layer("Attention", variant, [QUERY, VALUE], mask=[QUERY_MASK, VALUE_MASK])
    layer("Attention", variant, [QUERY, VALUE], return_attention_scores=True)
layer("Attention", {}, [QUERY, real(2, 3, 4, seed=3)], use_causal_mask=True)
layer("Attention", {}, [QUERY, VALUE], mask=[None, VALUE_MASK])
layer("Attention", {"dropout": 0.5}, [QUERY, VALUE], training=False)
for variant in ({}, {"use_scale": False}):
    layer("AdditiveAttention", variant, [QUERY, VALUE])
    layer("AdditiveAttention", variant, [QUERY, VALUE, KEY], mask=[QUERY_MASK, VALUE_MASK])
    layer("AdditiveAttention", variant, [QUERY, VALUE], return_attention_scores=True)
layer("AdditiveAttention", {}, [QUERY, real(2, 3, 4, seed=3)], use_causal_mask=True)

HEADS = {"num_heads": 2, "key_dim": 3}
for variant in (
    {},
    {"value_dim": 5},
    {"use_bias": False},
    {"output_shape": 6},
    {"dropout": 0.5},
    {"use_gate": True},
):
    layer("MultiHeadAttention", {**HEADS, **variant}, QUERY, VALUE, training=False)
layer("MultiHeadAttention", HEADS, QUERY, VALUE, KEY)
layer("MultiHeadAttention", HEADS, QUERY, VALUE, return_attention_scores=True)
layer("MultiHeadAttention", HEADS, QUERY, VALUE, attention_mask=PAIRS)
layer("MultiHeadAttention", HEADS, QUERY, VALUE, attention_mask=PAIRS, return_attention_scores=True)
layer("MultiHeadAttention", HEADS, QUERY, VALUE, query_mask=QUERY_MASK, value_mask=VALUE_MASK)
layer("MultiHeadAttention", HEADS, QUERY, QUERY, use_causal_mask=True)
layer("MultiHeadAttention", {**HEADS, "sliding_window": 2}, VALUE, VALUE)
layer("MultiHeadAttention", {**HEADS, "sliding_window": 2}, VALUE, VALUE, use_causal_mask=True)
layer("MultiHeadAttention", {**HEADS, "attention_axes": (1, 2)}, real(2, 3, 2, 4), real(2, 2, 2, 4))
layer("MultiHeadAttention", {**HEADS, "attention_axes": 2}, real(2, 3, 2, 4), real(2, 3, 4, 4))
layer("MultiHeadAttention", {**HEADS, "kernel_regularizer": "l2"}, QUERY, VALUE)

GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
for variant in ({}, {"use_bias": False}, {"num_key_value_heads": 1}, {"use_gate": True}):
    layer("GroupQueryAttention", {**GROUPS, **variant}, QUERY, VALUE)
layer("GroupQueryAttention", GROUPS, QUERY, VALUE, KEY, return_attention_scores=True)
layer("GroupQueryAttention", GROUPS, QUERY, VALUE, attention_mask=PAIRS)
# A query that is masked out: on torch it passes a gradient on, on other backends it does not.
layer("GroupQueryAttention", GROUPS, QUERY, VALUE, value_mask=VALUE_MASK)
layer("GroupQueryAttention", GROUPS, QUERY, QUERY, use_causal_mask=True)
layer("GroupQueryAttention", {**GROUPS, "sliding_window": 2}, VALUE, VALUE)


@CASES.case("layers.MultiHeadAttention", "layers.LayerNormalization", "layers.Embedding")
def transformer_block(keras):
    """A block with masks from an embedding, residuals and normalisation."""
    inputs = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(5, 4, mask_zero=True)(inputs)
    attended = keras.layers.MultiHeadAttention(2, 2)(x, x, use_causal_mask=True)
    x = keras.layers.LayerNormalization()(keras.layers.Add()([x, attended]))
    wide = keras.layers.Dense(8, activation="gelu")(x)
    x = keras.layers.LayerNormalization()(keras.layers.Add()([x, keras.layers.Dense(4)(wide)]))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(x))
    set_weights(model)
    ids = (real(3, 6) > -0.3).astype("int32") * 3
    ids[:, 0] = 1
    outputs, slopes = differentiate(keras, model, [ids], model.trainable_variables)
    return record(keras, "out", outputs) | slopes | {"ids": tensor_of(keras, ids)}
