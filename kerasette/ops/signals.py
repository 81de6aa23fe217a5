"""Signals cut into overlapping pieces, and their short-time Fourier transforms."""

from typing import Any

import numpy as np

from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import AS_IS
from kerasette.core.spec import Spec
from kerasette.ops.comparison import less
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.fourier import as_pair, irfft, rfft
from kerasette.ops.gathering import take
from kerasette.ops.logic import where
from kerasette.ops.shaping import broadcast_to
from kerasette.ops.window_values import window_values

__all__ = ["extract_sequences", "istft", "stft"]


def _pieces(x: Spec, *, length: int, stride: int) -> Spec:
    if not x.shape:
        raise ValueError("a signal has one axis or more. Received: a scalar.")
    if length < 1 or stride < 1 or length > x.shape[-1]:
        raise ValueError(
            f"`sequence_length` must be from 1 to the signal's length, and `sequence_stride` at "
            f"least 1. Received: sequence_length={length}, sequence_stride={stride}, a signal of "
            f"shape {x.shape}."
        )
    return Spec((*x.shape[:-1], 1 + (x.shape[-1] - length) // stride, length), x.dtype)


@primitive(_pieces, AS_IS, native=True)
def pieces(xp: Any, x: Any, *, length: int, stride: int) -> Any:
    """Pieces of ``length``, one every ``stride``: ``(..., n) -> (..., pieces, length)``."""
    windows = xp.lib.stride_tricks.sliding_window_view(x, length, axis=-1)
    return xp.ascontiguousarray(windows[..., ::stride, :])


def _section(x: Spec, *, start: int, stop: int) -> Spec:
    return Spec((*x.shape[:-1], max(stop - start, 0)), x.dtype)


@primitive(_section, AS_IS, native=True)
def section(xp: Any, x: Any, *, start: int, stop: int) -> Any:
    """The last axis from ``start`` up to ``stop``, with zeros where it has no values."""
    size = x.shape[-1]
    out = xp.zeros((*x.shape[:-1], max(stop - start, 0)), x.dtype)
    first, last = max(start, 0), min(stop, size)
    if first < last:
        out[..., first - start : last - start] = x[..., first:last]
    return out


section.defvjp(x=lambda g, x, start: section(g, start=-start, stop=int(x.shape[-1]) - start))


def _sum_spec(x: Spec, *, stride: int, size: int) -> Spec:
    if len(x.shape) < 2:
        raise ValueError(f"pieces have two axes or more. Received: a value of shape {x.shape}.")
    return Spec((*x.shape[:-2], size), x.dtype)


@primitive(_sum_spec, AS_IS)
def overlapped(xp: Any, x: Any, *, stride: int, size: int) -> Any:
    """Pieces, one every ``stride``, added up: ``(..., pieces, length) -> (..., size)``."""
    *batch, count, length = x.shape
    blocks = -(-length // stride)
    padded = xp.zeros((*batch, count, blocks * stride), x.dtype)
    padded[..., :length] = x
    padded = padded.reshape(*batch, count, blocks, stride)
    total = xp.zeros((*batch, count + blocks - 1, stride), x.dtype)
    for block in range(blocks):
        total[..., block : block + count, :] += padded[..., block, :]
    total = total.reshape(*batch, -1)
    out = xp.zeros((*batch, size), x.dtype)
    common = min(size, total.shape[-1])
    out[..., :common] = total[..., :common]
    return out


pieces.defvjp(x=lambda g, x, stride: overlapped(g, stride=stride, size=int(x.shape[-1])))


def _overlapped_gradient(g: Any, x: Any, stride: int) -> Any:
    count, length = (int(size) for size in x.shape[-2:])
    whole = (count - 1) * stride + length
    return pieces(section(g, start=0, stop=whole), length=length, stride=stride)


overlapped.defvjp(x=_overlapped_gradient)


@operation
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """Pieces of the last axis, cut out one after the other; they may overlap.

    Args:
        x: signals ``(..., n)``.
        sequence_length: the length of a piece.
        sequence_stride: how far each piece begins after the one before.

    Returns: ``(..., 1 + (n - sequence_length) // sequence_stride, sequence_length)``.

    >>> ops.extract_sequences(ops.arange(5), 3, 2).numpy()
    array([[0, 1, 2],
           [2, 3, 4]], dtype=int32)
    """
    return pieces(convert_to_tensor(x), length=int(sequence_length), stride=int(sequence_stride))


def _window(window: Any, sequence_length: int, fft_length: int) -> np.ndarray | Any:
    """The values of a window, with zeros around to ``fft_length``."""
    if fft_length < sequence_length:
        raise ValueError(
            "`fft_length` must be at least `sequence_length`. Received: "
            f"sequence_length={sequence_length}, fft_length={fft_length}."
        )
    if window is None:
        values = np.ones(sequence_length)
    elif isinstance(window, str):
        values = window_values(window, sequence_length)
    else:
        values = convert_to_tensor(window)
    if tuple(values.shape) != (sequence_length,):
        raise ValueError(
            f"`window` must have one value for each of {sequence_length} places of a sequence. "
            f"Received: values of shape {tuple(values.shape)}."
        )
    before = (fft_length - sequence_length) // 2
    if isinstance(values, np.ndarray):
        return np.pad(values, (before, fft_length - sequence_length - before))
    return section(values, start=-before, stop=fft_length - before)


@operation
def stft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> tuple[Any, Any]:
    """Short-time Fourier transforms: those of overlapping pieces of the last axis.

    Args:
        x: signals ``(..., n)``, float32 or float64.
        sequence_length: the length of the window.
        sequence_stride: how far each piece begins after the one before.
        fft_length: the length of the transforms, at least ``sequence_length``.
        window: the name of a window ("hann", "hamming"…), its values, or ``None``.
        center: whether the signal is mirrored at both ends, so that piece ``t`` has its middle at
            ``t * sequence_stride``; else it begins there.

    Returns: real and imaginary parts, ``(..., pieces, fft_length // 2 + 1)``.

    >>> real, imag = ops.stft(ops.ones((8,)), 4, 2, 4)
    >>> real.shape
    (5, 3)

    Raises: TypeError for another dtype; ValueError for sizes that do not fit.
    """
    x = convert_to_tensor(x)
    if x.dtype not in ("float32", "float64"):
        raise TypeError(f"`x` must be float32 or float64. Received: dtype={x.dtype}.")
    values = convert_to_tensor(_window(window, sequence_length, fft_length), x.dtype)
    if center:
        half = fft_length // 2
        x = take(x, np.pad(np.arange(x.shape[-1]), half, mode="reflect"), axis=-1)
    return rfft(pieces(x, length=int(fft_length), stride=int(sequence_stride)) * values)


@operation
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """The inverse of ``stft``: the pieces are windowed once more, added up, and divided by the sum
    of the squared windows.

    Args:
        x: the real and the imaginary parts, ``(..., pieces, fft_length // 2 + 1)``.
        sequence_length: the length of the window.
        sequence_stride: how far each piece begins after the one before.
        fft_length: the length of the transforms.
        length: the length of the result; all that there is by default.
        window: as for ``stft``; ``None`` adds the pieces up as they are.
        center: as for ``stft``.

    Returns: signals ``(..., length)``. With ``center=False`` the squared windows are summed as if
    the pieces went on for ever in both directions.

    >>> x = ops.cast(ops.arange(8), "float32")
    >>> ops.istft(ops.stft(x, 4, 2, 4), 4, 2, 4).numpy().round(3) + 0
    array([0., 1., 2., 3., 4., 5., 6., 7.], dtype=float32)
    """
    real, imag = as_pair(x)
    parts = irfft((real, imag), fft_length)
    count, stride = int(parts.shape[-2]), int(sequence_stride)
    whole = (count - 1) * stride + fft_length
    if window is not None:
        values = convert_to_tensor(_window(window, sequence_length, fft_length), real.dtype)
        parts = parts * values
    signal = overlapped(parts, stride=stride, size=whole)
    if window is not None:
        signal = signal / _envelope(values, count, stride, whole, center)
    start = fft_length // 2 if center else 0
    stop = whole - start if length is None else start + int(length)
    return section(signal, start=start, stop=stop)


def _envelope(values: Any, count: int, stride: int, whole: int, center: bool) -> Any:
    """The sum of the squared windows at each place, 1 where it is next to nothing."""
    length = int(values.shape[0])
    around = 0 if center else -(-length // stride)
    squares = broadcast_to(values * values, (count + 2 * around, length))
    total = overlapped(squares, stride=stride, size=whole + 2 * around * stride)
    total = section(total, start=around * stride, stop=around * stride + whole)
    return where(less(total, 1e-11), 1.0, total)
