"""Relatives of Adam: Adamax, Nadam, Lamb, and AdamW without a schedule."""

from typing import Any

from kerasette import ops
from kerasette.core.variable import Variable, eager_scope
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


class _Moments:
    """What they share: running means of the gradient and of its square."""

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("momentum", "velocity")]

    def moved(self: Any, gradient: Any, variable: Any) -> tuple[Any, Any]:
        """The two means with one gradient taken in."""
        m, v = self.slot("momentum", variable), self.slot("velocity", variable)
        mean = m + (gradient - m) * (1 - self.beta_1)
        square = v + (ops.square(gradient) - v) * (1 - self.beta_2)
        self.assign(m, mean)
        self.assign(v, square)
        return mean, square


@declared
class Adamax(Optimizer):
    """Adam with the largest gradient in place of the mean of squares (Kingma and Ba, 2014).

    Args:
        learning_rate: a number or a schedule.
        beta_1: how much of the gradient's mean stays at a step.
        beta_2: how fast the largest gradient is forgotten.
        epsilon: added to the denominator.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.Adamax(0.002).beta_2
    0.999
    """

    learning_rate: Any = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("momentum", "norm")]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        m, u = self.slot("momentum", variable), self.slot("norm", variable)
        mean = m + (g - m) * (1 - self.beta_1)
        largest = ops.maximum(self.beta_2 * u, ops.abs(g))
        self.assign(m, mean)
        self.assign(u, largest)
        correction = 1 - ops.power(ops.cast(self.beta_1, dtype), step)
        self.assign_sub(variable, rate * mean / (correction * (largest + self.epsilon)))


@declared
class Nadam(_Moments, Optimizer):
    """Adam with Nesterov's momentum (Dozat, 2015).

    Args: those of ``Adam`` without ``amsgrad``.

    >>> kerasette.optimizers.Nadam(0.002).beta_1
    0.9
    """

    learning_rate: Any = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        first = self._trainable_variables[:1]
        dtype = first[0]._tensor.dtype if first else None
        # The product of all momenta so far.
        self._product = Variable(1.0, dtype=dtype, trainable=False)
        self._variables.append(self._product)

    def _momentum(self, step: Any) -> Any:
        return self.beta_1 * (1.0 - 0.5 * ops.power(ops.cast(0.96, step.dtype), step))

    def _update_now(self, grads: list[Any], variables: list[Any]) -> None:
        step = ops.cast(self.iterations + 1, self._product._tensor.dtype)
        self._product.assign(ops.convert_to_tensor(self._product) * self._momentum(step))
        super()._update_now(grads, variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        now, after = self._momentum(step), self._momentum(step + 1)
        product = ops.cast(self._product, dtype)
        mean, square = self.moved(g, variable)
        mean = after * mean / (1 - product * after) + (1 - now) * g / (1 - product)
        square = square / (1 - ops.power(ops.cast(self.beta_2, dtype), step))
        self.assign_sub(variable, mean * rate / (ops.sqrt(square) + self.epsilon))


@declared
class Lamb(_Moments, Optimizer):
    """Adam's steps, as long for each variable as the variable asks for (You et al., 2019).

    Args: those of ``Adam`` without ``amsgrad``.

    >>> kerasette.optimizers.Lamb(0.01).beta_2
    0.999
    """

    learning_rate: Any = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        mean, square = self.moved(g, variable)
        mean = mean / (1 - ops.power(ops.cast(self.beta_1, dtype), step))
        square = square / (1 - ops.power(ops.cast(self.beta_2, dtype), step))
        update = mean / (ops.sqrt(square) + self.epsilon)
        weight_norm = ops.sqrt(ops.sum(ops.square(variable)))
        update_norm = ops.sqrt(ops.sum(ops.square(update)))
        both = ops.logical_and(ops.greater(weight_norm, 0), ops.greater(update_norm, 0))
        one = ops.ones_like(weight_norm)
        ratio = ops.where(both, weight_norm / ops.where(both, update_norm, one), one)
        self.assign_sub(variable, ratio * rate * update)


@declared
class ScheduleFreeAdamW(_Moments, Optimizer):
    """AdamW whose averaging takes the place of a schedule (Defazio et al., 2024).

    Args:
        learning_rate: a number.
        beta_1: how much of the average is in the point where gradients are taken.
        beta_2: how much of the square's mean stays at a step.
        epsilon: added to the root in the denominator.
        warmup_steps: over so many steps the learning rate rises from 0.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.ScheduleFreeAdamW().warmup_steps
    0
    """

    learning_rate: Any = 0.0025
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    warmup_steps: int = 0

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        for slot, variable in zip(self._slots["momentum"], self._trainable_variables, strict=True):
            if slot is not None:  # the sequence of points begins where the variable does
                with eager_scope():  # once, although it may be a step being traced that builds
                    slot.assign(variable)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        if self.warmup_steps > 0:
            rate = rate * ops.minimum(step / self.warmup_steps, 1.0)
        z, v = self.slot("momentum", variable), self.slot("velocity", variable)
        square = v + (ops.square(g) - v) * (1 - self.beta_2)
        corrected = square / (1 - ops.power(ops.cast(self.beta_2, dtype), step))
        before = ops.convert_to_tensor(z)
        point = before - rate * g / (ops.sqrt(corrected) + self.epsilon)
        average = (variable - (1 - self.beta_1) * before) / self.beta_1
        share = 1.0 / step
        average = (1 - share) * average + share * point
        self.assign(v, square)
        self.assign(z, point)
        self.assign(variable, (1 - self.beta_1) * point + self.beta_1 * average)
