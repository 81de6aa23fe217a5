"""Pictures: PNG files read without another package, colours, and sizes."""

import numpy as np
import pytest
from kerasette.cli.data.pictures import find_pictures, read_picture, read_pictures
from kerasette.cli.data.png import OtherPng, read_png
from kerasette.cli.errors import DataProblem

from .png_writer import write_png


def fail(message):
    raise DataProblem(message)


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, "uint8")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kinds", [(0,), (1,), (2,), (3,), (4,), (4, 3, 2, 1, 0)])
def test_png_of_every_filter(folder, channels, kinds):
    pixels = noise(7, 5, channels)
    write_png(folder / "a.png", pixels, kinds)
    assert np.array_equal(read_png(folder / "a.png"), pixels)


def test_png_with_a_palette(folder):
    palette, index = noise(9, 3), noise(6, 4, 1) % 9
    write_png(folder / "a.png", index, palette=palette)
    assert np.array_equal(read_png(folder / "a.png"), palette[index[:, :, 0]])
    write_png(folder / "b.png", index + 9, palette=palette)
    with pytest.raises(ValueError, match="lacks a colour"):
        read_png(folder / "b.png")


@pytest.mark.parametrize("count", [0, 4, 20, 33, 40, 60])
def test_png_that_is_cut_short(folder, count):
    write_png(folder / "a.png", noise(8, 8, 3))
    (folder / "b.png").write_bytes((folder / "a.png").read_bytes()[:count])
    with pytest.raises(DataProblem, match="is no picture that can be read"):
        read_picture(folder / "b.png", fail)


def test_png_of_another_kind(folder):
    write_png(folder / "a.png", noise(8, 8, 1))
    data = bytearray((folder / "a.png").read_bytes())
    data[24] = 16  # bits a channel
    (folder / "a.png").write_bytes(data)
    with pytest.raises(OtherPng):
        read_png(folder / "a.png")


def test_colours(folder):
    write_png(folder / "a.png", np.full((2, 2, 4), [10, 20, 30, 40], "uint8"))
    write_png(folder / "b.png", np.full((2, 2, 1), 50, "uint8"))
    files = [folder / "a.png", folder / "b.png"]
    for color, expected in {
        "rgb": [[10, 20, 30], [50, 50, 50]],
        "rgba": [[10, 20, 30, 40], [50, 50, 50, 255]],
        "grey": [[18], [50]],
    }.items():
        pixels = read_pictures(files, 2, 2, color, "stretch", fail)
        assert pixels[:, 0, 0].tolist() == expected


def test_sizes(folder):
    pixels = np.zeros((4, 8, 1), "uint8")
    pixels[:, 4:] = 200
    write_png(folder / "a.png", pixels)

    def row(height, width, fit):
        return read_pictures([folder / "a.png"], height, width, "grey", fit, fail)[0, :, :, 0]

    assert row(4, 8, "stretch").tolist() == pixels[:, :, 0].tolist()
    assert row(2, 2, "stretch")[0].tolist() == [29, 171]
    assert row(4, 4, "crop")[0].tolist() == [0, 0, 200, 200]
    padded = row(8, 8, "pad")
    assert padded[:2].max() == 0 == padded[6:].max() and padded[2:6, 4:].min() == 200
    assert read_pictures([folder / "a.png"], 9, 17, "rgb", "crop", fail).shape == (1, 9, 17, 3)


def test_sizes_are_those_of_pillow(folder):
    image = pytest.importorskip("PIL.Image")
    pixels = noise(37, 23, 3)
    write_png(folder / "a.png", pixels)
    for height, width in ((10, 9), (50, 60), (37, 8)):
        ours = read_pictures([folder / "a.png"], height, width, "rgb", "stretch", fail)[0]
        picture = image.open(folder / "a.png").resize((width, height), image.Resampling.BILINEAR)
        assert np.abs(ours.astype(int) - np.asarray(picture).astype(int)).max() <= 1


def test_other_kinds_by_pillow(folder):
    image = pytest.importorskip("PIL.Image")
    for name in ("a.bmp", "a.gif", "a.jpg"):
        image.new("RGB", (6, 4), (200, 10, 10)).save(name)
        assert read_picture(folder / name, fail).shape[:2] == (4, 6)
    picture = image.new("RGB", (6, 4))
    picture.getexif()[0x0112] = 6  # turned
    picture.save("turned.jpg", exif=picture.getexif())
    assert read_picture(folder / "turned.jpg", fail).shape[:2] == (6, 4)


def test_pictures_are_found(folder):
    for name in ("b.png", "a.png", "deep/c.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        write_png(folder / name, noise(2, 2, 1))
    (folder / "note.txt").write_text("no picture")
    names = [path.relative_to(folder).as_posix() for path in find_pictures(folder, fail)]
    assert names == ["a.png", "b.png", "deep/c.png"]
    (folder / "empty").mkdir()
    for path in (folder / "empty", folder / "nowhere"):
        with pytest.raises(DataProblem):
            find_pictures(path, fail)
