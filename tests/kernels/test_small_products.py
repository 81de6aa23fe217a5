"""Small matrix products in generated code against numpy's in higher precision."""

import importlib.util
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasette import config
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.graph.fused import gemm

if importlib.util.find_spec("llvmlite") is None or os.environ.get("KERASETTE_KERNELS") == "0":
    pytest.skip("there is no generated code", allow_module_level=True)

from kerasette.kernels.cpu.llvm import products, vectors
from kerasette.kernels.cpu.llvm.products import SmallProduct

TURNED = (("transpose", (1, 0)),)
PRECISION = {"float32": 1e-6, "float64": 1e-15}


def numbers(*shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def bound(operands, first=(), second=()):
    specs = tuple(Spec(array.shape, array.dtype.name) for array in operands)
    attributes = {"first": first, "second": second, "order": None}
    return kernels.bind(gemm, specs, attributes, "cpu:0", in_plan=True)


def product(x, y, *bias, first=(), second=()):
    """The product by the kernel, of matrices that stand in memory as told."""
    operands = [x.T.copy() if first else x, y.T.copy() if second else y, *bias]
    run = bound(operands, first, second)
    assert isinstance(run, SmallProduct)
    return run(*operands)


def check(rows, inner, columns, biased=False, first=(), second=(), dtype="float32", seed=0):
    x, y = numbers(rows, inner, seed=seed, dtype=dtype), numbers(inner, columns, dtype=dtype)
    bias = [numbers(columns, seed=9, dtype=dtype)] if biased else []
    got = product(x, y, *bias, first=first, second=second)
    exact = x.astype("longdouble") @ y.astype("longdouble") + (bias[0] if biased else 0)
    assert got.shape == exact.shape and got.dtype == dtype
    scale = np.abs(x) @ np.abs(y) + 1
    assert (np.abs(got - exact) <= PRECISION[dtype] * scale).all()


@given(
    sizes=st.tuples(*[st.integers(1, 40)] * 3),
    biased=st.booleans(),
    first=st.sampled_from([(), TURNED]),
    second=st.sampled_from([(), TURNED]),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 9),
)
@settings(max_examples=150, deadline=None)
def test_any_sizes(sizes, biased, first, second, dtype, seed):
    check(*sizes, biased, first, second, dtype, seed)


@pytest.mark.parametrize("second", [(), TURNED])
@pytest.mark.parametrize("first", [(), TURNED])
@pytest.mark.parametrize("sizes", [(256, 64, 64), (61, 300, 50), (1, 64, 256), (130, 90, 7)])
def test_of_several_threads(sizes, first, second):
    check(*sizes, biased=True, first=first, second=second)


def test_large_ones_are_left_to_the_library():
    assert not isinstance(bound([numbers(512, 512), numbers(512, 512)]), SmallProduct)


@pytest.mark.parametrize("width", [4, 8, 16])
def test_vectors_of_any_width(width, monkeypatch):
    products._code.cache_clear()
    for module in (vectors, products):
        monkeypatch.setattr(module, "lanes", lambda dtype="float32": width)
    try:
        for columns in (1, width, 2 * width + 3, 5 * width):
            check(19, 21, columns, biased=True)
            check(3, 5, columns, second=TURNED)
    finally:
        products._code.cache_clear()


def test_neither_threads_nor_other_rows_change_a_bit():
    x, y = numbers(64, 128), numbers(128, 96)
    whole = product(x, y)
    try:
        for count in (1, 3):
            config.set_threads(count)
            np.testing.assert_array_equal(product(x, y), whole)
    finally:
        config.set_threads(None)
    for rows in (slice(0, 1), slice(5, 12), slice(20, 39)):
        np.testing.assert_array_equal(product(x[rows].copy(), y), whole[rows])


def test_what_is_not_finite_spreads_as_it_does_in_numpy():
    x, y = numbers(20, 10), numbers(10, 19)
    x[3, 4], x[17, 2], y[5, 18] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        expected = x @ y
    np.testing.assert_allclose(product(x, y), expected, rtol=1e-5, atol=1e-5)


def test_nothing_is_written_beside_the_result():
    x, y = numbers(9, 5), numbers(5, 21)
    memory = np.full(9 * 21 + 64, 7.0, "float32")
    start = -memory.ctypes.data % 64 // 4
    run = bound([x, y])
    (record,) = run.records([x.ctypes.data, y.ctypes.data], [memory[start:].ctypes.data], 0)
    from kerasette.kernels.loop import run_once

    run_once([record])
    np.testing.assert_allclose(memory[start : start + 189].reshape(9, 21), x @ y, atol=1e-5)
    assert (memory[start + 189 :] == 7).all() and (memory[:start] == 7).all()
