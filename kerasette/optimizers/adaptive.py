"""Adagrad and Adadelta: steps scaled by what the gradients were so far."""

from typing import Any

from kerasette import initializers, ops
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


@declared
class Adagrad(Optimizer):
    """Gradients divided by the root of the sum of their squares (Duchi et al., 2011).

    Args:
        learning_rate: a number or a schedule.
        initial_accumulator_value: what the sum begins with.
        epsilon: added to the sum.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.Adagrad(0.1).initial_accumulator_value
    0.1
    """

    learning_rate: Any = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("accumulator",)]

    def slot_initializer(self, slot: str) -> Any:
        return initializers.Constant(self.initial_accumulator_value)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        slot = self.slot("accumulator", variable)
        total = slot + ops.square(g)
        self.assign(slot, total)
        self.assign_sub(variable, rate * g / ops.sqrt(total + self.epsilon))


@declared
class Adadelta(Optimizer):
    """Steps in units of the steps before (Zeiler, 2012).

    Args:
        learning_rate: a number or a schedule; 1.0 is the paper's.
        rho: how much of the running means stays at a step.
        epsilon: added to the means.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.Adadelta(1.0).rho
    0.95
    """

    learning_rate: Any = 0.001
    rho: float = 0.95
    epsilon: float = 1e-7

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("accumulated_grad", "accumulated_delta_var")]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        squares = self.slot("accumulated_grad", variable)
        steps = self.slot("accumulated_delta_var", variable)
        mean = self.rho * squares + (1 - self.rho) * ops.square(g)
        step = -ops.sqrt(steps + self.epsilon) * g / ops.sqrt(mean + self.epsilon)
        self.assign(squares, mean)
        self.assign(steps, self.rho * steps + (1 - self.rho) * ops.square(step))
        self.assign_add(variable, rate * step)
