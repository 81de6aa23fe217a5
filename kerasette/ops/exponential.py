"""Exponentials and logarithms, elementwise."""

import math
from typing import Any

from kerasette.core import operators
from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast_float, same_float
from kerasette.ops.comparison import equal
from kerasette.ops.logic import where

__all__ = [
    "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2",
]  # fmt: skip


@primitive(same_float)
def exp(xp: Any, x: Any) -> Any:
    """e to the power ``x``, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.exp([0.0, float("-inf")]).numpy()
    array([1., 0.], dtype=float32)
    """
    return xp.exp(x)


exp.defvjp(x=lambda g, out: g * out)


@primitive(same_float)
def exp2(xp: Any, x: Any) -> Any:
    """2 to the power ``x``, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.exp2([0.0, 3.0]).numpy()
    array([1., 8.], dtype=float32)
    """
    return xp.exp2(x)


exp2.defvjp(x=lambda g, out: g * (out * math.log(2.0)))


@primitive(same_float)
def expm1(xp: Any, x: Any) -> Any:
    """``exp(x) - 1``, exact for small ``x``, elementwise: ``(...) -> (...)``.

    >>> ops.expm1([1e-8]).numpy()
    array([1.e-08], dtype=float32)
    """
    return xp.expm1(x)


expm1.defvjp(x=lambda g, out: g * (out + 1))


@primitive(same_float)
def log(xp: Any, x: Any) -> Any:
    """The natural logarithm, elementwise; minus infinity at 0, NaN below: ``(...) -> (...)``.

    >>> ops.log([1.0, 0.0]).numpy()
    array([  0., -inf], dtype=float32)
    """
    return xp.log(x)


log.defvjp(x=lambda g, x: g / x)


@primitive(same_float)
def log1p(xp: Any, x: Any) -> Any:
    """``log(1 + x)``, exact for small ``x``, elementwise: ``(...) -> (...)``.

    >>> ops.log1p([1e-8]).numpy()
    array([1.e-08], dtype=float32)
    """
    return xp.log1p(x)


log1p.defvjp(x=lambda g, x: g / (1 + x))


@primitive(same_float)
def log2(xp: Any, x: Any) -> Any:
    """The logarithm to base 2, elementwise: ``(...) -> (...)``.

    >>> ops.log2([1.0, 8.0]).numpy()
    array([0., 3.], dtype=float32)
    """
    return xp.log2(x)


log2.defvjp(x=lambda g, x: g / (x * math.log(2.0)))


@primitive(same_float)
def log10(xp: Any, x: Any) -> Any:
    """The logarithm to base 10, elementwise: ``(...) -> (...)``.

    >>> ops.log10([1.0, 100.0]).numpy().round(3)
    array([0., 2.], dtype=float32)
    """
    return xp.log10(x)


log10.defvjp(x=lambda g, x: g / (x * math.log(10.0)))


@primitive(broadcast_float)
def logaddexp(xp: Any, x1: Any, x2: Any) -> Any:
    """``log(exp(x1) + exp(x2))`` without overflow, elementwise: shapes broadcast together.

    >>> ops.logaddexp([1000.0], 1000.0).numpy().round(2)
    array([1000.69], dtype=float32)
    """
    return xp.logaddexp(x1, x2)


@primitive(broadcast_float)
def logaddexp2(xp: Any, x1: Any, x2: Any) -> Any:
    """``log2(2**x1 + 2**x2)`` without overflow, elementwise: shapes broadcast together.

    >>> ops.logaddexp2([1000.0], 1000.0).numpy()
    array([1001.], dtype=float32)
    """
    return xp.logaddexp2(x1, x2)


def _share(g: Any, x: Any, other: Any, scale: float = 1.0) -> Any:
    """The part that one operand has in the sum, from their difference, which large values leave
    exact; equal infinities have a half each.
    """
    difference = where(equal(x, other), 0, x - other)
    return g * operators.method("sigmoid")(difference * scale)


logaddexp.defvjp(
    x1=lambda g, x1, x2: _share(g, x1, x2),
    x2=lambda g, x1, x2: _share(g, x2, x1),
)
logaddexp2.defvjp(
    x1=lambda g, x1, x2: _share(g, x1, x2, math.log(2.0)),
    x2=lambda g, x1, x2: _share(g, x2, x1, math.log(2.0)),
)
