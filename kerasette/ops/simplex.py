"""Scores to weights that add up to 1: softmax and its logarithm."""

import warnings
from typing import Any

from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING, canonical_axes
from kerasette.core.spec import Spec
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.exponential import exp
from kerasette.ops.reductions import sum_over

__all__ = ["log_softmax", "softmax", "sparsemax"]


def _same(x: Spec, *, axis: tuple[int, ...]) -> Spec:
    return x


@primitive(_same, FLOATING, name="softmax")
def softmax_over(xp: Any, x: Any, *, axis: tuple[int, ...]) -> Any:
    """``exp(x)`` over its sum along ``axis`` (canonical)."""
    out = x - xp.max(x, axis=axis, keepdims=True, initial=-xp.inf)
    xp.exp(out, out=out)
    out /= xp.sum(out, axis=axis, keepdims=True)
    return out


softmax_over.defvjp(
    x=lambda g, out, axis: out * (g - sum_over(g * out, axis=axis, keepdims=True)),
)


@primitive(_same, FLOATING, name="log_softmax")
def log_softmax_over(xp: Any, x: Any, *, axis: tuple[int, ...]) -> Any:
    """``x`` less the logarithm of the sum of ``exp(x)`` along ``axis`` (canonical)."""
    out = x - xp.max(x, axis=axis, keepdims=True, initial=-xp.inf)
    out -= xp.log(xp.sum(xp.exp(out), axis=axis, keepdims=True))
    return out


log_softmax_over.defvjp(
    x=lambda g, out, axis: g - exp(out) * sum_over(g, axis=axis, keepdims=True),
)


@operation
def softmax(x: Any, axis: Any = -1) -> Any:
    """``exp(x) / sum(exp(x))`` along ``axis``: weights that add up to 1: ``(...) -> (...)``.

    Args:
        x: scores; minus infinity gets the weight 0, and where all are so, the result is NaN.
        axis: an axis, several, or ``None`` for all.

    >>> ops.softmax([0.0, 0.0, float("-inf")]).numpy()
    array([0.5, 0.5, 0. ], dtype=float32)

    Warns: UserWarning for an axis of size 1, along which every weight is 1.
    """
    x = convert_to_tensor(x)
    axes = canonical_axes(axis, len(x.shape))
    if isinstance(axis, int) and x.shape[axes[0]] == 1:
        warnings.warn(
            f"softmax over axis {axis} of a value of shape {tuple(x.shape)}, which has size 1, is "
            "always 1. Did you mean sigmoid?",
            stacklevel=3,
        )
    return softmax_over(x, axis=axes)


@operation
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """``log(softmax(x))`` along ``axis``, without loss: ``(...) -> (...)``.

    >>> ops.log_softmax([0.0, 1e4]).numpy()
    array([-10000.,      0.], dtype=float32)
    """
    x = convert_to_tensor(x)
    return log_softmax_over(x, axis=canonical_axes(axis, len(x.shape)))


def _same_axis(x: Spec, *, axis: int) -> Spec:
    return x


@primitive(_same_axis, FLOATING, name="sparsemax")
def sparsemax_along(xp: Any, x: Any, *, axis: int) -> Any:
    """The nearest point of the simplex to ``x`` along ``axis`` (canonical)."""
    moved = xp.moveaxis(x, axis, -1)
    falling = xp.flip(xp.sort(moved, axis=-1), axis=-1)
    sums = xp.cumsum(falling, axis=-1)
    ranks = xp.arange(1, moved.shape[-1] + 1, dtype=x.dtype)
    count = xp.sum(1 + ranks * falling > sums, axis=-1, keepdims=True)
    threshold = (xp.take_along_axis(sums, count - 1, axis=-1) - 1) / count.astype(x.dtype)
    return xp.moveaxis(xp.maximum(moved - threshold, 0), -1, axis).astype(x.dtype)


def _on_support(g: Any, out: Any, axis: int) -> Any:
    """The gradient less its mean over the places that are not 0; 0 elsewhere."""
    from kerasette.ops.comparison import greater

    support = cast(greater(out, 0.0), g.dtype)
    count = sum_over(support, axis=(axis,), keepdims=True)
    return support * (g - sum_over(g * support, axis=(axis,), keepdims=True) / count)


sparsemax_along.defvjp(x=_on_support)


@operation
def sparsemax(x: Any, axis: int = -1) -> Any:
    """Weights that add up to 1, many of them exactly 0: ``(...) -> (...)``.

    Martins and Astudillo, "From Softmax to Sparsemax", 2016.

    >>> ops.sparsemax([2.0, 1.0, -1.0]).numpy()
    array([1., 0., 0.], dtype=float32)
    """
    x = convert_to_tensor(x)
    return sparsemax_along(x, axis=canonical_axes(axis, len(x.shape))[0])
