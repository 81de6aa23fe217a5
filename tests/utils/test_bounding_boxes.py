"""Boxes: formats there and back, overlap by counting pixels, and transformations by points."""

import numpy as np
import pytest

import kerasette as keras
from kerasette.utils import bounding_boxes as boxes

FORMATS = boxes._FORMATS
BOXES = np.array([[10, 20, 30, 60], [0, 0, 50, 40], [5.5, 1.25, 7.0, 9.0]], "float32")
HEIGHT, WIDTH = 100, 80


def test_formats():
    box = [[10.0, 20, 30, 60]]
    expected = {
        "xyxy": [10, 20, 30, 60], "yxyx": [20, 10, 60, 30], "xywh": [10, 20, 20, 40],
        "center_xywh": [20, 40, 20, 40], "center_yxhw": [40, 20, 40, 20],
        "rel_xyxy": [0.125, 0.2, 0.375, 0.6], "rel_yxyx": [0.2, 0.125, 0.6, 0.375],
        "rel_xywh": [0.125, 0.2, 0.25, 0.4], "rel_center_xywh": [0.25, 0.4, 0.25, 0.4],
    }  # fmt: skip
    for name, values in expected.items():
        found = boxes.convert_format(box, "xyxy", name.upper(), HEIGHT, WIDTH)
        np.testing.assert_allclose(found, [values], rtol=1e-6)
    held = {"boxes": BOXES, "labels": [1, 2, 3]}
    assert boxes.convert_format(held, "xyxy", "yxyx")["labels"] == [1, 2, 3]


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_there_and_back(source, target):
    size = {"height": HEIGHT, "width": WIDTH}
    start = boxes.convert_format(BOXES[None], "xyxy", source, **size)
    there = boxes.convert_format(start, source, target, **size)
    np.testing.assert_allclose(
        boxes.convert_format(there, target, source, **size), start, atol=1e-5
    )
    np.testing.assert_allclose(
        boxes.convert_format(there, target, "xyxy", **size), BOXES[None], atol=1e-4
    )


def test_formats_refused():
    with pytest.raises(ValueError, match="Unknown box format: 'xyxz'"):
        boxes.convert_format(BOXES, "xyxz", "xyxy")
    with pytest.raises(ValueError, match="`height` and `width`"):
        boxes.convert_format(BOXES, "xyxy", "rel_xyxy", height=3)
    with pytest.raises(ValueError, match="last axis of 4"):
        boxes.convert_format(BOXES[:, :3], "xyxy", "xywh")
    with pytest.raises(NotImplementedError, match="convert_format"):
        boxes.crop(BOXES, 0, 0, 1, 1, bounding_box_format="xywh")


def test_iou_by_counting_pixels():
    random = np.random.default_rng(0)
    low = random.integers(0, 12, (6, 2))
    some = np.concatenate([low, low + random.integers(1, 8, (6, 2))], axis=1)

    def mask(box):
        grid = np.zeros((24, 24), bool)
        grid[box[1] : box[3], box[0] : box[2]] = True
        return grid

    counted = [[(mask(a) & mask(b)).sum() / (mask(a) | mask(b)).sum() for b in some] for a in some]
    found = np.asarray(boxes.compute_iou(some, some, "xyxy"))
    np.testing.assert_allclose(found, counted, atol=1e-5)
    batched = boxes.compute_iou(np.stack([some, some]), some, "xyxy")
    np.testing.assert_allclose(batched[1], counted, atol=1e-5)
    relative = boxes.convert_format(some, "xyxy", "rel_xywh", 24, 24)
    again = boxes.compute_iou(relative, relative, "rel_xywh", image_shape=(24, 24, 3))
    np.testing.assert_allclose(again, counted, atol=1e-5)
    some = some.copy()
    some[0] = -1
    masked = np.asarray(boxes.compute_iou(some, some, "xyxy", use_masking=True, mask_val=-7))
    assert np.all(masked[0] == -7) and np.all(masked[:, 0] == -7) and np.all(masked[1:, 1:] >= 0)
    with pytest.raises(ValueError, match="`boxes1`"):
        boxes.compute_iou(some[0], some, "xyxy")


def test_ciou():
    same = np.asarray(boxes.compute_ciou(BOXES, BOXES, "xyxy"))
    np.testing.assert_allclose(same, 1.0, atol=1e-5)
    apart = boxes.compute_ciou([[0.0, 0, 2, 2]], [[6.0, 0, 8, 2]], "xyxy")
    assert float(apart[0]) == pytest.approx(-(6**2) / (8**2 + 2**2), rel=1e-5)
    wide = float(boxes.compute_ciou([[0.0, 0, 4, 2]], [[1.0, -1, 3, 3]], "xyxy")[0])
    iou = float(boxes.compute_iou([[0.0, 0, 4, 2]], [[1.0, -1, 3, 3]], "xyxy")[0, 0])
    assert wide < iou  # same centre, other shape


def test_clip():
    given = {
        "boxes": np.array([[-10.0, -20, 150, 60], [130, 5, 140, 9]]),
        "labels": np.array([3, 4]),
    }
    found = boxes.clip_to_image_size(given, height=50, width=120)
    assert np.asarray(found["boxes"]).tolist() == [[0, 0, 120, 50], [120, 5, 120, 9]]
    assert np.asarray(found["labels"]).tolist() == [3, -1] and given["labels"][1] == 4
    relative = boxes.clip_to_image_size(
        {"boxes": np.array([[-0.5, 0.25, 2.0, 0.5]])}, bounding_box_format="rel_xyxy"
    )
    assert np.asarray(relative["boxes"]).tolist() == [[0, 0.25, 1, 0.5]]
    with pytest.raises(ValueError, match="`height` and `width`"):
        boxes.clip_to_image_size(given)


def test_crop_and_pad():
    found = boxes.crop(np.array([[10.0, 20, 50, 60], [70, 80, 100, 120]]), 10, 20, 40, 30)
    assert np.asarray(found).tolist() == [[0, 10, 30, 40], [30, 40, 30, 40]]
    assert np.asarray(boxes.pad(BOXES[:1], 5, 7)).tolist() == [[17, 25, 37, 65]]


def moved(box, **how):
    given = {
        name: np.array([how.get(name, 1.0 if name == "scale" else 0.0)], "float32")
        for name in ("angle", "translate_x", "translate_y", "scale", "shear_x", "shear_y")
    }
    found = boxes.affine_transform(np.array([[box]], "float32"), **given, height=11, width=11)
    return np.asarray(found)[0, 0]


def test_affine():
    box = [2.0, 3, 6, 5]
    np.testing.assert_allclose(moved(box), box, atol=1e-5)
    quarter = moved(box, angle=90.0)
    width, height = quarter[2] - quarter[0], quarter[3] - quarter[1]
    np.testing.assert_allclose([width, height], [2, 4], atol=1e-5)
    np.testing.assert_allclose(moved(box, angle=180.0), [4, 5, 8, 7], atol=1e-5)
    np.testing.assert_allclose(
        moved(box, translate_x=0.1, translate_y=0.2), [3, 5, 7, 7], atol=1e-5
    )
    np.testing.assert_allclose(moved(box, scale=2.0), [-1, 1, 7, 5], atol=1e-5)


@pytest.mark.parametrize("encoding", ["center_yxhw", "center_xywh"])
@pytest.mark.parametrize("variance", [None, [0.1, 0.1, 0.2, 0.2]])
def test_deltas(encoding, variance):
    anchors = BOXES + np.array([1, -2, 3, 4], "float32")
    how = {"variance": variance, "image_shape": (HEIGHT, WIDTH, 3)}
    deltas = boxes.encode_box_to_deltas(anchors, BOXES, "xyxy", "xyxy", encoding, **how)
    back = boxes.decode_deltas_to_boxes(anchors, deltas, "xyxy", "rel_xyxy", encoding, **how)
    expected = boxes.convert_format(BOXES, "xyxy", "rel_xyxy", HEIGHT, WIDTH)
    np.testing.assert_allclose(back, expected, atol=1e-5)
    levels = boxes.decode_deltas_to_boxes(
        {1: anchors}, {1: deltas}, "xyxy", "rel_xyxy", encoding, **how
    )
    np.testing.assert_allclose(levels[1], expected, atol=1e-5)
    with pytest.raises(ValueError, match="encoding"):
        boxes.encode_box_to_deltas(anchors, BOXES, "xyxy", "xyxy", "xywh")
    with pytest.raises(ValueError, match="4 numbers"):
        boxes.encode_box_to_deltas(anchors, BOXES, "xyxy", "xyxy", variance=[1, 2])


def test_they_are_traced():
    compiled = keras.function(lambda a, b: boxes.compute_ciou(a, b, "xywh"))
    expected = boxes.compute_ciou(BOXES, BOXES[::-1].copy(), "xywh")
    np.testing.assert_allclose(compiled(BOXES, BOXES[::-1].copy()), expected, rtol=1e-6)
