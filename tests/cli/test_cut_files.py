"""What processes that died have left of a run's files: all that is whole is still read."""

import json
import os
import sys
import threading

import numpy as np
import pytest
from kerasette.cli.commands.predict import _writer
from kerasette.cli.output import Output
from kerasette.cli.run.history import HistoryFile


def rows(path):
    return [row["epoch"] for row in HistoryFile(path).read()]


def test_a_line_of_the_history_that_was_cut_is_dropped_when_the_run_goes_on(tmp_path):
    path = tmp_path / "history.csv"
    history = HistoryFile(path)
    for epoch in (1, 2, 12):
        history.add({"epoch": epoch, "loss": 0.5})
    whole = path.read_bytes()
    for size in range(whole.rindex(b"12"), len(whole)):
        path.write_bytes(whole[:size])
        assert rows(path) == ["1", "2"]
    history = HistoryFile(path)
    history.trim(2)
    history.add({"epoch": 3, "loss": 0.25})
    assert path.read_text().splitlines() == ["epoch,loss", "1,0.5", "2,0.5", "3,0.25"]


def test_rows_of_a_history_are_not_lost_when_it_cannot_be_written_anew(tmp_path, monkeypatch):
    path = tmp_path / "history.csv"
    history = HistoryFile(path)
    history.add({"epoch": 1, "loss": 0.5})

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        history.add({"epoch": 2, "loss": 0.5, "accuracy": 1.0})
    assert rows(path) == ["1"]


def test_a_line_of_the_log_that_was_cut_is_dropped_when_the_log_goes_on(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"event": "begin"}\n{"event": "epo')
    output = Output(quiet=True, as_json=False)
    output.open_log(path)
    output.event("epoch", number=1, name_="é")
    output.close_log()
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [event["event"] for event in found] == ["begin", "epoch"]


def test_predictions_that_fail_midway_leave_what_was_there(tmp_path):
    for name in ("out.csv", "out.jsonl", "out.npz"):
        path = tmp_path / name
        path.write_text("before")
        with pytest.raises(ZeroDivisionError), _writer(str(path), None) as writer:
            writer.write({"row": np.arange(2)})
            raise ZeroDivisionError
        assert path.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.jsonl", "out.npz"]


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes in folders")
def test_predictions_can_go_into_a_pipe(tmp_path):
    pipe = tmp_path / "out.csv"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    with _writer(str(pipe), None) as writer:
        writer.write({"row": [1, 2]})
        writer.close()
    reader.join()
    assert got == ["row\n1\n2\n"]
