"""The switches of ``kerasette.config`` that training asks: limits, and how progress is shown."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import kerasette as keras

from .samples import mlp, rows, same, weights

X, Y, _ = rows()  # 22 samples


@pytest.fixture
def limits():
    """Sets both limits; takes them away again."""

    def set_limits(epochs=None, steps=None):
        keras.config.set_max_epochs(epochs)
        keras.config.set_max_steps_per_epoch(steps)

    yield set_limits
    set_limits()


class Counted(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.train = self.test = self.predict = self.epochs = 0

    def on_train_batch_end(self, batch, logs=None):
        self.train += 1

    def on_test_batch_end(self, batch, logs=None):
        self.test += 1

    def on_predict_batch_end(self, batch, logs=None):
        self.predict += 1

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1


def counted(run, **arguments):
    counts = Counted()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(callbacks=[counts], verbose=0, **arguments)
    return counts, [str(one.message) for one in caught]


def test_fit_evaluate_and_predict_are_limited(limits):
    limits(epochs=2, steps=3)
    model = mlp()
    data = {"x": X, "y": Y, "batch_size": 2, "validation_data": (X, Y)}
    counts, said = counted(model.fit, epochs=5, **data)
    assert (counts.epochs, counts.train, counts.test) == (2, 6, 6)
    assert any("`epochs` is 5, and limited to 2" in text for text in said)
    assert any("`steps_per_epoch` is 11, and limited to 3" in text for text in said)
    counts, _ = counted(model.evaluate, x=X, y=Y, batch_size=2)
    assert counts.test == 3
    with pytest.warns(UserWarning, match="limited to 3"):
        assert len(model.predict(X, batch_size=2, verbose=0)) == 6


def test_a_limit_adds_nothing(limits):
    limits(epochs=7, steps=100)
    model = mlp()
    counts, said = counted(model.fit, x=X, y=Y, batch_size=11, epochs=2)
    assert (counts.epochs, counts.train, said) == (2, 4, [])
    limits()
    other = mlp()
    other.fit(X, Y, batch_size=11, epochs=2, verbose=0)
    assert same(weights(model), weights(other))


class Unsized:
    """Batches again and again, nobody knows how many."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return ((X[n : n + 1], Y[n : n + 1]) for n in range(self.count))


@pytest.mark.parametrize(("available", "steps"), [(5, 3), (2, 2)])
def test_data_of_unknown_length_are_limited(limits, available, steps):
    limits(steps=3)
    counts, _ = counted(mlp().fit, x=Unsized(available), epochs=2)
    assert (counts.epochs, counts.train) == (2, 2 * steps)


def test_a_generator_goes_on_in_the_next_epoch(limits):
    limits(steps=2)
    seen = []

    def batches():
        for number in range(8):
            seen.append(number)
            yield X[number : number + 1], Y[number : number + 1]

    counted(mlp().fit, x=batches(), epochs=3)
    assert seen[:6] == [0, 1, 2, 3, 4, 5]


def test_limits_of_the_environment():
    program = "import kerasette as k; print(k.config.max_epochs(), k.config.max_steps_per_epoch())"
    environment = os.environ | {"KERAS_MAX_EPOCHS": "3", "KERAS_MAX_STEPS_PER_EPOCH": "20"}
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.stdout.split() == ["3", "20"], run.stderr
    environment["KERAS_MAX_EPOCHS"] = "few"
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "KERAS_MAX_EPOCHS must be a positive integer. Received: 'few'" in run.stderr


@pytest.mark.parametrize("value", [0, -1, 2.5, "3"])
def test_refused(value):
    with pytest.raises(ValueError, match="`max_epochs` must be a positive integer"):
        keras.config.set_max_epochs(value)
    assert keras.config.max_epochs() is None


def test_one_switch_of_interactive_logging(capsys):
    model = mlp()
    keras.config.disable_interactive_logging()
    try:
        assert not keras.utils.is_interactive_logging_enabled()
        model.fit(X, Y, verbose="auto")
    finally:
        keras.utils.enable_interactive_logging()
    assert keras.config.is_interactive_logging_enabled()
    assert capsys.readouterr().out.startswith("Epoch 1/1 - ")


def test_a_summary_on_a_terminal_without_box_drawing():
    model = "k.Sequential([k.Input((2,)), k.layers.Dense(3)], name='s')"
    program = f"import kerasette as k; {model}.summary()"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert np.all([set(lines[place]) == {mark} for place, mark in ((1, "-"), (3, "="))])
