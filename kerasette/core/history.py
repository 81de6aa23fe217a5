"""Functions over operations, applied to symbolic values: one node of a Functional model each."""

import functools
import re
from collections.abc import Callable
from typing import Any

from kerasette.core.infer import infer
from kerasette.core.naming import auto_name
from kerasette.core.operation import KerasHistory, Node, Operation
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor

__all__ = ["KerasHistory", "Node", "OpCall", "infer", "operation", "symbolic_call"]


class OpCall(Operation):
    """A function of ``ops`` applied to symbolic values: it stands in a Functional model's graph
    as a layer would.
    """

    registry_kind = "operation"

    def __init__(self, function: Callable[..., Any], name: str | None = None):
        super().__init__(name=name or auto_name(function.__name__))
        self.function = function

    @property
    def class_name(self) -> str:
        """The name of Keras's class for this operation: ``expand_dims`` is "ExpandDims"."""
        return "".join(p[:1].upper() + p[1:] for p in re.split("_+", self.function.__name__) if p)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def symbolic_call(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Apply a function to KerasTensors: infer what comes out, and remember the call."""
    return OpCall(function)(*args, **kwargs)


def operation(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function over operations one that KerasTensors may be given to.

    It is then one node in a Functional model's graph, under its own name.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not state.symbolic and (_has_symbol(args) or (kwargs and _has_symbol(kwargs.values()))):
            return symbolic_call(call, args, kwargs)
        return function(*args, **kwargs)

    return call


def _has_symbol(values: Any) -> bool:
    for value in values:
        kind = type(value)
        if kind is KerasTensor:
            return True
        if (kind is list or kind is tuple) and _has_symbol(value):
            return True
        if kind is dict and _has_symbol(value.values()):
            return True
    return False
