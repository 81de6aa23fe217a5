"""The windows of signal processing, by name: weights that fade a piece of a signal in and out."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette.errors import unknown_name

__all__: list[str] = []

# Sums of cosines: sum of (-1)**k * a[k] * cos(2 pi k t), t from 0 to 1 over the window.
_COSINES = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}


def _parzen(t: np.ndarray, count: int) -> np.ndarray:
    far = np.abs(2.0 * t - 1.0) * (count - 1) / count
    return np.where(far <= 0.5, 1.0 - 6.0 * far**2 * (1.0 - far), 2.0 * (1.0 - far) ** 3)


def _tukey(t: np.ndarray, count: int, part: float = 0.5) -> np.ndarray:
    edge = np.minimum(t, 1.0 - t) / (part / 2.0) if part > 0 else np.ones_like(t)
    return np.where(edge < 1.0, 0.5 - 0.5 * np.cos(math.pi * edge), 1.0)


def _bohman(t: np.ndarray, count: int) -> np.ndarray:
    far = np.abs(2.0 * t - 1.0)
    return (1.0 - far) * np.cos(math.pi * far) + np.sin(math.pi * far) / math.pi


# Functions of the place t from 0 to 1, the number of values, and parameters.
_OTHERS: dict[str, Callable[..., np.ndarray]] = {
    "bartlett": lambda t, count: 1.0 - np.abs(2.0 * t - 1.0),
    "triang": lambda t, count: 1.0 - np.abs(2.0 * t - 1.0) * (count - 1) / (count + count % 2),
    "bohman": _bohman,
    "barthann": lambda t, count: 0.62 - 0.48 * np.abs(t - 0.5) - 0.38 * np.cos(2.0 * math.pi * t),
    "cosine": lambda t, count: np.sin(math.pi * (t * (count - 1) + 0.5) / count),
    "lanczos": lambda t, count: np.sinc(2.0 * t - 1.0),
    "parzen": _parzen,
    "tukey": _tukey,
    "kaiser": lambda t, count, beta: (
        np.i0(beta * np.sqrt(np.maximum(4.0 * t * (1.0 - t), 0.0))) / np.i0(beta)
    ),
    "gaussian": lambda t, count, deviation: np.exp(
        -0.5 * ((t - 0.5) * (count - 1) / deviation) ** 2
    ),
    "general_hamming": lambda t, count, alpha: alpha - (1.0 - alpha) * np.cos(2.0 * math.pi * t),
}
_ALIASES = {"hanning": "hann", "rectangular": "boxcar", "ones": "boxcar", "triangle": "triang"}


def window_values(window: Any, length: int, periodic: bool = True) -> np.ndarray:
    """The values of a window in float64: ``(length,)``.

    Args:
        window: a name, such as "hann" or "hamming", or a tuple of a name and its parameters, such
            as ``("kaiser", 8.6)`` or ``("gaussian", standard deviation)``.
        length: how many values.
        periodic: one period of a periodic window, as for a Fourier transform, in place of a window
            that ends as it begins.

    Raises: ValueError for a name that is not known.
    """
    name, *parameters = (window,) if isinstance(window, str) else tuple(window)
    name = _ALIASES.get(name, name)
    if name not in _COSINES and name not in _OTHERS:
        raise unknown_name("window", name, [*_COSINES, *_OTHERS])
    # One period is the symmetric window that is longer by one value, without its last.
    count = length + 1 if periodic and length > 1 else length
    if count <= 1:
        return np.ones(length)
    t = np.arange(count) / (count - 1)
    if name in _COSINES:
        terms = [a * np.cos(2.0 * math.pi * k * t) for k, a in enumerate(_COSINES[name])]
        values = sum(term if k % 2 == 0 else -term for k, term in enumerate(terms))
    else:
        values = _OTHERS[name](t, count, *parameters)
    return np.asarray(values, "float64")[:length]
