"""Trigonometric and hyperbolic functions, elementwise. Angles are in radians."""

import math
from typing import Any

from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast_float, same_float
from kerasette.ops.arithmetic import absolute, divide_no_nan, rsqrt, square
from kerasette.ops.complex import complex_of, imag, real
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.logic import where

__all__ = [
    "angle", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cos",
    "cosh", "deg2rad", "hypot", "polar", "rad2deg", "sin", "sinc", "sinh", "tan", "tanh",
]  # fmt: skip


@primitive(same_float)
def sin(xp: Any, x: Any) -> Any:
    """The sine, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.sin([0.0, 1.0]).numpy().round(3)
    array([0.   , 0.841], dtype=float32)
    """
    return xp.sin(x)


@primitive(same_float)
def cos(xp: Any, x: Any) -> Any:
    """The cosine, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.cos([0.0]).numpy()
    array([1.], dtype=float32)
    """
    return xp.cos(x)


sin.defvjp(x=lambda g, x: g * cos(x))
cos.defvjp(x=lambda g, x: -g * sin(x))


@primitive(same_float)
def tan(xp: Any, x: Any) -> Any:
    """The tangent, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.tan([0.0]).numpy()
    array([0.], dtype=float32)
    """
    return xp.tan(x)


tan.defvjp(x=lambda g, out: g * (1 + square(out)))


@primitive(same_float)
def arcsin(xp: Any, x: Any) -> Any:
    """The angle from -pi/2 to pi/2 with this sine, elementwise; NaN outside [-1, 1].

    >>> ops.arcsin([0.0, 1.0]).numpy().round(3)
    array([0.   , 1.571], dtype=float32)
    """
    return xp.arcsin(x)


arcsin.defvjp(x=lambda g, x: g * rsqrt(1 - square(x)))


@primitive(same_float)
def arccos(xp: Any, x: Any) -> Any:
    """The angle from 0 to pi with this cosine, elementwise; NaN outside [-1, 1].

    >>> ops.arccos([1.0, 0.0]).numpy().round(3)
    array([0.   , 1.571], dtype=float32)
    """
    return xp.arccos(x)


arccos.defvjp(x=lambda g, x: -g * rsqrt(1 - square(x)))


@primitive(same_float)
def arctan(xp: Any, x: Any) -> Any:
    """The angle from -pi/2 to pi/2 with this tangent, elementwise.

    >>> ops.arctan([0.0, 1.0]).numpy().round(3)
    array([0.   , 0.785], dtype=float32)
    """
    return xp.arctan(x)


arctan.defvjp(x=lambda g, x: g / (1 + square(x)))


@primitive(broadcast_float)
def arctan2(xp: Any, x1: Any, x2: Any) -> Any:
    """The angle of the point ``(x2, x1)``, from -pi to pi, elementwise: shapes broadcast together.

    At the origin both gradients are 0.

    >>> ops.arctan2([1.0, 0.0], [0.0, -1.0]).numpy().round(3)
    array([1.571, 3.142], dtype=float32)
    """
    return xp.arctan2(x1, x2)


arctan2.defvjp(
    x1=lambda g, x1, x2: g * divide_no_nan(x2, square(x1) + square(x2)),
    x2=lambda g, x1, x2: -g * divide_no_nan(x1, square(x1) + square(x2)),
)


@primitive(broadcast_float)
def hypot(xp: Any, x1: Any, x2: Any) -> Any:
    """``sqrt(x1**2 + x2**2)`` without overflow, elementwise: shapes broadcast together.

    At the origin both gradients are 0.

    >>> ops.hypot([3.0], [4.0]).numpy()
    array([5.], dtype=float32)
    """
    return xp.hypot(x1, x2)


hypot.defvjp(
    x1=lambda g, x1, out: g * divide_no_nan(x1, out),
    x2=lambda g, x2, out: g * divide_no_nan(x2, out),
)


@primitive(same_float)
def sinh(xp: Any, x: Any) -> Any:
    """The hyperbolic sine, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.sinh([0.0]).numpy()
    array([0.], dtype=float32)
    """
    return xp.sinh(x)


@primitive(same_float)
def cosh(xp: Any, x: Any) -> Any:
    """The hyperbolic cosine, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.cosh([0.0]).numpy()
    array([1.], dtype=float32)
    """
    return xp.cosh(x)


sinh.defvjp(x=lambda g, x: g * cosh(x))
cosh.defvjp(x=lambda g, x: g * sinh(x))


@primitive(same_float)
def tanh(xp: Any, x: Any) -> Any:
    """The hyperbolic tangent, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.tanh([0.0, 100.0]).numpy()
    array([0., 1.], dtype=float32)
    """
    return xp.tanh(x)


tanh.defvjp(x=lambda g, out: g * (1 - out * out))


@primitive(same_float)
def arcsinh(xp: Any, x: Any) -> Any:
    """The number with this hyperbolic sine, elementwise: ``(...) -> (...)``.

    >>> ops.arcsinh([0.0]).numpy()
    array([0.], dtype=float32)
    """
    return xp.arcsinh(x)


arcsinh.defvjp(x=lambda g, x: g * rsqrt(1 + square(x)))


@primitive(same_float)
def arccosh(xp: Any, x: Any) -> Any:
    """The positive number with this hyperbolic cosine, elementwise; NaN below 1.

    >>> ops.arccosh([1.0]).numpy()
    array([0.], dtype=float32)
    """
    return xp.arccosh(x)


arccosh.defvjp(x=lambda g, x: g * rsqrt(x - 1) * rsqrt(x + 1))


@primitive(same_float)
def arctanh(xp: Any, x: Any) -> Any:
    """The number with this hyperbolic tangent, elementwise; NaN outside [-1, 1].

    >>> ops.arctanh([0.0, 1.0]).numpy()
    array([ 0., inf], dtype=float32)
    """
    return xp.arctanh(x)


arctanh.defvjp(x=lambda g, x: g / (1 - square(x)))


@operation
def angle(x: Any) -> Any:
    """The angle of complex numbers, in radians from -pi to pi: ``(...) -> (...)``.

    That of real numbers is 0, or pi for negative ones.

    >>> ops.angle([1j, -1.0]).numpy().round(3)
    array([1.571, 3.142], dtype=float32)
    """
    x = convert_to_tensor(x)
    return arctan2(imag(x), real(x))


@operation
def polar(abs_: Any, angle: Any) -> Any:
    """Complex numbers of absolute values and angles: shapes broadcast together.

    Args:
        abs_: how far from 0.
        angle: in radians.

    >>> ops.polar([2.0], [0.0]).numpy()
    array([2.+0.j], dtype=complex64)
    """
    abs_, angle = convert_to_tensor(abs_), convert_to_tensor(angle)
    return complex_of(abs_ * cos(angle), abs_ * sin(angle))


@operation
def deg2rad(x: Any) -> Any:
    """Degrees as radians, elementwise: ``(...) -> (...)``.

    >>> ops.deg2rad([180.0]).numpy().round(3)
    array([3.142], dtype=float32)
    """
    return convert_to_tensor(x) * (math.pi / 180)


@operation
def rad2deg(x: Any) -> Any:
    """Radians as degrees, elementwise: ``(...) -> (...)``.

    >>> ops.rad2deg([1.0]).numpy().round(3)
    array([57.296], dtype=float32)
    """
    return convert_to_tensor(x) * (180 / math.pi)


@operation
def sinc(x: Any) -> Any:
    """``sin(pi x) / (pi x)``, 1 at 0, elementwise: ``(...) -> (...)``.

    >>> ops.sinc([0.0, 0.5]).numpy().round(3)
    array([1.   , 0.637], dtype=float32)
    """
    x = convert_to_tensor(x) * math.pi
    # Near 0 the quotient's slopes are small differences of large numbers: its series stands in.
    near = absolute(x) < 0.5
    y, z = square(where(near, x, 0)), where(near, 1, x)
    series = 1
    for term in range(7, 0, -1):
        series = 1 - series * y / (2 * term * (2 * term + 1))
    return where(near, series, sin(z) / z)
