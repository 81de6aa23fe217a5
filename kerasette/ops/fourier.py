"""Fourier transforms of pairs of real and imaginary parts, by the last axis or the last two.

The transforms come as families that close under differentiation: a transform's gradient is the
transform the other way round, without its scale.
"""

import math
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING
from kerasette.core.spec import Spec
from kerasette.ops.conversion import convert_to_tensor

__all__ = ["fft", "fft2", "ifft2", "irfft", "rfft"]


def _pair_spec(real: Spec, imag: Spec, *, axes: int, inverse: bool) -> tuple[Spec, Spec]:
    if real.shape != imag.shape or len(real.shape) < axes:
        raise ValueError(
            f"real and imaginary parts must have one shape, of {axes} or more axes. "
            f"Received: shapes {real.shape} and {imag.shape}."
        )
    return real, imag


def _parts(values: Any, dtype: Any) -> tuple[Any, Any]:
    return values.real.astype(dtype), values.imag.astype(dtype)


@primitive(_pair_spec, FLOATING)
def fourier(xp: Any, real: Any, imag: Any, *, axes: int, inverse: bool) -> Any:
    """The discrete Fourier transform over the last ``axes`` axes, unscaled in both directions."""
    values = real + 1j * imag
    over = tuple(range(-axes, 0))
    if inverse:
        return _parts(xp.fft.ifftn(values, axes=over, norm="forward"), real.dtype)
    return _parts(xp.fft.fftn(values, axes=over), real.dtype)


fourier.defvjp_joint(lambda g, axes, inverse: fourier(g[0], g[1], axes=axes, inverse=not inverse))


def _fit(xp: Any, values: Any, size: int) -> Any:
    """The last axis cut, or filled with zeros, to ``size``."""
    if values.shape[-1] >= size:
        return values[..., :size]
    width = [(0, 0)] * (values.ndim - 1) + [(0, size - values.shape[-1])]
    return xp.pad(values, width)


def _real_spec(x: Spec, *, length: int, bins: int) -> tuple[Spec, Spec]:
    if not x.shape or length < 1:
        raise ValueError(f"a signal has one axis or more. Received: a value of shape {x.shape}.")
    spec = Spec((*x.shape[:-1], bins), x.dtype)
    return spec, spec


@primitive(_real_spec, FLOATING)
def real_fourier(xp: Any, x: Any, *, length: int, bins: int) -> Any:
    """The transform of real signals, cut or filled to ``length``; its first ``bins`` values."""
    return _parts(_fit(xp, xp.fft.rfft(x, n=length), bins), x.dtype)


def _adjoint_spec(real: Spec, imag: Spec, *, length: int, size: int) -> Spec:
    if real.shape != imag.shape or not real.shape or length < 1:
        raise ValueError(
            "real and imaginary parts must have one shape, of one axis or more. "
            f"Received: shapes {real.shape} and {imag.shape}."
        )
    return Spec((*real.shape[:-1], size), real.dtype)


def _doubled(bins: int, length: int) -> np.ndarray:
    """How often each value of a real signal's transform stands in the whole transform."""
    times = np.full(bins, 2.0)
    times[0] = 1.0
    if length % 2 == 0 and length // 2 < bins:
        times[length // 2] = 1.0
    return times


@primitive(_adjoint_spec, FLOATING)
def real_fourier_adjoint(xp: Any, real: Any, imag: Any, *, length: int, size: int) -> Any:
    """The transpose of ``real_fourier`` as a linear map, for signals of ``size`` values."""
    bins = length // 2 + 1
    values = _fit(xp, real + 1j * imag, bins) / xp.asarray(_doubled(bins, length), real.dtype)
    signal = xp.fft.irfft(values, n=length, norm="forward")
    return _fit(xp, signal, size).astype(real.dtype)


real_fourier.defvjp_joint(
    lambda g, inputs, length: (
        real_fourier_adjoint(g[0], g[1], length=length, size=int(inputs[0].shape[-1])),
    )
)
real_fourier_adjoint.defvjp_joint(
    lambda g, inputs, length: real_fourier(g, length=length, bins=int(inputs[0].shape[-1]))
)


def as_pair(x: Any) -> tuple[Any, Any]:
    """A value's real and imaginary parts, as tensors.

    Raises: ValueError for what is no pair of float tensors.
    """
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(
            f"`x` must be a tuple of two tensors, the real and the imaginary parts. Received: x={x}"
        )
    real, imag = convert_to_tensor(x[0]), convert_to_tensor(x[1])
    for part in (real, imag):
        if not dtypes.is_float(part.dtype):
            raise ValueError(f"`x` must hold floats. Received: parts of dtype {part.dtype}.")
    return real, imag


@operation
def fft(x: Any) -> tuple[Any, Any]:
    """The discrete Fourier transform over the last axis.

    Args:
        x: the real and the imaginary parts, two float tensors ``(..., n)``.

    Returns: real and imaginary parts, of the same shape.

    >>> real, imag = ops.fft((ops.convert_to_tensor([1.0, 0.0]), ops.zeros((2,))))
    >>> real.numpy()
    array([1., 1.], dtype=float32)
    """
    return fourier(*as_pair(x), axes=1, inverse=False)


@operation
def fft2(x: Any) -> tuple[Any, Any]:
    """The discrete Fourier transform over the last two axes; as ``fft``."""
    return fourier(*as_pair(x), axes=2, inverse=False)


@operation
def ifft2(x: Any) -> tuple[Any, Any]:
    """The inverse of ``fft2``."""
    real, imag = as_pair(x)
    scale = 1.0 / math.prod(real.shape[-2:])
    real, imag = fourier(real, imag, axes=2, inverse=True)
    return real * scale, imag * scale


@operation
def rfft(x: Any, fft_length: int | None = None) -> tuple[Any, Any]:
    """The discrete Fourier transform of real signals over the last axis.

    Args:
        x: signals ``(..., n)``.
        fft_length: the length to which they are cut or filled with zeros; ``n`` by default.

    Returns: real and imaginary parts, ``(..., fft_length // 2 + 1)``: the others are the conjugates
    of these.

    >>> ops.rfft(ops.convert_to_tensor([1.0, 2.0, 3.0, 4.0]))[0].numpy()
    array([10., -2., -2.], dtype=float32)
    """
    x = convert_to_tensor(x)
    length = int(x.shape[-1] if fft_length is None else fft_length)
    return real_fourier(x, length=length, bins=length // 2 + 1)


@operation
def irfft(x: Any, fft_length: int | None = None) -> Any:
    """The inverse of ``rfft``.

    Args:
        x: the real and the imaginary parts, two float tensors ``(..., bins)``.
        fft_length: the length of the signals; ``2 * (bins - 1)`` by default.

    Returns: signals ``(..., fft_length)``.

    >>> ops.irfft(ops.rfft(ops.convert_to_tensor([1.0, 2.0, 3.0, 4.0]))).numpy()
    array([1., 2., 3., 4.], dtype=float32)
    """
    real, imag = as_pair(x)
    bins = real.shape[-1]
    length = int(2 * (bins - 1) if fft_length is None else fft_length)
    times = convert_to_tensor(_doubled(bins, length) / length, real.dtype)
    return real_fourier_adjoint(real * times, imag * times, length=length, size=length)
