"""Slices before elementwise work: the gates of an LSTM are sums of slices, not slices of a sum.

What is computed is the same, but no cluster has to end where a value is cut to pieces.
"""

import math

from kerasette.graph.ir import Graph, Node, Value

# Of operands of one shape; what is cheap, in case parts overlap a little.
CUT = frozenset("add subtract multiply negative maximum minimum relu".split())


def slice_before_elements(graph: Graph) -> Graph:
    """The graph in which what is only read in slices is computed slice by slice."""
    while cut := _cut(graph):
        graph = _sliced(graph, cut)
    return graph


def _cut(graph: Graph) -> set[Node]:
    readers: dict[Value, list[Node]] = {}
    for node in graph.nodes:
        for value in node.inputs:
            readers.setdefault(value, []).append(node)
    kept = set(graph.outputs)
    return {
        node
        for node in graph.nodes
        if node.op.name in CUT
        and node.outputs[0] not in kept
        and _is_cut(node, readers.get(node.outputs[0], []))
    }


def _sliced(graph: Graph, cut: set[Node]) -> Graph:
    nodes: list[Node] = []
    stands_for: dict[Value, Value] = {}
    for node in graph.nodes:
        node.inputs = [stands_for.get(value, value) for value in node.inputs]
        source = node.inputs[0].node if node.op.name == "slice" else None
        if source is not None and source in cut:
            parts = [Node(node.op, [value], node.attributes) for value in source.inputs]
            made = Node(source.op, [part.outputs[0] for part in parts], source.attributes)
            nodes += [*parts, made]
            stands_for[node.outputs[0]] = made.outputs[0]
        elif node not in cut:
            nodes.append(node)
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, nodes, outputs)


def _is_cut(node: Node, readers: list[Node]) -> bool:
    """Whether all readers take slices, no more in all than there is."""
    whole = node.outputs[0].spec
    if len(readers) < 2 or any(reader.op.name != "slice" for reader in readers):
        return False
    taken = sum(math.prod(reader.outputs[0].spec.shape) for reader in readers)
    return taken <= math.prod(whole.shape) and all(
        value.spec.shape == whole.shape for value in node.inputs
    )
