"""Indexing with numpy's rules, and updates at scattered places."""

import math
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.spec import UnknownSize
from kerasette.core.tensor import TensorBase
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.gathering import add_at, combine_at, flat_places, put_at, take_at
from kerasette.ops.searching import nonzero
from kerasette.ops.shaping import broadcast_to, reshape, transpose
from kerasette.ops.slicing import slice_of

__all__ = ["get_item", "scatter", "scatter_update"]

_REDUCTIONS = (None, "add", "max", "min", "mul")


@operation
def get_item(x: Any, key: Any) -> Any:
    """``x[key]``, with numpy's rules.

    Args:
        x: a tensor.
        key: ints, slices with steps, ``None`` for a new axis, ``...``, and integer or bool tensors,
            arrays or lists, or a tuple of these. Bool ones give a result whose shape depends on
            their values: inside a compiled function they must be constants.

    >>> x = ops.reshape(ops.arange(6), (2, 3))
    >>> x[0, ::2].numpy()
    array([0, 2], dtype=int32)

    Raises: IndexError for too many indices or one out of bounds; TypeError for what is no index.
    """
    x = convert_to_tensor(x)
    entries = _expanded(key, len(x.shape))
    parts: list[tuple[int, int, int]] = []
    shape: list[int] = []  # after the slices, with new axes, without the axes of plain ints
    advanced: dict[int, Any] = {}  # by axis of that shape
    gap = 0  # how many arrays stand before `...`, which keeps them apart even if it is nothing
    mixed = any(_is_array(entry) for entry in entries)
    for entry in entries:
        if entry is None:
            shape.append(1)
            continue
        if entry is Ellipsis:
            gap = len(advanced)
            continue
        if _is_mask(entry):
            sizes = tuple(x.shape[len(parts) : len(parts) + len(entry.shape)])
            for index, size in zip(_places_of(entry, sizes), sizes, strict=True):
                parts.append((0, size, 1))
                advanced[len(shape)] = index
                shape.append(size)
            continue
        size = x.shape[len(parts)]
        if isinstance(entry, slice):
            parts.append(_bounds(entry, size))
            shape.append(parts[-1][1])
        elif _is_array(entry):
            parts.append((0, size, 1))
            advanced[len(shape)] = entry
            shape.append(size)
        else:
            parts.append((_place(entry, size, len(parts)), 1, 1))
            if mixed:  # beside arrays, an int is an array too: it says where their axes go
                advanced[len(shape)] = 0
                shape.append(1)
    if parts != [(0, size, 1) for size in x.shape]:
        x = slice_of(x, parts=tuple(parts))
    x = reshape(x, tuple(shape))
    return _gathered(x, advanced, 0 < gap < len(advanced)) if advanced else x


def _expanded(key: Any, rank: int) -> list[Any]:
    """The entries of a key, with what ``...`` stands for in front of it."""
    if isinstance(key, list) and any(k is None or isinstance(k, (slice, type(...))) for k in key):
        key = tuple(key)
    entries: list[Any] = []
    for entry in key if isinstance(key, tuple) else (key,):
        if isinstance(entry, (list, np.ndarray)) or hasattr(entry, "assign"):
            entry = _constant(entry)
        entries.append(entry)
    taken = sum(_axes_taken(entry) for entry in entries)
    gaps = [index for index, entry in enumerate(entries) if entry is Ellipsis]
    if len(gaps) > 1:
        raise IndexError("An index can have only one `...`.")
    if taken > rank:
        raise IndexError(
            f"There are too many indices: {taken} for a tensor of rank {rank}. Received: key={key}."
        )
    at = gaps[0] if gaps else len(entries)
    return [*entries[:at], *[slice(None)] * (rank - taken), *entries[at:]]


def _constant(entry: Any) -> Any:
    """A variable's value; a known mask as it is, so that its size is known; else a tensor."""
    if hasattr(entry, "assign"):
        return entry.value
    if isinstance(entry, list) and not entry:
        return convert_to_tensor(entry, "int32")
    if isinstance(entry, np.ndarray) and entry.dtype == np.bool_:
        return entry
    if isinstance(entry, list) and {type(leaf) for leaf in tree.flatten(entry)} == {bool}:
        return np.asarray(entry)
    return convert_to_tensor(entry)


def _is_array(entry: Any) -> bool:
    return isinstance(entry, (TensorBase, np.ndarray))


def _is_mask(entry: Any) -> bool:
    return _is_array(entry) and entry.dtype == "bool"


def _axes_taken(entry: Any) -> int:
    if entry is None or entry is Ellipsis:
        return 0
    return len(entry.shape) if _is_mask(entry) else 1


def _places_of(mask: Any, sizes: tuple[int, ...]) -> Any:
    """A mask as the indices of its true elements, which numpy's rules have in its place."""
    if not mask.shape:
        raise IndexError(
            "A bool tensor without dimensions cannot be an index. Use ops.where, or ops.cond."
        )
    if tuple(mask.shape) != sizes:
        raise IndexError(
            "A bool tensor that is an index must have the sizes of the axes that it indexes, "
            f"{sizes}. Received: shape {tuple(mask.shape)}."
        )
    if isinstance(mask, np.ndarray):
        return [convert_to_tensor(places.astype("int32")) for places in np.nonzero(mask)]
    return nonzero(mask)


def _bounds(entry: slice, size: int) -> tuple[int, int, int]:
    """Where a slice begins, its size and step."""
    if entry.step is not None and int(entry.step) == 0:
        raise ValueError("The step of a slice must not be 0.")
    start, stop, step = entry.indices(size)
    return start, len(range(start, stop, step)), step


def _place(entry: Any, size: int, axis: int) -> int:
    if isinstance(entry, (bool, np.bool_)) or not hasattr(entry, "__index__"):
        raise TypeError(
            "An index must be an int, a slice, None, `...`, or integers or bools in a tensor. "
            f"Received: {entry!r}."
        )
    place = entry.__index__()
    if not -size <= place < size:
        if isinstance(size, UnknownSize):  # large enough, perhaps, when the size is known
            return 0
        raise IndexError(f"Index {place} is out of bounds for axis {axis} of size {size}.")
    return place % size


def _gathered(x: Any, advanced: dict[int, Any], apart: bool) -> Any:
    """``x`` with arrays of indices on some of its axes.

    Their axes stand where they stood, or, where something comes between them, in front.
    """
    axes = list(advanced)
    sizes = tuple(int(x.shape[axis]) for axis in axes)
    rest = [axis for axis in range(len(x.shape)) if axis not in advanced]
    together = not apart and axes == list(range(axes[0], axes[0] + len(axes)))
    first = axes[0] if together else 0
    order = (*rest[:first], *axes, *rest[first:])
    indices = [_integers(index) for index in advanced.values()]
    x = transpose(x, order)
    if len(axes) > 1:
        shape = tuple(x.shape)
        x = reshape(x, (*shape[:first], math.prod(sizes), *shape[first + len(axes) :]))
        return take_at(x, flat_places(*indices, sizes=sizes), axis=first)
    return take_at(x, indices[0], axis=first)


def _integers(index: Any) -> Any:
    index = convert_to_tensor(index)
    if not dtypes.is_int(index.dtype):
        raise IndexError(
            f"A tensor that is an index must hold integers or bools. Received: {index.dtype}."
        )
    return index


def _columns(indices: Any, shape: Any, updates: Any) -> tuple[Any, Any, tuple[int, ...]]:
    """Flat places, flat updates and the sizes of the axes left whole, of a scatter."""
    indices = convert_to_tensor(indices)
    if not indices.shape or int(indices.shape[-1]) > len(shape):
        raise ValueError(
            f"`indices` must have the shape (..., n), with n up to {len(shape)}, the rank of what "
            f"it points into. Received: shape {tuple(indices.shape)}."
        )
    depth = int(indices.shape[-1])
    lead, rest = tuple(indices.shape[:-1]), tuple(shape[depth:])
    if not depth:
        raise ValueError("`indices` must have at least one column. Received: shape (..., 0).")
    columns = (get_item(indices, (..., column)) for column in range(depth))
    places = reshape(flat_places(*columns, sizes=tuple(shape[:depth])), (-1,))
    wanted = (*lead, *rest)
    own = tuple(updates.shape)
    if len(own) > len(wanted) or any(
        a not in (1, b) for a, b in zip(own[::-1], wanted[::-1], strict=False)
    ):
        raise ValueError(
            f"The values to scatter must have the shape {wanted}. Received: shape {own}."
        )
    updates = reshape(broadcast_to(updates, wanted), (int(places.shape[0]), *rest))
    return places, updates, rest


@operation
def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """Zeros of ``shape``, to which ``values`` are added at ``indices``.

    Args:
        indices: integers ``(..., n)``: each row points at an element of the first n axes.
        values: what is added there: ``(..., *shape[n:])``.
        shape: the result's sizes.

    >>> ops.scatter([[0], [2]], [1.0, 2.0], (3,)).numpy()
    array([1., 0., 2.], dtype=float32)

    Raises: ValueError where the shapes do not fit; IndexError for an index out of bounds.
    """
    shape = tuple(int(size) for size in shape)
    places, updates, rest = _columns(indices, shape, convert_to_tensor(values))
    return reshape(
        add_at(updates, places, axis=0, size=math.prod(shape[: len(shape) - len(rest)])), shape
    )


@operation
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """``inputs`` with ``updates`` put at ``indices``, or combined with what is there.

    Args:
        inputs: a tensor.
        indices: integers ``(..., n)``: each row points at an element of the first n axes.
        updates: the new values: ``(..., *inputs.shape[n:])``; they are cast.
        reduction: ``None`` to replace (of several for one place the last stays), "add", "max",
            "min" or "mul".

    >>> ops.scatter_update([1, 1, 1], [[0], [2]], [7, 8]).numpy()
    array([7, 1, 8], dtype=int32)

    Raises: ValueError where the shapes do not fit, or for an unknown reduction; IndexError for an
    index out of bounds.
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(f"`reduction` must be one of {_REDUCTIONS}. Received: {reduction!r}.")
    x = convert_to_tensor(inputs)
    shape = tuple(x.shape)
    places, updates, rest = _columns(indices, shape, cast(updates, x.dtype))
    rows = math.prod(shape[: len(shape) - len(rest)])
    if reduction == "add":
        return x + reshape(add_at(updates, places, axis=0, size=rows), shape)
    x = reshape(x, (rows, *rest))
    if reduction is None:
        return reshape(put_at(x, places, updates), shape)
    return reshape(combine_at(x, places, updates, reduction=reduction), shape)


operators.install(get_item=get_item)
