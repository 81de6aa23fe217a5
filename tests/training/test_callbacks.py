"""Each callback on its own, and by what it does to training."""

import csv
import http.server
import json
import os
import threading

import numpy as np
import pytest

import kerasette as keras
from kerasette import callbacks

from .samples import Recorded, mlp, rows, same, weights

X, Y, LABELS = rows()


class Told:
    """Stands for a model: callbacks are told of made-up logs."""

    def __init__(self, *metrics):
        self.metrics = list(metrics)
        self.stop_training = False
        self.value = 0
        self.optimizer = keras.optimizers.SGD(1.0)

    def get_weights(self):
        return [np.float32(self.value)]

    def set_weights(self, values):
        self.value = float(values[0])


def told(callback, values, name="loss", model=None):
    """Give a callback an epoch for each value; the number of epochs until it ends training."""
    model = model or Told()
    callback.set_model(model)
    callback.set_params({"epochs": len(values)})
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.value = epoch
        callback.on_epoch_begin(epoch, logs={})
        callback.on_epoch_end(epoch, logs={name: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch + 1


@pytest.mark.parametrize(
    ("how", "values", "epochs"),
    [
        ({}, [3, 2, 2.5, 1], 3),
        ({"patience": 2}, [3, 2, 2.5, 2.4, 1], 4),
        ({"patience": 2}, [3, 2, 2.5, 1.5, 2, 2, 2], 6),
        ({"min_delta": 0.5}, [3, 2, 1.7, 1], 3),
        ({"min_delta": 0.5, "mode": "max"}, [1, 2, 2.3, 5], 3),
        ({"mode": "max"}, [1, 2, 3, 2], 4),
        ({"baseline": 1.0}, [3, 2, 1.5], 3),
        ({"baseline": 1.0, "patience": 3}, [3, 2, 0.5, 2, 2, 2, 2], 6),
        ({"start_from_epoch": 3}, [1, 2, 3, 4, 5, 6], 5),
    ],
)
def test_early_stopping(how, values, epochs):
    assert told(callbacks.EarlyStopping(**({"monitor": "loss"} | how)), values) == epochs


def test_early_stopping_restores_the_best_weights(capsys):
    model = Told()
    stop = callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True, verbose=1)
    assert told(stop, [3, 1, 2, 2], model=model) == 4
    assert model.value == 1.0 and stop.best_epoch == 1 and stop.stopped_epoch == 3
    assert "Epoch 4: early stopping" in capsys.readouterr().out
    assert told(stop, [5, 6, 7], model=Told()) == 3  # begins anew


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (keras.metrics.BinaryAccuracy, True),
        (keras.metrics.AUC, True),
        (keras.metrics.MeanSquaredError, False),
        (keras.metrics.Recall, True),
        (keras.metrics.BinaryCrossentropy, False),
        (keras.metrics.R2Score, True),
        (keras.metrics.FalsePositives, False),
        (keras.metrics.BinaryIoU, True),
        (keras.metrics.CosineSimilarity, True),
        (keras.metrics.F1Score, True),
        (keras.metrics.KLDivergence, False),
        (keras.metrics.LogCoshError, False),
    ],
)
def test_which_way_is_better(kind, more):
    metric = kind(name="a")
    stop = callbacks.EarlyStopping("val_a")
    assert told(stop, [1.0, 2.0, 3.0], "val_a", Told(metric)) == (3 if more else 2)
    stop = callbacks.EarlyStopping("out_a")  # of one output of several
    assert told(stop, [1.0, 2.0, 3.0], "out_a", Told(metric)) == (3 if more else 2)


def test_which_way_is_better_is_not_known():
    for mode, direction in (("min", 2), ("max", 3)):
        stop = callbacks.EarlyStopping("mine", mode=mode)
        assert told(stop, [1.0, 2.0, 3.0], "mine") == direction
    with pytest.raises(ValueError, match="cannot tell whether 'mine'"):
        told(callbacks.EarlyStopping("mine"), [1.0, 2.0], "mine", Told(keras.metrics.Mean("mine")))
    with pytest.warns(UserWarning, match='"auto"'):
        callbacks.EarlyStopping(mode="best")
    with pytest.warns(
        UserWarning, match=r"'val_los'.*hold \['val_loss'\].*Did you mean 'val_loss'"
    ):
        told(callbacks.EarlyStopping("val_los"), [1.0], "val_loss")


def test_model_checkpoint_names(tmp_path):
    save = callbacks.ModelCheckpoint(
        tmp_path / "new" / "{epoch:02d}-{loss:.1f}.keras", monitor="loss"
    )
    model = mlp()
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[save]).history["loss"]
    names = sorted(os.listdir(tmp_path / "new"))
    assert names == [f"0{n + 1}-{history[n]:.1f}.keras" for n in range(2)]
    loaded = keras.saving.load_model(tmp_path / "new" / names[-1])
    assert same(weights(loaded), weights(model))
    wrong = callbacks.ModelCheckpoint(tmp_path / "{accuracy:.2f}.keras")
    with pytest.raises(KeyError, match=r"'accuracy'.*hold"):
        model.fit(X, Y, verbose=0, callbacks=[wrong])


def test_model_checkpoint_keeps_the_best(tmp_path, capsys):
    path = tmp_path / "best.weights.h5"
    model = mlp(optimizer=keras.optimizers.SGD(0.0))

    class Logs(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = [0.5, 0.9, 0.7][epoch]
            self.model.layers[0].kernel.assign(np.full((3, 5), epoch))

    save = callbacks.ModelCheckpoint(
        path, "score", save_best_only=True, save_weights_only=True, mode="max", verbose=1
    )
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[Logs(), save])
    said = capsys.readouterr().out
    assert "score went from nothing to 0.5" in said and "no better than 0.9" in said
    model.load_weights(path)
    assert np.all(model.layers[0].kernel.numpy() == 1) and save.best == 0.9
    above = callbacks.ModelCheckpoint(
        tmp_path / "above.keras", "score", save_best_only=True, mode="max",
        initial_value_threshold=0.95,
    )  # fmt: skip
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[Logs(), above])
    assert not (tmp_path / "above.keras").exists()


def test_model_checkpoint_by_batches(tmp_path):
    path = tmp_path / "{epoch}-{batch}.weights.h5"
    save = callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=4)
    mlp().fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=[save])  # 3 batches an epoch
    assert sorted(os.listdir(tmp_path)) == ["2-1.weights.h5", "3-2.weights.h5"]
    save = callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=3)
    model = mlp(steps_per_execution=2)
    model.fit(X, Y, batch_size=4, epochs=1, verbose=0, callbacks=[save])
    assert "1-4.weights.h5" in os.listdir(tmp_path)  # looked at after each second batch


def test_model_checkpoint_refuses(tmp_path):
    for wrong in (
        {"filepath": "a.txt"}, {"filepath": "a.keras", "save_weights_only": True},
        {"filepath": "a.keras", "save_freq": "batch"}, {"filepath": "a.keras", "save_freq": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="must"):
            callbacks.ModelCheckpoint(**wrong)
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(OSError, match="is a folder"):
        save = callbacks.ModelCheckpoint(tmp_path / "folder.keras")
        mlp().fit(X, Y, verbose=0, callbacks=[save])


def read(path, separator=","):
    with open(path, newline="") as file:
        return list(csv.reader(file, delimiter=separator))


def test_csv_logger(tmp_path):
    path = tmp_path / "logs" / "history.csv"
    model = mlp(metrics=["mae"])
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.CSVLogger(path)]).history
    table = read(path)
    assert table[0] == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert [row[0] for row in table[1:]] == ["0", "1"] and table[1][3] == "NA"
    assert float(table[2][1]) == history["loss"][1]
    more = callbacks.CSVLogger(path, append=True)
    model.fit(X, Y, epochs=4, initial_epoch=2, verbose=0, callbacks=[more], validation_data=(X, Y))
    table = read(path)
    assert [row[0] for row in table] == ["epoch", "0", "1", "2", "3"] and float(table[3][3]) > 0
    model.fit(X, Y, verbose=0, callbacks=[callbacks.CSVLogger(path, separator=";")])
    assert len(read(path, ";")) == 2


def test_csv_logger_can_be_read_while_it_writes(tmp_path):
    path = tmp_path / "history.csv"
    seen = []
    look = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(len(read(path))))
    mlp().fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.CSVLogger(path), look])
    assert seen == [2, 3]


@pytest.mark.parametrize(
    ("how", "values", "rates"),
    [
        ({"patience": 1, "factor": 0.5}, [3, 3, 3], [1.0, 0.5, 0.25]),
        ({"patience": 2, "factor": 0.5}, [3, 3, 3, 3], [1.0, 1.0, 0.5, 0.5]),
        ({"patience": 1, "factor": 0.5, "cooldown": 2}, [3] * 5, [1.0, 0.5, 0.5, 0.25, 0.25]),
        ({"patience": 1, "factor": 0.1, "min_lr": 0.05}, [3] * 4, [1.0, 0.1, 0.05, 0.05]),
        ({"patience": 1, "min_delta": 1.0}, [3, 2.5, 0], [1.0, 0.1, 0.1]),
        ({"patience": 1, "mode": "max"}, [1, 2, 2], [1.0, 1.0, 0.1]),
    ],
)
def test_reduce_lr_on_plateau(how, values, rates):
    found = []
    model = Told()
    reduce = callbacks.ReduceLROnPlateau(monitor="loss", **how)
    end = reduce.on_epoch_end

    def noting(epoch, logs=None):
        end(epoch, logs)
        found.append(float(model.optimizer.learning_rate))

    reduce.on_epoch_end = noting
    told(reduce, values, model=model)
    assert found == pytest.approx(rates)
    with pytest.raises(ValueError, match="`factor`"):
        callbacks.ReduceLROnPlateau(factor=1.0)


def test_learning_rate_scheduler(capsys):
    for schedule in (lambda epoch, rate: rate * 0.5, lambda epoch: 0.5 ** (epoch + 1)):
        model = mlp(optimizer=keras.optimizers.SGD(1.0))
        set_rate = callbacks.LearningRateScheduler(schedule, verbose=1)
        history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[set_rate]).history
        assert history["learning_rate"] == [0.5, 0.25, 0.125]
    assert "Epoch 3: the learning rate is 0.125" in capsys.readouterr().out
    with pytest.raises(ValueError, match="must give a float"):
        mlp().fit(X, Y, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda e, r: "x")])


def test_lambda_callback():
    calls = []
    hooks = {
        hook: lambda *args, logs=None, hook=hook: calls.append((hook, *args[:1]))
        for hook in (*Recorded.HOOKS, "on_epoch_begin", "on_epoch_end")
    }
    mlp().fit(X, Y, verbose=0, callbacks=[callbacks.LambdaCallback(**hooks)])
    assert calls[0] == ("on_train_begin",) or calls[0][0] == "on_train_begin"
    assert {name for name, *_ in calls} == {
        "on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end",
        "on_epoch_end", "on_train_end",
    }  # fmt: skip
    with pytest.raises(TypeError, match="on_epoch_ends"):
        callbacks.LambdaCallback(on_epoch_ends=print)
    assert not callbacks.LambdaCallback(on_epoch_end=print).wants_batches


def test_swap_ema_weights(tmp_path):
    def run(*chosen, **kwargs):
        model = mlp(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5))
        keras.utils.set_random_seed(1)
        model.fit(X, Y, epochs=3, verbose=0, callbacks=list(chosen), **kwargs)
        return model

    inside = []
    note = callbacks.LambdaCallback(on_test_begin=lambda logs: inside.append(weights(note.model)))
    swapped = run(callbacks.SwapEMAWeights(), note, validation_data=(X, Y))
    plain = run()
    assert same(weights(swapped), weights(plain))  # what fit ends with are the averages
    assert same(inside[-1], weights(plain))  # and they were in place for the validation
    path = tmp_path / "{epoch}.weights.h5"
    save = callbacks.ModelCheckpoint(path, save_weights_only=True)
    each = run(callbacks.SwapEMAWeights(swap_on_epoch=True), save)
    assert same(weights(each), weights(plain))
    loaded = mlp()
    loaded.load_weights(tmp_path / "3.weights.h5")
    assert same(weights(loaded), weights(plain))
    stop = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stop.model, "stop_training", epoch == 1)
    )
    early = run(callbacks.SwapEMAWeights(swap_on_epoch=True), stop)
    two = mlp(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5))
    keras.utils.set_random_seed(1)
    two.fit(X, Y, epochs=2, verbose=0)
    assert same(weights(early), weights(two))
    with pytest.raises(ValueError, match="use_ema=True"):
        mlp().evaluate(X, Y, verbose=0, callbacks=[callbacks.SwapEMAWeights()])


@pytest.fixture
def server():
    """A server that keeps what it is sent."""
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, self.headers["Content-Type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    running = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", received
    running.shutdown()
    running.server_close()


def test_remote_monitor(server):
    root, received = server
    as_json = callbacks.RemoteMonitor(root, path="/here/", send_as_json=True)
    history = mlp().fit(X, Y, verbose=0, callbacks=[as_json, callbacks.RemoteMonitor(root)])
    (path, kind, body), (_, form, _) = received
    assert path == "/here/" and kind == "application/json" and "form" in form
    assert json.loads(body) == {"epoch": 0, "loss": history.history["loss"][0]}
    with pytest.warns(UserWarning, match="could not be reached"):
        mlp().fit(X, Y, verbose=0, callbacks=[callbacks.RemoteMonitor("http://127.0.0.1:9")])
    with pytest.raises(ValueError, match="http://"):
        mlp().fit(X, Y, verbose=0, callbacks=[callbacks.RemoteMonitor("file:///")])


def test_orbax_checkpoint_keeps_the_last_few(tmp_path):
    keep = callbacks.OrbaxCheckpoint(tmp_path / "all", max_to_keep=2)
    model = mlp()
    model.fit(X, Y, epochs=4, verbose=0, callbacks=[keep])
    assert sorted(os.listdir(tmp_path / "all")) == ["2", "3"]
    loaded = keras.saving.load_model(tmp_path / "all" / "3" / "model.keras")
    assert same(weights(loaded), weights(model))
    some = callbacks.OrbaxCheckpoint(
        tmp_path / "best", save_best_only=True, monitor="loss", save_weights_only=True,
        save_on_background=False, max_to_keep=None,
    )  # fmt: skip
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[some])
    assert "model.weights.h5" in os.listdir(tmp_path / "best" / "0")
    batches = callbacks.OrbaxCheckpoint(tmp_path / "batches", save_freq=2, max_to_keep=None)
    mlp().fit(X, Y, epochs=2, batch_size=11, verbose=0, callbacks=[batches])
    assert sorted(os.listdir(tmp_path / "batches")) == ["2", "4"]
    assert keep.is_primary_host() and not keep.is_multihost_enabled()


def test_callback_lists(capsys):
    with pytest.raises(ValueError, match="make an object of it"):
        callbacks.CallbackList([callbacks.History])
    history = callbacks.History()
    found = mlp().fit(X, Y, verbose=0, callbacks=history)
    assert found is history
    many = callbacks.CallbackList([callbacks.Callback()], add_history=True, add_progbar=True)
    assert [type(c).__name__ for c in many.callbacks] == ["Callback", "ProgbarLogger", "History"]
    assert mlp().fit(X, Y, verbose=2, callbacks=many) is many.history
    assert capsys.readouterr().out.startswith("Epoch 1/1 - ")


def test_every_callback_is_registered_and_has_state():
    for name in callbacks.__all__:
        kind = getattr(callbacks, name)
        if name not in ("CallbackList", "Callback"):
            assert keras.registry.find(name, "callback") is kind
            assert issubclass(kind, callbacks.Callback)
