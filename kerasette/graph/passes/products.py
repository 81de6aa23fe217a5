"""Products: matrix products read their operands where they lie, and add the bias themselves.

    matmul(transpose(x), y)                 gemm(x, y), x read column by column
    matmul(x, y) + bias                     gemm(x, y, bias)
    transpose(matmul(x, y))                 gemm(x, y), written in that order
    conv(x, kernel) + bias                  biased_conv(x, kernel, bias)

Activations stay outside: libraries' own lose what a ReLU does with NaN, or a GELU with infinity.
"""

import math

from kerasette.arrays import dtypes
from kerasette.graph.fused import biased_conv, gemm
from kerasette.graph.ir import Graph, Node, Value
from kerasette.graph.views import Moves, Strided, strides_of


def fuse_products(graph: Graph) -> Graph:
    """The graph with ``gemm`` and ``biased_conv``."""
    readers: dict[Value, int] = {}
    for value in [*(v for node in graph.nodes for v in node.inputs), *graph.outputs]:
        readers[value] = readers.get(value, 0) + 1
    nodes: list[Node] = []
    stands_for: dict[Value, Value] = {}
    alone: dict[Value, Node] = {}  # products that only the node at hand may read
    for node in graph.nodes:
        node.inputs = [stands_for.get(value, value) for value in node.inputs]
        made = _product(node) or _ordered(node, alone) or _biased(node, alone)
        if made is not None:
            for inner in made[1:]:  # what it takes the place of
                nodes.remove(inner)
            stands_for[node.outputs[0]] = made[0].outputs[0]
        nodes.append(node if made is None else made[0])
        if readers.get(node.outputs[0]) == 1 and nodes[-1].op.name in ("conv", "gemm"):
            alone[nodes[-1].outputs[0]] = nodes[-1]
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, nodes, outputs)


def _product(node: Node) -> list[Node] | None:
    """A ``matmul`` of matrices as ``gemm``."""
    if node.op.name != "matmul" or not dtypes.is_float(node.inputs[0].spec.dtype):
        return None
    if any(len(value.spec.shape) < 2 for value in node.inputs):
        return None
    (x1, first), (x2, second) = (_source(value) for value in node.inputs)
    attributes = {"first": first, "second": second, "order": None}
    return [Node(gemm, [x1, x2], attributes)]


def _source(value: Value) -> tuple[Value, Moves]:
    """The value of which ``value`` is a view that a product can read, as far back as there is one;
    and the moves from there.
    """
    best: tuple[Value, Moves] = (value, ())
    moves: Moves = ()
    while value.node is not None and value.node.op.name in ("transpose", "reshape"):
        node = value.node
        how = node.attributes["axes" if node.op.name == "transpose" else "shape"]
        moves = ((node.op.name, how), *moves)
        value = node.inputs[0]
        strided = strides_of(value.spec.shape, moves)
        if strided is None:
            break
        if _readable(strided):
            best = value, moves
    return best


def _readable(strided: Strided) -> bool:
    """Whether the last or the last but one axis goes on in memory from element to element."""
    *_, (rows, down), (columns, right) = zip(*strided, strict=True)
    return (right == 1 and down >= columns) or (down == 1 and right >= rows) or 1 in (rows, columns)


def _ordered(node: Node, alone: dict[Value, Node]) -> list[Node] | None:
    """The transpose of a product that nobody else reads."""
    product = alone.get(node.inputs[0]) if node.op.name == "transpose" else None
    if product is None or product.op is not gemm or len(product.inputs) > 2:
        return None
    axes = node.attributes["axes"]
    if product.attributes["order"] is not None or axes[-1] != len(axes) - 1:
        return None
    return [Node(gemm, product.inputs, product.attributes | {"order": axes}), product]


def _biased(node: Node, alone: dict[Value, Node]) -> list[Node] | None:
    """A product that nobody else reads, and what is added to each row of it."""
    if node.op.name != "add":
        return None
    for value, bias in (node.inputs, node.inputs[::-1]):
        product, size = alone.get(value), value.spec.shape[-1:]
        if product is None or len(product.inputs) > 2 or node.outputs[0].spec != value.spec:
            continue
        if bias.spec.shape[-1:] != size or math.prod(bias.spec.shape) != size[0]:
            continue
        op = gemm if product.op is gemm else biased_conv
        return [Node(op, [*product.inputs, bias], product.attributes), product]
    return None
