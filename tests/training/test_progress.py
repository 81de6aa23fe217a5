"""Progress: a bar that goes, and a line that stays, in a terminal; lines alone in a file."""

import io
import re
import sys
import types

import pytest

import kerasette as keras

from .samples import mlp, rows

X, Y, LABELS = rows()
LINE = (
    r"Epoch {n}/2 - \d+\.\ds - loss: \d+\.\d{{4}} - mae: \d+\.\d{{4}} - val_loss: .* - val_mae: .*"
)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """In place of the output, from the first line of the test on."""
    output = Terminal()

    def begin():
        monkeypatch.setattr(sys, "stdout", output)
        return output

    return begin


def seen(text):
    """What a terminal shows after carriage returns."""
    lines = [""]
    for part in re.split(r"(\r|\n)", text):
        if part == "\n":
            lines.append("")
        elif part != "\r":
            kept = lines[-1][len(part) :] if "\r" in text else ""
            lines[-1] = part + kept
    return [line.rstrip() for line in lines if line.strip()]


def fit(**how):
    model = mlp(metrics=["mae"])
    model.fit(X, Y, batch_size=4, epochs=2, validation_data=(X, Y), **how)
    return model


def matches(lines):
    return len(lines) == 2 and all(
        re.fullmatch(LINE.format(n=n + 1), line) for n, line in enumerate(lines)
    )


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
def test_a_file_gets_a_line_an_epoch(capsys, verbose):
    fit(verbose=verbose)
    captured = capsys.readouterr()
    assert matches(captured.out.splitlines()) and captured.err == ""
    assert "\r" not in captured.out and "\x1b" not in captured.out


@pytest.mark.parametrize("verbose", [0, False])
def test_silence(capsys, verbose):
    model = fit(verbose=verbose)
    model.evaluate(X, Y, verbose=verbose)
    model.predict(X, verbose=verbose)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize("verbose", ["auto", 1])
def test_a_terminal_gets_a_bar_and_keeps_the_line(terminal, verbose):
    terminal = terminal()
    fit(verbose=verbose)
    assert "\r" in terminal.getvalue() and "Epoch 1/2 0/6 |" in terminal.getvalue()
    assert matches(seen(terminal.getvalue()))


def test_lines_when_asked_for(terminal):
    terminal = terminal()
    fit(verbose=2)
    assert matches(terminal.getvalue().splitlines())


def test_interactive_logging(terminal):
    terminal = terminal()
    assert keras.utils.is_interactive_logging_enabled()
    keras.utils.disable_interactive_logging()
    try:
        fit(verbose=1)
    finally:
        keras.utils.enable_interactive_logging()
    assert matches(terminal.getvalue().splitlines())


def test_evaluate_and_predict(capsys):
    model = mlp(metrics=["mae"])
    model.evaluate(X, Y)
    model.predict(X)
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Evaluate - \d+\.\ds - loss: \S+ - mae: \S+", first)
    assert re.fullmatch(r"Predict - \d+\.\ds", second)


def test_messages_stand_above_the_bar(terminal):
    terminal = terminal()
    tell = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate, verbose=1)
    fit(verbose=1, callbacks=[tell])
    lines = seen(terminal.getvalue())
    assert sum(line.startswith("Epoch 1: the learning rate is") for line in lines) == 1
    assert sum(line.startswith("Epoch 1/2 - ") for line in lines) == 1


def test_an_error_leaves_no_bar_behind(terminal):
    terminal = terminal()

    class Fail(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fit(verbose=1, callbacks=[Fail()])
    assert terminal.getvalue().endswith("\r") or seen(terminal.getvalue()) == []


def test_an_epoch_of_unknown_length(terminal):
    terminal = terminal()

    def batches():
        for start in range(0, 20, 4):
            yield X[start : start + 4], Y[start : start + 4]

    mlp().fit(batches(), verbose=1)
    assert "Epoch 1/1 0/? |" in terminal.getvalue()


def test_a_notebook_gets_a_bar(monkeypatch, capsys):
    class ZMQInteractiveShell:
        pass

    notebook = types.SimpleNamespace(get_ipython=ZMQInteractiveShell)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    fit(verbose="auto")
    out = capsys.readouterr().out
    assert "\r" in out and "Epoch 2/2 - " in out
