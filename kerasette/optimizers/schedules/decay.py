"""Schedules that let the learning rate decay steadily."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.optimizers.schedules.learning_rate_schedule import LearningRateSchedule


def _progress(step: Any, steps: float, dtype: Any, staircase: bool = False) -> Any:
    share = ops.cast(step, dtype) / steps
    return ops.floor(share) if staircase else share


@declared
class ExponentialDecay(LearningRateSchedule):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: after so many steps it is ``decay_rate`` times as large.
        decay_rate: the factor.
        staircase: whether it changes only every ``decay_steps`` steps.
        name: the schedule's name.

    >>> float(kerasette.optimizers.schedules.ExponentialDecay(1.0, 10, 0.5)(20))
    0.25
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False
    name: str = "ExponentialDecay"

    def validate(self) -> None:
        check_positive(self, "decay_steps")

    def __call__(self, step: Any) -> Any:
        rate = ops.convert_to_tensor(self.initial_learning_rate, "float32")
        share = _progress(step, self.decay_steps, rate.dtype, self.staircase)
        return rate * ops.power(ops.cast(self.decay_rate, rate.dtype), share)


def check_positive(schedule: Any, name: str) -> None:
    """A number of steps must be positive."""
    value = getattr(schedule, name)
    if value <= 0:
        raise ValueError(f"`{name}` must be positive. Received: {name}={value}.")
