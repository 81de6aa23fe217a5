"""``fit(resume=...)``: what is refused, what is kept, and how signals end training."""

import errno
import json
import os
import signal
import tempfile
import threading
import time
import warnings

import numpy as np
import pytest

import kerasette as keras
from kerasette import callbacks
from kerasette.errors import FileError
from kerasette.saving.state_file import load_state, save_state
from kerasette.training import environment, fingerprint
from kerasette.training.checkpoint_folder import CheckpointFolder
from kerasette.training.interruption import Interruption

from .samples import forked, mlp, rows, same, weights

X, Y, _ = rows()


def fit(model=None, folder=None, x=X, y=Y, **how):
    """Weights and History of a run."""
    model = model or mlp(3, dropout=0.3)
    how = {"epochs": 4, "batch_size": 5, "verbose": 0, "validation_data": (X, Y)} | how
    history = model.fit(x, y, resume=folder, **how)
    assert model.history is history
    return [*weights(model), *map(np.array, history.history.values())]


class Signal(callbacks.Callback):
    """Sends this process a signal at some call of a hook."""

    def __init__(self, name, hook, at):
        super().__init__()
        self.name, self.left = name, at
        setattr(self, hook, self._count)
        self.wants_batches = "batch" in hook

    def _count(self, *_):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(getattr(signal, self.name))


HOOKS = {
    "on_train_begin": 1, "on_epoch_begin": 2, "on_train_batch_begin": 7, "on_train_batch_end": 10,
    "on_test_begin": 2, "on_test_batch_end": 3, "on_test_end": 1, "on_epoch_end": 4,
}  # fmt: skip


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("hook", HOOKS)
def test_signals_save_and_end_training(tmp_path, name, hook):
    straight = fit()
    with pytest.raises(KeyboardInterrupt if name == "SIGINT" else SystemExit) as ended:
        fit(folder=tmp_path, callbacks=[Signal(name, hook, HOOKS[hook])])
    assert name == "SIGINT" or ended.value.code == 75
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert len(list(tmp_path.iterdir())) in (1, 2)
    assert same(fit(mlp(8, dropout=0.3), tmp_path), straight)


@pytest.mark.parametrize("save_freq", ["epoch", 3, False])
@pytest.mark.parametrize("at", [3, 5, 9])
def test_a_signal_in_any_batch(tmp_path, save_freq, at):
    straight = fit(validation_data=None)
    for seed in (3, 4):
        keep = callbacks.Checkpoints(tmp_path, save_freq=save_freq)
        with pytest.raises(KeyboardInterrupt):
            hook = Signal("SIGINT", "on_train_batch_end", at)
            fit(mlp(seed, dropout=0.3), keep, validation_data=None, callbacks=[hook])
    assert same(fit(mlp(7, dropout=0.3), keep, validation_data=None), straight)


def test_ctrl_c_without_checkpoints_keeps_history_and_model():
    model = mlp(3)
    with pytest.raises(KeyboardInterrupt):
        hook = Signal("SIGINT", "on_train_batch_begin", 12)
        model.fit(X, Y, batch_size=5, epochs=4, verbose=0, callbacks=[hook])
    assert model.history.epoch == [0, 1] and len(model.history.history["loss"]) == 2
    assert int(model.optimizer.iterations) == 12  # the batch was finished
    assert np.isfinite(model.evaluate(X, Y, verbose=0))
    assert len(model.fit(X, Y, verbose=0).epoch) == 1


def test_a_second_signal_ends_at_once():
    class Impatient(callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    model = mlp(3)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[Impatient()])
    assert int(model.optimizer.iterations) == 0
    assert len(model.fit(X, Y, verbose=0).epoch) == 1


def test_a_signal_that_comes_when_all_is_done_is_not_lost():
    with pytest.raises(KeyboardInterrupt):
        fit(callbacks=[Signal("SIGINT", "on_train_end", 1)])


def test_handlers_of_the_program_are_left_alone(tmp_path):
    noted = []
    before = signal.signal(signal.SIGTERM, lambda *_: noted.append(1))
    try:
        straight = fit()
        hook = Signal("SIGTERM", "on_train_batch_end", 3)
        assert same(fit(folder=tmp_path, callbacks=[hook]), straight) and noted == [1]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_interruptions_share_a_wish():
    class Over(Exception):
        pass

    with pytest.raises(Over), Interruption(["SIGUSR1"], Over) as outer, Interruption([]) as inner:
        assert inner.wanted is None
        signal.raise_signal(signal.SIGUSR1)
        assert outer.wanted == inner.wanted == "SIGUSR1"
        raise inner.ending()


def test_a_run_that_is_done_gives_the_same_again_and_goes_on_to_more_epochs(tmp_path):
    straight = fit()
    assert same(fit(folder=tmp_path), straight)
    before = sorted(tmp_path.iterdir())
    assert same(fit(mlp(9, dropout=0.3), tmp_path), straight)
    assert sorted(tmp_path.iterdir()) == before
    assert same(fit(mlp(9, dropout=0.3), tmp_path, epochs=6), fit(epochs=6))


def test_the_same_model_goes_on_in_the_same_program(tmp_path):
    straight = fit(epochs=6)
    model = mlp(3, dropout=0.3)
    with pytest.raises(KeyboardInterrupt):
        fit(model, tmp_path, epochs=6, callbacks=[Signal("SIGINT", "on_train_batch_end", 12)])
    model.optimizer.learning_rate = 0.2  # the checkpoint puts it back
    assert same(fit(model, tmp_path, epochs=6), straight)


@pytest.mark.parametrize("epoch", range(4))
def test_training_that_a_callback_has_ended_stays_ended(tmp_path, epoch):
    class End(callbacks.Callback):
        def on_epoch_end(self, number, logs=None):
            if number == epoch:
                self.model.stop_training = True

    straight = fit(callbacks=[End()])
    fit(folder=tmp_path, callbacks=[End()])
    assert same(fit(mlp(6, dropout=0.3), tmp_path, callbacks=[End()]), straight)
    assert len(fit(mlp(6, dropout=0.3), tmp_path, epochs=5)[-1]) == (5 if epoch < 4 else 4)


def test_what_begins_an_epoch_is_not_done_twice(tmp_path):
    def slower():
        return callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)

    straight = fit(callbacks=[slower()])
    with pytest.raises(KeyboardInterrupt):
        hooks = [slower(), Signal("SIGINT", "on_train_batch_end", 8)]
        fit(folder=tmp_path, callbacks=hooks)
    assert same(fit(mlp(4, dropout=0.3), tmp_path, callbacks=[slower()]), straight)


def test_resume_never_auto_must(tmp_path):
    straight = fit()
    with pytest.raises(FileError, match=r'There is no checkpoint in.*resume is "must"'):
        fit(folder=callbacks.Checkpoints(tmp_path / "a", resume="must"))
    assert same(fit(folder=callbacks.Checkpoints(tmp_path / "a")), straight)
    assert same(fit(folder=callbacks.Checkpoints(tmp_path / "a", resume="must")), straight)
    never = callbacks.Checkpoints(tmp_path / "a", resume="never", keep=1)
    other = fit(mlp(5, dropout=0.3), never, epochs=2)
    assert len(list((tmp_path / "a").iterdir())) == 1 and not same(other, straight)
    for wrong in ({"resume": "maybe"}, {"keep": 0}, {"save_freq": "hour"}):
        with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be"):
            callbacks.Checkpoints(tmp_path, **wrong)
    with pytest.raises(ValueError, match="`resume` must be a folder"):
        fit(folder=3)


def changed_model():
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dense(6, activation="tanh"), keras.layers.Dropout(0.3)]
    return compiled(keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)]))


def compiled(model, rate=0.05):
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse")
    return model


@pytest.mark.parametrize(
    ("said", "how"),
    [
        (r"model.layers\[0\].units: 5, now 6", {"model": changed_model}),
        ("compile.optimizer.learning_rate: 0.05, now 0.01",
         {"model": lambda: compiled(mlp(3, dropout=0.3), 0.01)}),
        ("compile.loss: 'mse', now 'mae'", {"model": lambda: mlp(3, dropout=0.3, loss="mae")}),
        ("data.batch_size: 5, now 4", {"batch_size": 4}),
        ("data.shuffle: True, now False", {"shuffle": False}),
        (r"data.x: '\[22, 3\] float32, checksum", {"x": X + 1e-6}),
        (r"data.y: .*, now '\[21, 1\]", {"x": X[:21], "y": Y[:21]}),
        ("validation.x: ", {"validation_data": (2 * X, Y)}),
        ("validation.*: .*now", {"validation_data": None}),
        ("fit.steps_per_epoch: None, now 3", {"steps_per_epoch": 3}),
        ("fit.validation_freq: 1, now 2", {"validation_freq": 2}),
        ("data.sample_weight: nothing, now '", {"sample_weight": np.ones(22, "float32")}),
    ],
)  # fmt: skip
def test_another_run_is_refused(tmp_path, said, how):
    fit(folder=tmp_path, epochs=1)
    before = [path.read_bytes() for path in tmp_path.iterdir()]
    how = dict(how)
    model = how.pop("model", lambda: mlp(3, dropout=0.3))()
    values = weights(model)
    with pytest.raises(ValueError, match=f"is that of another run: .*{said}"):
        fit(model, tmp_path, **how)
    assert same(values, weights(model))
    assert before == [path.read_bytes() for path in tmp_path.iterdir()]


def test_what_cannot_be_known_is_said(tmp_path, capsys):
    def batches():
        while True:
            yield X[:5], Y[:5]

    def model(seed):
        return mlp(seed, loss=lambda a, b: keras.ops.mean((a - b) ** 2))

    how = {"y": None, "batch_size": None, "steps_per_epoch": 2}
    for verbose in (0, 2):
        fit(model(3), tmp_path, x=batches(), epochs=2, verbose=verbose, **how)
    said = capsys.readouterr().out
    assert "Training goes on after 2 epochs and 0 batches." in said
    assert "cannot be known: the batches of a generator" in said
    assert "cannot be known: `loss` of compile()" in said


def test_other_surroundings_are_told_of_by_one_warning(tmp_path):
    straight = fit()
    fit(folder=tmp_path, epochs=2)
    (*_, path) = sorted(tmp_path.iterdir())
    saved = load_state(path)
    saved["environment"] |= {"threads": 99, "processor features": ["ABACUS"]}
    saved["environment"]["packages"]["numpy"] = "1.0"
    save_state(path, saved)
    with pytest.warns(UserWarning, match="last bits") as said:
        assert same(fit(mlp(2, dropout=0.3), tmp_path), straight)
    assert len(said) == 1
    for part in ("threads: 99, now ", "numpy: 1.0, now ", "ABACUS gone"):
        assert part in str(said[0].message)


def test_environment_is_plain_and_equal_to_itself():
    now = environment.describe()
    assert environment.differences(json.loads(json.dumps(now)), environment.describe()) == []
    assert now["packages"]["numpy"] == np.__version__ and now["processor features"]


# The folder


def test_the_last_few_and_the_best_are_kept_across_restarts(tmp_path):
    class Numbers(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["number"] = [5.0, 3.0, 4.0, 6.0, 1.0, 2.0, 8.0, 9.0][epoch]

    def epochs(count):
        keep = callbacks.Checkpoints(tmp_path, keep=2, monitor="number", mode="min")
        model = mlp(3)
        model.fit(X, Y, epochs=count, callbacks=[Numbers()], resume=keep, verbose=0)
        found = [load_state(path)["epoch"] for path in sorted(tmp_path.iterdir())]
        return found, keep

    assert epochs(2)[0] == [1, 2]
    assert epochs(4)[0] == [2, 3, 4]
    assert epochs(4)[0] == [2, 3, 4]
    assert epochs(6)[0] == [5, 6]
    found, keep = epochs(8)
    assert found == [5, 7, 8]
    model, expected = mlp(1), mlp(3)
    keep.load_best(model)
    expected.fit(X, Y, epochs=5, verbose=0)
    assert same(weights(model), weights(expected))
    with pytest.raises(FileError, match="There is no best checkpoint"):
        callbacks.Checkpoints(tmp_path / "none").load_best(model)


def states(folder):
    return [load_state(path)["n"] for path in folder.files()]


def test_damaged_checkpoints_are_passed_over_and_dropped(tmp_path):
    folder = CheckpointFolder(tmp_path / "run", keep=2)
    assert folder.read() is None and folder.files() == []
    for n in range(4):
        folder.write({"n": n}, is_best=n == 1)
    assert states(folder) == [1, 2, 3]
    latest = folder.files()[-1]
    latest.write_bytes(latest.read_bytes()[:-1])
    again = CheckpointFolder(tmp_path / "run", keep=2)
    with pytest.warns(UserWarning, match="damaged.*The one before it is taken"):
        assert again.read()["n"] == 2
    again.write({"n": 30})
    assert states(again) == [1, 2, 30] and again.read_best()["n"] == 1
    for path in again.files():
        path.write_bytes(b"nothing")
    with warnings.catch_warnings(), pytest.raises(FileError, match="damaged"):
        warnings.simplefilter("ignore")
        again.read()


def test_what_a_killed_save_has_left_is_removed(tmp_path):
    folder = CheckpointFolder(tmp_path, keep=1)
    (tmp_path / ".checkpoint-000001.state.abc.part").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine")
    for n in range(2):
        folder.write({"n": n})
    assert sorted(os.listdir(tmp_path)) == ["checkpoint-000002.state", "notes.txt"]
    folder.clear()
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_a_folder_that_cannot_be_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match=r"The folder .*file' cannot be used: File exists\."):
        fit(folder=tmp_path / "file")


# Fingerprints


def test_one_number_of_a_large_array_is_in_its_fingerprint(monkeypatch):
    array = np.zeros((3000, 7), "float32")
    for whole in (1 << 28, 100):
        monkeypatch.setattr(fingerprint, "_WHOLE", whole)
        monkeypatch.setattr(fingerprint, "_BLOCK", 64)
        codes = set()
        for row in (None, 0, 1, 1234, 2999):
            changed = array.copy()
            if row is not None:
                changed[row, 3] = 2.5 + row
            codes.add(fingerprint.of_array(changed))
        assert len(codes) == 5
        assert fingerprint.of_array(array) == fingerprint.of_array(np.asfortranarray(array))


def test_fingerprints_of_all_kinds_of_arrays():
    for array in (np.zeros((0, 3)), np.array(["a", "bc"]), np.ones(3, bool), X[::2], X.T):
        assert fingerprint.of_array(array) == fingerprint.of_array(array.copy())
    assert fingerprint.of_array(np.array(["a", "bc"])) != fingerprint.of_array(
        np.array(["a", "bd"])
    )


def test_names_that_were_made_up_do_not_count():
    def found():
        inputs = keras.Input((3,))
        x = keras.layers.Dense(2)(inputs)
        model = keras.Model(inputs, keras.layers.Add()([x, keras.layers.Dense(2)(x)]))
        model.compile("adam", "mse")
        return fingerprint.of_run(model, keras.training.data.make_batches(X, Y), None)

    first, second = found(), found()
    assert fingerprint.differences(first, second) == []
    assert fingerprint.differences(json.loads(json.dumps(first)), second) == []
    second["model"]["layers"] = second["model"]["layers"][:-1]
    assert fingerprint.differences(first, second)


# What the system refuses, and when signals come


def failing(number, code):
    """A call that raises an OSError once it has been called so many times."""
    calls = iter(range(1, 10**6))
    whole = tempfile.mkstemp

    def call(*arguments, **named):
        if next(calls) >= number:
            raise OSError(code, os.strerror(code))
        return whole(*arguments, **named)

    return call


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "No space left on device"), (errno.EROFS, "Read-only file system"),
     (errno.EACCES, "Permission denied")],
)  # fmt: skip
def test_a_save_that_fails_is_one_clear_error_and_the_last_one_stands(
    tmp_path, monkeypatch, code, said
):
    straight = fit()
    monkeypatch.setattr(tempfile, "mkstemp", failing(3, code))
    model = mlp(3, dropout=0.3)
    with pytest.raises(FileError, match=rf"checkpoint-000003.state' could not be written: {said}"):
        fit(model, tmp_path)
    assert model.history.epoch == [0, 1, 2]
    monkeypatch.undo()
    assert sorted(os.listdir(tmp_path)) == ["checkpoint-000001.state", "checkpoint-000002.state"]
    assert CheckpointFolder(tmp_path).read()["epoch"] == 2
    assert same(fit(mlp(8, dropout=0.3), tmp_path), straight)


def test_a_signal_within_a_save(tmp_path, monkeypatch):
    straight, flush, calls = fit(), os.fsync, []

    def signalled(handle):
        calls.append(handle)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGTERM)
        flush(handle)

    monkeypatch.setattr(os, "fsync", signalled)
    with pytest.raises(SystemExit):
        fit(folder=tmp_path)
    monkeypatch.undo()
    assert CheckpointFolder(tmp_path).read()["epoch"] == 2
    assert same(fit(mlp(8, dropout=0.3), tmp_path), straight)


def test_signals_at_any_instant(tmp_path):
    """Also while many batches are run in one native call; it may come back at any batch."""

    class Over(Exception):
        pass

    def run(folder, seed):
        model = mlp(seed, dropout=0.3)
        how = {"epochs": 150, "batch_size": 2, "verbose": 0, "resume": folder}
        return [*weights(model), *map(np.array, model.fit(X, Y, **how).history.values())]

    straight, ended = run(None, 3), 0
    began = time.perf_counter()
    run(None, 3)  # once more: the first has also imported and compiled what later ones find
    lasts = time.perf_counter() - began
    # The first signal comes before training does; of the others, the clock says when.
    for delay in (*(lasts * part for part in (0.0, 0.2, 0.4, 0.6)), 3600):
        with Interruption(["SIGINT"], Over):
            timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            try:
                found = run(callbacks.Checkpoints(tmp_path, save_freq=False), 3)
            except Over:
                ended += 1
                continue
            finally:
                timer.cancel()
                timer.join()
        assert same(found, straight)
    assert 1 <= ended < 5


def test_how_often_a_native_call_comes_back_changes_nothing(monkeypatch):
    found = []
    for refresh in (0.0, 1e-3, 10.0):
        monkeypatch.setattr("kerasette.training.loop._REFRESH", refresh)
        found.append(fit(epochs=20))
    assert same(found[0], found[1]) and same(found[0], found[2])


# Models and data of all kinds


class Own(keras.Model):
    """Built by its first batch; has a step and a state of its own."""

    def __init__(self):
        super().__init__()
        self.hidden, self.drop = keras.layers.Dense(4, activation="tanh"), keras.layers.Dropout(0.3)
        self.last = keras.layers.Dense(1)
        self.steps = self.add_weight(shape=(), trainable=False, name="steps")

    def call(self, x):
        return self.last(self.drop(self.hidden(x)))

    def train_step(self, data):
        self.steps.assign_add(1.0)
        return super().train_step(data)


def unbuilt():
    drop = keras.layers.Dropout(0.3)
    return keras.Sequential([keras.layers.Dense(4, activation="tanh"), drop, keras.layers.Dense(1)])


@pytest.mark.parametrize("make", [Own, unbuilt])
@pytest.mark.parametrize("eager", [False, True])
def test_models_that_their_first_batch_builds(tmp_path, make, eager):
    def model(seed):
        keras.utils.set_random_seed(seed)
        made = make()
        made.compile("adam", "mse", metrics=["mae"], run_eagerly=eager)
        return made

    straight = fit(model(3))
    with pytest.raises(KeyboardInterrupt):
        fit(model(3), tmp_path, callbacks=[Signal("SIGINT", "on_train_batch_end", 7)])
    assert same(fit(model(8), tmp_path), straight)


def test_a_model_that_cannot_be_built_beforehand(tmp_path):
    def batches():
        while True:
            yield X[:5], Y[:5]

    def run():
        model = unbuilt()
        model.compile("adam", "mse")
        model.fit(batches(), steps_per_epoch=2, epochs=2, verbose=0, resume=tmp_path)

    run()
    with pytest.raises(ValueError, match="must be built before training can go on"):
        run()


def test_a_callback_whose_state_cannot_be_saved_is_named(tmp_path):
    class Odd(callbacks.Callback):
        def state(self):
            return {"seen": {1, 2}, "tensor": keras.ops.ones(2)}

    with pytest.raises(TypeError, match=r"Received: \{1, 2\} at callbacks/Odd_1/seen\."):
        fit(folder=tmp_path, callbacks=[Odd()])


def test_several_inputs_and_outputs(tmp_path):
    x, y = {"a": X, "b": -X}, {"value": Y, "kind": (X[:, 0] > 0).astype("int64")}

    def run(seed, folder, *more):
        model = forked(seed, loss={"value": "mse", "kind": "sparse_categorical_crossentropy"})
        how = {"epochs": 3, "batch_size": 5, "verbose": 0, "validation_split": 0.2}
        history = model.fit(x, y, resume=folder, callbacks=list(more), **how)
        return [*weights(model), *map(np.array, history.history.values())]

    straight = run(3, None)
    with pytest.raises(KeyboardInterrupt):
        run(3, tmp_path, Signal("SIGINT", "on_train_batch_end", 6))
    assert same(run(8, tmp_path), straight)
    x["b"] = X
    with pytest.raises(ValueError, match=r"another run: data\.x\.b: "):
        run(8, tmp_path)
