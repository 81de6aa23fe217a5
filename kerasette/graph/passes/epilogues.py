"""What a kernel of matrix products does on the way, where the device has such kernels.

relu(gemm(x, y, bias))                  gemm_relu(x, y, bias)
gemm(x, y), sum of the rows of y        gemm_sums(x, y), as in the gradients of a layer
"""

from kerasette.arrays import device as devices
from kerasette.core import kernels
from kerasette.graph.fused import Fused, gemm_relu, gemm_sums
from kerasette.graph.ir import Graph, Node, Value
from kerasette.graph.views import strides_of


def take_epilogues(graph: Graph) -> Graph:
    """The graph in which products do what comes before or after them."""
    readers: dict[Value, list[Node]] = {}
    for node in graph.nodes:
        for value in node.inputs:
            readers.setdefault(value, []).append(node)
    place = {node: number for number, node in enumerate(graph.nodes)}
    made: dict[Node, Node] = {}  # by the node in whose place it comes
    gone: set[Node] = set()
    stands_for: dict[Value, Value] = {}
    outputs = set(graph.outputs)
    for node in graph.nodes:
        if node.op.name != "gemm" or not _offered():
            continue
        product, after = node.outputs[0], readers.get(node.outputs[0], [])
        if len(after) == 1 and after[0].op.name == "relu" and product not in outputs:
            if _taken(gemm_relu, node):
                made[after[0]] = Node(gemm_relu, node.inputs, node.attributes)
                gone.add(node)
                stands_for[after[0].outputs[0]] = made[after[0]].outputs[0]
            continue
        sums = _sums(node, readers) if len(node.inputs) == 2 else None
        if sums is None or sums in gone or sums in made or not _taken(gemm_sums, node):
            continue
        first, last = sorted((node, sums), key=place.__getitem__)
        if any(place[reader] < place[last] for reader in readers.get(first.outputs[0], [])):
            continue
        made[last] = Node(gemm_sums, node.inputs, node.attributes)
        gone.add(first)
        stands_for.update(zip((product, sums.outputs[0]), made[last].outputs, strict=True))
    nodes = []
    for node in graph.nodes:
        if node not in gone:
            nodes.append(made.get(node, node))
            nodes[-1].inputs = [stands_for.get(value, value) for value in nodes[-1].inputs]
    results = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, nodes, results)


def _offered() -> bool:
    return kernels.offered(gemm_relu.name, devices.current_device())


def _taken(op: Fused, node: Node) -> bool:
    specs = tuple(value.spec for value in node.inputs)
    return kernels.taken(op.name, specs, node.attributes, devices.current_device())


def _sums(node: Node, readers: dict[Value, list[Node]]) -> Node | None:
    """The sum of the rows of a product's second operand, which lies row by row."""
    value = node.inputs[1]
    shape = value.spec.shape
    rows = strides_of(shape, node.attributes["second"])
    if rows is None or len(rows[0]) != 2 or rows[0][1] != shape[-1] or rows[1] != (shape[-1], 1):
        return None
    axes = tuple(range(len(shape) - 1))
    for other in readers[value]:
        flat = other.outputs[0].spec.shape == shape[-1:]
        if other.op.name == "sum" and other.attributes["axis"] == axes and flat:
            return other
    return None
