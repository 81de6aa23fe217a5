"""Muon."""

import re
from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.optimizers.optimizer import Optimizer


@declared
class Muon(Optimizer):
    """Steps along orthogonalised momenta for matrices, AdamW for the rest (Jordan et al., 2024).

    Args:
        learning_rate: a number or a schedule.
        adam_beta_1, adam_beta_2, adam_weight_decay, epsilon: of AdamW.
        exclude_layers: patterns of paths that AdamW takes as well.
        exclude_embeddings: whether AdamW takes embeddings.
        muon_a, muon_b, muon_c: the coefficients of the iteration that orthogonalises.
        adam_lr_ratio: AdamW's rate as a share of the learning rate.
        momentum: how much of the momentum stays at a step.
        ns_steps: the number of iterations.
        nesterov: whether the gradient is taken as if a step ahead.
        rms_rate: the size of updates, as a share of the root of the larger side.

    The others are those of ``Optimizer``.

    >>> kerasette.optimizers.Muon().ns_steps
    5
    """

    learning_rate: Any = 0.001
    adam_beta_1: float = 0.9
    adam_beta_2: float = 0.999
    adam_weight_decay: float = 0.004
    epsilon: float = 1e-7
    weight_decay: float | None = 0.004
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: int | None = None
    loss_scale_factor: float | None = None
    gradient_accumulation_steps: int | None = None
    name: str | None = None
    exclude_layers: Any = None
    exclude_embeddings: bool = True
    muon_a: float = 3.4445
    muon_b: float = -4.775
    muon_c: float = 2.0315
    adam_lr_ratio: float = 1
    momentum: float = 0.95
    ns_steps: int = 5
    nesterov: bool = True
    rms_rate: float | None = 0.2

    def validate(self) -> None:
        self.exclude_layers = list(self.exclude_layers or [])
        super().validate()

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        momenta, velocities = [], []
        for variable in self._trainable_variables:
            own = not getattr(variable, "overwrite_with_gradient", False)
            momenta.append(self.add_variable_from_reference(variable, "momentum") if own else None)
            by_adam = own and self._by_adam(variable)
            velocities.append(
                self.add_variable_from_reference(variable, "velocity") if by_adam else None
            )
        self._slots |= {"momentum": momenta, "velocity": velocities}

    def _by_adam(self, variable: Any) -> bool:
        """Whether AdamW takes a variable: what is no matrix, embeddings, what was excluded."""
        if len(variable.shape) != 2:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rate, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        m, v = self.slot("momentum", variable), self.slot("velocity", variable)
        if v is not None:
            self._adam_step(g, variable, rate * self.adam_lr_ratio, m, v)
            return
        mean = g + m * self.momentum
        self.assign(m, mean)
        update = g + self.momentum * mean if self.nesterov else mean
        update = self.lr_adjust(self.zeropower_via_newtonschulz5(update, self.ns_steps))
        self.assign_sub(variable, rate * update)

    def lr_adjust(self, x: Any) -> Any:
        """An update made ``rms_rate * sqrt(the larger side)`` times as large, so that AdamW's rates
        fit (Liu et al., "Muon is Scalable for LLM Training", 2025).
        """
        if self.rms_rate is None:
            return x
        return x * (float(max(x.shape[-2:])) ** 0.5 * self.rms_rate)

    def transpose_last_axis(self, x: Any) -> Any:
        """``x`` with its last two axes exchanged."""
        return ops.swapaxes(x, -1, -2)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """About the nearest orthogonal matrix to ``x``, by ``steps`` iterations of Newton and
        Schulz's method with a polynomial of degree 5.

        Raises: ValueError for what is no matrix.
        """
        if len(x.shape) < 2:
            raise ValueError(f"`x` must have 2 axes or more. Received: shape={tuple(x.shape)}.")
        a, b, c = self.muon_a, self.muon_b, self.muon_c
        tall = x.shape[-2] > x.shape[-1]
        x = self.transpose_last_axis(x) if tall else x
        x = x / (ops.norm(x, axis=(-2, -1), keepdims=True) + 1e-7)
        for _ in range(steps):
            square = ops.matmul(x, self.transpose_last_axis(x))
            x = a * x + ops.matmul(b * square + ops.matmul(c * square, square), x)
        return self.transpose_last_axis(x) if tall else x

    def _adam_step(self, g: Any, variable: Any, rate: Any, m: Any, v: Any) -> None:
        dtype = variable.dtype
        step = ops.cast(self.iterations + 1, dtype)
        correction_1 = 1 - ops.power(ops.cast(self.adam_beta_1, dtype), step)
        correction_2 = 1 - ops.power(ops.cast(self.adam_beta_2, dtype), step)
        mean = m + (g - m) * (1 - self.adam_beta_1)
        square = v + (ops.square(g) - v) * (1 - self.adam_beta_2)
        self.assign(m, mean)
        self.assign(v, square)
        alpha = rate * ops.sqrt(correction_2) / correction_1
        self.assign_sub(variable, mean * alpha / (ops.sqrt(square) + self.epsilon))

    def _apply_weight_decay(self, variables: list[Any]) -> None:
        for variable in variables:
            decay = self.adam_weight_decay if self._by_adam(variable) else self.weight_decay
            if decay is not None and self._use_weight_decay(variable):
                rate = ops.cast(self.learning_rate, variable._tensor.dtype)
                variable.assign(variable - variable * decay * rate)
