"""Kills training runs, resumes them, and compares what they end with, bit for bit.

    python benchmarks/reliability/kill.py [--runs 510] [--calls 1000] [--seed 0]

Every run is a process of its own, made by ``fork`` from one that has done each once already (all is
imported and compiled), so that hundreds take minutes. First, runs are ended by SIGKILL at random
instants, up to three times each, and resumed. Then, for each call to the file system in the first
saves of a run, one run dies at it and another one meets a full disk there. Each must end with what
the run left alone ends with: weights, optimizer, History, state of the callbacks, the best model,
the lines of the CSV file.
"""

import argparse
import itertools
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERASETTE_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

import kerasette
from kerasette.errors import FileError
from kerasette.saving.state_file import load_state, save_state
from tests.reliability.file_calls import At, die, disk_full

FINISHED, KILLED, FAILED = 0, 9, 3
WAYS = {"backup": "BackupAndRestore", "resume": "fit(resume=)"}
SAVES = 3  # whose calls to the file system are gone through
Train = Callable[[Path, str], None]


def _data(steps: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    shape = (40, 6) if steps is None else (40, steps, 6)
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    return x, np.tanh(x.sum(-1, keepdims=True)).reshape(40, -1)[:, :1]


def dense(folder: Path, way: str) -> None:
    """Dropout and batch normalization; Adam on a schedule; a state every third batch."""
    layers, schedules = kerasette.layers, kerasette.optimizers.schedules
    model = kerasette.Sequential(
        [
            kerasette.Input((6,)),
            layers.Dense(8, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.4),
            layers.Dense(1),
        ]
    )
    rate = schedules.ExponentialDecay(0.05, 7, 0.9)
    _fit(model, kerasette.optimizers.Adam(rate), _data(), folder, way, save_freq=3)


def recurrent(folder: Path, way: str) -> None:
    """A stateful LSTM; gradients of two batches together, averages of weights; a state an epoch."""
    layers = kerasette.layers
    model = kerasette.Sequential(
        [
            kerasette.Input((5, 6), batch_size=8),
            layers.LSTM(4, dropout=0.2, stateful=True),
            layers.Dense(1),
        ]
    )
    optimizer = kerasette.optimizers.SGD(
        0.1, momentum=0.9, gradient_accumulation_steps=2, use_ema=True, ema_overwrite_frequency=5
    )
    _fit(model, optimizer, _data(5), folder, way, save_freq="epoch")


def scaled(folder: Path, way: str) -> None:
    """The loss scaled, the rate reduced on a plateau, noise; a state after each batch."""
    layers = kerasette.layers
    model = kerasette.Sequential(
        [
            kerasette.Input((6,)),
            layers.GaussianNoise(0.3),
            layers.Dense(8, "gelu"),
            layers.Dense(1),
        ]
    )
    inner = kerasette.optimizers.RMSprop(0.02)
    optimizer = kerasette.optimizers.LossScaleOptimizer(inner, dynamic_growth_steps=4)
    plateau = kerasette.callbacks.ReduceLROnPlateau(patience=1, min_delta=0.05)
    _fit(model, optimizer, _data(), folder, way, save_freq=1, others=[plateau])


PROGRAMS: dict[str, Train] = {"dense": dense, "recurrent": recurrent, "scaled": scaled}


def _fit(
    model: Any,
    optimizer: Any,
    data: tuple[np.ndarray, np.ndarray],
    folder: Path,
    way: str,
    save_freq: Any,
    others: Any = (),
) -> None:
    """Train, resuming what there is, and keep what the run ends with."""
    model.compile(optimizer, "mse", metrics=["mae"])
    backup, callbacks = folder / "backup", kerasette.callbacks
    used = [
        callbacks.EarlyStopping(patience=4, restore_best_weights=True),
        callbacks.ModelCheckpoint(folder / "best.weights.h5", save_best_only=True,
                                  save_weights_only=True),
        callbacks.CSVLogger(folder / "history.csv"),
        *others,
    ]  # fmt: skip
    resume: dict[str, Any] = {}
    if way == "backup":
        used.append(callbacks.BackupAndRestore(backup, save_freq, delete_checkpoint=False))
    elif way == "resume":
        resume["resume"] = callbacks.Checkpoints(backup, save_freq=save_freq)
    fitted = model.fit(
        *data, batch_size=8, epochs=6, verbose=0, validation_split=0.2, callbacks=used, **resume
    )
    best = kerasette.models.clone_model(model)
    best.load_weights(folder / "best.weights.h5")
    ending = {
        "weights": model.get_weights(),
        "optimizer": [np.asarray(variable) for variable in model.optimizer.variables],
        "history": fitted.history,
        "epochs": fitted.epoch,
        "callbacks": [callback.state() for callback in used[:3]],
        "best": best.get_weights(),
        "lines": (folder / "history.csv").read_text().splitlines(),
    }
    save_state(folder / "ending.state", ending)


class Run:
    """A program in a folder of its own, which processes work at one after the other."""

    def __init__(self, name: str, way: str):
        self.name, self.way = name, way
        self.folder = Path(tempfile.mkdtemp(prefix="kill_"))

    def process(self, at: At | None = None, kill_after: float | None = None) -> int:
        """Let a process work until it is done or killed; how it ended."""
        child = multiprocessing.get_context("fork").Process(target=self.work, args=(at,))
        child.start()
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        code = child.exitcode
        return KILLED if code == -signal.SIGKILL else int(code or 0)

    def work(self, at: At | None = None) -> None:
        kerasette.utils.clear_session()
        kerasette.utils.set_random_seed(5)
        try:
            if at is None:
                PROGRAMS[self.name](self.folder, self.way)
                return
            with at:
                PROGRAMS[self.name](self.folder, self.way)
            (self.folder / "calls").write_text(" ".join(at.made))
        except FileError:
            os._exit(FAILED)

    def ending(self) -> Any:
        """What it ended with; the folder is removed."""
        found = load_state(self.folder / "ending.state")
        shutil.rmtree(self.folder)
        return found


def left_alone(name: str, way: str) -> tuple[Any, float]:
    """What a run ends with, and the seconds it takes."""
    warm = Run(name, way)
    warm.work()  # here, so that the processes forked from now on need not compile
    warm.ending()
    run, start = Run(name, way), time.perf_counter()
    if run.process() != FINISHED:
        raise SystemExit(f"{name}: the run failed before anything was done to it.")
    passed = time.perf_counter() - start
    return run.ending(), passed


def at_random(name: str, way: str, seconds: float, chance: random.Random) -> tuple[Any, int]:
    """A run killed at up to three instants and resumed: what it ends with, and the kills."""
    run, kills, code = Run(name, way), 0, KILLED
    for _ in range(chance.randint(1, 3)):
        code = run.process(kill_after=chance.uniform(0, seconds))
        if code != KILLED:
            break
        kills += 1
    if code == KILLED:
        code = run.process()
    return (run.ending() if code == FINISHED else None), kills


def calls_of(name: str, way: str) -> int:
    """How many calls to the file system a run makes until some files are saved."""
    run = Run(name, way)
    run.process(At(0, die))
    calls = (run.folder / "calls").read_text().split()
    shutil.rmtree(run.folder)
    places = [index for index, call in enumerate(calls, 1) if call == "replace"]
    return places[SAVES]  # up to where the next one would be in its place


def at_call(name: str, way: str, number: int, instead: Callable[[], None]) -> tuple[Any, int]:
    """A run that dies or fails at a call, and is resumed: what it ends with, and how it stopped."""
    run = Run(name, way)
    stopped = run.process(At(number, instead))
    if stopped != FINISHED and run.process() != FINISHED:
        return None, stopped
    return run.ending(), stopped


def is_same(one: Any, other: Any) -> bool:
    """Whether two trees are equal to the bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return repr(one) == repr(other)


class Tally:
    """What became of the runs of a program."""

    def __init__(self, expected: Any):
        self.expected = expected
        self.runs = self.same = self.lost = 0

    def note(self, ending: Any) -> None:
        self.runs += 1
        self.lost += ending is None
        self.same += ending is not None and is_same(self.expected, ending)

    def show(self, name: str, way: str, by: str) -> bool:
        """Print a row of the table; whether a run was lost, or ended otherwise."""
        other = self.runs - self.same - self.lost
        cells = (name, WAYS[way], by, self.runs, self.same, other, self.lost)
        print("|", " | ".join(map(str, cells)), "|", flush=True)
        return self.same < self.runs


def main() -> None:
    """Kill, resume, compare, print a table; exit code 1 where a run ended otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=510, help="killed at random (default: 510)")
    parser.add_argument("--calls", type=int, default=1000, help="to go through at most")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    print("| program | kept by | stopped by | runs | same bits | other bits | lost |")
    print("|---|---|---|---|---|---|---|")
    failed = False
    for name, way in itertools.product(PROGRAMS, WAYS):
        expected, seconds = left_alone(name, way)
        tally, kills = Tally(expected), 0
        while tally.runs < given.runs / (len(PROGRAMS) * len(WAYS)):
            ending, count = at_random(name, way, seconds, chance)
            if count:
                kills += count
                tally.note(ending)
        failed |= tally.show(name, way, f"{kills} kills at random")
    died, full = Tally(expected), Tally(expected)
    count = calls_of(name, way)
    for number in range(1, count + 1, max(1, count // given.calls)):
        died.note(at_call(name, way, number, die)[0])
        full.note(at_call(name, way, number, disk_full)[0])
    failed |= died.show(name, way, "death at each call")
    failed |= full.show(name, way, "a full disk at each call")
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()
