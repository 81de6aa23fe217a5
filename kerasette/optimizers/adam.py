"""Adam and AdamW."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


@declared
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and its square (Kingma and Ba, 2014).

    Args:
        learning_rate: a number or a schedule.
        beta_1: how much of the gradient's mean stays at a step.
        beta_2: how much of the square's mean stays at a step.
        epsilon: added to the root in the denominator.
        amsgrad: whether the largest mean of squares so far is used (Reddi et al., 2018).

    The others are those of ``Optimizer``.

    >>> weight = kerasette.Variable(1.0)
    >>> kerasette.optimizers.Adam(0.1).apply([kerasette.constant(5.0)], [weight])
    >>> round(float(weight), 4)
    0.9
    """

    learning_rate: Any = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def slot_groups(self) -> list[tuple[str, ...]]:
        groups: list[tuple[str, ...]] = [("momentum", "velocity")]
        return [*groups, ("velocity_hat",)] if self.amsgrad else groups

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        correction_1 = 1 - ops.power(ops.cast(self.beta_1, dtype), step)
        correction_2 = 1 - ops.power(ops.cast(self.beta_2, dtype), step)
        alpha = rate * ops.sqrt(correction_2) / correction_1
        m, v = self.slot("momentum", variable), self.slot("velocity", variable)
        mean = m + (g - m) * (1 - self.beta_1)
        square = v + (ops.square(g) - v) * (1 - self.beta_2)
        self.assign(m, mean)
        self.assign(v, square)
        if self.amsgrad:
            largest = self.slot("velocity_hat", variable)
            square = ops.maximum(largest, square)
            self.assign(largest, square)
        self.assign_sub(variable, mean * alpha / (ops.sqrt(square) + self.epsilon))


@declared
class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019).

    Args: those of ``Adam``; ``weight_decay`` is 0.004 by default.

    >>> kerasette.optimizers.AdamW(1e-3, weight_decay=0.01).weight_decay
    0.01
    """

    learning_rate: Any = 0.001
    weight_decay: float | None = 0.004
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def validate(self) -> None:
        if self.weight_decay is None:
            raise ValueError("AdamW needs `weight_decay`; for none take Adam. Received: None.")
        super().validate()
