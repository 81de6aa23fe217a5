"""Matrix products and convolutions take in what stands around them."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.graph.fused import biased_conv, gemm
from tests.graph.looking import operations


def values(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


X, W, B = values(5, 6), values(6, 7, seed=1), values(7, seed=2)
BATCH, HEADS = values(3, 4, 6, seed=3), values(2, 5, 3, 4, seed=4)
IMAGE, KERNEL, FILTERS = values(2, 6, 6, 3), values(3, 3, 3, 4), values(4)


def attention(x):
    query = ops.transpose(x, (0, 2, 1, 3))
    weights = ops.softmax(ops.matmul(query, ops.transpose(x, (0, 2, 3, 1))))
    return ops.transpose(ops.matmul(weights, query), (0, 2, 1, 3))


# A function, its arguments, and the names of the operations that are left of it.
CASES = {
    "bias": (lambda x: ops.matmul(x, W) + B, [X], ["gemm"]),
    "bias on the left": (lambda x: B + ops.matmul(x, W), [X], ["gemm"]),
    "transposed": (
        lambda x: ops.matmul(ops.transpose(x), ops.transpose(W)),
        [values(7, 5)],
        ["gemm"],
    ),
    "batch": (lambda x: ops.matmul(x, W) + B, [BATCH], ["gemm"]),
    "einsum": (lambda x: ops.einsum("bti,ij->btj", x, W), [BATCH], ["gemm"]),
    "tensordot": (lambda x: ops.tensordot(x, W, 1), [BATCH], ["gemm", "reshape"]),
    "attention": (attention, [HEADS], ["gemm", "gemm", "softmax"]),
    "convolution": (lambda x: ops.conv(x, KERNEL) + FILTERS, [IMAGE], ["biased_conv"]),
    "activation": (lambda x: ops.relu(ops.matmul(x, W) + B), [X], ["gemm", "relu"]),
    # Left as they are.
    "integers": (lambda x: ops.matmul(x, x), [np.ones((3, 3), "int32")], ["matmul"]),
    "a vector": (lambda x: ops.matmul(x, W), [X[0]], ["matmul"]),
    "added matrix": (lambda x: ops.matmul(x, W) + X[:, :1], [X], ["add", "gemm"]),
    "broadcast by the sum": (lambda x: ops.matmul(x, W) + values(2, 1, 7), [X], ["add", "gemm"]),
    "last axis moved": (lambda x: ops.transpose(ops.matmul(x, W)), [X], ["gemm", "transpose"]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_left_and_that_it_gives_the_same(case):
    f, arguments, left = CASES[case]
    compiled = kerasette.function(f)
    tensors = [kerasette.constant(x) for x in arguments]
    nodes = operations(compiled.graph(*tensors))
    names = [node.op.name for node in nodes]
    assert sorted(name for name in names if name != "reshape" or "reshape" in left) == left
    eager, got = f(*tensors).numpy(), compiled(*tensors).numpy()
    np.testing.assert_allclose(got, eager, rtol=1e-5, atol=1e-5)


def test_what_others_read_stays():
    def f(x):
        y = ops.matmul(x, W)
        z = y + B
        return y, z, z + B

    compiled = kerasette.function(f)
    names = [node.op.name for node in operations(compiled.graph(kerasette.constant(X)))]
    assert names == ["gemm", "add", "add"]
    for got, eager in zip(compiled(X), f(kerasette.constant(X)), strict=True):
        np.testing.assert_allclose(got.numpy(), eager.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", ["bias", "transposed", "attention", "convolution"])
def test_gradients_of_compiled_functions(case):
    f, arguments, _ = CASES[case]
    x = kerasette.constant(arguments[0])
    found = []
    for function in (f, kerasette.function(f)):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(ops.square(function(x)))
        found.append(tape.gradient(y, x).numpy())
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-4)


def test_reference_code_agrees_with_what_it_stands_for():
    moves = (("reshape", (5, 2, 3)), ("transpose", (1, 0, 2)))
    how = {"first": moves, "second": (("transpose", (1, 0)),), "order": (1, 0, 2)}
    operands = X, values(7, 3), B
    expected = gemm(*(kerasette.constant(x) for x in operands), **how).numpy()
    np.testing.assert_allclose(gemm.reference(np, *operands, **how), expected, rtol=1e-6)
    how = {"strides": (1, 1), "padding": ((0, 0),) * 2, "dilation": (1, 1), "groups": 1}
    operands = IMAGE, KERNEL, FILTERS
    expected = biased_conv(*(kerasette.constant(x) for x in operands), **how).numpy()
    np.testing.assert_allclose(
        biased_conv.reference(np, *operands, **how), expected, rtol=1e-4, atol=1e-5
    )
