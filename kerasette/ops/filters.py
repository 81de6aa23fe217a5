"""Filters of images: blur, edges, and the likeness of blurred images."""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes, settings
from kerasette.core.history import operation
from kerasette.ops.arithmetic import square
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.convolution import depthwise_conv
from kerasette.ops.creation import arange
from kerasette.ops.exponential import exp
from kerasette.ops.joining import stack
from kerasette.ops.pictures import batch_of
from kerasette.ops.reductions import mean, sum
from kerasette.ops.shaping import broadcast_to, expand_dims, reshape, squeeze
from kerasette.ops.sliding import channels_first, channels_last, sizes_of

__all__ = ["gaussian_blur", "sobel_edges", "ssim"]


def bell(size: int, sigma: Any, dtype: str) -> Any:
    """The normal density at ``size`` places around its middle, with the sum 1: ``(size,)``."""
    place = cast(arange(size), dtype) - (size - 1) / 2
    weights = exp(square(place / cast(sigma, dtype)) * -0.5)
    return weights / sum(weights)


def blurred(x: Any, down: Any, across: Any, padding: str) -> Any:
    """A batch of images, each channel weighted along both axes: ``(batch, h, w, c)``.

    One axis after the other: that takes fewer multiplications than both at once.
    """
    channels = x.shape[3]
    for shape, weights in (((-1, 1, 1, 1), down), ((1, -1, 1, 1), across)):
        kernel = reshape(weights, shape)
        kernel = broadcast_to(kernel, (*kernel.shape[:2], channels, 1))
        x = depthwise_conv(x, kernel, padding=padding, data_format="channels_last")
    return x


@operation
def gaussian_blur(
    images: Any,
    kernel_size: Any = (3, 3),
    sigma: Any = (1.0, 1.0),
    data_format: str | None = None,
) -> Any:
    """Images blurred by a bell curve: ``(...) -> (...)``; outside them is 0.

    Args:
        images: an image or a batch of them, of floats.
        kernel_size: how many pixels are weighted, ``(across, down)``.
        sigma: the standard deviations in pixels, ``(across, down)``.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> ops.image.gaussian_blur(ops.ones((2, 8, 8, 3)), (5, 5)).shape
    (2, 8, 8, 3)
    """
    x, back = batch_of("gaussian_blur", images, data_format)
    wide, high = sizes_of(kernel_size, 2, "kernel_size")
    sigma = convert_to_tensor(sigma, dtypes.floating(x.dtype))
    down, across = bell(high, sigma[1], sigma.dtype), bell(wide, sigma[0], sigma.dtype)
    return back(cast(blurred(x, down, across, "same"), x.dtype))


_SOBEL = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])


@operation
def sobel_edges(images: Any, data_format: str | None = None) -> Any:
    """How fast images get lighter, downwards and to the right; outside them is 0.

    Args:
        images: ``(batch, height, width, channels)``; with "channels_first" ``(batch, channels,
            height, width)``.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    Returns: the shape of the images and an axis of 2: downwards, to the right.

    >>> ops.image.sobel_edges(ops.ones((1, 8, 8, 3))).shape
    (1, 8, 8, 3, 2)

    Raises: ValueError where it is no batch of images.
    """
    x = convert_to_tensor(images)
    if len(x.shape) != 4:
        raise ValueError(
            f"sobel_edges needs a batch of images, of 4 axes. Received: shape {tuple(x.shape)}."
        )
    first = settings.standardize_data_format(data_format) == "channels_first"
    x = channels_last(x) if first else x
    both = convert_to_tensor(np.stack([-_SOBEL, -_SOBEL.T], axis=-1), x.dtype)
    kernel = broadcast_to(expand_dims(both, 2), (3, 3, x.shape[3], 2))
    edges = depthwise_conv(x, kernel, padding="same", data_format="channels_last")
    parts = [edges[..., index::2] for index in range(2)]
    return stack([channels_first(part) if first else part for part in parts], axis=-1)


@operation
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Any:
    """The structural similarity of two images: up to 1, for equal ones.

    Args:
        image1, image2: images, or batches of them, of the same shape.
        max_val: the greatest value that a pixel may have.
        filter_size: how many pixels, down and across, are compared at a time.
        filter_sigma: the standard deviation of their weights, in pixels.
        k1, k2: how strongly small means and small deviations are held to be equal.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    Returns: a number for each pair of images: ``(batch,)``, or ``()`` for one pair.

    Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from error visibility to
    structural similarity".

    >>> x = ops.ones((2, 16, 16, 3))
    >>> ops.image.ssim(x, x).numpy()
    array([1., 1.], dtype=float32)

    Raises: ValueError where shapes differ, or images are smaller than the filter.
    """
    first, _ = batch_of("ssim", image1, data_format)
    second, _ = batch_of("ssim", image2, data_format)
    if tuple(first.shape) != tuple(second.shape):
        raise ValueError(
            "ssim: both images must have the same shape. Received: "
            f"{tuple(image1.shape)} and {tuple(image2.shape)}."
        )
    dtype = dtypes.floating(dtypes.result_type(first.dtype, second.dtype))
    first, second = cast(first, dtype), cast(second, dtype)
    weights = bell(int(filter_size), float(filter_sigma), dtype)

    def local(x: Any) -> Any:
        return blurred(x, weights, weights, "valid")

    mean1, mean2 = local(first), local(second)
    variance1 = local(square(first)) - square(mean1)
    variance2 = local(square(second)) - square(mean2)
    common = local(first * second) - mean1 * mean2
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    likeness = (mean1 * mean2 * 2 + c1) * (common * 2 + c2)
    likeness = likeness / ((square(mean1) + square(mean2) + c1) * (variance1 + variance2 + c2))
    found = mean(likeness, axis=(1, 2, 3))
    return squeeze(found, 0) if len(image1.shape) == 3 else found
