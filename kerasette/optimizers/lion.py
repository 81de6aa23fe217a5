"""Lion."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


@declared
class Lion(Optimizer):
    """Steps of one size, in the direction of the sign of a mean (Chen et al., 2023).

    Args:
        learning_rate: a number or a schedule; smaller than Adam's.
        beta_1: how much of the mean goes into a step's direction.
        beta_2: how much of the mean stays at a step.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.Lion(1e-4).beta_2
    0.99

    Raises: ValueError for a ``beta_1`` outside of 0 to 1.
    """

    learning_rate: Any = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99

    def validate(self) -> None:
        if not 0 < self.beta_1 <= 1:
            raise ValueError(
                f"`beta_1` must be above 0 and at most 1. Received: beta_1={self.beta_1}."
            )
        super().validate()

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("momentum",)]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        slot = self.slot("momentum", variable)
        mean = ops.convert_to_tensor(slot)
        self.assign_sub(variable, rate * ops.sign(mean * self.beta_1 + g * (1 - self.beta_1)))
        self.assign(slot, mean * self.beta_2 + g * (1 - self.beta_2))
