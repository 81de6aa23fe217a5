"""How long training would take and how much memory, by some steps of it."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import TrainingFailed
from ..model.objects import sentence
from ..output import duration, number, size
from .memory import Memory, forecast, free_memory, held_memory, least_for_a_step, peak_memory
from .training import Setup

_STEPS = 5
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
        found = [
            ("Step", f"{1000 * self.step:.1f} ms, the first {1000 * self.first:.0f} ms · loss "
             f"{number(self.loss)}"),
            ("Time", f"about {duration(self.total)}: {self.epochs} epochs of {self.steps:,} steps"),
        ]  # fmt: skip
        if self.memory is not None:
            found.append(("Memory", self.memory.describe()))
        return found


def estimate(setup: Setup) -> Estimate:
    """Train the model for some steps, and measure.

    Raises ``TrainingFailed``, also where a step would take more memory than there is.
    """
    fit, train = setup.loaded.config.fit, setup.data.train
    _check_room(setup)
    before = held_memory()
    batch = train.take(slice(0, fit.batch_size))
    times: list[float] = []
    loss = 0.0
    try:
        while len(times) <= _STEPS and sum(times) < _LONGEST:
            start = time.perf_counter()
            found = setup.model.train_on_batch(batch.x, batch.y, return_dict=True)
            loss = float(found["loss"])
            times.append(time.perf_counter() - start)
    except (ValueError, TypeError, RuntimeError) as error:
        raise TrainingFailed(f"A step of training failed: {sentence(error)}") from error
    later = sorted(times[1:]) or times
    steps = fit.steps_per_epoch or -(-len(train) // fit.batch_size)
    peak = peak_memory()
    memory = forecast(setup, before, peak) if before is not None and peak is not None else None
    return Estimate(times[0], later[len(later) // 2], steps, fit.epochs, memory, loss)


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
