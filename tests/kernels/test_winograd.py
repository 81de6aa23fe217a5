"""Convolutions by Winograd's algorithm against the reference code."""

import importlib.util
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasette import config
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.graph.fused import biased_conv
from kerasette.ops.convolution import conv_input_gradient, conv_kernel_gradient, slide

if importlib.util.find_spec("llvmlite") is None or os.environ.get("KERASETTE_KERNELS") == "0":
    pytest.skip("there is no generated code", allow_module_level=True)

from kerasette.kernels.cpu.llvm import vectors
from kerasette.kernels.cpu.winograd import programs
from kerasette.kernels.cpu.winograd.convolution import Winograd

SAME = ((1, 1), (1, 1))
TOLERANCE = 2e-6  # of the greatest value


def attributes_of(padding=SAME, **changed):
    usual = {"strides": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1}
    return usual | changed


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def bound(op, operands, attributes):
    specs = tuple(Spec(array.shape, "float32") for array in operands)
    return kernels.bind(op, specs, attributes, "cpu:0")


def check(op, operands, attributes):
    """Whether there is such a kernel, which then agrees with the reference in float64."""
    run = bound(op, operands, attributes)
    if not isinstance(run, Winograd):
        return False
    exact = op.reference(np, *(array.astype("float64") for array in operands), **attributes)
    got = run(*operands)
    assert got.shape == exact.shape and got.dtype == "float32"
    np.testing.assert_allclose(got, exact, rtol=0, atol=TOLERANCE * np.abs(exact).max())
    return True


def check_all(shape, filters, padding=SAME):
    """The convolution, with a bias and without, and both gradients; how many have such a kernel."""
    x, kernel, bias = numbers(*shape), numbers(3, 3, shape[-1], filters, seed=1), numbers(filters)
    how = attributes_of(padding)
    spec = slide.spec(Spec(x.shape, "float32"), Spec(kernel.shape, "float32"), **how)
    gradient = numbers(*spec.shape, seed=2)
    return [
        check(slide, (x, kernel), how),
        check(biased_conv, (x, kernel, bias), how),
        check(conv_input_gradient, (gradient, kernel), how | {"sizes": shape[1:3]}),
        check(conv_kernel_gradient, (x, gradient), how | {"window": (3, 3)}),
    ]


@pytest.mark.parametrize(
    ("shape", "filters", "padding"),
    [
        ((4, 16, 16, 32), 32, SAME),
        ((2, 15, 13, 32), 48, ((0, 0), (0, 0))),  # an odd number of groups, and of rows
        ((3, 17, 12, 48), 16, ((1, 1), (0, 2))),
        ((64, 8, 8, 64), 64, SAME),  # enough for several threads
        ((9, 9, 5, 16), 32, ((2, 2), (2, 0))),
    ],
)
def test_it_agrees_with_the_reference(shape, filters, padding):
    assert all(check_all(shape, filters, padding))


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_sizes(data):
    rows, columns = data.draw(st.integers(3, 20)), data.draw(st.integers(3, 20))
    pads = st.tuples(st.integers(0, 2), st.integers(0, 2))
    padding = (data.draw(pads), data.draw(pads))
    channels, filters = (16 * data.draw(st.integers(1, 4)) for _ in range(2))
    least = -(-64 * 4 // max(1, (rows - 2) * (columns - 2)))
    check_all((data.draw(st.integers(1, 3)) + least, rows, columns, channels), filters, padding)


@pytest.mark.parametrize("width", [4, 8, 16])
def test_vectors_of_any_width(width, monkeypatch):
    """Code for a processor with other vectors, which this one runs in parts or by halves."""
    codes = [
        programs.forward,
        programs.weights,
        programs.turned_weights,
        programs.kernel_sums,
        programs.kernel_gradient,
    ]
    for code in codes:
        code.cache_clear()
    from kerasette.kernels.cpu.winograd import convolution

    for module in (vectors, convolution):
        monkeypatch.setattr(module, "lanes", lambda: width)
    try:
        assert all(check_all((4, 11, 10, 2 * width), 3 * width))
    finally:
        for code in codes:
            code.cache_clear()


@pytest.mark.parametrize(
    ("shape", "filters", "changed"),
    [
        ((4, 16, 16, 3), 16, {}),  # too few channels for a vector
        ((4, 16, 16, 16), 10, {}),
        ((1, 8, 8, 32), 32, {}),  # too few tiles
        ((4, 16, 16, 32), 32, {"strides": (2, 2)}),
        ((4, 16, 16, 32), 32, {"dilation": (2, 2)}),
        ((4, 16, 16, 32), 32, {"padding": ((3, 3), (3, 3))}),
    ],
)
def test_what_is_left_to_others(shape, filters, changed):
    operands = numbers(*shape), numbers(3, 3, shape[-1], filters)
    assert not isinstance(bound(slide, operands, attributes_of(**changed)), Winograd)


def test_products_in_bfloat16_are_left_to_others():
    operands = numbers(4, 16, 16, 32), numbers(3, 3, 32, 32)
    config.set_float32_products("bfloat16")
    try:
        assert not isinstance(bound(slide, operands, attributes_of()), Winograd)
    finally:
        config.set_float32_products("float32")


def test_threads_change_no_bit_of_results():
    """They do of the kernel's gradient, whose sums they share."""
    operands = numbers(16, 16, 16, 32), numbers(3, 3, 32, 32)
    found = []
    try:
        for count in (1, 2, 3):
            config.set_threads(count)
            found.append(bound(slide, operands, attributes_of())(*operands))
    finally:
        config.set_threads(None)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_a_sample_does_not_depend_on_the_others():
    x, kernel = numbers(9, 15, 15, 16), numbers(3, 3, 16, 32)
    whole = bound(slide, (x, kernel), attributes_of())(x, kernel)
    part = np.ascontiguousarray(x[4:7])
    np.testing.assert_array_equal(
        bound(slide, (part, kernel), attributes_of())(part, kernel), whole[4:7]
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_within_its_tiles(bad):
    x, kernel = numbers(4, 12, 12, 16), np.ones((3, 3, 16, 16), "float32")
    x[2, 5, 6, 3] = bad
    got = bound(slide, (x, kernel), attributes_of())(x, kernel)
    broken = ~np.isfinite(got).all(-1)
    assert broken[2, 4:7, 5:8].all()  # all that direct convolution spoils
    broken[2, 4:8, 4:8] = False  # with the tiles of 2 x 2 that these are in
    assert not broken.any()
