"""A large workload in JAX: ``python -m benchmarks.gpu.jax_side WORKLOAD DTYPE [rehearse]``.

JAX has no device events: the clock is that of the host, around steps that are waited for.
"""

import os
import sys
from itertools import pairwise

if "rehearse" in sys.argv:
    os.environ["JAX_PLATFORMS"] = "cpu"

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

    def forward(weights, x):
        for kernel, bias in weights[:-1]:
            x = jax.nn.relu(x @ kernel + bias)
        return x @ weights[-1][0] + weights[-1][1]

    return weights, forward


def lstm(size):
    """Layers of LSTM over words."""
    width = size.width
    cells = [
        (weight(width, 4 * width), weight(width, 4 * width), jnp.zeros(4 * width))
    ] * size.depth
    weights = {"words": weight(size.words, width), "cells": cells, "out": weight(width, 1)}

    def forward(weights, x):
        x = weights["words"][x].swapaxes(0, 1)
        for kernel, recurrent, bias in weights["cells"]:
            zero = jnp.zeros(x.shape[1:], x.dtype)

            def cell(state, wx, recurrent=recurrent):
                h, c = state
                i, f, g, o = jnp.split(wx + h @ recurrent, 4, -1)
                c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
                h = jax.nn.sigmoid(o) * jnp.tanh(c)
                return (h, c), h

            _, x = jax.lax.scan(cell, (zero, zero), x @ kernel + bias)
        return x[-1] @ weights["out"]

    return weights, forward


def gpt(size):
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

    def forward(weights, x):
        b, t = x.shape
        x = weights["words"][x] + weights["places"]
        for block in weights["blocks"]:
            parts = normalized(x, block["before"]) @ block["inward"]
            q, k, v = jnp.moveaxis(parts.reshape(b, t, 3, sizes.HEADS, width // sizes.HEADS), 2, 0)
            y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
            x = x + y.reshape(b, t, width) @ block["outward"]
            x = x + jax.nn.gelu(normalized(x, block["between"]) @ block["up"]) @ block["down"]
        return normalized(x, weights["last"]) @ weights["out"]

    return weights, forward


def resnet50(size):
    """ResNet-50, normalised by the batch."""

    def convolution(before, after, kernel):
        return {
            "kernel": weight(kernel, kernel, before, after),
            "scale": jnp.ones(after),
            "shift": jnp.zeros(after),
        }

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

    def convolved(x, part, stride=1):
        form = ("NHWC", "HWIO", "NHWC")
        x = jax.lax.conv_general_dilated(
            x, part["kernel"], (stride, stride), "SAME", dimension_numbers=form
        )
        wide = x.astype(jnp.float32)
        mean, variance = wide.mean((0, 1, 2)), wide.var((0, 1, 2))
        wide = (wide - mean) * jax.lax.rsqrt(variance + 1e-3) * part["scale"] + part["shift"]
        return wide.astype(x.dtype)

    def forward(weights, x):
        x = jax.nn.relu(convolved(x, weights["first"], 2))
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
        for parts, stride in zip(weights["blocks"], strides, strict=True):
            y = jax.nn.relu(convolved(x, parts[0]))
            y = jax.nn.relu(convolved(y, parts[1], stride))
            y = convolved(y, parts[2])
            around = convolved(x, parts[3], stride) if len(parts) > 3 else x
            x = jax.nn.relu(around + y)
        return x.mean((1, 2)) @ weights["out"]

    return weights, forward


MODELS = {"mlp": mlp, "resnet50": resnet50, "lstm": lstm, "gpt": gpt}


def main(name: str, dtype: str, rehearse: bool) -> None:
    """Train on one batch again and again, and print the time of a step."""
    if dtype == "float32" and name != "resnet50":
        jax.config.update("jax_default_matmul_precision", "float32")  # convolutions keep TF32
    weights, forward = MODELS[name](sizes.size_of(name, rehearse))
    x, y = (jnp.asarray(part) for part in sizes.batch_of(name, rehearse))

    def narrowed(tree):
        return jax.tree.map(lambda a: a.astype(dtype) if a.dtype == jnp.float32 else a, tree)

    def loss(weights):
        out = forward(narrowed(weights), narrowed(x)).astype(jnp.float32)
        if name == "lstm":
            return (jax.nn.softplus(out) - out * y).mean()
        chosen = jnp.take_along_axis(jax.nn.log_softmax(out), y[..., None], -1)
        return -chosen.mean()

    @jax.jit
    def step(weights, first, second, count):
        value, gradients = jax.value_and_grad(loss)(weights)
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        weights = jax.tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second
        )
        return weights, first, second, count, value

    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = [weights, zeros, zeros, jnp.zeros(()), None]

    def run() -> None:
        state[:] = step(*state[:4])

    clock = sizes.wall_clock(lambda: jax.block_until_ready(state))
    sizes.report(step_ms=sizes.measured(run, clock, rehearse), version=jax.__version__)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "rehearse" in sys.argv[3:])
