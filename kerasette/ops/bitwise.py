"""Operations on the bits of integers, elementwise, and on truth values as single bits."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.primitive import primitive
from kerasette.core.rules import TOGETHER, broadcast_shapes
from kerasette.core.spec import Spec

__all__ = [
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "gcd", "lcm", "left_shift", "right_shift",
]  # fmt: skip


def _bits(*specs: Spec) -> Spec:
    dtype = specs[0].dtype
    if dtypes.differentiable(dtype):
        raise ValueError(
            f"integers or truth values are needed. Received: dtype={dtype}; cast to an integer."
        )
    return Spec(broadcast_shapes(*(spec.shape for spec in specs)), dtype)


def _integers(*specs: Spec) -> Spec:
    """Truth values are counted: they become int32."""
    shape, dtype = _bits(*specs)
    return Spec(shape, dtypes.ALL["int32"] if dtype == "bool" else dtype)


def _counted(xp: Any, *arrays: Any) -> Any:
    return (a.astype(xp.int32) if a.dtype.kind == "b" else a for a in arrays)


@primitive(_bits, TOGETHER)
def bitwise_and(xp: Any, x: Any, y: Any) -> Any:
    """The bits that both have, elementwise; of truth values, whether both hold.

    >>> ops.bitwise_and([6, 5], 3).numpy()
    array([2, 1], dtype=int32)

    Raises: ValueError for floats.
    """
    return xp.bitwise_and(x, y)


@primitive(_bits, TOGETHER)
def bitwise_or(xp: Any, x: Any, y: Any) -> Any:
    """The bits that at least one has, elementwise; of truth values, whether one holds.

    >>> ops.bitwise_or([6, 5], 3).numpy()
    array([7, 7], dtype=int32)

    Raises: ValueError for floats.
    """
    return xp.bitwise_or(x, y)


@primitive(_bits, TOGETHER)
def bitwise_xor(xp: Any, x: Any, y: Any) -> Any:
    """The bits that exactly one has, elementwise; of truth values, whether just one holds.

    >>> ops.bitwise_xor([6, 5], 3).numpy()
    array([5, 6], dtype=int32)

    Raises: ValueError for floats.
    """
    return xp.bitwise_xor(x, y)


@primitive(_bits)
def bitwise_not(xp: Any, x: Any) -> Any:
    """All bits turned over, elementwise; of truth values, their opposite: ``(...) -> (...)``.

    >>> ops.bitwise_not([0, 5]).numpy()
    array([-1, -6], dtype=int32)

    Raises: ValueError for floats.
    """
    return xp.bitwise_not(x)


@primitive(_integers, TOGETHER)
def bitwise_left_shift(xp: Any, x: Any, y: Any) -> Any:
    """``x`` with its bits moved ``y`` places up, elementwise: ``x * 2**y``.

    >>> ops.bitwise_left_shift([1, 3], 2).numpy()
    array([ 4, 12], dtype=int32)

    Raises: ValueError for floats.
    """
    return xp.left_shift(*_counted(xp, x, y))


@primitive(_integers, TOGETHER)
def bitwise_right_shift(xp: Any, x: Any, y: Any) -> Any:
    """``x`` with its bits moved ``y`` places down, elementwise: ``x // 2**y``.

    >>> ops.bitwise_right_shift([12, 7], 2).numpy()
    array([3, 1], dtype=int32)

    Raises: ValueError for floats.
    """
    return xp.right_shift(*_counted(xp, x, y))


@primitive(_integers, TOGETHER)
def gcd(xp: Any, x1: Any, x2: Any) -> Any:
    """The greatest common divisor, elementwise: shapes broadcast together.

    >>> ops.gcd([12, 7], 18).numpy()
    array([6, 1], dtype=int32)

    Raises: ValueError for floats.
    """
    return xp.gcd(*_counted(xp, x1, x2))


@primitive(_integers, TOGETHER)
def lcm(xp: Any, x1: Any, x2: Any) -> Any:
    """The least common multiple, elementwise: shapes broadcast together.

    >>> ops.lcm([4, 7], 6).numpy()
    array([12, 42], dtype=int32)

    Raises: ValueError for floats.
    """
    return xp.lcm(*_counted(xp, x1, x2))


for _op in (
    bitwise_and, bitwise_or, bitwise_xor, bitwise_not, bitwise_left_shift, bitwise_right_shift,
    gcd, lcm,
):  # fmt: skip
    _op.nograd()

bitwise_invert = bitwise_not
left_shift = bitwise_left_shift
right_shift = bitwise_right_shift
