"""How a cluster's operands lie in memory: strides over its space, as few dimensions as will do."""

import math
from typing import Any, NamedTuple

from kerasette.core.spec import Spec
from kerasette.graph.cluster import (
    COLUMN_REDUCTION,
    FULL,
    ROW,
    ROW_REDUCTION,
    WHOLE_REDUCTION,
    stripped,
)  # fmt: skip
from kerasette.graph.ir import Graph, Node, Value
from kerasette.graph.views import rows as contiguous

Strides = tuple[int, ...]


class Place(NamedTuple):
    """Where the values of an array stand: which operand, from which element on, in which steps."""

    operand: int
    shape: tuple[int, ...]
    strides: Strides
    offset: int


class Read(NamedTuple):
    """An operand as an operation reads it: strides over the space, first those of the rows."""

    operand: int
    dtype: str
    offset: int
    strides: Strides


class Write(NamedTuple):
    """A result: ``full``, ``row``, or one of the reductions at the end."""

    value: Value
    dtype: str
    frame: str


class Form:
    """A cluster with the strides of what it reads.

    Attributes:
        reads: each way in which operands are read.
        writes: the results.
        sizes: of the rows' dimensions, and last of the columns.
    """

    def __init__(
        self,
        body: Graph,
        space: tuple[int, ...],
        rows: int | None,
        frames: tuple[str, ...],
    ):
        self.body = body
        self.space = space
        self.settled = rows
        self.frames = dict(zip(body.nodes, frames, strict=True))
        self._places = {
            value: Place(number, value.spec.shape, contiguous(value.spec.shape), 0)
            for number, value in enumerate(body.inputs)
        }
        self.reads: list[Read] = []
        self._numbers: dict[tuple[Value, Any], int] = {}
        for node in body.nodes:
            self._take(node)
        self.writes = [Write(value, value.spec.dtype, self._frame(value)) for value in body.outputs]
        self.fits = self._collapse()

    def _frame(self, value: Value) -> str:
        frame = self.frames.get(value.node, FULL)  # type: ignore[arg-type]
        return ROW if frame == ROW_REDUCTION else frame

    def number(self, node: Node, value: Value) -> int | None:
        """Which of the reads an operand of a node is; ``None`` for a value of the cluster."""
        return self._numbers.get((value, self._target(node)))

    def is_view(self, node: Node) -> bool:
        """Whether the node's result is read where its operand lies."""
        return node.outputs[0] in self._places

    def read_of(self, value: Value, node: Node) -> int:
        """The read of a value that only lies somewhere, as ``node`` shapes it."""
        return self._numbers[(value, self._target(node))]

    def _target(self, node: Node) -> tuple[Any, str]:
        """The shape to which a node's operands broadcast, and its frame."""
        frame, out = self.frames[node], node.outputs[0].spec.shape
        if frame in (ROW_REDUCTION, COLUMN_REDUCTION, WHOLE_REDUCTION):
            out = node.inputs[0].spec.shape
            frame = ROW if stripped(out) != self.space else FULL
        elif node.op.name in ("softmax", "log_softmax"):
            out = node.inputs[0].spec.shape
        return out, frame

    def _take(self, node: Node) -> None:
        name, value = node.op.name, node.inputs[0]
        place = self._places.get(value)
        if place is not None and name in ("slice", "transpose", "broadcast_to", "reshape"):
            self._places[node.outputs[0]] = _moved(place, node)
            self._enter(node.outputs[0], node)
            return
        for value in node.inputs:
            if value in self._places:
                self._enter(value, node)

    def _enter(self, value: Value, node: Node) -> None:
        shape, frame = self._target(node)
        key = (value, (shape, frame))
        if key in self._numbers:
            return
        place = self._places[value]
        strides = _broadcast(place, shape)
        if frame == ROW:
            strides += (0,) * (len(self.space) - len(strides))
        read = Read(place.operand, value.spec.dtype, place.offset, strides)
        if read not in self.reads:
            self.reads.append(read)
        self._numbers[key] = self.reads.index(read)

    def _collapse(self) -> bool:
        """Put dimensions together where all can be stepped through as one."""
        sizes = list(self.space)
        rows = self.settled
        vectors = [list(read.strides) for read in self.reads]
        vectors.append(list(contiguous(self.space)))  # as the results lie
        borders = {rows} if rows is not None else set()
        axis = len(sizes) - 1
        while axis > 0:
            if axis not in borders and all(v[axis - 1] == v[axis] * sizes[axis] for v in vectors):
                sizes[axis - 1] *= sizes.pop(axis)
                for v in vectors:
                    v.pop(axis - 1)
                borders = {b - 1 if b > axis else b for b in borders}
                if rows is not None and rows > axis:
                    rows -= 1
            axis -= 1
        if rows is None:
            rows = max(len(sizes) - 1, 0)
        if len(sizes) - rows > 1:
            return False
        if len(sizes) == rows:
            sizes.append(1)
            for v in vectors:
                v.append(0)
        self.sizes = sizes
        self.reads = [
            read._replace(strides=tuple(v)) for read, v in zip(self.reads, vectors, strict=False)
        ]
        return True

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return math.prod(self.sizes[:-1])

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return self.sizes[-1]


def _moved(place: Place, node: Node) -> Place:
    """Where the values stand that a view shows."""
    name, shape = node.op.name, node.outputs[0].spec.shape
    if name == "transpose":
        axes = node.attributes["axes"]
        return place._replace(shape=shape, strides=tuple(place.strides[axis] for axis in axes))
    if name == "broadcast_to":
        offset = len(shape) - len(place.shape)
        strides = (0,) * offset + tuple(
            0 if size == 1 else step for size, step in zip(place.shape, place.strides, strict=True)
        )
        return place._replace(shape=shape, strides=strides)
    if name == "reshape":
        own = iter(step for size, step in zip(place.shape, place.strides, strict=True) if size != 1)
        return place._replace(
            shape=shape, strides=tuple(0 if size == 1 else next(own) for size in shape)
        )
    parts = node.attributes["parts"]
    offset = place.offset
    steps = []
    for (start, _, step), stride in zip(parts, place.strides, strict=True):
        offset += start * stride
        steps.append(step * stride)
    return Place(place.operand, shape, tuple(steps), offset)


def _broadcast(place: Place, shape: tuple[int, ...]) -> Strides:
    """Strides over the sizes of ``shape`` that are not 1."""
    offset = len(shape) - len(place.shape)
    found = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        inside = axis >= offset and place.shape[axis - offset] != 1
        found.append(place.strides[axis - offset] if inside else 0)
    return tuple(found)


def specs_of(body: Graph) -> tuple[Spec, ...]:
    """The specs of a cluster's results."""
    return tuple(value.spec for value in body.outputs)
