"""Loops that do not need one another become one node, so that they can run side by side.

The two directions of a bidirectional layer are such loops, and their gradients.
"""

from kerasette.graph.bundle import Bundle
from kerasette.graph.ir import Graph, Node, Value

# Its attribute: a ``body`` with the loops.
ABREAST = Bundle("abreast")


def run_loops_abreast(graph: Graph) -> Graph:
    """The graph with each set of loops of one length that are independent as one node."""
    sets: list[list[Node]] = []
    for node in graph.nodes:
        if node.op.name != "scan":
            continue
        for together in sets:
            if _alike(node, together[0]) and not any(_needs(node, other) for other in together):
                together.append(node)
                break
        else:
            sets.append([node])
    for together in sets:
        # What became one node before may lead from one of these to another now.
        free = [n for i, n in enumerate(together) if not any(_needs(n, m) for m in together[:i])]
        if len(free) > 1:
            graph = _bundled(graph, free)
    return graph


def _alike(node: Node, other: Node) -> bool:
    lengths = [n.attributes["layout"].length for n in (node, other)]
    return bool(lengths[0] == lengths[1])


def _needs(node: Node, other: Node) -> bool:
    """Whether a way leads from ``other`` to ``node``, which comes after it."""
    waiting, seen = [node], {node}
    while waiting:
        for value in waiting.pop().inputs:
            if value.node is other:
                return True
            if value.node is not None and value.node not in seen:
                seen.add(value.node)
                waiting.append(value.node)
    return False


def _bundled(graph: Graph, together: list[Node]) -> Graph:
    """The graph with these nodes as one, and what needs them after it."""
    read = list(dict.fromkeys(value for node in together for value in node.inputs))
    inside = {value: Value(value.spec) for value in read}
    copies = [Node(n.op, [inside[v] for v in n.inputs], n.attributes) for n in together]
    results = [value for copy in copies for value in copy.outputs]
    made = Node(ABREAST, read, {"body": Graph([inside[v] for v in read], {}, copies, results)})
    old = [value for node in together for value in node.outputs]
    stands_for = dict(zip(old, made.outputs, strict=True))
    waits: set[Node] = set(together)  # the nodes, and those that need one of them
    before: list[Node] = []
    after: list[Node] = []
    for node in graph.nodes:
        if any(value.node in waits for value in node.inputs):
            waits.add(node)
        if node in together:
            continue
        node.inputs = [stands_for.get(value, value) for value in node.inputs]
        (after if node in waits else before).append(node)
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, [*before, made, *after], outputs)
