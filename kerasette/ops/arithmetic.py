"""Arithmetic on two operands, elementwise, with broadcasting."""

from typing import Any

from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast, broadcast_float, same


@primitive(broadcast)
def add(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1 + x2``, elementwise: shapes broadcast together.

    >>> ops.add(1.0, 2.0).numpy()
    array(3., dtype=float32)
    """
    return xp.add(x1, x2)


add.defvjp(x1=lambda g: g, x2=lambda g: g)


@primitive(broadcast)
def subtract(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1 - x2``, elementwise: shapes broadcast together."""
    return xp.logical_xor(x1, x2) if x1.dtype.kind == "b" else xp.subtract(x1, x2)


subtract.defvjp(x1=lambda g: g, x2=lambda g: -g)


@primitive(broadcast)
def multiply(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1 * x2``, elementwise: shapes broadcast together."""
    return xp.multiply(x1, x2)


multiply.defvjp(x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)


@primitive(broadcast_float)
def divide(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1 / x2``, elementwise; integers give floatx. Dividing by 0 gives infinities or NaN."""
    return xp.divide(x1, x2)


divide.defvjp(x1=lambda g, x2: g / x2, x2=lambda g, x2, out: -g * out / x2)


@primitive(same)
def negative(xp: Any, x: Any) -> Any:
    """``-x``, elementwise."""
    return xp.negative(x)


negative.defvjp(x=lambda g: -g)
