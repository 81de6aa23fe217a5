"""Comparisons and tests, elementwise: their results are truth values, without gradients."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import TOGETHER, broadcast_shapes, compare, predicate
from kerasette.core.spec import Spec
from kerasette.ops.conversion import cast, convert_to_tensor

__all__ = [
    "allclose", "equal", "greater", "greater_equal", "isclose", "isfinite", "isinf", "isnan",
    "isneginf", "isposinf", "less", "less_equal", "not_equal", "signbit",
]  # fmt: skip


def _ordered(x1: Spec, x2: Spec) -> Spec:
    if dtypes.is_complex(x1.dtype):
        raise ValueError("complex numbers have no order. Compare ops.abs of them.")
    return Spec(broadcast_shapes(x1.shape, x2.shape), dtypes.ALL["bool"])


@primitive(compare)
def equal(xp: Any, x1: Any, x2: Any) -> Any:
    """Where ``x1 == x2``, elementwise: bool; shapes broadcast together.

    >>> ops.equal([1, 2], 2).numpy()
    array([False,  True])
    """
    return xp.equal(x1, x2)


@primitive(compare)
def not_equal(xp: Any, x1: Any, x2: Any) -> Any:
    """Where ``x1 != x2``, elementwise: bool; shapes broadcast together.

    >>> ops.not_equal([1, 2], 2).numpy()
    array([ True, False])
    """
    return xp.not_equal(x1, x2)


@primitive(_ordered, TOGETHER)
def greater(xp: Any, x1: Any, x2: Any) -> Any:
    """Where ``x1 > x2``, elementwise: bool; shapes broadcast together.

    >>> ops.greater([1, 3], 2).numpy()
    array([False,  True])
    """
    return xp.greater(x1, x2)


@primitive(_ordered, TOGETHER)
def greater_equal(xp: Any, x1: Any, x2: Any) -> Any:
    """Where ``x1 >= x2``, elementwise: bool; shapes broadcast together.

    >>> ops.greater_equal([1, 2], 2).numpy()
    array([False,  True])
    """
    return xp.greater_equal(x1, x2)


@primitive(_ordered, TOGETHER)
def less(xp: Any, x1: Any, x2: Any) -> Any:
    """Where ``x1 < x2``, elementwise: bool; shapes broadcast together.

    >>> ops.less([1, 2], 2).numpy()
    array([ True, False])
    """
    return xp.less(x1, x2)


@primitive(_ordered, TOGETHER)
def less_equal(xp: Any, x1: Any, x2: Any) -> Any:
    """Where ``x1 <= x2``, elementwise: bool; shapes broadcast together.

    >>> ops.less_equal([2, 3], 2).numpy()
    array([ True, False])
    """
    return xp.less_equal(x1, x2)


@primitive(predicate)
def isfinite(xp: Any, x: Any) -> Any:
    """Where ``x`` is neither infinite nor NaN: bool ``(...)``.

    >>> ops.isfinite([1.0, float("inf")]).numpy()
    array([ True, False])
    """
    return xp.isfinite(x)


@primitive(predicate)
def isinf(xp: Any, x: Any) -> Any:
    """Where ``x`` is plus or minus infinity: bool ``(...)``.

    >>> ops.isinf([1.0, float("-inf")]).numpy()
    array([False,  True])
    """
    return xp.isinf(x)


@primitive(predicate)
def isnan(xp: Any, x: Any) -> Any:
    """Where ``x`` is not a number: bool ``(...)``.

    >>> ops.isnan([1.0, float("nan")]).numpy()
    array([False,  True])
    """
    return xp.isnan(x)


@primitive(predicate)
def signbit(xp: Any, x: Any) -> Any:
    """Where the sign of ``x`` is minus, that of -0.0 too: bool ``(...)``.

    >>> ops.signbit([-1.0, -0.0, 0.0]).numpy()
    array([ True,  True, False])
    """
    return xp.zeros(x.shape, bool) if x.dtype.kind == "b" else xp.signbit(x)


for _test in (
    equal, not_equal, greater, greater_equal, less, less_equal, isfinite, isinf, isnan, signbit,
):  # fmt: skip
    _test.nograd()


@operation
def isneginf(x: Any) -> Any:
    """Where ``x`` is minus infinity: bool ``(...)``.

    >>> ops.isneginf([float("inf"), float("-inf")]).numpy()
    array([False,  True])
    """
    return equal(x, -float("inf"))


@operation
def isposinf(x: Any) -> Any:
    """Where ``x`` is plus infinity: bool ``(...)``.

    >>> ops.isposinf([float("inf"), float("-inf")]).numpy()
    array([ True, False])
    """
    return equal(x, float("inf"))


@operation
def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Where ``|x1 - x2| <= atol + rtol * |x2|``, elementwise: bool; shapes broadcast together.

    Args:
        x1, x2: what is compared; infinities are close to themselves alone.
        rtol: how far apart, relative to ``x2``.
        atol: how far apart, absolutely.
        equal_nan: whether two NaN are close.

    >>> ops.isclose([1.0, 2.0], [1.0, 2.1]).numpy()
    array([ True, False])
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    common = dtypes.floating(dtypes.result_type(x1.dtype, x2.dtype))
    x1, x2 = cast(x1, common), cast(x2, common)
    near = less_equal(abs(x1 - x2), atol + rtol * abs(x2))
    found = (near & isfinite(x2)) | equal(x1, x2)
    return found | (isnan(x1) & isnan(x2)) if equal_nan else found


@operation
def allclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether all of ``x1`` is close to ``x2``, as ``isclose`` says it: a bool of shape ``()``.

    >>> bool(ops.allclose([1.0, 2.0], [1.0, 2.0 + 1e-9]))
    True
    """
    return operators.method("all")(isclose(x1, x2, rtol, atol, equal_nan))
