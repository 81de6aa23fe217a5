"""Indexing: slices, gathers, and the scatters that are their gradients."""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast_shapes, canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.shaping import reshape, transpose
from kerasette.ops.slicing import slice_of

__all__ = [
    "get_item", "scatter", "scatter_update", "take", "take_along_axis",
]  # fmt: skip

_slice = slice


def _gathered(x: Spec, *indices: Spec) -> Spec:
    lead = broadcast_shapes(*(i.shape for i in indices))
    return Spec((*lead, *x.shape[len(indices) :]), x.dtype)


@primitive(_gathered, native=True, name="gather")
def gather(xp: Any, x: Any, *indices: Any) -> Any:
    """Elements of the first axes at indices that broadcast together; the other axes whole."""
    return x[indices]


def _scattered(x: Spec, *indices: Spec, shape: tuple[int, ...]) -> Spec:
    return Spec(shape, x.dtype)


@primitive(_scattered, name="scatter_add")
def scatter_add(xp: Any, x: Any, *indices: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of ``shape`` to which ``x`` is added at indices of the first axes."""
    out = xp.zeros(shape, x.dtype)
    xp.add.at(out, indices, x)
    return out


def _gather_gradient(g: Any, inputs: Any) -> tuple[Any, ...]:
    x, *indices = inputs
    return (scatter_add(g, *indices, shape=tuple(x.shape)), *(None for _ in indices))


def _scatter_gradient(g: Any, inputs: Any) -> tuple[Any, ...]:
    _, *indices = inputs
    return (gather(g, *indices), *(None for _ in indices))


gather.defvjp_joint(_gather_gradient)
scatter_add.defvjp_joint(_scatter_gradient)


def _index_tensor(index: Any, size: int) -> Any:
    """Integer indices counted from the front."""
    index = convert_to_tensor(index)
    if not dtypes.is_int(index.dtype):
        index = cast(index, "int32")
    if index.dtype.startswith("uint"):
        return cast(index, "int64")
    where = operators.method("where")
    return where(operators.method("less")(index, 0), index + size, index)


@operation
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Slices of ``x`` at ``indices`` along ``axis`` (of the flat values without one).

    >>> ops.take([10, 20, 30], [2, 0]).numpy()
    array([30, 10], dtype=int32)
    """
    x = convert_to_tensor(x)
    if axis is None:
        x, axis = reshape(x, -1), 0
    rank = len(x.shape)
    axis = canonical_axis(axis, rank)
    index = _index_tensor(indices, x.shape[axis])
    if axis == 0:
        return gather(x, index)
    moved = transpose(x, (axis, *(i for i in range(rank) if i != axis)))
    out = gather(moved, index)
    count = len(index.shape)
    order = [*range(count, count + axis), *range(count), *range(count + axis, count + rank - 1)]
    return transpose(out, order)


@operation
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Any:
    """For each place, the value of ``x`` at the index that stands there, along ``axis``.

    >>> ops.take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1).numpy()
    array([[2],
           [3]], dtype=int32)
    """
    x, indices = convert_to_tensor(x), convert_to_tensor(indices)
    if axis is None:
        x, indices, axis = reshape(x, -1), reshape(indices, -1), 0
    rank = len(x.shape)
    axis = canonical_axis(axis, rank)
    grid = []
    for i in range(rank):
        if i == axis:
            grid.append(_index_tensor(indices, x.shape[axis]))
        elif x.shape[i] == 1 and indices.shape[i] != 1:
            grid.append(convert_to_tensor(np.zeros((1,) * rank, "int32")))
        else:
            shape = [1] * rank
            shape[i] = x.shape[i]
            grid.append(convert_to_tensor(np.arange(x.shape[i], dtype="int32").reshape(shape)))
    return gather(x, *grid)


@operation
def get_item(x: Any, key: Any) -> Any:
    """``x[key]``, with numpy's rules: ints, slices, ``None``, ``...``, index arrays.

    >>> ops.get_item([[1, 2], [3, 4]], (0, 1)).numpy()
    array(2, dtype=int32)
    """
    x = convert_to_tensor(x)
    parts = list(key) if isinstance(key, tuple) else [key]
    parts = [np.asarray(p) if isinstance(p, list) else p for p in parts]
    parts = _nonzero_masks(parts)
    consumed = sum(1 for p in parts if p is not None and p is not Ellipsis)
    rank = len(x.shape)
    if consumed > rank:
        raise IndexError(f"A tensor of shape {tuple(x.shape)} has too few axes for {key!r}.")
    if not any(p is Ellipsis for p in parts):
        parts.append(Ellipsis)
    at = next(i for i, p in enumerate(parts) if p is Ellipsis)
    parts[at : at + 1] = [_slice(None)] * (rank - consumed)
    return _indexed(x, parts)


def _nonzero_masks(parts: list[Any]) -> list[Any]:
    out: list[Any] = []
    for part in parts:
        if hasattr(part, "dtype") and str(part.dtype) == "bool" and len(part.shape):
            out.extend(np.nonzero(np.asarray(part)))
        else:
            out.append(part)
    return out


def _indexed(x: Any, parts: list[Any]) -> Any:
    """Slices first, as one static slice; then new axes; then the index arrays."""
    key: list[tuple[int, int, int]] = []
    shape: list[int] = []  # after the slice, with the ints dropped and the new axes in
    advanced: list[tuple[int, Any]] = []  # (axis in `shape`, index tensor)
    axis = 0
    for part in parts:
        if part is None:
            shape.append(1)
            continue
        size = x.shape[axis]
        if isinstance(part, _slice):
            start, stop, step = part.indices(size)
            count = len(range(start, stop, step))
            key.append((int(start), count, int(step)))
            shape.append(count)
        elif isinstance(part, (int, np.integer)) and not isinstance(part, bool):
            if not -size <= part < size:
                raise IndexError(f"Index {part} is out of bounds for axis {axis} of size {size}.")
            place = int(part) % size
            key.append((place, 1, 1))
        else:
            key.append((0, size, 1))
            advanced.append((len(shape), _index_tensor(part, size)))
            shape.append(size)
        axis += 1
    whole = tuple((0, size, 1) for size in x.shape)
    if tuple(key) != whole:
        x = slice_of(x, parts=tuple(key))
    x = reshape(x, tuple(shape))
    return _gathered_at(x, advanced) if advanced else x


def _gathered_at(x: Any, advanced: list[tuple[int, Any]]) -> Any:
    axes = [axis for axis, _ in advanced]
    rest = [i for i in range(len(x.shape)) if i not in axes]
    out = gather(transpose(x, (*axes, *rest)), *(index for _, index in advanced))
    count = len(broadcast_shapes(*(tuple(index.shape) for _, index in advanced)))
    together = axes == list(range(axes[0], axes[0] + len(axes)))
    before = axes[0] if together else 0  # apart from each other, they go first
    order = [*range(count, count + before), *range(count)]
    order += range(count + before, count + len(rest))
    return transpose(out, order)


def _put(x: Any, indices: list[Any], updates: Any) -> Any:
    """``x`` with other values at indices; of several for one place, one stays."""
    old = gather(x, *indices)
    return x + scatter_add(cast(updates, x.dtype) - old, *indices, shape=tuple(x.shape))


def _rows(indices: Any) -> list[Any]:
    """The columns of an index table ``(..., k)``."""
    indices = convert_to_tensor(indices)
    return [get_item(indices, (Ellipsis, i)) for i in range(indices.shape[-1])]


@operation
def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """Zeros of ``shape`` to which ``values`` are added at ``indices (..., k)``.

    >>> ops.scatter([[0], [2]], [1.0, 2.0], (3,)).numpy()
    array([1., 0., 2.], dtype=float32)
    """
    shape = tuple(int(size) for size in shape)
    return scatter_add(convert_to_tensor(values), *_rows(indices), shape=shape)


@operation
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """``inputs`` with ``updates`` at ``indices (..., k)``: set, or combined by ``reduction``.

    Args:
        reduction: ``None``, "add", "max", "min" or "mul".

    >>> ops.scatter_update(ops.zeros((3,)), [[1]], [7.0]).numpy()
    array([0., 7., 0.], dtype=float32)
    """
    x, updates = convert_to_tensor(inputs), convert_to_tensor(updates)
    rows = _rows(indices)
    if reduction is None:
        return _put(x, rows, updates)
    if reduction == "add":
        return x + scatter_add(cast(updates, x.dtype), *rows, shape=tuple(x.shape))
    combine = {"max": "maximum", "min": "minimum", "mul": "multiply"}.get(reduction)
    if combine is None:
        raise ValueError(
            '`reduction` must be None, "add", "max", "min" or "mul". '
            f"Received: reduction={reduction!r}."
        )
    return _put(x, rows, operators.method(combine)(gather(x, *rows), updates))


operators.install(get_item=get_item, take=take, gather=gather)
