"""Runs that are broken off somewhere and go on from their checkpoints: what the short matrix in the
tests and the long one in ``benchmarks/reliability`` consist of.

A case is a model, an optimizer, callbacks and a place. Its run is broken off at that place by an
exception that nothing catches, so that only the files stay, and goes on in a model made anew with
other random numbers. Weights, slots, History, the callbacks' states and their files must be those
of the run that was left alone, bit for bit.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import kerasette as keras
from kerasette import callbacks, layers, optimizers

EPOCHS, BATCH, ROWS = 3, 4, 18  # 5 batches an epoch, the last one of 2 rows
schedules = optimizers.schedules


class Broken(BaseException):
    """Ends a run as a kill would."""


class BreakOff(callbacks.Callback):
    """Raises at the given call of a hook."""

    def __init__(self, hook: str, number: int):
        super().__init__()
        self.left = number
        self.wants_batches = "batch" in hook
        setattr(self, hook, self._count)

    def _count(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise Broken


def _of(name: str, **options: Any) -> Callable[[], Any]:
    return lambda: getattr(optimizers, name)(**{"learning_rate": 0.02} | options)


def _multi() -> Any:
    chosen = optimizers.OptimizerMap(optimizers.SGD(0.02, momentum=0.9))
    chosen[".*kernel"] = optimizers.Adam(0.02)
    return optimizers.MultiOptimizer(chosen)


def _scaled() -> Any:
    return optimizers.LossScaleOptimizer(
        optimizers.Adam(0.02), initial_scale=8.0, dynamic_growth_steps=3
    )


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    **{name: _of(name) for name in (
        "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion",
        "Muon", "Nadam", "RMSprop", "SGD", "ScheduleFreeAdamW",
    )},
    "SGD momentum": _of("SGD", momentum=0.9, nesterov=True),
    "RMSprop centered": _of("RMSprop", centered=True, momentum=0.5),
    "Adam amsgrad": _of("Adam", amsgrad=True, global_clipnorm=0.5),
    "averages": _of("Adam", use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=4),
    "accumulation": _of("Adam", gradient_accumulation_steps=3),
    "LossScaleOptimizer": _scaled,
    "MultiOptimizer": _multi,
    "ExponentialDecay": _of("Adam", learning_rate=schedules.ExponentialDecay(0.05, 4, 0.5)),
    "CosineDecay": _of("SGD", learning_rate=schedules.CosineDecay(0.05, 9, warmup_steps=3,
                                                                  warmup_target=0.1)),
    "CosineDecayRestarts": _of("SGD", learning_rate=schedules.CosineDecayRestarts(0.05, 4)),
    "InverseTimeDecay": _of("SGD", learning_rate=schedules.InverseTimeDecay(0.05, 3, 0.5)),
    "PiecewiseConstantDecay": _of("SGD", learning_rate=schedules.PiecewiseConstantDecay(
        [4, 9], [0.05, 0.02, 0.01])),
    "PolynomialDecay": _of("SGD", learning_rate=schedules.PolynomialDecay(0.05, 8)),
}  # fmt: skip


def _stop(folder: Path) -> list[Any]:
    return [callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)]


def _slower(folder: Path) -> list[Any]:
    return [callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.5, cooldown=1)]


def _scheduled(folder: Path) -> list[Any]:
    return [callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.7)]


def _saved(folder: Path) -> list[Any]:
    best = callbacks.ModelCheckpoint(folder / "best.keras", "val_loss", save_best_only=True)
    often = folder / "{epoch}-{batch}.weights.h5"
    every = callbacks.ModelCheckpoint(often, save_weights_only=True, save_freq=3)
    return [best, every, callbacks.CSVLogger(folder / "log.csv")]


def _averages(folder: Path) -> list[Any]:
    return [callbacks.SwapEMAWeights(swap_on_epoch=True)]


CALLBACKS: dict[str, Callable[[Path], list[Any]]] = {
    "none": lambda folder: [],
    "EarlyStopping": _stop,
    "ReduceLROnPlateau": _slower,
    "LearningRateScheduler": _scheduled,
    "ModelCheckpoint, CSVLogger": _saved,
    "SwapEMAWeights": _averages,
    "several": lambda folder: [*_saved(folder), *_stop(folder), *_slower(folder)],
}


def _dense(seed: int) -> Any:
    keras.utils.set_random_seed(seed)
    return keras.Sequential([
        keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.BatchNormalization(),
        layers.Dropout(0.4), layers.Dense(1),
    ])  # fmt: skip


def _recurrent(seed: int) -> Any:
    keras.utils.set_random_seed(seed)
    return keras.Sequential([
        keras.Input(batch_shape=(2, 2, 3)), layers.GRU(4, stateful=True, dropout=0.3),
        layers.GaussianNoise(0.1), layers.Dense(1),
    ])  # fmt: skip


MODELS = {"dense": _dense, "recurrent": _recurrent}


class Place(NamedTuple):
    """Where a run is broken off: at which call of a hook; and how often it saves."""

    hook: str
    number: int
    save_freq: Any


def places() -> Iterator[Place]:
    """All of them: before and after each batch, within validation and saves, between epochs."""
    batches = EPOCHS * -(-ROWS // BATCH)
    counts = {
        "on_train_batch_begin": batches, "on_train_batch_end": batches, "on_epoch_begin": EPOCHS,
        "on_epoch_end": EPOCHS, "on_test_begin": EPOCHS, "on_test_batch_end": 2 * EPOCHS,
        "on_train_end": 1,
    }  # fmt: skip
    for save_freq in ("epoch", 1, 3):
        for hook, count in counts.items():
            for number in range(1, count + 1):
                yield Place(hook, number, save_freq)


@dataclass(frozen=True)
class Case:
    """One cell of the matrix, without its place."""

    model: str
    optimizer: str
    callbacks: str

    def fits(self) -> bool:
        """Whether such a run can be."""
        scheduled = self.optimizer.endswith(("Decay", "Restarts", "MultiOptimizer"))
        changes_rate = self.callbacks in ("ReduceLROnPlateau", "LearningRateScheduler", "several")
        averages = self.callbacks == "SwapEMAWeights"
        return not (scheduled and changes_rate) and (not averages or self.optimizer == "averages")

    def run(self, folder: Path, seed: int, resume: Any = None, *more: Any) -> dict[str, Any]:
        """What a run ends with."""
        random = np.random.default_rng(0)
        shape = (3,) if self.model == "dense" else (2, 3)
        x = random.normal(size=(ROWS, *shape)).astype("float32")
        y = random.normal(size=(ROWS, 1)).astype("float32")
        model = MODELS[self.model](seed)
        model.compile(OPTIMIZERS[self.optimizer](), "mse", metrics=["mae"])
        own = CALLBACKS[self.callbacks](folder)
        batch = BATCH if self.model == "dense" else 2
        history = model.fit(
            x, y, batch_size=batch, epochs=EPOCHS, verbose=0, validation_data=(x[:6], y[:6]),
            callbacks=[*own, *more], resume=resume,
        )  # fmt: skip
        found: dict[str, Any] = {"model": model.state(), "history": history.history}
        found["callbacks"] = [callback.state() for callback in own]
        for path in sorted(folder.iterdir()):
            found[path.name] = _content(path)
        return found

    def goes_on(self, straight: dict[str, Any], place: Place) -> str | None:
        """Break the run off there, and go on; what differs from the run left alone, ``None`` where
        training ended before that place.
        """
        with tempfile.TemporaryDirectory() as name:
            folder, kept = Path(name, "files"), Path(name, "run")
            folder.mkdir()

            def resume() -> Any:
                return callbacks.Checkpoints(kept, save_freq=place.save_freq)

            try:
                self.run(folder, 5, resume(), BreakOff(place.hook, place.number))
            except Broken:
                began_anew = not resume().folder.files()
                again = self.run(folder, 5 if began_anew else 99, resume())
                return difference(straight, again)
            return None

    def straight(self) -> dict[str, Any]:
        """What the run left alone ends with."""
        with tempfile.TemporaryDirectory() as name:
            return self.run(Path(name), 5)


def _content(path: Path) -> Any:
    if path.suffix == ".csv":
        return path.read_text(encoding="utf-8")
    if path.suffix == ".keras":
        return keras.models.load_model(path).state()
    import h5py

    arrays: dict[str, Any] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, part: (
                arrays.update({name: part[()]}) if isinstance(part, h5py.Dataset) else None
            )
        )
    return {name: value for name, value in arrays.items() if not name.startswith("_names")}


def difference(first: Any, second: Any, path: str = "") -> str:
    """The first place where two trees are not the same to the bit, "" where there is none."""
    if isinstance(first, dict) and isinstance(second, dict):
        if first.keys() != second.keys():
            return f"{path}: {sorted(map(str, first))} and {sorted(map(str, second))}"
        pairs: Any = [(key, first[key], second[key]) for key in first]
    elif isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        if len(first) != len(second):
            return f"{path}: {len(first)} and {len(second)} entries"
        pairs = [(index, *pair) for index, pair in enumerate(zip(first, second, strict=True))]
    elif first is None or second is None or isinstance(first, str):
        return "" if first == second else f"{path}: {first!r} and {second!r}"
    else:
        one, other = np.asarray(first), np.asarray(second)
        same = one.dtype == other.dtype and one.tobytes() == other.tobytes()
        return "" if same and one.shape == other.shape else f"{path}: {one} and {other}"
    found = (difference(one, other, f"{path}/{key}") for key, one, other in pairs)
    return next((text for text in found if text), "")
