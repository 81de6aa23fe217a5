"""Colours: red, green and blue; grey; hue, saturation and value."""

from typing import Any

from kerasette.arrays import dtypes, settings
from kerasette.core.history import operation
from kerasette.ops.arithmetic import absolute, maximum, minimum
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.joining import stack, unstack
from kerasette.ops.logic import where
from kerasette.ops.rounding import clip
from kerasette.ops.shaping import expand_dims

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]

_SPACING = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "float64": 2**-52}  # of 1
_GREY = (0.2989, 0.587, 0.114)  # luma of ITU-R recommendation BT.601


def _colors(what: str, images: Any, data_format: str | None, counts: Any) -> tuple[Any, int]:
    """Images, checked, and their axis of channels."""
    x = convert_to_tensor(images)
    axis = -3 if settings.standardize_data_format(data_format) == "channels_first" else -1
    if len(x.shape) not in (3, 4) or x.shape[axis] not in counts:
        raise ValueError(
            f"{what} needs an image or a batch of them, with {' or '.join(map(str, counts))} "
            f"channels on axis {axis}. Received: shape {tuple(x.shape)}; check `data_format`, too."
        )
    return x, axis


def _floats(what: str, x: Any) -> Any:
    if not dtypes.is_float(x.dtype):
        raise ValueError(
            f"{what} needs floats from 0 to 1. Received: images of {x.dtype}; for bytes, cast them "
            "and divide by 255."
        )
    return x


@operation
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """How light images are: ``(..., height, width, 3) -> (..., height, width, 1)``.

    ``0.2989 * red + 0.587 * green + 0.114 * blue``, in the dtype of the images; grey ones stay.

    Args:
        images: an image or a batch of them, of 3 channels or 1.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> ops.image.rgb_to_grayscale(ops.ones((4, 4, 3))).shape
    (4, 4, 1)

    Raises: ValueError for other ranks or numbers of channels.
    """
    x, axis = _colors("rgb_to_grayscale", images, data_format, (3, 1))
    if x.shape[axis] == 1:
        return x
    parts = unstack(cast(x, dtypes.floating(x.dtype)), axis=axis)
    grey = sum(part * weight for part, weight in zip(parts, _GREY, strict=True))
    return expand_dims(cast(grey, x.dtype), axis)


@operation
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Any:
    """Red, green and blue as hue, saturation and value: ``(..., 3) -> (..., 3)``, all 0 to 1.

    Args:
        images: an image or a batch of them, of floats from 0 to 1.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> ops.image.rgb_to_hsv([[[0.0, 1.0, 0.0]]]).numpy()
    array([[[0.33333334, 1.        , 1.        ]]], dtype=float32)

    Raises: ValueError for other ranks, numbers of channels or dtypes.
    """
    x, axis = _colors("rgb_to_hsv", images, data_format, (3,))
    tiny = _SPACING[_floats("rgb_to_hsv", x).dtype]
    red, green, blue = unstack(where(absolute(x) < tiny, 0, x), axis=axis)
    value = maximum(maximum(red, green), blue)
    span = value - minimum(minimum(red, green), blue)
    colored = span > 0
    step = 1 / (6 * where(colored, span, 1))
    hue = where(
        value == red,
        step * (green - blue),
        where(value == green, step * (blue - red) + 1 / 3, step * (red - green) + 2 / 3),
    )
    hue = where(colored, hue, 0)
    hue = where(hue < 0, hue + 1, hue)
    saturation = where(value > 0, span / where(value > 0, value, 1), 0)
    return stack([hue, saturation, value], axis=axis)


@operation
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Any:
    """Hue, saturation and value as red, green and blue: ``(..., 3) -> (..., 3)``, all 0 to 1.

    Args:
        images: an image or a batch of them, of floats from 0 to 1; the hue goes round.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> ops.image.hsv_to_rgb([[[0.0, 1.0, 1.0]]]).numpy()
    array([[[1., 0., 0.]]], dtype=float32)

    Raises: ValueError for other ranks, numbers of channels or dtypes.
    """
    x, axis = _colors("hsv_to_rgb", images, data_format, (3,))
    hue, saturation, value = unstack(_floats("hsv_to_rgb", x), axis=axis)
    turn = (hue % 1) * 6
    pure = (absolute(turn - 3) - 1, 2 - absolute(turn - 2), 2 - absolute(turn - 4))
    parts = [value * (1 - saturation + saturation * clip(part, 0, 1)) for part in pure]
    return stack(parts, axis=axis)
