"""How numbers are stored: their bits, their neighbours, their exponents; and copies."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING, broadcast_shapes
from kerasette.core.spec import Spec
from kerasette.ops.conversion import cast, convert_to_tensor, identity_of

__all__ = ["copy", "ldexp", "nextafter", "view"]


@operation
def copy(x: Any) -> Any:
    """The same values, as a tensor of its own: ``(...) -> (...)``.

    >>> ops.copy([1.0, 2.0]).numpy()
    array([1., 2.], dtype=float32)
    """
    return identity_of(x)


def _scaled(x1: Spec, x2: Spec) -> Spec:
    return Spec(broadcast_shapes(x1.shape, x2.shape), x1.dtype)


@primitive(_scaled, name="ldexp")
def scale_by_power(xp: Any, x1: Any, x2: Any) -> Any:
    """``x1 * 2**x2`` for integers ``x2``, elementwise."""
    return xp.ldexp(x1, x2)


scale_by_power.defvjp(x1=lambda g, x2: scale_by_power(g, x2))


@operation
def ldexp(x1: Any, x2: Any) -> Any:
    """``x1 * 2**x2``, exactly, elementwise: shapes broadcast together; integers give floatx.

    >>> ops.ldexp([1.5, 3.0], 2).numpy()
    array([ 6., 12.], dtype=float32)

    Raises: TypeError where ``x2`` does not hold integers.
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    if not dtypes.is_int(x2.dtype):
        raise TypeError(f"`x2` must be of an integer dtype. Received: x2 of dtype {x2.dtype}.")
    # What is added to an exponent fits into 32 bits; unsigned 64 bits, numpy does not take.
    return scale_by_power(cast(x1, dtypes.floating(x1.dtype)), cast(x2, "int32"))


def _beside(x1: Spec, x2: Spec) -> Spec:
    if dtypes.is_complex(x1.dtype):
        raise ValueError("complex numbers have no order, and no neighbours.")
    return Spec(broadcast_shapes(x1.shape, x2.shape), x1.dtype)


@primitive(_beside, FLOATING, native=True)
def nextafter(xp: Any, x1: Any, x2: Any) -> Any:
    """The next number after ``x1`` towards ``x2`` that the dtype has, elementwise.

    Shapes broadcast together; integers give floatx.

    >>> ops.nextafter([1.0], [2.0]).numpy()
    array([1.0000001], dtype=float32)
    """
    return xp.nextafter(x1, x2)


nextafter.nograd()


def _viewed(x: Spec, *, dtype: str) -> Spec:
    old, new = dtypes.numpy_dtype(x.dtype).itemsize, dtypes.numpy_dtype(dtype).itemsize
    if old == new:
        return Spec(x.shape, dtypes.ALL[dtype])
    if not x.shape:
        raise ValueError(
            f"one value of {8 * old} bits cannot be read as {dtype}, of {8 * new} bits. "
            "Give it an axis."
        )
    if x.shape[-1] * old % new:
        raise ValueError(
            f"the last axis, of {x.shape[-1]} values of {8 * old} bits, does not divide into "
            f"{dtype}, of {8 * new} bits. Received: shape={x.shape}."
        )
    return Spec((*x.shape[:-1], x.shape[-1] * old // new), dtypes.ALL[dtype])


@primitive(_viewed, native=True, name="view")
def view_as(xp: Any, x: Any, *, dtype: str) -> Any:
    """The same bits, read as another dtype."""
    return xp.ascontiguousarray(x).reshape(x.shape).view(dtypes.numpy_dtype(dtype))


view_as.nograd()


@operation
def view(x: Any, dtype: Any = None) -> Any:
    """The same bits, read as another dtype: ``(..., n) -> (..., m)``.

    Where the sizes of the two dtypes differ, so does the size of the last axis.

    >>> ops.view([1.0], dtype="int32").numpy()
    array([1065353216], dtype=int32)

    Raises: ValueError where the bits of the last axis do not divide into the new dtype.
    """
    x = convert_to_tensor(x)
    name = x.dtype if dtype is None else dtypes.standardize_dtype(dtype)
    return x if name == x.dtype else view_as(x, dtype=str(name))
