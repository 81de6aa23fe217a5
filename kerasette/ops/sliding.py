"""Windows that slide over the spatial axes of ``(batch, *spatial, channels)``: sizes, padding.

Convolution and pooling share it. A padding is a pair for each spatial axis, before and after; a
negative one crops.
"""

import itertools
import operator
from collections.abc import Iterator
from typing import Any

from kerasette.arrays import settings
from kerasette.ops.shaping import transpose

__all__: list[str] = []

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]

_BLOCK_BYTES = 1 << 20  # intermediate values stay in a processor's cache


def sizes_of(value: Any, rank: int, name: str, least: int = 1) -> Sizes:
    """An int, or one for each spatial axis, as a tuple.

    Raises: ValueError for another number of values, or for values below ``least``.
    """
    try:
        values = value if isinstance(value, (tuple, list)) else (value,) * rank
        sizes = tuple(operator.index(size) for size in values)
    except TypeError:
        sizes = ()
    if len(sizes) != rank or min(sizes) < least:
        raise ValueError(
            f"`{name}` must be an integer of at least {least}, or {rank} of them, one for each "
            f"spatial axis. Received: {name}={value}."
        )
    return sizes


def spatial_rank(what: str, inputs: Any, data_format: str | None) -> tuple[int, bool]:
    """How many spatial axes ``inputs`` has, and whether its channels come first.

    Raises: ValueError where it is no batch of signals, images or volumes.
    """
    first = settings.standardize_data_format(data_format) == "channels_first"
    rank = len(inputs.shape) - 2
    if not 1 <= rank <= 3:
        layout = "(batch, channels, *spatial)" if first else "(batch, *spatial, channels)"
        raise ValueError(
            f"{what} needs inputs {layout} with 1 to 3 spatial axes. "
            f"Received: inputs of shape {tuple(inputs.shape)}."
        )
    return rank, first


def channels_last(x: Any) -> Any:
    """``(batch, channels, *spatial)`` as ``(batch, *spatial, channels)``."""
    return transpose(x, (0, *range(2, len(x.shape)), 1))


def channels_first(x: Any) -> Any:
    """``(batch, *spatial, channels)`` as ``(batch, channels, *spatial)``."""
    return transpose(x, (0, len(x.shape) - 1, *range(1, len(x.shape) - 1)))


def padding_of(padding: Any, sizes: Sizes, window: Sizes, strides: Sizes, dilation: Sizes) -> Pairs:
    """The padding that "valid" or "same" stands for: with "same", there are as many windows as
    there are strides in the input, and of an odd amount the greater part comes after.

    Raises: ValueError for another word.
    """
    kind = padding.lower() if isinstance(padding, str) else padding
    if kind == "valid":
        return ((0, 0),) * len(sizes)
    if kind != "same":
        raise ValueError(f'`padding` must be "valid" or "same". Received: padding={padding!r}.')
    pairs = []
    for size, width, stride, step in zip(sizes, window, strides, dilation, strict=True):
        total = max(0, (-(-size // stride) - 1) * stride + (width - 1) * step + 1 - size)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def window_counts(
    sizes: Sizes, window: Sizes, strides: Sizes, padding: Pairs, dilation: Sizes
) -> Sizes:
    """How many windows fit along each axis.

    Raises: ValueError where along one none does.
    """
    counts = tuple(
        (size + sum(pair) - (width - 1) * step - 1) // stride + 1
        for size, width, stride, pair, step in zip(
            sizes, window, strides, padding, dilation, strict=True
        )
    )
    if min(counts) < 1:
        raise ValueError(
            "no window fits into the input: the output would be empty. Received: spatial sizes "
            f"{sizes}, windows of {window} with strides {strides}, dilation {dilation} and "
            f'padding {padding}; use smaller windows, larger inputs or padding="same".'
        )
    return counts


def padded(xp: Any, x: Any, padding: Pairs, fill: Any = 0) -> Any:
    """``x`` with its spatial axes padded by ``fill``; itself where there is no padding."""
    if not any(map(any, padding)):
        return x
    spatial = x.shape[1:-1]
    sizes = [before + size + after for size, (before, after) in zip(spatial, padding, strict=True)]
    out = xp.full((x.shape[0], *sizes, x.shape[-1]), fill, x.dtype)
    source, target = [slice(None)], [slice(None)]
    for size, (before, after) in zip(spatial, padding, strict=True):
        start = min(max(-before, 0), size)
        stop = max(size + min(after, 0), start)
        source.append(slice(start, stop))
        target.append(slice(start + before, stop + before))
    out[tuple(target)] = x[tuple(source)]
    return out


def offsets(window: Sizes) -> Iterator[Sizes]:
    """Every place within a window."""
    return itertools.product(*map(range, window))


def under(offset: Sizes, counts: Sizes, strides: Sizes, dilation: Sizes) -> tuple[slice, ...]:
    """Where in the padded input all windows have their element at ``offset``."""
    places = [slice(None)]
    for index, count, stride, step in zip(offset, counts, strides, dilation, strict=True):
        start = index * step
        places.append(slice(start, start + (count - 1) * stride + 1, stride))
    return tuple(places)


def blocks(batch: int, rows: int, row_bytes: int) -> Iterator[tuple[slice, slice]]:
    """The work cut into pieces small enough: several whole images, or some rows of one."""
    images = _BLOCK_BYTES // max(row_bytes * rows, 1)
    if images:
        for start in range(0, batch, images):
            yield slice(start, min(start + images, batch)), slice(0, rows)
        return
    some = max(_BLOCK_BYTES // row_bytes, 1)
    for image in range(batch):
        for start in range(0, rows, some):
            yield slice(image, image + 1), slice(start, min(start + some, rows))
