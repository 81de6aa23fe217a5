"""The tracing interpreter: runs a Python function on handles, and writes down what it does."""

from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.core.tensor import Tensor, TensorBase, Traced, as_array
from kerasette.graph.ir import Graph, Node, Value


class Trace:
    """A graph being written. Open it with ``with``; operations then emit their nodes into it.

    Reading a variable is an input of the graph; assigning to one is an output. The variables
    themselves are not touched: a trace that fails leaves nothing behind.
    """

    def __init__(self, outer: "Trace | None" = None):
        self.outer = outer
        self.inputs: list[Value] = []
        self.nodes: list[Node] = []
        self.constants: dict[int, tuple[Value, Tensor]] = {}
        self.captured: dict[int, tuple[Value, Traced]] = {}
        self.reads: dict[int, tuple[Any, Traced]] = {}
        self.current: dict[int, Any] = {}
        self.through: list[tuple[Any, Any]] = []  # variables read of the outer trace, and as what
        self.assigned: dict[int, Any] = {}  # the variables, in the order of their assignment

    def __enter__(self) -> "Trace":
        self._before = (state.trace, state.tapes)
        state.trace = self
        state.refresh()
        return self

    def __exit__(self, *error: Any) -> None:
        state.trace, state.tapes = self._before
        state.refresh()

    def input(self, spec: Spec) -> Traced:
        """A new input of the graph."""
        value = Value(spec)
        self.inputs.append(value)
        return Traced(value, self)

    def value(self, tensor: Any) -> Value:
        """The graph's value for a tensor: its own, a constant, or one caught from outside."""
        if isinstance(tensor, Traced):
            if tensor.trace is self:
                return tensor.graph_value
            held = self.captured.get(id(tensor))
            if held is None:
                if not self._inside(tensor.trace):
                    raise TypeError(
                        "A tensor made inside another compiled function was kept and used here. "
                        f"Return it from there, or assign it to a Variable. Received: {tensor!r}."
                    )
                held = (Value(Spec(tensor.shape, tensor.dtype)), tensor)
                self.captured[id(tensor)] = held
            return held[0]
        if not isinstance(tensor, Tensor):
            tensor = Tensor(as_array(tensor))
        found = self.constants.get(id(tensor))
        if found is None:
            found = (Value(Spec(tensor.shape, tensor.dtype)), tensor)
            self.constants[id(tensor)] = found
        return found[0]

    def _inside(self, trace: "Trace") -> bool:
        outer = self.outer
        while outer is not None and outer is not trace:
            outer = outer.outer
        return outer is not None

    def emit(self, op: Any, values: list[Any], attributes: dict[str, Any]) -> Any:
        """Write a node; its results as handles."""
        node = Node(op, [self.value(value) for value in values], attributes)
        self.nodes.append(node)
        handles = tuple(Traced(value, self) for value in node.outputs)
        return handles if node.several else handles[0]

    def read(self, variable: Any) -> Any:
        """The variable's value at this point of the function."""
        value = self.current.get(id(variable))
        if value is None:
            if self.outer is not None:
                outside = self.outer.read(variable)
                self.through.append((variable, outside))
                value = Traced(self.value(outside), self)
            else:
                tensor = variable._tensor
                value = self.input(Spec(tensor.shape, tensor.dtype))
                self.reads[id(variable)] = (variable, value)
            self.current[id(variable)] = value
        return value

    def assign(self, variable: Any, value: Any) -> None:
        """Set the variable's value from this point of the function on."""
        if not isinstance(value, Traced):
            value = Traced(self.value(value), self)
        self.current[id(variable)] = value
        self.assigned[id(variable)] = variable

    def graph(self, outputs: list[Any]) -> Graph:
        """The finished graph; what was caught from outside becomes inputs, last."""
        values = [self.value(output) for output in outputs]
        inputs = self.inputs + [value for value, _ in self.captured.values()]
        constants = dict(self.constants.values())
        return Graph(inputs, constants, self.nodes, values)

    def subgraph(
        self,
        function: Callable[..., Any],
        specs: list[Spec],
        structure: Any,
        variables: list[Any] | None = None,
    ) -> "Subgraph":
        """Trace ``function`` of values of these specs, packed as ``structure``, as a graph of its
        own that a node of this one (a loop, a branch) will carry.

        ``variables``: those whose values come in as further inputs, after the arguments.
        """
        inner = Trace(outer=self)
        tapes = state.tapes
        with inner:
            state.tapes = ()  # what the body does is the node's affair; tapes record the node
            state.refresh()
            handles = [inner.input(spec) for spec in specs]
            for variable in variables or ():
                tensor = variable._tensor
                inner.current[id(variable)] = inner.input(Spec(tensor.shape, tensor.dtype))
            result = function(*tree.pack_sequence_as(structure, handles))
            leaves = [
                leaf if isinstance(leaf, (Tensor, Traced)) else _as_tensor(leaf)
                for leaf in tree.flatten(result)
                if leaf is not None
            ]
            written = list(inner.assigned.values())
            states = [inner.current[id(v)] for v in (variables or ())]
            graph = inner.graph(leaves + states)
        for variable, outside in inner.through:
            for tape in tapes:
                tape.read(variable, outside)
        caught = [outer for _, outer in inner.captured.values()]
        return Subgraph(graph, result, len(leaves), caught, written)


class Subgraph:
    """A traced body: its graph, the result's structure, what it caught and what it assigns."""

    def __init__(
        self, graph: Graph, result: Any, count: int, captured: list[Traced], written: list[Any]
    ):
        self.graph = graph
        self.result = result
        self.count = count
        self.captured = captured
        self.written = written

    def pack(self, leaves: list[Any]) -> Any:
        """Values in the structure that the traced function returned."""
        rest = iter(leaves)
        return tree.map_structure(lambda leaf: None if leaf is None else next(rest), self.result)


def _as_tensor(value: Any) -> Any:
    if isinstance(value, TensorBase) and hasattr(value, "assign"):
        return value.value  # type: ignore[attr-defined]
    return Tensor(as_array(value))
