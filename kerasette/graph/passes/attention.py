"""Attention whose gradient is in the graph, too, keeps what that needs.

    attend(q, k, v)                         out, sums = attend_keeping(q, k, v)
    attend_gradient(g, q, k, v)             attend_gradient_kept(g, q, k, v, out, sums)

Where nobody has kernels for attention as a whole there is no ``attend`` in a graph.
"""

from kerasette.arrays import device as devices
from kerasette.core import kernels
from kerasette.graph.fused import attend_gradient_kept, attend_keeping
from kerasette.graph.ir import Graph, Node, Value


def keep_sums(graph: Graph) -> Graph:
    """The graph in which no gradient computes attention again."""
    waiting: dict[tuple[object, ...], Node] = {}
    partners: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op.name == "attend":
            waiting[_key(node, node.inputs)] = node
        elif node.op.name == "attend_gradient":
            first = waiting.get(_key(node, node.inputs[1:]))
            if first is not None and _known(first, node):
                partners[node] = first
    kept: dict[Node, Node] = {}
    stands_for: dict[Value, Value] = {}
    nodes = []
    for node in graph.nodes:
        node.inputs = [stands_for.get(value, value) for value in node.inputs]
        made = node
        if node in partners.values():
            made = kept[node] = Node(attend_keeping, node.inputs, node.attributes)
        elif node in partners:
            sums = kept[partners[node]].outputs
            made = Node(attend_gradient_kept, [*node.inputs, *sums], node.attributes)
        stands_for.update(zip(node.outputs, made.outputs, strict=False))
        nodes.append(made)
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, nodes, outputs)


def _key(node: Node, operands: list[Value]) -> tuple[object, ...]:
    return (*operands, *sorted(node.attributes.items()))


def _known(first: Node, second: Node) -> bool:
    """Whether there are kernels for both on the device."""
    device = devices.current_device()
    keeping = tuple(value.spec for value in first.inputs)
    out = attend_keeping.spec(*keeping, **first.attributes)
    specs = (*(value.spec for value in second.inputs), *out)
    pairs = ((attend_keeping.name, keeping), (attend_gradient_kept.name, specs))
    return all(kernels.taken(name, given, first.attributes, device) for name, given in pairs)
