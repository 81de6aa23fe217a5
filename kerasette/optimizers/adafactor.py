"""Adafactor."""

from typing import Any

from kerasette import ops
from kerasette.core.variable import Variable
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


@declared
class Adafactor(Optimizer):
    """Adam's scaling from the means of rows and columns alone (Shazeer and Stern, 2018).

    Args:
        learning_rate: a number or a schedule.
        beta_2_decay: the power by which the means' weight grows.
        epsilon_1: added to squared gradients.
        epsilon_2: the least size that a variable counts as having.
        clip_threshold: the largest root mean square of an update.
        relative_step: whether the rate falls with the root of the number of steps.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.Adafactor().clip_threshold
    1.0
    """

    learning_rate: Any = 0.001
    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 1e-3
    clip_threshold: float = 1.0
    relative_step: bool = True

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        rows, columns, velocities = [], [], []
        for variable in self._trainable_variables:
            shape, dtype = variable.shape, variable._tensor.dtype
            own = not getattr(variable, "overwrite_with_gradient", False)
            row = column = velocity = None
            if len(shape) < 2:  # Keras's files have two numbers here that mean nothing
                row = Variable(0, trainable=False, name=variable.name)
                column = Variable(0, trainable=False, name=variable.name)
                self._variables += [row, column]
            elif own:
                row = self.add_variable(shape[:-1], dtype=dtype, name=variable.name)
                column = self.add_variable(
                    (*shape[:-2], shape[-1]), dtype=dtype, name=variable.name
                )
            if own:
                velocity = self.add_variable_from_reference(variable, "velocity")
            rows.append(row)
            columns.append(column)
            velocities.append(velocity)
        self._slots |= {"rows": rows, "columns": columns, "velocity": velocities}

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        if self.relative_step and isinstance(self._learning_rate, Variable):
            rate = ops.minimum(rate, 1 / ops.sqrt(step))
        rho = ops.minimum(rate, 1 / ops.sqrt(step))
        alpha = ops.maximum(ops.cast(self.epsilon_2, dtype), _rms(variable)) * rho
        squares = ops.square(g) + self.epsilon_1
        kept = 1 - ops.power(step, self.beta_2_decay)
        velocity = self.slot("velocity", variable)
        if len(variable.shape) >= 2:
            row, column = self.slot("rows", variable), self.slot("columns", variable)
            rows = kept * row + (1 - kept) * ops.mean(squares, axis=-1)
            columns = kept * column + (1 - kept) * ops.mean(squares, axis=-2)
            self.assign(row, rows)
            self.assign(column, columns)
            share = rows / ops.mean(rows, axis=-1, keepdims=True)
            mean = ops.expand_dims(share, -1) * ops.expand_dims(columns, -2)
        else:
            mean = kept * velocity + (1 - kept) * squares
        self.assign(velocity, mean)
        update = g / ops.sqrt(mean)
        update = update / ops.maximum(ops.cast(1.0, dtype), _rms(update) / self.clip_threshold)
        self.assign_sub(variable, alpha * update)


def _rms(x: Any) -> Any:
    return ops.sqrt(ops.mean(ops.square(x)))
