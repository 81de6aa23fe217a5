"""Images made larger by a frame of zeros, or smaller by cutting off their sides."""

from typing import Any

from kerasette.core.history import operation
from kerasette.ops.arranging import pad
from kerasette.ops.pictures import batch_of

__all__ = ["crop_images", "pad_images"]


def _pair(
    names: tuple[str, str, str], values: tuple[Any, Any, Any], size: int, grows: bool
) -> tuple[int, int]:
    """The two widths on one axis, of two of: before, after, the size that is wanted."""
    received = ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
    if values.count(None) != 1:
        raise ValueError(f"Exactly two of {', '.join(names)} must be given. Received: {received}.")
    if any(value is not None and value < 0 for value in values):
        raise ValueError(f"{', '.join(names)} must be at least 0. Received: {received}.")
    before, after, wanted = values
    if wanted is not None:
        total = wanted - size if grows else size - wanted
        before = total - after if before is None else before
        after = total - before
    if before < 0 or after < 0 or (not grows and before + after > size):
        raise ValueError(
            f"Images of size {size} on this axis have no room for {received}."
            if not grows
            else f"Images of size {size} on this axis are too large for {received}."
        )
    return int(before), int(after)


@operation
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Images with a frame of zeros.

    Args:
        images: an image or a batch of them.
        top_padding, bottom_padding, target_height: rows above and below, and the height with them:
            two of the three.
        left_padding, right_padding, target_width: columns on both sides, and the width with them:
            two of the three.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> images = ops.ones((2, 4, 4, 3))
    >>> ops.image.pad_images(images, 1, 2, target_height=8, target_width=8).shape
    (2, 8, 8, 3)

    Raises: ValueError for arguments that contradict each other, or larger images.
    """
    x, back = batch_of("pad_images", images, data_format)
    rows = _pair(
        ("top_padding", "bottom_padding", "target_height"),
        (top_padding, bottom_padding, target_height),
        x.shape[1],
        grows=True,
    )
    columns = _pair(
        ("left_padding", "right_padding", "target_width"),
        (left_padding, right_padding, target_width),
        x.shape[2],
        grows=True,
    )
    return back(pad(x, [(0, 0), rows, columns, (0, 0)]))


@operation
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Images without their sides.

    Args:
        images: an image or a batch of them.
        top_cropping, bottom_cropping, target_height: rows that go, above and below, and the height
            that stays: two of the three.
        left_cropping, right_cropping, target_width: columns that go, and the width that stays: two
            of the three.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> images = ops.ones((2, 8, 8, 3))
    >>> ops.image.crop_images(images, 1, 2, target_height=4, target_width=4).shape
    (2, 4, 4, 3)

    Raises: ValueError for arguments that contradict each other, or smaller images.
    """
    x, back = batch_of("crop_images", images, data_format)
    top, bottom = _pair(
        ("top_cropping", "bottom_cropping", "target_height"),
        (top_cropping, bottom_cropping, target_height),
        x.shape[1],
        grows=False,
    )
    left, right = _pair(
        ("left_cropping", "right_cropping", "target_width"),
        (left_cropping, right_cropping, target_width),
        x.shape[2],
        grows=False,
    )
    return back(x[:, top : x.shape[1] - bottom, left : x.shape[2] - right])
