"""Attention against loops over heads; masks, groups of heads, the soft cap."""

import numpy as np
import pytest
import scipy.special

import kerasette
from kerasette import KerasTensor, ops
from tests.ops.gradients import check
from tests.ops.samples import flags, normal

BATCH, STEPS, SOURCES, HEADS, DEPTH = 2, 3, 5, 4, 6
QUERY = normal(BATCH, STEPS, HEADS, DEPTH)
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def _keys(heads=HEADS):
    return normal(BATCH, SOURCES, heads, DEPTH, seed=1), normal(BATCH, SOURCES, heads, 7, seed=2)


def _attention(query, key, value, bias=0.0, mask=True, scale=None, causal=False, cap=None):
    """Head by head, step by step."""
    steps, sources = query.shape[1], key.shape[1]
    shape = (query.shape[0], query.shape[2], steps, sources)
    bias, mask = np.broadcast_to(bias, shape), np.broadcast_to(mask, shape)
    share = query.shape[2] // key.shape[2]
    out = np.zeros((*query.shape[:3], value.shape[3]))
    for b, t, h in np.ndindex(*query.shape[:3]):
        logits = key[b, :, h // share] @ query[b, t, h]
        logits = logits * (1 / np.sqrt(query.shape[3]) if scale is None else scale)
        if cap is not None:
            logits = logits / (1 + np.abs(logits) / cap)
        logits = logits + bias[b, h, t]
        allowed = mask[b, h, t] & (np.arange(sources) <= t if causal else True)
        logits = np.where(allowed, logits, -np.inf) if allowed.any() else np.zeros(sources)
        out[b, t, h] = scipy.special.softmax(logits) @ value[b, :, h // share]
    return out


BIAS = normal(BATCH, HEADS, STEPS, SOURCES, seed=3)
MASK = flags(BATCH, HEADS, STEPS, SOURCES) | (np.arange(SOURCES) == 0)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, {}),
        ({"scale": 0.3}, {"scale": 0.3}),
        ({"bias": BIAS}, {"bias": BIAS}),
        ({"mask": MASK}, {"mask": MASK}),
        ({"bias": BIAS, "mask": MASK}, {"bias": BIAS, "mask": MASK}),
        ({"is_causal": True}, {"causal": True}),
        ({"is_causal": True, "mask": MASK}, {"causal": True, "mask": MASK}),
        ({"attn_logits_soft_cap": 0.5}, {"cap": 0.5}),
        ({"flash_attention": True}, {}),
        ({"mask": MASK[:, :1]}, {"mask": MASK[:, :1]}),
        ({"mask": MASK[0, 0]}, {"mask": MASK[0, 0]}),
        ({"mask": MASK[:, 0]}, {"mask": MASK[:, :1]}),  # (batch, steps, source steps)
        ({"mask": MASK[:, :, 0]}, {"mask": MASK[:, :, :1]}),  # (batch, heads, source steps)
        ({"bias": BIAS[:, :1, :1]}, {"bias": BIAS[:, :1, :1]}),
    ],
)
@pytest.mark.parametrize("heads", [HEADS, 2, 1])
def test_against_loops(how, expected, heads):
    key, value = _keys(heads)
    found = ops.dot_product_attention(QUERY, key, value, **how)
    np.testing.assert_allclose(found, _attention(QUERY, key, value, **expected), **CLOSE)


@pytest.mark.parametrize("heads", [HEADS, 2])
def test_gradients(heads):
    key, value = _keys(heads)
    for how in ({"mask": MASK}, {"is_causal": True}, {"attn_logits_soft_cap": 2.0}):
        check(lambda q, k, v, h=how: ops.dot_product_attention(q, k, v, **h), QUERY, key, value)
    check(lambda b: ops.dot_product_attention(QUERY, key, value, b), BIAS)


def test_where_nothing_may_be_attended_to():
    """All source steps then have the same weight, and nothing is NaN."""
    key, value = _keys()
    mask = np.ones((STEPS, SOURCES), bool)
    mask[1] = False
    found = ops.dot_product_attention(QUERY, key, value, mask=mask)
    np.testing.assert_allclose(found, _attention(QUERY, key, value, mask=mask), **CLOSE)
    with kerasette.GradientTape() as tape:
        x = kerasette.constant(QUERY)
        tape.watch(x)
        out = ops.dot_product_attention(x, key, value, mask=mask)
    assert np.isfinite(tape.gradient(out, x)).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_narrow_floats(dtype):
    """Large logits do not overflow: the softmax is taken in 32 bits."""
    key, value = _keys()
    narrow = [ops.cast(x * 12, dtype) for x in (QUERY, key)]
    found = ops.dot_product_attention(*narrow, ops.cast(value, dtype), is_causal=True)
    assert found.dtype == dtype
    wide = [ops.cast(x, "float64") for x in (*narrow, ops.cast(value, dtype))]
    expected = ops.dot_product_attention(*wide, is_causal=True)
    np.testing.assert_allclose(ops.cast(found, "float64"), expected, rtol=0.05, atol=0.05)


def test_unknown_batch():
    query, key = KerasTensor((None, 3, 4, 8)), KerasTensor((None, 5, 2, 8))
    found = ops.dot_product_attention(query, key, KerasTensor((None, 5, 2, 7)), is_causal=True)
    assert found.shape == (None, 3, 4, 7)
    query, key = KerasTensor((None, None, 4, 8)), KerasTensor((None, None, 4, 8))
    assert ops.dot_product_attention(query, key, key).shape == (None, None, 4, 8)


ONES = ops.ones


@pytest.mark.parametrize(
    ("query", "key", "value", "words"),
    [
        (ONES((2, 3, 4)), ONES((2, 3, 4)), ONES((2, 3, 4)), r"batch, steps, heads, depth"),
        (ONES((2, 3, 4, 5)), ONES((2, 3, 4, 6)), ONES((2, 3, 4, 6)), "same batch and depth"),
        (ONES((2, 3, 4, 5)), ONES((2, 3, 4, 5)), ONES((2, 6, 4, 5)), "key and value"),
        (ONES((2, 3, 4, 5)), ONES((2, 3, 3, 5)), ONES((2, 3, 3, 5)), "must be a multiple"),
    ],
)
def test_bad_input(query, key, value, words):
    with pytest.raises(ValueError, match=words):
        ops.dot_product_attention(query, key, value)
