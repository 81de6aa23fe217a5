"""Data and models with several inputs and targets, from the config to predictions."""

import csv
import json

import numpy as np
import pytest
from kerasette.cli.main import run

ARRAYS = """\
version: 1
data:
  type: arrays
  path: pairs.npz
  x: {left: a, right: b}
  y: {total: sums, same: equal}
  scale: {left: standardize}
  reshape: {right: [4, 1]}
model:
  outputs: [total, same]
  layers:
    - {type: Flatten, name: flat, inputs: right}
    - {type: Concatenate, name: both, inputs: [left, flat]}
    - {type: Dense, units: 32, activation: relu, name: hidden}
    - {type: Dense, units: 1, name: total, inputs: hidden}
    - {type: Dense, units: 2, activation: softmax, name: same, inputs: hidden}
compile:
  optimizer: {type: Adam, learning_rate: 0.01}
  loss: {total: mse, same: sparse_categorical_crossentropy}
  metrics: {same: [accuracy]}
fit: {epochs: 25}
"""
TABLE = """\
version: 1
data:
  type: table
  path: rooms.csv
  target: [price, kind]
  target_scale: {price: standardize}
  inputs: {size: [width, length], place: [town]}
model:
  outputs: [price, kind]
  layers:
    - {type: Concatenate, name: both, inputs: [size, place]}
    - {type: Dense, units: 16, activation: relu, name: hidden}
    - {type: Dense, units: 1, name: price, inputs: hidden}
    - {type: Dense, units: 2, name: kind, inputs: hidden}
compile:
  optimizer: {type: Adam, learning_rate: 0.02}
  loss: [mse, {type: SparseCategoricalCrossentropy, from_logits: true}]
fit: {epochs: 40, batch_size: 16}
"""


@pytest.fixture
def pairs(folder):
    """Two inputs of four numbers; their sum, and whether the signs of their first are the same."""
    random = np.random.default_rng(0)
    a, b = (random.normal(size=(400, 4)).astype("float32") for _ in "ab")
    equal = ((a[:, 0] > 0) == (b[:, 0] > 0)).astype("int64")
    np.savez(folder / "pairs.npz", a=a, b=b, sums=(a + b).sum(1), equal=equal, other=a)
    (folder / "c.yaml").write_text(ARRAYS)
    return folder


@pytest.fixture
def rooms(folder):
    """A table with two targets: a price, and a kind that the width decides."""
    random = np.random.default_rng(1)
    rows = [["width", "length", "town", "floor", "price", "kind"]]
    for _ in range(300):
        width, length = random.integers(1, 20, 2)
        town = random.choice(["Bonn", "Ulm"])
        price = width * length * (2 if town == "Bonn" else 1)
        rows.append([width, length, town, 3, float(price) + 0.5, "wide" if width > 9 else "narrow"])
    (folder / "rooms.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
    (folder / "c.yaml").write_text(TABLE)
    return folder


def printed(capsys):
    return list(csv.DictReader(capsys.readouterr().out.splitlines()))


def test_arrays_by_input_and_output(pairs, capsys):
    assert run(["train", "c.yaml", "--json", "-q"]) == 0
    test = json.loads(capsys.readouterr().out)["test"]
    assert test["same_accuracy"] > 0.75 and test["loss"] < 1.5
    assert run(["predict", "last", "pairs.npz", "--probabilities"]) == 0
    rows = printed(capsys)
    names = ["row", "total", "same", "same probability", "same p(0)", "same p(1)",
             "total target", "same target"]  # fmt: skip
    assert list(rows[0]) == names and len(rows) == 400
    right = np.mean([row["same"] == row["same target"] for row in rows])
    assert right > 0.75
    assert run(["evaluate", "last", "pairs.npz", "--json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["samples"] == 400 and found["metrics"]["same_accuracy"] == pytest.approx(right)


def test_inputs_may_bear_the_models_names(pairs, capsys):
    assert run(["train", "c.yaml", "-q", "--set", "fit.epochs=1"]) == 0
    with np.load("pairs.npz") as arrays:
        np.savez("new.npz", left=arrays["a"], right=arrays["b"])
        np.savez("less.npz", left=arrays["a"])
        np.savez("uneven.npz", left=arrays["a"], right=arrays["b"][:5])
    assert run(["predict", "last", "pairs.npz"]) == 0
    known = [float(row["total"]) for row in printed(capsys)]
    assert run(["predict", "last", "new.npz", "--chunk", "64"]) == 0
    rows = printed(capsys)
    assert [float(row["total"]) for row in rows] == pytest.approx(known, abs=1e-5)
    assert "same target" not in rows[0]
    for source, words in (("less.npz", "no array 'b' for the input 'right'"),
                          ("uneven.npz", "the array 'right' ends after 5 samples"),
                          ("c.yaml", "the model has several inputs")):  # fmt: skip
        assert run(["predict", "last", source]) == 3
        assert words in capsys.readouterr().err


def test_columns_by_input_and_output(rooms, capsys):
    assert run(["train", "c.yaml"]) == 0
    out = capsys.readouterr().out
    assert "column 'floor' is left out: no input takes it" in out
    assert "price: targets are numbers, kind: 2 classes" in out
    assert run(["predict", "last", "rooms.csv"]) == 0
    rows = printed(capsys)
    assert list(rows[0]) == ["row", "price", "kind", "kind probability", "price target",
                             "kind target"]  # fmt: skip
    assert np.mean([row["kind"] == row["kind target"] for row in rows]) > 0.95
    assert all(0.5 <= float(row["kind probability"]) <= 1 for row in rows)
    off = [abs(float(row["price"]) - float(row["price target"])) for row in rows]
    assert np.mean(off) < 40  # in the target's own unit
    (page,) = rooms.glob("runs/*/report.html")
    text = page.read_text(encoding="utf-8")
    assert "<h3>price</h3>" in text and "predicted over true" in text
    assert "<h3>kind</h3>" in text and "true classes in rows" in text


def test_a_function_that_returns_dicts(pairs, capsys):
    (pairs / "own.py").write_text(
        "import numpy as np\n"
        "def load():\n"
        "    a = np.load('pairs.npz')\n"
        "    return {'left': a['a'], 'right': a['b']}, {'total': a['sums'], 'same': a['equal']}\n"
    )
    changes = ["--set", "data={type: function, name: load}", "--set", "fit.epochs=1"]
    assert run(["train", "c.yaml", "--code", "own.py", "-q", *changes]) == 0


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("data.x={left: a, right: c}", "data.x.right: the file has no array 'c'. It has: a, b"),
        ("data.x=[a, b]", "must be the name of an array, or a mapping of names to such"),
        ("data.y.total=other", "layers[3]: the model gives one number and a target has 4 numbers"),
        ("data.scale={lefft: 2}", "data.scale.lefft: there is no input 'lefft'. Did you mean"),
        ("data.reshape={right: [3]}", "data.reshape.right: a sample of the shape [4] has 4 values"),
        ("data.y={total: sums, sam: equal}", "has no output 'sam', for which there are targets."),
        (
            "model.outputs=[total, same, both]; compile.loss.both=mse",
            "the output 'both' has a loss, and no targets",
        ),
        ("data.x_test={left: a}", "the file has test data without y_test"),
        ("fit.class_weight=balanced", "fit.class_weight: is for one target; the data have several"),
        ("model.inputs={left: [4], wright: [4, 1]}", "wright: is no input of the data. Did you"),
        ("compile.loss.total=binary_crossentropy", ""),
        ("compile.loss.same=categorical_crossentropy", "compile.loss.same: categorical_crossentr"),
        ("model.layers[0].inputs=rihgt", "no layer or input named 'rihgt'. Did you mean 'right'?"),
    ],
)
def test_what_does_not_fit_together(pairs, capsys, setting, words):
    code = run(["check", "c.yaml", *(w for s in setting.split("; ") for w in ("--set", s))])
    assert code in (2, 3) if words else code == 0
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("data.target=[price, kid]", "data.target[1]: rooms.csv has no column 'kid'. Did you mean"),
        ("data.target=[]", "must be the name of a column, or a list of names"),
        ("data.inputs.size=[width, lenght]", "data.inputs.size[1]: rooms.csv has no column 'lengh"),
        ("data.inputs.size=[width, price]", "'price' is a target or ignored"),
        ("data.inputs.size=[]", "data.inputs.size: must have at least one column"),
        ("data.target_scale={prize: 2}", "'prize' is no target. Did you mean 'price'?"),
        ("data.target_type={kind: number}", "column 'kind', row"),
    ],
)
def test_what_no_table_can_give(rooms, capsys, setting, words):
    assert run(["check", "c.yaml", "--set", setting]) in (2, 3)
    assert words in capsys.readouterr().err


def test_data_and_model_are_blamed_at_once(rooms, capsys):
    wrong = ["data.path=room.csv", "model.layers[1].unit=3", "compile.optimizer=adm"]
    settings = [part for setting in wrong for part in ("--set", setting)]
    assert run(["check", "c.yaml", *settings, "--set", "callbacks=[EarlyStoping]"]) == 2
    err = capsys.readouterr().err
    assert "The config has 4 problems." in err
    for words in ("there is no file", "Dense has no argument 'unit'", "there is no optimizer 'adm'",
                  "there is no callback 'EarlyStoping'"):  # fmt: skip
        assert words in err
