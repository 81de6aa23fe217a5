"""How long training would take and how much memory, by some steps of it."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from kerasette.callbacks.callback import Callback

from ..errors import TrainingFailed
from ..model.objects import sentence
from ..output import counted, duration, number, size
from .batches import batches_of
from .memory import Memory, forecast, free_memory, held_memory, least_for_a_step, peak_memory
from .training import Setup

_STEPS = 6
_LONGEST = 5.0  # seconds of trying


@dataclass
class Estimate:
    """Seconds of the first step and of a later one, how many there are; the memory they take."""

    first: float
    step: float
    steps: int
    epochs: int
    memory: Memory | None
    loss: float

    @property
    def total(self) -> float:
        return self.first + self.step * self.steps * self.epochs

    def values(self) -> dict[str, Any]:
        return {
            "first_step_seconds": self.first,
            "step_seconds": self.step,
            "steps_per_epoch": self.steps,
            "training_seconds": self.total,
            "memory_bytes": self.memory.total if self.memory else None,
            "memory": asdict(self.memory) if self.memory else None,
            "loss": self.loss,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Lines for people."""
        length = f"{counted(self.epochs, 'epoch')} of {counted(self.steps, 'step')}"
        found = [
            ("Step", f"{1000 * self.step:.1f} ms, the first {1000 * self.first:.0f} ms · loss "
             f"{number(self.loss)}"),
            ("Time", f"about {duration(self.total)}: {length}"),
        ]  # fmt: skip
        if self.memory is not None:
            found.append(("Memory", self.memory.describe()))
        return found


def estimate(setup: Setup) -> Estimate:
    """Do in small what training does, and measure: steps, a validation, predictions.

    Raises ``TrainingFailed``, also where a step would take more memory than there is.
    """
    fit, train = setup.loaded.config.fit, setup.data.train
    _check_room(setup)
    before = held_memory()
    try:
        start = time.perf_counter()
        batch = train.take(slice(0, fit.batch_size))
        setup.model.train_on_batch(batch.x, batch.y)
        first = time.perf_counter() - start
        step, loss = _trained_in_small(setup, first)
    except (ValueError, TypeError, RuntimeError) as error:
        raise TrainingFailed(f"A step of training failed: {sentence(error)}") from error
    steps = fit.steps_per_epoch or -(-len(train) // fit.batch_size)
    peak = peak_memory()
    memory = forecast(setup, before, peak) if before is not None and peak is not None else None
    return Estimate(first, step, steps, fit.epochs, memory, loss)


def _trained_in_small(setup: Setup, first: float) -> tuple[float, float]:
    """The seconds of a step and the loss, after two short epochs of ``fit``, the second measured,
    with validation and predictions, which hold memory of their own.
    """
    fit, data = setup.loaded.config.fit, setup.data
    steps = _STEPS if first * _STEPS < _LONGEST else 1
    some = data.train.take(slice(0, min(len(data.train), steps * fit.batch_size)))
    size_ = fit.validation_batch_size or fit.batch_size
    other = (data.validation or data.train).take(slice(0, size_))
    model, clock = setup.model, _Clock()
    batches = batches_of(some, batch_size=fit.batch_size)
    history = model.fit(batches, epochs=2, verbose=0, callbacks=[clock]).history
    model.evaluate(batches_of(other, batch_size=size_), verbose=0)
    model.predict(batches_of(other, batch_size=fit.batch_size), verbose=0)
    return clock.seconds / (batches.count or 1), float(history["loss"][-1])


class _Clock(Callback):
    """Measures each epoch; the last one stays."""

    seconds = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self._start


def _check_room(setup: Setup) -> None:
    """Raise ``TrainingFailed`` where a step cannot be tried without filling the memory."""
    free, needed = free_memory(), least_for_a_step(setup)
    if free is not None and needed > free:
        batch = min(setup.loaded.config.fit.batch_size, len(setup.data.train))
        fits = batch * free // needed // 2
        raise TrainingFailed(
            f"A step would take {size(needed)} of memory or more, and {size(free)} are free.",
            f"With --set fit.batch_size={fits} it would fit." if fits else "",
        )
