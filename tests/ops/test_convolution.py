"""Convolution in all its forms against loops, for any sizes; errors; memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import KerasTensor, ops
from kerasette.arrays import settings as global_settings
from kerasette.ops import sliding
from tests.ops import naive
from tests.ops.gradients import check
from tests.ops.samples import normal

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def first(x):
    """Channels first."""
    return np.moveaxis(x, -1, 1)


def last(x):
    """Channels last."""
    return np.moveaxis(x, 1, -1)


@st.composite
def configurations(draw):
    """An input, a kernel and how it slides, such that there is an output."""
    rank = draw(st.integers(1, 3))
    small = st.integers(1, 3)
    window = tuple(draw(small) for _ in range(rank))
    strides = tuple(draw(small) for _ in range(rank))
    dilation = tuple(draw(small) for _ in range(rank))
    sizes = tuple(
        draw(st.integers(1 + (w - 1) * d, 4 + (w - 1) * d))
        for w, d in zip(window, dilation, strict=True)
    )
    groups, depth, width = draw(st.integers(1, 3)), draw(small), draw(small)
    x = normal(2, *sizes, groups * depth, seed=draw(st.integers(0, 9)))
    kernel = normal(*window, depth, groups * width)
    return x, kernel, strides, dilation, groups


@settings(max_examples=150, deadline=None)
@given(configurations(), st.sampled_from(["valid", "same"]), st.booleans(), st.integers(0, 3))
def test_conv_and_its_gradients(case, padding, channels_first, block):
    """Values by loops; gradients by the transposes of the same loops; however work is cut up."""
    x, kernel, strides, dilation, groups = case
    window, sizes = kernel.shape[:-2], x.shape[1:-1]
    pairs = ((0, 0),) * len(window)
    if padding == "same":
        pairs = naive.same_padding(sizes, window, strides, dilation)
    expected = naive.conv(x, kernel, strides, pairs, dilation, groups)
    before = sliding._BLOCK_BYTES
    sliding._BLOCK_BYTES = (1, 300, 3000, before)[block]
    try:
        turn = first if channels_first else np.asarray
        data_format = "channels_first" if channels_first else "channels_last"
        values = [kerasette.constant(turn(x)), kerasette.constant(kernel)]
        direction = normal(*expected.shape, seed=1)
        with kerasette.GradientTape() as tape:
            tape.watch(values)
            found = ops.conv(values[0], values[1], strides, padding, data_format, dilation)
            total = ops.sum(found * turn(direction))
        of_x, of_kernel = tape.gradient(total, values)
    finally:
        sliding._BLOCK_BYTES = before
    np.testing.assert_allclose(found, turn(expected), **CLOSE)
    # A linear function's gradient g has <g, u> = <direction, f(u)> for every u.
    for gradient, seed in ((of_x, 2), (of_kernel, 3)):
        u = normal(*gradient.shape, seed=seed)
        inputs = (last(u) if channels_first else u, kernel) if seed == 2 else (x, u)
        moved = naive.conv(*inputs, strides, pairs, dilation, groups)
        np.testing.assert_allclose(np.sum(gradient * u), np.sum(direction * moved), **CLOSE)


def _spread(x, kernel, strides, dilation):
    """The transposed convolution by its definition: each input, times the kernel, put in place."""
    *window, filters, _ = kernel.shape
    sizes = [
        (size - 1) * s + (w - 1) * d + 1
        for size, s, w, d in zip(x.shape[1:-1], strides, window, dilation, strict=True)
    ]
    out = np.zeros((x.shape[0], *sizes, filters))
    for place in np.ndindex(*x.shape[1:-1]):
        for offset in np.ndindex(*window):
            at = tuple(
                p * s + o * d for p, s, o, d in zip(place, strides, offset, dilation, strict=True)
            )
            out[(slice(None), *at)] += x[(slice(None), *place)] @ kernel[offset].T
    return out


@settings(max_examples=100, deadline=None)
@given(configurations(), st.booleans(), st.one_of(st.none(), st.integers(0, 2)))
def test_conv_transpose_valid(case, channels_first, extra):
    x, kernel, strides, dilation, _ = case
    kernel = normal(*kernel.shape[:-2], 2, x.shape[-1])
    full = _spread(x, kernel, strides, dilation)
    spans = [(w - 1) * d + 1 for w, d in zip(kernel.shape, dilation, strict=False)]
    more = [
        max(s - span, 0) if extra is None else extra for s, span in zip(strides, spans, strict=True)
    ]
    expected = np.pad(full, [(0, 0), *((0, m) for m in more), (0, 0)])
    turn = first if channels_first else np.asarray
    data_format = "channels_first" if channels_first else "channels_last"
    found = ops.conv_transpose(
        turn(x), kernel, strides, "valid", extra, data_format, dilation_rate=dilation
    )
    np.testing.assert_allclose(found, turn(expected), **CLOSE)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_conv_transpose_same(width, stride):
    """``size * stride`` outputs from the middle of the full ones, the later middle if it is odd."""
    x, kernel = normal(2, 4, 3), normal(width, 2, 3)
    full = _spread(x, kernel, (stride,), (1,))
    found = ops.conv_transpose(x, kernel, stride, "same")
    assert found.shape == (2, 4 * stride, 2)
    before = width - 1 - min((stride + width - 1) // 2, width - 1)
    expected = np.pad(full, [(0, 0), (0, stride), (0, 0)])[:, before : before + 4 * stride]
    np.testing.assert_allclose(found, expected, **CLOSE)


@settings(max_examples=60, deadline=None)
@given(configurations(), st.sampled_from(["valid", "same"]), st.integers(1, 3))
def test_depthwise_and_separable(case, padding, multiplier):
    x, kernel, strides, dilation, _ = case
    window, channels, rank = kernel.shape[:-2], x.shape[-1], x.ndim - 2
    deep = normal(*window, channels, multiplier)
    pairs = ((0, 0),) * rank
    if padding == "same":
        pairs = naive.same_padding(x.shape[1:-1], window, strides, dilation)
    grouped = deep.reshape(*window, 1, channels * multiplier)
    expected = naive.conv(x, grouped, strides, pairs, dilation, channels)
    found = ops.depthwise_conv(x, deep, strides, padding, dilation_rate=dilation)
    np.testing.assert_allclose(found, expected, **CLOSE)
    point = normal(*(1,) * rank, channels * multiplier, 2)
    found = ops.separable_conv(x, deep, point, strides, padding, dilation_rate=dilation)
    np.testing.assert_allclose(found, expected @ point.reshape(-1, 2), **CLOSE)
    turned = ops.separable_conv(first(x), deep, point, strides, padding, "channels_first", dilation)
    np.testing.assert_allclose(last(turned), found, **CLOSE)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_gradients_of_composites(data_format):
    """Second order, too: the three primitives are each the derivative of the others."""
    x = normal(1, 4, 5, 2) if data_format == "channels_last" else normal(1, 2, 4, 5)
    more = {"strides": 2, "padding": "same", "data_format": data_format}
    check(lambda x, k: ops.conv(x, k, **more) ** 2, x, normal(3, 2, 2, 3))
    check(lambda x, k: ops.conv_transpose(x, k, **more) ** 2, x, normal(3, 2, 3, 2))
    check(lambda x, k: ops.depthwise_conv(x, k, **more) ** 2, x, normal(3, 2, 2, 2))
    kernels = normal(2, 2, 2, 2), normal(1, 1, 4, 3)
    check(lambda x, k, p: ops.separable_conv(x, k, p, **more), x, *kernels)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_unknown_sizes(rank, padding):
    """Batch and spatial sizes unknown: what is not known stays ``None``."""
    batch = KerasTensor((None, *(9,) * rank, 4))
    anywhere = KerasTensor((None, *(None,) * rank, 4))
    window = (3,) * rank
    size = 4 if padding == "valid" else 5
    for name, kernel, filters in (
        ("conv", (4, 7), 7),
        ("conv", (2, 6), 6),
        ("depthwise_conv", (4, 2), 8),
    ):
        op = getattr(ops, name)
        found = op(batch, ops.ones((*window, *kernel)), 2, padding)
        assert found.shape == (None, *(size,) * rank, filters)
        found = op(anywhere, ops.ones((*window, *kernel)), 2, padding)
        assert found.shape == (None, *(None,) * rank, filters)
    kernel = ops.ones((*window, 7, 4))
    grown = 19 if padding == "valid" else 18
    assert ops.conv_transpose(batch, kernel, 2, padding).shape == (None, *(grown,) * rank, 7)
    assert ops.conv_transpose(anywhere, kernel, 2, padding).shape == (None, *(None,) * rank, 7)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dtypes(dtype):
    x, kernel = ops.cast(normal(1, 5, 5, 2), dtype), ops.cast(normal(3, 3, 2, 2), dtype)
    assert ops.conv(x, kernel).dtype == dtype
    assert ops.conv(KerasTensor((None, 5, 5, 2), dtype), kernel).dtype == dtype
    assert ops.conv(ops.cast(x, "int32"), kernel).dtype == dtype
    assert ops.conv_transpose(x, kernel).dtype == dtype


def test_empty_batch():
    x = ops.ones((0, 6, 6, 2))
    for kernel in (ops.ones((3, 3, 2, 4)), ops.ones((3, 3, 1, 2))):
        with kerasette.GradientTape() as tape:
            tape.watch([x, kernel])
            out = ops.conv(x, kernel)
        assert out.shape == (0, 4, 4, kernel.shape[-1])
        of_x, of_kernel = tape.gradient(out, [x, kernel])
        assert of_x.shape == x.shape
        assert not np.any(of_kernel)


def test_data_format_is_the_global_one_by_default():
    x = ops.ones((1, 3, 8, 9))
    global_settings.set_image_data_format("channels_first")
    try:
        assert ops.conv(x, ops.ones((3, 3, 3, 5))).shape == (1, 5, 6, 7)
        assert ops.max_pool(x, 2).shape == (1, 3, 4, 4)
    finally:
        global_settings.set_image_data_format("channels_last")


def test_memory_is_bounded():
    """The windows of this image alone would take 75 MB in a matrix; they are never all there."""
    x = ops.ones((1, 256, 256, 32))
    kernel = ops.ones((3, 3, 32, 4))
    out = ops.conv(x, kernel)
    tracemalloc.start()
    ops.conv(x, kernel)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 256 * 256 * 4 + 6 * 2**20, peak
    assert out.shape == (1, 254, 254, 4)


ONES = ops.ones


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.conv(ONES((4, 4)), ONES((3, 3))), "1 to 3 spatial axes"),
        (lambda: ops.conv(ONES((1, 4, 4, 3)), ONES((3, 3, 2))), "`kernel` needs 2 spatial axes"),
        (lambda: ops.conv(ONES((1, 4, 4, 3)), ONES((3, 3, 2, 4))), "takes 2 channels"),
        (lambda: ops.conv(ONES((1, 4, 4, 4)), ONES((3, 3, 2, 3))), "divide its 3 filters"),
        (lambda: ops.conv(ONES((1, 4, 4, 3)), ONES((5, 5, 3, 1))), "no window fits"),
        (lambda: ops.conv(ONES((1, 4, 3)), ONES((3, 3, 1)), strides=0), "strides=0"),
        (lambda: ops.conv(ONES((1, 4, 3)), ONES((3, 3, 1)), strides=(1, 2)), r"strides=\(1, 2\)"),
        (lambda: ops.conv(ONES((1, 4, 3)), ONES((3, 3, 1)), strides=1.5), "strides=1.5"),
        (lambda: ops.conv(ONES((1, 4, 3)), ONES((3, 3, 1)), strides="2"), "strides=2"),
        (lambda: ops.conv(ONES((1, 4, 3)), ONES((3, 3, 1)), dilation_rate=-1), "dilation_rate=-1"),
        (lambda: ops.conv(ONES((1, 4, 3)), ONES((3, 3, 1)), padding="full"), "padding='full'"),
        (lambda: ops.conv(ONES((1, 4, 3)), ONES((3, 3, 1)), data_format="nhwc"), "data_format"),
        (lambda: ops.depthwise_conv(ONES((1, 4, 3)), ONES((3, 2, 1))), "inputs of 2 channels"),
        (lambda: ops.conv_transpose(ONES((1, 4, 3)), ONES((3, 2, 1))), "inputs of 1 channels"),
        (
            lambda: ops.conv_transpose(ONES((1, 4, 3)), ONES((3, 2, 3)), output_padding=-1),
            "output_padding=-1",
        ),
        (
            lambda: ops.conv_transpose(ONES((1, 1, 3)), ONES((2, 2, 3)), 1, "same", 0),
            "output would be empty",
        ),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_sizes_may_be_numpys():
    x, kernel = ONES((1, 8, 8, 1)), ONES((3, 3, 1, 1))
    assert ops.conv(x, kernel, np.int64(2)).shape == (1, 3, 3, 1)
    assert ops.conv(x, kernel, [np.int32(2), 1]).shape == (1, 3, 6, 1)


def test_bad_input_is_found_before_anything_is_computed():
    with pytest.raises(ValueError, match="takes 3 channels"):
        ops.conv(KerasTensor((None, 8, 8, 4)), ONES((3, 3, 3, 2)))
