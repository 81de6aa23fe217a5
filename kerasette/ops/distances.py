"""Distances between vectors."""

import math
from typing import Any

from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING, broadcast_shapes
from kerasette.core.spec import Spec
from kerasette.ops.comparison import equal
from kerasette.ops.logic import where
from kerasette.ops.matrices import swap
from kerasette.ops.reductions import sum_over

__all__ = ["cdist"]

_AT_ONCE = 1 << 20  # differences that are in memory at one time


def _pairs(x: Spec, y: Spec) -> Spec:
    if len(x.shape) < 2 or len(y.shape) < 2 or x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "`x` and `y` must have two axes or more, and vectors of one length. "
            f"Received: shapes {x.shape} and {y.shape}."
        )
    batch = broadcast_shapes(x.shape[:-2], y.shape[:-2])
    return Spec((*batch, x.shape[-2], y.shape[-2]), x.dtype)


@primitive(_pairs, FLOATING)
def cdist(xp: Any, x: Any, y: Any) -> Any:
    """The Euclidean distance of each vector of ``x`` from each of ``y``:
    ``(..., m, d), (..., n, d) -> (..., m, n)``.

    >>> ops.cdist([[0.0, 0.0], [1.0, 1.0]], [[3.0, 4.0]]).numpy().round(4)
    array([[5.    ],
           [3.6056]], dtype=float32)
    """
    batch = broadcast_shapes(x.shape[:-2], y.shape[:-2])
    out = xp.empty((*batch, x.shape[-2], y.shape[-2]), x.dtype)
    rows = max(1, _AT_ONCE // max(1, math.prod(batch) * y.shape[-2] * y.shape[-1]))
    for start in range(0, x.shape[-2], rows):
        part = x[..., start : start + rows, None, :] - y[..., None, :, :]
        out[..., start : start + rows, :] = xp.sqrt(xp.sum(part * part, axis=-1))
    return out


def _cdist_gradient(g: Any, inputs: Any, out: Any) -> tuple[Any, Any]:
    # The gradient of a distance is the unit vector between its ends; 0 where they coincide.
    x, y = inputs
    zero = equal(out, 0)
    weights = where(zero, out, g / where(zero, out + 1, out))
    last = len(out.shape) - 1
    of_x = sum_over(weights, axis=(last,), keepdims=True) * x - weights @ y
    turned = swap(weights)
    return of_x, sum_over(turned, axis=(last,), keepdims=True) * y - turned @ x


cdist.defvjp_joint(_cdist_gradient)
