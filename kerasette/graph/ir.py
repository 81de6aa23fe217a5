"""The graph of a traced function: values, nodes, and the graph that holds them in order."""

from collections.abc import Callable
from typing import Any

from kerasette.core.spec import Spec
from kerasette.core.tensor import Tensor


class Value:
    """A result of a node, an input or a constant of a graph; known by identity."""

    __slots__ = ("index", "node", "spec")

    def __init__(self, spec: Spec, node: "Node | None" = None, index: int = 0):
        self.spec = spec
        self.node = node
        self.index = index


class Node:
    """One operation of a graph."""

    __slots__ = ("attributes", "inputs", "op", "outputs", "several")

    def __init__(self, op: Any, inputs: list[Value], attributes: dict[str, Any]):
        self.op = op
        self.inputs = inputs
        self.attributes = attributes
        specs = op.spec(*(value.spec for value in inputs), **attributes)
        self.several = not isinstance(specs, Spec)
        listed = list(specs) if self.several else [specs]
        self.outputs = [Value(spec, self, index) for index, spec in enumerate(listed)]


class Graph:
    """Nodes in an order in which they can be run, with inputs, constants and outputs.

    ``inputs`` are what the caller gives: the function's arguments first, then the state it reads.
    """

    def __init__(
        self,
        inputs: list[Value],
        constants: dict[Value, Tensor],
        nodes: list[Node],
        outputs: list[Value],
    ):
        self.inputs = inputs
        self.constants = constants
        self.nodes = nodes
        self.outputs = outputs
        self._plan: Any = None

    def replay(self, *inputs: Any) -> list[Any]:
        """Apply every node's operation to these values: eagerly, traced, on tape, as it may be."""
        values: dict[Value, Any] = dict(zip(self.inputs, inputs, strict=True))
        values.update(self.constants)
        for node in self.nodes:
            out = node.op(*(values[value] for value in node.inputs), **node.attributes)
            values.update(zip(node.outputs, out if node.several else (out,), strict=True))
        return [values[value] for value in self.outputs]

    def run(self, arrays: list[Any]) -> list[Any]:
        """Compute the outputs on arrays by this graph's plan, made at the first call."""
        if self._plan is None:
            from kerasette.graph.plan import Plan

            self._plan = Plan(self)
        return self._plan(arrays)

    def copy(self) -> "Graph":
        """The same graph of nodes and values of its own, in bodies too; constants are shared."""

        def own(attribute: Any) -> Any:
            if isinstance(attribute, tuple) and any(isinstance(p, Graph) for p in attribute):
                return tuple(own(part) for part in attribute)
            return attribute.copy() if isinstance(attribute, Graph) else attribute

        twins: dict[Value, Value] = {v: Value(v.spec) for v in (*self.inputs, *self.constants)}
        nodes = []
        for node in self.nodes:
            attributes = {name: own(value) for name, value in node.attributes.items()}
            twin = Node(node.op, [twins[value] for value in node.inputs], attributes)
            twins.update(zip(node.outputs, twin.outputs, strict=True))
            nodes.append(twin)
        constants = {twins[value]: tensor for value, tensor in self.constants.items()}
        inputs, outputs = [twins[v] for v in self.inputs], [twins[v] for v in self.outputs]
        return Graph(inputs, constants, nodes, outputs)

    def draw(self) -> str:
        """The graph as a picture, in SVG."""
        from kerasette.graph.drawing import svg

        return svg(self)

    def __str__(self) -> str:
        names: dict[Value, str] = {}
        lines = []

        def name(value: Value, prefix: str) -> str:
            names.setdefault(value, f"%{prefix}{len(names)}")
            return names[value]

        def typed(value: Value, prefix: str = "") -> str:
            sizes = ", ".join(str(size) for size in value.spec.shape)
            return f"{name(value, prefix)}: {value.spec.dtype}[{sizes}]"

        lines.append("graph(" + ", ".join(typed(value, "in") for value in self.inputs) + ")")
        lines += [f"  {typed(value, 'const')} = constant" for value in self.constants]
        for node in self.nodes:
            operands = [name(value, "") for value in node.inputs]
            operands += [f"{key}={_short(value)}" for key, value in node.attributes.items()]
            results = ", ".join(typed(value) for value in node.outputs)
            lines.append(f"  {results} = {node.op.name}({', '.join(operands)})")
            for body in _bodies(node):
                lines += ["    " + line for line in str(body).splitlines()]
        lines.append("  return " + ", ".join(name(value, "") for value in self.outputs))
        return "\n".join(lines)


def _bodies(node: Node) -> list[Graph]:
    """The graphs that a node carries: what a loop, a branch or a cluster does."""
    found = []
    for value in node.attributes.values():
        parts = value if isinstance(value, tuple) else (value,)
        found += [part for part in parts if isinstance(part, Graph)]
    return found


def _short(value: Any) -> str:
    return "<graph>" if isinstance(value, Graph) else str(value)


Pass = Callable[[Graph], Graph]
