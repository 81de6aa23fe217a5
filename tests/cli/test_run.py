"""Training from a config: what the run's folder holds, how it is told, and going on with it."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
import pytest
from kerasette.cli.main import run

import kerasette
from kerasette.training.checkpoint_folder import CheckpointFolder

IRIS = """\
version: 1
seed: 1
data: {type: iris, scale: standardize, split: {test: 0.3}}
model:
  layers:
    - {type: Dense, units: 16, activation: relu}
    - {type: Dropout, rate: 0.2}
    - {type: Dense, units: 3, activation: softmax}
compile:
  optimizer: {type: SGD, learning_rate: 0.1, momentum: 0.9}
  loss: sparse_categorical_crossentropy
  metrics: [accuracy]
fit: {epochs: 12, batch_size: 15}
"""


@pytest.fixture
def iris(folder):
    (folder / "iris.yaml").write_text(IRIS)
    return folder


@pytest.fixture
def trained(iris, capsys):
    """A run of the config above, and what was printed."""
    assert run(["train", "iris.yaml"]) == 0
    (path,) = (iris / "runs").iterdir()
    return path, capsys.readouterr()


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def weights_of(path):
    return kerasette.models.load_model(path, compile=False).get_weights()


def test_folder_of_a_run(trained):
    path, _ = trained
    assert path.name.endswith("-iris-1")
    assert (path / "config" / "iris.yaml").read_text() == IRIS
    state = json.loads((path / "state.json").read_text())
    assert state["status"] == "done" and state["exit_code"] == 0 and state["epochs"] == 12
    assert state["test"]["accuracy"] > 0.85
    rows = rows_of(path / "history.csv")
    assert [int(row["epoch"]) for row in rows] == list(range(1, 13))
    best = min(rows, key=lambda row: float(row["val_loss"]))
    assert state["best"]["epoch"] == int(best["epoch"])
    events = [json.loads(line) for line in (path / "log.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["begin", *["epoch"] * 12, "end"]
    environment = json.loads((path / "environment.json").read_text())
    assert environment["packages"]["numpy"] == np.__version__
    names = ["best.keras", "last.keras", "config.yaml", "processing.json"]
    assert all((path / name).stat().st_size for name in names)
    assert len(list((path / "checkpoints").iterdir())) in (1, 2)  # short epochs are not worth one


def test_what_is_printed(trained):
    path, printed = trained
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert lines[0] == ("Data      iris · 95 train, 10 validation, 45 test · shape 4 · 3 classes")
    assert lines[1] == "Model     3 layers · 131 weights, 524 B"
    assert lines[2] == "Training  12 epochs · batches of 15 · SGD · cpu:0, float32"
    assert lines[3] == f"Run       runs/{path.name}"
    assert sum(line.startswith("Epoch ") for line in lines) == 12
    assert lines[-1] == f"Next     kerasette predict runs/{path.name}"
    assert any(line.startswith("Test     loss 0.") for line in lines)


def test_folders_are_never_overwritten(iris):
    for _ in range(3):
        assert run(["train", "iris.yaml", "--set", "fit.epochs=1", "-q"]) == 0
    names = sorted(path.name.rpartition("-")[2] for path in (iris / "runs").iterdir())
    assert names == ["1", "2", "3"]


def test_same_config_gives_same_weights(iris):
    for _ in range(2):
        assert run(["train", "iris.yaml", "--set", "fit.epochs=3", "-q"]) == 0
    first, second = (weights_of(path / "last.keras") for path in sorted((iris / "runs").iterdir()))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_resolved_config_trains_the_same(trained, iris):
    path, _ = trained
    (iris / "again.yaml").write_text((path / "config.yaml").read_text())
    assert run(["train", "again.yaml", "-q"]) == 0
    (again,) = (p for p in (iris / "runs").iterdir() if p.name.endswith("-iris-2"))
    pairs = zip(weights_of(path / "best.keras"), weights_of(again / "best.keras"), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_several_files_and_settings(iris):
    (iris / "more.toml").write_text("compile.optimizer.learning_rate = 0.01\nfit.epochs = 2\n")
    settings = ["--set", "model.layers[0].units=7", "--set", "name=small", "-q"]
    assert run(["train", "iris.yaml", "more.toml", *settings]) == 0
    (path,) = (iris / "runs").iterdir()
    assert path.name.endswith("-small-1")
    assert sorted(p.name for p in (path / "config").iterdir()) == [
        "1-iris.yaml", "2-more.toml", "set.txt",
    ]  # fmt: skip
    assert weights_of(path / "last.keras")[0].shape == (4, 7)
    rows = rows_of(path / "history.csv")
    assert [row["learning_rate"] for row in rows] == ["0.01", "0.01"]


def test_quiet_and_json(iris, capsys):
    assert run(["train", "iris.yaml", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    assert run(["train", "iris.yaml", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["begin", *["epoch"] * 12, "end"]
    assert run(["train", "iris.yaml", "--json", "-q"]) == 0
    (event,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert event["event"] == "end" and event["test"]["accuracy"] > 0.85


def test_output_folder_starts_at_the_configs_folder(iris, folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "iris.yaml").write_text(IRIS + "output: {folder: out}\n")
    assert run(["train", "deep/iris.yaml", "-q", "--set", "fit.epochs=1"]) == 0
    assert len(list((folder / "deep" / "out").iterdir())) == 1


def test_evaluate_is_what_training_said(trained, capsys):
    path, _ = trained
    state = json.loads((path / "state.json").read_text())
    assert run(["evaluate", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["metrics"] == pytest.approx(state["test"]) and found["samples"] == 45
    assert run(["evaluate", "last", "--on", "train", "--model", "last"]) == 0
    assert capsys.readouterr().out.endswith("95 samples of train data, last model\n")


def test_predictions_of_the_test_data(trained, capsys):
    path, _ = trained
    assert run(["predict", str(path)]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert list(rows[0]) == ["sample", "prediction", "probability", "target"]
    right = sum(row["prediction"] == row["target"] for row in rows) / len(rows)
    state = json.loads((path / "state.json").read_text())
    assert right == pytest.approx(state["test"]["accuracy"])
    assert {row["prediction"] for row in rows} == {"setosa", "versicolor", "virginica"}


@pytest.mark.parametrize("form", ["csv", "jsonl", "npz"])
def test_predictions_for_new_samples(trained, folder, form):
    path, _ = trained
    (folder / "new.csv").write_text("a,b,c,d\n5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n")
    arguments = ["predict", str(path), "new.csv", "-o", f"out.{form}", "--probabilities"]
    assert run(arguments) == 0
    if form == "npz":
        with np.load("out.npz") as found:
            predictions, total = found["prediction"].tolist(), found["p(setosa)"]
    else:
        text = (folder / f"out.{form}").read_text().splitlines()
        rows = list(csv.DictReader(text)) if form == "csv" else list(map(json.loads, text))
        predictions, total = [r["prediction"] for r in rows], [float(r["p(setosa)"]) for r in rows]
    assert predictions == ["setosa", "virginica"]
    assert total[0] > 0.9 > 0.1 > total[1]


def test_predictions_stream_from_standard_input(trained, command):
    path, _ = trained
    text = "".join("5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n" for _ in range(50))
    ran = command("predict", path, "-", "--chunk", "8", input=text)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert len(lines) == 101 and lines[1].startswith("1,setosa,") and "100,virginica," in lines[100]


def test_summary_of_config_and_run(trained, capsys):
    path, _ = trained
    for source in ("iris.yaml", str(path), str(path / "best.keras")):
        assert run(["summary", source]) == 0
        assert "131" in capsys.readouterr().out


def test_runs_are_listed(trained, capsys):
    path, _ = trained
    assert run(["runs"]) == 0
    assert path.name in capsys.readouterr().out
    assert run(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "done"


def test_resuming_gives_the_same_bits(iris, command):
    """Stopped by a signal in the middle, and resumed: weights and history as if never stopped."""
    long = ["--set", "fit.epochs=150", "--set", "fit.batch_size=2"]
    assert run(["train", "iris.yaml", "-q", "--set", "name=whole", *long]) == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasette.cli", "train", "iris.yaml", "--set", "name=cut", *long],
        env=command.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("Epoch 20/"):
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 75, error
    assert error.startswith("Interrupted by SIGINT after ") and "kerasette resume runs/" in error
    cut, whole = sorted((iris / "runs").iterdir())
    state = json.loads((cut / "state.json").read_text())
    assert state["status"] == "interrupted" and 20 <= state["epochs"] < 150
    assert run(["resume", str(cut), "-q"]) == 0
    for name in ("last.keras", "best.keras"):
        pairs = zip(weights_of(whole / name), weights_of(cut / name), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)
    timed = ("seconds", "step_ms", "waited_ms")
    histories = [
        [{k: v for k, v in row.items() if k not in timed} for row in rows_of(path / "history.csv")]
        for path in (cut, whole)
    ]
    assert histories[0] == histories[1]


def test_resuming_after_a_kill(iris, command):
    """Killed without a chance to save: resumed from the last checkpoint, with the same end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasette.cli", "train", "iris.yaml", "--set", "fit.epochs=99999"],
        env=command.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(iris.glob("runs/*/checkpoints/checkpoint-*")) and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.kill()
    process.communicate()
    (path,) = (iris / "runs").iterdir()
    assert json.loads((path / "state.json").read_text())["status"] == "running"
    epochs = CheckpointFolder(path / "checkpoints").read()["epoch"] + 20
    assert run(["resume", str(path), "-q", "--set", f"fit.epochs={epochs}"]) == 0
    assert run(["train", "iris.yaml", "-q", "--set", f"fit.epochs={epochs}"]) == 0
    first, second = (weights_of(p / "last.keras") for p in sorted((iris / "runs").iterdir()))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    rows = rows_of(path / "history.csv")
    assert [int(row["epoch"]) for row in rows] == list(range(1, epochs + 1))


def test_more_epochs_for_a_run_that_is_done(trained, iris, capsys):
    path, _ = trained
    assert run(["resume", str(path)]) == 4
    assert f"kerasette resume runs/{path.name} --set fit.epochs=22" in capsys.readouterr().err
    assert run(["resume", str(path), "-q", "--set", "fit.epochs=20"]) == 0
    assert run(["train", "iris.yaml", "-q", "--set", "fit.epochs=20"]) == 0
    first, second = (weights_of(p / "last.keras") for p in sorted((iris / "runs").iterdir()))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_another_machine_is_told_of(trained, capsys):
    path, _ = trained
    environment = json.loads((path / "environment.json").read_text())
    environment["processor"] = "abacus"
    environment["packages"]["numpy"] = "1.0"
    (path / "environment.json").write_text(json.dumps(environment))
    assert run(["resume", str(path), "--set", "fit.epochs=13"]) == 0
    text = capsys.readouterr().out
    assert "Note: processor: abacus, now " in text
    assert f"; numpy: 1.0, now {np.__version__}. The last bits" in text


@pytest.mark.parametrize(("rows", "epochs"), [(15, 1), (4, 0)])
def test_stopped_while_validating(iris, monkeypatch, rows, epochs):
    """In its last batch the epoch is ended; else the validation is done again."""
    batch = ["--set", f"fit.validation_batch_size={rows}", "-q"]
    from kerasette.cli.run.recorder import Recorder

    def wish(self, logs=None):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Recorder, "on_test_begin", wish)
    assert run(["train", "iris.yaml", *batch, "--set", "name=cut"]) == 75
    monkeypatch.undo()
    (cut,) = (iris / "runs").iterdir()
    assert json.loads((cut / "state.json").read_text())["epochs"] == epochs
    monkeypatch.chdir(iris)
    assert run(["resume", "runs/" + cut.name, "-q"]) == 0
    assert run(["train", "iris.yaml", *batch, "--set", "name=whole"]) == 0
    first, second = (weights_of(p / "last.keras") for p in sorted((iris / "runs").iterdir()))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_steps_per_epoch_go_on_where_they_ended(iris):
    steps = ["--set", "fit.steps_per_epoch=4", "-q"]
    assert run(["train", "iris.yaml", *steps, "--set", "fit.epochs=5", "--set", "name=a"]) == 0
    (first,) = (iris / "runs").iterdir()
    assert run(["resume", str(first), "-q", "--set", "fit.epochs=9"]) == 0
    assert run(["train", "iris.yaml", *steps, "--set", "fit.epochs=9", "--set", "name=b"]) == 0
    one, other = (weights_of(p / "last.keras") for p in sorted((iris / "runs").iterdir()))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_callbacks_write_into_the_runs_folder_and_go_on(iris):
    callbacks = (
        "callbacks=[{type: CSVLogger, filename: own.csv}, {type: ReduceLROnPlateau, patience: 1},"
        " {type: EarlyStopping, monitor: val_accuracy, patience: 30}]"
    )
    settings = ["--set", callbacks, "-q"]
    assert run(["train", "iris.yaml", *settings, "--set", "fit.epochs=7"]) == 0
    (path,) = (iris / "runs").iterdir()
    assert len(rows_of(path / "own.csv")) == 7
    assert run(["resume", str(path), "-q", "--set", "fit.epochs=15"]) == 0
    assert run(["train", "iris.yaml", *settings, "--set", "fit.epochs=15"]) == 0
    first, second = sorted((iris / "runs").iterdir())
    rates = [[r["learning_rate"] for r in rows_of(p / "history.csv")] for p in (first, second)]
    assert rates[0] == rates[1] and len(set(rates[0])) > 1
    pairs = zip(weights_of(first / "last.keras"), weights_of(second / "last.keras"), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_balanced_classes(iris):
    settings = ["--set", "fit.class_weight=balanced", "--set", "fit.epochs=2", "-q"]
    assert run(["train", "iris.yaml", *settings]) == 0


def test_a_loss_that_is_no_number_ends_training(iris, capsys):
    assert run(["train", "iris.yaml", "--set", "compile.optimizer.learning_rate=1e30"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: The loss is nan after epoch ") and "learning_rate" in error
    (path,) = (iris / "runs").iterdir()
    assert json.loads((path / "state.json").read_text())["status"] == "failed"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["evaluate", "nowhere"], 4, "There is no run nowhere."),
        (["evaluate", "."], 4, "no run folder"),
        (["evaluate", "last"], 4, "There is no run in the folder runs."),
        (["resume", "last"], 4, "There is no run"),
        (["runs", "nowhere"], 2, "There is no folder nowhere"),
        (["summary", "nowhere.keras"], 4, "There is no model file nowhere.keras"),
        (["inspect", "nowhere.keras"], 4, "There is no file"),
        (["inspect", "iris.yaml"], 4, "cannot be inspected"),
        (["train", "nowhere.yaml"], 2, "there is no such config file"),
        (["train", "iris.yaml", "--code", "nowhere.py"], 2, "there is no such file"),
        (["trian"], 2, "There is no command 'trian'. Did you mean 'train'?"),
        (["train", "--sett", "x=1"], 2, "--sett"),
        (["run", "nowhere.py"], 2, "There is no file nowhere.py"),
    ],
)
def test_what_cannot_be(iris, capsys, arguments, code, said):
    assert run(arguments) == code
    assert said in capsys.readouterr().err


def test_predictions_that_cannot_be(trained, folder, capsys):
    path, _ = trained
    (folder / "short.csv").write_text("1,2\n")
    (folder / "words.csv").write_text("a,b,c,d\n1,2,3,x\n")
    (folder / "holes.csv").write_text("a,b,c,d\n1,2,,4\n")
    (folder / "empty.csv").write_text("")
    for source, said in {
        "nowhere.csv": "There is no file nowhere.csv",
        "short.csv": "a sample has the shape (2,); the model takes (4,)",
        "words.csv": "row 1: 'x' is no number",
        "holes.csv": "row 1: a value is missing",
        "empty.csv": "is empty",
    }.items():
        assert run(["predict", str(path), source]) == 3
        assert said in capsys.readouterr().err


def test_damaged_runs(trained, capsys):
    path, _ = trained
    (path / "best.keras").write_bytes(b"no model")
    assert run(["predict", str(path)]) == 4
    assert "best.keras cannot be used" in capsys.readouterr().err
    for file in (path / "checkpoints").iterdir():
        file.write_bytes(b"no checkpoint")
    assert run(["resume", str(path), "--set", "fit.epochs=20"]) == 4
    (path / "processing.json").write_text("{}")
    assert run(["predict", str(path), "--model", "last"]) == 4
    (path / "config.yaml").unlink()
    assert run(["evaluate", str(path)]) == 4


def test_no_traceback_without_debug(iris, monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("what nobody thought of")

    monkeypatch.setattr("kerasette.cli.config.load.load", broken)
    assert run(["train", "iris.yaml"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: ZeroDivisionError: what nobody thought of\nWith --debug")
    assert run(["train", "iris.yaml", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def cut_run(monkeypatch, epoch, *arguments):
    """Train, and be told to stop at the end of an epoch."""
    from kerasette.cli.run.recorder import Recorder

    whole = Recorder.on_epoch_end

    def wish(self, number, logs=None):
        whole(self, number, logs)
        if number + 1 == epoch:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Recorder, "on_epoch_end", wish)
    assert run(["train", "iris.yaml", "-q", *arguments]) == 75
    monkeypatch.setattr(Recorder, "on_epoch_end", whole)


def test_train_goes_on_with_a_run_that_is_not_done(iris, monkeypatch, capsys):
    train = ["train", "iris.yaml", "-q", "--resume"]
    assert run([*train, "must"]) == 4
    assert "There is no run named iris in" in capsys.readouterr().err
    cut_run(monkeypatch, 4, "--resume", "auto")  # there is none to go on with: a new one
    cut_run(monkeypatch, 8, "--resume", "auto")
    assert run([*train, "must"]) == 0
    (path,) = (iris / "runs").iterdir()
    assert [int(row["epoch"]) for row in rows_of(path / "history.csv")] == list(range(1, 13))
    assert run([*train, "must"]) == 4
    assert "is done: there is nothing to go on with." in capsys.readouterr().err
    assert run([*train, "auto", "--set", "fit.epochs=14"]) == 0
    assert json.loads((path / "state.json").read_text())["epochs"] == 14
    assert run([*train, "auto", "--set", "fit.epochs=14"]) == 0  # it is done: a new one
    first, second = sorted((iris / "runs").iterdir())
    pairs = zip(weights_of(first / "last.keras"), weights_of(second / "last.keras"), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_another_config_is_refused_with_what_differs(iris, monkeypatch, capsys):
    cut_run(monkeypatch, 4)
    (path,) = (iris / "runs").iterdir()
    before = (path / "config.yaml").read_text()
    other = ["--set", "model.layers[0].units=8", "--set", "compile.optimizer.learning_rate=0.2"]
    for arguments in (["train", "iris.yaml", "--resume", "auto"], ["resume", str(path)]):
        assert run([*arguments, "-q", *other]) == 4
        error = capsys.readouterr().err
        assert f"Error: runs/{path.name} was begun with another config: " in error
        assert "model.layers[0].units: 16, now 8; " in error
        assert "compile.optimizer.learning_rate: 0.1, now 0.2." in error
    assert (path / "config.yaml").read_text() == before
    assert run(["resume", str(path), "-q"]) == 0


def test_other_data_are_refused_with_what_differs(folder, monkeypatch, capsys):
    x = np.random.default_rng(0).normal(size=(60, 4))
    np.savez(folder / "a.npz", x=x, y=x[:, :1])
    (folder / "iris.yaml").write_text(
        "version: 1\ndata: {type: arrays, path: a.npz}\nfit: {epochs: 5}\n"
        "model: {layers: [{type: Dense, units: 1}]}\ncompile: {optimizer: sgd, loss: mse}\n"
    )
    cut_run(monkeypatch, 2)
    x += 1
    np.savez(folder / "a.npz", x=x, y=x[:, :1])
    assert run(["resume", "last", "-q"]) == 4
    error = capsys.readouterr().err
    assert "it is that of another run: data.x: '[49, 4] float32, checksum " in error


def test_a_damaged_checkpoint_is_passed_over(iris, monkeypatch, capsys):
    monkeypatch.setattr("kerasette.cli.run.recorder._BETWEEN_WRITES", 0)
    cut_run(monkeypatch, 6)
    (path,) = (iris / "runs").iterdir()
    first, second = sorted((path / "checkpoints").iterdir())
    second.write_bytes(second.read_bytes()[:-9])
    assert run(["resume", str(path)]) == 0
    assert "Note: " in (said := capsys.readouterr().out) and "The one before it is taken" in said
    assert run(["train", "iris.yaml", "-q"]) == 0
    pair = [weights_of(p / "last.keras") for p in sorted((iris / "runs").iterdir())]
    assert all(np.array_equal(a, b) for a, b in zip(*pair, strict=True))
    assert len(rows_of(path / "history.csv")) == 12 and first.name < second.name


def test_a_full_disk_is_one_clear_error(iris, monkeypatch, capsys):
    monkeypatch.setattr("kerasette.cli.run.recorder._BETWEEN_WRITES", 0)
    whole, is_full = tempfile.mkstemp, []

    def mkstemp(*arguments, **named):
        if is_full or "checkpoint-000004" in named["prefix"]:
            is_full.append(True)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(*arguments, **named)

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)
    assert run(["train", "iris.yaml", "-q"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: ") and error.count("\n") == 1
    assert "checkpoint-000004.state' could not be written: No space left on device." in error
    is_full.clear()
    monkeypatch.setattr(tempfile, "mkstemp", whole)
    assert run(["train", "iris.yaml", "-q", "--resume", "must"]) == 0
    assert run(["train", "iris.yaml", "-q"]) == 0
    pair = [weights_of(path / "last.keras") for path in sorted((iris / "runs").iterdir())]
    assert all(np.array_equal(a, b) for a, b in zip(*pair, strict=True))
