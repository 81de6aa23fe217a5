"""How symbolic values remember what made them: operations, nodes, and shape inference.

A Functional model is read off this history: each KerasTensor knows the operation and the call (the
node) that it came from.
"""

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from kerasette import tree
from kerasette.core.naming import auto_name
from kerasette.core.spec import STAND_INS, merge, substitute
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor


class KerasHistory(NamedTuple):
    """Where a KerasTensor comes from: which call of which operation, and which of its results."""

    operation: Any
    node_index: int
    tensor_index: int


class Node:
    """One call of an operation on symbolic values."""

    def __init__(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any):
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.output_tensors = [
            leaf for leaf in tree.flatten(outputs) if isinstance(leaf, KerasTensor)
        ]
        self.input_tensors = [
            leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, KerasTensor)
        ]
        self.parent_nodes = [
            tensor._keras_history.operation._inbound_nodes[tensor._keras_history.node_index]
            for tensor in self.input_tensors
            if tensor._keras_history is not None
        ]
        index = len(operation._inbound_nodes)
        operation._inbound_nodes.append(self)
        for position, tensor in enumerate(self.output_tensors):
            tensor._keras_history = KerasHistory(operation, index, position)
        for parent in self.parent_nodes:
            parent.operation._outbound_nodes.append(self)

    @property
    def is_input(self) -> bool:
        return not self.input_tensors


def call_signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function or of a primitive."""
    return inspect.signature(function)


def infer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``function`` would give, as KerasTensors: only shape rules are run, nothing computed.

    With unknown sizes among the arguments, the function runs twice with different stand-ins, and
    sizes that differ in the results are unknown. So no rule ever has to treat ``None``.
    """
    leaves = [x for x in tree.flatten((args, kwargs)) if isinstance(x, KerasTensor)]
    unknown = any(None in leaf.shape for leaf in leaves)
    results = []
    for stand_in in STAND_INS if unknown else STAND_INS[:1]:
        seen: dict[int, KerasTensor] = {}

        def stand(leaf: Any, stand_in: int = stand_in, seen: dict[int, Any] = seen) -> Any:
            if not isinstance(leaf, KerasTensor):
                return leaf
            if id(leaf) not in seen:
                shape = substitute(leaf.shape, stand_in)
                seen[id(leaf)] = KerasTensor(shape, leaf.dtype, record_history=False)
                mask = getattr(leaf, "_keras_mask", None)
                if isinstance(mask, KerasTensor):
                    seen[id(leaf)]._keras_mask = stand(mask)
            return seen[id(leaf)]

        sized_args, sized_kwargs = tree.map_structure(stand, (args, kwargs))
        with symbolic_scope():
            results.append(function(*sized_args, **sized_kwargs))
    if not unknown:
        return tree.map_structure(_plain, results[0])
    return tree.map_structure(_merged, *results)


def _plain(value: Any) -> Any:
    if not isinstance(value, KerasTensor):
        return _symbol_of(value)
    return KerasTensor(tuple(int(size) for size in value.shape), value.dtype)


def _merged(first: Any, second: Any) -> Any:
    first, second = _symbol_of(first), _symbol_of(second)
    if not isinstance(first, KerasTensor):
        return first
    return KerasTensor(merge(first.shape, second.shape), first.dtype)


def _symbol_of(value: Any) -> Any:
    """Concrete tensors that a symbolic function gives back are symbols too."""
    if hasattr(value, "_array"):
        return KerasTensor(value.shape, value.dtype)
    return value


class symbolic_scope:  # noqa: N801 (used as a function)
    """Within it, operations run their shape rules only."""

    def __enter__(self) -> "symbolic_scope":
        self.before = state.symbolic
        state.symbolic = True
        state.refresh()
        return self

    def __exit__(self, *error: Any) -> None:
        state.symbolic = self.before
        state.refresh()


class OpCall:
    """A function of ``ops`` applied to symbolic values: it stands in a Functional model's graph
    as a layer would.
    """

    registry_kind = "operation"

    def __init__(self, function: Callable[..., Any], name: str | None = None):
        self.function = function
        self.name = name or auto_name(function.__name__)
        self._inbound_nodes: list[Node] = []
        self._outbound_nodes: list[Node] = []

    @property
    def class_name(self) -> str:
        """The name of Keras's class for this operation: ``expand_dims`` is "ExpandDims"."""
        return "".join(p[:1].upper() + p[1:] for p in re.split("_+", self.function.__name__) if p)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if any(isinstance(leaf, KerasTensor) for leaf in tree.flatten((args, kwargs))):
            outputs = infer(self.function, args, kwargs)
            Node(self, args, kwargs, outputs)
            return outputs
        return self.function(*args, **kwargs)

    call = __call__


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
