"""Fourier transforms, pieces of signals and segments as they are called."""

import math

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import ops
from kerasette.ops.window_values import window_values

X = np.random.RandomState(0).standard_normal((2, 40))


def close(found, expected, tolerance=1e-9):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("length", [None, 12, 40, 41, 64])
def test_real_transform(length):
    real, imag = ops.rfft(X, length)
    expected = np.fft.rfft(X, length)
    close(real, expected.real)
    close(imag, expected.imag)
    close(ops.irfft((real, imag), length), np.fft.irfft(expected, length))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12))
def test_inverse_transform_of_any_length(bins, length):
    values = np.random.RandomState(bins).standard_normal((2, bins)) * (1 + 1j)
    close(ops.irfft((values.real, values.imag), length), np.fft.irfft(values, length))


def test_plane_transform_and_back():
    planes = X.reshape(2, 8, 5), X[::-1].reshape(2, 8, 5)
    expected = np.fft.fft2(planes[0] + 1j * planes[1])
    found = ops.fft2(planes)
    close(found[0], expected.real)
    close(found[1], expected.imag)
    for one, other in zip(ops.ifft2(found), planes, strict=True):
        close(one, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_transforms_keep_their_dtype(dtype):
    pair = (X.astype(dtype), X.astype(dtype))
    for result in (ops.fft(pair), ops.rfft(pair[0]), ops.stft(pair[0], 8, 4, 8)):
        assert [part.dtype for part in result] == [dtype, dtype]
    assert ops.irfft(pair).dtype == dtype


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", None])
@pytest.mark.parametrize(("length", "stride", "fft_length"), [(8, 4, 8), (8, 2, 16), (7, 3, 9)])
def test_short_time_transform_is_scipys(window, length, stride, fft_length):
    real, imag = ops.stft(X, length, stride, fft_length, window=window, center=False)
    before = (fft_length - length) // 2
    values = np.zeros(fft_length)
    values[before : before + length] = 1.0 if window is None else window_values(window, length)
    reference = scipy.signal.ShortTimeFFT(values, stride, fs=1, fft_mode="onesided")
    for piece in range(real.shape[-2]):
        start = piece * stride
        expected = np.fft.rfft(X[:, start : start + fft_length] * values)
        close(np.asarray(real)[:, piece] + 1j * np.asarray(imag)[:, piece], expected)
    assert reference.f_pts == real.shape[-1]


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman"])
@pytest.mark.parametrize(("length", "stride", "fft_length"), [(8, 4, 8), (8, 3, 8), (8, 2, 12)])
def test_inverse_short_time_transform(window, length, stride, fft_length):
    pair = ops.stft(X, length, stride, fft_length, window=window)
    again = ops.istft(pair, length, stride, fft_length, length=36, window=window)
    close(again, X[:, :36])
    pair = ops.stft(X, length, stride, fft_length, window=window, center=False)
    again = ops.istft(pair, length, stride, fft_length, window=window, center=False)
    close(np.asarray(again)[:, 12:24], X[:, 12:24])


def test_inverse_short_time_transform_fills_with_zeros():
    pair = ops.stft(X, 8, 4, 8)
    again = np.asarray(ops.istft(pair, 8, 4, 8, length=60))
    assert again.shape == (2, 60) and not again[:, 45:].any()


def test_window_of_ones_own_has_a_gradient():
    window = kerasette.Variable(np.hanning(8))
    with kerasette.GradientTape() as tape:
        real, imag = ops.stft(X, 8, 4, 8, window=window)
        power = ops.sum(ops.square(real) + ops.square(imag))
    assert np.abs(tape.gradient(power, window).numpy()).max() > 0


def test_sequences():
    found = ops.extract_sequences(np.arange(10), 4, 3)
    assert found.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert ops.extract_sequences(kerasette.KerasTensor((None, 10)), 4, 3).shape == (None, 3, 4)


def test_shapes_are_inferred():
    x = kerasette.KerasTensor((None, 40))
    assert [part.shape for part in ops.stft(x, 8, 4, 8)] == [(None, 11, 5)] * 2
    assert ops.istft(ops.stft(x, 8, 4, 8), 8, 4, 8).shape == (None, 40)
    assert [part.shape for part in ops.rfft(x)] == [(None, 21)] * 2
    assert ops.stft(kerasette.KerasTensor((3, None)), 8, 4, 8)[0].shape == (3, None, 5)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.fft(X), ValueError, "tuple of two"),
        (lambda: ops.fft((X, X[0])), ValueError, "one shape"),
        (lambda: ops.fft((X > 0, X)), ValueError, "bool"),
        (lambda: ops.extract_sequences(X, 41, 1), ValueError, "sequence_length=41"),
        (lambda: ops.extract_sequences(X, 4, 0), ValueError, "sequence_stride=0"),
        (lambda: ops.stft(X.astype(int), 8, 4, 8), TypeError, "int64"),
        (lambda: ops.stft(X, 8, 4, 6), ValueError, "fft_length=6"),
        (lambda: ops.stft(X, 8, 4, 8, window="han"), ValueError, "Did you mean 'hann'"),
        (lambda: ops.stft(X, 8, 4, 8, window=np.ones(5)), ValueError, "(5,)"),
        (lambda: ops.segment_sum(X, [0, 1, 2]), ValueError, "(3,)"),
        (lambda: ops.segment_sum(X, [[0], [1]]), ValueError, "vector"),
        (lambda: ops.segment_sum(X, [0.0, 1.0], 2), ValueError, "integers"),
    ],
)
def test_bad_arguments_are_named(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value)


WINDOWS = """boxcar hann hamming blackman nuttall blackmanharris flattop bartlett triang bohman
barthann cosine lanczos parzen tukey""".split()


@pytest.mark.parametrize(
    "window",
    [*WINDOWS, ("tukey", 0.3), ("tukey", 0.0), ("kaiser", 8.6), ("gaussian", 3.0),
     ("general_hamming", 0.7)],
)  # fmt: skip
@pytest.mark.parametrize("periodic", [True, False])
def test_windows_are_scipys(window, periodic):
    for length in (1, 2, 7, 8):
        expected = scipy.signal.get_window(window, length, fftbins=periodic)
        close(window_values(window, length, periodic), expected)


SEGMENTS = {"sum": 0, "max": -math.inf, "min": math.inf, "prod": 1}


@pytest.mark.parametrize("name", SEGMENTS)
def test_segments(name):
    function = getattr(ops, f"segment_{name}")
    data = np.arange(1.0, 13.0).reshape(6, 2)
    numbers = np.array([0, 2, 2, -1, 9, 0])
    found = function(data, numbers, num_segments=4).numpy()
    reduce = getattr(np, name)
    close(found[0], reduce(data[[0, 5]], axis=0))
    close(found[2], reduce(data[[1, 2]], axis=0))
    assert found[1].tolist() == found[3].tolist() == [SEGMENTS[name]] * 2
    assert function(data, numbers).shape == (10, 2)
    compiled = kerasette.function(lambda x, n: function(x, n, num_segments=4))
    assert np.array_equal(compiled(data, numbers).numpy(), found)
    assert function(kerasette.KerasTensor((None, 2)), kerasette.KerasTensor((None,), "int32"),
                    num_segments=4).shape == (4, 2)  # fmt: skip


def test_segments_of_integers():
    numbers = [0, 2, 2]
    assert ops.segment_sum(np.array([100, 100, 27], "int8"), numbers).tolist() == [100, 0, 127]
    assert ops.segment_max(np.array([1, 2, 3], "int8"), numbers).tolist() == [1, -128, 3]
    assert ops.segment_min(np.array([1, 2, 3], "uint8"), numbers).tolist() == [1, 255, 2]
    assert ops.segment_prod([2, 3, 4], numbers).tolist() == [2, 1, 12]


def test_segments_without_rows():
    for name in SEGMENTS:
        function = getattr(ops, f"segment_{name}")
        empty = function(np.zeros((0, 3)), np.zeros(0, "int32"), num_segments=2)
        assert empty.numpy().tolist() == [[SEGMENTS[name]] * 3] * 2
        assert function(np.zeros((0, 3)), np.zeros(0, "int32")).shape == (0, 3)


def test_extremes_share_their_gradient():
    x = kerasette.constant([2.0, 2.0, 1.0, 5.0])
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        y = ops.segment_max(x, [0, 0, 0, -1], num_segments=2)
    upstream = kerasette.constant([1.0, 7.0])
    assert tape.gradient(y, x, upstream).tolist() == [0.5, 0.5, 0.0, 0.0]


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_product_has_its_gradient_at_zero(zeros):
    data = np.array([2.0, 3.0, 4.0])
    data[:zeros] = 0
    x = kerasette.constant(data)
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        y = ops.segment_prod(x, [0, 0, 0], num_segments=1)
    expected = [np.prod(np.delete(data, i)) for i in range(3)]
    close(tape.gradient(y, x), expected)
