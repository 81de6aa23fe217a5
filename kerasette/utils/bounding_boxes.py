"""Boxes around things in images: formats, overlap, and what happens to them with the image.

A box is four numbers, in one of the formats ``xyxy`` (left, top, right, bottom), ``yxyx``, ``xywh``
(left, top, width, height), ``center_xywh``, ``center_yxhw``, or, as shares of the image's size,
``rel_xyxy``, ``rel_yxyx``, ``rel_xywh``, ``rel_center_xywh``. Boxes have shape ``(boxes, 4)`` or
``(batch, boxes, 4)``.
"""

import math
from typing import Any

from kerasette import ops
from kerasette.arrays import settings
from kerasette.errors import unknown_name

_FORMATS = (
    "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh",
    "rel_center_xywh",
)  # fmt: skip


def convert_format(
    boxes: Any,
    source: str,
    target: str,
    height: Any = None,
    width: Any = None,
    dtype: Any = "float32",
) -> Any:
    """Boxes in another format.

    Args:
        boxes: the boxes, or a dict that holds them as "boxes", which is changed.
        source: their format.
        target: the format wanted.
        height: the image's height; needed from or to a relative format.
        width: the image's width.
        dtype: of the result.

    >>> kerasette.utils.bounding_boxes.convert_format([[10.0, 20, 30, 60]], "xyxy", "xywh").numpy()
    array([[10., 20., 20., 40.]], dtype=float32)

    Raises: ValueError for an unknown format, a missing size, or boxes that are not four numbers.
    """
    if isinstance(boxes, dict):
        boxes["boxes"] = convert_format(boxes["boxes"], source, target, height, width, dtype)
        return boxes
    source, target = str(source).lower(), str(target).lower()
    for one in (source, target):
        if one not in _FORMATS:
            raise unknown_name("box format", one, _FORMATS)
    boxes = ops.cast(ops.convert_to_tensor(boxes), dtype)
    if not boxes.shape or boxes.shape[-1] != 4:
        raise ValueError(f"`boxes` must have a last axis of 4. Received: shape {boxes.shape}.")
    relative = source.startswith("rel_"), target.startswith("rel_")
    if any(relative) and (height is None or width is None):
        raise ValueError(
            f"From {source!r} to {target!r} needs the image's `height` and `width`. "
            f"Received: {height=}, {width=}."
        )
    if source == target:
        return boxes
    corners = _corners(boxes, source.removeprefix("rel_"))
    if relative[0] != relative[1]:
        size = ops.stack([ops.cast(s, dtype) for s in (width, height, width, height)])
        corners = corners * size if relative[0] else corners / size
    return _from_corners(corners, target.removeprefix("rel_"))


def _corners(boxes: Any, kind: str) -> Any:
    """Boxes as left, top, right, bottom."""
    a, b, c, d = _parts(boxes)
    if kind in ("yxyx", "center_yxhw"):
        a, b, c, d = b, a, d, c
    if kind == "xywh":
        c, d = a + c, b + d
    elif kind.startswith("center"):
        a, b, c, d = a - c / 2, b - d / 2, a + c / 2, b + d / 2
    return ops.concatenate([a, b, c, d], axis=-1)


def _from_corners(corners: Any, kind: str) -> Any:
    a, b, c, d = _parts(corners)
    if kind == "xywh":
        c, d = c - a, d - b
    elif kind.startswith("center"):
        width, height = c - a, d - b
        a, b, c, d = a + width / 2, b + height / 2, width, height
    if kind in ("yxyx", "center_yxhw"):
        a, b, c, d = b, a, d, c
    return ops.concatenate([a, b, c, d], axis=-1)


def _parts(boxes: Any) -> Any:
    return ops.split(boxes, 4, axis=-1)


def _only_corners(bounding_box_format: str, *others: str) -> None:
    if bounding_box_format not in ("xyxy", *others):
        raise NotImplementedError(
            f"Only the formats {('xyxy', *others)} are taken here: use convert_format() first. "
            f"Received: {bounding_box_format!r}."
        )


def clip_to_image_size(
    bounding_boxes: dict[str, Any],
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> dict[str, Any]:
    """Boxes cut at the image's edges; what has no area left gets the label -1.

    Args:
        bounding_boxes: a dict with "boxes" and maybe "labels" ``(boxes,)`` or ``(batch, boxes)``.
        height: the image's height, for "xyxy".
        width: the image's width, for "xyxy".
        bounding_box_format: "xyxy" or "rel_xyxy".

    Returns: a new dict.
    """
    _only_corners(bounding_box_format, "rel_xyxy")
    if bounding_box_format == "rel_xyxy":
        height = width = 1.0
    elif height is None or width is None:
        raise ValueError('`height` and `width` are needed for the format "xyxy".')
    boxes = _cut(ops.convert_to_tensor(bounding_boxes["boxes"]), height, width)
    result = bounding_boxes | {"boxes": boxes}
    if bounding_boxes.get("labels") is not None:
        labels = ops.convert_to_tensor(bounding_boxes["labels"])
        result["labels"] = ops.where(_area(boxes) > 0, labels, -1)
    return result


def _cut(boxes: Any, height: Any, width: Any) -> Any:
    a, b, c, d = _parts(boxes)
    x = [ops.clip(part, 0, width) for part in (a, c)]
    y = [ops.clip(part, 0, height) for part in (b, d)]
    return ops.concatenate([x[0], y[0], x[1], y[1]], axis=-1)


def _area(corners: Any) -> Any:
    return (corners[..., 2] - corners[..., 0]) * (corners[..., 3] - corners[..., 1])


def crop(
    boxes: Any, top: Any, left: Any, height: Any, width: Any, bounding_box_format: str = "xyxy"
) -> Any:
    """Boxes as they are in a part of the image, cut at its edges.

    Args:
        boxes: boxes ``xyxy``.
        top: where the part begins.
        left: where the part begins.
        height: the part's height.
        width: the part's width.
        bounding_box_format: only "xyxy".
    """
    return _cut(pad(boxes, -top, -left, bounding_box_format=bounding_box_format), height, width)


def pad(
    boxes: Any,
    top: Any,
    left: Any,
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """Boxes as they are in an image that was padded by ``top`` rows and ``left`` columns.

    Args:
        boxes: boxes ``xyxy``.
        top: rows put above.
        left: columns put to the left.
        height: without a meaning here, as in Keras.
        width: without a meaning here, as in Keras.
        bounding_box_format: only "xyxy".
    """
    _only_corners(bounding_box_format)
    a, b, c, d = _parts(ops.convert_to_tensor(boxes))
    return ops.concatenate([a + left, b + top, c + left, d + top], axis=-1)


def affine_transform(
    boxes: Any,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: Any,
    width: Any,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The boxes around boxes that were turned, moved, scaled and sheared with the image.

    Args:
        boxes: boxes ``xyxy``, ``(batch, boxes, 4)``.
        angle: in degrees ``(batch,)``.
        translate_x: as a share of the width ``(batch,)``.
        translate_y: as a share of the height ``(batch,)``.
        scale: a factor ``(batch,)``.
        shear_x: in degrees ``(batch,)``.
        shear_y: in degrees ``(batch,)``.
        height: the image's height.
        width: the image's width.
        center_x: what stays in place, as a share of the width; the middle by default.
        center_y: the same of the height.
        bounding_box_format: only "xyxy".
    """
    _only_corners(bounding_box_format)
    turn, lean_x, lean_y = (
        ops.convert_to_tensor(x) * (-math.pi / 180) for x in (angle, shear_x, shear_y)
    )
    x = (0.5 if center_x is None else center_x) * (width - 1)
    y = (0.5 if center_y is None else center_y) * (height - 1)
    a = ops.cos(turn - lean_y) / ops.cos(lean_y)
    c = -ops.sin(turn - lean_y) / ops.cos(lean_y)
    b = a * ops.tan(lean_x) + ops.sin(turn)
    d = ops.cos(turn) - c * ops.tan(lean_x)
    rows = [d * scale, -b * scale], [-c * scale, a * scale]
    from_x, from_y = x - translate_x * (width - 1), y - translate_y * (height - 1)
    found = []
    left, top, right, bottom = (part[..., 0] for part in _parts(ops.cast(boxes, a.dtype)))
    for (along_x, along_y), center in zip(rows, (x, y), strict=True):
        offset = center - along_x * from_x - along_y * from_y
        points = [
            along_x[:, None] * px + along_y[:, None] * py + offset[:, None]
            for px in (left, right)
            for py in (top, bottom)
        ]
        found.append(ops.stack(points, axis=-1))
    low = [ops.min(points, axis=-1) for points in found]
    high = [ops.max(points, axis=-1) for points in found]
    return ops.stack([*low, *high], axis=-1)


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Any = None,
) -> Any:
    """How much boxes overlap, each with each: their common area over the area of both together.

    Args:
        boxes1: boxes ``(n, 4)`` or ``(batch, n, 4)``.
        boxes2: boxes ``(m, 4)`` or ``(batch, m, 4)``.
        bounding_box_format: the format of both.
        use_masking: whether boxes of negative numbers count as none.
        mask_val: what stands for those.
        image_shape: ``(height, width, channels)``, for relative formats.

    Returns: ``(n, m)`` or ``(batch, n, m)``, from 0 to 1.

    >>> one, two = [[0.0, 0, 2, 2]], [[1.0, 0, 3, 2]]
    >>> round(float(kerasette.utils.bounding_boxes.compute_iou(one, two, "xyxy")[0, 0]), 3)
    0.333
    """
    first, second = (_in_pixels(b, bounding_box_format, image_shape) for b in (boxes1, boxes2))
    for name, boxes in (("boxes1", first), ("boxes2", second)):
        if len(boxes.shape) not in (2, 3):
            raise ValueError(
                f"`{name}` must be (boxes, 4) or (batch, boxes, 4). Received: {boxes.shape}."
            )
    a, b = ops.expand_dims(first, -2), ops.expand_dims(second, -3)
    common = _common_area(a, b)
    found = common / (_area(a) + _area(b) - common + settings.epsilon())
    if not use_masking:
        return found
    empty = ops.logical_or(ops.max(a, axis=-1) < 0, ops.max(b, axis=-1) < 0)
    return ops.where(empty, ops.cast(mask_val, found.dtype), found)


def _in_pixels(boxes: Any, bounding_box_format: str, image_shape: Any) -> Any:
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return convert_format(boxes, bounding_box_format, "xyxy", height, width)


def _common_area(a: Any, b: Any) -> Any:
    low = ops.maximum(a[..., :2], b[..., :2])
    high = ops.minimum(a[..., 2:], b[..., 2:])
    return ops.prod(ops.maximum(high - low, 0.0), axis=-1)


def compute_ciou(
    boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None
) -> Any:
    """The complete IoU of boxes, pair by pair: less where centres are apart, or shapes differ.

    Zheng et al., 2020, "Distance-IoU loss: faster and better learning for bounding box regression".

    Args:
        boxes1: boxes ``(..., 4)``.
        boxes2: boxes ``(..., 4)``.
        bounding_box_format: the format of both.
        image_shape: ``(height, width, channels)``, for relative formats.

    Returns: ``(...)``, at most 1.
    """
    epsilon = settings.epsilon()
    a, b = (_in_pixels(boxes, bounding_box_format, image_shape) for boxes in (boxes1, boxes2))
    width1, height1 = a[..., 2] - a[..., 0], a[..., 3] - a[..., 1] + epsilon
    width2, height2 = b[..., 2] - b[..., 0], b[..., 3] - b[..., 1] + epsilon
    common = _common_area(a, b)
    iou = common / (width1 * height1 + width2 * height2 - common + 2 * epsilon)
    around = ops.maximum(a[..., 2:], b[..., 2:]) - ops.minimum(a[..., :2], b[..., :2])
    apart = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2
    distance = ops.sum(apart**2, axis=-1) / (ops.sum(around**2, axis=-1) + epsilon)
    angles = ops.arctan(width2 / height2) - ops.arctan(width1 / height1)
    shape = (4 / math.pi**2) * angles**2
    weight = shape / (shape - iou + (1 + epsilon))
    return iou - distance - shape * weight


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """Boxes as they stand to anchors: centres' distances in anchor sizes, logarithms of sizes.

    Args:
        anchors: boxes ``(n, 4)``.
        boxes: boxes ``(n, 4)`` or ``(batch, n, 4)``.
        anchor_format: the format of ``anchors``.
        box_format: the format of ``boxes``.
        encoding_format: "center_yxhw" or "center_xywh": the order of the result.
        variance: four numbers that the result is divided by.
        image_shape: ``(height, width, channels)``, for relative formats.
    """
    _check_encoding(encoding_format)
    size = (None, None) if image_shape is None else image_shape[:2]
    anchors = convert_format(anchors, anchor_format, encoding_format, *size)
    boxes = convert_format(boxes, box_format, encoding_format, *size)
    anchor_sizes = ops.maximum(anchors[..., 2:], settings.epsilon())
    sizes = ops.maximum(boxes[..., 2:], settings.epsilon())
    deltas = ops.concatenate(
        [(boxes[..., :2] - anchors[..., :2]) / anchor_sizes, ops.log(sizes / anchor_sizes)],
        axis=-1,
    )
    return deltas if variance is None else deltas / _variance(variance)


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """The opposite of ``encode_box_to_deltas``.

    Args:
        anchors: boxes ``(n, 4)``, or a dict of them.
        boxes_delta: deltas ``(n, 4)`` or ``(batch, n, 4)``, or a dict of them.
        anchor_format: the format of ``anchors``.
        box_format: the format wanted.
        encoded_format: "center_yxhw" or "center_xywh": the order of the deltas.
        variance: four numbers that the deltas are multiplied by.
        image_shape: ``(height, width, channels)``, for relative formats.
    """
    _check_encoding(encoded_format)
    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        rest = (anchor_format, box_format, encoded_format, variance, image_shape)
        return {
            level: decode_deltas_to_boxes(one, boxes_delta[level], *rest)
            for level, one in anchors.items()
        }
    size = (None, None) if image_shape is None else image_shape[:2]
    anchors = convert_format(anchors, anchor_format, encoded_format, *size)
    deltas = ops.convert_to_tensor(boxes_delta)
    if variance is not None:
        deltas = deltas * _variance(variance)
    sizes = anchors[..., 2:]
    boxes = ops.concatenate(
        [deltas[..., :2] * sizes + anchors[..., :2], ops.exp(deltas[..., 2:]) * sizes], axis=-1
    )
    return convert_format(boxes, encoded_format, box_format, *size)


def _check_encoding(encoding_format: str) -> None:
    if encoding_format not in ("center_xywh", "center_yxhw"):
        raise ValueError(
            f'The encoding must be "center_xywh" or "center_yxhw". Received: {encoding_format!r}.'
        )


def _variance(variance: Any) -> Any:
    found = ops.convert_to_tensor(variance, "float32")
    if found.shape[-1:] != (4,):
        raise ValueError(f"`variance` must hold 4 numbers. Received: variance={variance}.")
    return found
