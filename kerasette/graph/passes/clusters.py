"""Clusters: neighbouring elementwise operations and reductions become one operation.

Each operation begins as a cluster of its own; in the order of the graph, it is put together with
those that it reads from, as long as they run over the same space, and as nothing outside stands
between them.
"""

import dataclasses

from kerasette.graph.cluster import (
    AT_THE_END,
    CLUSTER,
    COLUMN_REDUCTION,
    FULL,
    ROW,
    ROW_REDUCTION,
    WHOLE_REDUCTION,
    aligned_axes,
    stripped,
)  # fmt: skip
from kerasette.graph.ir import Graph, Node, Value

ELEMENTWISE = frozenset(
    "add subtract multiply divide divide_no_nan reciprocal negative absolute square maximum "
    "minimum clip relu equal not_equal less less_equal greater greater_equal logical_and "
    "logical_or logical_not bitwise_and bitwise_or isnan sqrt rsqrt floor ceil exp log tanh "
    "sigmoid silu erf power where cast".split()
)
# Of truth values only, and what truth values may take part in.
LOGICAL = frozenset({"logical_and", "logical_or", "logical_not"})
COMPARISONS = frozenset("equal not_equal less less_equal greater greater_equal".split())
OF_TRUTH = LOGICAL | COMPARISONS | {"bitwise_and", "bitwise_or", "where", "cast"}
BITWISE = frozenset({"bitwise_and", "bitwise_or"})
SINGLE_ONLY = frozenset({"tanh", "erf"})  # of float64 these stay with the reference code
REDUCTIONS = frozenset({"sum", "mean", "max", "min", "argmax"})
OVER_ROWS = frozenset({"softmax", "log_softmax"})
VIEWS = frozenset({"slice", "broadcast_to", "transpose"})
ALIAS = "reshape"
DTYPES = frozenset(
    "float16 bfloat16 float32 float64 bool "
    "int8 uint8 int16 uint16 int32 uint32 int64 uint64".split()
)
INTEGERS = frozenset(dtype for dtype in DTYPES if "int" in dtype)
LARGEST, OPERANDS = 96, 28  # operations in a cluster, and values that it reads


def form_clusters(graph: Graph) -> Graph:
    """The graph with clusters in the place of what they are made of."""
    return _Clustering(graph).run()


@dataclasses.dataclass(eq=False)
class Group:
    """Nodes that are to be one. Those that stay alone for good have no space."""

    nodes: dict[Node, str]  # with their frames
    space: tuple[int, ...] | None
    rows: int | None  # None: not settled
    first: int  # the place of the first node in the graph
    last: int


class _Clustering:
    def __init__(self, graph: Graph):
        self.graph = graph
        self.place = {node: number for number, node in enumerate(graph.nodes)}
        self.group: dict[Node, Group] = {}

    def run(self) -> Graph:
        for node in self.graph.nodes:
            self.group[node] = self._alone(node)
            if self.group[node].space is not None:
                self._join(node)
        return self._write()

    # A node by itself

    def _alone(self, node: Node) -> Group:
        place = self.place[node]
        described = _describe(node)
        if described is None:
            return Group({node: ""}, None, None, place, place)
        space, rows, frame = described
        return Group({node: frame}, space, rows, place, place)

    # Putting together

    def _join(self, node: Node) -> None:
        producers = dict.fromkeys(v.node for v in node.inputs if v.node in self.group)
        for producer in sorted(producers, key=lambda p: -self.place[p]):  # type: ignore[index,arg-type]
            mine, other = self.group[node], self.group[producer]  # type: ignore[index]
            if other is mine or other.space is None or mine.space is None:
                continue
            joined = self._joined(other, mine)
            if joined is not None and self._apart(other, mine):
                for member in joined.nodes:
                    self.group[member] = joined

    def _joined(self, above: Group, below: Group) -> Group | None:
        """Both in one, or ``None`` where they do not run over one space."""
        assert above.space is not None and below.space is not None
        if len(above.nodes) + len(below.nodes) > LARGEST:
            return None
        for space, upper, lower in _common_spaces(above, below):
            settled = {part.rows for part in (upper, lower) if part.rows is not None}
            if len(settled) > 1:
                continue
            rows = settled.pop() if settled else None
            nodes = {**upper.nodes, **lower.nodes}
            first, last = min(above.first, below.first), max(above.last, below.last)
            made = Group(nodes, space, rows, first, last)
            if self._fits(made):
                return made
        return None

    def _fits(self, group: Group) -> bool:
        """Whether each node finds its operands in the frames that it needs."""
        outside = set()
        for node, frame in group.nodes.items():
            if node.op.name == "transpose" and group.rows is not None:
                return False  # its columns may not lie in one step's distance
            for value in node.inputs:
                inner = group.nodes.get(value.node) if value.node else None
                if inner is None:
                    outside.add(value)
                    continue
                if inner in AT_THE_END or node.op.name in VIEWS - {"broadcast_to"}:
                    return False
                kind = ROW if inner == ROW_REDUCTION else inner
                if not reads_well(node, frame, value, kind, group):
                    return False
        return len(outside) <= OPERANDS

    def _apart(self, above: Group, below: Group) -> bool:
        """Whether no way leads from one to the other through something else: it would have to run
        after the one and before the other.
        """
        seen = {id(above), id(below)}
        waiting = [g for g in self._before(below) if g is not above]
        while waiting:
            group = waiting.pop()
            if group is above:
                return False
            if id(group) in seen or group.last < above.first:
                continue
            seen.add(id(group))
            waiting += self._before(group)
        return True

    def _before(self, group: Group) -> list[Group]:
        found = {}
        for node in group.nodes:
            for value in node.inputs:
                if value.node in self.group:
                    other = self.group[value.node]
                    if other is not group:
                        found[id(other)] = other
        return list(found.values())

    # The new graph

    def _write(self) -> Graph:
        order: list[Group] = []
        done: set[int] = set()

        def visit(group: Group) -> None:
            stack = [(group, iter(self._before(group)))]
            done.add(id(group))
            while stack:
                current, rest = stack[-1]
                for other in rest:
                    if id(other) not in done:
                        done.add(id(other))
                        stack.append((other, iter(self._before(other))))
                        break
                else:
                    order.append(current)
                    stack.pop()

        for node in self.graph.nodes:
            if id(self.group[node]) not in done:
                visit(self.group[node])
        readers = {v: {self.group[n] for n in ns} for v, ns in self._readers().items()}
        wanted = set(self.graph.outputs)
        stands_for: dict[Value, Value] = {}
        nodes: list[Node] = []
        for group in order:
            if group.space is None or all(node.op.name == ALIAS for node in group.nodes):
                for node in sorted(group.nodes, key=self.place.__getitem__):
                    node.inputs = [stands_for.get(value, value) for value in node.inputs]
                    nodes.append(node)
                continue
            outputs = [
                value
                for node in sorted(group.nodes, key=self.place.__getitem__)
                for value in node.outputs
                if value in wanted or readers.get(value, set()) - {group}
            ]
            nodes.append(self._cluster(group, outputs, stands_for))
        outputs = [stands_for.get(value, value) for value in self.graph.outputs]
        return Graph(self.graph.inputs, self.graph.constants, nodes, outputs)

    def _readers(self) -> dict[Value, list[Node]]:
        found: dict[Value, list[Node]] = {}
        for node in self.graph.nodes:
            for value in node.inputs:
                found.setdefault(value, []).append(node)
        return found

    def _cluster(self, group: Group, outputs: list[Value], stands_for: dict[Value, Value]) -> Node:
        """The node of a group, and what its results stand for."""
        members = sorted(group.nodes, key=self.place.__getitem__)
        made = {value for node in members for value in node.outputs}
        read = [v for v in dict.fromkeys(v for n in members for v in n.inputs) if v not in made]
        inside = {value: Value(value.spec) for value in read}
        copies, frames = [], []
        for node in members:
            copy = Node(node.op, [inside[value] for value in node.inputs], node.attributes)
            inside.update(zip(node.outputs, copy.outputs, strict=True))
            copies.append(copy)
            frames.append(group.nodes[node])
        body = Graph([inside[v] for v in read], {}, copies, [inside[v] for v in outputs])
        form = {
            "body": body,
            "space": group.space,
            "rows": group.rows,
            "frames": tuple(frames),
        }
        cluster = Node(CLUSTER, [stands_for.get(v, v) for v in read], form)
        stands_for.update(zip(outputs, cluster.outputs, strict=True))
        return cluster


def _describe(node: Node) -> tuple[tuple[int, ...], int | None, str] | None:
    """The space, the rows and the frame of a node by itself; ``None`` for what is no part of any
    cluster.
    """
    name, out = node.op.name, node.outputs[0].spec
    specs = [value.spec for value in (*node.inputs, *node.outputs)]
    if any(spec.dtype not in DTYPES for spec in specs):
        return None
    taken = {str(value.spec.dtype) for value in node.inputs}
    if name in ELEMENTWISE and not _suits(name, taken):
        return None
    if name in ELEMENTWISE:
        if name in SINGLE_ONLY | {"power"} and out.dtype in {"float64", *INTEGERS}:
            return None
        return stripped(out.shape), None, FULL
    if name == ALIAS and stripped(out.shape) == stripped(node.inputs[0].spec.shape):
        return stripped(out.shape), None, FULL
    if name in VIEWS:
        return stripped(out.shape), None, FULL
    if name in REDUCTIONS or name in OVER_ROWS:
        return _describe_reduction(node)
    if name in ("take_along_axis", "add_along"):
        return _describe_choice(node)
    return None


def _suits(name: str, taken: set[str]) -> bool:
    """Whether an elementwise operation is known for operands of these types."""
    if name in LOGICAL:
        return taken == {"bool"}
    if "bool" in taken and name not in OF_TRUTH:
        return False
    return name not in BITWISE or taken <= INTEGERS | {"bool"}


def _describe_reduction(node: Node) -> tuple[tuple[int, ...], int | None, str] | None:
    name, shape = node.op.name, node.inputs[0].spec.shape
    if name in OVER_ROWS and node.inputs[0].spec.dtype in INTEGERS:
        return None
    axis = node.attributes["axis"]
    axes = {axis} if isinstance(axis, int) else set(axis)
    space = stripped(shape)
    kept = [a in axes for a, size in enumerate(shape) if size != 1]  # whether each is reduced
    count = sum(kept)
    same = name == "argmax" or node.outputs[0].spec.dtype == node.inputs[0].spec.dtype
    if not count or not same or node.inputs[0].spec.dtype == "bool":
        return None
    of_rows = name in OVER_ROWS or name == "argmax"
    if kept[-count:] == [True] * count and (count < len(kept) or of_rows):
        return space, len(kept) - count, FULL if name in OVER_ROWS else ROW_REDUCTION
    if of_rows:
        return None
    if count == len(kept):
        return space, None, WHOLE_REDUCTION
    if kept[:count] == [True] * count:
        return space, count, COLUMN_REDUCTION
    return None


def _describe_choice(node: Node) -> tuple[tuple[int, ...], int | None, str] | None:
    """Picking one element of each row by its number, and putting one there."""
    wide = node.inputs[0] if node.op.name == "take_along_axis" else node.outputs[0]
    shape = wide.spec.shape
    thin = node.inputs[1].spec.shape
    last = node.attributes["axis"] == len(shape) - 1
    if not last or shape[-1] == 1 or thin != (*shape[:-1], 1) or not _is_checked(node.inputs[1]):
        return None
    space = stripped(shape)
    frame = ROW_REDUCTION if node.op.name == "take_along_axis" else FULL
    return space, len(space) - 1, frame


def _is_checked(value: Value) -> bool:
    """Whether numbers are known to be places that exist."""
    node = value.node
    while node is not None and node.op.name == ALIAS:
        node = node.inputs[0].node
    return node is not None and node.op.name == "checked_labels"


def _common_spaces(above: Group, below: Group) -> list[tuple[tuple[int, ...], Group, Group]]:
    """The spaces over which both may run, and what they are in each."""
    assert above.space is not None and below.space is not None
    found = []
    if above.space == below.space:
        found.append((above.space, above, below))
    longer, shorter = above.space, below.space
    if len(longer) > len(shorter) > 0 and longer[: len(shorter)] == shorter:
        low = _in_rows(below, longer)
        if low is not None:
            found.append((longer, above, low))
    longer, shorter = below.space, above.space
    if len(longer) > len(shorter) > 0 and longer[: len(shorter)] == shorter:
        high = _in_rows(above, longer)
        if high is not None:
            found.append((longer, high, below))
    return found


def _in_rows(group: Group, space: tuple[int, ...]) -> Group | None:
    """A group of full values as values of the rows of a larger space."""
    assert group.space is not None
    frames = set(group.nodes.values())
    if group.rows is not None or frames - {FULL, WHOLE_REDUCTION}:
        return None
    nodes = {n: ROW if f == FULL else f for n, f in group.nodes.items()}
    return dataclasses.replace(group, nodes=nodes, space=space, rows=len(group.space))


def reads_well(node: Node, frame: str, value: Value, kind: str, group: Group) -> bool:
    """Whether a node may take a value of the cluster that stands in frame ``kind``."""
    name, space, rows = node.op.name, group.space, group.rows
    assert space is not None
    shape = value.spec.shape
    if kind == ROW and rows is None:
        return False
    if frame == WHOLE_REDUCTION:
        return stripped(shape) == (space if kind == FULL else space[:rows])
    if frame in (ROW_REDUCTION, COLUMN_REDUCTION) or name in OVER_ROWS:
        wide = kind == FULL and stripped(shape) == space
        if name == "take_along_axis":
            return wide if value is node.inputs[0] else kind == ROW
        return wide
    if name == "add_along":
        return kind == ROW
    out = node.outputs[0].spec.shape
    if name == ALIAS:
        return (frame == FULL) == (kind == FULL)
    axes = aligned_axes(shape, out)
    if frame == ROW:
        return kind == ROW and axes == tuple(range(rows or 0))
    if kind == FULL:
        return axes == tuple(range(len(space)))
    return axes == tuple(range(rows or 0))
