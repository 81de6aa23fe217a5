"""Ftrl."""

from typing import Any

from kerasette import initializers, ops
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


@declared
class Ftrl(Optimizer):
    """Follow the regularized leader: sparse weights for wide models (McMahan et al., 2013).

    Args:
        learning_rate: a number or a schedule.
        learning_rate_power: how the rate falls with the gradients so far; at most 0.
        initial_accumulator_value: what the sum of squares begins with.
        l1_regularization_strength: keeps small weights at exactly 0.
        l2_regularization_strength: keeps weights small.
        l2_shrinkage_regularization_strength: a penalty on the size of weights.
        beta: the paper's beta.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.Ftrl(0.1).learning_rate_power
    -0.5

    Raises: ValueError for arguments of the wrong sign.
    """

    learning_rate: Any = 0.001
    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1_regularization_strength: float = 0.0
    l2_regularization_strength: float = 0.0
    l2_shrinkage_regularization_strength: float = 0.0
    beta: float = 0.0

    def validate(self) -> None:
        if self.learning_rate_power > 0:
            raise ValueError(
                "`learning_rate_power` must be at most 0. "
                f"Received: learning_rate_power={self.learning_rate_power}."
            )
        for name in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            if getattr(self, name) < 0:
                raise ValueError(f"`{name}` must be at least 0. Received: {getattr(self, name)}.")
        super().validate()

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("accumulator", "linear")]

    def slot_initializer(self, slot: str) -> Any:
        if slot == "linear":
            return "zeros"
        return initializers.Constant(self.initial_accumulator_value)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        squares, linear = self.slot("accumulator", variable), self.slot("linear", variable)
        shrunk = g + 2 * self.l2_shrinkage_regularization_strength * variable
        before = ops.convert_to_tensor(squares)
        after = before + ops.square(g)
        power = -self.learning_rate_power
        sigma = (ops.power(after, power) - ops.power(before, power)) / rate
        total = linear + shrunk - sigma * variable
        l2 = self.l2_regularization_strength + self.beta / (2.0 * rate)
        quadratic = ops.power(after, power) / rate + 2 * l2
        l1 = self.l1_regularization_strength
        self.assign(linear, total)
        self.assign(variable, (ops.clip(total, -l1, l1) - total) / quadratic)
        self.assign(squares, after)
