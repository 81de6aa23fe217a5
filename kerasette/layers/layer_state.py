"""The part of a layer that holds state: variables, weights, sublayers, losses, saving."""

from typing import Any

import numpy as np

from kerasette import constraints, initializers, regularizers, tree
from kerasette.arrays import dtypes
from kerasette.core.naming import current_path, name_scope
from kerasette.core.operation import Operation
from kerasette.core.state import state
from kerasette.core.tensor import Traced
from kerasette.core.variable import Variable
from kerasette.layers.edits import edits
from kerasette.layers.tracking import held, unique


def is_seed_generator(value: Any) -> bool:
    return hasattr(value, "next") and hasattr(value, "state") and hasattr(value, "seed")


def is_metric(value: Any) -> bool:
    return hasattr(value, "update_state") and hasattr(value, "stateless_result")


class LayerState(Operation):
    """Variables and sublayers of a layer, found among its attributes."""

    # Attributes that hold no part of the layer's own state, though they may hold layers.
    untracked: tuple[str, ...] = ()
    counts_edits = True  # whether setting an attribute may change what a model computes

    _trainable: bool
    _losses: list[Any]
    _variables: list[Variable]
    built: bool

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Variable) and name not in type(self).untracked:
            tracked = self.__dict__.setdefault("_variables", [])
            if all(value is not other for other in tracked):
                tracked.append(value)
        if self.counts_edits:
            edits.count += 1
        object.__setattr__(self, name, value)

    @property
    def _layers(self) -> list[Any]:
        return held(self, lambda value: isinstance(value, LayerState))

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        """This layer and all below it, depth first, each once."""
        found: list[Any] = [self] if include_self else []
        for layer in self._layers:
            found += layer._flatten_layers() if recursive else [layer]
        return unique(found)

    @property
    def _own_variables(self) -> list[Any]:
        """Variables of this layer itself: those made trainable first, as Keras orders them."""
        mine = unique(self._variables + held(self, lambda v: isinstance(v, Variable)))
        return [v for v in mine if v.starts_trainable] + [v for v in mine if not v.starts_trainable]

    @property
    def _passing_variables(self) -> list[Any]:
        """What is no weight and changes as layers work: the states of recurrent layers."""
        layers = self._flatten_layers()
        found = [getattr(layer, name, None) for layer in layers for name in type(layer).untracked]
        return [value for value in tree.flatten(found) if isinstance(value, Variable)]

    @property
    def _seed_generators(self) -> list[Any]:
        return held(self, is_seed_generator)

    @property
    def _metrics(self) -> list[Any]:
        return held(self, is_metric)

    @property
    def variables(self) -> list[Any]:
        """All variables, with those of sublayers and the states of random seeds."""
        found = list(self._own_variables)
        found += [generator.state for generator in self._seed_generators]
        for layer in self._layers:
            found += layer.variables
        return unique(found)

    def to_device(self, device: str, /) -> Any:
        """Move all variables to ``device``, such as "gpu:0"; itself is returned.

        Raises: DeviceError for a device that is not there.
        """
        for variable in self.variables:
            variable.to_device(device)
        return self

    @property
    def weights(self) -> list[Any]:
        """The variables that are saved as weights: all but the states of seeds and metrics."""
        found = list(self._own_variables)
        for layer in self._layers:
            found += layer.weights
        return unique(found)

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that training changes; none where the layer is not trainable."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The variables that training does not change by gradients."""
        if not self.trainable:
            return self.variables
        return [v for v in self.variables if not v.trainable]

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training changes; none where the layer is not trainable."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training does not change by gradients."""
        if not self.trainable:
            return self.weights
        return [v for v in self.weights if not v.trainable]

    @property
    def metrics(self) -> list[Any]:
        """The metrics of this layer and its sublayers."""
        found = list(self._metrics)
        for layer in self._layers:
            found += layer.metrics
        return unique(found)

    @property
    def metrics_variables(self) -> list[Any]:
        """The variables of ``metrics``."""
        return unique(v for metric in self.metrics for v in metric.variables)

    @property
    def trainable(self) -> bool:
        """Whether training changes this layer's weights; setting it sets sublayers too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        object.__setattr__(self, "_trainable", bool(value))
        for variable in self._own_variables:
            variable.trainable = bool(value) and variable.starts_trainable
        for layer in self._layers:
            layer.trainable = bool(value)

    def add_loss(self, loss: Any) -> None:
        """Add a scalar tensor, or several, to what training minimises.

        Raises: ValueError for a loss that is no scalar.
        """
        losses = loss if isinstance(loss, (list, tuple)) else [loss]
        for value in losses:
            if getattr(value, "shape", ()) not in ((), None):
                raise ValueError(f"`add_loss` takes scalars. Received: loss={value!r}.")
        scope = state.stateless
        for value in losses:
            if scope is not None and scope.collect_losses:
                scope.add_loss(value)
            if not state.symbolic and not state.repeating:
                self._losses.append(value)

    @property
    def losses(self) -> list[Any]:
        """What ``add_loss`` was given in the last call, and the weights' regularization."""
        found = [loss for layer in self._flatten_layers() for loss in layer._losses]
        if state.trace is None:  # what a compiled call added has no value outside of it
            found = [loss for loss in found if not isinstance(loss, Traced)]
        penalized = [v for v in self.trainable_weights if v.regularizer is not None]
        return found + [variable.regularizer(variable) for variable in penalized]

    def _clear_losses(self) -> None:
        if state.repeating:
            return
        for layer in self._flatten_layers():
            if layer._losses:
                layer._losses = []

    def add_weight(
        self,
        *args: Any,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Make a variable of this layer.

        Args:
            shape: its shape; ``()`` by default.
            initializer: a name, an initializer or a function; by default "glorot_uniform" for
                floats and "zeros" for the rest.
            dtype: by default the layer's variable dtype.
            trainable: whether training changes it.
            autocast: whether it is read in the layer's compute dtype.
            regularizer: its penalty, added to the losses.
            constraint: what is applied to it after every update.
            aggregation: how replicas combine it.
            overwrite_with_gradient: whether the optimizer puts the gradient in its place.
            name: its name.

        >>> kerasette.Layer().add_weight(shape=(8, 4), name="kernel").shape
        (8, 4)
        """
        if args:  # the older order: shape, initializer, dtype
            if isinstance(args[0], str) or len(args) > 3 or shape is not None:
                raise TypeError(
                    "add_weight() takes keyword arguments: add_weight(shape=..., name=...). "
                    f"Received: {args}."
                )
            given = dict(zip(("shape", "initializer", "dtype"), args, strict=False))
            shape = given["shape"]
            initializer = given.get("initializer", initializer)
            dtype = given.get("dtype", dtype)
        variable = self._make_variable(shape, initializer, dtype, trainable, autocast, name)
        variable.aggregation = aggregation or "none"
        variable.overwrite_with_gradient = overwrite_with_gradient
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.trainable = variable.trainable and self.trainable
        self.__dict__.setdefault("_variables", []).append(variable)
        return variable

    def _make_variable(
        self, shape: Any, initializer: Any, dtype: Any, trainable: bool, autocast: bool, name: Any
    ) -> Variable:
        dtype = dtypes.standardize_dtype(dtype or self.variable_dtype)  # type: ignore[attr-defined]
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(dtype) else "zeros"
        initializer = initializers.get(initializer)
        shape = () if shape is None else shape
        inside = current_path().split("/")[-1] == self.name
        if inside:
            return Variable(initializer, shape, dtype, trainable, autocast, name=name)
        path = self.__dict__.get("_path")  # of a layer that is built already
        parent = None if path is None else path.rpartition("/")[0]
        with name_scope(self.name, caller=self, override_parent=parent):
            return Variable(initializer, shape, dtype, trainable, autocast, name=name)

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Variable:
        """``add_weight`` with the shape and initializer first."""
        return self.add_weight(
            shape=shape,
            initializer=initializer,
            dtype=dtype,
            trainable=trainable,
            autocast=autocast,
            regularizer=regularizer,
            constraint=constraint,
            name=name,
        )

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Not in Keras 3: hold a Metric as an attribute, and call it in ``call``."""
        raise NotImplementedError(
            "Layers have no `add_metric`. Make a Metric in __init__ (self.m = metrics.Mean()) and "
            "call self.m.update_state(...) in `call`."
        )

    def get_weights(self) -> list[np.ndarray]:
        """The values of ``weights``, as numpy arrays."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Set the values of ``weights``, in their order; all are checked before any is set.

        Raises: ValueError where the number or a shape differs.
        """
        mine = self.weights
        if len(mine) != len(weights):
            raise ValueError(
                f"Layer {self.name!r} has {len(mine)} weights. Received: {len(weights)} values."
                + ("" if self.built else " The layer is not built yet: call it, or its build().")
            )
        for variable, value in zip(mine, weights, strict=True):
            if tuple(np.shape(value)) != variable.shape:
                raise ValueError(
                    f"Weight {variable.path!r} has shape {variable.shape}. "
                    f"Received: a value of shape {tuple(np.shape(value))}."
                )
        for variable, value in zip(mine, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """The number of single weights.

        Raises: ValueError where the layer is not built, so that it is not known.
        """
        if not self.built:
            raise ValueError(
                f"Layer {self.name!r} is not built, so its weights are not known. Call it on data, "
                "or call build() with the input shape."
            )
        return int(sum(np.prod(variable.shape, dtype=np.int64) for variable in self.weights))

    def save_own_variables(self, store: Any) -> None:
        """Put this layer's own variables into ``store`` (a dict of arrays) as "0", "1"…"""
        for index, variable in enumerate(self._own_variables):
            store[str(index)] = np.asarray(variable, copy=False)

    def load_own_variables(self, store: Any) -> None:
        """Take this layer's own variables from ``store``; all are checked before any is set.

        Raises: ValueError where their number or a shape differs.
        """
        mine = self._own_variables
        if len(store.keys()) != len(mine):
            hint = "" if self.built or mine else " The layer is not built: build it first."
            raise ValueError(
                f"Layer {self.name!r} has {len(mine)} variables of its own, the file has "
                f"{len(store.keys())} for it.{hint}"
            )
        values = [np.asarray(store[str(index)]) for index in range(len(mine))]
        for variable, value in zip(mine, values, strict=True):
            if value.shape != variable.shape:
                raise ValueError(
                    f"Weight {variable.path!r} has shape {variable.shape}, the file's has shape "
                    f"{value.shape}."
                )
        for variable, value in zip(mine, values, strict=True):
            variable.assign(value)

    def state(self) -> dict[str, Any]:
        """Everything that changes as this layer works, as numpy arrays."""
        changing = [*self.variables, *self._passing_variables]
        return {"variables": [variable.numpy() for variable in changing]}

    def load_state(self, saved: dict[str, Any]) -> None:
        """Put back what ``state`` gave.

        Raises: ValueError where it is another layer's.
        """
        mine, values = [*self.variables, *self._passing_variables], saved["variables"]
        shapes = [tuple(np.shape(value)) for value in values]
        if shapes != [variable.shape for variable in mine]:
            raise ValueError(
                f"The saved state does not fit {self.name!r}: it has variables of shapes {shapes}."
            )
        for variable, value in zip(mine, values, strict=True):
            variable.assign(value)
