"""How long training would take and how much memory, by some steps of it."""

import sys
import time
from dataclasses import dataclass
from typing import Any

from ..errors import TrainingFailed
from ..model.objects import sentence
from ..output import duration, number, size
from .training import Setup

_STEPS = 5
_LONGEST = 5.0  # seconds of trying


@dataclass
class Estimate:
    """Seconds of the first step, of a later one, of all training; bytes of memory at the peak."""

    first: float
    step: float
    steps: int
    epochs: int
    memory: int | None
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
            "memory_bytes": self.memory,
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
            found.append(("Memory", f"{size(self.memory)} at the peak, so far"))
        return found


def estimate(setup: Setup) -> Estimate:
    """Train the model for some steps, and measure. Raises ``TrainingFailed``."""
    fit, train = setup.loaded.config.fit, setup.data.train
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
    return Estimate(times[0], later[len(later) // 2], steps, fit.epochs, peak_memory(), loss)


def peak_memory() -> int | None:
    """The most memory that this process has held, in bytes; ``None`` where it cannot be told."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
