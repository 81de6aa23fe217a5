"""How convolution is computed on arrays, for NumPy and CuPy alike: windows as rows of matrices.

``correlate`` copies the window under each output into a row of a matrix and multiplies it by the
kernel; ``correlate_kernel`` multiplies the same rows by the output's gradient; the gradient of the
input is again a correlation, of the output's gradient with the mirrored kernel: one for each phase
of the strides; where it has few channels, the products are added up in place. The matrices are made
piece by piece, never for a whole batch.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasette.ops.sliding import Pairs, Sizes, blocks, offsets, padded, under, window_counts

__all__: list[str] = []

_THIN = 4  # a group with at most as many weights in each place is summed without matrices
_FEW = 4  # with at most as many channels, whole planes are moved faster than pixels


class Sliding(NamedTuple):
    """How windows slide."""

    strides: Sizes
    padding: Pairs
    dilation: Sizes
    groups: int


def correlate(xp: Any, x: Any, kernel: Any, how: Sliding) -> Any:
    """``(n, *spatial, c), (*window, c / groups, f) -> (n, *counts, f)``."""
    *window, depth, filters = kernel.shape
    counts = window_counts(x.shape[1:-1], tuple(window), *how[:3])
    out = xp.empty((x.shape[0], *counts, filters), x.dtype)
    if how.groups > 1:
        width = filters // how.groups
        if depth * width <= _THIN:
            _correlate_thin(xp, x, kernel, how, out)
        else:
            for group in range(how.groups):
                ours = x[..., group * depth : (group + 1) * depth]
                to = slice(group * width, (group + 1) * width)
                out[..., to] = correlate(xp, ours, kernel[..., to], how._replace(groups=1))
        return out
    weights = kernel.reshape(-1, filters)
    for images, rows, columns in _columns(xp, x, tuple(window), counts, how):
        part = out[images, rows]
        xp.matmul(columns, weights, out=part.reshape(-1, filters))
    return out


def correlate_kernel(xp: Any, x: Any, gradient: Any, window: Sizes, how: Sliding) -> Any:
    """The kernel's gradient: ``(n, *spatial, c), (n, *counts, f) -> (*window, c / groups, f)``."""
    counts, filters = gradient.shape[1:-1], gradient.shape[-1]
    depth, width = x.shape[-1] // how.groups, filters // how.groups
    if how.groups > 1:
        if depth * width <= _THIN:
            return _correlate_kernel_thin(xp, x, gradient, window, how)
        out = xp.empty((*window, depth, filters), x.dtype)
        for group in range(how.groups):
            ours = x[..., group * depth : (group + 1) * depth]
            to = slice(group * width, (group + 1) * width)
            alone = how._replace(groups=1)
            out[..., to] = correlate_kernel(xp, ours, gradient[..., to], window, alone)
        return out
    out = xp.zeros((math.prod(window) * depth, filters), x.dtype)
    for images, rows, columns in _columns(xp, x, window, counts, how):
        out += xp.matmul(columns.T, gradient[images, rows].reshape(-1, filters))
    return out.reshape(*window, depth, filters)


def correlate_input(xp: Any, gradient: Any, kernel: Any, sizes: Sizes, how: Sliding) -> Any:
    """The input's gradient: ``(n, *counts, f), (*window, c / groups, f) -> (n, *sizes, c)``."""
    *window, depth, filters = kernel.shape
    width = filters // how.groups
    if how.groups == 1 and depth <= _FEW and 2 * depth <= filters:
        return _spread(xp, gradient, kernel, sizes, how)
    swapped = kernel.reshape(*window, depth, how.groups, width)
    swapped = xp.moveaxis(swapped, -1, -3).swapaxes(-1, -2)  # (*window, width, groups, depth)
    swapped = swapped.reshape(*window, width, how.groups * depth)
    shape = (gradient.shape[0], *sizes, swapped.shape[-1])
    out = None
    for phase in offsets(how.strides):
        axes = [
            _phase(residue, stride, step, before, size, count, taps)
            for residue, stride, step, (before, _), size, count, taps in zip(
                phase,
                how.strides,
                how.dilation,
                how.padding,
                sizes,
                gradient.shape[1:-1],
                window,
                strict=True,
            )
        ]
        reached = [axis for axis in axes if axis is not None]
        if len(reached) < len(axes):
            continue  # no window touches these places
        taps, padding, dilation, places = zip(*reached, strict=True)
        ones = (1,) * len(sizes)
        part = correlate(xp, gradient, swapped[taps], Sliding(ones, padding, dilation, how.groups))
        if part.shape == shape:
            return part
        if out is None:
            out = xp.zeros(shape, gradient.dtype)
        out[(slice(None), *places)] = part
    return xp.zeros(shape, gradient.dtype) if out is None else out


def _spread(xp: Any, gradient: Any, kernel: Any, sizes: Sizes, how: Sliding) -> Any:
    """The input's gradient, added up window by window: less work where there are few channels."""
    *window, depth, filters = kernel.shape
    counts = gradient.shape[1:-1]
    weights = kernel.reshape(-1, filters)
    grown = tuple(size + sum(pair) for size, pair in zip(sizes, how.padding, strict=True))
    out = xp.zeros((gradient.shape[0], *grown, depth), gradient.dtype)
    row_bytes = math.prod(counts[1:]) * weights.shape[0] * gradient.itemsize
    for images, rows in blocks(gradient.shape[0], counts[0], row_bytes):
        part = gradient[images, rows]
        shares = xp.matmul(weights, part.reshape(-1, filters).T)
        shares = shares.reshape(*window, depth, *part.shape[:-1])
        for offset in offsets(tuple(window)):
            target = out[images][under(offset, counts, how.strides, how.dilation)][:, rows]
            for channel in range(depth):
                target[..., channel] += shares[offset][channel]
    return padded(xp, out, tuple((-before, -after) for before, after in how.padding))


def _phase(
    residue: int, stride: int, step: int, before: int, size: int, count: int, taps: int
) -> tuple[slice, tuple[int, int], int, slice] | None:
    """Along one axis, the places of the padded input that leave ``residue`` over the stride.

    The kernel's taps that touch them, mirrored; how the gradient is padded, and the dilation, to
    correlate it with these; and the places, in the input without padding.
    """
    touching = [tap for tap in range(taps) if (tap * step - residue) % stride == 0]
    first = -((residue - before) // stride)  # the first such place is not in the padding
    start = residue + first * stride - before
    amount = len(range(start, size, stride))
    if not touching or not amount:
        return None
    spacing = touching[1] - touching[0] if len(touching) > 1 else 1
    # Window number m - delay has its tap at place number m.
    least, most = ((tap * step - residue) // stride for tap in (touching[0], touching[-1]))
    padding = (most - first, first + amount - least - count)
    mirrored = slice(touching[-1], touching[0] - 1 if touching[0] else None, -spacing)
    dilation = spacing * step // stride if len(touching) > 1 else 1
    return mirrored, padding, dilation, slice(start, None, stride)


def _columns(
    xp: Any, x: Any, window: Sizes, counts: Sizes, how: Sliding
) -> Iterator[tuple[slice, slice, Any]]:
    """Which images and which rows of the output, and their windows as rows of a matrix."""
    rank, depth = len(counts), x.shape[-1]
    length = math.prod(window) * depth
    row_bytes = math.prod(counts[1:]) * length * x.itemsize
    images = None
    for part, rows in blocks(x.shape[0], counts[0], row_bytes):
        if part != images:
            images, view = part, _windows(xp, x[part], window, counts, how)
        piece = view[:, rows]
        if depth <= _FEW:
            order = (*range(rank + 1, 2 * rank + 2), *range(rank + 1))
            yield part, rows, piece.transpose(order).reshape(length, -1).T
        else:
            yield part, rows, piece.reshape(-1, length)


def _windows(xp: Any, x: Any, window: Sizes, counts: Sizes, how: Sliding) -> Any:
    """A view ``(n, *counts, *window, c)`` of the padded input."""
    x = padded(xp, x, how.padding)
    first, *inner, last = x.strides
    return xp.lib.stride_tricks.as_strided(
        x,
        (x.shape[0], *counts, *window, x.shape[-1]),
        (
            first,
            *(stride * width for stride, width in zip(inner, how.strides, strict=True)),
            *(stride * width for stride, width in zip(inner, how.dilation, strict=True)),
            last,
        ),
    )


def _correlate_thin(xp: Any, x: Any, kernel: Any, how: Sliding, out: Any) -> None:
    """Depthwise, and like it: products with one weight after the other, all groups at once."""
    *window, depth, filters = kernel.shape
    groups, width = how.groups, filters // how.groups
    weights = kernel.reshape(*window, depth, groups, width)
    counts = out.shape[1:-1]
    out = out.reshape(*out.shape[:-1], groups, width)
    for part, rows in blocks(x.shape[0], counts[0], 3 * _row_bytes(out)):
        source = padded(xp, x[part], how.padding)
        source = source.reshape(*source.shape[:-1], groups, depth)
        target = out[part, rows]
        target[...] = 0
        product = xp.empty(target.shape[:-1], x.dtype)
        for offset in offsets(tuple(window)):
            values = source[under(offset, counts, how.strides, how.dilation)][:, rows]
            for channel in range(depth):
                for place in range(width):
                    weight = weights[offset][channel, :, place]
                    xp.multiply(values[..., channel], weight, out=product)
                    target[..., place] += product


def _correlate_kernel_thin(xp: Any, x: Any, gradient: Any, window: Sizes, how: Sliding) -> Any:
    counts, filters = gradient.shape[1:-1], gradient.shape[-1]
    groups, depth, width = how.groups, x.shape[-1] // how.groups, filters // how.groups
    out = xp.zeros((*window, depth, groups, width), x.dtype)
    gradient = gradient.reshape(*gradient.shape[:-1], groups, width)
    axes = "nxyz"[: len(counts) + 1] + "c"
    subscripts = f"{axes},{axes}->c"
    for part, rows in blocks(x.shape[0], counts[0], 2 * _row_bytes(gradient)):
        source = padded(xp, x[part], how.padding)
        source = source.reshape(*source.shape[:-1], groups, depth)
        wanted = gradient[part, rows]
        for offset in offsets(window):
            values = source[under(offset, counts, how.strides, how.dilation)][:, rows]
            for channel in range(depth):
                for place in range(width):
                    out[offset][channel, :, place] += xp.einsum(
                        subscripts, values[..., channel], wanted[..., place]
                    )
    return out.reshape(*window, depth, filters)


def _row_bytes(x: Any) -> int:
    return math.prod(x.shape[2:]) * x.itemsize
