"""Clusters in machine code: the values of the reference code, over shapes, types and threads.

Denormal numbers are taken for 0 while plans run, so they are not among the special values.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import ops
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.llvm import wide
from tests.kernels.compiled import R, check, real, steps_of

pytest.importorskip("llvmlite", reason="clusters in machine code need llvmlite, the extra [fast]")

SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.0, 1e-30, 87.9, 88.8, -87.0, -104.5, -110.0, 1e4, -1e4, 3e38,
     0.5, 0.6249, 0.6251, 0.7071, 4.1, -4.1, np.inf, -np.inf, np.nan],
    "float32",
)  # fmt: skip


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sigmoid", "erf", "sqrt", "silu", "relu"])
def test_functions_at_special_values(name):
    x = np.concatenate([SPECIAL, np.linspace(-12, 12, 5000, dtype="float32")])
    function = getattr(ops, name)
    check(lambda x: function(x * 1.0), x, rtol=5e-7 if name != "erf" else 2e-6, atol=2e-38)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "abs", "square", "floor", "sigmoid"])
def test_functions_of_float64(name):
    function = getattr(ops, name)
    check(lambda x: function(x) + 1.0, np.abs(real(50, dtype="float64")) + 0.1, rtol=1e-14)


BINARY = {
    "add": ops.add, "subtract": ops.subtract, "multiply": ops.multiply, "divide": ops.divide,
    "maximum": ops.maximum, "minimum": ops.minimum, "greater": ops.greater, "less": ops.less,
    "equal": ops.equal, "not_equal": ops.not_equal, "less_equal": ops.less_equal,
    "greater_equal": ops.greater_equal, "divide_no_nan": ops.divide_no_nan
    if hasattr(ops, "divide_no_nan") else ops.divide,
}  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
def test_of_two_at_special_values(name):
    x, y = (part.copy() for part in np.meshgrid(SPECIAL, SPECIAL))
    check(lambda x, y: BINARY[name](x, y), x, y)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool", "float64", "int8", "uint32"])
def test_types(dtype):
    x = R.randint(0, 2 if dtype == "bool" else 100, (5, 7)).astype(dtype)
    y = R.randint(0, 2 if dtype == "bool" else 100, (5, 7)).astype(dtype)

    def function(x, y):
        z = ops.where(x > y, x, y)
        return ops.cast(z, "float32") * 0.5, ops.equal(x, y), ops.cast(x, "int32")

    check(function, x, y)


NARROW = {
    "chain": lambda x, y: ops.relu(x * y + x) / (ops.absolute(y) + 1.0),
    "softmax": lambda x, y: ops.softmax(x),
    "log_softmax": lambda x, y: ops.log_softmax(x),
    "gelu": lambda x, y: ops.gelu(x),
    "there and back": lambda x, y: ops.cast(ops.cast(x, "float32") * 3.0, x.dtype),
    "means of rows": lambda x, y: ops.mean(x * y, axis=-1),
    "sums of columns": lambda x, y: ops.sum(x, axis=0),
    "a sum": lambda x, y: ops.sum(x * x),
    "means in the middle": lambda x, y: ops.mean(ops.reshape(x, (4, 9, 53)), axis=1),
    "variance": lambda x, y: ops.var(x + 100.0, axis=-1),
    "order": lambda x, y: (ops.argmax(x, axis=-1), ops.max(x, axis=-1), x > y),
}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", NARROW)
def test_narrow_floats_are_rounded_as_eager_code_rounds_them(name, dtype):
    """Bit for bit, but where sums are added up in another order, or where an exponential that is
    off by the last bit of float32 is rounded to the other side.
    """
    x, y = (ops.cast(real(36, 53), dtype) for _ in range(2))
    last = {"bfloat16": 2**-8, "float16": 2**-11}[dtype]
    exact = name in ("chain", "there and back", "order")
    check(NARROW[name], x, y, rtol=0 if exact else last, atol=0 if exact else last)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_narrow_floats_at_special_values(dtype):
    edges = np.float32([65504, 65519, 65520, 65535, 3.38e38, 3.4e38, 1.00390625, 1.01171875])
    x = ops.cast(np.concatenate([SPECIAL, edges, -edges]), dtype)
    check(lambda x: (x + x, ops.exp(x), ops.relu(x)), x, rtol=0, atol=2e-38)


SHAPES = st.lists(st.integers(1, 9), min_size=1, max_size=4)


@given(SHAPES, st.data())
@settings(max_examples=40, deadline=None)
def test_broadcasting(shape, data):
    def part():
        kept = data.draw(st.integers(0, len(shape)))
        return tuple(size if data.draw(st.booleans()) else 1 for size in shape[len(shape) - kept :])

    arrays = [real(*shape), real(*part()), real(*part())]

    def function(x, y, z):
        return ops.tanh(x * y) + z, x + 1.0

    check(function, *arrays)


@given(SHAPES, st.data())
@settings(max_examples=40, deadline=None)
def test_reductions(shape, data):
    x = real(*shape)
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1)))
    axis = tuple(sorted(axes)) or None
    keepdims = data.draw(st.booleans())

    def function(x):
        y = x * 2.0
        total = ops.sum(y, axis=axis, keepdims=keepdims)
        mean = ops.mean(ops.exp(x), axis=axis, keepdims=keepdims)
        return total, mean, ops.max(y, axis=axis, keepdims=keepdims)

    compiled, _ = steps_of(function, x)
    for a, b in zip(compiled(x), function(kerasette.constant(x)), strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def standardized(axis):
    def function(x):
        mean = ops.mean(x, axis=axis, keepdims=True)
        return (x - mean) * ops.rsqrt(ops.var(x, axis=axis, keepdims=True) + 1e-3)

    return function


FEW_COLUMNS = [(70, 2), (201, 3), (33, 4), (5, 4), (17, 2, 2), (40_000, 3)]  # rows side by side


@pytest.mark.parametrize("shape", [(64, 100), (3, 4, 5), (1, 8), (8, 1), (7, 1, 3), *FEW_COLUMNS])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.softmax(x * 3.0),
        lambda x: ops.log_softmax(x),
        lambda x: x / ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True) + 1.0),
        lambda x: ops.argmax(x, axis=-1),
        standardized(-1),
        standardized(0),
        lambda x: (ops.sum(x * x, axis=0), ops.mean(x), ops.max(x, axis=-1)),
        lambda x: ops.transpose(x) * 2.0,
        lambda x: x[..., :1] * x,
    ],
)
def test_rows_and_columns(shape, function):
    compiled, x = kerasette.function(function), real(*shape)
    got, wanted = compiled(x), function(kerasette.constant(x))
    for a, b in zip(
        got if isinstance(got, tuple) else (got,),
        wanted if isinstance(wanted, tuple) else (wanted,),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "int32"])
@pytest.mark.parametrize("shape", FEW_COLUMNS)
def test_few_columns_of_any_type(shape, dtype):
    def function(x, scale):
        y = x * scale
        total = ops.cast(ops.sum(y, axis=-1), "float32")
        return y, ops.max(y, axis=-1), total, ops.min(x, axis=0), ops.argmax(y, axis=-1)

    x = ops.cast(R.randint(-9, 9, shape), dtype)
    compiled, scale = kerasette.function(function), ops.cast(np.arange(shape[-1]), dtype)
    for got, wanted in zip(compiled(x, scale), function(x, scale), strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(ops.cast(got, "float64"), ops.cast(wanted, "float64"))


def test_what_is_not_finite_in_few_columns():
    x = np.array(np.meshgrid(SPECIAL, SPECIAL, SPECIAL[-4:])).reshape(3, -1).T.copy()
    check(lambda x: (ops.softmax(x), ops.max(x, -1), ops.argmax(x, -1)), x)


@pytest.mark.parametrize("rows", [4, 15, 16, 31, 256])
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_the_loss_of_few_classes_and_its_gradient(rows, classes):
    labels = R.randint(0, classes, (rows, 1))

    def function(logits):
        with kerasette.GradientTape() as tape:
            tape.watch(logits)
            chances = ops.softmax(logits)
            losses = kerasette.losses.sparse_categorical_crossentropy(labels, chances)
            loss = ops.mean(losses)
        hits = ops.cast(ops.equal(ops.argmax(chances, -1), labels.reshape(-1)), "float32")
        return loss, tape.gradient(loss, logits), ops.sum(hits)

    logits = kerasette.constant(real(rows, classes) * 4)
    for got, wanted in zip(kerasette.function(function)(logits), function(logits), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("rows", [1, 2, 3, 9])
def test_softmax_of_few_long_rows(name, rows):
    """No thread may take a part of a row's columns."""
    function = getattr(ops, name)
    check(lambda x: function(x * 1.5), real(rows, 30_000), rtol=1e-4, atol=1e-6)


def test_softmax_of_masked_rows():
    x = real(4, 6)
    x[:, 3:] = -np.inf
    check(lambda x: ops.softmax(x * 1.0), x)
    x[1] = np.nan
    check(lambda x: (ops.softmax(x * 1.0), ops.max(x * 1.0, axis=-1)), x)


def test_first_of_equal_and_nan_in_argmax():
    x = np.float32([[1, 3, 3, 0], [np.nan, 1, np.nan, 2], [-np.inf] * 4])
    check(lambda x: ops.argmax(x * 1.0, axis=-1), x)


def test_crossentropy_and_its_gradient_are_one_cluster():
    labels = R.randint(0, 10, 16)

    def function(x, labels):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            chances = ops.softmax(x)
            loss = ops.mean(kerasette.losses.sparse_categorical_crossentropy(labels, chances))
        return loss, tape.gradient(loss, x)

    check(function, real(16, 10), labels, steps=["checked_labels", "cluster"])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_threads_change_rounding_at_most(count):
    x = real(1000, 333)
    before = kerasette.config.threads() if hasattr(kerasette.config, "threads") else None
    kerasette.config.set_threads(count)
    try:

        def function(x):
            return ops.exp(x), ops.sum(x, axis=0), ops.sum(x * x), ops.softmax(x)

        check(function, x, rtol=1e-4, atol=1e-3)
        check(lambda x: ops.exp(x) * 2.0, real(100003))
    finally:
        kerasette.config.set_threads(before)
        threads.prepare()


def test_a_smaller_last_batch_compiles_nothing():
    from kerasette.kernels.cpu.llvm.compiler import _code

    def function(x, b):
        return ops.softmax(ops.relu(x + b))

    compiled = kerasette.function(function)
    compiled(real(32, 10), real(10))
    before = _code.cache_info().misses
    compiled(real(7, 10), real(10))
    assert compiled.trace_count == 2
    assert _code.cache_info().misses == before


def test_a_result_in_an_operands_place_spoils_no_other():
    """The gradient may lie where the product was read that the sum, in the same loop, needs."""
    x, y = np.float32([[0.1, 0.9], [0.4, 0.2]]), np.float32([[0, 1], [1, 0]])
    eye = kerasette.Variable(np.eye(2, dtype="float32"))

    @kerasette.function
    def step(x, y, weight):
        with kerasette.GradientTape() as tape:
            product = ops.matmul(x, eye)
            loss = ops.mean(ops.sum(product * (1 - y)) * weight)
        return loss, tape.gradient(loss, eye)

    loss, gradient = step(x, y, np.float32([0.5, 2.0, 0.0, 3.0]))
    np.testing.assert_allclose(loss, 1.375 * (x * (1 - y)).sum(), rtol=1e-6)
    np.testing.assert_allclose(gradient, 1.375 * x.T @ (1 - y), rtol=1e-6)


@pytest.mark.parametrize("width", [4, 8, 16])
@pytest.mark.parametrize("columns", [5, 8, 16, 37])
def test_vectors_of_any_width(width, columns, monkeypatch):
    """Code for a processor with other vectors, with whole ones, a rest, and a rest alone."""
    monkeypatch.setattr(wide, "lanes", lambda: width)
    x, y = real(9, columns), real(columns, 9)

    def function(x, y):
        turned = ops.exp(ops.transpose(y)) + x
        best = ops.argmax(turned, -1)
        chosen = ops.cast(ops.one_hot(best, columns), "bool")
        narrow = ops.cast(ops.cast(turned, "bfloat16") + 1.0, "float32")
        return (
            ops.softmax(turned),
            ops.where(chosen, x, narrow),
            ops.max(turned * 2.0, 0),
            ops.mean(turned / 3.0),
            ops.cast(turned, "int64") + 3,
            ops.min(turned, -1),
        )

    check(function, x, y, rtol=2e-6)
