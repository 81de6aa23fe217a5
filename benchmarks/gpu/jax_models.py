"""The workloads as plain JAX: each gives its weights, and ``forward(weights, x, key)`` for them."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.gpu import sizes

RANDOM = np.random.RandomState(1)


def weight(*shape: int) -> jax.Array:
    """Small normal numbers."""
    return jnp.asarray(RANDOM.standard_normal(shape) * 0.02, jnp.float32)


def normalized(x, scale):
    """Layer normalisation, in float32."""
    wide = x.astype(jnp.float32)
    mean = wide.mean(-1, keepdims=True)
    spread = jax.lax.rsqrt(((wide - mean) ** 2).mean(-1, keepdims=True) + 1e-3)
    return ((wide - mean) * spread * scale[0] + scale[1]).astype(x.dtype)


def mlp(size):
    """Wide layers: the weights, and the outputs for them."""
    ends = [size.width] * (size.depth + 1) + [size.classes]
    weights = [(weight(a, b), jnp.zeros(b)) for a, b in pairwise(ends)]

    def forward(weights, x, key):
        for kernel, bias in weights[:-1]:
            x = jax.nn.relu(x @ kernel + bias)
        return x @ weights[-1][0] + weights[-1][1]

    return weights, forward


def run_through(x, kernel, recurrent, bias):
    """A layer of LSTM over ``(steps, batch, features)``."""
    zero = jnp.zeros((x.shape[1], len(recurrent)), x.dtype)

    def cell(state, wx):
        h, c = state
        i, f, g, o = jnp.split(wx + h @ recurrent, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    return jax.lax.scan(cell, (zero, zero), x @ kernel + bias)[1]


def lstm(size):
    """Layers of LSTM over words."""
    width = size.width
    cells = [
        (weight(width, 4 * width), weight(width, 4 * width), jnp.zeros(4 * width))
    ] * size.depth
    weights = {"words": weight(size.words, width), "cells": cells, "out": weight(width, 1)}

    def forward(weights, x, key):
        x = weights["words"][x].swapaxes(0, 1)
        for kernel, recurrent, bias in weights["cells"]:
            x = run_through(x, kernel, recurrent, bias)
        return x[-1] @ weights["out"]

    return weights, forward


def gpt(size, heads=sizes.HEADS):
    """A causal language model."""
    width = size.width

    def pair():
        return jnp.stack([jnp.ones(width), jnp.zeros(width)])

    blocks = [
        {
            "before": pair(),
            "between": pair(),
            "inward": weight(width, 3 * width),
            "outward": weight(width, width),
            "up": weight(width, 4 * width),
            "down": weight(4 * width, width),
        }
        for _ in range(size.depth)
    ]
    weights = {"blocks": blocks, "last": pair(), "out": weight(width, size.words)}
    weights |= {"words": weight(size.words, width), "places": weight(size.length, width)}

    def forward(weights, x, key):
        b, t = x.shape
        x = weights["words"][x] + weights["places"]
        for block in weights["blocks"]:
            parts = normalized(x, block["before"]) @ block["inward"]
            q, k, v = jnp.moveaxis(parts.reshape(b, t, 3, heads, width // heads), 2, 0)
            y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
            x = x + y.reshape(b, t, width) @ block["outward"]
            x = x + jax.nn.gelu(normalized(x, block["between"]) @ block["up"]) @ block["down"]
        return normalized(x, weights["last"]) @ weights["out"]

    return weights, forward


def batch_normalized(x, part):
    """By the batch, in float32."""
    axes = tuple(range(x.ndim - 1))
    wide = x.astype(jnp.float32)
    mean, variance = wide.mean(axes), wide.var(axes)
    wide = (wide - mean) * jax.lax.rsqrt(variance + 1e-3) * part["scale"] + part["shift"]
    return wide.astype(x.dtype)


def convolution(before, after, kernel):
    """The weights of a convolution that is normalised."""
    return {
        "kernel": weight(kernel, kernel, before, after),
        "scale": jnp.ones(after),
        "shift": jnp.zeros(after),
    }


def slid(x, kernel, stride=1, padding="SAME"):
    """A convolution."""
    form = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=form
    )


def convolved(x, part, stride=1):
    """A convolution, normalised."""
    return batch_normalized(slid(x, part["kernel"], stride), part)


def pooled(x, width, stride, padding):
    """The greatest values of windows."""
    return jax.lax.reduce_window(
        x, -jnp.inf, jax.lax.max, (1, width, width, 1), (1, stride, stride, 1), padding
    )


def resnet50(size):
    """ResNet-50, normalised by the batch."""

    before, blocks, strides = size.width, [], []
    for stage, count in enumerate(sizes.STAGES):
        filters = size.width * 2**stage
        for number in range(count):
            strides.append(2 if stage and not number else 1)
            parts = [convolution(before, filters, 1), convolution(filters, filters, 3)]
            parts.append(convolution(filters, 4 * filters, 1))
            around = [] if number else [convolution(before, 4 * filters, 1)]
            blocks.append(parts + around)
            before = 4 * filters
    weights = {
        "first": convolution(3, size.width, 7),
        "blocks": blocks,
        "out": weight(before, size.classes),
    }

    def forward(weights, x, key):
        x = jax.nn.relu(convolved(x, weights["first"], 2))
        x = pooled(x, 3, 2, "SAME")
        for parts, stride in zip(weights["blocks"], strides, strict=True):
            y = jax.nn.relu(convolved(x, parts[0]))
            y = jax.nn.relu(convolved(y, parts[1], stride))
            y = convolved(y, parts[2])
            around = convolved(x, parts[3], stride) if len(parts) > 3 else x
            x = jax.nn.relu(around + y)
        return x.mean((1, 2)) @ weights["out"]

    return weights, forward


def kept(x, rate, key):
    """Dropout."""
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def iris():
    """Two layers."""
    weights = [(weight(4, 8), jnp.zeros(8)), (weight(8, 3), jnp.zeros(3))]

    def forward(weights, x, key):
        (a, b), (c, d) = weights
        return jax.nn.relu(x @ a + b) @ c + d

    return weights, forward


def tabular():
    """Three layers, normalised by the batch."""
    blocks = [
        {
            "kernel": weight(before, 64),
            "bias": jnp.zeros(64),
            "scale": jnp.ones(64),
            "shift": jnp.zeros(64),
        }
        for before in (30, 64, 64)
    ]
    weights = {"blocks": blocks, "out": weight(64, 2), "bias": jnp.zeros(2)}

    def forward(weights, x, key):
        for block in weights["blocks"]:
            x = jax.nn.relu(batch_normalized(x @ block["kernel"] + block["bias"], block))
        return x @ weights["out"] + weights["bias"]

    return weights, forward


def mnist_mlp():
    """Two layers of 512, and dropout."""
    ends = (784, 512, 512, 10)
    weights = [(weight(a, b), jnp.zeros(b)) for a, b in pairwise(ends)]

    def forward(weights, x, key):
        for (kernel, bias), part in zip(weights[:-1], jax.random.split(key), strict=True):
            x = kept(jax.nn.relu(x @ kernel + bias), 0.2, part)
        return x @ weights[-1][0] + weights[-1][1]

    return weights, forward


def mnist_cnn():
    """Two convolutions, and dropout."""
    weights = {
        "first": (weight(3, 3, 1, 32), jnp.zeros(32)),
        "second": (weight(3, 3, 32, 64), jnp.zeros(64)),
        "out": (weight(1600, 10), jnp.zeros(10)),
    }

    def forward(weights, x, key):
        for name in ("first", "second"):
            kernel, bias = weights[name]
            x = pooled(jax.nn.relu(slid(x, kernel, 1, "VALID") + bias), 2, 2, "VALID")
        x = kept(x.reshape(len(x), -1), 0.5, key)
        return x @ weights["out"][0] + weights["out"][1]

    return weights, forward


def resnet():
    """ResNet-20 for pictures of 32 x 32."""
    blocks, strides, before = [], [], 16
    for filters in (16, 32, 64):
        for number in range(3):
            strides.append(2 if filters > 16 and not number else 1)
            parts = [convolution(before, filters, 3), convolution(filters, filters, 3)]
            blocks.append(parts + ([convolution(before, filters, 1)] if strides[-1] == 2 else []))
            before = filters
    weights = {"first": convolution(3, 16, 3), "blocks": blocks, "out": weight(64, 10)}

    def forward(weights, x, key):
        x = jax.nn.relu(convolved(x, weights["first"]))
        for parts, stride in zip(weights["blocks"], strides, strict=True):
            y = convolved(jax.nn.relu(convolved(x, parts[0], stride)), parts[1])
            x = jax.nn.relu((convolved(x, parts[2], stride) if stride == 2 else x) + y)
        return x.mean((1, 2)) @ weights["out"]

    return weights, forward


def lstm_small():
    """Two bidirectional layers of LSTM over words."""

    def ways(before):
        return [(weight(before, 256), weight(64, 256), jnp.zeros(256)) for _ in range(2)]

    weights = {"words": weight(20000, 128), "layers": [ways(128), ways(128)]}
    weights["out"] = weight(128, 1)

    def forward(weights, x, key):
        x = weights["words"][x].swapaxes(0, 1)
        for way in weights["layers"]:
            found = [run_through(x if not n else x[::-1], *part) for n, part in enumerate(way)]
            last = jnp.concatenate([part[-1] for part in found], -1)
            x = jnp.concatenate([found[0], found[1][::-1]], -1)
        return last @ weights["out"]

    return weights, forward


def gpt_small():
    """The causal language model in a small size."""
    return gpt(sizes.Size(batch=16, width=128, depth=4, length=128, words=2000), heads=4)


LARGE = {"mlp": mlp, "resnet50": resnet50, "lstm": lstm, "gpt": gpt}
SMALL = {
    "iris": iris,
    "tabular": tabular,
    "mnist_mlp": mnist_mlp,
    "mnist_cnn": mnist_cnn,
    "resnet": resnet,
    "lstm_small": lstm_small,
    "gpt_small": gpt_small,
}


def made(name, rehearse):
    """The weights of a workload, and its forward pass."""
    return SMALL[name]() if name in SMALL else LARGE[name](sizes.size_of(name, rehearse))
