"""oneDNN's convolutions against the reference code."""

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import ops
from kerasette.ops.convolution import conv_input_gradient, conv_kernel_gradient, slide
from kerasette.ops.sliding import window_counts
from tests.kernels.onednn import bound, check, numbers

COMMON = {  # x, kernel, attributes that are not the usual ones
    "first layer": ((2, 12, 12, 1), (3, 3, 1, 32), {}),
    "colours": ((2, 12, 12, 3), (3, 3, 3, 16), {}),
    "deep": ((2, 7, 7, 64), (3, 3, 64, 64), {"padding": ((1, 1), (1, 1))}),
    "pointwise": ((2, 9, 9, 24), (1, 1, 24, 40), {}),
    "with strides": ((2, 15, 14, 16), (3, 3, 16, 32), {"strides": (2, 2)}),
    "unequal padding": ((2, 8, 8, 16), (4, 4, 16, 16), {"padding": ((1, 2), (1, 2))}),
    "dilated": ((2, 14, 14, 16), (3, 3, 16, 16), {"dilation": (2, 3)}),
    "groups": ((2, 9, 9, 32), (3, 3, 8, 48), {"groups": 4}),
    "depthwise": ((2, 9, 9, 32), (3, 3, 1, 32), {"groups": 32, "padding": ((1, 1), (1, 1))}),
    "depthwise, two filters": ((2, 9, 9, 32), (3, 3, 1, 64), {"groups": 32}),
    "signal": ((3, 40, 16), (5, 16, 24), {}),
    "causal signal": ((3, 40, 16), (5, 16, 24), {"padding": ((4, 0),)}),
    "volume": ((2, 6, 7, 8, 16), (3, 3, 3, 16, 16), {}),
}


def attributes_of(kernel, changed):
    rank = len(kernel) - 2
    usual = {
        "strides": (1,) * rank,
        "padding": ((0, 0),) * rank,
        "dilation": (1,) * rank,
        "groups": 1,
    }
    return usual | changed


def check_all_three(x, kernel, attributes, always):
    """The convolution and both gradients."""
    dtype = x.dtype
    how = [attributes[name] for name in ("strides", "padding", "dilation")]
    counts = window_counts(x.shape[1:-1], kernel.shape[:-2], *how)
    gradient = numbers((x.shape[0], *counts, kernel.shape[-1]), seed=2, dtype=dtype.name)
    check(slide, (x, kernel), attributes, always)
    sizes = {"sizes": x.shape[1:-1]}
    check(conv_input_gradient, (gradient, kernel), attributes | sizes, always)
    window = {"window": kernel.shape[:-2]}
    check(conv_kernel_gradient, (x, gradient), attributes | window, always)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("case", COMMON)
def test_common_convolutions_have_kernels(case, dtype):
    x, kernel, changed = COMMON[case]
    attributes = attributes_of(kernel, changed)
    operands = numbers(x, 0, dtype), numbers(kernel, 1, dtype)
    check_all_three(*operands, attributes, always=dtype == "float32")


@st.composite
def convolutions(draw):
    rank = draw(st.integers(1, 3))
    window = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    strides = tuple(draw(st.integers(1, 3)) for _ in range(rank))
    dilation = tuple(draw(st.integers(1, 3)) for _ in range(rank))
    padding = tuple((draw(st.integers(0, 4)), draw(st.integers(0, 4))) for _ in range(rank))
    sizes = tuple(
        max(1, (w - 1) * d + 1 - sum(pair)) + draw(st.integers(0, 7))
        for w, d, pair in zip(window, dilation, padding, strict=True)
    )
    channels = st.sampled_from([1, 2, 3, 4, 7, 8, 16, 17])
    groups = draw(st.sampled_from([1, 1, 1, 2, 3, 8]))
    depth, width = draw(channels), draw(channels)
    x = numbers((draw(st.integers(1, 3)), *sizes, groups * depth), draw(st.integers(0, 99)))
    kernel = numbers((*window, depth, groups * width), draw(st.integers(0, 99)))
    how = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    return x, kernel, how


@settings(max_examples=80, deadline=None)
@given(convolutions())
def test_any_convolution(case):
    check_all_three(*case, always=False)


def test_cropping_and_float64_have_no_kernel():
    x, kernel = numbers((1, 8, 8, 4)), numbers((3, 3, 4, 4))
    usual = attributes_of(kernel.shape, {})
    cropped = usual | {"padding": ((-1, 0), (0, -2))}
    assert not check(slide, (x, kernel), cropped, always=False)
    assert not check(slide, (x.astype("f8"), kernel.astype("f8")), usual, always=False)


def test_eager_code_uses_it_whatever_the_memory_of_its_operands():
    x, kernel = numbers((2, 9, 8, 4)), numbers((3, 3, 4, 8))
    turned = kerasette.constant(np.asfortranarray(x))
    expected = ops.conv(kerasette.constant(x), kernel).numpy()
    np.testing.assert_array_equal(ops.conv(turned, kernel).numpy(), expected)
    np.testing.assert_allclose(
        expected,
        slide.reference(np, x, kernel, **attributes_of(kernel.shape, {})),
        atol=1e-5,
    )


def test_not_a_number_and_infinity_stay():
    x, kernel = numbers((1, 6, 6, 4)), numbers((3, 3, 4, 8))
    x[0, 2, 2, 1], x[0, 5, 5, 0] = np.nan, np.inf
    got = bound(slide, (x, kernel), attributes_of(kernel.shape, {}))(x, kernel)
    assert np.isnan(got[0, :3, :3]).all() and np.isinf(got[0, 3, 3]).all()


def test_kernels_that_are_dropped_give_their_memory_back():
    import resource

    x, kernel = numbers((1, 6, 6, 4)), numbers((3, 3, 4, 8))
    run = bound(slide, (x, kernel), attributes_of(kernel.shape, {}))

    def many():
        for _ in range(3000):
            run(x, kernel)
        for _ in range(30):
            bound(slide, (x, kernel), attributes_of(kernel.shape, {}))(x, kernel)
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = many()
    assert many() - before < 2000  # kilobytes


IMAGES = ((4, 20, 20, 16), (3, 3, 16, 32))


def test_without_a_native_loop(monkeypatch):
    from kerasette.kernels import loop

    x, kernel = numbers(IMAGES[0]), numbers(IMAGES[1], 1)
    how = attributes_of(kernel.shape, {})
    expected = bound(slide, (x, kernel), how)(x, kernel)
    monkeypatch.setattr(loop, "_native", lambda: None)
    np.testing.assert_array_equal(bound(slide, (x, kernel), how)(x, kernel), expected)


def test_number_of_threads_changes_nothing_but_time():
    x, kernel = numbers(IMAGES[0]), numbers(IMAGES[1], 1)
    found = []
    for threads in (1, 3, None):
        kerasette.config.set_threads(threads)
        found.append(ops.conv(x, kernel).numpy())
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)
    np.testing.assert_allclose(found[0], found[2], atol=1e-4)


def test_several_threads_of_python_at_once():
    from concurrent.futures import ThreadPoolExecutor

    x, kernel = kerasette.constant(numbers(IMAGES[0])), kerasette.constant(numbers(IMAGES[1], 1))
    expected = ops.conv(x, kernel).numpy()
    step = kerasette.function(lambda x: ops.conv(x, kernel))
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(lambda i: (ops.conv, step)[i % 2](x, *[kernel][i % 2 :]), range(40)):
            np.testing.assert_array_equal(got.numpy(), expected)


def test_forked_child_goes_on():
    import os

    x, kernel = kerasette.constant(numbers(IMAGES[0])), kerasette.constant(numbers(IMAGES[1], 1))
    step = kerasette.function(lambda x: ops.conv(x, kernel))
    expected = step(x).numpy()
    child = os.fork()
    if child == 0:
        os._exit(not (step(x).numpy() == expected).all())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(step(x).numpy(), expected)


@pytest.fixture
def fast_products():
    kerasette.config.set_float32_products("bfloat16")
    yield
    kerasette.config.set_float32_products("float32")


def test_fast_products_are_asked_for_and_less_exact(fast_products):
    x, kernel = numbers((2, 14, 14, 32)), numbers((3, 3, 32, 32))
    fast = ops.conv(x, kernel).numpy()
    kerasette.config.set_float32_products("float32")
    exact = ops.conv(x, kernel).numpy()
    error = np.abs(fast - exact).max() / np.abs(exact).max()
    assert error < 1e-2
    with pytest.raises(ValueError, match="dtype='float16'"):
        kerasette.config.set_float32_products("float16")
