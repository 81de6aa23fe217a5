"""``Metric``: numbers gathered over batches, and what they amount to."""

import functools
from typing import Any

import numpy as np

from kerasette import dtype_policies, initializers, ops
from kerasette.arrays.settings import floatx
from kerasette.core.naming import auto_name, name_scope
from kerasette.core.stateless import StatelessScope
from kerasette.core.variable import Variable, eager_scope
from kerasette.declared import Declared, declared_config
from kerasette.registry import register


class Metric(Declared):
    """Base class of metrics: variables, ``update_state``, ``result``, ``reset_state``.

    Args:
        dtype: the dtype, or a policy whose compute dtype, is computed in; floatx by default.
        name: its name; made up where none is given.

    >>> class Positives(kerasette.Metric):
    ...     def __init__(self, name="positives", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.count = self.add_variable((), "zeros", name="count")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.count.assign_add(ops.sum(ops.cast(y_pred > 0, "float32")))
    ...     def result(self):
    ...         return self.count.value
    >>> metric = Positives()
    >>> metric.update_state(None, kerasette.constant([1.0, -1.0, 2.0]))
    >>> float(metric.result())
    2.0
    """

    registry_kind = "metric"
    name: Any  # a string; as a field it may be given as None

    def __init__(self, dtype: Any = None, name: str | None = None):
        self.name = name or auto_name(type(self).__name__)
        self._dtype_policy = dtype_policies.get(dtype or floatx())
        self._dtype = self._dtype_policy.compute_dtype
        self._variables: list[Variable] = []

    @property
    def dtype(self) -> Any:
        """The dtype that the metric is computed in."""
        return self._dtype

    @property
    def variables(self) -> list[Any]:
        """The variables that hold the state; also those of metrics that this one holds."""
        found = {id(variable): variable for variable in self._variables}
        inner: dict[int, Metric] = {}
        for value in vars(self).values():
            kind = type(value)
            if kind is str or kind is float or kind is bool or value is None:
                continue
            for item in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(item, Variable):
                    found[id(item)] = item
                elif isinstance(item, Metric):
                    inner[id(item)] = item
        for metric in inner.values():
            found |= {id(variable): variable for variable in metric.variables}
        return list(found.values())

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """Make a variable of the state.

        Args:
            shape: its shape.
            initializer: its first value: a name, an initializer or a function.
            dtype: floatx by default.
            aggregation: how replicas combine it.
            name: its name.
        """
        if "_variables" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__}.__init__ must call super().__init__() before it makes "
                "variables."
            )
        with name_scope(self.name.replace("/", ">"), caller=self):
            variable = Variable(
                initializers.get("zeros" if initializer is None else initializer),
                shape,
                dtype or floatx(),
                trainable=False,
                aggregation=aggregation,
                synchronization="on_read",
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """``add_variable``, under its older name."""
        return self.add_variable(shape, initializer, dtype=dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch; subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} has no `update_state` yet: write it.")

    def result(self) -> Any:
        """What the state amounts to: a tensor, or a dict of tensors; subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} has no `result` method yet: write it.")

    def reset_state(self) -> None:
        """Begin anew: every variable becomes 0."""
        for variable in self.variables:
            tensor = variable._tensor
            variable.assign(_zeros(tensor.shape, tensor.dtype, tensor.device))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take in one batch, and give the result of all so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """What the variables would be after one batch, starting from ``metric_variables``."""
        with StatelessScope(state_mapping=self._pairs(metric_variables)) as scope:
            self.update_state(*args, **kwargs)
        return self._values_in(scope)

    def stateless_result(self, metric_variables: Any) -> Any:
        """The result for the state ``metric_variables``."""
        with StatelessScope(state_mapping=self._pairs(metric_variables)):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """What the variables are at the beginning."""
        with StatelessScope() as scope:
            self.reset_state()
        return self._values_in(scope)

    def _pairs(self, values: Any) -> list[tuple[Any, Any]]:
        mine = self.variables
        if len(values) != len(mine):
            raise ValueError(
                f"`metric_variables` must be a list of {len(mine)} tensors, as {self.name!r} has "
                f"variables. Received: {len(values)}."
            )
        return list(zip(mine, values, strict=True))

    def _values_in(self, scope: StatelessScope) -> list[Any]:
        values = [(scope.get_current_value(v), v) for v in self.variables]
        return [variable.value if held is None else held for held, variable in values]

    def state(self) -> dict[str, Any]:
        """The state, as numpy arrays."""
        return {"variables": [variable.numpy() for variable in self.variables]}

    def load_state(self, saved: dict[str, Any]) -> None:
        """Put back what ``state`` gave.

        Raises: ValueError where it is another metric's; nothing is changed then.
        """
        values = [np.asarray(value) for value in saved["variables"]]
        if len(values) > len(self.variables):
            self._build_for([value.shape for value in values])
        mine = self.variables
        shapes = [value.shape for value in values]
        if shapes != [variable.shape for variable in mine]:
            raise ValueError(
                f"The saved state does not fit the metric {self.name!r}: it has variables of "
                f"shapes {shapes}."
            )
        for variable, value in zip(mine, values, strict=True):
            variable.assign(value)

    def _build_for(self, shapes: list[tuple[int, ...]]) -> None:
        """Make the variables that else are made at the first batch, for state of ``shapes``."""

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a metric like this one."""
        return {**declared_config(self), "name": self.name, "dtype": str(self.dtype)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A metric made of what ``get_config`` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


@functools.lru_cache(maxsize=256)
def _zeros(shape: tuple[int, ...], dtype: str, device: str) -> Any:
    """Zeros, made once: tensors never change."""
    with eager_scope():
        return ops.zeros(shape, dtype=dtype)


register("metric", Metric)
