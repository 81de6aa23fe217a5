"""Clusters compute again what takes them less time than to wait for memory.

What a cluster makes of a large operand by a few cheap operations, such as the distances from the
mean that a gradient wants, need not be stored: whoever reads it may as well read that operand.
"""

import math

from kerasette.arrays import dtypes
from kerasette.graph.cluster import CLUSTER, FULL, ROW, ROW_REDUCTION, stripped
from kerasette.graph.ir import Graph, Node, Value
from kerasette.graph.passes.clusters import LARGEST, OPERANDS, VIEWS, Group, reads_well

CHEAP = frozenset(
    "add subtract multiply negative square absolute maximum minimum relu where cast".split()
)
FITTING = frozenset({"broadcast_to", "reshape"})  # of small operands
_LARGE = 1 << 12  # elements, below which memory is not waited for
_SMALLER = 8  # how many times smaller the other operands are, at least
_MOST = 6  # operations
_MEMORY = 1.5  # how much larger what is read in its place may be, for it is kept meanwhile


def recompute_cheap_values(graph: Graph) -> Graph:
    """The graph in which clusters store less, and compute more of what they read."""
    drafts = {node: _Draft(node) for node in graph.nodes if node.op is CLUSTER}
    readers: dict[Value, list[Node]] = {value: [] for value in graph.outputs}
    for node in graph.nodes:
        for value in node.inputs:
            readers.setdefault(value, []).append(node)
    kept = set(graph.outputs)
    for node in graph.nodes:
        for value in node.outputs if node in drafts else ():
            found = [drafts.get(reader) for reader in dict.fromkeys(readers.get(value, []))]
            others = [draft for draft in found if draft is not None]
            if value in kept or len(others) < len(found) or not others:
                continue
            recipe = drafts[node].recipe(value)
            if recipe is None or not all(d.takes(value, recipe, drafts[node]) for d in others):
                continue
            new = [leaf for draft in others for leaf in recipe.large - set(draft.taken)]
            if sum(map(_bytes, new)) >= _bytes(value) * (1 + len(others)):
                continue
            for inside, row in recipe.rows.items():
                drafts[node].give(inside, row)
            for draft in others:
                for leaf in draft.compute(value, recipe):
                    readers.setdefault(leaf, []).append(draft.node)
            drafts[node].drop(value)
    return _written(graph, drafts)


def _written(graph: Graph, drafts: dict[Node, "_Draft"]) -> Graph:
    stands_for: dict[Value, Value] = {}
    nodes = []
    for node in graph.nodes:
        draft = drafts.get(node)
        if draft is None or not draft.changed:
            node.inputs = [stands_for.get(value, value) for value in node.inputs]
            nodes.append(node)
        elif draft.results:
            made = draft.written(stands_for)
            stands_for.update(zip(draft.results, made.outputs, strict=True))
            nodes.append(made)
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, graph.constants, nodes, outputs)


class _Recipe:
    """How a value is computed: nodes of a body, in order, and what they take from outside.

    Attributes:
        large: the large operands, values of the graph.
        leaves: for each value inside that is taken, the value of the graph.
        rows: of these, values of rows that the body itself has, and would have to give.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.large: set[Value] = set()
        self.leaves: dict[Value, Value] = {}
        self.rows: dict[Value, Value] = {}


class _Draft:
    """A cluster that changes.

    Attributes:
        node: the cluster as it was.
        taken, results: values of the graph that it reads and gives.
    """

    def __init__(self, node: Node):
        self.node = node
        body = node.attributes["body"]
        self.taken = list(node.inputs)
        self.results = list(node.outputs)
        self._inputs = list(body.inputs)
        self._outputs = list(body.outputs)
        self._frames = dict(zip(body.nodes, node.attributes["frames"], strict=True))
        self._space = node.attributes["space"]
        self._rows = node.attributes["rows"]
        self.changed = False

    # What it gives

    def recipe(self, value: Value) -> _Recipe | None:
        """How to compute a result from operands that are not much larger, if that is cheap."""
        found, inside = _Recipe(), self._outputs[self.results.index(value)]
        count = math.prod(inside.spec.shape)
        if count < _LARGE or stripped(inside.spec.shape) != self._space:
            return None
        outside = dict(zip(self._inputs, self.taken, strict=True))

        def visit(part: Value) -> bool:
            if part in found.leaves or part.node in found.nodes:
                return True
            size = math.prod(part.spec.shape)
            node = part.node
            if part in outside:
                found.leaves[part] = outside[part]
                if size * _SMALLER <= count:
                    return True
                found.large.add(outside[part])
                return size == count and sum(map(_bytes, found.large)) <= _MEMORY * _bytes(inside)
            frame = self._frames[node]  # type: ignore[index]
            if frame in (ROW, ROW_REDUCTION) and size * _SMALLER <= count:
                found.leaves[part] = found.rows[part] = self._given(part)
                return True
            assert node is not None
            taken = math.prod(node.inputs[0].spec.shape)
            cheap = node.op.name in CHEAP or (node.op.name in FITTING and taken * _SMALLER <= count)
            if frame != FULL or not cheap or not all(visit(v) for v in node.inputs):
                return False
            found.nodes.append(node)
            return len(found.nodes) <= _MOST

        return found if visit(inside) and found.nodes else None

    def _given(self, part: Value) -> Value:
        """A value inside as a value of the graph, new if it has not been one."""
        if part in self._outputs:
            return self.results[self._outputs.index(part)]
        return Value(part.spec)

    def give(self, part: Value, value: Value) -> None:
        """Have a value inside among the results, as a value of the graph."""
        if part not in self._outputs:
            self._outputs.append(part)
            self.results.append(value)
            self.changed = True

    def drop(self, value: Value) -> None:
        """Give one result less, and do nothing that only this one needed."""
        place = self.results.index(value)
        del self.results[place], self._outputs[place]
        needed = set(self._outputs)
        for node in reversed(list(self._frames)):
            if needed.isdisjoint(node.outputs):
                del self._frames[node]
            else:
                needed.update(node.inputs)
        pairs = [(i, t) for i, t in zip(self._inputs, self.taken, strict=True) if i in needed]
        self._inputs, self.taken = [i for i, _ in pairs], [t for _, t in pairs]
        self.changed = True

    # What it takes

    def takes(self, value: Value, recipe: _Recipe, giver: "_Draft") -> bool:
        """Whether it can compute a value that it reads."""
        rows, inside = self._rows, self._inputs[self.taken.index(value)]
        new = set(recipe.leaves.values()) - set(self.taken)
        users = [(n, f) for n, f in self._frames.items() if inside in n.inputs]
        group = Group(dict(self._frames), self._space, rows, 0, 0)
        return (
            self._space == giver._space
            and (
                rows is None or len(self._space) - rows <= 1
            )  # columns stay in one step's distance
            and inside not in self._outputs
            and len(self._frames) + len(recipe.nodes) <= LARGEST
            and len(self.taken) + len(new) - 1 <= OPERANDS
            and all(
                node.op.name not in VIEWS and reads_well(node, frame, inside, FULL, group)
                for node, frame in users
            )
        )

    def compute(self, value: Value, recipe: _Recipe) -> list[Value]:
        """Compute a value instead of reading it; what is read for that."""
        place = self.taken.index(value)
        inside = self._inputs[place]
        del self.taken[place], self._inputs[place]
        twins: dict[Value, Value] = {}
        for leaf, outer in recipe.leaves.items():
            if outer not in self.taken:
                self.taken.append(outer)
                self._inputs.append(Value(outer.spec))
            twins[leaf] = self._inputs[self.taken.index(outer)]
        frames = {}
        for node in recipe.nodes:
            copy = Node(node.op, [twins[v] for v in node.inputs], node.attributes)
            twins.update(zip(node.outputs, copy.outputs, strict=True))
            frames[copy] = FULL
        (result,) = recipe.nodes[-1].outputs
        for node in self._frames:
            node.inputs = [twins[result] if v is inside else v for v in node.inputs]
        self._frames = frames | self._frames
        self.changed = True
        return list(recipe.leaves.values())

    def written(self, stands_for: dict[Value, Value]) -> Node:
        """The cluster as it is now."""
        body = Graph(self._inputs, {}, list(self._frames), self._outputs)
        form = {
            "body": body,
            "space": self._space,
            "rows": self._rows,
            "frames": tuple(self._frames.values()),
        }
        return Node(CLUSTER, [stands_for.get(v, v) for v in self.taken], form)


def _bytes(value: Value) -> int:
    return dtypes.numpy_dtype(value.spec.dtype).itemsize
