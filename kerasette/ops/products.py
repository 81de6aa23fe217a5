"""Products: over axes, of vectors in space, of blocks."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import canonical_axes, canonical_axis, reduced
from kerasette.core.spec import Spec
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import ones
from kerasette.ops.cumulative import cumprod_along, shifted
from kerasette.ops.joining import stack
from kerasette.ops.reductions import count_of, kept, summed_dtype
from kerasette.ops.shaping import moveaxis, reshape, transpose
from kerasette.ops.slicing import part_along

__all__ = ["cross", "kron", "prod"]


def _multiplied(x: Spec, *, axis: tuple[int, ...], keepdims: bool) -> Spec:
    return Spec(reduced(x.shape, axis, keepdims), dtypes.ALL[summed_dtype(x.dtype)])


@primitive(_multiplied, name="prod")
def prod_over(xp: Any, x: Any, *, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The product over ``axis`` (canonical)."""
    return xp.multiply.reduce(x, axis=axis, keepdims=keepdims, dtype=summed_dtype(x.dtype.name))


def _prod_gradient(g: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    # Of each factor, the product of those before it times that of those after it: without a
    # division, so that it is right where factors are 0.
    rank = len(x.shape)
    order = (*(index for index in range(rank) if index not in axis), *axis)
    moved = transpose(x, order)
    lead = tuple(moved.shape[: rank - len(axis)])
    flat = reshape(moved, (*lead, count_of(x, axis)))
    one = ones((*lead, 1), x.dtype)
    others: Any = 1
    for reverse in (False, True):
        so_far = cumprod_along(flat, axis=len(lead), reverse=reverse)
        others = shifted(so_far, len(lead), reverse, one) * others
    back = tuple(sorted(range(rank), key=order.__getitem__))
    others = transpose(reshape(others, tuple(moved.shape)), back)
    return kept(g, x, axis, keepdims) * others


prod_over.defvjp(x=_prod_gradient)


@operation
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """The product over ``axis`` (an int, several, or all axes); 1 for nothing.

    Args:
        x: a tensor.
        axis: the axes to reduce.
        keepdims: whether they stay, with size 1.
        dtype: that of the result; by default that of ``x``, small integers being multiplied in 32
            bits.

    >>> int(ops.prod([[1, 2], [3, 4]]))
    24
    """
    x = convert_to_tensor(x, dtype)
    out = prod_over(x, axis=canonical_axes(axis, len(x.shape)), keepdims=bool(keepdims))
    return out if dtype is None else cast(out, dtype)


@operation
def cross(
    x1: Any,
    x2: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Any:
    """The cross product of vectors in space; of two vectors in the plane, its third component.

    Args:
        x1, x2: tensors whose vectors, of size 2 or 3, lie along an axis; their other axes broadcast
            together. A vector of size 2 has 0 as its third component.
        axisa, axisb: the axes with the vectors.
        axisc: the axis with the vectors of the result.
        axis: all three at once.

    >>> ops.cross([1, 0, 0], [0, 1, 0]).numpy()
    array([0, 0, 1], dtype=int32)

    Raises: ValueError for vectors of another size.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    (a1, a2, a3), (b1, b2, b3) = _components(x1, axisa, "x1"), _components(x2, axisb, "x2")
    third = a1 * b2 - a2 * b1
    if a3 is None and b3 is None:
        return third
    if a3 is None:
        first, second = a2 * b3, -(a1 * b3)
    elif b3 is None:
        first, second = -(a3 * b2), a3 * b1
    else:
        first, second = a2 * b3 - a3 * b2, a3 * b1 - a1 * b3
    return moveaxis(stack([first, second, third], axis=-1), -1, axisc)


def _components(x: Any, axis: int, name: str) -> list[Any]:
    x = convert_to_tensor(x)
    axis = canonical_axis(axis, len(x.shape))
    size = int(x.shape[axis])
    if size not in (2, 3):
        raise ValueError(
            f"The vectors of `{name}` must have size 2 or 3. Received: size {size} on axis {axis}."
        )
    x = moveaxis(x, axis, -1)
    shape, last = tuple(x.shape[:-1]), len(x.shape) - 1
    parts = [reshape(part_along(x, last, index, 1), shape) for index in range(size)]
    return [*parts, *[None] * (3 - size)]


@operation
def kron(x1: Any, x2: Any) -> Any:
    """The Kronecker product: ``x2`` once for each element of ``x1``, times that element, as blocks.

    Where the ranks differ, the smaller one gets axes of size 1 in front.

    >>> ops.kron([1, 10], [1, 2, 3]).numpy()
    array([ 1,  2,  3, 10, 20, 30], dtype=int32)
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    rank = max(len(x1.shape), len(x2.shape))
    outer = (1,) * (rank - len(x1.shape)) + tuple(x1.shape)
    inner = (1,) * (rank - len(x2.shape)) + tuple(x2.shape)
    x1 = reshape(x1, tuple(size for pair in zip(outer, [1] * rank, strict=True) for size in pair))
    x2 = reshape(x2, tuple(size for pair in zip([1] * rank, inner, strict=True) for size in pair))
    return reshape(x1 * x2, tuple(a * b for a, b in zip(outer, inner, strict=True)))
