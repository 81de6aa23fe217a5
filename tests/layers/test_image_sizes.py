"""Resizing and CenterCrop: sizes, dtypes, aspect ratio, dicts of images and masks."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import layers, ops

IMAGES = np.random.default_rng(0).uniform(size=(2, 8, 6, 3)).astype("float32")
MADE = [
    lambda **kw: layers.Resizing(4, 5, **kw),
    lambda **kw: layers.Resizing(10, 10, "nearest", crop_to_aspect_ratio=True, **kw),
    lambda **kw: layers.Resizing(9, 12, pad_to_aspect_ratio=True, fill_value=0.5, **kw),
    lambda **kw: layers.CenterCrop(4, 3, **kw),
    lambda **kw: layers.CenterCrop(12, 4, **kw),
]


@pytest.mark.parametrize("make", MADE)
def test_sizes_layouts_traces_and_configs(make):
    layer = make()
    size = (layer.height, layer.width)
    found = np.asarray(layer(IMAGES))
    assert found.shape == (2, *size, 3)
    np.testing.assert_allclose(layer(IMAGES[0]), found[0], atol=1e-6)
    np.testing.assert_allclose(keras.function(layer)(ops.array(IMAGES)), found, atol=1e-6)
    assert layer(keras.Input((None, None, 3))).shape == (None, *size, 3)
    first = make(data_format="channels_first")(IMAGES.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(first, found.transpose(0, 3, 1, 2), atol=1e-6)
    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(again(IMAGES), found)


def test_values():
    np.testing.assert_array_equal(layers.CenterCrop(4, 3)(IMAGES), IMAGES[:, 2:6, 1:4])
    halved = IMAGES.reshape(2, 4, 2, 3, 2, 3).mean((2, 4))
    np.testing.assert_allclose(layers.Resizing(4, 3)(IMAGES), halved, atol=1e-6)
    twice = layers.Resizing(16, 12, "nearest")(IMAGES)
    np.testing.assert_array_equal(twice, IMAGES.repeat(2, 1).repeat(2, 2))
    padded = np.asarray(layers.Resizing(8, 8, pad_to_aspect_ratio=True, fill_value=2.0)(IMAGES))
    np.testing.assert_allclose(padded[:, :, [0, 7]], 2)
    np.testing.assert_allclose(padded[:, :, 1:7], IMAGES, atol=1e-6)


def test_integers_stay_integers():
    whole = (IMAGES * 255).astype("uint8")
    found = layers.Resizing(4, 3)(whole)
    assert found.dtype == "uint8"
    exact = whole.reshape(2, 4, 2, 3, 2, 3).mean((2, 4))
    assert np.abs(np.asarray(found) - exact).max() <= 0.5


def test_masks_are_not_mixed():
    masks = np.random.default_rng(1).integers(0, 9, (2, 8, 6, 1)).astype("float32")
    found = layers.Resizing(5, 5)({"images": IMAGES, "segmentation_masks": masks, "labels": [1, 2]})
    assert found["images"].shape == (2, 5, 5, 3)
    assert set(np.unique(found["segmentation_masks"])) <= set(range(9))
    assert found["labels"] == [1, 2]
    with pytest.raises(ValueError, match="bounding boxes"):
        layers.CenterCrop(2, 2)({"images": IMAGES, "bounding_boxes": {}})
    with pytest.raises(ValueError, match="height=0"):
        layers.Resizing(0, 2)
