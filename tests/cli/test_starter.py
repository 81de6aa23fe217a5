"""``kerasette init``: configs for data of each kind, good as they are."""

import numpy as np
import pytest
from kerasette.cli.config.load import load
from kerasette.cli.data.load import load_data
from kerasette.cli.main import run

from .png_writer import write_png


def started(*arguments):
    assert run(["init", *arguments]) == 0


def checked(name):
    """The config's sections, after its data were read."""
    loaded = load([name])
    return loaded.config, load_data(loaded)


def test_table_of_classes(folder, capsys):
    rows = [f"{i},{'rg'[i % 2]},{'ab'[i % 2]}" for i in range(40)]
    (folder / "flowers.csv").write_text("\n".join(["width,colour,kind", *rows]))
    started("--data", "flowers.csv")
    assert "the target is the last column, 'kind'" in capsys.readouterr().out
    config, data = checked("flowers.yaml")
    assert config.model.layers[-1]["units"] == 2 == len(data.target.labels)
    assert {name: column.type for name, column in config.data.columns.items()} == {
        "width": "number", "colour": "category",
    }  # fmt: skip


def test_table_of_numbers(folder):
    rows = [f"{i},{i * 1.5}" for i in range(40)]
    (folder / "a.csv").write_text("\n".join(["x,my target", *rows]))
    started("--data", "a.csv", "--target", "my target", "-o", "b.yaml")
    config, data = checked("b.yaml")
    assert config.compile.loss == "mean_squared_error" and data.target.scaler is not None


def test_series(folder):
    (folder / "a.csv").write_text("\n".join(["t,y", *(f"{i},{i % 7}" for i in range(200))]))
    started("--data", "a.csv", "--series")
    _, data = checked("a.yaml")
    assert data.train.x.shape[1:] == (10, 2)


@pytest.mark.parametrize(
    ("x", "y", "shape"),
    [
        (np.zeros((40, 5), "float32"), np.arange(40) % 3, (5,)),
        (np.zeros((40, 12, 12), "uint8"), np.arange(40) % 3, (12, 12, 1)),
        (np.zeros((40, 12, 12, 3), "uint8"), np.arange(40) % 3, (12, 12, 3)),
        (np.zeros((40, 5), "float32"), np.arange(80, dtype="float32").reshape(40, 2), (5,)),
    ],
)
def test_arrays(folder, x, y, shape):
    np.savez(folder / "a.npz", x=x, y=y)
    started("--data", "a.npz")
    config, data = checked("a.yaml")
    assert data.train.x.shape[1:] == shape
    assert config.model.layers[-1]["units"] == (3 if y.ndim == 1 else 2)


def test_folder_of_texts(folder):
    for kind in ("good", "bad"):
        (folder / "texts" / kind).mkdir(parents=True)
        for i in range(12):
            (folder / "texts" / kind / f"{i}.txt").write_text(f"this is {kind}, number {i}")
    started("--data", "texts")
    _, data = checked("texts.yaml")
    assert data.target.labels == ["bad", "good"] and data.train.x.shape[1:] == (200,)


def test_folder_of_pictures(folder):
    for kind, level in (("dark", 0), ("light", 200)):
        (folder / "pictures" / kind).mkdir(parents=True)
        for i in range(12):
            write_png(folder / "pictures" / kind / f"{i}.png", np.full((10, 20, 1), level, "uint8"))
    started("--data", "pictures")
    config, data = checked("pictures.yaml")
    assert config.data.size == [10, 20] and config.data.color == "grey"
    assert data.train.x.shape[1:] == (10, 20, 1)


def test_without_data_it_is_the_embedded_config():
    started()
    config, _ = checked("digits.yaml")
    assert config.data.type == "digits"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--data", "nowhere.csv"], 3, "There is no nowhere.csv"),
        (["--data", "a.csv", "--target", "kimd"], 3, "Did you mean 'kind'?"),
        (["--data", "empty"], 3, "neither pictures nor .txt files"),
        (["--data", "a.csv", "-o", "a.json"], 2, "end it in .yaml"),
        (["--data", "a.csv", "-o", "there.yaml"], 2, "with --force it is replaced"),
    ],
)
def test_what_cannot_be(folder, capsys, arguments, code, said):
    (folder / "a.csv").write_text("x,kind\n1,a\n2,b\n")
    (folder / "empty").mkdir()
    (folder / "there.yaml").write_text("version: 1")
    assert run(["init", *arguments]) == code
    assert said in capsys.readouterr().err
    assert (folder / "there.yaml").read_text() == "version: 1"
