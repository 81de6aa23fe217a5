"""How far apart values are."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.ops.arithmetic import sqrt, square
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.exponential import log10
from kerasette.ops.logic import where
from kerasette.ops.reductions import mean, sum
from kerasette.ops.shaping import expand_dims

__all__ = ["cdist", "psnr"]


@operation
def cdist(x: Any, y: Any) -> Any:
    """The distances of each vector of one collection from each of another.

    ``(..., n, depth), (..., m, depth) -> (..., n, m)``; leading axes broadcast. The gradient of a
    distance of 0 is 0.

    >>> ops.cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 0.0]]).numpy()
    array([[5., 0.]], dtype=float32)

    Raises: ValueError where there are no vectors, or of different depths.
    """
    x, y = convert_to_tensor(x), convert_to_tensor(y)
    if min(len(x.shape), len(y.shape)) < 2 or x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "cdist needs x (..., n, depth) and y (..., m, depth). Received: x of shape "
            f"{tuple(x.shape)}, y of shape {tuple(y.shape)}."
        )
    dtype = dtypes.floating(dtypes.result_type(x.dtype, y.dtype))
    difference = expand_dims(cast(x, dtype), -2) - expand_dims(cast(y, dtype), -3)
    squares = sum(square(difference), axis=-1)
    apart = squares > 0
    return where(apart, sqrt(where(apart, squares, 1)), 0)


@operation
def psnr(x1: Any, x2: Any, max_val: Any) -> Any:
    """The ratio of a signal's peak to the noise between two signals, in decibels: a scalar.

    ``20 * log10(max_val) - 10 * log10(mean((x1 - x2)**2))``.

    Args:
        x1, x2: signals of the same shape.
        max_val: the greatest value that a signal may have.

    >>> float(ops.psnr([0.0, 0.0], [0.1, 0.1], 1.0))
    20.0

    Raises: ValueError where the shapes differ.
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    if tuple(x1.shape) != tuple(x2.shape):
        raise ValueError(
            "psnr: `x1` and `x2` must have the same shape. "
            f"Received: {tuple(x1.shape)} and {tuple(x2.shape)}."
        )
    noise = mean(square(x1 - x2))
    return 20 * log10(cast(max_val, noise.dtype)) - 10 * log10(noise)
