"""Predictions of any number of samples: in some at a time, out as they come."""

import json
import subprocess
import sys

import numpy as np
import pytest
from kerasette.cli.data.array_files import ArrayFile
from kerasette.cli.data.frame import text_chunks
from kerasette.cli.data.writers import NpzWriter
from kerasette.cli.main import run

CONFIG = """\
version: 1
data: {type: arrays, path: a.npz, scale: standardize}
model: {layers: [{type: Dense, units: 3, activation: softmax}]}
compile: {optimizer: sgd, loss: sparse_categorical_crossentropy}
"""


def fail(message):
    raise AssertionError(message)


@pytest.fixture
def trained(folder):
    """A run that was trained on arrays named pixels and kind, of 100 numbers a sample."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 100)).astype("float32"), np.arange(60) % 3
    np.savez(folder / "a.npz", pixels=x, kind=y)
    (folder / "c.yaml").write_text(CONFIG.replace("a.npz", "a.npz, x: pixels, y: kind"))
    assert run(["train", "c.yaml", "-q"]) == 0
    return folder


def test_rows_of_a_table_are_read_as_they_are_asked_for():
    taken = []

    class Endless:
        def readline(self):
            return "a,b\n"

        def __iter__(self):
            while True:
                taken.append(1)
                yield "1,2\n"

    frames = text_chunks(Endless(), "endless", None, [""], fail, chunk=10)
    assert next(frames).rows == 10 and len(taken) == 10
    assert next(frames).numbers.tolist() == list(range(11, 21)) and len(taken) == 20


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("suffix", [".npz", ".npy", ".h5"])
def test_arrays_in_pieces_are_the_whole(folder, suffix, order):
    array = np.asarray(np.random.default_rng(0).normal(size=(25, 3, 2)), "float32", order=order)
    path = folder / f"a{suffix}"
    if suffix == ".npz":
        np.savez_compressed(path, x=array, y=np.arange(4))
    elif suffix == ".npy":
        np.save(path, array)
    else:
        h5py = pytest.importorskip("h5py")
        with h5py.File(path, "w") as file:
            file["x"] = array
    file = ArrayFile(path, fail)
    assert "x" in file.names and np.array_equal(file.read("x"), array)
    pieces = list(file.pieces("x", 10))
    assert [len(piece) for piece in pieces] == [10, 10, 5]
    assert np.array_equal(np.concatenate(pieces), array)


def test_arrays_that_cannot_be_read_in_pieces(folder):
    np.save(folder / "a.npy", np.arange(1000.0))
    whole = (folder / "a.npy").read_bytes()
    (folder / "a.npy").write_bytes(whole[:-8])
    with pytest.raises(AssertionError, match="the file ends before the array does"):
        list(ArrayFile(folder / "a.npy", fail).pieces("x", 100))
    np.savez(folder / "b.npz", x=np.array([{}]), y=np.float32(3))
    for name in ("x", "y"):
        with pytest.raises(AssertionError, match=f"the array '{name}' cannot be read: it holds"):
            list(ArrayFile(folder / "b.npz", fail).pieces(name, 100))


def test_columns_are_packed_as_they_were_given(folder):
    writer = NpzWriter(folder / "out.npz")
    rows = [(1, "a", 0.5), (2, "longer", 1.5), (3, "ß", -2.0)]
    for number, text, value in rows:
        writer.write({"row": np.array([number]), "kind": np.array([text], object),
                      "value": np.array([value], "float32")})  # fmt: skip
    writer.close()
    writer.discard()
    assert [path.name for path in folder.iterdir()] == ["out.npz"]
    with np.load(folder / "out.npz") as found:
        assert list(zip(*(found[name].tolist() for name in found.files), strict=True)) == rows
        assert found["value"].dtype == "float32" and found["row"].dtype == "int64"


def test_all_forms_say_the_same(trained, capsys):
    assert run(["predict", "last", "a.npz", "-o", "out.npz", "--chunk", "7"]) == 0
    with np.load("out.npz") as found:
        columns = {name: found[name].tolist() for name in found.files}
    assert run(["predict", "last", "a.npz", "--format", "jsonl"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert list(columns) == list(lines[0]) == ["row", "prediction", "probability", "target"]
    assert len(lines) == 60 and columns["row"] == list(range(1, 61))
    for name, values in columns.items():
        told = [line[name] for line in lines]
        assert told == (pytest.approx(values, rel=1e-5) if name == "probability" else values)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="measures by the module resource")
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".npz"])
def test_memory_does_not_grow_with_the_samples(trained, command, suffix):
    few = np.random.default_rng(0).normal(size=(2000, 100)).astype("float32")
    np.savez("few.npz", pixels=few)
    np.savez("many.npz", pixels=np.tile(few, (60, 1)))  # 46 MiB
    code = (
        "import sys, resource; from kerasette.cli.main import run; assert not run(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for source in ("few.npz", "many.npz"):
        arguments = ["predict", "last", source, "-o", f"out{suffix}"]
        ran = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True, text=True, env=command.environment,
        )  # fmt: skip
        peaks.append(int(ran.stdout) / (1 if sys.platform == "linux" else 1024))
    assert peaks[1] - peaks[0] < 12 * 1024
