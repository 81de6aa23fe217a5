"""Pooling: the greatest value, or the mean, of each window."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING
from kerasette.core.spec import Spec
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.gathering import take
from kerasette.ops.linear import tensordot
from kerasette.ops.shaping import moveaxis
from kerasette.ops.sliding import (
    Pairs,
    Sizes,
    channels_first,
    channels_last,
    offsets,
    padded,
    padding_of,
    sizes_of,
    spatial_rank,
    under,
    window_counts,
)

__all__ = ["adaptive_average_pool", "adaptive_max_pool", "average_pool", "max_pool"]


def _pooled(x: Spec, *, window: Sizes, strides: Sizes, padding: Pairs) -> Spec:
    if dtypes.is_complex(x.dtype):
        raise ValueError(f"pooling needs real numbers. Received: dtype={x.dtype}.")
    counts = window_counts(x.shape[1:-1], window, strides, padding, (1,) * len(window))
    return Spec((x.shape[0], *counts, x.shape[-1]), x.dtype)


def _along(axis: int, index: int, count: int, stride: int) -> tuple[slice, ...]:
    """The elements number ``index`` of all windows, along one axis."""
    stop = index + (count - 1) * stride + 1
    return (slice(None),) * axis + (slice(index, stop, stride),)


def _least(xp: Any, dtype: Any) -> Any:
    if dtype.kind == "b":
        return False
    return xp.iinfo(dtype).min if dtype.kind in "iu" else -xp.inf


@primitive(_pooled, name="max_pool")
def pool_greatest(xp: Any, x: Any, *, window: Sizes, strides: Sizes, padding: Pairs) -> Any:
    """The greatest value of each window: ``(n, *spatial, c) -> (n, *counts, c)``."""
    x = padded(xp, x, padding, _least(xp, x.dtype))
    for axis in range(len(window), 0, -1):  # of each row in a window first, then of these
        width, stride = window[axis - 1], strides[axis - 1]
        count = (x.shape[axis] - width) // stride + 1
        out = x[_along(axis, 0, count, stride)].copy()
        for index in range(1, width):
            xp.maximum(out, x[_along(axis, index, count, stride)], out=out)
        x = out
    return x


def _places(
    xp: Any, x: Any, out: Any, window: Sizes, strides: Sizes
) -> Iterator[tuple[tuple[slice, ...], Any]]:
    """For each place in a window: which part of padded ``x`` is there under all windows, and where
    it is the greatest of its window; of equal ones, the first is.
    """
    free = xp.ones(out.shape, bool)
    for offset in offsets(window):
        part = under(offset, out.shape[1:-1], strides, (1,) * len(window))
        found = x[part] == out
        found &= free
        free ^= found
        yield part, found


def _cropped(x: Any, padding: Pairs) -> Any:
    inner = (
        slice(before, x.shape[1 + axis] - after) for axis, (before, after) in enumerate(padding)
    )
    return x[(slice(None), *inner)]


def _like_input(
    x: Spec, greatest: Spec, value: Spec, *, window: Sizes, strides: Sizes, padding: Pairs
) -> Spec:
    return x


@primitive(_like_input)
def max_pool_gradient(
    xp: Any, x: Any, greatest: Any, gradient: Any, *, window: Sizes, strides: Sizes, padding: Pairs
) -> Any:
    """Of ``max_pool``, the gradient: each window's goes to its first greatest value."""
    x = padded(xp, x, padding, _least(xp, x.dtype))
    result = xp.zeros(x.shape, gradient.dtype)
    # Bits times 0 or 1: faster than a choice, and an infinite gradient makes no NaN beside it.
    bits = gradient.view(f"u{gradient.itemsize}")
    for part, found in _places(xp, x, greatest, window, strides):
        result[part] += (found * bits).view(gradient.dtype)
    return _cropped(result, padding)


def _like_output(
    x: Spec, greatest: Spec, value: Spec, *, window: Sizes, strides: Sizes, padding: Pairs
) -> Spec:
    return greatest


@primitive(_like_output)
def max_pool_gather(
    xp: Any, x: Any, greatest: Any, value: Any, *, window: Sizes, strides: Sizes, padding: Pairs
) -> Any:
    """``value`` (like ``x``) where ``x`` is the first greatest of each window."""
    x = padded(xp, x, padding, _least(xp, x.dtype))
    value = padded(xp, value, padding)
    result = xp.zeros(greatest.shape, value.dtype)
    for part, found in _places(xp, x, greatest, window, strides):
        xp.copyto(result, value[part], where=found)
    return result


pool_greatest.defvjp(
    x=lambda g, x, out, window, strides, padding: max_pool_gradient(
        x, out, g, window=window, strides=strides, padding=padding
    )
)
# Which values are the greatest does not change with small changes of them.
max_pool_gradient.defvjp(
    gradient=lambda g, x, greatest, window, strides, padding: max_pool_gather(
        x, greatest, g, window=window, strides=strides, padding=padding
    )
)
max_pool_gather.defvjp(
    value=lambda g, x, greatest, window, strides, padding: max_pool_gradient(
        x, greatest, g, window=window, strides=strides, padding=padding
    )
)


def _occupied(xp: Any, sizes: Sizes, window: Sizes, strides: Sizes, padding: Pairs) -> Any:
    """How many values of each window are none of the padding: ``(*counts, 1)``, or a number."""
    if not any(map(any, padding)):
        return math.prod(window)
    counts = window_counts(sizes, window, strides, padding, (1,) * len(window))
    total = xp.ones((1,) * (len(sizes) + 1))
    for axis, (size, width, stride, (before, _)) in enumerate(
        zip(sizes, window, strides, padding, strict=True)
    ):
        start = xp.arange(counts[axis]) * stride - before
        inside = xp.minimum(start + width, size) - xp.maximum(start, 0)
        total = total * inside.reshape((-1,) + (1,) * (len(sizes) - axis))
    return total


@primitive(_pooled, FLOATING, name="average_pool")
def pool_mean(xp: Any, x: Any, *, window: Sizes, strides: Sizes, padding: Pairs) -> Any:
    """The mean of each window, padding left out: ``(n, *spatial, c) -> (n, *counts, c)``."""
    occupied = _occupied(xp, x.shape[1:-1], window, strides, padding)
    x = padded(xp, x, padding)
    for axis in range(len(window), 0, -1):
        width, stride = window[axis - 1], strides[axis - 1]
        count = (x.shape[axis] - width) // stride + 1
        out = x[_along(axis, 0, count, stride)].copy()
        for index in range(1, width):
            out += x[_along(axis, index, count, stride)]
        x = out
    x /= occupied
    return x


def _unpooled(
    gradient: Spec, *, sizes: Sizes, window: Sizes, strides: Sizes, padding: Pairs
) -> Spec:
    return Spec((gradient.shape[0], *sizes, gradient.shape[-1]), gradient.dtype)


@primitive(_unpooled, FLOATING)
def average_pool_gradient(
    xp: Any, gradient: Any, *, sizes: Sizes, window: Sizes, strides: Sizes, padding: Pairs
) -> Any:
    """Of ``average_pool``, the gradient for inputs whose spatial axes have ``sizes``."""
    occupied = _occupied(xp, sizes, window, strides, padding)
    x = gradient / xp.asarray(occupied, gradient.dtype)
    for axis, (size, pair) in enumerate(zip(sizes, padding, strict=True), 1):
        width, stride, count = window[axis - 1], strides[axis - 1], x.shape[axis]
        shape = list(x.shape)
        shape[axis] = size + sum(pair)
        out = xp.zeros(shape, x.dtype)
        for index in range(width):
            out[_along(axis, index, count, stride)] += x
        x = out
    return _cropped(x, padding)


pool_mean.defvjp(
    x=lambda g, x, window, strides, padding: average_pool_gradient(
        g, sizes=tuple(x.shape[1:-1]), window=window, strides=strides, padding=padding
    )
)
average_pool_gradient.defvjp(
    gradient=lambda g, window, strides, padding: pool_mean(
        g, window=window, strides=strides, padding=padding
    )
)


def _pool(
    what: str,
    pool: Any,
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str,
    data_format: str | None,
) -> Any:
    x = convert_to_tensor(inputs)
    rank, first = spatial_rank(what, x, data_format)
    window = sizes_of(pool_size, rank, "pool_size")
    steps = window if strides is None else sizes_of(strides, rank, "strides")
    x = channels_last(x) if first else x
    pairs = padding_of(padding, tuple(x.shape[1:-1]), window, steps, (1,) * rank)
    out = pool(x, window=window, strides=steps, padding=pairs)
    return channels_first(out) if first else out


@operation
def max_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The greatest value of each window, over 1 to 3 spatial axes.

    Args:
        inputs: ``(batch, *spatial, channels)``; with "channels_first" ``(batch, channels,
            *spatial)``.
        pool_size: the window: an int, or one for each spatial axis.
        strides: how far it moves; by default its own size.
        padding: "valid" for none; "same" for as much as gives one output for each stride in the
            inputs. Padding is never the greatest.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    Of equal values, the first gets the gradient.

    >>> ops.max_pool(ops.reshape(ops.arange(16.0), (1, 4, 4, 1)), 2)[0, :, :, 0].numpy()
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)

    Raises: ValueError where shapes do not fit together, or the output would be empty.
    """
    return _pool("max_pool", pool_greatest, inputs, pool_size, strides, padding, data_format)


@operation
def average_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The mean of each window, over 1 to 3 spatial axes.

    Args:
        inputs: ``(batch, *spatial, channels)``; with "channels_first" ``(batch, channels,
            *spatial)``.
        pool_size: the window: an int, or one for each spatial axis.
        strides: how far it moves; by default its own size.
        padding: "valid" for none; "same" for as much as gives one output for each stride in the
            inputs. Padding is not counted in the mean.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> ops.average_pool(ops.reshape(ops.arange(16.0), (1, 4, 4, 1)), 2)[0, :, :, 0].numpy()
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)

    Raises: ValueError where shapes do not fit together, or the output would be empty.
    """
    return _pool("average_pool", pool_mean, inputs, pool_size, strides, padding, data_format)


def _parts(size: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and stops of ``count`` parts of equal length, as nearly as may be; they may overlap
    by one.
    """
    index = np.arange(count)
    return index * size // count, -(-(index + 1) * size // count)


def _adaptive_mean(x: Any, counts: Sizes) -> Any:
    for axis, count in enumerate(counts, 1):
        start, stop = _parts(x.shape[axis], count)
        place = np.arange(x.shape[axis])[:, None]
        weights = ((start <= place) & (place < stop)) / (stop - start)
        summed = tensordot(x, convert_to_tensor(weights, x.dtype), ((axis,), (0,)))
        x = moveaxis(summed, -1, axis)
    return x


def _adaptive_greatest(x: Any, counts: Sizes) -> Any:
    """The parts side by side, made equally long by their last value, are windows as others are."""
    window = []
    for axis, count in enumerate(counts, 1):
        start, stop = _parts(x.shape[axis], count)
        window.append(int((stop - start).max()))
        places = np.minimum(start[:, None] + np.arange(window[-1]), stop[:, None] - 1)
        x = take(x, places.reshape(-1), axis=axis)
    none = ((0, 0),) * len(counts)
    return pool_greatest(x, window=tuple(window), strides=tuple(window), padding=none)


def _adaptive(
    what: str, pool: Any, unequal: Any, inputs: Any, output_size: Any, data_format: str | None
) -> Any:
    x = convert_to_tensor(inputs)
    rank, first = spatial_rank(what, x, data_format)
    counts = sizes_of(output_size, rank, "output_size")
    x = channels_last(x) if first else x
    sizes = x.shape[1:-1]
    if all(size % count == 0 for size, count in zip(sizes, counts, strict=True)):
        window = tuple(size // count for size, count in zip(sizes, counts, strict=True))
        out = pool(x, window=window, strides=window, padding=((0, 0),) * rank)
    else:
        out = unequal(x, counts)
    return channels_first(out) if first else out


@operation
def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    """The means of as many windows as are wanted, over 1 to 3 spatial axes.

    Args:
        inputs: ``(batch, *spatial, channels)``; with "channels_first" ``(batch, channels,
            *spatial)``.
        output_size: how many along each spatial axis: an int, or one for each.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    Window number i of n along an axis goes from ``floor(i * size / n)`` to
    ``ceil((i + 1) * size / n)``.

    >>> ops.adaptive_average_pool(ops.ones((2, 7, 7, 3)), (2, 3)).shape
    (2, 2, 3, 3)
    """
    return _adaptive(
        "adaptive_average_pool", pool_mean, _adaptive_mean, inputs, output_size, data_format
    )


@operation
def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    """The greatest values of as many windows as are wanted, over 1 to 3 spatial axes.

    Args:
        inputs: ``(batch, *spatial, channels)``; with "channels_first" ``(batch, channels,
            *spatial)``.
        output_size: how many along each spatial axis: an int, or one for each.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    The windows are those of ``ops.adaptive_average_pool``.

    >>> ops.adaptive_max_pool(ops.ones((2, 7, 7, 3)), (2, 3)).shape
    (2, 2, 3, 3)
    """
    return _adaptive(
        "adaptive_max_pool", pool_greatest, _adaptive_greatest, inputs, output_size, data_format
    )
