"""Images of another size: each new value is a weighted mean of old ones, axis by axis."""

import math
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.rules import canonical_axis
from kerasette.ops.activation import relu
from kerasette.ops.arithmetic import absolute, maximum
from kerasette.ops.arranging import pad
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange
from kerasette.ops.extremes import max as greatest
from kerasette.ops.extremes import min as least
from kerasette.ops.gathering import take
from kerasette.ops.linear import tensordot
from kerasette.ops.logic import logical_and, where
from kerasette.ops.pictures import batch_of, one_of
from kerasette.ops.reductions import sum
from kerasette.ops.rounding import clip, round, saturate_cast
from kerasette.ops.shaping import expand_dims, moveaxis
from kerasette.ops.trigonometry import sin

__all__ = ["resize", "scale_and_translate"]


def _triangle(distance: Any) -> Any:
    return relu(1 - distance)


def _cubic(distance: Any) -> Any:
    """Keys 1981, "Cubic convolution interpolation for digital image processing", a = -1/2."""
    near = ((distance * 1.5 - 2.5) * distance) * distance + 1
    far = ((distance * -0.5 + 2.5) * distance - 4) * distance + 2
    return where(distance >= 2, 0, where(distance >= 1, far, near))


def _lanczos(radius: int) -> Any:
    def kernel(distance: Any) -> Any:
        angle = distance * math.pi
        small = distance <= 1e-3
        wave = sin(angle) * sin(angle / radius) * radius / where(small, 1, angle * angle)
        return where(distance > radius, 0, where(small, 1, wave))

    return kernel


_KERNELS = {
    "linear": _triangle,
    "cubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
_METHODS = {
    "linear": "linear",
    "bilinear": "linear",
    "trilinear": "linear",
    "triangle": "linear",
    "cubic": "cubic",
    "bicubic": "cubic",
    "tricubic": "cubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def _weights(
    size: int, count: int, scale: Any, translation: Any, method: str, antialias: bool
) -> Any:
    """What each old place adds to each new one: ``(size, count)``.

    Places are the middles of pixels. New ones that lie outside the old ones get nothing.
    """
    shrink = 1 / scale
    # A kernel as wide as a new pixel, if that is larger than an old one, lets nothing fall through.
    width = maximum(shrink, 1) if antialias else 1
    place = (cast(arange(count), scale.dtype) + 0.5 - translation) * shrink - 0.5
    distance = absolute(place - expand_dims(cast(arange(size), scale.dtype), 1)) / width
    weights = _KERNELS[method](distance)
    total = sum(weights, axis=0, keepdims=True)
    enough = absolute(total) > 1e-4
    inside = logical_and(place >= -0.5, place <= size - 0.5)
    return where(logical_and(enough, inside), weights / where(enough, total, 1), 0)


def _resampled(x: Any, axis: int, weights: Any) -> Any:
    return moveaxis(tensordot(x, cast(weights, x.dtype), ((axis,), (0,))), -1, axis)


@operation
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Any:
    """Images scaled, then moved: what was at ``x`` is at ``x * scale + translation``.

    Args:
        images: any tensor.
        output_shape: the result's shape, as long as that of the images.
        scale, translation: ``(axes,)``, for each of ``spatial_dims``; places are counted in pixels,
            the middle of the first one being at 0.5.
        spatial_dims: the axes that are scaled.
        method: "linear" (also as "bilinear", "trilinear", "triangle"), "cubic" ("bicubic",
            "tricubic"), "lanczos3" or "lanczos5".
        antialias: whether, where images get smaller, all old pixels count.

    Outside the images is 0. Integers are rounded, and stay within those that the images have.

    >>> x = ops.reshape(ops.arange(4.0), (2, 2))
    >>> ops.image.scale_and_translate(x, (2, 4), [2.0], [0.0], (1,), "linear").numpy()
    array([[0.  , 0.25, 0.75, 1.  ],
           [2.  , 2.25, 2.75, 3.  ]], dtype=float32)

    Raises: ValueError for another method.
    """
    method = _METHODS[one_of("method", method, _METHODS)]
    x = convert_to_tensor(images)
    scale, translation = convert_to_tensor(scale), convert_to_tensor(translation)
    dtype = dtypes.floating(dtypes.result_type(scale.dtype, translation.dtype))
    scale, translation = cast(scale, dtype), cast(translation, dtype)
    out = x if dtypes.is_float(x.dtype) else cast(x, "float32")
    for index, axis in enumerate(spatial_dims):
        axis = canonical_axis(axis, len(x.shape), "spatial_dims")
        sizes = int(x.shape[axis]), int(output_shape[axis])
        weights = _weights(*sizes, scale[index], translation[index], method, antialias)
        out = _resampled(out, axis, weights)
    if dtypes.is_float(x.dtype):
        return out
    return cast(clip(round(out), cast(least(x), out.dtype), cast(greatest(x), out.dtype)), x.dtype)


def _areas(size: int, count: int) -> np.ndarray:
    """What part of each new pixel each old one covers: ``(size, count)``."""
    edge, old = np.arange(count) * (size / count), np.arange(size)[:, None]
    shared = np.minimum(edge + size / count, old + 1) - np.maximum(edge, old)
    return np.maximum(shared, 0) * (count / size)


def _to_aspect(size: int, other: int, target: int, other_target: int) -> int:
    """How long an axis is in the aspect ratio of the target, the other one being as it is."""
    return int(float(other * target) / other_target)


_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area")


@operation
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    """Images of another height and width.

    Args:
        images: an image or a batch of them.
        size: ``(height, width)``.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5" or "area".
        antialias: whether, where images get smaller, all old pixels count; not for "nearest".
        crop_to_aspect_ratio: whether the sides that are too long for the new aspect ratio are cut
            off first, evenly.
        pad_to_aspect_ratio: whether the sides that are too short for it are padded first, evenly.
        fill_mode: how; only "constant".
        fill_value: by what.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    Integers are rounded, and kept within their dtype.

    >>> ops.image.resize(ops.ones((2, 8, 8, 3)), (4, 6)).shape
    (2, 4, 6, 3)

    Raises: ValueError for unknown words, a size that is none, or images of other ranks.
    """
    one_of("interpolation", interpolation, _INTERPOLATIONS)
    one_of("fill_mode", fill_mode, ("constant",))
    if not isinstance(size, (tuple, list)) or len(size) != 2 or min(size) < 1:
        raise ValueError(f"`size` must be (height, width), both at least 1. Received: size={size}.")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "Only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` may be true."
        )
    x, back = batch_of("resize", images, data_format)
    dtype = x.dtype
    height, width = x.shape[1:3]
    fitting = _to_aspect(height, width, *size), _to_aspect(width, height, *reversed(size))
    if crop_to_aspect_ratio:
        down, across = (
            max(min(old, new), 1) for old, new in zip((height, width), fitting, strict=True)
        )
        top, left = (height - down) // 2, (width - across) // 2
        x = x[:, top : top + down, left : left + across]
    if pad_to_aspect_ratio:
        around = [
            (max(new - old, 0) // 2,) * 2 for old, new in zip((height, width), fitting, strict=True)
        ]
        x = pad(x, [(0, 0), *around, (0, 0)], constant_values=fill_value)
    for axis, count in enumerate(size, 1):
        x = _resized(x, axis, int(count), interpolation, antialias)
    if dtypes.is_int(dtype):
        x = round(x)
    return back(saturate_cast(x, dtype))


def _resized(x: Any, axis: int, count: int, interpolation: str, antialias: bool) -> Any:
    size = int(x.shape[axis])
    if interpolation == "nearest":
        places = (2 * arange(count) + 1) * size // (2 * count)
        return take(x, places, axis=axis)
    x = cast(x, dtypes.result_type(x.dtype, "float32"))
    if interpolation == "area":
        return _resampled(x, axis, _areas(size, count))
    scale = convert_to_tensor(count / size, x.dtype)
    method = _METHODS[interpolation]
    return _resampled(x, axis, _weights(size, count, scale, 0, method, antialias))
