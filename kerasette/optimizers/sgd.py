"""Stochastic gradient descent."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


@declared
class SGD(Optimizer):
    """Gradient descent, with momentum (Sutskever et al., 2013, where it is Nesterov's).

    ``velocity = momentum * velocity - learning_rate * gradient; variable += velocity``

    Args:
        learning_rate: a number or a schedule.
        momentum: how much of the velocity stays at a step; 0 for none.
        nesterov: whether the gradient is taken as if a step ahead.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.SGD(0.1, momentum=0.9).get_config()["momentum"]
    0.9
    """

    learning_rate: Any = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def validate(self) -> None:
        if not isinstance(self.momentum, (int, float)) or not 0 <= self.momentum <= 1:
            raise ValueError(f"`momentum` must be from 0 to 1. Received: {self.momentum!r}.")
        super().validate()

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("momentum",)] if self.momentum else []

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        rate = ops.cast(learning_rate, variable.dtype)
        step = ops.cast(gradient, variable.dtype) * rate
        if not self.momentum:
            self.assign_sub(variable, step)
            return
        slot = self.slot("momentum", variable)
        velocity = slot * self.momentum - step
        self.assign(slot, velocity)
        self.assign_add(variable, velocity * self.momentum - step if self.nesterov else velocity)
