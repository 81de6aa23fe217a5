"""A graph as a list of steps over memory: what a plan runs, and what a loop's body is.

Each node is bound to its kernel. A native kernel gives records; reference code is a call back to
Python that reads and writes the same memory.
"""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.graph.ir import Graph, Node, Value
from kerasette.graph.memory import END, Storage, arrange
from kerasette.kernels.cpu.moves import copy_record
from kerasette.kernels.native import NativeKernel, Record, placed

ALIASES = frozenset({"reshape", "recall"})  # operations whose result is their operand's memory

HostCall = Callable[[], None]


class Step:
    """A node with its kernel, and the storages that it reads, writes and works in."""

    def __init__(self, node: Node, kernel: Any, reads: list[Storage], writes: list[Storage]):
        self.node = node
        self.kernel = kernel
        self.reads = reads
        self.writes = writes
        self.workspace: Storage | None = None

    @property
    def native(self) -> bool:
        """Whether no Python is needed for it."""
        return isinstance(self.kernel, NativeKernel)

    @property
    def can_fail(self) -> bool:
        """Whether it may raise an error at run time."""
        return self.kernel.can_fail if self.native else True

    def make(self, address: Callable[[Storage], int]) -> "list[Record] | HostCall":
        """Its records, or the call of its reference code, for these addresses."""
        reads = [address(storage) for storage in self.reads]
        writes = [address(storage) for storage in self.writes]
        if self.native:
            scratch = 0 if self.workspace is None else address(self.workspace)
            return self.kernel.records(reads, writes, scratch)  # type: ignore[no-any-return]
        return self.host_call(reads, writes)

    def host_call(self, reads: list[int], writes: list[int]) -> HostCall:
        """The operation's reference code, or another kernel for arrays, on memory."""
        run = self.kernel
        operands = [view(a, v.spec) for a, v in zip(reads, self.node.inputs, strict=True)]
        results = [view(a, v.spec) for a, v in zip(writes, self.node.outputs, strict=True)]
        several = self.node.several

        def call() -> None:
            out = run(*operands)
            for place, part in zip(results, out if several else (out,), strict=True):
                np.copyto(place, part, casting="unsafe")

        return call

    def explain(self, address: Callable[[Storage], int]) -> None:
        """Raise the error that made the native kernel fail, in the words of the reference code."""
        operands = [
            view(address(s), v.spec) for s, v in zip(self.reads, self.node.inputs, strict=True)
        ]
        self.node.op.reference(np, *operands, **self.node.attributes)
        raise RuntimeError(f"{self.node.op.name} failed in native code, and not in Python.")


class Program:
    """The steps of a graph, in an order in which they can run, and the plan of their memory.

    Args:
        graph: what is to be computed.
        device: where.
        donated: for outputs that are to end up in an input's memory, by their numbers: that input's
            number. Where it is safe they are computed in place.
    """

    def __init__(self, graph: Graph, device: str, donated: dict[int, int] | None = None):
        self.graph = graph
        self.donated = donated or {}
        self.constants = [placed(tensor._array) for tensor in graph.constants.values()]
        bound = [(node, _bind(node, device)) for node in graph.nodes]
        self._storage: dict[Value, Storage] = {}
        for index, value in enumerate(graph.inputs):
            self._storage[value] = Storage("input", size_of(value.spec), index)
        for index, value in enumerate(graph.constants):
            self._storage[value] = Storage("constant", size_of(value.spec), index)
        self.steps: list[Step] = []
        for node, kernel in _errors_first(bound):
            self._add(node, kernel)
        self._scratch: list[Storage] = []
        self.copies: list[tuple[Storage, Storage]] = []
        self._place_outputs()
        self._share()
        arena = {id(s): s for step in self.steps for s in (*step.reads, *step.writes)}
        wanted = [s for s in arena.values() if s.kind == "arena"] + self._scratch
        self.size = arrange(wanted)

    @property
    def native(self) -> bool:
        """Whether it runs without Python."""
        return all(step.native for step in self.steps)

    def _add(self, node: Node, kernel: Any) -> None:
        if kernel is None:  # an alias: the same memory under another shape
            self._storage[node.outputs[0]] = self._storage[node.inputs[0]]
            return
        at = len(self.steps)
        reads = [self._storage[value] for value in node.inputs]
        for storage in reads:
            storage.last = at
        writes = [Storage("arena", size_of(value.spec), first=at) for value in node.outputs]
        self._storage.update(zip(node.outputs, writes, strict=True))
        self.steps.append(Step(node, kernel, reads, writes))

    def _place_outputs(self) -> None:
        """Have the outputs computed where they are wanted, or else copied there at the end."""
        inputs = [self._storage[value] for value in self.graph.inputs]
        outputs = [self._storage[value] for value in self.graph.outputs]
        targets = [
            inputs[self.donated[index]]
            if index in self.donated
            else Storage("output", storage.size, index)
            for index, storage in enumerate(outputs)
        ]
        self.targets = targets
        for source, target in zip(outputs, targets, strict=True):
            if source.kind != "arena" and source is not target:
                source.last = END  # it is copied at the end
        last_error = max((i for i, step in enumerate(self.steps) if step.can_fail), default=-1)
        taken: set[int] = set()
        for source, target in zip(outputs, targets, strict=True):
            if source is target:
                continue
            free = source.kind == "arena" and id(source) not in taken
            if free and target.kind == "input":
                free = source.first > last_error and self._may_overwrite(source, target)
            if free:
                taken.add(id(source))
                source.kind, source.index = target.kind, target.index
                target.last = max(target.last, source.last)
                source.last = END
            else:
                source.last = END
                self.copies.append((source, target))
        self._part_copies()

    def _may_overwrite(self, source: Storage, target: Storage) -> bool:
        """Whether nobody wants what is in ``target`` any more when ``source`` is computed."""
        if target.last < source.first:
            return True
        step = self.steps[source.first]
        return target.last == source.first and _may_share(step, step.writes.index(source), target)

    def _part_copies(self) -> None:
        """Copies may form a ring: sources that are targets too are copied aside first."""
        overwritten = {(t.kind, t.index) for _, t in self.copies}
        aside: list[tuple[Storage, Storage]] = []
        for number, (source, target) in enumerate(self.copies):
            if source.kind == "input" and (source.kind, source.index) in overwritten:
                held = Storage("arena", source.size, first=len(self.steps))
                held.last = END
                self._scratch.append(held)
                aside.append((source, held))
                self.copies[number] = (held, target)
        self.copies = aside + self.copies

    def _share(self) -> None:
        """Results that may take over an operand's memory, and kernels' scratch memory."""
        replaced: dict[int, Storage] = {}
        for at, step in enumerate(self.steps):
            step.reads = [replaced.get(id(s), s) for s in step.reads]
            taken: set[int] = set()
            for number, written in enumerate(step.writes):
                if written.kind != "arena":
                    continue
                for held in step.reads:
                    dies = held.kind == "arena" and held.last == at and held.size == written.size
                    if dies and id(held) not in taken and _may_share(step, number, held):
                        taken.add(id(held))
                        replaced[id(written)] = held
                        held.last = written.last
                        step.writes[number] = held
                        break
            if step.native and step.kernel.workspace:
                step.workspace = Storage("arena", step.kernel.workspace, first=at)
                self._scratch.append(step.workspace)
        self.copies = [(replaced.get(id(s), s), t) for s, t in self.copies]

    def addresses(
        self, arena: int, inputs: Sequence[int], outputs: Sequence[int]
    ) -> Callable[[Storage], int]:
        """Where storages stand, for given memory."""
        constants = [array.ctypes.data for array in self.constants]

        def address(storage: Storage) -> int:
            if storage.kind == "arena":
                return arena + storage.offset
            if storage.kind == "input":
                return inputs[storage.index]
            if storage.kind == "output":
                return outputs[storage.index]
            return constants[storage.index]

        return address

    def parts(self) -> list[Any]:
        """Steps and copies, in their order: what ``make`` is called on."""
        return [*self.steps, *(_Copy(source, target) for source, target in self.copies)]


class _Copy:
    """A copy at the end, in the form of a step."""

    native = True

    def __init__(self, source: Storage, target: Storage):
        self.reads = [source]
        self.writes = [target]
        self.workspace = None

    def make(self, address: Callable[[Storage], int]) -> list[Record]:
        source, target = self.reads[0], self.writes[0]
        return [copy_record(address(target), address(source), source.size)]


def size_of(spec: Spec) -> int:
    """The bytes of an array."""
    return int(np.prod(spec.shape, dtype=np.int64)) * dtypes.numpy_dtype(spec.dtype).itemsize


def view(address: int, spec: Spec) -> Any:
    """Memory as an array."""
    size = size_of(spec)
    buffer: Any = (ctypes.c_uint8 * size).from_address(address)
    return np.frombuffer(buffer, dtypes.numpy_dtype(spec.dtype)).reshape(spec.shape)


def _bind(node: Node, device: str) -> Any:
    """The node's kernel; ``None`` where its result is its operand."""
    if node.op.name in ALIASES:
        return None
    specs = tuple(value.spec for value in node.inputs)
    return kernels.bind(node.op, specs, node.attributes, device, in_plan=True)


def _may_share(step: Step, result: int, storage: Storage) -> bool:
    """Whether a result of the step may take the memory of the operand in ``storage``."""
    if not step.native or sum(s is storage for s in step.reads) != 1:
        return False
    operand = next(i for i, s in enumerate(step.reads) if s is storage)
    return (result, operand) in step.kernel.shares


def _errors_first(bound: list[tuple[Node, Any]]) -> list[tuple[Node, Any]]:
    """What may raise an error, and what it needs, before all else, which may change variables."""
    wanted: set[Node] = set()
    for node, kernel in reversed(bound):
        fails = kernel is not None and getattr(kernel, "can_fail", True)
        if fails or node in wanted:
            wanted.add(node)
            wanted.update(value.node for value in node.inputs if value.node is not None)
    return [b for b in bound if b[0] in wanted] + [b for b in bound if b[0] not in wanted]
