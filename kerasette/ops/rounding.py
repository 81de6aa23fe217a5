"""Rounding and limits, elementwise."""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import TOGETHER, broadcast_shapes, same, same_float
from kerasette.core.spec import Spec
from kerasette.ops.arithmetic import maximum, minimum
from kerasette.ops.comparison import equal, isnan
from kerasette.ops.complex import complex_of, imag, real
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.logic import where

__all__ = ["ceil", "clip", "floor", "nan_to_num", "round", "saturate_cast", "trunc"]


@primitive(same_float)
def ceil(xp: Any, x: Any) -> Any:
    """The least integer not below ``x``, as a float: ``(...) -> (...)``.

    >>> ops.ceil([1.2, -1.2]).numpy()
    array([ 2., -1.], dtype=float32)
    """
    return xp.ceil(x)


@primitive(same_float)
def floor(xp: Any, x: Any) -> Any:
    """The greatest integer not above ``x``, as a float: ``(...) -> (...)``.

    >>> ops.floor([1.2, -1.2]).numpy()
    array([ 1., -2.], dtype=float32)
    """
    return xp.floor(x)


@primitive(same)
def trunc(xp: Any, x: Any) -> Any:
    """``x`` without its fraction, in its own dtype: ``(...) -> (...)``.

    >>> ops.trunc([1.7, -1.7]).numpy()
    array([ 1., -1.], dtype=float32)
    """
    return xp.trunc(x)


@primitive(same, name="round")
def round_to(xp: Any, x: Any, *, decimals: int) -> Any:
    """The nearest multiple of ``10**-decimals``; of two nearest ones, that with an even digit."""
    return x if x.dtype.kind == "b" else xp.round(x, decimals)


for _step in (ceil, floor, trunc, round_to):
    _step.nograd()


@operation
def round(x: Any, decimals: int = 0) -> Any:
    """The nearest number of ``decimals`` digits, in the dtype of ``x``: ``(...) -> (...)``.

    Of two that are equally near it is the one with an even last digit.

    >>> ops.round([0.5, 1.5, 2.4]).numpy()
    array([0., 2., 2.], dtype=float32)
    """
    return round_to(x, decimals=int(decimals))


def _clipped(x: Spec, x_min: Spec, x_max: Spec) -> Spec:
    if dtypes.is_complex(x.dtype):
        raise ValueError("complex numbers have no order, and no bounds.")
    return Spec(broadcast_shapes(x.shape, x_min.shape, x_max.shape), x.dtype)


@primitive(_clipped, TOGETHER, name="clip")
def clip_between(xp: Any, x: Any, x_min: Any, x_max: Any) -> Any:
    """``x``, but at least ``x_min`` and at most ``x_max``, elementwise."""
    return xp.clip(x, x_min, x_max)


clip_between.defvjp(
    x=lambda g, x, x_min, x_max: where((x >= x_min) & (x <= x_max), g, 0),
    x_min=lambda g, x, x_min, x_max: where((x < x_min) & (x_min <= x_max), g, 0),
    x_max=lambda g, x, x_min, x_max: where(maximum(x, x_min) > x_max, g, 0),
)


@operation
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """``x``, but at least ``x_min`` and at most ``x_max``, elementwise.

    Args:
        x: the values; shapes broadcast together.
        x_min, x_max: the bounds: numbers or tensors, or ``None`` for no bound.

    The gradient passes where ``x`` is within the bounds. Truth values become int32.

    >>> ops.clip([1.0, 5.0, 9.0], 2.0, 6.0).numpy()
    array([2., 5., 6.], dtype=float32)
    """
    x = convert_to_tensor(x)
    if x.dtype == "bool":
        x = cast(x, "int32")
    if x_min is None:
        return x if x_max is None else minimum(x, x_max)
    return maximum(x, x_min) if x_max is None else clip_between(x, x_min, x_max)


@operation
def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Numbers in place of NaN and infinities, in the dtype of ``x``: ``(...) -> (...)``.

    Args:
        x: the values.
        nan: what stands for NaN.
        posinf, neginf: what stands for plus and minus infinity; by default the greatest and the
            least number that the dtype has.

    >>> ops.nan_to_num([float("nan"), 1.0], nan=5.0).numpy()
    array([5., 1.], dtype=float32)
    """
    x = convert_to_tensor(x)
    if dtypes.is_complex(x.dtype):
        return complex_of(*(nan_to_num(part, nan, posinf, neginf) for part in (real(x), imag(x))))
    if not dtypes.is_float(x.dtype):
        return x
    least, greatest = dtypes.limits(x.dtype)
    high = greatest if posinf is None else posinf
    low = least if neginf is None else neginf
    found = where(equal(x, float("inf")), high, where(equal(x, -float("inf")), low, x))
    return cast(where(isnan(x), nan, found), x.dtype)


@operation
def saturate_cast(x: Any, dtype: Any) -> Any:
    """Another dtype; what lies outside its range becomes its least or greatest number.

    >>> ops.saturate_cast([-5, 300], "uint8").numpy()
    array([  0, 255], dtype=uint8)

    Raises: ValueError for an unknown dtype.
    """
    x = convert_to_tensor(x)
    target = dtypes.standardize_dtype(dtype)
    if any(name == "bool" or dtypes.is_complex(name) for name in (x.dtype, target)):
        return cast(x, target)
    (low, high), (least, greatest) = dtypes.limits(target), dtypes.limits(x.dtype)
    if low > least:
        x = maximum(x, _inside(low, x.dtype))
    if high < greatest:
        x = minimum(x, _inside(high, x.dtype))
    return cast(x, target)


def _inside(bound: Any, dtype: str) -> Any:
    """The number of a dtype that is nearest to a bound, and not beyond it."""
    if dtypes.is_int(dtype):
        return int(bound)
    kind = dtypes.numpy_dtype(dtype).type
    near = kind(bound)
    return float(near if abs(float(near)) <= abs(bound) else np.nextafter(near, kind(0)))


operators.install(clip=clip)
