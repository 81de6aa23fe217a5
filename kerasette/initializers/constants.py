"""Initializers without chance."""

import math
from typing import Any

import numpy as np

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.declared import declared
from kerasette.initializers.initializer import Initializer
from kerasette.ops.window_values import window_values

__all__ = ["Constant", "Identity", "Ones", "STFT", "Zeros"]


@declared
class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ops.zeros(shape, dtypes.standardize_dtype(dtype))


@declared
class Ones(Initializer):
    """All ones."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ops.ones(shape, dtypes.standardize_dtype(dtype))


@declared
class Constant(Initializer):
    """One value everywhere.

    >>> kerasette.initializers.Constant(3.0)((2,)).numpy()
    array([3., 3.], dtype=float32)
    """

    value: Any = 0.0

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        value = ops.convert_to_tensor(self.value, dtypes.standardize_dtype(dtype))
        return ops.broadcast_to(value, shape)


@declared
class Identity(Initializer):
    """``gain`` on the diagonal of a matrix, zero elsewhere.

    >>> kerasette.initializers.Identity(2.0)((2, 2)).numpy()
    array([[2., 0.],
           [0., 2.]], dtype=float32)
    """

    gain: float = 1.0

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        if len(shape) != 2:
            raise ValueError(f"Identity initializes matrices only. Received: shape={shape}.")
        return self.gain * ops.eye(*shape, dtype=dtypes.standardize_dtype(dtype))


@declared
class STFT(Initializer):
    """The kernel of a convolution that computes short-time Fourier transforms.

    Shape: ``(frame length, 1, bands)`` for a transform of length ``2 * (bands - 1)``.

    Args:
        side: "real" or "imag": the part of the complex result.
        window: the name of a window ("hann", "hamming", "blackman"…), its values, or ``None``.
        scaling: "density" divides by the window's length in the Euclidean norm, "spectrum" by its
            sum; ``None`` does not scale.
        periodic: whether the window is one period of a periodic one.

    >>> kerasette.initializers.STFT("imag")((8, 1, 5)).shape
    (8, 1, 5)
    """

    side: str = "real"
    window: Any = "hann"
    scaling: str | None = "density"
    periodic: bool = False

    def validate(self) -> None:
        if self.side not in ("real", "imag"):
            raise ValueError(f'`side` must be "real" or "imag". Received: side={self.side!r}.')
        if self.scaling not in (None, "density", "spectrum"):
            raise ValueError(
                '`scaling` must be "density", "spectrum" or None. '
                f"Received: scaling={self.scaling!r}."
            )
        if isinstance(self.window, str):
            window_values(self.window, 1)  # refuses a name that it does not know

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        frame, channels, bands = shape
        time, band = np.arange(frame)[:, None, None], np.arange(bands)[None, None, :]
        angle = -2.0 * math.pi * time * band / (2 * (bands - 1))
        kernel = np.cos(angle) if self.side == "real" else np.sin(angle)
        if self.window is not None:
            kernel = kernel * self._scaled_window(frame)[:, None, None]
        kernel = np.broadcast_to(kernel, (frame, channels, bands))
        return ops.convert_to_tensor(kernel, dtypes.standardize_dtype(dtype))

    def _scaled_window(self, frame: int) -> np.ndarray:
        if isinstance(self.window, str):
            window = window_values(self.window, frame, self.periodic)
        else:
            window = np.asarray(self.window, "float64")
        if window.shape != (frame,):
            raise ValueError(
                f"`window` must have one value for each of {frame} places of a frame. "
                f"Received: values of shape {window.shape}."
            )
        if self.scaling is None:
            return window
        size = np.abs(window).sum() if self.scaling == "spectrum" else np.linalg.norm(window)
        return window / size
