"""Algebra: operations that change nothing, or undo each other, are left out.

Only what gives the same bits is rewritten: ``x * 1``, not ``x * 2 / 2``, and not ``x + 0``, which
makes 0 of -0.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette.core.primitive import find
from kerasette.core.tensor import Tensor
from kerasette.graph.ir import Graph, Node, Value

Rule = Callable[["_Rewriting", Node], "Value | Node | None"]
_rules: dict[str, Rule] = {}


def simplify_algebra(graph: Graph) -> Graph:
    """The graph without the nodes that a rule knows to change nothing."""
    return _Rewriting(graph).run()


class _Rewriting:
    """A walk over the nodes in order, with what earlier values have become."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self._stands_for: dict[Value, Value] = {}

    def run(self) -> Graph:
        graph, nodes = self.graph, []
        for node in graph.nodes:
            node.inputs = [self._stands_for.get(value, value) for value in node.inputs]
            rule = _rules.get(node.op.name)
            found = None if rule is None else rule(self, node)
            if isinstance(found, Node):
                nodes.append(found)
                self._stands_for[node.outputs[0]] = found.outputs[0]
            elif found is not None:
                self._stands_for[node.outputs[0]] = found
            else:
                nodes.append(node)
        outputs = [self._stands_for.get(value, value) for value in graph.outputs]
        return Graph(graph.inputs, graph.constants, nodes, outputs)

    def is_constant(self, value: Value, number: float) -> bool:
        """Whether every element of a value is known to be ``number``."""
        tensor: Tensor | None = self.graph.constants.get(value)
        if tensor is None or type(tensor._array) is not np.ndarray or tensor._array.size > 1024:
            return False
        return bool(np.all(tensor._array == number))


def _rule(*names: str) -> Callable[[Rule], Rule]:
    def add(rule: Rule) -> Rule:
        _rules.update(dict.fromkeys(names, rule))
        return rule

    return add


@_rule("reshape", "broadcast_to")
def _to_the_same_shape(rewriting: _Rewriting, node: Node) -> Any:
    value = node.inputs[0]
    if value.spec.shape == node.outputs[0].spec.shape:
        return value
    before = value.node
    if before is not None and node.op.name == before.op.name == "reshape":
        return Node(node.op, before.inputs, node.attributes)
    return None


@_rule("identity_of", "stop_gradient")
def _nothing(rewriting: _Rewriting, node: Node) -> Any:
    return node.inputs[0]


@_rule("cast")
def _to_the_same_type(rewriting: _Rewriting, node: Node) -> Any:
    return node.inputs[0] if node.inputs[0].spec.dtype == node.outputs[0].spec.dtype else None


@_rule("transpose")
def _transposed_twice(rewriting: _Rewriting, node: Node) -> Any:
    axes, value = node.attributes["axes"], node.inputs[0]
    before = value.node
    if before is not None and before.op.name == "transpose":
        axes = tuple(before.attributes["axes"][axis] for axis in axes)
        value = before.inputs[0]
    if axes == tuple(range(len(axes))):
        return value
    if value is node.inputs[0]:
        return None
    return Node(node.op, [value], {"axes": axes})


@_rule("unslice")
def _all_of_it(rewriting: _Rewriting, node: Node) -> Any:
    """Every element has a place: the same backwards is a slice."""
    parts, shape = node.attributes["parts"], node.attributes["shape"]
    if any(part[1] != size or abs(part[2]) != 1 for part, size in zip(parts, shape, strict=True)):
        return None
    return Node(find("slice"), node.inputs, {"parts": parts})


@_rule("sum", "mean", "max", "min")
def _sum_of_one(rewriting: _Rewriting, node: Node) -> Any:
    value, shape = node.inputs[0], node.outputs[0].spec.shape
    if any(value.spec.shape[axis] != 1 for axis in node.attributes["axis"]):
        return None
    if value.spec.dtype != node.outputs[0].spec.dtype:
        return None
    return value if value.spec.shape == shape else Node(find("reshape"), [value], {"shape": shape})


@_rule("multiply", "divide")
def _by_one(rewriting: _Rewriting, node: Node) -> Any:
    for value, other in (node.inputs, node.inputs[::-1]):
        same = value.spec == node.outputs[0].spec
        if same and rewriting.is_constant(other, 1):
            return value
        if node.op.name == "divide":
            break  # 1 / x is something else
    return None
