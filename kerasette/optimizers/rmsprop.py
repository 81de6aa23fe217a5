"""RMSprop."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


@declared
class RMSprop(Optimizer):
    """Gradients divided by the root of a running mean of their squares (Hinton, 2012).

    Args:
        learning_rate: a number or a schedule.
        rho: how much of the mean stays at a step.
        momentum: how much of the velocity stays at a step; 0 for none.
        epsilon: added to the denominator.
        centered: whether the variance takes the place of the mean of squares.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.RMSprop(1e-3).rho
    0.9
    """

    learning_rate: Any = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False

    def slot_groups(self) -> list[tuple[str, ...]]:
        groups: list[tuple[str, ...]] = [("velocity",)]
        groups += [("momentum",)] if self.momentum > 0 else []
        groups += [("average_gradient",)] if self.centered else []
        return groups

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        velocity = self.slot("velocity", variable)
        square = velocity * self.rho + ops.square(g) * (1 - self.rho)
        self.assign(velocity, square)
        denominator = square + self.epsilon
        if self.centered:
            average = self.slot("average_gradient", variable)
            mean = average * self.rho + g * (1 - self.rho)
            self.assign(average, mean)
            denominator = square - ops.square(mean) + self.epsilon
        step = rate * g / ops.sqrt(denominator)
        if self.momentum > 0:
            slot = self.slot("momentum", variable)
            step = slot * self.momentum + step
            self.assign(slot, step)
        self.assign_sub(variable, step)
