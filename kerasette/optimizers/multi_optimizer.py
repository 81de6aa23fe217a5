"""``MultiOptimizer``: each variable by the optimizer that its path asks for."""

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from kerasette.optimizers.loss_scale_optimizer import LossScaleOptimizer
from kerasette.optimizers.optimizer import Optimizer
from kerasette.registry import register
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


class OptimizerMap(MutableMapping[str, Any]):
    """Paths of variables, or patterns of them, and the optimizers that they get.

    A path is looked up as it is; else as what one pattern matches whole; else it gets the default.

    Args:
        default_optimizer: the optimizer of what is not named.
        optimizer_map: a dict of paths and patterns.

    >>> chosen = kerasette.optimizers.OptimizerMap(kerasette.optimizers.SGD())
    >>> chosen["encoder/.*"] = kerasette.optimizers.Adam()
    >>> type(chosen["encoder/dense/kernel"]).__name__
    'Adam'

    Raises: ValueError where several patterns match a path.
    """

    registry_kind = "optimizer"

    def __init__(self, default_optimizer: Any, optimizer_map: dict[str, Any] | None = None):
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                f"`default_optimizer` must be an Optimizer. Received: {default_optimizer!r}."
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"`optimizer_map` must be a dict. Received: {optimizer_map!r}.")
        self._default = default_optimizer
        self._map: dict[str, Any] = {}
        for path, optimizer in (optimizer_map or {}).items():
            self[path] = optimizer

    def __getitem__(self, key: str) -> Any:
        if key in self._map:
            return self._map[key]
        matching = [pattern for pattern in self._map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"Several patterns match the path {key!r}: {matching}.")
        return self._map[matching[0]] if matching else self._default

    @property
    def default_optimizer(self) -> Any:
        """The optimizer of what is not named."""
        return self._default

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self._map:
            raise ValueError(f"There is an optimizer for {key!r} already.")
        if not isinstance(value, Optimizer):
            raise ValueError(f"The optimizer of {key!r} must be an Optimizer. Received: {value!r}.")
        self._map[key] = value

    def __delitem__(self, key: str) -> None:
        del self._map[key]

    def __len__(self) -> int:
        return len(self._map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._map)

    def __call__(self, variable: Any) -> Any:
        """The optimizer of a variable."""
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        return {
            "default_optimizer": serialize_keras_object(self.default_optimizer),
            "optimizer_map": serialize_keras_object(self._map),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        return cls(
            deserialize_keras_object(config["default_optimizer"], custom_objects=custom_objects),
            deserialize_keras_object(config["optimizer_map"], custom_objects=custom_objects),
        )


class MultiOptimizer(Optimizer):
    """Hands each variable to one of several optimizers.

    Args:
        optimizer_map: an OptimizerMap, or a function from a variable to its optimizer.
        loss_scale_factor: takes the place of those of the optimizers.
        name: the optimizer's name.

    >>> chosen = kerasette.optimizers.OptimizerMap(kerasette.optimizers.SGD(0.5))
    >>> weight = kerasette.Variable(1.0)
    >>> kerasette.optimizers.MultiOptimizer(chosen).apply([kerasette.constant(1.0)], [weight])
    >>> float(weight)
    0.5

    Raises: ValueError where the map gives what is no plain optimizer.
    """

    def __init__(
        self, optimizer_map: Any, loss_scale_factor: float | None = None, name: str | None = None
    ):
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        self._variables = self._variables[:1]  # the number of updates; rates are the others' own
        self._inner: list[Any] = []
        for optimizer in getattr(optimizer_map, "values", list)():
            self._take(optimizer)
        default = getattr(optimizer_map, "default_optimizer", None)
        if default is not None:
            self._take(default)

    def _take(self, optimizer: Any) -> None:
        if not isinstance(optimizer, Optimizer) or isinstance(
            optimizer, (LossScaleOptimizer, MultiOptimizer)
        ):
            raise ValueError(f"A MultiOptimizer holds plain optimizers. Received: {optimizer!r}.")
        if all(optimizer is not other for other in self._inner):
            optimizer.loss_scale_factor = self.loss_scale_factor
            self._inner.append(optimizer)

    def build(self, variables: Any) -> None:
        if self.built:
            return
        variables = list(variables)
        self._chosen = {}
        for variable in variables:
            chosen = self._optimizer_map(variable)
            self._take(chosen)
            self._chosen[id(variable)] = chosen
        for optimizer in self._inner:
            mine = [v for v in variables if self._chosen[id(v)] is optimizer]
            if mine:
                optimizer.build(mine)
        self._index = {id(variable): index for index, variable in enumerate(variables)}
        self._trainable_variables = variables
        self.built = True

    @property
    def optimizers(self) -> list[Any]:
        """The optimizers."""
        return self._inner

    @property
    def variables(self) -> list[Any]:
        return self._variables + [v for optimizer in self._inner for v in optimizer.variables]

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError("Build the optimizer, or give `trainable_variables`.")
            trainable_variables = self._trainable_variables
        variables = list(trainable_variables)
        if len(grads) != len(variables):
            raise ValueError(
                f"There must be one gradient for each of {len(variables)} variables. "
                f"Received: {len(grads)} gradients."
            )
        self._ensure_built(variables)
        for optimizer in self._inner:
            pairs = [
                (g, v)
                for g, v in zip(grads, variables, strict=True)
                if self._chosen[id(v)] is optimizer
            ]
            if pairs:
                optimizer.apply([g for g, _ in pairs], [v for _, v in pairs])
        self._iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Any) -> None:
        for optimizer in self._inner:
            mine = [v for v in var_list if self._chosen.get(id(v)) is optimizer]
            if mine:
                optimizer.finalize_variable_values(mine)

    def get_config(self) -> dict[str, Any]:
        return {
            "optimizer_map": serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        if isinstance(config["optimizer_map"], dict):
            config["optimizer_map"] = deserialize_keras_object(
                config["optimizer_map"], custom_objects=custom_objects
            )
        return cls(**config)


register("optimizer", OptimizerMap)
register("optimizer", MultiOptimizer)
