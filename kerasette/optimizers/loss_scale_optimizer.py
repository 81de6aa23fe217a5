"""``LossScaleOptimizer``: keeps 16-bit gradients from vanishing."""

import functools
from typing import Any

from kerasette import ops
from kerasette.optimizers.optimizer import Optimizer
from kerasette.registry import register
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss, and divides the gradients, by a factor that follows their size.

    A step with gradients that are not finite changes nothing and halves the factor; after
    ``dynamic_growth_steps`` good steps it is doubled (Micikevicius et al., 2018).

    Args:
        inner_optimizer: the optimizer that makes the updates.
        initial_scale: the first factor.
        dynamic_growth_steps: good steps until the factor is doubled.
        name: the optimizer's name.

    >>> optimizer = kerasette.optimizers.LossScaleOptimizer(kerasette.optimizers.Adam())
    >>> float(optimizer.scale_loss(kerasette.constant(1.0)))
    32768.0
    """

    def __init__(
        self,
        inner_optimizer: Any,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ):
        if kwargs.pop("dynamic", True) is not True:
            raise ValueError("Only dynamic loss scaling is offered; see `loss_scale_factor` too.")
        super().__init__(learning_rate=0.0, name=name, **kwargs)
        if not isinstance(inner_optimizer, Optimizer):
            raise ValueError(
                f"`inner_optimizer` must be an Optimizer. Received: {inner_optimizer!r}."
            )
        self.inner_optimizer = inner_optimizer
        self.initial_scale = float(initial_scale)
        self.dynamic_growth_steps = int(dynamic_growth_steps)
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable(
            (), _Start(self.initial_scale), "float32", name="dynamic_scale"
        )

    def build(self, variables: Any) -> None:
        if not self.built:
            self.inner_optimizer.build(variables)
            self.built = True

    @property
    def variables(self) -> list[Any]:
        return self._variables + self.inner_optimizer.variables

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        if not self.built:
            if trainable_variables is None:
                raise ValueError("Build the optimizer, or give `trainable_variables`.")
            self.build(list(trainable_variables))
        grads = list(grads)
        if not any(g is not None for g in grads):
            self.inner_optimizer.apply(grads, trainable_variables)
            return
        finite = self.check_finite(grads)
        scale = ops.convert_to_tensor(self.dynamic_scale)

        def good() -> Any:
            unscaled = [g if g is None else g / ops.cast(scale, g.dtype) for g in grads]
            self.inner_optimizer.apply(unscaled, trainable_variables)
            grow = ops.equal(self.step_counter + 1, self.dynamic_growth_steps)
            self.step_counter.assign(ops.where(grow, 0, self.step_counter + 1))
            self.dynamic_scale.assign(ops.where(grow, scale * 2.0, scale))
            return 0

        def bad() -> Any:
            self.step_counter.assign(0)
            self.dynamic_scale.assign(scale / 2.0)
            return 0

        ops.cond(finite, good, bad)

    def check_finite(self, grads: Any) -> Any:
        """Whether all gradients are finite, as one truth value; ``None`` is none of them."""
        finite = [ops.all(ops.isfinite(g)) for g in grads if g is not None]
        return functools.reduce(ops.logical_and, finite, ops.convert_to_tensor(True))

    def scale_loss(self, loss: Any) -> Any:
        return loss * ops.cast(self.dynamic_scale, loss.dtype)

    def finalize_variable_values(self, var_list: Any) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        inner = self.__dict__.get("inner_optimizer")
        return None if inner is None else inner.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        inner = self.__dict__.get("inner_optimizer")
        if inner is None:
            self.__dict__["_learning_rate"] = value
        else:
            inner.learning_rate = value

    @property
    def iterations(self) -> Any:
        return self.inner_optimizer.iterations

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        inner = config.pop("inner_optimizer")
        if isinstance(inner, dict):
            inner = deserialize_keras_object(inner, custom_objects=custom_objects)
        return cls(inner, **config)


class _Start:
    """The first value of a variable."""

    def __init__(self, value: float):
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ops.full(shape, self.value, dtype)


register("optimizer", LossScaleOptimizer)
