"""Loops made light: what a turn of a scan does not owe to the turn before is done outside, at once.

* What depends only on the slices and on what the body catches is computed for all turns together:
  the gates of an LSTM, which its gradient needs again, the projection of its inputs. Only costly
  operations are worth it, and what they need; the rest is cheaper to compute anew than to store.
* What does not even depend on the slices is computed once.
* A sum that only grows (``total + transpose(a) @ b``: the gradient of a weight) becomes one product
  of all turns' matrices after the loop.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from kerasette.core.primitive import find
from kerasette.graph.ir import Graph, Node, Value

CHEAP = frozenset(
    "add subtract multiply negative square maximum minimum where cast relu identity_of equal "
    "not_equal less less_equal greater greater_equal logical_and logical_or logical_not "
    "bitwise_and bitwise_or clip slice reshape".split()
)
COSTLY = frozenset(
    "divide exp expm1 log log1p tanh sigmoid silu softplus erf gelu sqrt rsqrt power sin cos "
    "matmul".split()
)


def lighten_loops(graph: Graph) -> Graph:
    """The graph with lighter loops."""
    stands_for: dict[Value, Value] = {}
    constants = dict(graph.constants)
    nodes: list[Node] = []
    for node in graph.nodes:
        node.inputs = [stands_for.get(value, value) for value in node.inputs]
        if node.op.name != "scan" or not node.attributes["layout"].length:
            nodes.append(node)
            continue
        loop = _Loop(node)
        nodes += loop.nodes
        constants.update(loop.constants)
        stands_for.update(zip(node.outputs, loop.results, strict=True))
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, constants, nodes, outputs)


class _Loop:
    """One scan node taken apart: what comes before, the lighter scan, what comes after.

    Attributes:
        nodes: all of that, in order.
        constants: those that what was moved out needs.
        results: what the results of the node have become.
    """

    def __init__(self, node: Node):
        self.node = node
        self.body: Graph = node.attributes["body"]
        self.layout: Any = node.attributes["layout"]
        self.nodes: list[Node] = []
        carries, xs, states, caught = self.layout.split(node.inputs)
        self._carries, self._slices, self._states, self._caught = self.layout.split(
            self.body.inputs
        )
        self.constants = dict(self.body.constants)
        # What stands outside for values of the body: for all turns, or the same in each.
        self._stacked: dict[Value, Value] = dict(zip(self._slices, xs, strict=True))
        self._fixed: dict[Value, Value] = dict(zip(self._caught, caught, strict=True))
        self._fixed |= {value: value for value in self.constants}
        kept = self._move_out()
        outputs = list(self.body.outputs)
        self._ys: list[Value] = []  # what the lighter body gives of each turn
        sums = self._growing_sums(kept, outputs)
        self._write(kept, carries, states, sums)

    # Before the loop

    def _move_out(self) -> list[Node]:
        """Emit what can be computed before the loop; the nodes that stay."""
        wanted = self._worth_moving()
        kept = []
        for node in self.body.nodes:
            if node in wanted:
                self._emit_outside(node)
            else:
                kept.append(node)
        return kept

    def _worth_moving(self) -> set[Node]:
        movable: set[Node] = set()
        wanted: set[Node] = set()
        known, fixed = {*self._stacked, *self._fixed}, set(self._fixed)
        for node in self.body.nodes:
            once = all(value in fixed for value in node.inputs)
            if all(value in known for value in node.inputs) and _can_be_stacked(node, once):
                movable.add(node)
                known.update(node.outputs)
                if once:
                    fixed.update(node.outputs)
                if once or node.op.name in COSTLY:
                    wanted.add(node)
        for node in reversed(self.body.nodes):
            if node in wanted:
                wanted.add(node)
                wanted.update(v.node for v in node.inputs if v.node in movable)  # type: ignore[misc]
        return wanted

    def _emit_outside(self, node: Node) -> None:
        if all(value in self._fixed for value in node.inputs):
            twin = Node(node.op, [self._fixed[v] for v in node.inputs], node.attributes)
            self.nodes.append(twin)
            self._fixed[node.outputs[0]] = twin.outputs[0]
            return
        rank = max(len(value.spec.shape) for value in node.inputs)
        inputs = [self._for_all_turns(value, rank) for value in node.inputs]
        twin = Node(node.op, inputs, self._attributes(node))
        self.nodes.append(twin)
        self._stacked[node.outputs[0]] = twin.outputs[0]

    def _for_all_turns(self, value: Value, rank: int) -> Value:
        """A value outside: with the turns as its first axis, or one that broadcasts over them."""
        if value in self._fixed:
            return self._fixed[value]
        stacked, shape = self._stacked[value], value.spec.shape
        if len(shape) == rank:
            return stacked
        return self._reshaped(stacked, (self.layout.length, *(1,) * (rank - len(shape)), *shape))

    def _reshaped(self, value: Value, shape: tuple[int, ...]) -> Value:
        node = Node(find("reshape"), [value], {"shape": shape})
        self.nodes.append(node)
        return node.outputs[0]

    def _attributes(self, node: Node) -> dict[str, Any]:
        if node.op.name == "slice":
            return {"parts": ((0, self.layout.length, 1), *node.attributes["parts"])}
        if node.op.name == "reshape":
            return {"shape": (self.layout.length, *node.attributes["shape"])}
        return node.attributes

    # Sums over the turns

    def _growing_sums(self, kept: list[Node], outputs: list[Value]) -> dict[int, Any]:
        """Carries that are sums over the turns, by number: how to compute them after the loop."""
        sums: dict[int, Any] = {}
        if self.layout.history:
            return sums
        readers: dict[Value, int] = {}
        for value in [*(v for node in kept for v in node.inputs), *outputs]:
            readers[value] = readers.get(value, 0) + 1
        for number, carry in enumerate(self._carries):
            grown = outputs[number]
            add = grown.node
            if add not in kept or add.op.name != "add" or carry not in add.inputs:
                continue
            terms = [value for value in add.inputs if value is not carry]
            if len(terms) != 1 or any(readers[v] != 1 for v in (carry, grown, terms[0])):
                continue
            term = terms[0]
            product = term.node
            if product not in kept or product.op.name != "matmul" or term.spec != carry.spec:
                continue
            flipped = product.inputs[0].node
            if flipped is None or flipped.op.name != "transpose":
                continue
            a, b = flipped.inputs[0], product.inputs[1]
            if len(a.spec.shape) != 2 or len(b.spec.shape) != 2:
                continue
            sums[number] = (a, b)
            kept.remove(add)
            kept.remove(product)
            if flipped in kept and readers[flipped.outputs[0]] == 1:
                kept.remove(flipped)
        return sums

    def _product_of_all_turns(self, a: Value, b: Value, result: Callable[[Value], Value]) -> Value:
        rows = self.layout.length * a.spec.shape[0]
        first = self._reshaped(result(a), (rows, a.spec.shape[1]))
        second = self._reshaped(result(b), (rows, b.spec.shape[1]))
        turned = Node(find("transpose"), [first], {"axes": (1, 0)})
        product = Node(find("matmul"), [turned.outputs[0], second], {})
        self.nodes += [turned, product]
        return product.outputs[0]

    # The lighter loop

    def _write(
        self, kept: list[Node], carries: list[Value], states: list[Value], sums: dict[int, Any]
    ) -> None:
        old_carries, old_ys, old_history, old_states = self.layout.results(self.body.outputs)
        wanted_ys = [*old_ys, *(value for pair in sums.values() for value in pair)]
        self._ys = list(dict.fromkeys(v for v in wanted_ys if v not in self._stacked))
        staying = [n for n in range(len(old_carries)) if n not in sums]
        carry_outputs = [old_carries[n] for n in staying]
        outputs = [*carry_outputs, *self._ys, *old_history, *old_states]
        read = dict.fromkeys([*(v for node in kept for v in node.inputs), *outputs])
        made = {value for node in kept for value in node.outputs}
        own = {*made, *self._carries, *self._states}
        outside = [value for value in read if value not in own]
        slices = [value for value in outside if value in self._stacked]
        caught = [v for v in outside if v not in self._stacked and v not in self.body.constants]
        # Values that were computed inside and now come in are inputs of the lighter body.
        stand_ins = {value: Value(value.spec) for value in (*slices, *caught)}
        for node in kept:
            node.inputs = [stand_ins.get(value, value) for value in node.inputs]
        body = Graph(
            [
                *(self._carries[n] for n in staying),
                *(stand_ins[value] for value in slices),
                *self._states,
                *(stand_ins[value] for value in caught),
            ],
            {v: t for v, t in self.body.constants.items() if v in read},
            kept,
            [stand_ins.get(value, value) for value in outputs],
        )
        layout = dataclasses.replace(
            self.layout, carries=len(staying), xs=len(slices), ys=len(self._ys)
        )
        operands = [
            *(carries[n] for n in staying),
            *(self._stacked[value] for value in slices),
            *states,
            *(self._fixed[value] for value in caught),
        ]
        results: list[Value] = []
        if outputs:
            scan = Node(self.node.op, operands, {"body": body, "layout": layout})
            self.nodes.append(scan)
            results = scan.outputs
        new_carries, new_ys, new_history, new_states = layout.results(results)
        by_turn = dict(zip(self._ys, new_ys, strict=True)) | self._stacked
        final = dict(zip(staying, new_carries, strict=True))
        for number, (a, b) in sums.items():
            total = self._product_of_all_turns(a, b, by_turn.__getitem__)
            add = Node(find("add"), [carries[number], total], {})
            self.nodes.append(add)
            final[number] = add.outputs[0]
        self.results = [
            *(final[n] for n in range(len(old_carries))),
            *(by_turn[value] for value in old_ys),
            *new_history,
            *new_states,
        ]


def _can_be_stacked(node: Node, fixed: bool) -> bool:
    """Whether the operation takes all turns at once, as an axis before the others."""
    name = node.op.name
    if len(node.outputs) != 1 or any(isinstance(v, Graph) for v in node.attributes.values()):
        return False
    if fixed:
        return True
    if name == "matmul":
        return all(len(value.spec.shape) >= 2 for value in node.inputs)
    return name in CHEAP or name in COSTLY
