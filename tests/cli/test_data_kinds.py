"""Folders of pictures and texts, and series: read, split, trained and predicted."""

import csv
import json

import numpy as np
import pytest
from kerasette.cli.data import images
from kerasette.cli.data.parts import Part
from kerasette.cli.data.saved import load_processing, processing_json
from kerasette.cli.data.text import TextProcessing
from kerasette.cli.data.words import words_of
from kerasette.cli.errors import DataProblem
from kerasette.cli.main import run
from kerasette.cli.run.batches import batches_of

import kerasette

from .png_writer import write_png


@pytest.fixture
def pictures(folder):
    """Two classes of small pictures of different sizes: dark and light."""
    random = np.random.default_rng(0)
    for part in ("train", "test"):
        for kind, level in (("dark", 50), ("light", 200)):
            (folder / "pictures" / part / kind).mkdir(parents=True)
            for i in range(20):
                pixels = random.integers(level - 40, level + 40, (10 + i % 3, 12, 3), "uint8")
                write_png(folder / "pictures" / part / kind / f"{i}.png", pixels)
    return folder / "pictures"


@pytest.fixture
def texts(folder):
    """Two classes of texts, as a folder and as a table."""
    random = np.random.default_rng(0)
    words = {"good": "fine great lovely", "bad": "awful poor sad"}
    rows = [["text", "label"]]
    for kind, own in words.items():
        (folder / "texts" / kind).mkdir(parents=True)
        for i in range(40):
            text = (
                " ".join(random.choice(f"the a it was {own}".split(), 8)) + " " + own.split()[i % 3]
            )
            (folder / "texts" / kind / f"{i}.txt").write_text(text)
            rows.append([text, kind])
    (folder / "texts.csv").write_text("\n".join(",".join(row) for row in rows))
    return folder


def test_pictures(pictures, data_of):
    data = data_of("{type: images, path: pictures, size: [8, 6]}")
    assert data.train.x.shape == (36, 8, 6, 3) and len(data.test) == 40
    assert data.train.x[:].min() >= 0 and data.train.x[:].max() <= 1
    assert data.target.labels == ["dark", "light"]
    light = data.train.x[data.train.y == 1]
    assert light.mean() > 0.7
    grey = data_of("{type: images, path: pictures/train, size: [8, 8], color: grey, fit: pad}")
    assert grey.train.x.shape[1:] == (8, 8, 1) and grey.test is not None
    standard = data_of("{type: images, path: pictures, size: [8, 8], scale: standardize}")
    assert abs(standard.train.x[:].mean()) < 1e-4 and abs(standard.train.x[:].std() - 1) < 1e-4
    spread = data_of("{type: images, path: pictures, size: [8, 8], scale: minmax}").train.x[:]
    assert spread.min() == 0 and spread.max() == 1


def test_pictures_are_read_when_they_are_needed(pictures, data_of, monkeypatch):
    read = []
    one = images.ImageProcessing.read
    monkeypatch.setattr(
        images.ImageProcessing, "read", lambda *given: read.append(given[1][0].name) or one(*given)
    )
    data = data_of("{type: images, path: pictures, size: [8, 8], cache: 0}")
    assert len(read) == 1  # the first, to see that pictures can be read at all
    first = data.train.x[4:8]
    assert len(read) == 5 and first.dtype == "float32" == data.train.x.dtype
    assert np.array_equal(data.train.x[4:8], first) and len(read) == 9
    kept = data_of("{type: images, path: pictures, size: [8, 8]}")
    del read[:]
    assert np.array_equal(kept.train.x[4:8], first) and len(read) == 4
    assert np.array_equal(kept.train.x[np.array([7, 4])], first[[3, 0]]) and len(read) == 4


def test_batches_of_pictures_are_those_of_arrays(pictures, data_of):
    train = data_of("{type: images, path: pictures, size: [8, 8], cache: 0}").train
    options = {"batch_size": 5, "shuffle": True, "seed": 3}
    read = batches_of(train, **options)
    held = batches_of(Part(train.x[:], train.y), **options)
    assert read.count == held.count == 8
    for epoch, start in ((0, 0), (1, 3)):
        pairs = list(zip(read.epoch(epoch, start), held.epoch(epoch, start), strict=True))
        assert len(pairs) == 8 - start
        for (x, y, _), (also_x, also_y, _) in pairs:
            assert np.array_equal(x, also_x) and np.array_equal(y, also_y)
    assert read.waited > 0
    ended = read.epoch(0)
    next(ended)
    ended.close()  # in the middle, as when training is stopped


def test_pictures_are_trained_and_predicted(pictures, folder, capsys):
    (folder / "c.yaml").write_text(
        "version: 1\ndata: {type: images, path: pictures, size: [8, 8]}\n"
        "model:\n  layers:\n    - Flatten\n    - {type: Dense, units: 2, activation: softmax}\n"
        "compile: {optimizer: adam, loss: sparse_categorical_crossentropy, metrics: [accuracy]}\n"
        "fit: {epochs: 30}\n"
    )
    assert run(["train", "c.yaml", "-q"]) == 0
    assert run(["predict", "last", "pictures/test/light"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert len(rows) == 20 and {row["prediction"] for row in rows} == {"light"}
    assert rows[0]["file"].endswith("pictures/test/light/0.png")


def test_a_model_of_arrays_takes_pictures(folder, capsys):
    """One trained on arrays predicts the same for pictures of the same pixels."""
    layers = "model.layers=[Flatten, {type: Dense, units: 10, activation: softmax}]"
    assert run(["train", "--set", layers, "--set", "fit.epochs=2", "-q"]) == 0
    (digits, _), _ = kerasette.datasets.digits.load_data()
    for index, image in enumerate(digits[:12]):
        write_png(folder / f"{index:02}.png", image[:, :, None])
    np.savez(folder / "images.npz", x=digits[:12])
    found = []
    for source in (".", "images.npz"):
        assert run(["predict", "last", source]) == 0
        rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
        found.append([row["prediction"] for row in rows])
    assert found[0] == found[1] and len(found[0]) == 12


def test_pictures_in_a_run_that_goes_on(pictures, folder):
    """Read ahead by threads, with few of them kept: the same bits as in one go."""
    (folder / "c.yaml").write_text(
        "version: 1\ndata: {type: images, path: pictures, size: [8, 8], cache: 0}\n"
        "model: {layers: [Flatten, {type: Dense, units: 2, activation: softmax}]}\n"
        "compile: {optimizer: adam, loss: sparse_categorical_crossentropy}\n"
        "fit: {epochs: 4, batch_size: 5, class_weight: balanced}\n"
    )
    assert run(["train", "c.yaml", "-q"]) == 0
    assert run(["train", "c.yaml", "-q", "--set", "fit.epochs=2"]) == 0
    assert run(["resume", "last", "-q", "--set", "fit.epochs=4"]) == 0
    whole, cut = sorted((folder / "runs").iterdir())
    found = [
        kerasette.models.load_model(path / "last.keras").get_weights() for path in (whole, cut)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


def test_pictures_that_cannot_be(pictures, folder, data_of, capsys):
    (pictures / "train" / "dark" / "0.png").write_bytes(b"no picture")
    (pictures / "test" / "dark" / "3.png").write_bytes(b"")
    data = data_of("{type: images, path: pictures, size: [8, 8]}")
    with pytest.raises(DataProblem, match=r"dark/0\.png is no picture that can be read"):
        list(batches_of(data.train, batch_size=4).epoch(0))
    with pytest.raises(DataProblem) as error:
        data.verify()
    assert error.value.message.count("is no picture that can be read") == 2
    (pictures / "train" / "empty").mkdir()
    with pytest.raises(DataProblem, match="has no file that ends in"):
        data_of("{type: images, path: pictures, size: [8, 8]}")


def test_texts_of_folder_and_table(texts, data_of):
    folder = data_of("{type: text, path: texts, length: 6}")
    table = data_of("{type: text, path: texts.csv, length: 6}")
    for data in (folder, table):
        assert data.train.x.shape == (65, 6) and data.train.x.dtype == "int32"
        assert data.target.labels == ["bad", "good"]
        assert data.train.x.min() >= 0 and data.train.x.max() < 12
    assert sorted(folder.processing.words) == sorted(table.processing.words)


def test_vocabulary_is_that_of_the_training_texts():
    processing = TextProcessing(["the", "cat"], 4, True, "text")
    assert processing.transform(["The cat sat on the mat", ""]).tolist() == [
        [2, 3, 1, 1], [0, 0, 0, 0],
    ]  # fmt: skip
    again = TextProcessing.from_json(json.loads(json.dumps(processing.to_json())))
    assert again.transform(["cat"]).tolist() == [[3, 0, 0, 0]]


def test_words():
    assert words_of("It's 5 o'clock, Tom_Übel.") == ["it's", "5", "o'clock", "tom", "übel"]
    assert words_of("Ab", lower=False) == ["Ab"] and words_of(None) == []


def test_texts_are_trained_and_predicted(texts, folder, command):
    (folder / "c.yaml").write_text(
        "version: 1\ndata: {type: text, path: texts.csv, length: 9}\n"
        "model:\n  layers:\n    - {type: Dense, units: 2, activation: softmax}\n"
        "compile: {optimizer: adam, loss: sparse_categorical_crossentropy, metrics: [accuracy]}\n"
        "fit: {epochs: 1}\n"
    )
    assert run(["train", "c.yaml", "-q"]) == 0
    ran = command("predict", "last", "-", input="it was great\nit was awful\n")
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == 3
    ran = command("predict", "last", "texts.csv")
    assert ran.stdout.splitlines()[0] == "row,prediction,probability,target"
    ran = command("evaluate", "last", "texts.csv")
    assert "80 samples of texts.csv" in ran.stdout


@pytest.fixture
def series(folder):
    rows = ["day,a,b,note"]
    rows += [f"2024-{i},{np.sin(i / 5):.4f},{np.cos(i / 5):.4f},x" for i in range(200)]
    (folder / "series.csv").write_text("\n".join(rows))
    return folder


def test_windows_lie_in_the_order_of_time(series, data_of):
    data = data_of("{type: time_series, path: series.csv, target: a, window: 5, horizon: 2}")
    assert data.processing.columns == ["a", "b"]
    assert data.train.x.shape == (154, 5, 2) and data.train.y.shape == (154, 1)
    first = data.target.scaler.invert(data.train.y)[0, 0]
    assert first == pytest.approx(np.sin(6 / 5), abs=1e-3)
    # The last window of the training part, and its target, lie before the validation part.
    assert len(data.validation) == 20 - 6 and len(data.test) == 20 - 6
    test = data.target.scaler.invert(data.test.y)[-1, 0]
    assert test == pytest.approx(np.sin(199 / 5), abs=1e-3)
    stride = data_of("{type: time_series, path: series.csv, target: [a, b], window: 5, stride: 5}")
    assert len(stride.train) == 31 and stride.train.y.shape[1:] == (2,)


def test_series_are_trained_and_predicted(series, folder, capsys):
    (folder / "c.yaml").write_text(
        "version: 1\ndata: {type: time_series, path: series.csv, target: a, window: 8}\n"
        "model:\n  layers:\n    - Flatten\n    - {type: Dense, units: 1}\n"
        "compile: {optimizer: {type: Adam, learning_rate: 0.03}, loss: mse}\nfit: {epochs: 60}\n"
    )
    assert run(["train", "c.yaml", "-q"]) == 0
    capsys.readouterr()
    assert run(["predict", "last", "series.csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert len(rows) == 193 and rows[-1]["row"] == "201"
    assert float(rows[-1]["prediction"]) == pytest.approx(np.sin(200 / 5), abs=0.1)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("target: c", "no column 'c'"),
        ("target: note", "'x' is no number"),
        ("target: a, window: 400", "give no window of 400 rows"),
        ("target: a, split: {validation: 150, test: 50}", "leave none to train with"),
    ],
)
def test_series_that_cannot_be(series, data_of, section, said):
    with pytest.raises(DataProblem, match=said):
        data_of(f"{{type: time_series, path: series.csv, {section}}}")


@pytest.mark.parametrize(
    "section",
    ["iris", "{type: text, path: texts.csv}", "{type: table, path: texts.csv, target: label}"],
)
@pytest.mark.usefixtures("texts")
def test_processing_is_kept_as_json(folder, data_of, section):
    data = data_of(section)
    (folder / "processing.json").write_text(json.dumps(processing_json(data)))
    processing, target = load_processing(folder / "processing.json")
    assert processing.to_json() == data.processing.to_json()
    assert target.to_json() == data.target.to_json()


@pytest.mark.parametrize("target", ["a", "[a, b]"])
def test_new_rows_of_a_series(series, capsys, target):
    """In pieces as at once; the last predictions have no target yet, and are not measured."""
    units = 2 if "b" in target else 1
    (series / "c.yaml").write_text(
        f"version: 1\ndata: {{type: time_series, path: series.csv, target: {target}, window: 5,"
        " horizon: 2}\n"
        f"model: {{layers: [Flatten, {{type: Dense, units: {units}}}]}}\n"
        "compile: {optimizer: sgd, loss: mse, metrics: [mean_absolute_error]}\n"
    )
    assert run(["train", "c.yaml", "-q"]) == 0
    tables = []
    for chunk in ("3", "1000"):
        assert run(["predict", "last", "series.csv", "--chunk", chunk]) == 0
        tables.append(list(csv.DictReader(capsys.readouterr().out.splitlines())))
    assert [row["row"] for row in tables[0]] == [str(number) for number in range(7, 203)]
    name = "target" if units == 1 else "a target"
    told = [row[name] for row in tables[0]]
    assert told[:2] == [f"{np.sin(i / 5):.4f}".rstrip("0") for i in (6, 7)]
    assert told[-3] and told[-2:] == ["", ""]
    for one, other in zip(*tables, strict=True):
        assert one["row"] == other["row"] and one[name] == other[name]
    known = (series / "series.csv").read_text().replace(",b,", ",c,")
    (series / "without.csv").write_text(known.replace(",a,", ",d,"))
    assert run(["evaluate", "last", "series.csv", "--json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["samples"] == 194 and found["metrics"]["loss"] > 0
    if units == 1:
        off = [abs(float(row["prediction"]) - float(row[name])) for row in tables[1][:-2]]
        (state,) = series.glob("runs/*/processing.json")
        factor = json.loads(state.read_text())["target"]["scaler"]["factor"]
        error = found["metrics"]["mean_absolute_error"]
        assert error == pytest.approx(np.mean(off) * np.ravel(factor)[0], rel=1e-3)
    assert run(["predict", "last", "without.csv"]) == 3
    assert "there is no column 'a'" in capsys.readouterr().err
