"""Common subexpressions: of two equal nodes on the same values, the first serves both."""

from typing import Any

import numpy as np

from kerasette.graph.ir import Graph, Node, Value

_SMALL = 64  # elements of constants that are compared


def share_common_subexpressions(graph: Graph) -> Graph:
    """The graph in which equal work is done once. Every operation is a function of its operands
    (random bits too: their counter is an operand), so equal operands mean equal results.
    """
    stands_for = _equal_constants(graph)
    seen: dict[Any, Node] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        inputs = [stands_for.get(value, value) for value in node.inputs]
        key: Any = (node.op.name, tuple(inputs), tuple(sorted(node.attributes.items(), key=_first)))
        try:
            twin = seen.get(_exact(key))
        except TypeError:  # an attribute that cannot be hashed: never equal to another
            twin = None
            key = None
        if twin is not None:
            stands_for.update(zip(node.outputs, twin.outputs, strict=True))
            continue
        node.inputs = inputs
        nodes.append(node)
        if key is not None:
            seen[_exact(key)] = node
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, nodes, outputs)


def _equal_constants(graph: Graph) -> dict[Value, Value]:
    """Small constants of the same bits: the first stands for all."""
    first: dict[Any, Value] = {}
    stands_for: dict[Value, Value] = {}
    for value, tensor in graph.constants.items():
        array = tensor._array
        if type(array) is np.ndarray and array.size <= _SMALL:
            same = first.setdefault((array.shape, array.dtype.str, array.tobytes()), value)
            if same is not value:
                stands_for[value] = same
    return stands_for


def _first(item: tuple[str, Any]) -> str:
    return item[0]


def _exact(value: Any) -> Any:
    """A key in which 1, 1.0 and True differ."""
    if isinstance(value, tuple):
        return tuple(_exact(part) for part in value)
    return (type(value), value)
