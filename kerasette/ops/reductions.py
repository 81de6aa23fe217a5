"""Reductions over axes."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import canonical_axes, reduced
from kerasette.core.spec import Spec
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.shaping import broadcast_shape, reshape_to

_WIDENED = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32",
            "uint16": "uint32"}  # fmt: skip


def summed_dtype(dtype: str) -> str:
    """The dtype of a sum: small integers are added up in 32 bits."""
    return dtypes.ALL[_WIDENED.get(dtype, dtype)]


def _summed(x: Spec, *, axis: tuple[int, ...], keepdims: bool) -> Spec:
    return Spec(reduced(x.shape, axis, keepdims), summed_dtype(x.dtype))


@primitive(_summed, name="sum")
def sum_over(xp: Any, x: Any, *, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The sum over ``axis`` (canonical)."""
    return xp.sum(x, axis=axis, keepdims=keepdims, dtype=summed_dtype(x.dtype.name))


def spread(g: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """A reduction's gradient, given back the axes that were reduced, over the operand's shape."""
    shape = tuple(x.shape)
    if not keepdims:
        g = reshape_to(g, shape=reduced(shape, axis, True))
    return broadcast_shape(g, shape=shape)


sum_over.defvjp(x=spread)


@operation
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum over ``axis`` (an int, several, or all axes).

    >>> float(ops.sum([[1.0, 2.0], [3.0, 4.0]]))
    10.0
    """
    x = convert_to_tensor(x)
    return sum_over(x, axis=canonical_axes(axis, len(x.shape)), keepdims=bool(keepdims))


operators.install(sum=sum)
