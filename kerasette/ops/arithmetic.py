"""Arithmetic, elementwise, with broadcasting: sums, products, quotients, powers, extremes."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import (
    FLOATING,
    TOGETHER,
    broadcast,
    broadcast_float,
    broadcast_shapes,
    same,
    same_float,
)
from kerasette.core.spec import Spec
from kerasette.ops.comparison import equal, greater, isnan
from kerasette.ops.complex import conj, real_spec
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.exponential import log
from kerasette.ops.logic import where

__all__ = [
    "abs", "absolute", "add", "cbrt", "divide", "divide_no_nan", "fabs", "floor_divide", "fmax",
    "fmin", "fmod", "heaviside", "maximum", "minimum", "mod", "multiply", "negative", "power",
    "reciprocal", "rsqrt", "sign", "sqrt", "square", "subtract", "true_divide",
]  # fmt: skip


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
    """``x1 - x2``, elementwise: shapes broadcast together.

    >>> ops.subtract([5, 3], 1).numpy()
    array([4, 2], dtype=int32)
    """
    return xp.logical_xor(x1, x2) if x1.dtype.kind == "b" else xp.subtract(x1, x2)


subtract.defvjp(x1=lambda g: g, x2=lambda g: -g)


@primitive(broadcast)
def multiply(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1 * x2``, elementwise: shapes broadcast together.

    >>> ops.multiply([1, 2], [3, 4]).numpy()
    array([3, 8], dtype=int32)
    """
    return xp.multiply(x1, x2)


multiply.defvjp(x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)


@primitive(broadcast_float)
def divide(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1 / x2``, elementwise; integers give floatx. Dividing by 0 gives infinities or NaN.

    >>> ops.divide([1, 2], 4).numpy()
    array([0.25, 0.5 ], dtype=float32)
    """
    return xp.divide(x1, x2)


divide.defvjp(x1=lambda g, x2: g / x2, x2=lambda g, x2, out: -g * out / x2)
true_divide = divide


@primitive(broadcast_float)
def divide_no_nan(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1 / x2``, elementwise, and 0 where ``x2`` is 0.

    >>> ops.divide_no_nan([1.0, 2.0], [0.0, 4.0]).numpy()
    array([0. , 0.5], dtype=float32)
    """
    return xp.where(x2 == 0, xp.zeros_like(x1), xp.divide(x1, x2))


divide_no_nan.defvjp(
    x1=lambda g, x2: divide_no_nan(g, x2),
    x2=lambda g, x2, out: divide_no_nan(-g * out, x2),
)


def _number(*specs: Spec, **attributes: Any) -> Spec:
    """Truth values become integers; what has no order, or no remainder, is refused."""
    dtype = specs[0].dtype
    if dtypes.is_complex(dtype):
        raise ValueError(f"complex numbers are not taken. Received: dtype={dtype}.")
    shape = broadcast_shapes(*(spec.shape for spec in specs))
    return Spec(shape, dtypes.ALL["int32"] if dtype == "bool" else dtype)


def _numeric(xp: Any, *arrays: Any) -> Any:
    return (a.astype(xp.int32) if a.dtype.kind == "b" else a for a in arrays)


@primitive(_number, TOGETHER)
def floor_divide(xp: Any, x1: Any, x2: Any) -> Any:
    """The greatest integer not above ``x1 / x2``, elementwise, in the operands' dtype.

    >>> ops.floor_divide([7, -7], 2).numpy()
    array([ 3, -4], dtype=int32)
    """
    return xp.floor_divide(*_numeric(xp, x1, x2))


floor_divide.nograd()


@primitive(_number, TOGETHER)
def mod(xp: Any, x1: Any, x2: Any) -> Any:
    """The remainder of ``x1 / x2`` with the sign of ``x2``, elementwise, as Python's ``%``.

    >>> ops.mod([7, -7], 4).numpy()
    array([3, 1], dtype=int32)
    """
    return xp.mod(*_numeric(xp, x1, x2))


mod.defvjp(x1=lambda g: g, x2=lambda g, x1, x2: -g * floor_divide(x1, x2))


@primitive(_number, TOGETHER)
def fmod(xp: Any, x1: Any, x2: Any) -> Any:
    """The remainder of ``x1 / x2`` with the sign of ``x1``, elementwise, as C's ``fmod``.

    >>> ops.fmod([7, -7], 4).numpy()
    array([ 3, -3], dtype=int32)
    """
    return xp.fmod(*_numeric(xp, x1, x2))


fmod.defvjp(x1=lambda g: g, x2=lambda g, x1, x2, out: -g * ((x1 - out) / x2))


def _power(x1: Spec, x2: Spec) -> Spec:
    shape = broadcast_shapes(x1.shape, x2.shape)
    return Spec(shape, dtypes.ALL["int32"] if x1.dtype == "bool" else x1.dtype)


@primitive(_power, TOGETHER)
def power(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1`` to the power ``x2``, elementwise: shapes broadcast together.

    >>> ops.power([2.0, 3.0], 2).numpy()
    array([4., 9.], dtype=float32)

    Raises: ValueError for integers to negative integer powers.
    """
    return xp.power(*_numeric(xp, x1, x2))


def _power_of_base(g: Any, x1: Any, x2: Any) -> Any:
    # The exponent 0 gives a constant: its slope is 0 at a base of 0 too, where 0 * inf lies near.
    constant = equal(x2, 0)
    return g * where(constant, 0, x2 * power(x1, where(constant, 1, x2 - 1)))


def _power_of_exponent(g: Any, x1: Any, out: Any) -> Any:
    # A base of 0 gives 0 for every positive exponent.
    return g * out * log(where(equal(x1, 0), 1, x1))


power.defvjp(x1=_power_of_base, x2=_power_of_exponent)


def _negated(x: Spec) -> Spec:
    if x.dtype == "bool":
        raise ValueError("truth values have no negative. Use ops.logical_not.")
    return x


@primitive(_negated)
def negative(xp: Any, x: Any) -> Any:
    """``-x``, elementwise: ``(...) -> (...)``.

    >>> ops.negative([1.0, -2.0]).numpy()
    array([-1.,  2.], dtype=float32)

    Raises: ValueError for truth values.
    """
    return xp.negative(x)


negative.defvjp(x=lambda g: -g)


@primitive(real_spec)
def absolute(xp: Any, x: Any) -> Any:
    """The distance from 0, elementwise; of complex numbers too: ``(...) -> (...)``.

    The gradient at 0 is 0.

    >>> ops.absolute([-1.5, 2.0]).numpy()
    array([1.5, 2. ], dtype=float32)
    """
    return xp.absolute(x)


def _absolute_gradient(g: Any, x: Any, out: Any) -> Any:
    if dtypes.is_complex(x.dtype):
        return g * divide_no_nan(conj(x), out)
    return g * sign(x)


absolute.defvjp(x=_absolute_gradient)
abs = absolute


@operation
def fabs(x: Any) -> Any:
    """The distance from 0 as a float, elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.fabs([-1, 2]).numpy()
    array([1., 2.], dtype=float32)
    """
    x = convert_to_tensor(x)
    return absolute(cast(x, dtypes.floating(x.dtype)))


@primitive(same)
def sign(xp: Any, x: Any) -> Any:
    """-1, 0 or 1, elementwise; of complex numbers ``x / |x|``: ``(...) -> (...)``.

    >>> ops.sign([-3.0, 0.0, 2.0]).numpy()
    array([-1.,  0.,  1.], dtype=float32)
    """
    return x if x.dtype.kind == "b" else xp.sign(x)


sign.nograd()


def _ordered(*specs: Spec) -> Spec:
    if dtypes.is_complex(specs[0].dtype):
        raise ValueError("complex numbers have no order. Compare ops.abs of them.")
    return Spec(broadcast_shapes(*(spec.shape for spec in specs)), specs[0].dtype)


def _share_of_greater(g: Any, x: Any, other: Any) -> Any:
    """The gradient of the greater one; where both are equal, half of it goes to each."""
    return where(greater(x, other), g, where(equal(x, other), g * 0.5, 0))


@primitive(_ordered, TOGETHER)
def maximum(xp: Any, x1: Any, x2: Any) -> Any:
    """The greater of two, elementwise; NaN where one is NaN. Shapes broadcast together.

    Where both are equal, each gets half of the gradient.

    >>> ops.maximum([1.0, 5.0], 3.0).numpy()
    array([3., 5.], dtype=float32)
    """
    return xp.maximum(x1, x2)


@primitive(_ordered, TOGETHER)
def minimum(xp: Any, x1: Any, x2: Any) -> Any:
    """The smaller of two, elementwise; NaN where one is NaN. Shapes broadcast together.

    Where both are equal, each gets half of the gradient.

    >>> ops.minimum([1.0, 5.0], 3.0).numpy()
    array([1., 3.], dtype=float32)
    """
    return xp.minimum(x1, x2)


maximum.defvjp(
    x1=lambda g, x1, x2: _share_of_greater(g, x1, x2),
    x2=lambda g, x1, x2: _share_of_greater(g, x2, x1),
)
minimum.defvjp(
    x1=lambda g, x1, x2: _share_of_greater(g, x2, x1),
    x2=lambda g, x1, x2: _share_of_greater(g, x1, x2),
)


@operation
def fmax(x1: Any, x2: Any) -> Any:
    """The greater of two, elementwise; where one is NaN, the other. Shapes broadcast together.

    >>> ops.fmax([1.0, float("nan")], 3.0).numpy()
    array([3., 3.], dtype=float32)
    """
    return where(isnan(x1), x2, where(isnan(x2), x1, maximum(x1, x2)))


@operation
def fmin(x1: Any, x2: Any) -> Any:
    """The smaller of two, elementwise; where one is NaN, the other. Shapes broadcast together.

    >>> ops.fmin([1.0, float("nan")], 3.0).numpy()
    array([1., 3.], dtype=float32)
    """
    return where(isnan(x1), x2, where(isnan(x2), x1, minimum(x1, x2)))


def _squared(x: Spec) -> Spec:
    return Spec(x.shape, dtypes.ALL["int32"] if x.dtype == "bool" else x.dtype)


@primitive(_squared)
def square(xp: Any, x: Any) -> Any:
    """``x * x``, elementwise: ``(...) -> (...)``.

    >>> ops.square([2.0, -3.0]).numpy()
    array([4., 9.], dtype=float32)
    """
    return xp.square(*_numeric(xp, x))


square.defvjp(x=lambda g, x: g * (x * 2))


@primitive(same_float)
def sqrt(xp: Any, x: Any) -> Any:
    """The square root, elementwise; NaN below 0: ``(...) -> (...)``.

    >>> ops.sqrt([4.0, 9.0]).numpy()
    array([2., 3.], dtype=float32)
    """
    return xp.sqrt(x)


sqrt.defvjp(x=lambda g, out: g * 0.5 / out)


@primitive(same_float)
def rsqrt(xp: Any, x: Any) -> Any:
    """One over the square root, elementwise: ``(...) -> (...)``.

    >>> ops.rsqrt([4.0, 1.0]).numpy()
    array([0.5, 1. ], dtype=float32)
    """
    return xp.reciprocal(xp.sqrt(x))


rsqrt.defvjp(x=lambda g, x, out: g * -0.5 * out / x)


@primitive(same_float)
def reciprocal(xp: Any, x: Any) -> Any:
    """``1 / x``, elementwise; integers give floatx: ``(...) -> (...)``.

    >>> ops.reciprocal([2, 4]).numpy()
    array([0.5 , 0.25], dtype=float32)
    """
    return xp.reciprocal(x)


reciprocal.defvjp(x=lambda g, out: -g * square(out))


@primitive(same_float)
def cbrt(xp: Any, x: Any) -> Any:
    """The cube root, elementwise, of negative numbers too: ``(...) -> (...)``.

    >>> ops.cbrt([8.0, -8.0]).numpy()
    array([ 2., -2.], dtype=float32)
    """
    return xp.cbrt(x)


cbrt.defvjp(x=lambda g, out: g / (3 * square(out)))


@primitive(_ordered, FLOATING)
def heaviside(xp: Any, x1: Any, x2: Any) -> Any:
    """0 where ``x1`` is negative, 1 where it is positive, ``x2`` where it is 0.

    Shapes broadcast together; integers give floatx.

    >>> ops.heaviside([-2.0, 0.0, 3.0], 0.5).numpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return xp.heaviside(x1, x2)


heaviside.defvjp(x2=lambda g, x1: where(equal(x1, 0), g, 0))

operators.install(add=add, subtract=subtract)
