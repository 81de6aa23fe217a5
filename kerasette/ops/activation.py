"""Activations, elementwise: bends in the line that let networks be more than linear.

Those with an exponential are written so that it never overflows: they hold for any finite input.
"""

import math
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import canonical_axis, same_float
from kerasette.core.spec import Spec
from kerasette.ops.arithmetic import absolute, sqrt, square
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.exponential import expm1
from kerasette.ops.logic import where
from kerasette.ops.rounding import clip
from kerasette.ops.special import erf
from kerasette.ops.trigonometry import tanh

__all__ = [
    "celu", "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "log_sigmoid", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "swish",
    "tanh_shrink", "threshold",
]  # fmt: skip

_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def _floating(x: Any) -> Any:
    """A tensor of floats: integers become floatx."""
    x = convert_to_tensor(x)
    return cast(x, dtypes.floating(x.dtype))


def _ordered_number(x: Spec) -> Spec:
    if x.dtype == "bool" or dtypes.is_complex(x.dtype):
        raise ValueError(f"needs real numbers. Received: dtype={x.dtype}; cast x first.")
    return x


@primitive(_ordered_number)
def relu(xp: Any, x: Any) -> Any:
    """``max(x, 0)``, elementwise: ``(...) -> (...)``. The gradient at 0 is 0.

    >>> ops.relu([-1.0, 0.0, 2.0]).numpy()
    array([0., 0., 2.], dtype=float32)
    """
    return xp.maximum(x, 0)


relu.defvjp(x=lambda g, out: where(out > 0, g, 0))


@primitive(same_float)
def sigmoid(xp: Any, x: Any) -> Any:
    """``1 / (1 + exp(-x))``, elementwise, from 0 to 1: ``(...) -> (...)``.

    >>> ops.sigmoid([-1e4, 0.0, 1e4]).numpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    out = xp.exp(-x)
    out += 1  # where exp overflows, 1 / inf is the 0 that is right
    return xp.reciprocal(out)


sigmoid.defvjp(x=lambda g, out: g * (out * (1 - out)))


@primitive(same_float)
def softplus(xp: Any, x: Any) -> Any:
    """``log(1 + exp(x))``, elementwise, a smooth ``relu``: ``(...) -> (...)``.

    >>> ops.softplus([-1e4, 1e4]).numpy()
    array([    0., 10000.], dtype=float32)
    """
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


softplus.defvjp(x=lambda g, x: g * sigmoid(x))


@operation
def relu6(x: Any) -> Any:
    """``min(max(x, 0), 6)``, elementwise: ``(...) -> (...)``.

    >>> ops.relu6([-1.0, 3.0, 8.0]).numpy()
    array([0., 3., 6.], dtype=float32)
    """
    x = relu(x)
    return where(x >= 6, 6, x)


@operation
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """``x``, and ``negative_slope * x`` below 0, elementwise: ``(...) -> (...)``.

    >>> ops.leaky_relu([-10.0, 3.0]).numpy()
    array([-2.,  3.], dtype=float32)
    """
    x = _floating(x)
    return where(x > 0, x, x * negative_slope)


@operation
def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x``, and ``alpha * (exp(x) - 1)`` below 0, elementwise: ``(...) -> (...)``.

    Clevert, Unterthiner, Hochreiter 2015, "Fast and accurate deep network learning by exponential
    linear units".

    >>> ops.elu([-1e4, 3.0], alpha=0.5).numpy()
    array([-0.5,  3. ], dtype=float32)
    """
    x = _floating(x)
    positive = x > 0
    return where(positive, x, expm1(where(positive, 0, x)) * alpha)


@operation
def selu(x: Any) -> Any:
    """``elu`` with the two constants for which networks normalise themselves: ``(...) -> (...)``.

    Klambauer, Unterthiner, Mayr, Hochreiter 2017, "Self-normalizing neural networks".

    >>> ops.selu([-1e4, 1.0]).numpy()
    array([-1.7580993,  1.050701 ], dtype=float32)
    """
    return elu(x, _SELU_ALPHA) * _SELU_SCALE


@operation
def celu(x: Any, alpha: float = 1.0) -> Any:
    """``x``, and ``alpha * (exp(x / alpha) - 1)`` below 0, elementwise: ``(...) -> (...)``.

    Its slope is 1 on both sides of 0 for every ``alpha``. Barron 2017, "Continuously differentiable
    exponential linear units".

    >>> ops.celu([-1e4, 3.0], alpha=0.5).numpy()
    array([-0.5,  3. ], dtype=float32)
    """
    x = _floating(x)
    positive = x > 0
    return where(positive, x, expm1(where(positive, 0, x) / alpha) * alpha)


@operation
def gelu(x: Any, approximate: bool = True) -> Any:
    """``x`` times the chance that a normal number is below ``x``, elementwise: ``(...) -> (...)``.

    Args:
        x: the values.
        approximate: whether the chance is approximated by a hyperbolic tangent.

    Hendrycks, Gimpel 2016, "Gaussian error linear units".

    >>> round(float(ops.gelu(1.0)), 3), round(float(ops.gelu(1.0, approximate=False)), 3)
    (0.841, 0.841)
    """
    x = _floating(x)
    if not approximate:
        return x * (erf(x * math.sqrt(0.5)) + 1) * 0.5
    bent = x * (square(x) * 0.044715 + 1) * math.sqrt(2 / math.pi)
    return x * (tanh(bent) + 1) * 0.5


@operation
def silu(x: Any) -> Any:
    """``x * sigmoid(x)``, elementwise; also called swish: ``(...) -> (...)``.

    Ramachandran, Zoph, Le 2017, "Searching for activation functions".

    >>> ops.silu([0.0, 100.0]).numpy()
    array([  0., 100.], dtype=float32)
    """
    x = _floating(x)
    return x * sigmoid(x)


swish = silu


@operation
def log_sigmoid(x: Any) -> Any:
    """``log(sigmoid(x))`` without loss, elementwise: ``(...) -> (...)``.

    >>> round(float(ops.log_sigmoid(-1e4)), 3), round(float(ops.log_sigmoid(0.0)), 3)
    (-10000.0, -0.693)
    """
    return -softplus(-_floating(x))


@operation
def hard_sigmoid(x: Any) -> Any:
    """``x / 6 + 1/2``, kept within 0 and 1, elementwise: ``(...) -> (...)``.

    >>> ops.hard_sigmoid([-4.0, 0.0, 4.0]).numpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return clip(_floating(x) / 6 + 0.5, 0, 1)


@operation
def hard_silu(x: Any) -> Any:
    """``x * hard_sigmoid(x)``, elementwise; also called hard swish: ``(...) -> (...)``.

    Howard and others 2019, "Searching for MobileNetV3".

    >>> ops.hard_silu([-4.0, 3.0, 4.0]).numpy()
    array([-0.,  3.,  4.], dtype=float32)
    """
    x = _floating(x)
    return x * hard_sigmoid(x)


hard_swish = hard_silu


@operation
def hard_tanh(x: Any) -> Any:
    """``x`` kept within -1 and 1, elementwise: ``(...) -> (...)``.

    >>> ops.hard_tanh([-4.0, 0.5, 4.0]).numpy()
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return clip(x, -1, 1)


@operation
def softsign(x: Any) -> Any:
    """``x / (1 + |x|)``, elementwise, from -1 to 1: ``(...) -> (...)``.

    >>> ops.softsign([-1.0, 0.0, 3.0]).numpy()
    array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    x = _floating(x)
    return x / (absolute(x) + 1)


@operation
def tanh_shrink(x: Any) -> Any:
    """``x - tanh(x)``, elementwise: ``(...) -> (...)``.

    >>> ops.tanh_shrink([0.0, 1e4]).numpy()
    array([   0., 9999.], dtype=float32)
    """
    x = _floating(x)
    return x - tanh(x)


@operation
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """``x`` brought nearer to 0 by ``threshold``, at most to 0, elementwise: ``(...) -> (...)``.

    >>> ops.soft_shrink([-2.0, 0.3, 2.0]).numpy()
    array([-1.5,  0. ,  1.5], dtype=float32)
    """
    x = _floating(x)
    return x - clip(x, -threshold, threshold)


@operation
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """``x``, and 0 where it is within ``threshold`` of 0, elementwise: ``(...) -> (...)``.

    >>> ops.hard_shrink([-2.0, 0.3, 2.0]).numpy()
    array([-2.,  0.,  2.], dtype=float32)
    """
    x = _floating(x)
    return where(absolute(x) <= threshold, 0, x)


@operation
def sparse_plus(x: Any) -> Any:
    """0 up to -1, ``(x + 1)**2 / 4`` up to 1, ``x`` from there, elementwise: ``(...) -> (...)``.

    >>> ops.sparse_plus([-2.0, 0.0, 3.0]).numpy()
    array([0.  , 0.25, 3.  ], dtype=float32)
    """
    x = _floating(x)
    return where(x >= 1, x, square(where(x <= -1, 0, x + 1)) * 0.25)


@operation
def sparse_sigmoid(x: Any) -> Any:
    """``(x + 1) / 2``, kept within 0 and 1, elementwise: ``(...) -> (...)``.

    >>> ops.sparse_sigmoid([-2.0, 0.0, 3.0]).numpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = _floating(x)
    return where(x <= -1, 0, where(x >= 1, 1, (x + 1) * 0.5))


@operation
def squareplus(x: Any, b: Any = 4) -> Any:
    """``(x + sqrt(x**2 + b)) / 2``, elementwise, a smooth ``relu``: ``(...) -> (...)``.

    Barron 2021, "Squareplus: a softplus-like algebraic rectifier".

    >>> ops.squareplus([-3.0, 0.0, 3.0]).numpy()
    array([0.30277562, 1.        , 3.3027756 ], dtype=float32)
    """
    x = _floating(x)
    return (x + sqrt(square(x) + b)) * 0.5


@operation
def threshold(x: Any, threshold: Any, default_value: Any) -> Any:
    """``x`` where it is above ``threshold``, else ``default_value``, elementwise.

    >>> ops.threshold([1.0, 4.0], 2.0, 0.0).numpy()
    array([0., 4.], dtype=float32)
    """
    return where(convert_to_tensor(x) <= threshold, default_value, x)


@operation
def glu(x: Any, axis: int = -1) -> Any:
    """One half of an axis, gated by the sigmoid of the other: ``(..., 2 n) -> (..., n)``.

    Dauphin, Fan, Auli, Grangier 2016, "Language modeling with gated convolutional networks".

    >>> ops.glu([1.0, 2.0, 0.0, 0.0]).numpy()
    array([0.5, 1. ], dtype=float32)

    Raises: ValueError for an axis of odd size.
    """
    x = _floating(x)
    axis = canonical_axis(axis, len(x.shape))
    size = x.shape[axis]
    if size % 2:
        raise ValueError(
            f"glu: the size of `axis` must be even. Received: shape {tuple(x.shape)}, axis={axis}."
        )
    before = (slice(None),) * axis
    return x[(*before, slice(None, size // 2))] * sigmoid(x[(*before, slice(size // 2, None))])


operators.install(sigmoid=sigmoid)
