"""A run of ``fit`` that is stopped and goes on gives the same bits as one that is not."""

import copy
import os
import subprocess
import sys

import numpy as np
import pytest

import kerasette as keras
from kerasette import callbacks
from kerasette.saving.state_file import load_state, save_state

from .samples import mlp, rows, same, weights

X, Y, LABELS = rows()


class Stopped(Exception):
    """Raised where a run is to be stopped."""


class StopAt(callbacks.Callback):
    """Takes the state of the run after some batches, or an epoch, and stops it there."""

    comes_last = True

    def __init__(self, epoch, batch=None):
        super().__init__()
        self.at, self.epoch, self.saved = (epoch, batch), None, None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            self._stop()

    def on_epoch_end(self, epoch, logs=None):
        if (epoch, None) == self.at:
            self._stop()

    def _stop(self):
        self.saved = copy.deepcopy(self.model.fitting.state())
        raise Stopped


class GoOn(callbacks.Callback):
    """Goes on from a state."""

    def __init__(self, saved):
        super().__init__()
        self.saved = saved

    def on_train_begin(self, logs=None):
        self.model.fitting.load_state(self.saved)


def made(seed=11, **compiled):
    return mlp(
        seed,
        dropout=0.4,
        optimizer=keras.optimizers.Adam(0.05),
        metrics=["mae", keras.metrics.MeanSquaredError(name="error")],
        **compiled,
    )


def helpers():
    """Callbacks that remember."""
    return [
        callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.5, factor=0.7),
        callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=True),
    ]


def data(kind):
    """The same data as arrays, a dataset or a generator; what ``fit`` is to be told of them."""
    if kind == "arrays":
        return {"x": X, "y": Y, "batch_size": 5}
    if kind == "few steps":
        return {"x": X, "y": Y, "batch_size": 5, "steps_per_epoch": 3}
    if kind == "many steps":
        return {"x": X, "y": Y, "batch_size": 5, "steps_per_epoch": 7}
    if kind == "dataset":
        return {"x": Dataset()}
    if kind == "generator":
        return {"x": endless(), "steps_per_epoch": 4}
    return {"x": Iterable()}


class Dataset(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[index * 5 : index * 5 + 5], Y[index * 5 : index * 5 + 5]


class Iterable:
    def __iter__(self):
        return (Dataset()[index] for index in range(5))


def endless():
    number = 0
    while True:
        rows_of = [(number * 7 + i) % len(X) for i in range(4)]
        yield X[rows_of], Y[rows_of]
        number += 1


def run(kind, *more, epochs=5, seed=11, **compiled):
    model = made(seed, **compiled)
    history = model.fit(
        **data(kind),
        epochs=epochs,
        verbose=0,
        validation_data=(X, Y),
        callbacks=[*helpers(), *more],
    )
    optimizer = [variable.numpy() for variable in model.optimizer.variables]
    return [*weights(model), *optimizer, *map(np.array, history.history.values())]


KINDS = ["arrays", "few steps", "many steps", "dataset", "generator", "iterable"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [(2, 1), (2, None), (0, 0)])
def test_same_bits(kind, place):
    straight = run(kind)
    stop = StopAt(*place)
    with pytest.raises(Stopped):
        run(kind, stop)
    assert stop.saved["batch"] == (0 if place[1] is None else place[1] + 1)
    keras.utils.set_random_seed(999)  # another process would have other numbers
    assert same(run(kind, GoOn(stop.saved), seed=77), straight)


def test_same_bits_after_the_last_batch_of_an_epoch():
    straight = run("arrays", StopAt(99))
    stop = StopAt(1, 4)
    with pytest.raises(Stopped):
        run("arrays", stop)
    assert same(run("arrays", StopAt(99), GoOn(stop.saved), seed=5), straight)


def test_same_bits_eagerly_and_with_groups_of_steps():
    straight = run("arrays", run_eagerly=True)
    stop = StopAt(2, 2)
    with pytest.raises(Stopped):
        run("arrays", stop, run_eagerly=True)
    assert same(run("arrays", GoOn(stop.saved), seed=7, run_eagerly=True), straight)
    grouped = StopAt(2, 3)
    straight = run("arrays", steps_per_execution=2)
    with pytest.raises(Stopped):
        run("arrays", grouped, steps_per_execution=2)
    assert same(run("arrays", GoOn(grouped.saved), seed=7, steps_per_execution=2), straight)


def test_random_numbers_go_on():
    """Draws without a seed, of kerasette, Python and numpy, in callbacks and data."""
    import random

    class Draw(callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.drawn = []

        def on_train_batch_end(self, batch, logs=None):
            draws = (float(keras.random.uniform(())), random.random(), np.random.random())
            self.drawn.append(draws)

    straight, second = Draw(), Draw()
    run("arrays", straight)
    stop = StopAt(2, 1)
    with pytest.raises(Stopped):
        run("arrays", Draw(), stop)
    run("arrays", second, GoOn(stop.saved), seed=3)
    assert second.drawn == straight.drawn[-len(second.drawn) :] and len(second.drawn) == 13


def test_state_is_kept_whole_in_a_file(tmp_path):
    stop = StopAt(1, 1)
    with pytest.raises(Stopped):
        run("arrays", stop)
    save_state(tmp_path / "run.state", stop.saved)
    straight = run("arrays")
    assert same(run("arrays", GoOn(load_state(tmp_path / "run.state")), seed=1), straight)


def test_state_files(tmp_path):
    path = tmp_path / "a.state"
    tree = {
        "a": [1, 2.5, None, "text", True, {"b": np.arange(3)}], 7: np.float16(2),
        "e": np.zeros((0, 2)), "i": np.array(3), "x": float("inf"),
    }  # fmt: skip
    save_state(path, tree)
    found = load_state(path)
    assert found["a"][:5] == tree["a"][:5] and found[7].dtype == np.float16
    assert found["e"].shape == (0, 2) and found["i"].shape == () and found["x"] == np.inf
    np.testing.assert_array_equal(found["a"][5]["b"], np.arange(3))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(OSError, match="damaged"):
        load_state(path)
    with pytest.raises(OSError, match="no such file"):
        load_state(tmp_path / "none")
    with pytest.raises(TypeError, match="keys"):
        save_state(path, {(1, 2): 3})


@pytest.mark.parametrize("kind", ["arrays", "generator"])
@pytest.mark.parametrize("save_freq", ["epoch", 2])
def test_backup_and_restore(tmp_path, kind, save_freq):
    straight = run(kind)

    def backup():
        return callbacks.BackupAndRestore(tmp_path / "backup", save_freq=save_freq)

    with pytest.raises(Stopped):
        run(kind, backup(), StopAt(2, 3))
    assert len(os.listdir(tmp_path / "backup")) == 1
    assert same(run(kind, backup(), seed=42), straight)  # with the whole History
    assert not (tmp_path / "backup").exists()


def test_backup_and_restore_with_a_damaged_file(tmp_path):
    def backup(**how):
        return callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False, **how)

    straight = run("arrays")
    with pytest.raises(Stopped):
        run("arrays", backup(double_checkpoint=True), StopAt(3, 1))
    _, latest = sorted(tmp_path.iterdir())
    latest.write_bytes(b"half a fi")
    with pytest.warns(UserWarning, match=r"damaged.*one before it is taken"):
        found = run("arrays", backup(), seed=4)
    assert same(found, straight)
    (latest,) = tmp_path.iterdir()
    latest.write_bytes(b"half a fi")
    with pytest.raises(OSError, match="damaged"):
        run("arrays", backup())


def test_backup_and_restore_refuses(tmp_path):
    with pytest.raises(ValueError, match="`backup_dir`"):
        callbacks.BackupAndRestore("")
    with pytest.raises(ValueError, match="`save_freq`"):
        callbacks.BackupAndRestore(tmp_path, save_freq="batch")
    with pytest.raises(Stopped):
        run("arrays", callbacks.BackupAndRestore(tmp_path), StopAt(1, 1))
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"another run: model\.layers"):
        model.fit(X, Y, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path)])


def test_csv_logger_goes_on(tmp_path):
    for append in (False, True):
        paths = [tmp_path / f"{append}_{n}.csv" for n in range(2)]
        run("arrays", callbacks.CSVLogger(paths[0], append=append))
        stop = StopAt(2, 1)
        with pytest.raises(Stopped):
            run("arrays", callbacks.CSVLogger(paths[1], append=append), stop)
        run("arrays", callbacks.CSVLogger(paths[1], append=append), GoOn(stop.saved), seed=2)
        assert paths[0].read_text() == paths[1].read_text()


SCRIPT = """
import os, sys
import numpy as np
import kerasette as keras

folder, kill = sys.argv[1], sys.argv[2] == "kill"
keras.utils.set_random_seed(3 if kill else 4)
random = np.random.default_rng(0)
x, y = random.normal(size=(40, 3)).astype("float32"), random.normal(size=(40, 1)).astype("float32")
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dropout(0.5),
                          keras.layers.Dense(1)])
model.compile("adam", "mse")


class Kill(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if kill and int(self.model.optimizer.iterations) == 13:
            os._exit(9)


backup = keras.callbacks.BackupAndRestore(folder + "/backup", save_freq=3)
model.fit(x, y, batch_size=8, epochs=4, verbose=0, callbacks=[backup, Kill()])
model.save_weights(folder + f"/{sys.argv[2]}.weights.h5")
"""


def test_a_killed_process_goes_on_to_the_same_bits(tmp_path):
    def process(folder, how):
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-c", SCRIPT, str(folder), how]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    assert process(tmp_path / "killed", "kill").returncode == 9
    assert process(tmp_path / "killed", "again").returncode == 0
    script = SCRIPT.replace("os._exit(9)", "pass")
    (tmp_path / "straight").mkdir()
    command = [sys.executable, "-c", script, str(tmp_path / "straight"), "kill"]
    subprocess.run(command, check=True)
    files = [tmp_path / "killed" / "again.weights.h5", tmp_path / "straight" / "kill.weights.h5"]
    import h5py

    found = []
    for file in files:
        values = []
        with h5py.File(file) as held:
            held.visititems(
                lambda name, part, values=values: (
                    values.append(part[()]) if isinstance(part, h5py.Dataset) else None
                )
            )
        found.append(values)
    assert same(*found) and len(found[0]) > 4


@pytest.mark.parametrize("part", ["epoch", "logs", "batches", "model", "fingerprint", "random"])
@pytest.mark.parametrize("instead", [None, [], 0.5])
def test_what_is_no_state_of_a_run_is_refused(part, instead):
    stop = StopAt(0)
    with pytest.raises(Stopped):
        made().fit(X, Y, epochs=2, verbose=0, callbacks=[stop])
    model = made(3)
    before = weights(model)
    with pytest.raises(ValueError, match=f"no state of a run: its '{part}' is no"):
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[GoOn({**stop.saved, part: instead})])
    assert same(before, weights(model))
