"""Schedules in pieces, by powers, inverse time and cosines."""

import math
from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.optimizers.schedules.decay import check_positive
from kerasette.optimizers.schedules.learning_rate_schedule import LearningRateSchedule


def _rate(value: Any) -> Any:
    return ops.convert_to_tensor(value, "float32")


@declared
class PiecewiseConstantDecay(LearningRateSchedule):
    """One rate up to each boundary, and the last one after all of them.

    Args:
        boundaries: numbers of steps, growing.
        values: the rates; one more than boundaries.
        name: the schedule's name.

    >>> float(kerasette.optimizers.schedules.PiecewiseConstantDecay([10], [1.0, 0.5])(11))
    0.5

    Raises: ValueError where the numbers of boundaries and values do not go together.
    """

    boundaries: Any
    values: Any
    name: str = "PiecewiseConstant"

    def validate(self) -> None:
        self.boundaries, self.values = list(self.boundaries), list(self.values)
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                "There must be one more of `values` than of `boundaries`. "
                f"Received: {len(self.values)} values and {len(self.boundaries)} boundaries."
            )

    def __call__(self, step: Any) -> Any:
        step = ops.convert_to_tensor(step)
        rate = _rate(self.values[-1])
        pairs = list(zip(self.boundaries, self.values[:-1], strict=True))
        for boundary, value in reversed(pairs):
            before = ops.less_equal(step, ops.cast(boundary, step.dtype))
            rate = ops.where(before, _rate(value), rate)
        return rate


@declared
class PolynomialDecay(LearningRateSchedule):
    """From the first rate to the last along a power of the remaining share of steps.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the number of steps.
        end_learning_rate: the rate from there on.
        power: 1 is a straight line.
        cycle: whether it begins again, each time with a multiple of the steps.
        name: the schedule's name.

    >>> float(kerasette.optimizers.schedules.PolynomialDecay(1.0, 10, 0.0)(5))
    0.5
    """

    initial_learning_rate: float
    decay_steps: int
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name: str = "PolynomialDecay"

    def validate(self) -> None:
        check_positive(self, "decay_steps")

    def __call__(self, step: Any) -> Any:
        first, last = _rate(self.initial_learning_rate), _rate(self.end_learning_rate)
        step = ops.cast(step, "float32")
        steps = _rate(float(self.decay_steps))
        if self.cycle:
            rounds = ops.ceil(step / steps)
            steps = steps * ops.where(ops.equal(step, 0), ops.ones_like(rounds), rounds)
        else:
            step = ops.minimum(step, steps)
        return (first - last) * ops.power(1 - step / steps, _rate(self.power)) + last


@declared
class InverseTimeDecay(LearningRateSchedule):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the unit of steps.
        decay_rate: how fast it falls.
        staircase: whether it changes only every ``decay_steps`` steps.
        name: the schedule's name.

    >>> float(kerasette.optimizers.schedules.InverseTimeDecay(1.0, 10, 1.0)(10))
    0.5
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False
    name: str = "InverseTimeDecay"

    def validate(self) -> None:
        check_positive(self, "decay_steps")

    def __call__(self, step: Any) -> Any:
        share = ops.cast(step, "float32") / self.decay_steps
        share = ops.floor(share) if self.staircase else share
        return _rate(self.initial_learning_rate) / (1 + self.decay_rate * share)


@declared
class CosineDecay(LearningRateSchedule):
    """Half a cosine wave down, after an optional rise (Loshchilov and Hutter, 2016).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the number of steps down.
        alpha: the last rate as a share of the highest.
        name: the schedule's name.
        warmup_target: the rate that the rise leads to; ``None`` for no rise.
        warmup_steps: the number of steps up.

    >>> round(float(kerasette.optimizers.schedules.CosineDecay(1.0, 10)(5)), 4)
    0.5
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    name: str = "CosineDecay"
    warmup_target: float | None = None
    warmup_steps: int = 0

    def validate(self) -> None:
        check_positive(self, "decay_steps")

    def _fallen(self, step: Any, highest: Any) -> Any:
        share = ops.minimum(step, float(self.decay_steps)) / self.decay_steps
        wave = 0.5 * (1.0 + ops.cos(math.pi * share))
        return highest * ((1 - self.alpha) * wave + self.alpha)

    def __call__(self, step: Any) -> Any:
        first, step = _rate(self.initial_learning_rate), ops.cast(step, "float32")
        if self.warmup_target is None:
            return self._fallen(step, first)
        target = _rate(self.warmup_target)
        steps = max(self.warmup_steps, 1)
        risen = (target - first) * (step / steps) + first
        rising = ops.less(step, float(self.warmup_steps))
        after = ops.maximum(step - self.warmup_steps, 0.0)
        return ops.where(rising, risen, self._fallen(after, target))


@declared
class CosineDecayRestarts(LearningRateSchedule):
    """Half cosine waves one after the other (Loshchilov and Hutter, 2016).

    Args:
        initial_learning_rate: the rate at step 0.
        first_decay_steps: the number of steps of the first wave.
        t_mul: how many times longer each wave is than the one before.
        m_mul: how many times higher each wave begins.
        alpha: the lowest rate as a share of the first.
        name: the schedule's name.

    >>> float(kerasette.optimizers.schedules.CosineDecayRestarts(1.0, 10)(10))
    1.0
    """

    initial_learning_rate: float
    first_decay_steps: int
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name: str = "SGDRDecay"

    def validate(self) -> None:
        check_positive(self, "first_decay_steps")

    def __call__(self, step: Any) -> Any:
        share = ops.cast(step, "float32") / self.first_decay_steps
        if self.t_mul == 1.0:
            wave = ops.floor(share)
            share = share - wave
        else:
            t = _rate(self.t_mul)
            wave = ops.floor(ops.log(1.0 - share * (1.0 - t)) / ops.log(t))
            begun = (1.0 - ops.power(t, wave)) / (1.0 - t)
            share = (share - begun) / ops.power(t, wave)
        height = ops.power(_rate(self.m_mul), wave)
        fallen = 0.5 * height * (1.0 + ops.cos(math.pi * share))
        return _rate(self.initial_learning_rate) * ((1 - self.alpha) * fallen + self.alpha)
