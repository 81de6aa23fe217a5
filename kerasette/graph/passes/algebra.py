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

# What stands for a node: a value that is there already, another node, or several, of which the last
# one gives the value, and to which rules are applied in turn.
Rule = Callable[["_Rewriting", Node], "Value | Node | list[Node] | None"]
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
        graph = self.graph
        self._nodes: list[Node] = []
        for node in graph.nodes:
            self._place(node)
        outputs = [self._stands_for.get(value, value) for value in graph.outputs]
        return Graph(graph.inputs, graph.constants, self._nodes, outputs)

    def _place(self, node: Node) -> None:
        node.inputs = [self._stands_for.get(value, value) for value in node.inputs]
        rule = _rules.get(node.op.name)
        found = None if rule is None else rule(self, node)
        if isinstance(found, list):
            for part in found:
                self._place(part)
            found = self._stands_for.get(found[-1].outputs[0], found[-1].outputs[0])
        if isinstance(found, Node):
            self._nodes.append(found)
            self._stands_for[node.outputs[0]] = found.outputs[0]
        elif found is not None:
            self._stands_for[node.outputs[0]] = found
        else:
            self._nodes.append(node)

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
        axes = _one_after_the_other(before, axes)
        value = before.inputs[0]
    if axes == tuple(range(len(axes))):
        return value
    if value is not node.inputs[0]:
        return Node(node.op, [value], {"axes": axes})
    if before is not None and before.op.name == "concatenate":
        return _put_together_before(before, axes)
    if before is not None and before.op.name == "take":
        return _taken_in_order(before, axes)
    return None


def _one_after_the_other(first: Node, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of a transpose that does what two do."""
    return tuple(first.attributes["axes"][axis] for axis in axes)


def _put_together_before(whole: Node, axes: tuple[int, ...]) -> Node | None:
    """The transpose of parts side by side that are transposed back: the parts as they were."""
    parts = [value.node for value in whole.inputs]
    for part in parts:
        if part is None or part.op.name != "transpose":
            return None
        if _one_after_the_other(part, axes) != tuple(range(len(axes))):
            return None
    values = [part.inputs[0] for part in parts if part is not None]
    return Node(whole.op, values, {"axis": axes.index(whole.attributes["axis"])})


def _taken_in_order(take: Node, axes: tuple[int, ...]) -> list[Node] | None:
    """Rows of a table in another order: it is their numbers that are transposed."""
    table, places = take.inputs
    rank = len(places.spec.shape)
    if take.attributes["axis"] != 0 or axes[rank:] != tuple(range(rank, len(axes))):
        return None
    moved = Node(find("transpose"), [places], {"axes": axes[:rank]})
    return [moved, Node(take.op, [table, moved.outputs[0]], take.attributes)]


@_rule("slice")
def _slice_of_a_view(rewriting: _Rewriting, node: Node) -> Any:
    """All of a value is the value; backwards twice is forwards; less is transposed after a slice
    than before it.
    """
    parts, value = node.attributes["parts"], node.inputs[0]
    before = value.node
    back = _turned_round(node)
    if back == set():
        return value
    if before is not None and before.op.name == "transpose":
        axes = before.attributes["axes"]
        moved = tuple(parts[axes.index(axis)] for axis in range(len(axes)))
        cut = Node(node.op, before.inputs, {"parts": moved})
        return [cut, Node(before.op, cut.outputs, before.attributes)]
    if back is None or before is None or before.op.name != "slice":
        return None
    already = _turned_round(before)
    if already is None:
        return None
    found = tuple(
        (size - 1, size, -1) if axis in back ^ already else (0, size, 1)
        for axis, size in enumerate(value.spec.shape)
    )
    return [Node(node.op, before.inputs, {"parts": found})]


def _turned_round(node: Node) -> set[int] | None:
    """Which axes a slice of everything turns round; ``None`` for one that leaves something out."""
    found = set()
    sizes = node.inputs[0].spec.shape
    for axis, (part, size) in enumerate(zip(node.attributes["parts"], sizes, strict=True)):
        if part == (size - 1, size, -1) and size > 1:
            found.add(axis)
        elif part != (0, size, 1):
            return None
    return found


@_rule("add")
def _sum_of_transposes(rewriting: _Rewriting, node: Node) -> Any:
    """The transpose of a sum: it is one, and may meet another that undoes it."""
    first, second = (value.node for value in node.inputs)
    if first is None or second is None or not first.op.name == second.op.name == "transpose":
        return None
    if first.attributes != second.attributes:
        return None
    total = Node(node.op, [first.inputs[0], second.inputs[0]], node.attributes)
    return [total, Node(first.op, total.outputs, first.attributes)]


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
