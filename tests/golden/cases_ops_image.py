"""keras.ops.image: resampling, colour, patches and filters."""

import numpy as np

from tests.golden.harness import Cases, integers, real, uniform, words

CASES = Cases("ops_image")


def op(name: str, *args, **kwargs) -> None:
    """A case of ``keras.ops.image.name``."""
    CASES.call(f"ops.image.{name}", *args, **kwargs)


IMAGES = uniform(0, 1, 2, 6, 5, 3)
FIRST = uniform(0, 1, 2, 3, 6, 5)
ONE = uniform(0, 1, 6, 5, 3)

# Torch knows no Lanczos here, and its bicubic is another than the other backends'.
for interpolation in words("nearest bilinear"):
    for size in ((9, 8), (3, 4)):
        op("resize", IMAGES, size, interpolation=interpolation)
op("resize", ONE, (4, 7))
op("resize", FIRST, (4, 7), data_format="channels_first")
op("resize", IMAGES, (3, 4), antialias=True)
op("resize", IMAGES, (4, 4), crop_to_aspect_ratio=True)
op("resize", IMAGES, (4, 8), pad_to_aspect_ratio=True, fill_value=0.5)
op("resize", integers(0, 255, 1, 4, 4, 3, dtype="uint8"), (2, 3), interpolation="nearest")
op("rgb_to_grayscale", IMAGES)
op("rgb_to_grayscale", FIRST, data_format="channels_first")
for name in words("rgb_to_hsv hsv_to_rgb"):
    op(name, IMAGES)
    op(name, FIRST, data_format="channels_first")
op("rgb_to_hsv", np.array([[[[0.5, 0.5, 0.5], [0, 0, 0], [1, 0, 0]]]], "float32"), _gradient=False)
for arguments in (
    {"size": 2},
    {"size": (3, 2), "strides": (1, 2)},
    {"size": 2, "dilation_rate": 2, "strides": 1},
    {"size": 3, "padding": "same"},
):
    op("extract_patches", IMAGES, **arguments)
op("extract_patches", ONE, 2)
op("extract_patches", FIRST, 2, data_format="channels_first")
op("extract_patches_3d", real(2, 4, 5, 6, 2), 2)
op("extract_patches_3d", real(2, 4, 5, 6, 2), (2, 3, 2), strides=1, padding="same")
op("extract_patches_3d", real(4, 5, 6, 2), 2)
op("pad_images", IMAGES, 1, 2, 0, 3)
op("pad_images", IMAGES, top_padding=1, left_padding=2, target_height=9, target_width=8)
op("pad_images", FIRST, 1, 2, 0, 3, data_format="channels_first")
op("crop_images", IMAGES, 1, 2, 1, 1)
op("crop_images", IMAGES, top_cropping=1, left_cropping=2, target_height=3, target_width=2)
op("crop_images", ONE, 1, 0, 2, 1)
ONE_TURN = [0.93, 0.21, 0.33, -0.12, 1.13, 0.41, 0, 0]
# The last two numbers do not count, Keras says; in torch they do, for channels after the first.
TURN = np.array([ONE_TURN, [1.1, 0.03, -1.22, 0.13, 0.83, 0.73, 0, 0]], "float32")
for interpolation in ("nearest", "bilinear"):
    for mode in words("constant nearest wrap mirror reflect"):
        arguments = {"interpolation": interpolation, "fill_mode": mode}
        op("affine_transform", IMAGES, TURN, _gradient=(0,), **arguments)
op("affine_transform", ONE, TURN[0], _gradient=(0,), fill_value=0.5)
op("affine_transform", FIRST, TURN, _gradient=(0,), data_format="channels_first")
START = np.array([[[0, 0], [4, 0], [0, 5], [4, 5]]] * 2, "float32")
END = START + uniform(-0.7, 0.7, 2, 4, 2)
for interpolation in ("nearest", "bilinear"):
    op("perspective_transform", IMAGES, START, END, interpolation=interpolation, _gradient=False)
op("perspective_transform", ONE, START[0], END[0], fill_value=0.5, _gradient=False)
PLACES = uniform(-1, 6, 2, 4, 3)
for order in (0, 1):
    for mode in words("constant nearest wrap mirror reflect"):
        op("map_coordinates", real(6, 5), PLACES, order, fill_mode=mode)
op("map_coordinates", real(6, 5), PLACES, 1, fill_value=0.5)
op("map_coordinates", integers(0, 99, 6, 5), PLACES, 1)
# Torch takes images for channels_first where the layout is not given, and is wrong if not square.
LAST = {"data_format": "channels_last"}
op("gaussian_blur", IMAGES, **LAST)
op("gaussian_blur", IMAGES, kernel_size=(5, 5), sigma=(0.7, 1.3), **LAST)
op("gaussian_blur", FIRST, data_format="channels_first")
op("sobel_edges", IMAGES)
op("sobel_edges", FIRST, data_format="channels_first")
SHIFT = np.array([0.5, -0.3], "float32")
for method in words("linear cubic lanczos3 lanczos5"):
    scale = np.array([1.4, 0.6], "float32")
    arguments = {"spatial_dims": (1, 2), "method": method}
    op("scale_and_translate", IMAGES, (2, 7, 6, 3), scale, SHIFT, **arguments)
arguments = {"spatial_dims": (1, 2), "method": "linear", "antialias": False}
op("scale_and_translate", IMAGES, (2, 4, 3, 3), np.array([0.5, 0.6], "float32"), SHIFT, **arguments)
OTHER = uniform(0, 1, 2, 6, 5, 3, seed=1)
op("ssim", IMAGES, OTHER, filter_size=3)
op("ssim", IMAGES * 255, OTHER * 255, max_val=255.0, filter_size=5, filter_sigma=1.0)
op("ssim", FIRST, 1 - FIRST, filter_size=3, data_format="channels_first")
CASES.leave_out(
    "displacements are random: only its statistics can be tested", "ops.image.elastic_transform"
)
