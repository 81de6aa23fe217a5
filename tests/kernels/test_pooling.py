"""Pooling in machine code against the reference code."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("llvmlite", reason="llvmlite is not installed")

if os.environ.get("KERASETTE_KERNELS") == "0":
    pytest.skip("kernels are switched off", allow_module_level=True)

from kerasette.arrays import dtypes
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.kernels.cpu.onednn.library import in_words, onednn
from kerasette.kernels.native import NativeKernel
from kerasette.ops import pooling


def bound(op, operands, attributes):
    specs = tuple(Spec(x.shape, dtypes.name_of(x.dtype)) for x in operands)
    return kernels.bind(op, specs, attributes, "cpu:0")


def numbers(shape, seed=0, dtype="float32", few=False):
    """Normal numbers; ``few``: small whole ones, many of them equal."""
    random = np.random.default_rng(seed)
    made = random.integers(-2, 3, shape) if few else random.standard_normal(shape)
    return made.astype(dtype)


def check(op, operands, attributes, exact=True):
    run = bound(op, operands, attributes)
    assert isinstance(run, NativeKernel)
    got, expected = run(*operands), op.reference(np, *operands, **attributes)
    assert got.dtype == expected.dtype
    if exact:
        np.testing.assert_array_equal(got, expected)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)
    return expected


@st.composite
def windows(draw):
    rank = draw(st.integers(1, 3))
    width = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    padding = tuple((draw(st.integers(0, w - 1)), draw(st.integers(0, w - 1))) for w in width)
    sizes = tuple(
        max(1, w - sum(pair)) + draw(st.integers(0, 6))
        for w, pair in zip(width, padding, strict=True)
    )
    strides = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    shape = (draw(st.integers(1, 3)), *sizes, draw(st.sampled_from([1, 2, 3, 8, 17, 32])))
    return shape, {"window": width, "strides": strides, "padding": padding}


@settings(max_examples=100, deadline=None)
@given(windows(), st.booleans(), st.sampled_from(["float32", "float64"]))
def test_greatest_and_its_gradient(case, few, dtype):
    shape, attributes = case
    x = numbers(shape, 1, dtype, few)
    greatest = check(pooling.pool_greatest, (x,), attributes)
    gradient = numbers(greatest.shape, 2, dtype)
    check(pooling.max_pool_gradient, (x, greatest, gradient), attributes, exact=False)


@settings(max_examples=60, deadline=None)
@given(windows())
def test_mean_and_its_gradient(case):
    shape, attributes = case
    if onednn() is None:
        pytest.skip(in_words())
    x = numbers(shape, 1)
    mean = check(pooling.pool_mean, (x,), attributes, exact=False)
    how = attributes | {"sizes": shape[1:-1]}
    check(pooling.average_pool_gradient, (numbers(mean.shape, 2),), how, exact=False)


SQUARES = {"window": (2, 2), "strides": (2, 2), "padding": ((0, 0), (0, 0))}


def test_bfloat16():
    x = numbers((2, 9, 9, 17)).astype(dtypes.numpy_dtype("bfloat16"))
    x[0, 3, 3, 3] = np.nan
    run = bound(pooling.pool_greatest, (x,), SQUARES)
    assert isinstance(run, NativeKernel)
    greatest = run(x)
    wide = x.astype("float32")
    expected = pooling.pool_greatest.reference(np, wide, **SQUARES)
    np.testing.assert_array_equal(greatest.astype("float32"), expected)
    gradient = numbers(greatest.shape, 1).astype(x.dtype)
    run = bound(pooling.max_pool_gradient, (x, greatest, gradient), SQUARES)
    assert isinstance(run, NativeKernel)
    operands = wide, expected, gradient.astype("float32")
    np.testing.assert_array_equal(
        run(x, greatest, gradient).astype("float32"),
        pooling.max_pool_gradient.reference(np, *operands, **SQUARES),
    )
    overlapping = SQUARES | {"strides": (1, 1)}
    wide_run = bound(pooling.max_pool_gradient, (x, x[:, :8, :8], x[:, :8, :8]), overlapping)
    assert not isinstance(wide_run, NativeKernel)


def test_several_threads():
    x = numbers((16, 24, 24, 32))
    greatest = check(pooling.pool_greatest, (x,), SQUARES)
    check(pooling.max_pool_gradient, (x, greatest, numbers(greatest.shape, 1)), SQUARES)


def test_not_a_number_and_infinities():
    x = numbers((1, 8, 8, 3))
    x[0, 1, 1, 0] = x[0, 2, 2, 1] = x[0, 3, 2, 1] = np.nan
    x[0, 4:6, 4:6, 2] = -np.inf
    x[0, 6, 6, 0] = np.inf
    greatest = check(pooling.pool_greatest, (x,), SQUARES)
    assert np.isnan(greatest).sum() == 2 and np.isinf(greatest).sum() == 2
    gradient = numbers(greatest.shape, 1)
    gradient[0, 0, 0] = np.inf
    check(pooling.max_pool_gradient, (x, greatest, gradient), SQUARES)


@pytest.mark.parametrize("padding", [((-1, 0), (0, 0)), ((2, 0), (0, 0))])
def test_cropping_and_windows_in_the_padding_are_left_to_others(padding):
    run = bound(pooling.pool_greatest, (numbers((1, 8, 8, 3)),), SQUARES | {"padding": padding})
    assert not isinstance(run, NativeKernel)
