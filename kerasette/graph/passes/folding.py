"""Constant folding: what depends on constants only is computed once, when the graph is made."""

import math

import numpy as np

from kerasette.core.tensor import Tensor
from kerasette.graph.ir import Graph, Node, Value

_LARGEST = 1 << 20  # elements: a larger result is cheaper to compute again than to keep


def fold_constants(graph: Graph) -> Graph:
    """The graph in which nodes on constants are constants."""
    constants = dict(graph.constants)
    nodes: list[Node] = []
    for node in graph.nodes:
        if _foldable(node, constants):
            results = node.op(*(constants[value] for value in node.inputs), **node.attributes)
            constants.update(
                zip(node.outputs, results if node.several else (results,), strict=True)
            )
        else:
            nodes.append(node)
    return Graph(graph.inputs, constants, nodes, graph.outputs)


def _foldable(node: Node, constants: dict[Value, Tensor]) -> bool:
    if not node.inputs or any(isinstance(value, Graph) for value in node.attributes.values()):
        return False
    if not all(value in constants for value in node.inputs):
        return False
    if not all(type(constants[value]._array) is np.ndarray for value in node.inputs):
        return False
    return all(math.prod(value.spec.shape) <= _LARGEST for value in node.outputs)
