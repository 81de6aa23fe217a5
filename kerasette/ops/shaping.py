"""Shapes: the same elements, arranged another way."""

import math
from typing import Any

from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast_shapes, canonical_axes, canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.conversion import convert_to_tensor

__all__ = [
    "broadcast_to", "expand_dims", "moveaxis", "ndim", "ravel", "reshape", "size", "squeeze",
    "swapaxes", "transpose",
]  # fmt: skip


def _to_shape(x: Spec, *, shape: tuple[int, ...]) -> Spec:
    if math.prod(x.shape) != math.prod(shape):
        raise ValueError(
            f"a value of shape {x.shape} has {math.prod(x.shape)} elements and cannot take "
            f"the shape {shape}, which has {math.prod(shape)}."
        )
    return Spec(shape, x.dtype)


@primitive(_to_shape, native=True, name="reshape")
def reshape_to(xp: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    """The same elements in row-major order in another shape: ``(...) -> shape``."""
    return x.reshape(shape)


reshape_to.defvjp(x=lambda g, x: reshape_to(g, shape=tuple(x.shape)))


@operation
def reshape(x: Any, newshape: Any) -> Any:
    """The same elements in row-major order in another shape; one size may be -1.

    >>> ops.reshape(ops.arange(6), (2, -1)).shape
    (2, 3)

    Raises: ValueError where the numbers of elements differ.
    """
    x = convert_to_tensor(x)
    sizes = newshape if isinstance(newshape, (tuple, list)) else (newshape,)
    sizes = tuple(-1 if size is None else int(size) for size in sizes)
    if sizes.count(-1) > 1:
        raise ValueError(f"Only one size may be -1. Received: newshape={newshape}.")
    if -1 in sizes:
        rest = math.prod(size for size in sizes if size != -1)
        known = math.prod(x.shape)
        if rest == 0 or known % rest:
            raise ValueError(
                f"A tensor of shape {tuple(x.shape)} does not go into newshape={newshape}: "
                f"{known} elements are no multiple of {rest}."
            )
        sizes = tuple(known // rest if size == -1 else size for size in sizes)
    return x if sizes == tuple(x.shape) else reshape_to(x, shape=sizes)


def _transposed(x: Spec, *, axes: tuple[int, ...]) -> Spec:
    return Spec(tuple(x.shape[axis] for axis in axes), x.dtype)


@primitive(_transposed, native=True, name="transpose")
def transpose_axes(xp: Any, x: Any, *, axes: tuple[int, ...]) -> Any:
    """Axes in another order."""
    return xp.transpose(x, axes)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


transpose_axes.defvjp(x=lambda g, axes: transpose_axes(g, axes=_inverse(axes)))


@operation
def transpose(x: Any, axes: Any = None) -> Any:
    """Axes in another order; reversed where ``axes`` is not given.

    >>> ops.transpose(ops.zeros((2, 3))).shape
    (3, 2)

    Raises: ValueError where ``axes`` is no order of all axes.
    """
    x = convert_to_tensor(x)
    rank = len(x.shape)
    order = tuple(reversed(range(rank))) if axes is None else tuple(axes)
    order = tuple(canonical_axis(axis, rank, "axes") for axis in order)
    if sorted(order) != list(range(rank)):
        raise ValueError(f"`axes` must name each of {rank} axes once. Received: axes={axes}.")
    return x if order == tuple(range(rank)) else transpose_axes(x, axes=order)


def _broadcasted(x: Spec, *, shape: tuple[int, ...]) -> Spec:
    if broadcast_shapes(x.shape, shape) != shape:
        raise ValueError(f"a value of shape {x.shape} does not broadcast to {shape}.")
    return Spec(shape, x.dtype)


@primitive(_broadcasted, native=True, name="broadcast_to")
def broadcast_shape(xp: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    """Repeated along new axes and axes of size 1: ``(...) -> shape``."""
    return xp.broadcast_to(x, shape)


broadcast_shape.defvjp(x=lambda g: g)  # the engine sums over what was broadcast


@operation
def broadcast_to(x: Any, shape: Any) -> Any:
    """``x`` repeated along new axes and axes of size 1 until it has ``shape``.

    >>> ops.broadcast_to([1, 2], (3, 2)).shape
    (3, 2)

    Raises: ValueError where the shapes do not broadcast.
    """
    x = convert_to_tensor(x)
    shape = tuple(int(size) for size in shape)
    return x if shape == tuple(x.shape) else broadcast_shape(x, shape=shape)


@operation
def expand_dims(x: Any, axis: Any) -> Any:
    """A new axis of size 1 at each position of ``axis`` (counted in the result).

    >>> ops.expand_dims(ops.zeros((2, 3)), 1).shape
    (2, 1, 3)
    """
    x = convert_to_tensor(x)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    rank = len(x.shape) + len(axes)
    found = canonical_axes(tuple(axes), rank)
    sizes = iter(x.shape)
    return reshape(x, tuple(1 if index in found else next(sizes) for index in range(rank)))


@operation
def squeeze(x: Any, axis: Any = None) -> Any:
    """Without the axes of size 1 (all of them, or those of ``axis``).

    >>> ops.squeeze(ops.zeros((1, 3, 1))).shape
    (3,)

    Raises: ValueError for an axis of another size.
    """
    x = convert_to_tensor(x)
    if axis is None:
        return reshape(x, tuple(size for size in x.shape if size != 1))
    axes = canonical_axes(axis, len(x.shape))
    for index in axes:
        if x.shape[index] != 1:
            raise ValueError(
                f"Only axes of size 1 can be squeezed. Received: axis={axis}, shape={x.shape}."
            )
    return reshape(x, tuple(size for index, size in enumerate(x.shape) if index not in axes))


@operation
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes in each other's place.

    >>> ops.swapaxes(ops.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    x = convert_to_tensor(x)
    rank = len(x.shape)
    first, second = canonical_axis(axis1, rank, "axis1"), canonical_axis(axis2, rank, "axis2")
    order = list(range(rank))
    order[first], order[second] = second, first
    return transpose(x, order)


@operation
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Some axes at other places; the others keep their order.

    Args:
        x: a tensor.
        source: an axis, or several.
        destination: where each of them goes.

    >>> ops.moveaxis(ops.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)

    Raises: ValueError where the two differ in length or name an axis twice.
    """
    x = convert_to_tensor(x)
    rank = len(x.shape)
    moved = source if isinstance(source, (tuple, list)) else (source,)
    to = destination if isinstance(destination, (tuple, list)) else (destination,)
    moved = [canonical_axis(axis, rank, "source") for axis in moved]
    to = [canonical_axis(axis, rank, "destination") for axis in to]
    if len(moved) != len(to) or len(set(moved)) != len(moved) or len(set(to)) != len(to):
        raise ValueError(
            "`source` and `destination` must name as many axes, each once. "
            f"Received: source={source}, destination={destination}."
        )
    order = [axis for axis in range(rank) if axis not in moved]
    for place, axis in sorted(zip(to, moved, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


@operation
def ravel(x: Any) -> Any:
    """All elements in row-major order, along one axis.

    >>> ops.ravel([[1, 2], [3, 4]]).numpy()
    array([1, 2, 3, 4], dtype=int32)
    """
    return reshape(x, (-1,))


def ndim(x: Any) -> int:
    """The number of axes: an int.

    >>> ops.ndim(ops.zeros((2, 3)))
    2
    """
    return len(convert_to_tensor(x).shape)


def size(x: Any) -> int | None:
    """The number of elements: an int; ``None`` where a size is not known.

    >>> ops.size(ops.zeros((2, 3)))
    6
    """
    shape = convert_to_tensor(x).shape
    return None if None in shape else math.prod(shape)


operators.install(
    reshape=reshape, squeeze=squeeze, broadcast_to=broadcast_to, expand_dims=expand_dims
)
