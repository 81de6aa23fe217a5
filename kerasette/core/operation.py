"""``Operation``: the base of everything that can stand in a Functional model's graph."""

import inspect
import math
from typing import Any, NamedTuple

from kerasette import tree
from kerasette.core import operators
from kerasette.core.infer import infer
from kerasette.core.naming import auto_name
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


_PLAIN = (str, int, float, bool, type(None))


def has_symbol(*structures: Any) -> bool:
    """Whether a KerasTensor is among the leaves."""
    return any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(structures))


class Operation:
    """Something that is applied to tensors and remembers its symbolic calls.

    Subclasses write ``call``; a call on KerasTensors gives KerasTensors and is one node of a graph.

    >>> class Double(kerasette.Operation):
    ...     def call(self, x):
    ...         return 2 * x
    >>> float(Double()(kerasette.constant(2.0)))
    4.0
    """

    name: str
    _inbound_nodes: list[Node]
    _outbound_nodes: list[Node]
    _remat_mode: Any = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        self = super().__new__(cls)
        # What the constructor got makes a config where the class writes none of its own. Set past
        # `__setattr__`: subclasses may track what is set, and are not ready yet.
        object.__setattr__(self, "_constructor_arguments", (args, kwargs))
        return self

    def __init__(self, name: str | None = None):
        if name is not None and not isinstance(name, str):
            raise ValueError(f"`name` must be a string. Received: name={name!r}.")
        self.name = name or auto_name(type(self).__name__)
        self._inbound_nodes = []
        self._outbound_nodes = []
        if state.remat is not None:
            self._remat_mode = state.remat

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not state.symbolic and has_symbol(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        if self._remat_mode is not None:
            return self.rematerialized_call(self.call, *args, **kwargs)(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Apply to KerasTensors: infer the results, and remember the call as a node."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the operation computes; subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} has no `call` method yet: write it.")

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """What a quantized operation computes; subclasses that can be quantized write it."""
        raise NotImplementedError(f"{type(self).__name__} has no `quantized_call`.")

    def rematerialized_call(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        """``fn`` as the RematScope in which the operation was made wants it: made to compute its
        intermediate values again in the backward pass, or as it is.
        """
        mode = self._remat_mode
        if mode is None or mode.mode not in ("full", "larger_than"):
            return fn
        if mode.mode == "larger_than":
            specs = tree.flatten(infer(self.call, args, kwargs))
            sizes = [math.prod(d or 1 for d in x.shape) for x in specs if hasattr(x, "shape")]
            if sum(sizes) <= mode.output_size_threshold:
                return fn
        return operators.method("remat")(fn)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Shapes and dtypes of the results, as KerasTensors; nothing is computed."""
        return infer(self.call, args, kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain values.

        Raises: NotImplementedError where they are not plain and the class has no own method.
        """
        config = {"name": self.name}
        config.update(self._auto_config())
        return config

    def _auto_config(self) -> dict[str, Any]:
        args, kwargs = self._constructor_arguments  # type: ignore[attr-defined]
        try:
            bound = inspect.signature(type(self).__init__).bind(self, *args, **kwargs)
        except TypeError:
            return {}
        given = dict(list(bound.arguments.items())[1:])
        for parameter in inspect.signature(type(self).__init__).parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                given.update(given.pop(parameter.name, {}))
            elif parameter.kind is parameter.VAR_POSITIONAL:
                given.pop(parameter.name, None)
        odd = [k for k, v in given.items() if not all(type(x) in _PLAIN for x in tree.flatten(v))]
        if odd:
            raise NotImplementedError(
                f"{type(self).__name__} needs a `get_config` method: its arguments {odd} are no "
                "plain values. Return a dict of constructor arguments from it."
            )
        return given

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An object made of what ``get_config`` gave.

        Raises: TypeError where the constructor does not take the config.
        """
        try:
            return cls(**config)
        except TypeError as error:
            raise TypeError(
                f"{cls.__name__} cannot be made from its config. {error} Received: config={config}."
            ) from error

    @property
    def input(self) -> Any:
        """The symbolic input of the first call that this operation has had."""
        return self._first_node("input").args[0]

    @property
    def output(self) -> Any:
        """The symbolic output of the first call that this operation has had."""
        return self._first_node("output").outputs

    def _first_node(self, wanted: str) -> Node:
        if not self._inbound_nodes:
            raise AttributeError(
                f"Operation {self.name!r} has had no symbolic call: it has no `{wanted}` yet."
            )
        return self._inbound_nodes[0]
