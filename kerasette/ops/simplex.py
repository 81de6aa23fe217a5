"""Scores to weights that add up to 1: softmax, its logarithm, and sparsemax."""

import warnings
from typing import Any

from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING, canonical_axes, canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.activation import relu
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange
from kerasette.ops.cumulative import cumsum
from kerasette.ops.exponential import exp
from kerasette.ops.logic import where
from kerasette.ops.reductions import sum_over
from kerasette.ops.shaping import reshape
from kerasette.ops.sorting import sort

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


@operation
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The nearest point to ``x`` among all weights that add up to 1: ``(...) -> (...)``.

    Unlike softmax, it gives small scores a weight of exactly 0. Martins, Astudillo 2016, "From
    softmax to sparsemax: a sparse model of attention and multi-label classification".

    >>> ops.sparsemax([0.5, 0.25, -1.0]).numpy()
    array([0.625, 0.375, 0.   ], dtype=float32)
    """
    x = convert_to_tensor(x)
    axis = canonical_axis(axis, len(x.shape))
    descending = -sort(-x, axis=axis)
    shape = [1] * len(x.shape)
    shape[axis] = x.shape[axis]
    place = reshape(cast(arange(1, x.shape[axis] + 1), x.dtype), shape)
    support = 1 + place * descending > cumsum(descending, axis=axis)
    total = sum_over(where(support, descending, 0), axis=(axis,), keepdims=True)
    count = cast(sum_over(support, axis=(axis,), keepdims=True), x.dtype)
    return relu(x - (total - 1) / count)
