"""ReLU after max-pooling in place of before it: the same values, of which there are fewer.

    max_pool(relu(x))                       relu(max_pool(x))

and, in the gradient, with ``pooled`` for either of these,

    where(relu(x) > 0,                      max_pool_gradient(x, max_pool(x),
        max_pool_gradient(relu(x),              where(pooled > 0, g, 0))
            pooled, g), 0)

Where a window's greatest value is above 0, its first place is the same in both; else nothing flows.
"""

from dataclasses import dataclass

from kerasette.graph.ir import Graph, Node, Value


@dataclass
class _Found:
    """A ReLU, the pooling that alone reads it, and what their gradient consists of."""

    relu: Node
    pool: Node
    backward: tuple[Node, Node, Node] | None = None  # max_pool_gradient, greater, where


def pool_before_relu(graph: Graph) -> Graph:
    """The graph in which pooling comes first, where nobody else wants all of what ReLU gives."""
    readers: dict[Value, list[Node]] = {value: [] for value in graph.outputs}
    for node in graph.nodes:
        for value in node.inputs:
            readers.setdefault(value, []).append(node)
    search = _Search(graph, readers)
    matches = [f for node in graph.nodes if (f := search.match(node)) is not None]
    gone: dict[Node, _Found] = {}
    for found in matches:
        gone.update((node, found) for node in (found.relu, found.pool, *(found.backward or ())))
    nodes: list[Node] = []
    stands_for: dict[Value, Value] = {}
    pooled: dict[Node, Node] = {}  # the pooling of what a ReLU took
    for node in graph.nodes:
        node.inputs = [stands_for.get(value, value) for value in node.inputs]
        match = gone.get(node)
        if match is None:
            nodes.append(node)
        elif node is match.pool:
            first = Node(node.op, match.relu.inputs, node.attributes)
            then = Node(match.relu.op, first.outputs, match.relu.attributes)
            nodes += [first, then]
            pooled[match.relu] = first
            stands_for[node.outputs[0]] = then.outputs[0]
        elif match.backward is not None and node is match.backward[2]:
            back, greater, where = match.backward
            after, g = back.inputs[1:]
            mask = Node(greater.op, [after, greater.inputs[1]], {})
            masked = Node(where.op, [mask.outputs[0], g, where.inputs[2]], {})
            first = pooled[match.relu]
            operands = [first.inputs[0], first.outputs[0], masked.outputs[0]]
            spread = Node(back.op, operands, back.attributes)
            nodes += [mask, masked, spread]
            stands_for[node.outputs[0]] = spread.outputs[0]
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, nodes, outputs)


class _Search:
    """Finds the patterns of a graph."""

    def __init__(self, graph: Graph, readers: dict[Value, list[Node]]):
        self._constants = graph.constants
        self._outputs = set(graph.outputs)
        self._readers = readers

    def match(self, relu: Node) -> _Found | None:
        """What is found around a ReLU."""
        if relu.op.name != "relu" or relu.outputs[0] in self._outputs:
            return None
        value = relu.outputs[0]
        by_name = {node.op.name: node for node in self._readers.get(value, [])}
        count = len(self._readers.get(value, []))
        pool = by_name.get("max_pool")
        if pool is None:
            return None
        if count == 1:
            return _Found(relu, pool)
        back, greater = by_name.get("max_pool_gradient"), by_name.get("greater")
        if back is None or greater is None or count != 3:
            return None
        where = self._only_reader(greater)
        fits = (
            where is not None
            and where.op.name == "where"
            and self._only_reader(back) is where
            and back.inputs[:2] == [value, pool.outputs[0]]
            and back.attributes == pool.attributes
            and greater.inputs[0] is value
            and where.inputs[:2] == [greater.outputs[0], back.outputs[0]]
            and self._is_zero(greater.inputs[1])
            and self._is_zero(where.inputs[2])
        )
        return _Found(relu, pool, (back, greater, where)) if fits and where else None

    def _only_reader(self, node: Node) -> Node | None:
        found = self._readers.get(node.outputs[0], [])
        return found[0] if len(found) == 1 and node.outputs[0] not in self._outputs else None

    def _is_zero(self, value: Value) -> bool:
        tensor = self._constants.get(value)
        return tensor is not None and value.spec.shape == () and not tensor._array
