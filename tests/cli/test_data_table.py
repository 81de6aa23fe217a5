"""Tables from a config: encoders fitted to the training rows, and what cannot be."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasette.cli.config.schema_data import Column
from kerasette.cli.data.columns import ENCODERS, CannotEncode, find_kind
from kerasette.cli.data.table import TableProcessing
from kerasette.cli.errors import DataProblem
from kerasette.cli.main import run


def texts(*values):
    column = np.empty(len(values), object)
    column[:] = values
    return column


@pytest.fixture
def table(folder):
    """Write a CSV file of mixed columns: 60 rows, some values missing."""

    def write(name="a.csv", delimiter=",", opener=open):
        random = np.random.default_rng(0)
        rows = [["id", "age", "city", "when", "note", "price"]]
        for i in range(60):
            age = "" if i % 7 == 0 else str(random.integers(1, 90))
            note = " ".join(random.choice("the quick brown fox jumps over lazy dogs".split(), 5))
            day = f"2024-{1 + i % 12:02}-{1 + i % 28:02}"
            rows.append([f"x{i}", age, ["Rome", "Paris", "NA"][i % 3], day, note, f"{i * 1.5:.2f}"])
        with opener(folder / name, "wt", encoding="utf-8") as file:
            file.write("\n".join(delimiter.join(row) for row in rows) + "\n")

    return write


def test_columns_of_every_kind(table, data_of):
    table()
    data = data_of("{type: table, path: a.csv, target: price, target_scale: standardize}")
    kinds = {name: encoder.kind for name, encoder in data.processing.encoders.items()}
    assert kinds == {"age": "number", "city": "category", "when": "date", "note": "text"}
    assert data.train.x.shape[1] == len(data.processing.names())
    assert np.isfinite(data.train.x).all()
    assert data.notes == ["column 'id' is left out: nearly every row has another value"]
    assert data.train.y.shape[1:] == (1,) and abs(data.train.y.mean()) < 1e-6
    prices = data.target.scaler.invert(data.train.y)
    assert np.allclose(prices / 1.5, np.round(prices / 1.5), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "delimiter", "opener"),
    [
        ("b.tsv", "\t", open),
        ("b.csv", ";", open),
        ("b.txt", "|", open),
        ("b.csv.gz", ",", gzip.open),
    ],
)
def test_delimiters_are_found(table, data_of, name, delimiter, opener):
    table()
    table(name, delimiter, opener)
    plain, other = (data_of(f"{{type: table, path: {n}, target: price}}") for n in ("a.csv", name))
    assert np.array_equal(plain.train.x, other.train.x)


def test_encoders_know_the_training_rows_alone(folder, data_of):
    rows = ["a,b,y"] + [
        f"{i},{'new' if i >= 80 else 'old' + str(i % 2)},{i % 2}" for i in range(100)
    ]
    (folder / "a.csv").write_text("\n".join(rows[:81]))
    (folder / "test.csv").write_text("\n".join([rows[0], *rows[81:]]))
    data = data_of("{type: table, path: a.csv, test: test.csv, target: y, split: {validation: 0}}")
    assert data.processing.names() == ["a", "b = old0", "b = old1"]
    assert data.train.x[:, 0].max() < data.test.x[:, 0].min()
    assert np.all(data.test.x[:, 1:] == 0)  # a value never seen
    assert data.validation is None


def test_processing_is_kept_with_the_run(table, data_of):
    table()
    data = data_of("{type: table, path: a.csv, target: price}")
    kept = TableProcessing.from_json(json.loads(json.dumps(data.processing.to_json())))
    from pathlib import Path

    from kerasette.cli.data.frame import read_frame

    frame = read_frame(Path("a.csv"), None, ["", "NA"], pytest.fail)
    assert np.array_equal(kept.transform(frame), data.processing.transform(frame))
    assert kept.names() == data.processing.names()


def test_target_classes(folder, data_of):
    (folder / "a.csv").write_text("x,y\n" + "\n".join(f"{i},{'ab'[i % 2]}" for i in range(40)))
    data = data_of("{type: table, path: a.csv, target: y}")
    assert data.target.labels == ["a", "b"] and data.train.y.dtype == "int32"
    (folder / "a.csv").write_text("x,y\n" + "\n".join(f"{i},{9 + i % 3}" for i in range(40)))
    assert data_of("{type: table, path: a.csv, target: y}").target.labels == ["9", "10", "11"]
    data = data_of("{type: table, path: a.csv, target: y, target_type: number}")
    assert data.target.labels is None and data.train.y.dtype == "float32"


def test_numbers_without_a_header(folder, data_of):
    (folder / "a.csv").write_text("\n".join(f"{i},{i + 1},{i % 2}" for i in range(40)))
    data = data_of("{type: table, path: a.csv, target: c3}")
    assert data.processing.names() == ["c1", "c2"]


def test_rows_without_a_target_are_left_out(folder, data_of):
    (folder / "a.csv").write_text("x,y\n" + "\n".join(f"{i},{i % 2 or ''}" for i in range(40))
                                  + "\n" + "\n".join(f"{i},0" for i in range(20)))  # fmt: skip
    data = data_of("{type: table, path: a.csv, target: y}")
    assert data.notes == ["20 rows without a value of 'y' are left out"]
    assert len(data.train) + len(data.validation) + len(data.test) == 40


def test_columns_may_be_told(table, data_of):
    table()
    told = "{age: category, city: {type: category, most: 1}, when: ignore, note: ignore}"
    data = data_of(f"{{type: table, path: a.csv, target: price, ignore: [id], columns: {told}}}")
    names = data.processing.names()
    assert "age is missing" in names
    assert sum(name.startswith("city = ") for name in names) == 1 and "city is rarer" in names
    assert not any(name.startswith(("id", "when", "note")) for name in names)


def test_parquet(folder, data_of, table):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import csv, parquet

    table()
    parquet.write_table(csv.read_csv(folder / "a.csv"), folder / "a.parquet")
    assert arrow is not None
    plain, other = (
        data_of(f"{{type: table, path: a.{s}, target: price}}") for s in ("csv", "parquet")
    )
    assert plain.processing.names() == other.processing.names()
    assert np.allclose(plain.train.x, other.train.x)


@pytest.mark.parametrize(
    ("content", "section", "said"),
    [
        ("", "", "is empty"),
        ("a,y\n", "", "has no rows"),
        ("a,y\n1,2,3\n", "", "line 2 of"),
        ("a,a,y\n1,2,3\n", "", "two columns named 'a'"),
        ("a,yy\n1,2\n", "", "has no column 'y'. Did you mean 'yy'?"),
        ("y\n1\n2\n", "", "no column beside the target"),
        ("a,y\n1,x\n2,x\n3,x\n", "", "one value only: 'x'"),
        ("a,y\n1,\n2,\n", "", "no row has a value of 'y'"),
        ("a,y\n1,x\n2,z\n", ", columns: {b: number}", "data.columns.b: a.csv has no column 'b'"),
        ("a,y\n" + "q,1.5\n" * 20, ", columns: {a: number}", "data.columns.a: row"),
        ("a,y\n" + "1,w\n" * 20, ", target_type: number", "'w' is no number"),
        ("a,y\n" + ",1.5\n" * 20, "", "no column is left"),
        ("a,y\n" + "1,1.5\n" * 19 + "inf,2\n", ", columns: {a: number}", "no finite number"),
    ],
)
def test_what_cannot_be(folder, data_of, content, section, said):
    (folder / "a.csv").write_text(content)
    with pytest.raises(DataProblem) as caught:
        data_of(f"{{type: table, path: a.csv, target: y{section}}}", "seed=1")
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", None], "number"), (["a", "b", "a"], "category"), ([None, None], "ignore"),
        (["2024-01-01", None], "date"), (["31.12.2024", "01.02.2024"], "date"),
        (["12/31/2024"], "date"), ([f"id{i}" for i in range(99)], "ignore"),
        ([f"a text of some words {i}" for i in range(30)], "text"), (["true", "false"], "category"),
    ],
)  # fmt: skip
def test_kinds_are_found(values, kind):
    assert find_kind(texts(*values))[0] == kind


def test_dates():
    encoder = ENCODERS["date"].fit(
        texts("2024-01-01", "2024-07-01T06:00", None), Column(type="date")
    )
    rows = encoder.encode(texts("2024-01-01T12:00:00+02:00", None))
    assert rows.shape == (2, len(encoder.names("when"))) and np.isfinite(rows).all()
    assert rows[:, -1].tolist() == [0, 1]
    assert np.allclose(rows[0, 5:7], [0, -1], atol=1e-6)  # noon: opposite of midnight
    with pytest.raises(CannotEncode, match="'x' is no date such as 2024-12-31"):
        encoder.encode(texts("x"))


def test_rare_and_missing_categories():
    column = texts(*["a"] * 5, *["b"] * 3, "c", None)
    encoder = ENCODERS["category"].fit(column, Column(type="category", most=2))
    assert encoder.names("k") == ["k = a", "k = b", "k is missing", "k is rarer"]
    assert encoder.encode(texts("b", None, "c", "new")).tolist() == [
        [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1],
    ]  # fmt: skip


def test_missing_number_is_the_mean_and_marked():
    encoder = ENCODERS["number"].fit(texts("1", "3", None), Column(type="number", scale=None))
    assert encoder.encode(texts("5", None)).tolist() == [[5, 0], [2, 1]]


CELL = st.one_of(
    st.none(), st.integers(-999, 999).map(str), st.floats(-1e6, 1e6).map(repr), st.dates().map(str),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12),
)  # fmt: skip


@given(values=st.lists(CELL, min_size=1, max_size=30))
def test_any_column_is_encoded_and_restored(values):
    """Whatever a column holds, its encoder gives finite numbers, and the saved one the same."""
    column = texts(*values)
    kind, _ = find_kind(column)
    if kind == "ignore":
        return
    encoder = ENCODERS[kind].fit(column, Column(type=kind))
    rows = encoder.encode(column)
    assert rows.shape == (len(values), len(encoder.names("c"))) and np.isfinite(rows).all()
    kept = ENCODERS[kind].from_json(json.loads(json.dumps(encoder.to_json())))
    assert np.array_equal(kept.encode(column), rows)


@pytest.fixture
def trained(folder):
    """A run that predicts a price from a size and a town, and the texts that it may be given."""
    rows = [f"{i},{('Bonn', 'Ulm')[i % 2]},{i * 2.5}" for i in range(1, 61)]
    (folder / "a.csv").write_text("\n".join(["size,town,price", *rows]))
    (folder / "c.yaml").write_text(
        "version: 1\ndata: {type: table, path: a.csv, target: price, target_scale: standardize}\n"
        "model: {layers: [{type: Dense, units: 1}]}\ncompile: {optimizer: sgd, loss: mse}\n"
    )
    assert run(["train", "c.yaml", "-q"]) == 0

    def written(text):
        (folder / "new.csv").write_text(text)
        return "new.csv"

    return written


def test_rows_with_some_targets(trained, capsys):
    """They are predicted, and what the file says of them stands beside; they cannot be measured."""
    source = trained("price,size,town,more\n,3,Bonn,x\n10,,Nowhere,y\n")
    assert run(["predict", "last", source]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "row,prediction,target"
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["", "10"]
    assert run(["predict", "last", source, "--format", "jsonl"]) == 0
    told = [json.loads(line)["target"] for line in capsys.readouterr().out.splitlines()]
    assert told == [None, 10]
    assert run(["evaluate", "last", source]) == 3
    assert "column 'price', row 1: there is no value" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "siz,tow\n1,2\n",
            "trained (is it 'siz'?); there is no column 'town'",
        ),
        ("size,town\nbig,Bonn\n", "column 'size', row 1: 'big' is no number"),
        ("size,town\n", "there is not one sample"),
        ("", "is empty"),
    ],
)
def test_rows_that_do_not_fit(trained, capsys, text, words):
    assert run(["predict", "last", trained(text)]) == 3
    err = capsys.readouterr().err
    assert words in err and err.count("new.csv") == 1
