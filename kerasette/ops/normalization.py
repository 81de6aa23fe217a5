"""Values brought to a common size: by their mean and deviation, or by a norm."""

import math
from typing import Any

from kerasette.arrays import dtypes, settings
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING, canonical_axes, canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.arithmetic import maximum, rsqrt, square
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.norms import norm
from kerasette.ops.reductions import mean_over, sum_over
from kerasette.ops.shaping import expand_dims, reshape
from kerasette.ops.statistics import centered

__all__ = ["batch_normalization", "layer_normalization", "normalize", "rms_normalization"]


def _wide(x: Any) -> Any:
    """A tensor of floats of 32 bits at least, in which squares of 16-bit floats have room."""
    x = convert_to_tensor(x)
    return cast(x, dtypes.result_type(x.dtype, "float32"))


def _per_axes(weights: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """Weights for the given axes of ``x``, in its dtype, with axes of size 1 for the others."""
    weights = convert_to_tensor(weights, x.dtype)
    if len(weights.shape) == len(x.shape) or axes == (len(x.shape) - 1,):
        return weights
    shape = tuple(size if axis in axes else 1 for axis, size in enumerate(x.shape))
    return reshape(weights, shape)


def _standardized(x: Spec, *, axis: tuple[int, ...], epsilon: float) -> tuple[Spec, Spec]:
    kept = tuple(1 if index in axis else size for index, size in enumerate(x.shape))
    return x, Spec(kept, x.dtype)


@primitive(_standardized, FLOATING)
def standardize(xp: Any, x: Any, *, axis: tuple[int, ...], epsilon: float) -> tuple[Any, Any]:
    """Distances from the mean over ``axis``, times ``scale = 1 / sqrt(variance + epsilon)``; and
    the scale.
    """
    values = centered(xp, x, axis)
    variance = xp.mean(xp.square(values), axis=axis, keepdims=True)
    scale = (1 / xp.sqrt(variance + epsilon)).astype(x.dtype)
    values *= scale
    return values, scale


def _standardize_gradient(
    g: tuple[Any, Any], out: tuple[Any, Any], axis: tuple[int, ...]
) -> tuple[Any]:
    values, scale = out
    of_values, of_scale = g
    count = math.prod(values.shape[index] for index in axis)
    along = mean_over(of_values * values, axis=axis, keepdims=True)
    even = mean_over(of_values, axis=axis, keepdims=True)
    # The scale's own slope is -scale**2 * values / count.
    return (scale * (of_values - even - values * (along + of_scale * scale / count)),)


standardize.defvjp_joint(_standardize_gradient)


@operation
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Any:
    """``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, mean and variance over ``axis``.

    Args:
        x: the values ``(...)``.
        gamma, beta: weights of the shape of the normalised axes; none by default.
        axis: an axis, or several.
        epsilon: what is added to the variance; by default the global ``epsilon``.

    16-bit floats are normalised in 32 bits. Ba, Kiros, Hinton 2016, "Layer normalization".

    >>> ops.layer_normalization([[1.0, 3.0]]).numpy()
    array([[-1.,  1.]], dtype=float32)
    """
    if kwargs.pop("rms_scaling", False):
        raise ValueError("layer_normalization has no `rms_scaling`: use ops.rms_normalization.")
    if kwargs:
        raise TypeError(f"layer_normalization has no argument {next(iter(kwargs))!r}.")
    dtype, x = dtypes.floating(convert_to_tensor(x).dtype), _wide(x)
    axes = canonical_axes(axis, len(x.shape))
    epsilon = settings.epsilon() if epsilon is None else float(epsilon)
    out, _ = standardize(x, axis=axes, epsilon=epsilon)
    if gamma is not None:
        out = out * _per_axes(gamma, x, axes)
    if beta is not None:
        out = out + _per_axes(beta, x, axes)
    return cast(out, dtype)


@operation
def rms_normalization(
    x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Any:
    """``x / sqrt(mean(x**2) + epsilon) * scale``, the mean over ``axis``.

    Args:
        x: the values ``(...)``.
        scale: weights of the shape of the normalised axes; none by default.
        axis: an axis, or several.
        epsilon: what is added to the mean square; by default the global ``epsilon``.

    16-bit floats are normalised in 32 bits. Zhang, Sennrich 2019, "Root mean square layer
    normalization".

    >>> ops.rms_normalization([[3.0, 3.0]]).numpy()
    array([[1., 1.]], dtype=float32)
    """
    dtype, x = dtypes.floating(convert_to_tensor(x).dtype), _wide(x)
    x = x if x.shape else expand_dims(x, 0)
    axes = canonical_axes(axis, len(x.shape))
    epsilon = settings.epsilon() if epsilon is None else float(epsilon)
    out = x * rsqrt(mean_over(square(x), axis=axes, keepdims=True) + epsilon)
    return cast(out if scale is None else out * _per_axes(scale, x, axes), dtype)


@operation
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Any:
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``, for each place on ``axis``.

    Args:
        x: the values ``(...)``.
        mean, variance: of the values, ``(size of the axis,)``.
        axis: the axis that mean, variance, offset and scale are for.
        offset, scale: ``(size of the axis,)``; none by default.
        epsilon: what is added to the variance.

    Ioffe, Szegedy 2015, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift".

    >>> ops.batch_normalization([[1.0, 3.0]], [1.0, 1.0], [1.0, 1.0], -1, epsilon=0.0).numpy()
    array([[0., 2.]], dtype=float32)

    Raises: ValueError where a mean is not of the size of the axis.
    """
    x = convert_to_tensor(x)
    axis = canonical_axis(axis, len(x.shape))
    shape = tuple(size if index == axis else 1 for index, size in enumerate(x.shape))

    def spread(values: Any) -> Any:
        return reshape(convert_to_tensor(values), shape)

    factor = rsqrt(spread(variance) + epsilon)
    if scale is not None:
        factor = factor * spread(scale)
    out = (x - spread(mean)) * factor
    return out if offset is None else out + spread(offset)


@operation
def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """``x / max(norm(x), epsilon)``, the norm over ``axis``: ``(...) -> (...)``.

    Args:
        x: the values.
        axis: the axis of the vectors, or several.
        order: of the norm, an integer: 2 for the root of the sum of squares.
        epsilon: the least number to divide by; by default the global ``epsilon``.

    >>> ops.normalize([[3.0, 4.0]]).numpy()
    array([[0.6, 0.8]], dtype=float32)

    Raises: ValueError for an order that is no integer of at least 1.
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"`order` must be an integer of at least 1. Received: order={order}.")
    dtype, x = dtypes.floating(convert_to_tensor(x).dtype), _wide(x)
    x = x if x.shape else expand_dims(x, 0)
    epsilon = settings.epsilon() if epsilon is None else epsilon
    if order == 2:
        axes = canonical_axes(axis, len(x.shape))
        squares = sum_over(square(x), axis=axes, keepdims=True)
        # The greater of two numbers has no infinite slope at 0, which a root has.
        return cast(x * rsqrt(maximum(squares, epsilon**2)), dtype)
    return cast(x / maximum(norm(x, ord=order, axis=axis, keepdims=True), epsilon), dtype)
