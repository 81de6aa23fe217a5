"""Scopes in which variables stand for given values: a model as a function without side effects."""

from typing import Any

from kerasette.core.infer import symbolic_scope
from kerasette.core.state import state


class StatelessScope:
    """Within it, variables read as what ``state_mapping`` says, and assignments are collected.

    Args:
        state_mapping: pairs ``(variable, value)``.
        collect_losses: whether ``add_loss`` is collected in ``losses``.
        initialize_variables: accepted as Keras does; variables here have their value at once.

    >>> v = kerasette.Variable(1.0)
    >>> with kerasette.StatelessScope([(v, kerasette.constant(5.0))]) as scope:
    ...     after = v.assign_add(1.0)
    >>> float(scope.get_current_value(v)), float(v)
    (6.0, 1.0)
    """

    def __init__(
        self,
        state_mapping: Any = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ):
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Any] = []
        self.state_mapping: dict[int, Any] = {}
        self._variables: dict[int, Any] = {}
        for variable, value in state_mapping or ():
            if not hasattr(variable, "assign"):
                raise ValueError(
                    f"`state_mapping` holds pairs (variable, value). Received: {variable!r}."
                )
            self.add_update((variable, value))

    def __enter__(self) -> "StatelessScope":
        self._before = state.stateless
        state.stateless = self
        return self

    def __exit__(self, *error: Any) -> None:
        state.stateless = self._before

    def add_loss(self, loss: Any) -> None:
        """Collect a loss."""
        self.losses.append(loss)

    def add_update(self, update: Any) -> None:
        """Take ``(variable, value)`` as the variable's value from here on."""
        variable, value = update
        value = getattr(value, "value", value) if hasattr(value, "assign") else value
        if value is not None and tuple(value.shape) != tuple(variable.shape):
            raise ValueError(
                f"Variable {variable.path!r} has shape {variable.shape}. "
                f"Received: a value of shape {tuple(value.shape)}."
            )
        self.state_mapping[id(variable)] = value
        self._variables[id(variable)] = variable

    def get_current_value(self, variable: Any) -> Any:
        """What the variable stands for here; ``None`` where nothing was said of it."""
        return self.state_mapping.get(id(variable))


class SymbolicScope(symbolic_scope):
    """Within it, operations infer shapes and compute nothing."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()
