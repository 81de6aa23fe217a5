"""Logic on truth values, and choices by them, elementwise."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import Rule, broadcast_shapes, predicate
from kerasette.core.spec import Spec

__all__ = ["logical_and", "logical_not", "logical_or", "logical_xor", "select", "where"]


@primitive(predicate)
def logical_and(xp: Any, x1: Any, x2: Any) -> Any:
    """Where both are true (not 0), elementwise: bool; shapes broadcast together.

    >>> ops.logical_and([True, True], [True, False]).numpy()
    array([ True, False])
    """
    return xp.logical_and(x1, x2)


@primitive(predicate)
def logical_or(xp: Any, x1: Any, x2: Any) -> Any:
    """Where at least one is true (not 0), elementwise: bool; shapes broadcast together.

    >>> ops.logical_or([True, False], False).numpy()
    array([ True, False])
    """
    return xp.logical_or(x1, x2)


@primitive(predicate)
def logical_xor(xp: Any, x1: Any, x2: Any) -> Any:
    """Where exactly one is true (not 0), elementwise: bool; shapes broadcast together.

    >>> ops.logical_xor([True, False], True).numpy()
    array([False,  True])
    """
    return xp.logical_xor(x1, x2)


@primitive(predicate)
def logical_not(xp: Any, x: Any) -> Any:
    """Where ``x`` is false (0): bool ``(...)``.

    >>> ops.logical_not([True, False]).numpy()
    array([False,  True])
    """
    return xp.logical_not(x)


for _connective in (logical_and, logical_or, logical_xor, logical_not):
    _connective.nograd()


class _Choice(Rule):
    """A condition, and values that meet in one dtype."""

    def entering(self, names: list[str]) -> list[str]:
        common = dtypes.resolve(dtypes.promote(frozenset(names[1:])))
        return ["bool", *([common] * (len(names) - 1))]


def _chosen(condition: Spec, x1: Spec, x2: Spec) -> Spec:
    return Spec(broadcast_shapes(condition.shape, x1.shape, x2.shape), x1.dtype)


@primitive(_Choice(_chosen), native=True, name="where")
def where_of(xp: Any, condition: Any, x1: Any, x2: Any) -> Any:
    """``x1`` where ``condition`` holds, else ``x2``, elementwise."""
    return xp.where(condition, x1, x2)


where_of.defvjp(
    x1=lambda g, condition: where_of(condition, g, 0),
    x2=lambda g, condition: where_of(condition, 0, g),
)


@operation
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """``x1`` where ``condition`` holds, else ``x2``, elementwise; shapes broadcast together.

    With ``condition`` alone, the indices where it holds, as ``ops.nonzero`` gives them. What is not
    chosen gets a gradient of exactly 0, even where it is NaN.

    >>> ops.where([True, False], [1.0, 2.0], 0.0).numpy()
    array([1., 0.], dtype=float32)

    Raises: ValueError where only one of ``x1`` and ``x2`` is given.
    """
    if x1 is None and x2 is None:
        return operators.method("nonzero")(condition)
    if x1 is None or x2 is None:
        raise ValueError(
            "`x1` and `x2` must be given both, or neither. "
            f"Received: x{1 if x1 is None else 2}=None."
        )
    return where_of(condition, x1, x2)


@operation
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """From the first of several conditions that holds, its choice, elementwise.

    Args:
        condlist: bool tensors; shapes broadcast together, with the choices too.
        choicelist: as many tensors.
        default: what is taken where no condition holds.

    >>> x = ops.arange(4)
    >>> ops.select([x < 1, x > 2], [x, x * 10], 5).numpy()
    array([ 0,  5,  5, 30], dtype=int32)

    Raises: ValueError where the lists differ in length or are empty.
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            "`condlist` and `choicelist` must have the same length of at least 1. "
            f"Received: {len(condlist)} conditions and {len(choicelist)} choices."
        )
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        chosen = where(condition, choice, chosen)
    return chosen


operators.install(logical_and=logical_and, where=where)
