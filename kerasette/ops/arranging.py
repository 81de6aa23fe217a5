"""Elements in another order, repeated, and surrounded by others."""

from typing import Any

import numpy as np

from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.rules import canonical_axes, canonical_axis
from kerasette.core.tensor import TensorBase
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange, ones_like
from kerasette.ops.cumulative import cumsum
from kerasette.ops.gathering import take_at
from kerasette.ops.joining import concatenate
from kerasette.ops.logic import where
from kerasette.ops.reductions import sum_over
from kerasette.ops.searching import searchsorted, size_of_values
from kerasette.ops.shaping import broadcast_to, expand_dims, ravel, reshape, swapaxes
from kerasette.ops.slicing import part_along, slice_of, unslice, whole

__all__ = ["flip", "fliplr", "flipud", "pad", "repeat", "roll", "rot90", "tile"]


@operation
def flip(x: Any, axis: Any = None) -> Any:
    """Elements in reverse order along ``axis`` (an int, several, or all axes).

    >>> ops.flip([1, 2, 3]).numpy()
    array([3, 2, 1], dtype=int32)
    """
    x = convert_to_tensor(x)
    parts = whole(x.shape)
    for index in canonical_axes(axis, len(x.shape)):
        size = parts[index][1]
        parts[index] = (max(size - 1, 0), size, -1)
    return slice_of(x, parts=tuple(parts))


@operation
def fliplr(x: Any) -> Any:
    """Elements in reverse order along the second axis.

    >>> ops.fliplr([[1, 2], [3, 4]]).numpy()
    array([[2, 1],
           [4, 3]], dtype=int32)
    """
    return flip(x, 1)


@operation
def flipud(x: Any) -> Any:
    """Elements in reverse order along the first axis.

    >>> ops.flipud([[1, 2], [3, 4]]).numpy()
    array([[3, 4],
           [1, 2]], dtype=int32)
    """
    return flip(x, 0)


@operation
def rot90(array: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """A turn by 90 degrees, ``k`` times, from the first towards the second of two axes.

    >>> ops.rot90([[1, 2], [3, 4]]).numpy()
    array([[2, 4],
           [1, 3]], dtype=int32)

    Raises: ValueError where ``axes`` are not two different axes.
    """
    x = convert_to_tensor(array)
    rank = len(x.shape)
    if len(axes) != 2:
        raise ValueError(f"`axes` must be two axes. Received: axes={axes}.")
    first, second = (canonical_axis(axis, rank, "axes") for axis in axes)
    if first == second:
        raise ValueError(f"`axes` must be two different axes. Received: axes={axes}.")
    turns = int(k) % 4
    if turns == 0:
        return x
    if turns == 2:
        return flip(x, (first, second))
    if turns == 1:
        return swapaxes(flip(x, second), first, second)
    return flip(swapaxes(x, first, second), second)


@operation
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """Elements moved along axes; what leaves at one end enters at the other.

    Args:
        x: a tensor.
        shift: how far, or one distance for each axis: ints or scalar tensors.
        axis: the axes; ``x`` is moved as if it were flat without them.

    >>> ops.roll([1, 2, 3, 4], 1).numpy()
    array([4, 1, 2, 3], dtype=int32)

    Raises: ValueError where ``shift`` and ``axis`` do not fit.
    """
    x = convert_to_tensor(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), tuple(x.shape))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    if len(shifts) == 1:
        shifts = tuple(shifts) * len(axes)
    if len(shifts) != len(axes):
        raise ValueError(
            f"`shift` and `axis` must have the same length. Received: shift={shift}, axis={axis}."
        )
    for distance, index in zip(shifts, axes, strict=True):
        x = _rolled(x, distance, canonical_axis(index, len(x.shape)))
    return x


def _rolled(x: Any, distance: Any, axis: int) -> Any:
    size = int(x.shape[axis])
    if isinstance(distance, TensorBase):
        return take_at(x, (arange(size) - cast(distance, "int32")) % max(size, 1), axis=axis)
    distance = int(distance) % size if size else 0
    if not distance:
        return x
    rest = size - distance
    return concatenate([part_along(x, axis, rest, distance), part_along(x, axis, 0, rest)], axis)


@operation
def tile(x: Any, repeats: Any) -> Any:
    """The whole tensor, several times along each axis.

    Args:
        x: a tensor.
        repeats: how often, along the last axes or all of them, and new ones in front.

    >>> ops.tile([1, 2], 2).numpy()
    array([1, 2, 1, 2], dtype=int32)
    """
    x = convert_to_tensor(x)
    counts = repeats if hasattr(repeats, "__len__") else (repeats,)
    rank = max(len(counts), len(x.shape))
    times = [1] * (rank - len(counts)) + [int(count) for count in counts]
    sizes = [1] * (rank - len(x.shape)) + list(x.shape)
    x = reshape(x, tuple(part for size in sizes for part in (1, size)))
    pairs = zip(times, sizes, strict=True)
    x = broadcast_to(x, tuple(part for pair in pairs for part in pair))
    return reshape(x, tuple(t * size for t, size in zip(times, sizes, strict=True)))


@operation
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element several times, one after the other.

    Args:
        x: a tensor.
        repeats: how often: an int for all, or one for each element along ``axis``.
        axis: the axis; ``x`` is flat without it.

    >>> ops.repeat([1, 2], 2).numpy()
    array([1, 1, 2, 2], dtype=int32)

    Raises: ValueError where the number of repeats does not fit; TraceError where they are values
    that are not known while a function is being compiled.
    """
    x = convert_to_tensor(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = canonical_axis(axis, len(x.shape))
    size = int(x.shape[axis])
    if not isinstance(repeats, TensorBase):
        times = np.asarray(repeats).reshape(-1)
        if times.size == 1:
            return _each(x, int(times[0]), axis)
        _check_repeats(times.size, size)
        indices = np.repeat(np.arange(size, dtype="int32"), times)
        return take_at(x, convert_to_tensor(indices), axis=axis)
    times = ravel(cast(repeats, "int32"))
    if times.shape[0] == 1:
        times = broadcast_to(times, (size,))
    _check_repeats(times.shape[0], size)
    total = size_of_values(
        "repeat", lambda: sum_over(times, axis=(0,), keepdims=False), "Give plain ints as repeats."
    )
    return take_at(x, _owners(times, total), axis=axis)


def _check_repeats(count: int, size: int) -> None:
    if count != size:
        raise ValueError(
            f"`repeats` must be one number, or one for each of {size} elements. Received: {count}."
        )


def _each(x: Any, times: int, axis: int) -> Any:
    shape = tuple(x.shape)
    wide = (*shape[: axis + 1], times, *shape[axis + 1 :])
    x = broadcast_to(expand_dims(x, axis + 1), wide)
    return reshape(x, (*shape[:axis], shape[axis] * times, *shape[axis + 1 :]))


def _owners(times: Any, total: int) -> Any:
    """The element that each place of the result comes from."""
    return searchsorted(cumsum(times), arange(total), "right")


@operation
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """More elements before and after those of each axis.

    Args:
        x: a tensor.
        pad_width: how many: an int for all sides, ``(before, after)`` for all axes, or a pair for
            each axis.
        mode: what they are: "constant"; "reflect" and "symmetric", mirrored without and with the
            outermost element; "edge", the outermost one; "wrap", those of the other end.
        constant_values: a number for the mode "constant"; 0 by default.

    >>> ops.pad([1, 2], (1, 2)).numpy()
    array([0, 1, 2, 0, 0], dtype=int32)

    Raises: ValueError for an unknown mode, widths that do not fit or are below 0, or a constant in
    another mode.
    """
    x = convert_to_tensor(x)
    widths = _widths(pad_width, len(x.shape))
    if mode != "constant":
        if constant_values is not None:
            raise ValueError(
                '`constant_values` is for the mode "constant" alone. '
                f"Received: mode={mode!r}, constant_values={constant_values}."
            )
        for axis, width in enumerate(widths):
            if width != (0, 0):
                x = _mirrored(x, axis, width, mode)
        return x
    if not any(before or after for before, after in widths):
        return x
    sizes = [int(size) for size in x.shape]
    pairs = list(zip(widths, sizes, strict=True))
    shape = tuple(before + size + after for (before, after), size in pairs)
    parts = tuple((before, size, 1) for (before, _), size in pairs)
    padded = unslice(x, shape=shape, parts=parts)
    if constant_values is None or (
        isinstance(constant_values, (int, float)) and constant_values == 0
    ):
        return padded
    inside = unslice(ones_like(x, "bool"), shape=shape, parts=parts)
    return where(inside, padded, cast(constant_values, x.dtype))


_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def _mirrored(x: Any, axis: int, width: tuple[int, int], mode: str) -> Any:
    if mode not in _MODES:
        raise ValueError(f"`mode` must be one of {_MODES}. Received: mode={mode!r}.")
    size = int(x.shape[axis])
    if not size:
        raise ValueError(f'The mode "{mode}" cannot pad axis {axis}, which is empty.')
    indices = np.pad(np.arange(size, dtype="int32"), width, mode)  # type: ignore[call-overload]
    return take_at(x, convert_to_tensor(indices), axis=axis)


def _widths(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, TensorBase):
        pad_width = np.asarray(pad_width)
    given = np.asarray(pad_width)
    try:
        pairs = np.broadcast_to(given, (rank, 2))
    except ValueError:
        pairs = np.asarray([])
    if pairs.shape != (rank, 2) or given.dtype.kind not in "iu" or (given < 0).any():
        raise ValueError(
            "`pad_width` must be an int, a pair of ints, or a pair for each of the "
            f"{rank} axes, none below 0. Received: pad_width={pad_width}."
        )
    return [(int(before), int(after)) for before, after in pairs]


operators.install(flip=flip)
