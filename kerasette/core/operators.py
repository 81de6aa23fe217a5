"""Where ``ops`` leaves the functions that tensors call as operators and methods.

Tensors are a floor below the operations, so they ask for them here by name.
"""

from collections.abc import Callable
from typing import Any

from kerasette.core.tensor import TensorBase

_methods: dict[str, Callable[..., Any]] = {}


def install(**functions: Callable[..., Any]) -> None:
    """Give every value the operators ``__add__`` … and make other functions known by name."""
    for name, function in functions.items():
        if name.startswith("__"):
            setattr(TensorBase, name, function)
        else:
            _methods[name] = function


def method(name: str) -> Callable[..., Any]:
    """An operation by name; ``ops`` is loaded where it is not yet."""
    if name not in _methods:
        import importlib

        importlib.import_module("kerasette.ops")
    return _methods[name]
