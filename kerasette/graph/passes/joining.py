"""Parts put together: a sum of arrays that are 0 but in one part each is those parts side by side.

The gradient of a split is such a sum: that of the four gates of an LSTM, of query, key and value.
"""

from kerasette.core.primitive import find
from kerasette.graph.ir import Graph, Node, Value

Part = tuple[Value, int, int]  # what stands there, where it begins, where it ends


def join_parts(graph: Graph) -> Graph:
    """The graph in which such sums are one ``concatenate``."""
    readers: dict[Value, int] = {}
    for value in [*(v for node in graph.nodes for v in node.inputs), *graph.outputs]:
        readers[value] = readers.get(value, 0) + 1
    # Of a chain of sums, only the last is looked at: the others are read by a sum alone.
    inner = {
        value
        for node in graph.nodes
        if node.op.name == "add"
        for value in node.inputs
        if readers[value] == 1
    }
    nodes: list[Node] = []
    stands_for: dict[Value, Value] = {}
    for node in graph.nodes:
        node.inputs = [stands_for.get(value, value) for value in node.inputs]
        joined = None
        if node.op.name == "add" and node.outputs[0] not in inner:
            joined = _joined(node, readers)
        if joined is not None:
            stands_for[node.outputs[0]] = joined.outputs[0]
        nodes.append(joined or node)
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, nodes, outputs)


def _joined(node: Node, readers: dict[Value, int]) -> Node | None:
    leaves = _leaves(node.outputs[0], readers, top=True)
    if len(leaves) < 2 or any(
        leaf.node is None or leaf.node.op.name != "unslice" for leaf in leaves
    ):
        return None
    shape = node.outputs[0].spec.shape
    for axis in range(len(shape)):
        parts = [_part(leaf.node, axis, shape) for leaf in leaves]
        found = sorted((p for p in parts if p is not None), key=lambda part: part[1])
        ends = [0, *(part[2] for part in found)]
        whole = len(found) == len(leaves) and ends[-1] == shape[axis]
        if whole and all(part[1] == end for part, end in zip(found, ends, strict=False)):
            return Node(find("concatenate"), [part[0] for part in found], {"axis": axis})
    return None


def _leaves(value: Value, readers: dict[Value, int], top: bool = False) -> list[Value]:
    """What is summed, in a tree of sums that nobody else reads."""
    node = value.node
    if node is None or node.op.name != "add" or not (top or readers[value] == 1):
        return [value]
    if any(operand.spec != value.spec for operand in node.inputs):
        return [value]
    return [leaf for operand in node.inputs for leaf in _leaves(operand, readers)]


def _part(node: Node | None, axis: int, shape: tuple[int, ...]) -> Part | None:
    """What an ``unslice`` holds, if it is a stretch of one axis and all of the others."""
    assert node is not None
    parts = node.attributes["parts"]
    for other, ((start, count, step), size) in enumerate(zip(parts, shape, strict=True)):
        if step != 1 or (other != axis and (start, count) != (0, size)):
            return None
    start, count, _ = parts[axis]
    return node.inputs[0], start, start + count
