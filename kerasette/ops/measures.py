"""How far apart values are."""

from typing import Any

from kerasette.core.history import operation
from kerasette.ops.arithmetic import square
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.exponential import log10
from kerasette.ops.reductions import mean

__all__ = ["psnr"]


@operation
def psnr(x1: Any, x2: Any, max_val: Any) -> Any:
    """The ratio of a signal's peak to the noise between two signals, in decibels: a scalar.

    ``20 * log10(max_val) - 10 * log10(mean((x1 - x2)**2))``.

    Args:
        x1, x2: signals of the same shape.
        max_val: the greatest value that a signal may have.

    >>> round(float(ops.psnr([0.0, 0.0], [0.1, 0.1], 1.0)), 3)
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
