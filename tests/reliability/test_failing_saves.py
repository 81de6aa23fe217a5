"""Saves that are killed, or fail, at each of their calls to the file system."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasette
from kerasette.errors import FileError
from kerasette.saving.state_file import load_state, save_state

from .file_calls import At, die, disk_full

OLD, NEW = ({"epoch": number, "weights": np.full(50, number, "float32")} for number in (1, 2))


def _in_a_child(work: Callable[[], Any]) -> int:
    """The exit code of a process that does the work: 9 where it was killed, else 0."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _calls(path: Path) -> list[str]:
    with At(0, die) as counting:
        save_state(path, OLD)
    calls = counting.made
    flushed, replaced = calls.index("fsync"), calls.index("replace")
    assert "write" in calls[:flushed]
    assert flushed < replaced
    assert "fsync" in calls[replaced:]  # the folder
    assert not {"write", "make"} & set(calls[flushed:])
    return calls


def _killed_save(path: Path, number: int) -> None:
    with At(number, die):
        save_state(path, NEW)


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_save_killed_at_any_call_leaves_the_old_state_or_the_new_one(tmp_path):
    path = tmp_path / "run.state"
    found = set()
    for number in range(1, len(_calls(path)) + 1):
        save_state(path, OLD)
        assert _in_a_child(lambda: _killed_save(path, number)) == 9  # noqa: B023
        state = load_state(path)
        assert (state["weights"] == state["epoch"]).all()
        found.add(state["epoch"])
    assert found == {1, 2}


def test_a_save_that_fails_at_any_call_is_one_clear_error_and_leaves_a_whole_state(tmp_path):
    path = tmp_path / "run.state"
    found = set()
    for number, call in enumerate(_calls(path)[:-1], 1):  # the last call only tidies up
        if call == "make":
            continue  # zipfile tries that again, in another mode
        save_state(path, OLD)
        with At(number, disk_full), pytest.raises(FileError, match=r"run\.state.*No space left"):
            save_state(path, NEW)
        state = load_state(path)
        assert (state["weights"] == state["epoch"]).all()
        found.add(state["epoch"])
    assert 1 in found


def test_what_cannot_be_tidied_up_is_no_error_of_a_save(tmp_path):
    path = tmp_path / "run.state"
    with At(len(_calls(path)), disk_full):
        save_state(path, NEW)
    assert load_state(path)["epoch"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_disk_that_fills_up_while_writing_leaves_the_old_state(tmp_path):
    import resource

    path = tmp_path / "run.state"
    save_state(path, OLD)

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        with pytest.raises(FileError, match=r"run\.state.*too large"):
            save_state(path, NEW)

    assert _in_a_child(work) == 0
    assert load_state(path)["epoch"] == 1
    assert os.listdir(tmp_path) == ["run.state"]


def _trained(folder: Path | None, number: int = 0) -> list[np.ndarray]:
    kerasette.utils.set_random_seed(3)
    model = kerasette.Sequential(
        [kerasette.Input((4,)), kerasette.layers.Dropout(0.3), kerasette.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
    keep = kerasette.callbacks.BackupAndRestore
    callbacks = [] if folder is None else [keep(folder, save_freq=1, delete_checkpoint=False)]
    with At(number, die):
        model.fit(x, x[:, :1], batch_size=8, epochs=2, verbose=0, callbacks=callbacks)
    return [np.asarray(variable) for variable in [*model.weights, *model.optimizer.variables]]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.parametrize("number", range(3, 45, 5))
def test_a_run_killed_within_a_save_goes_on_to_the_same_bits(tmp_path, number):
    expected = _trained(None)
    assert _in_a_child(lambda: _trained(tmp_path / "backup", number)) == 9
    resumed = _trained(tmp_path / "backup")
    for one, other in zip(expected, resumed, strict=True):
        np.testing.assert_array_equal(one, other)
