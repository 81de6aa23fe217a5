"""``Optimizer``: what all optimizers share; each adds its slots and one update formula."""

import warnings
from typing import Any

import numpy as np

from kerasette import initializers, ops
from kerasette.arrays import settings
from kerasette.core.naming import auto_name, name_scope
from kerasette.core.stateless import StatelessScope
from kerasette.core.variable import Variable
from kerasette.declared import Declared, declared, declared_config
from kerasette.optimizers.gradients import clipped, present
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


@declared
class Optimizer(Declared):
    """Changes variables by their gradients. Subclasses declare slots and write ``update_step``.

    Args:
        learning_rate: a number, a LearningRateSchedule, or a function without arguments.
        weight_decay: each step takes ``weight_decay * learning_rate`` of a variable off it.
        clipnorm: the largest norm that a variable's gradient may have.
        clipvalue: the largest absolute value in a gradient.
        global_clipnorm: the largest norm that all gradients together may have.
        use_ema: whether an exponential moving average of the variables is kept.
        ema_momentum: how much of the average stays at a step.
        ema_overwrite_frequency: after how many steps the average takes the variables' place.
        loss_scale_factor: the loss is multiplied, the gradients divided by it.
        gradient_accumulation_steps: gradients are averaged over so many steps, then applied.
        name: the optimizer's name.

    >>> class Plain(kerasette.Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         self.assign_sub(variable, gradient * learning_rate)
    >>> weight = kerasette.Variable(1.0)
    >>> Plain(learning_rate=0.5).apply([kerasette.constant(1.0)], [weight])
    >>> float(weight)
    0.5

    Raises: ValueError for values that make no sense, or more than one kind of clipping.
    """

    registry_kind = "optimizer"
    _learning_rate: Any

    learning_rate: Any
    weight_decay: float | None = None
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: int | None = None
    loss_scale_factor: float | None = None
    gradient_accumulation_steps: int | None = None
    name: str | None = None

    def validate(self) -> None:
        self.name = self.name or auto_name(type(self).__name__)
        kinds = ("clipnorm", "clipvalue", "global_clipnorm")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) > 1:
            raise ValueError(f"Only one of {kinds} may be given. Received: {given}.")
        for kind in given:
            if getattr(self, kind) <= 0:
                raise ValueError(f"`{kind}` must be positive. Received: {getattr(self, kind)}.")
        steps = self.gradient_accumulation_steps
        if steps is not None and steps < 2:
            raise ValueError(
                f"`gradient_accumulation_steps` must be at least 2. Received: {steps}."
            )
        if not 0 <= self.ema_momentum <= 1:
            raise ValueError(f"`ema_momentum` must be from 0 to 1. Received: {self.ema_momentum}.")
        every = self.ema_overwrite_frequency
        if self.use_ema and every is not None and (not isinstance(every, int) or every < 1):
            raise ValueError(
                f"`ema_overwrite_frequency` must be a positive integer. Received: {every}."
            )
        self.built = False
        self._variables: list[Variable] = []
        self._decayed: Any = None  # None: all; else the ids of those left out, and name parts
        self._index: dict[int, int] = {}
        self._iterations = self.add_variable((), dtype="int64", name="iteration")
        if not (callable(self._learning_rate) or hasattr(self._learning_rate, "get_config")):
            self._learning_rate = self._rate_variable(self._learning_rate)

    def _rate_variable(self, rate: Any) -> Variable:
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number, np.ndarray)):
            raise ValueError(
                "`learning_rate` must be a number, a LearningRateSchedule or a function. "
                f"Received: learning_rate={rate!r}."
            )
        return self.add_variable(
            (), initializers.Constant(float(rate)), settings.floatx(), name="learning_rate"
        )

    # The learning rate

    @property  # type: ignore[no-redef]
    def learning_rate(self) -> Any:  # type: ignore[no-redef]
        """The learning rate of this step: a Variable, or what the schedule says."""
        rate: Any = self.__dict__.get("_learning_rate")
        if isinstance(rate, Variable):
            return rate
        if hasattr(rate, "get_config"):
            return rate(self.iterations)
        return rate() if callable(rate) else rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        before = self.__dict__.get("_learning_rate")
        scheduled = hasattr(value, "get_config") or (
            callable(value) and not isinstance(value, Variable)
        )
        if before is None or scheduled:
            if isinstance(value, dict):
                value = deserialize_keras_object(value)
            if isinstance(before, Variable):
                self._variables = [v for v in self._variables if v is not before]
            self.__dict__["_learning_rate"] = value
        elif isinstance(before, Variable):
            before.assign(value)
        else:
            raise TypeError(
                "The learning rate of this optimizer follows a schedule and cannot be set. Make "
                "the optimizer with a number as `learning_rate`, or set another schedule."
            )

    @property
    def iterations(self) -> Any:
        """How many updates were made."""
        steps = self.gradient_accumulation_steps
        return self._iterations if steps is None else ops.floor_divide(self._iterations, steps)

    # Variables

    @property
    def variables(self) -> list[Variable]:
        """Iterations, learning rate (where it is a number) and slots."""
        return self._variables[:]

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Make a variable of the optimizer."""
        with name_scope(str(self.name), caller=self):
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                layout=layout,
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """Make a variable of the shape and dtype of another one."""
        path = reference_variable.path.replace("/", "_")
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable._tensor.dtype,
            name=f"{path}_{name or 'var'}",
        )

    def add_optimizer_variables(
        self, trainable_variables: Any, name: Any, initializer: Any = "zeros"
    ) -> Any:
        """Make a variable, or one for each of several names, for each trainable variable.

        Returns: a list for one name; for several a tuple of lists. ``None`` stands where a
        variable is overwritten by its gradient.
        """
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple))
        starts = initializer if several else [initializer] * len(names)
        made: list[list[Any]] = [[] for _ in names]
        for variable in trainable_variables:
            for found, one, start in zip(made, names, starts, strict=True):
                if getattr(variable, "overwrite_with_gradient", False):
                    found.append(None)
                else:
                    found.append(self.add_variable_from_reference(variable, one, start))
        return made[0] if isinstance(name, str) else tuple(made)

    def slot_groups(self) -> list[tuple[str, ...]]:
        """The names of the variables kept for each trainable one: made group by group, within a
        group variable by variable (the order of Keras's files).
        """
        return []

    def slot_initializer(self, slot: str) -> Any:
        """What a slot begins with; zeros unless overridden."""
        return "zeros"

    def build(self, variables: Any) -> None:
        """Make the slots for the trainable ``variables``."""
        if self.built:
            return
        variables = list(variables)
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        self._index = {id(variable): index for index, variable in enumerate(variables)}
        if self.gradient_accumulation_steps:
            self._accumulated = [
                self.add_variable_from_reference(v, "gradient_accumulator") for v in variables
            ]
        self._trainable_variables = variables
        self._slots: dict[str, list[Any]] = {}
        for group in self.slot_groups():
            starts = [self.slot_initializer(slot) for slot in group]
            made = self.add_optimizer_variables(variables, group, starts)
            self._slots.update(zip(group, made, strict=True))
        self.built = True

    def _get_variable_index(self, variable: Any) -> int:
        return self._index[id(variable)]

    def slot(self, name: str, variable: Any) -> Any:
        """The slot of that name that belongs to a trainable variable."""
        return self._slots[name][self._index[id(variable)]]

    def _ensure_built(self, variables: list[Any]) -> None:
        if not self.built:
            with name_scope(str(self.name), caller=self):
                self.build(variables)
            self.built = True
        unknown = [v.path for v in variables if id(v) not in self._index]
        if unknown:
            raise ValueError(
                f"Optimizer {self.name!r} was built for other variables than {unknown}. Compile "
                "the model again, or make a new optimizer."
            )

    # Updates

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable by its gradient; subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} has no `update_step` method: write it.")

    def apply_gradients(self, grads_and_vars: Any) -> Any:
        """Update by pairs ``(gradient, variable)``; the number of updates made."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self._iterations

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Update variables by gradients, one for each.

        Raises: ValueError where the numbers differ, or every gradient is ``None``.
        """
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    "The optimizer is not built, so it needs to be told the variables: give "
                    "`trainable_variables`, or call `build` with them first."
                )
            trainable_variables = self._trainable_variables
        variables = list(trainable_variables)
        if len(grads) != len(variables):
            raise ValueError(
                f"There must be one gradient for each of {len(variables)} variables. "
                f"Received: {len(grads)} gradients."
            )
        self._ensure_built(variables)
        grads, variables = present(grads, variables)
        kept = []
        for gradient, variable in zip(grads, variables, strict=True):
            if getattr(variable, "overwrite_with_gradient", False):
                variable.assign(gradient)
            else:
                kept.append((gradient, variable))
        if kept:
            grads, variables = [g for g, _ in kept], [v for _, v in kept]
            if self.loss_scale_factor is not None:
                grads = [gradient / self.loss_scale_factor for gradient in grads]
            self._update(grads, variables)
            for variable in variables:
                if variable.constraint is not None:
                    variable.assign(variable.constraint(variable))
        self._iterations.assign_add(1)

    def _update(self, grads: list[Any], variables: list[Any]) -> None:
        steps = self.gradient_accumulation_steps
        if steps is None:
            self._update_now(grads, variables)
        else:
            sums = [self._accumulated[self._index[id(v)]] for v in variables]

            def now() -> Any:
                means = [(g + s) / steps for g, s in zip(grads, sums, strict=True)]
                self._update_now(means, variables)
                for total in self._accumulated:
                    total.assign(ops.zeros(total.shape, total.dtype))
                return 0

            def later() -> Any:
                for gradient, total in zip(grads, sums, strict=True):
                    total.assign(gradient + total)
                return 0

            ops.cond(ops.equal((self._iterations + 1) % steps, 0), now, later)
        if self.use_ema:
            self._update_averages()

    def _update_now(self, grads: list[Any], variables: list[Any]) -> None:
        grads = clipped(grads, self.clipnorm, self.clipvalue, self.global_clipnorm)
        self._apply_weight_decay(variables)
        rate = ops.convert_to_tensor(self.learning_rate)
        for gradient, variable in zip(grads, variables, strict=True):
            self.update_step(gradient, variable, rate)

    def assign(self, variable: Any, value: Any) -> None:
        """Set a variable."""
        variable.assign(value)

    def assign_add(self, variable: Any, value: Any) -> None:
        """Add to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        """Subtract from a variable."""
        variable.assign_sub(value)

    # Weight decay, moving averages, loss scale

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Leave variables out of weight decay: those listed, or with one of ``var_names`` in
        their path. Call it before the optimizer is built.
        """
        if self.built:
            raise ValueError(
                "`exclude_from_weight_decay` must be called before the optimizer is built."
            )
        self._decayed = ({id(v) for v in var_list or ()}, tuple(var_names or ()))

    def _use_weight_decay(self, variable: Any) -> bool:
        if self._decayed is None:
            return True
        listed, names = self._decayed
        return id(variable) not in listed and not any(name in variable.path for name in names)

    def _apply_weight_decay(self, variables: list[Any]) -> None:
        if self.weight_decay is None:
            return
        for variable in variables:
            if self._use_weight_decay(variable):
                rate = ops.cast(self.learning_rate, variable._tensor.dtype)
                variable.assign(variable - variable * self.weight_decay * rate)

    def _update_averages(self) -> None:
        momentum = self.ema_momentum
        first = ops.equal(self.iterations, 0)
        for variable, average in zip(self._trainable_variables, self._averages, strict=True):
            if average is None:
                continue
            keep = ops.where(first, ops.cast(0.0, average.dtype), ops.cast(momentum, average.dtype))
            average.assign(keep * average + (1 - keep) * variable)
        every = self.ema_overwrite_frequency
        if every:
            due = ops.equal((self.iterations + 1) % every, 0)
            for variable, average in zip(self._trainable_variables, self._averages, strict=True):
                if average is not None:
                    variable.assign(ops.where(due, average, variable))

    def finalize_variable_values(self, var_list: Any) -> None:
        """At the end of training, put the moving averages in the variables' places."""
        if not self.use_ema or not self.built:
            return
        for variable in var_list:
            average = self._averages[self._index[id(variable)]]
            if average is not None:
                variable.assign(average)

    def scale_loss(self, loss: Any) -> Any:
        """The loss times ``loss_scale_factor``, where there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def stateless_apply(
        self, optimizer_variables: Any, grads: Any, trainable_variables: Any
    ) -> tuple[list[Any], list[Any]]:
        """``apply`` to given values; the new ``(trainable_variables, optimizer_variables)``."""
        if not self.built:
            raise ValueError("Build the optimizer before `stateless_apply`.")
        mine = self.variables
        pairs = [*zip(self._trainable_variables, trainable_variables, strict=True)]
        pairs += [*zip(mine, optimizer_variables, strict=True)]
        with StatelessScope(pairs) as scope:
            self.apply(grads)
        trained = [scope.get_current_value(v) for v in self._trainable_variables]
        return trained, [scope.get_current_value(v) for v in mine]

    # Config and files

    def set_weights(self, weights: Any) -> None:
        """Set the optimizer's variables, in the order of ``variables``."""
        if not self.built:
            raise ValueError("Build the optimizer before `set_weights`.")
        mine = self.variables
        shapes = [tuple(np.shape(weight)) for weight in weights]
        if shapes != [variable.shape for variable in mine]:
            raise ValueError(
                f"The weights do not fit optimizer {self.name!r}. Received shapes: {shapes}; "
                f"expected: {[variable.shape for variable in mine]}."
            )
        for variable, weight in zip(mine, weights, strict=True):
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Put the variables into ``store`` (a dict of arrays) as "0", "1"…"""
        for index, variable in enumerate(self.variables):
            store[str(index)] = np.asarray(variable, copy=False)

    def load_own_variables(self, store: Any) -> None:
        """Take the variables from ``store``; with a warning, nothing where they do not fit."""
        mine = self.variables
        if len(store.keys()) != len(mine):
            warnings.warn(
                f"The file has {len(store.keys())} variables for optimizer {self.name!r}, which "
                f"has {len(mine)}: its state is not loaded.",
                stacklevel=2,
            )
            return
        for index, variable in enumerate(mine):
            variable.assign(np.asarray(store[str(index)]))

    def state(self) -> dict[str, Any]:
        """The variables, as numpy arrays."""
        return {"variables": [variable.numpy() for variable in self.variables]}

    def load_state(self, saved: dict[str, Any]) -> None:
        """Put back what ``state`` gave."""
        self.set_weights(saved["variables"])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        config = {"name": self.name, "learning_rate": self._rate_config()}
        found = declared_config(self)
        return config | {k: v for k, v in found.items() if k not in config}

    def _rate_config(self) -> Any:
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return float(rate.numpy())
        return serialize_keras_object(rate)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """An optimizer made of what ``get_config`` gave."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(
                config["learning_rate"], custom_objects=custom_objects
            )
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
