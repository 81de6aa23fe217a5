"""Images as files, as Pillow's objects and as arrays."""

import io

import numpy as np
import pytest

from kerasette.preprocessing.image import smart_resize
from kerasette.utils import array_to_img, img_to_array, load_img, save_img


@pytest.fixture
def pillow():
    return pytest.importorskip("PIL")


def gradient(channels=3, height=6, width=9):
    return np.arange(height * width * channels, dtype="float32").reshape(height, width, channels)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_arrays_and_images(pillow, channels, mode):
    image = array_to_img(gradient(channels))
    assert image.mode == mode and image.size == (9, 6)
    pixels = img_to_array(image)
    assert pixels.shape == (6, 9, channels) and pixels.min() == 0 and pixels.max() == 255
    plain = np.round(np.random.default_rng(0).uniform(0, 255, (5, 4, channels)))
    assert np.array_equal(img_to_array(array_to_img(plain, scale=False)), plain)
    first = img_to_array(image, data_format="channels_first", dtype="int32")
    assert first.shape == (channels, 6, 9) and first.dtype == np.int32
    assert array_to_img(first, data_format="channels_first").size == (9, 6)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp"])
def test_files(pillow, tmp_path, name):
    save_img(tmp_path / name, gradient())
    image = load_img(tmp_path / name)
    assert image.size == (9, 6) and image.mode == "RGB"
    if name.endswith("png"):
        assert np.array_equal(img_to_array(image), img_to_array(array_to_img(gradient())))
    assert load_img(tmp_path / name, color_mode="grayscale").mode == "L"
    assert load_img(tmp_path / name, target_size=(4, 5), interpolation="lanczos").size == (5, 4)
    with pytest.warns(UserWarning, match="transparency"):
        save_img(tmp_path / "b.jpg", gradient(4))
    held = io.BytesIO()
    save_img(held, gradient(), file_format="png")
    held.seek(0)
    assert load_img(held).size == (9, 6)


def test_aspect_ratio(pillow, tmp_path):
    pixels = np.zeros((10, 30, 3))
    pixels[:, 10:20] = 255
    save_img(tmp_path / "a.png", pixels, scale=False)
    kept = img_to_array(load_img(tmp_path / "a.png", target_size=(5, 5), keep_aspect_ratio=True))
    assert kept.min() == 255  # the middle
    assert smart_resize(pixels, (5, 5)).min() == 255
    batch = smart_resize(pixels[None], (5, 5), interpolation="nearest")
    assert batch.shape == (1, 5, 5, 3) and isinstance(batch, np.ndarray)


def test_refused(pillow, tmp_path):
    save_img(tmp_path / "a.png", gradient())
    with pytest.raises(ValueError, match="`color_mode`"):
        load_img(tmp_path / "a.png", color_mode="cmyk")
    with pytest.raises(ValueError, match="`interpolation`"):
        load_img(tmp_path / "a.png", target_size=(2, 2), interpolation="best")
    for wrong in (np.zeros((4, 4)), np.zeros((4, 4, 2))):
        with pytest.raises(ValueError, match="`x` must"):
            array_to_img(wrong)
    with pytest.raises(ValueError, match="`data_format`"):
        array_to_img(gradient(), data_format="last")
    with pytest.raises(ValueError, match="`img`"):
        img_to_array(np.zeros((2, 2, 2, 2)))
