"""What a step leaves behind, such as an optimizer's new values of all variables, becomes one node.

It is computed by the whole team in one go, however many variables there are.
"""

from kerasette.graph.bundle import Bundle
from kerasette.graph.cluster import CLUSTER, FULL
from kerasette.graph.ir import Graph, Node, Value
from kerasette.graph.passes.clusters import OVER_ROWS

# Its attribute: a ``body`` with the clusters.
UPDATES = Bundle("updates")


def gather_updates(graph: Graph) -> Graph:
    """The graph with those clusters as one node that are elementwise and that only the caller reads
    from.
    """
    read = {value for node in graph.nodes for value in node.inputs}
    gathered = [node for node in graph.nodes if _is_update(node, read)]
    if len(gathered) < 2:
        return graph
    operands = list(dict.fromkeys(value for node in gathered for value in node.inputs))
    inside = {value: Value(value.spec) for value in operands}
    copies = [Node(n.op, [inside[v] for v in n.inputs], n.attributes) for n in gathered]
    results = [value for copy in copies for value in copy.outputs]
    body = Graph([inside[value] for value in operands], {}, copies, results)
    made = Node(UPDATES, operands, {"body": body})
    old = [value for node in gathered for value in node.outputs]
    stands_for = dict(zip(old, made.outputs, strict=True))
    others = [node for node in graph.nodes if node not in gathered]
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, [*others, made], outputs)


def _is_update(node: Node, read: set[Value]) -> bool:
    if node.op is not CLUSTER or any(value in read for value in node.outputs):
        return False
    frames, body = node.attributes["frames"], node.attributes["body"]
    return set(frames) == {FULL} and not any(inner.op.name in OVER_ROWS for inner in body.nodes)
