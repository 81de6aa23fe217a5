"""The windows that numpy has: weights that fade a piece of a signal in and out."""

import math
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.ops.arithmetic import absolute, maximum, sqrt, square
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange, ones
from kerasette.ops.special import i0
from kerasette.ops.trigonometry import cos

__all__ = ["bartlett", "blackman", "hamming", "hanning", "kaiser"]


def _turns(x: Any) -> Any:
    """From 0 for the first weight to 1 for the last, in float64."""
    count = int(x)
    if count < 0:
        raise ValueError(f"`x`, the number of weights, must be at least 0. Received: x={count}.")
    return arange(count, dtype="float64") / (count - 1) if count > 1 else None


def _finished(weights: Any) -> Any:
    return cast(weights, dtypes.standardize_dtype(None))


def _cosines(x: Any, *factors: float) -> Any:
    """``factors[0] - factors[1] cos(2 pi t) + factors[2] cos(4 pi t)``…"""
    turns = _turns(x)
    if turns is None:
        return ones(int(x))
    terms = [(-1) ** k * f * cos(turns * (2 * math.pi * k)) for k, f in enumerate(factors)]
    return _finished(sum(terms[1:], terms[0]))


@operation
def bartlett(x: Any) -> Any:
    """The triangular window of ``x`` weights, 0 at both ends: floatx ``(x,)``.

    >>> ops.bartlett(5).numpy()
    array([0. , 0.5, 1. , 0.5, 0. ], dtype=float32)
    """
    turns = _turns(x)
    return ones(int(x)) if turns is None else _finished(1 - absolute(2 * turns - 1))


@operation
def blackman(x: Any) -> Any:
    """The Blackman window of ``x`` weights, a sum of three cosines: floatx ``(x,)``.

    >>> ops.blackman(3).numpy().round(3)
    array([-0.,  1., -0.], dtype=float32)
    """
    return _cosines(x, 0.42, 0.5, 0.08)


@operation
def hamming(x: Any) -> Any:
    """The Hamming window of ``x`` weights, a raised cosine: floatx ``(x,)``.

    >>> ops.hamming(3).numpy()
    array([0.08, 1.  , 0.08], dtype=float32)
    """
    return _cosines(x, 0.54, 0.46)


@operation
def hanning(x: Any) -> Any:
    """The Hann window of ``x`` weights, a raised cosine that ends in 0: floatx ``(x,)``.

    >>> ops.hanning(3).numpy()
    array([0., 1., 0.], dtype=float32)
    """
    return _cosines(x, 0.5, 0.5)


@operation
def kaiser(x: Any, beta: Any) -> Any:
    """The Kaiser window of ``x`` weights: floatx ``(x,)``.

    Args:
        x: the number of weights.
        beta: how narrow: 0 is a rectangle, 8.6 is near a Blackman window.

    >>> ops.kaiser(3, 5.0).numpy().round(3)
    array([0.037, 1.   , 0.037], dtype=float32)
    """
    turns, beta = _turns(x), convert_to_tensor(beta, "float64")
    if turns is None:
        return ones(int(x))
    inside = maximum(1 - square(2 * turns - 1), 0)
    return _finished(i0(beta * sqrt(inside)) / i0(beta))
