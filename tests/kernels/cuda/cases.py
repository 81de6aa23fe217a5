"""Functions whose clusters are tried: those of the tests of the CPU's clusters, and their like."""

import numpy as np

import kerasette
from kerasette import ops

R = np.random.RandomState(3)

SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.0, 1e-30, 87.9, 88.8, -87.0, -110.0, 1e4, -1e4, 3e38, 0.5, 4.1, -4.1,
     np.inf, -np.inf, np.nan],
    "float32",
)  # fmt: skip


def real(*shape, dtype="float32"):
    return R.standard_normal(shape).astype(dtype)


def whole(*shape, dtype="int32", high=100):
    return R.randint(0, high, shape).astype(dtype)


def functions(x):
    return (
        ops.exp(x), ops.log(x), ops.tanh(x), ops.sigmoid(x), ops.erf(x), ops.sqrt(x), ops.silu(x),
        ops.relu(x), ops.rsqrt(x), ops.floor(x), ops.ceil(x), ops.abs(x), ops.isnan(x),
        ops.square(x), -x, ops.clip(x, -1.0, 2.0), ops.power(ops.abs(x), 1.5),
    )  # fmt: skip


def pairs(x, y):
    return (
        x + y, x - y, x * y, x / y, ops.maximum(x, y), ops.minimum(x, y), x > y, x >= y, x < y,
        x <= y, ops.equal(x, y), ops.not_equal(x, y), ops.where(x > y, x, y * 2.0),
        ops.divide_no_nan(x, y),
    )  # fmt: skip


def integers(x, y):
    z = ops.where(x > y, x, y)
    return x + y, x - y, x * y, ops.cast(z, "float32") * 0.5, ops.equal(x, y), ops.cast(x, "int8")


def truths(x, y):
    return (
        ops.logical_and(x, y),
        ops.logical_or(x, y),
        ops.logical_not(x),
        ops.cast(x, "float32") + 1.0,
    )


def standardized(axis):
    def function(x):
        mean = ops.mean(x, axis=axis, keepdims=True)
        return (x - mean) * ops.rsqrt(ops.var(x, axis=axis, keepdims=True) + 1e-3)

    return function


def gradient(function):
    def both(*args):
        with kerasette.GradientTape() as tape:
            tape.watch(args)
            loss = function(*args)
        return loss, *tape.gradient(loss, list(args))

    return both


def normalized(x, gamma, beta):
    return ops.mean(ops.square(standardized(-1)(x) * gamma + beta))


def crossentropy(x):
    labels = kerasette.constant(np.arange(16) % 10)
    return ops.mean(kerasette.losses.sparse_categorical_crossentropy(labels, ops.softmax(x)))


def several_sums(x):
    return ops.sum(x * x, axis=0), ops.mean(x), ops.max(x, axis=-1), ops.max(x), ops.min(x, axis=0)


def sums(x):
    return ops.sum(x * 2.0, axis=0), ops.max(x * 2.0), ops.mean(x)


def weighted(x, w):
    w = w * 2.0
    return x * w[:, None] + 1.0, w, ops.mean(w), ops.max(w)


def narrow(x, y):
    return (
        ops.relu(x * y + x) / (ops.absolute(y) + 1.0), x > y,
        ops.cast(ops.cast(x, "float32") * 3.0, x.dtype),
    )  # fmt: skip


def in_bfloat16(function):
    return lambda *args: function(*(ops.cast(a, "bfloat16") for a in args))


MASKED = np.where(np.arange(36).reshape(4, 9) % 9 > 4, -np.inf, real(4, 9)).astype("float32")
ORDER = np.float32([[1, 3, 3, 0], [np.nan, 1, np.nan, 2], [-np.inf] * 4])

# name -> function, arguments
CASES = {
    "functions": (functions, [np.concatenate([SPECIAL, np.linspace(-9, 9, 500, dtype="float32")])]),
    "functions of float64": (
        lambda x: (ops.exp(x), ops.log(x), ops.sqrt(x), ops.sigmoid(x)),
        [np.abs(real(50, dtype="float64")) + 0.1],
    ),
    "pairs": (pairs, [part.copy() for part in np.meshgrid(SPECIAL, SPECIAL)]),
    "truths": (truths, [whole(5, 7, high=2).astype(bool), whole(7, high=2).astype(bool)]),
    **{
        f"integers {dtype}": (integers, [whole(5, 7, dtype=dtype), whole(5, 7, dtype=dtype)])
        for dtype in ("int32", "int64", "uint8", "int8", "uint32", "int16")
    },
    "cut off": (lambda x: (ops.cast(x * 1.0, "int32"), ops.cast(x * 1.0, "bool")), [real(90) * 50]),
    "broadcast": (
        lambda x, y, z: (ops.tanh(x * y) + z, x + 1.0),
        [real(3, 4, 5), real(4, 1), real(3, 1, 5)],
    ),
    "slices": (lambda x: x[:, 1::2] * x[:, :1] + x[:, 2:5], [real(6, 7)]),
    "transposed": (lambda x: ops.transpose(x) * 2.0, [real(5, 70)]),
    "one": (lambda x: x * 2.0 + 1.0, [real()]),
    "softmax": (lambda x: ops.softmax(x * 3.0), [real(20, 10)]),
    "softmax of long rows": (lambda x: ops.softmax(x * 3.0), [real(3, 700)]),
    "log_softmax": (lambda x: ops.log_softmax(x * 1.0), [real(7, 33)]),
    "softmax of masked rows": (lambda x: ops.softmax(x * 1.0), [MASKED]),
    "argmax": (lambda x: ops.argmax(x * 1.0, axis=-1), [ORDER]),
    "argmax of long rows": (lambda x: ops.argmax(ops.floor(x * 3.0), axis=-1), [real(4, 600)]),
    "standardized rows": (standardized(-1), [real(9, 40)]),
    "standardized columns": (standardized(0), [real(40, 9)]),
    "several sums": (several_sums, [real(70, 300)]),
    "sums of many rows": (sums, [real(3000, 3)]),
    "sums of few": (sums, [real(1, 2)]),
    "a sum": (lambda x: ops.sum(x * x), [real(5000)]),
    "weights of rows": (weighted, [real(12, 7), real(12)]),
    "weights of rows and columns": (
        lambda x, w: (*weighted(x, w), ops.sum(x * w[:, None], axis=0)),
        [real(12, 7), real(12)],
    ),
    "layer normalization": (gradient(normalized), [real(24, 50), real(50), real(50)]),
    "crossentropy": (gradient(crossentropy), [real(16, 10)]),
    "narrow": (in_bfloat16(narrow), [real(36, 53), real(36, 53)]),
    "narrow softmax": (in_bfloat16(lambda x: ops.softmax(x)), [real(36, 53)]),
    "narrow sums": (in_bfloat16(lambda x: (ops.sum(x, axis=0), ops.mean(x))), [real(36, 53)]),
    "float16": (
        lambda x: ops.exp(ops.cast(x, "float16") * 2.0) + 1.0,
        [np.concatenate([SPECIAL, real(99)])],
    ),
    "turns of a loop": (
        lambda c, x: (ops.sigmoid(x[:, :8]) * c + ops.tanh(x[:, 8:]), ops.tanh(c)),
        [real(4, 8), real(4, 16)],
    ),
}  # fmt: skip


def graph_of(function, arguments):
    """The graph with its clusters."""
    return kerasette.function(function).graph(*arguments)


def clusters_of(graph):
    """The nodes of clusters of a graph, those of updates and of loops too."""
    found = []
    for node in graph.nodes:
        if node.op.name == "cluster":
            found.append(node)
        elif node.op.name in ("updates", "scan"):
            bodies = [v for v in node.attributes.values() if hasattr(v, "nodes")]
            found += [n for body in bodies for n in clusters_of(body)]
    return found
