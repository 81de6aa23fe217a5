"""Images cut into blocks and put together: patches, and blocks as channels."""

import math
from typing import Any

import numpy as np

from kerasette.arrays import settings
from kerasette.core.history import operation
from kerasette.ops.arranging import pad
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.gathering import add_at, take_at
from kerasette.ops.pictures import batch_of
from kerasette.ops.shaping import reshape, transpose
from kerasette.ops.sliding import Sizes, padding_of, sizes_of, window_counts

__all__ = [
    "depth_to_space", "extract_patches", "extract_patches_3d", "fold", "space_to_depth", "unfold",
]  # fmt: skip


def window_places(sizes: Sizes, window: Sizes, strides: Sizes, dilation: Sizes) -> np.ndarray:
    """The row-major places, in an image of these sizes, of each element of each window.

    Shape: ``(how many windows, elements of a window)``.
    """
    none = ((0, 0),) * len(sizes)
    counts = window_counts(sizes, window, strides, none, dilation)
    places = np.zeros((1, 1), np.int64)
    for size, width, stride, step, count in zip(
        sizes, window, strides, dilation, counts, strict=True
    ):
        along = np.arange(count)[:, None] * stride + np.arange(width) * step
        places = places[:, None, :, None] * size + along[None, :, None, :]
        places = places.reshape(places.shape[0] * count, -1)
    return places


def _image(what: str, x: Any) -> Any:
    x = convert_to_tensor(x)
    if len(x.shape) != 4:
        raise ValueError(
            f"{what} needs a batch of images, of 4 axes. Received: shape {tuple(x.shape)}."
        )
    return x


@operation
def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """The windows that slide over images, each as a column.

    Args:
        x: images ``(batch, channels, height, width)``.
        kernel_size: the window: an int or ``(height, width)``, as the following.
        dilation: the distance of neighbouring elements of a window.
        padding: how many zeros are put on both sides.
        stride: how far the window moves.

    Returns: ``(batch, channels * window elements, windows)``.

    >>> ops.unfold(ops.ones((1, 3, 4, 4)), 2).shape
    (1, 12, 9)

    Raises: ValueError where no window fits into the images.
    """
    x = _image("unfold", x)
    window, steps, strides = _window(kernel_size, dilation, stride)
    around = sizes_of(padding, 2, "padding", least=0)
    if any(around):
        x = pad(x, [(0, 0), (0, 0), *((width, width) for width in around)])
    batch, channels, height, width = x.shape
    places = window_places((height, width), window, strides, steps).T
    flat = reshape(x, (batch, channels, height * width))
    columns = (batch, channels * places.shape[0], places.shape[1])
    return reshape(take_at(flat, places, axis=2), columns)


def _window(kernel_size: Any, dilation: Any, stride: Any) -> tuple[Sizes, Sizes, Sizes]:
    return (
        sizes_of(kernel_size, 2, "kernel_size"),
        sizes_of(dilation, 2, "dilation"),
        sizes_of(stride, 2, "stride"),
    )


@operation
def fold(
    x: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    """Columns put back as windows of images, and added up where these overlap.

    Args:
        x: ``(batch, channels * window elements, windows)``, as ``ops.unfold`` gives them.
        output_size: the images': an int or ``(height, width)``.
        kernel_size, dilation, padding, stride: as for ``ops.unfold``.

    Returns: ``(batch, channels, height, width)``.

    >>> ops.fold(ops.ones((1, 12, 9)), 4, 2).shape
    (1, 3, 4, 4)

    Raises: ValueError where the columns do not fit the windows.
    """
    x = convert_to_tensor(x)
    window, steps, strides = _window(kernel_size, dilation, stride)
    around = sizes_of(padding, 2, "padding", least=0)
    sizes = sizes_of(output_size, 2, "output_size")
    height, width = (size + 2 * extra for size, extra in zip(sizes, around, strict=True))
    places = window_places((height, width), window, strides, steps).T
    if len(x.shape) != 3 or x.shape[2] != places.shape[1] or x.shape[1] % places.shape[0]:
        raise ValueError(
            f"fold needs x (batch, channels * {places.shape[0]}, {places.shape[1]}) for "
            f"output_size={output_size}, kernel_size={kernel_size}, dilation={dilation}, "
            f"padding={padding}, stride={stride}. Received: x of shape {tuple(x.shape)}."
        )
    batch, channels = x.shape[0], x.shape[1] // places.shape[0]
    columns = reshape(x, (batch, channels, *places.shape))
    out = add_at(columns, places, axis=2, size=height * width)
    out = reshape(out, (batch, channels, height, width))
    if not any(around):
        return out
    inner = (slice(extra, extra + size) for size, extra in zip(sizes, around, strict=True))
    return out[(slice(None), slice(None), *inner)]


def _is_first(data_format: str | None) -> bool:
    return settings.standardize_data_format(data_format) == "channels_first"


@operation
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Channels laid out as blocks: ``(batch, h, w, c * b * b) -> (batch, h * b, w * b, c)``.

    Args:
        x: images; with "channels_first" ``(batch, c * b * b, h, w)``.
        block_size: b, of at least 2.
        data_format: "channels_last" or "channels_first".

    >>> ops.depth_to_space(ops.ones((1, 2, 3, 12)), 2).shape
    (1, 4, 6, 3)

    Raises: ValueError where the channels do not divide into blocks.
    """
    x, first, block = _blocks("depth_to_space", x, block_size, data_format)
    channels = x.shape[1 if first else 3]
    if channels % block**2:
        raise ValueError(
            "depth_to_space: the channels must be a multiple of block_size squared. Received: "
            f"{channels} channels, block_size={block_size}."
        )
    depth = channels // block**2
    if first:
        batch, _, height, width = x.shape
        x = reshape(x, (batch, depth, block, block, height, width))
        x = transpose(x, (0, 1, 4, 2, 5, 3))
        return reshape(x, (batch, depth, height * block, width * block))
    batch, height, width, _ = x.shape
    x = transpose(reshape(x, (batch, height, width, block, block, depth)), (0, 1, 3, 2, 4, 5))
    return reshape(x, (batch, height * block, width * block, depth))


@operation
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Blocks stacked as channels: ``(batch, h * b, w * b, c) -> (batch, h, w, c * b * b)``.

    Args:
        x: images; with "channels_first" ``(batch, c, h * b, w * b)``.
        block_size: b, of at least 2.
        data_format: "channels_last" or "channels_first".

    >>> ops.space_to_depth(ops.ones((1, 4, 6, 3)), 2).shape
    (1, 2, 3, 12)

    Raises: ValueError where the images do not divide into blocks.
    """
    x, first, block = _blocks("space_to_depth", x, block_size, data_format)
    height, width = x.shape[2:] if first else x.shape[1:3]
    if height % block or width % block:
        raise ValueError(
            "space_to_depth: height and width must be multiples of block_size. Received: images "
            f"of shape {tuple(x.shape)}, block_size={block_size}."
        )
    down, right = height // block, width // block
    if first:
        batch, channels = x.shape[:2]
        x = reshape(x, (batch, channels, down, block, right, block))
        x = transpose(x, (0, 1, 3, 5, 2, 4))
        return reshape(x, (batch, channels * block**2, down, right))
    batch, channels = x.shape[0], x.shape[3]
    x = transpose(reshape(x, (batch, down, block, right, block, channels)), (0, 1, 3, 2, 4, 5))
    return reshape(x, (batch, down, right, channels * block**2))


def _blocks(what: str, x: Any, block_size: int, data_format: str) -> tuple[Any, bool, int]:
    if not isinstance(block_size, int) or block_size < 2:
        raise ValueError(
            f"{what}: `block_size` must be an integer of at least 2. "
            f"Received: block_size={block_size}."
        )
    return _image(what, x), _is_first(data_format), block_size


@operation
def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The windows that slide over images, each laid flat into channels.

    Args:
        images: an image or a batch of them; volumes where ``size`` has three numbers.
        size: the window: an int or ``(height, width)``; or ``(depth, height, width)``.
        strides: how far it moves; by default its own size.
        dilation_rate: the distance of neighbouring elements of a window.
        padding: "valid" for none; "same" for as many zeros as give one window for each stride.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    Returns: for each place of the window its elements, row by row, with their channels:
    ``(batch, *counts, elements * channels)``, channels where the images have them.

    >>> ops.image.extract_patches(ops.ones((2, 8, 8, 3)), 4).shape
    (2, 2, 2, 48)

    Raises: ValueError where shapes do not fit together, or no window fits.
    """
    if isinstance(size, (tuple, list)) and len(size) == 3:
        return extract_patches_3d(images, size, strides, dilation_rate, padding, data_format)
    return _patches(
        "extract_patches", 2, images, size, strides, dilation_rate, padding, data_format
    )


@operation
def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The windows that slide over volumes, each laid flat into channels.

    Args:
        volumes: a volume ``(depth, height, width, channels)`` or a batch of them; with
            "channels_first" the channels come before the depth.
        size: the window: an int or ``(depth, height, width)``.
        strides, dilation_rate, padding, data_format: as for ``ops.image.extract_patches``.

    Returns: ``(batch, *counts, elements * channels)``, channels where the volumes have them.

    >>> ops.image.extract_patches_3d(ops.ones((2, 4, 4, 4, 3)), 2).shape
    (2, 2, 2, 2, 24)

    Raises: ValueError where shapes do not fit together, or no window fits.
    """
    return _patches(
        "extract_patches_3d", 3, volumes, size, strides, dilation_rate, padding, data_format
    )


def _patches(
    what: str,
    rank: int,
    images: Any,
    size: Any,
    strides: Any,
    dilation_rate: Any,
    padding: str,
    data_format: str | None,
) -> Any:
    x, back = batch_of(what, images, data_format, rank)
    window = sizes_of(size, rank, "size")
    steps = sizes_of(strides, rank, "strides") if strides else window
    dilation = sizes_of(dilation_rate, rank, "dilation_rate")
    around = padding_of(padding, tuple(x.shape[1:-1]), window, steps, dilation)
    if any(map(any, around)):
        x = pad(x, [(0, 0), *around, (0, 0)])
    batch, *sizes, channels = x.shape
    counts = window_counts(tuple(sizes), window, steps, ((0, 0),) * rank, dilation)
    places = window_places(tuple(sizes), window, steps, dilation)
    found = take_at(reshape(x, (batch, math.prod(sizes), channels)), places, axis=1)
    return back(reshape(found, (batch, *counts, places.shape[1] * channels)))
