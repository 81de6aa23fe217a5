"""Random programs over arrays of shapes at which kernels take other ways: few rows of many columns,
the other way round, sizes for one thread and for several.
"""

import random
import warnings

import numpy as np

import kerasette
from kerasette import ops

SHAPES = [
    (1, 50000), (2, 30000), (3, 20000), (5, 9000), (40000,), (20000, 3), (50000, 1), (7000, 7),
    (2, 3, 9000), (3, 5000, 2), (64, 16, 16, 8), (130, 257), (4, 1, 9999), (1, 1, 33000),
]  # fmt: skip
LARGEST = 300_000  # elements of a value

UNARY = [
    ops.relu, ops.tanh, ops.sigmoid, lambda x: x * 1.5 + 0.25, ops.square, ops.negative, ops.abs,
    lambda x: ops.exp(ops.minimum(x, 1.0)), lambda x: ops.where(x > 0, x, x * 0.1),
]  # fmt: skip
REDUCTIONS = [
    lambda x, **how: ops.sum(x, **how) * 0.01, ops.mean, ops.max, ops.min, ops.var,
]  # fmt: skip
OVER_ROWS = [ops.softmax, ops.log_softmax]
BINARY = [ops.add, ops.multiply, ops.subtract, ops.maximum]


def program(seed):
    """A function of two tensors, the same at each call."""

    def run(x, y):
        chance = random.Random(seed)
        values = [x, y]
        for _ in range(chance.randint(3, 9)):
            kind, value = chance.random(), chance.choice(values)
            if kind < 0.45 or not value.shape:
                values.append(chance.choice(UNARY)(value))
            elif kind < 0.62:
                axes = chance.sample(range(len(value.shape)), chance.randint(1, len(value.shape)))
                keepdims = chance.random() < 0.6
                values.append(chance.choice(REDUCTIONS)(value, axis=axes, keepdims=keepdims))
            elif kind < 0.7:
                values.append(chance.choice(OVER_ROWS)(value))
            else:
                values.append(_combined(chance, value, chance.choice(values)))
        return tuple(values[2:])

    return run


def _combined(chance, a, b):
    function = chance.choice(BINARY)
    try:
        fits = np.prod(np.broadcast_shapes(a.shape, b.shape)) <= LARGEST
    except ValueError:
        fits = False
    return function(a, b) if fits else a + 1.0


def with_gradients(function):
    """The function, with the gradients of its results' sum."""

    def run(x, y):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            tape.watch(y)
            results = function(x, y)
            total = sum(ops.sum(result) * 0.01 for result in results)
        gradients = tape.gradient(total, [x, y])
        return results + tuple(g for g in gradients if g is not None)

    return run


def differs(seed):
    """Whether, and where, compiled code gives something else than eager code; ``None`` if not."""
    chance, numbers = random.Random(seed + 7), np.random.RandomState(seed % 2**31)
    shape = chance.choice(SHAPES)
    other = tuple(size if chance.random() < 0.7 else 1 for size in shape)
    x, y = (
        kerasette.constant(numbers.standard_normal(s).astype("float32")) for s in (shape, other)
    )
    threads = chance.choice([1, 2, 2, 3])
    function = program(seed)
    if chance.random() < 0.5:
        function = with_gradients(function)
    kerasette.config.set_threads(threads)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # softmax over one element
            expected = function(x, y)
            compiled = kerasette.function(function)
            compiled(x, y)
            found = compiled(x, y)
    finally:
        kerasette.config.set_threads(None)
    for number, (a, b) in enumerate(zip(found, expected, strict=True)):
        a, b = np.asarray(a), np.asarray(b)
        scale = 2e-3 * max(1.0, float(np.max(np.abs(b))))
        if a.shape != b.shape or a.dtype != b.dtype or not np.allclose(a, b, rtol=2e-3, atol=scale):
            return f"program {seed} over {shape} and {other}, {threads} threads: value {number}"
    return None
