"""Images: resized, bent, blurred, recoloured, cut up; against scipy, loops and what must hold."""

import colorsys

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import KerasTensor, ops
from kerasette.ops import image
from tests.ops import naive
from tests.ops.gradients import check
from tests.ops.samples import between, normal, whole

CLOSE = {"rtol": 1e-9, "atol": 1e-9}
IMAGES = normal(2, 6, 5, 3)


def first(x):
    """Channels first."""
    return np.moveaxis(x, -1, -3)


def last(x):
    """Channels last."""
    return np.moveaxis(x, -3, -1)


FORMS = {  # of a call on a batch with channels last
    "resize": lambda x, **how: image.resize(x, (4, 7), **how),
    "rgb_to_grayscale": image.rgb_to_grayscale,
    "rgb_to_hsv": image.rgb_to_hsv,
    "hsv_to_rgb": image.hsv_to_rgb,
    "pad_images": lambda x, **how: image.pad_images(x, 1, 2, 0, 3, **how),
    "crop_images": lambda x, **how: image.crop_images(x, 1, 2, 0, 1, **how),
    "gaussian_blur": image.gaussian_blur,
    "extract_patches": lambda x, **how: image.extract_patches(x, 2, **how),
    "affine_transform": lambda x, **how: image.affine_transform(
        x, [0.9, 0.1, 0.2, -0.1, 1.1, 0.3, 0.0, 0.0], **how
    ),
    "perspective_transform": lambda x, **how: image.perspective_transform(
        x,
        [[0.0, 0.0], [4.0, 0.0], [0.0, 5.0], [4.0, 5.0]],
        [[0.3, 0.1], [4.2, 0.2], [-0.2, 5.1], [4.1, 4.6]],
        **how,
    ),
    "elastic_transform": lambda x, **how: image.elastic_transform(x, sigma=1.0, seed=3, **how),
}


@pytest.mark.parametrize("name", FORMS)
def test_one_image_or_many_in_either_layout(name):
    op, x = FORMS[name], between(0, 1, 2, 6, 5, 3)
    expected = op(x, data_format="channels_last")
    np.testing.assert_array_equal(op(x), expected)
    np.testing.assert_allclose(last(op(first(x), data_format="channels_first")), expected, **CLOSE)
    if name != "elastic_transform":  # random numbers depend on the batch
        np.testing.assert_allclose(op(x[1]), expected[1], **CLOSE)
        single = op(first(x[1]), data_format="channels_first")
        np.testing.assert_allclose(last(single), expected[1], **CLOSE)


@pytest.mark.parametrize("name", FORMS)
def test_symbolic_images(name):
    op = FORMS[name]
    found = op(KerasTensor((None, 6, 5, 3)))
    real = op(kerasette.constant(np.ones((2, 6, 5, 3), "float32")))
    assert found.shape == (None, *real.shape[1:])
    assert found.dtype == real.dtype
    compiled = kerasette.function(op)
    x = kerasette.constant(between(0, 1, 2, 6, 5, 3))
    np.testing.assert_allclose(compiled(x), op(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", FORMS)
def test_ranks_are_checked(name):
    with pytest.raises(ValueError, match=r"Received: shape \(4, 3\)"):
        FORMS[name](ops.ones((4, 3)))


# --- another size ---------------------------------------------------------------------------------


def _linear(x, count, axis):
    """Between the middles of the two nearest pixels, by a loop."""
    x = np.moveaxis(x, axis, 0)
    out = []
    for index in range(count):
        place = np.clip((index + 0.5) * len(x) / count - 0.5, 0, len(x) - 1)
        low = int(place)
        high = min(low + 1, len(x) - 1)
        out.append(x[low] + (x[high] - x[low]) * (place - low))
    return np.moveaxis(np.stack(out), 0, axis)


@pytest.mark.parametrize("size", [(6, 5), (3, 4), (9, 8), (1, 1), (12, 10), (6, 1)])
def test_resize_bilinear_and_nearest(size):
    expected = _linear(_linear(IMAGES, size[0], 1), size[1], 2)
    np.testing.assert_allclose(image.resize(IMAGES, size), expected, **CLOSE)
    rows, columns = (
        [int((index + 0.5) * old / new) for index in range(new)]
        for old, new in zip((6, 5), size, strict=True)
    )
    found = image.resize(IMAGES, size, "nearest")
    np.testing.assert_array_equal(found, IMAGES[:, rows][:, :, columns])
    check(lambda x: image.resize(x, size), IMAGES)
    check(lambda x: image.resize(x, size, "nearest"), IMAGES)


INTERPOLATIONS = ("bilinear", "bicubic", "lanczos3", "lanczos5", "area")


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("size", [(6, 5), (3, 4), (9, 8)])
def test_resize_keeps_constants_and_is_linear(interpolation, antialias, size):
    flat = image.resize(np.full((1, 6, 5, 1), 0.7), size, interpolation, antialias)
    np.testing.assert_allclose(flat, 0.7, rtol=1e-9)
    same = image.resize(IMAGES, (6, 5), interpolation, antialias)
    np.testing.assert_allclose(same, IMAGES, rtol=1e-7, atol=1e-7)
    check(lambda x: image.resize(x, size, interpolation, antialias), IMAGES, order=1)


def test_bicubic_and_lanczos_take_the_old_pixels_as_they_are():
    """At whole distances the kernels are 0: a third of the pixels of a threefold image are old."""
    for interpolation in ("bicubic", "lanczos3", "lanczos5"):
        found = np.asarray(image.resize(IMAGES, (18, 15), interpolation))
        np.testing.assert_allclose(found[:, 1::3, 1::3], IMAGES, rtol=1e-3, atol=1e-3)


def test_cubic_keeps_parabolas_inside():
    """Keys's kernel with a = -1/2 is exact for polynomials of second order."""
    old, new = np.arange(12.0), (np.arange(24) + 0.5) / 2 - 0.5
    found = np.ravel(image.resize((old**2).reshape(1, 12, 1, 1), (24, 1), "bicubic"))
    np.testing.assert_allclose(found[6:-6], new[6:-6] ** 2, rtol=1e-6)


def test_antialias_lets_nothing_fall_through():
    """Each old pixel counts in a smaller image; without it, most do not."""
    for interpolation in ("bilinear", "bicubic", "lanczos3"):
        x = kerasette.constant(np.zeros((1, 40, 1, 1)))
        for antialias in (True, False):
            with kerasette.GradientTape() as tape:
                tape.watch(x)
                total = ops.sum(image.resize(x, (4, 1), interpolation, antialias))
            counted = np.count_nonzero(np.abs(tape.gradient(total, x)) > 1e-9)
            assert (counted == 40) == antialias


def test_area_is_the_mean_of_what_is_covered():
    found = image.resize(IMAGES[:, :, :4], (3, 2), "area")
    expected = naive.pool(IMAGES[:, :, :4], (2, 2), (2, 2), ((0, 0), (0, 0)), lambda v: v.mean(0))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    uneven = np.ravel(image.resize(np.array([1.0, 2, 3]).reshape(1, 3, 1, 1), (2, 1), "area"))
    np.testing.assert_allclose(uneven, [(1 + 0.5 * 2) / 1.5, (0.5 * 2 + 3) / 1.5], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "bfloat16", "float32"])
def test_resize_keeps_the_dtype(dtype):
    x = ops.cast(whole(0, 255, 1, 8, 8, 1), dtype)
    for interpolation in ("nearest", *INTERPOLATIONS):
        found = image.resize(x, (5, 11), interpolation)
        assert found.dtype == dtype
        wide = np.asarray(image.resize(ops.cast(x, "float64"), (5, 11), interpolation))
        if dtype in ("uint8", "int32"):
            wide = np.clip(np.round(wide), *((0, 255) if dtype == "uint8" else (None, None)))
            np.testing.assert_allclose(np.asarray(found).astype("float64"), wide, atol=1)
        else:
            np.testing.assert_allclose(ops.cast(found, "float64"), wide, rtol=0.03, atol=0.5)


def test_resize_to_an_aspect_ratio():
    x = normal(1, 6, 12, 1)
    cropped = image.resize(x, (3, 3), crop_to_aspect_ratio=True)
    np.testing.assert_allclose(cropped, image.resize(x[:, :, 3:9], (3, 3)), **CLOSE)
    padded = image.resize(x, (4, 4), pad_to_aspect_ratio=True, fill_value=2.0)
    frame = np.full((1, 12, 12, 1), 2.0)
    frame[:, 3:9] = x
    np.testing.assert_allclose(padded, image.resize(frame, (4, 4)), **CLOSE)


@pytest.mark.parametrize("method", ["linear", "cubic", "lanczos3", "lanczos5"])
def test_scale_and_translate(method):
    """A move by whole pixels moves them; outside is 0; scales and moves have gradients."""
    x = normal(7, 8)
    found = image.scale_and_translate(x, (7, 8), [1.0, 1.0], [2.0, -1.0], (0, 1), method)
    expected = np.zeros((7, 8))
    expected[2:, :-1] = x[:-2, 1:]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)

    def moved(x, scale, shift):
        return image.scale_and_translate(x, (9, 10), scale, shift, (0, 1), method)

    check(moved, x, np.array([1.31, 0.77]), np.array([0.43, 0.12]), order=1, slack=1e-5)


def test_scale_and_translate_keeps_whole_numbers_within_their_bounds():
    x = whole(10, 250, 6, 6, dtype="uint8")
    found = image.scale_and_translate(x, (12, 12), [2.0, 2.0], [0.0, 0.0], (0, 1), "cubic")
    assert found.dtype == "uint8"
    assert x.min() <= int(ops.min(found)) <= int(ops.max(found)) <= x.max()


# --- other places ---------------------------------------------------------------------------------

MODES = {"constant": "constant", "nearest": "nearest", "wrap": "grid-wrap", "mirror": "mirror",
         "reflect": "reflect"}  # fmt: skip


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("mode", MODES)
def test_map_coordinates_is_scipys(mode, order):
    x, places = normal(5, 6), between(-9, 12, 2, 4, 7)
    found = image.map_coordinates(x, places, order, mode, 0.5)
    # Beyond the last pixel scipy fills at once; here values fade to the constant within one.
    name = "grid-constant" if mode == "constant" else MODES[mode]
    expected = scipy.ndimage.map_coordinates(x, places, order=order, mode=name, cval=0.5)
    np.testing.assert_allclose(found, expected, **CLOSE)
    if order:
        check(lambda x, p: image.map_coordinates(x, p, 1, mode, 0.5), x, places, order=1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.sampled_from(sorted(MODES)))
def test_map_coordinates_of_any_rank(sizes, mode):
    """At whole places inside it is indexing; axes of size 1 are no trouble."""
    x = normal(*sizes)
    places = np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij")).astype("float64")
    for order in (0, 1):
        np.testing.assert_allclose(image.map_coordinates(x, places, order, mode), x, **CLOSE)
    outside = image.map_coordinates(x, places + 17.25, 1, mode, 3.0)
    assert np.isfinite(outside).all()
    if mode == "constant":
        np.testing.assert_array_equal(outside, 3)


def test_map_coordinates_of_whole_numbers():
    x = whole(0, 99, 5, 5, dtype="uint8")
    places = between(0, 4, 2, 9)
    found = image.map_coordinates(x, places, 1)
    assert found.dtype == "uint8"
    wide = image.map_coordinates(x.astype("float64"), places, 1)
    np.testing.assert_array_equal(found, np.round(wide))
    np.testing.assert_array_equal(
        image.map_coordinates(x, np.array([[0, 4], [1, 2]]), 0), x[[0, 4], [1, 2]]
    )


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("mode", MODES)
def test_affine_transform(interpolation, mode):
    turn = np.array([[0.93, 0.21, 0.33, -0.12, 1.13, 0.41, 0, 0], [1, 0, 1, 0, 1, -2, 0, 0]])
    found = np.asarray(image.affine_transform(IMAGES, turn, interpolation, mode, 0.5))
    row, column = np.mgrid[0.0:6, 0.0:5]
    for index, (a0, a1, a2, b0, b1, b2, _, _) in enumerate(turn):
        places = np.stack([b0 * column + b1 * row + b2, a0 * column + a1 * row + a2])
        for channel in range(3):
            expected = image.map_coordinates(
                IMAGES[index, :, :, channel], places, int(interpolation == "bilinear"), mode, 0.5
            )
            np.testing.assert_allclose(found[index, :, :, channel], expected, **CLOSE)
    check(lambda x: image.affine_transform(x, turn, interpolation, mode), IMAGES)


def test_affine_transform_is_differentiable_in_the_transform():
    turn = np.array([0.93, 0.21, 0.33, -0.12, 1.13, 0.41, 0, 0])
    check(lambda t: image.affine_transform(IMAGES, t, fill_mode="reflect"), turn, order=1)


def test_perspective_transform_takes_start_points_to_end_points():
    start = np.array([[[0, 0], [20, 0], [0, 30], [20, 30]]], "float64")
    end = start + between(-2, 2, 1, 4, 2)
    row, column = np.mgrid[0.0:31, 0.0:21]
    places = np.stack([row, column], axis=-1)[None]  # each pixel says where it is
    moved = np.asarray(image.perspective_transform(places, start, end, fill_value=np.nan))
    for (_, y), (new_x, new_y) in zip(start[0], end[0], strict=True):
        inside = 0 <= new_x <= 20 and 0 <= new_y <= 30
        at = image.map_coordinates(moved[0, :, :, 0], [[new_y], [new_x]], 1)
        if inside and np.isfinite(at).all():
            np.testing.assert_allclose(at, y, atol=0.1)
    still = image.perspective_transform(IMAGES, start, start)
    np.testing.assert_allclose(still, IMAGES, rtol=1e-6, atol=1e-6)


def test_perspective_transform_of_a_square_seen_from_the_side():
    """The homography itself: an affine one is the affine transform."""
    start = np.array([[0.0, 0], [4, 0], [0, 5], [4, 5]])
    turn = np.array([[1.1, 0.2], [-0.1, 0.9]])
    end = start @ turn.T + [0.3, -0.4]
    inverse = np.linalg.inv(turn)
    shift = -inverse @ [0.3, -0.4]
    flat = [*inverse[0], shift[0], *inverse[1], shift[1], 0, 0]
    found = image.perspective_transform(IMAGES, start, end)
    np.testing.assert_allclose(found, image.affine_transform(IMAGES, np.array(flat)), **CLOSE)


def test_elastic_transform():
    """Neighbours move alike, in a way that the seed decides; without strength nothing moves."""
    row = np.broadcast_to(np.arange(64.0)[:, None, None], (64, 64, 1))
    moved = np.asarray(image.elastic_transform(row, alpha=10.0, sigma=3.0, seed=1))
    shift = (moved - row)[12:-12, 12:-12]
    assert 0.5 < np.abs(shift).mean() < 10
    assert np.abs(np.diff(shift, axis=1)).mean() < np.abs(shift).mean() / 2
    again = image.elastic_transform(row, alpha=10.0, sigma=3.0, seed=1)
    np.testing.assert_array_equal(moved, again)
    other = image.elastic_transform(row, alpha=10.0, sigma=3.0, seed=2)
    assert not np.array_equal(moved, other)
    np.testing.assert_allclose(image.elastic_transform(row, alpha=0.0, seed=1), row)


# --- filters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(3, 3), (5, 5), (3, 7)])
def test_gaussian_blur(size):
    across, down = (
        np.exp(-0.5 * ((np.arange(n) - n // 2) / s) ** 2)
        for n, s in zip(size, (0.7, 1.3), strict=True)
    )
    kernel = np.outer(down / down.sum(), across / across.sum())[None, :, :, None]
    expected = scipy.ndimage.correlate(IMAGES, kernel, mode="constant")
    found = image.gaussian_blur(IMAGES, size, (0.7, 1.3))
    np.testing.assert_allclose(found, expected, **CLOSE)
    check(lambda x: image.gaussian_blur(x, size, (0.7, 1.3)), IMAGES)


def test_sobel_edges():
    found = np.asarray(image.sobel_edges(IMAGES))
    for index, axis in enumerate((0, 1)):
        for x, edges in zip(IMAGES, found, strict=True):
            for channel in range(3):
                alone = scipy.ndimage.sobel(x[..., channel], axis, mode="constant")
                np.testing.assert_allclose(edges[..., channel, index], alone, **CLOSE)
    turned = image.sobel_edges(first(IMAGES), data_format="channels_first")
    np.testing.assert_allclose(np.moveaxis(turned, 1, 3), found, **CLOSE)
    check(image.sobel_edges, IMAGES)


def test_ssim():
    x, y = between(0, 1, 2, 16, 14, 3), between(0, 1, 2, 16, 14, 3, seed=1)
    np.testing.assert_allclose(image.ssim(x, x), [1, 1], rtol=1e-9)
    found = np.asarray(image.ssim(x, y))
    assert (np.abs(found) < 0.5).all()
    np.testing.assert_allclose(image.ssim(y, x), found, **CLOSE)
    np.testing.assert_allclose(image.ssim(255 * x, 255 * y, max_val=255.0), found, **CLOSE)
    np.testing.assert_allclose(image.ssim(x[0], y[0]), found[0], **CLOSE)
    turned = image.ssim(first(x), first(y), data_format="channels_first")
    np.testing.assert_allclose(turned, found, **CLOSE)
    check(lambda x, y: image.ssim(x, y, filter_size=3), x[:, :5, :5], y[:, :5, :5], slack=1e-5)


def test_ssim_of_one_window():
    """Where the filter is as large as the image, it is the formula itself."""
    x, y = between(0, 1, 1, 3, 3, 1), between(0, 1, 1, 3, 3, 1, seed=1)
    bell = np.exp(-0.5 * (np.arange(-1, 2) / 1.5) ** 2)
    weights = np.outer(bell, bell)[None, :, :, None] / bell.sum() ** 2
    mean = [np.sum(weights * v) for v in (x, y)]
    spread = [np.sum(weights * v * v) - m * m for v, m in zip((x, y), mean, strict=True)]
    common = np.sum(weights * x * y) - mean[0] * mean[1]
    expected = (2 * mean[0] * mean[1] + 1e-4) * (2 * common + 9e-4)
    expected /= (mean[0] ** 2 + mean[1] ** 2 + 1e-4) * (sum(spread) + 9e-4)
    np.testing.assert_allclose(image.ssim(x, y, filter_size=3), [expected], **CLOSE)


# --- colours, frames, patches ---------------------------------------------------------------------


def test_colors_are_those_of_colorsys():
    x = between(0, 1, 40, 1, 3)
    x[:6, 0] = [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    there = np.array([[colorsys.rgb_to_hsv(*rgb) for rgb in row] for row in x])
    np.testing.assert_allclose(image.rgb_to_hsv(x), there, **CLOSE)
    np.testing.assert_allclose(image.hsv_to_rgb(there), x, **CLOSE)
    check(image.rgb_to_hsv, x[6:])
    check(image.hsv_to_rgb, there[6:])


def test_grayscale():
    expected = (IMAGES * [0.2989, 0.587, 0.114]).sum(-1, keepdims=True)
    np.testing.assert_allclose(image.rgb_to_grayscale(IMAGES), expected, **CLOSE)
    grey = image.rgb_to_grayscale(ops.full((2, 2, 3), 200, "uint8"))
    assert grey.dtype == "uint8"
    assert int(ops.max(grey)) == 199
    np.testing.assert_array_equal(image.rgb_to_grayscale(expected), expected)


def test_pad_and_crop():
    expected = np.pad(IMAGES, [(0, 0), (1, 0), (2, 3), (0, 0)])
    np.testing.assert_array_equal(image.pad_images(IMAGES, 1, 2, 0, 3), expected)
    for found in (
        image.pad_images(IMAGES, 1, 2, target_height=7, target_width=10),
        image.pad_images(
            IMAGES, bottom_padding=0, right_padding=3, target_height=7, target_width=10
        ),
    ):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(image.crop_images(expected, 1, 2, 0, 3), IMAGES)
    for found in (
        image.crop_images(expected, 1, 2, target_height=6, target_width=5),
        image.crop_images(
            expected, bottom_cropping=0, right_cropping=3, target_height=6, target_width=5
        ),
    ):
        np.testing.assert_array_equal(found, IMAGES)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 3),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 3)),
    st.integers(1, 2),
    st.sampled_from(["valid", "same"]),
)
def test_patches_are_convolutions_with_one_weight_each(rank, size, strides, dilation, padding):
    x = normal(2, *(7,) * rank, 2)
    window = (size, 2, 1)[:rank]
    kernel = np.eye(2 * int(np.prod(window))).reshape(*window, 2, -1)
    extract = image.extract_patches if rank == 2 else image.extract_patches_3d
    found = extract(x, window, strides, dilation, padding)
    expected = ops.conv(x, kernel, strides or window, padding, dilation_rate=dilation)
    np.testing.assert_array_equal(found, expected)
    if rank == 3:
        np.testing.assert_array_equal(
            image.extract_patches(x, window, strides, dilation, padding), expected
        )


def test_unfold_and_fold():
    """``fold`` is the transpose of ``unfold``."""
    x, how = normal(2, 3, 6, 7), {"dilation": (2, 1), "padding": (1, 2), "stride": (1, 2)}
    columns = ops.unfold(x, (2, 3), **how)
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (2, 2)])
    assert columns.shape == (2, 18, 6 * 5)
    for place, (row, column) in enumerate(np.ndindex(6, 5)):
        window = padded[:, :, row : row + 3 : 2, 2 * column : 2 * column + 3]
        np.testing.assert_array_equal(columns[:, :, place], window.reshape(2, 18))
    y = normal(*columns.shape)
    back = ops.fold(y, (6, 7), (2, 3), **how)
    np.testing.assert_allclose(np.sum(columns * y), np.sum(back * x), **CLOSE)
    check(lambda x: ops.unfold(x, (2, 3), **how) ** 2, x)
    check(lambda y: ops.fold(y, (6, 7), (2, 3), **how) ** 2, y)
    assert ops.unfold(KerasTensor((None, 3, 6, 7)), (2, 3), **how).shape == (None, 18, 30)
    assert ops.fold(KerasTensor((None, 18, 30)), (6, 7), (2, 3), **how).shape == (None, 3, 6, 7)


@pytest.mark.parametrize("block", [2, 3])
def test_depth_and_space(block):
    """Each is the inverse of the other, and the same in either layout."""
    x = normal(2, 4, 3, 2 * block**2)
    wide = np.asarray(ops.depth_to_space(x, block))
    assert wide.shape == (2, 4 * block, 3 * block, 2)
    for row, column in np.ndindex(block, block):
        channel = (row * block + column) * 2
        np.testing.assert_array_equal(
            wide[:, row::block, column::block], x[..., channel : channel + 2]
        )
    np.testing.assert_array_equal(ops.space_to_depth(wide, block), x)
    turned = np.asarray(ops.depth_to_space(first(x), block, "channels_first"))
    assert turned.shape == (2, 2, 4 * block, 3 * block)
    np.testing.assert_array_equal(ops.space_to_depth(turned, block, "channels_first"), first(x))


def test_psnr():
    x, y = between(0, 9, 4, 5), between(0, 9, 4, 5, seed=1)
    expected = 10 * np.log10(81 / np.mean((x - y) ** 2))
    np.testing.assert_allclose(ops.psnr(x, y, 9.0), expected, rtol=1e-9)
    check(lambda x, y: ops.psnr(x, y, 9.0), x, y)


WIDE = ops.ones((1, 4, 4, 3))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: image.resize(WIDE, (2, 2), "cubic"), "interpolation"),
        (lambda: image.resize(WIDE, (2, 2, 2)), r"size=\(2, 2, 2\)"),
        (lambda: image.resize(WIDE, (0, 2)), "at least 1"),
        (lambda: image.resize(WIDE, (2, 2), fill_mode="wrap"), "fill_mode"),
        (
            lambda: image.resize(WIDE, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
            "Only one",
        ),
        (lambda: image.affine_transform(WIDE, ops.ones(6)), r"\(8,\)"),
        (lambda: image.affine_transform(WIDE, ops.ones(8), "bicubic"), "interpolation"),
        (lambda: image.affine_transform(WIDE, ops.ones(8), fill_mode="edge"), "fill_mode"),
        (lambda: image.map_coordinates(ops.ones((3, 3)), ops.ones((3, 2)), 1), "rank of inputs"),
        (lambda: image.perspective_transform(WIDE, ops.ones((3, 2)), ops.ones((3, 2))), "(4, 2)"),
        (
            lambda: image.perspective_transform(WIDE, ops.ones((4, 2)), ops.ones((1, 4, 3))),
            "end_points",
        ),
        (lambda: image.rgb_to_hsv(ops.ones((4, 4, 3), "uint8")), "needs floats"),
        (lambda: image.rgb_to_grayscale(ops.ones((4, 4, 2))), "3 or 1 channels"),
        (lambda: image.pad_images(WIDE, 1, 1), "Exactly two"),
        (lambda: image.pad_images(WIDE, -1, 1, 1, 1), "at least 0"),
        (lambda: image.pad_images(WIDE, 1, 1, target_height=3, target_width=9), "too large"),
        (lambda: image.crop_images(WIDE, 3, 0, 3, 0), "no room"),
        (lambda: image.crop_images(WIDE, 1, 1, target_height=9, target_width=1), "no room"),
        (lambda: image.extract_patches(WIDE, 5), "no window fits"),
        (lambda: image.sobel_edges(WIDE[0]), "of 4 axes"),
        (lambda: image.ssim(WIDE, WIDE[:, :3], filter_size=3), "same shape"),
        (lambda: image.ssim(WIDE, WIDE), "no window fits"),
        (lambda: image.scale_and_translate(WIDE, (1, 2, 2, 3), [1.0], [0.0], (1,), "x"), "method"),
        (lambda: ops.unfold(WIDE[0], 2), "of 4 axes"),
        (lambda: ops.fold(ops.ones((1, 5, 4)), 4, 2), r"channels \* 4"),
        (lambda: ops.depth_to_space(WIDE, 2), "multiple of block_size squared"),
        (lambda: ops.space_to_depth(WIDE, 3), "multiples of block_size"),
        (lambda: ops.space_to_depth(WIDE, 1), "block_size=1"),
        (lambda: ops.psnr([1.0], [1.0, 2.0], 1.0), "same shape"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_other_orders_are_not_there():
    with pytest.raises(NotImplementedError, match="order=3"):
        image.map_coordinates(ops.ones((3, 3)), ops.ones((2, 2)), 3)
