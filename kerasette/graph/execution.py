"""How a compiled function runs: its plan, and the variables that the plan reads and writes."""

import importlib.util
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasette.arrays import device as devices
from kerasette.arrays.memory import at_work
from kerasette.core.spec import Spec
from kerasette.core.tensor import Tensor, as_array
from kerasette.graph.buffers import Buffer, buffer_of
from kerasette.graph.ir import Graph, Value
from kerasette.graph.plan import Plan
from kerasette.graph.program import Program, size_of
from kerasette.kernels.loop import Table
from kerasette.kernels.native import Record, arena, empty

_IDLE = 2  # so many arenas are kept for calls to come
_LARGE = 1 << 16  # bytes: results of so many are handed out where they stand, not copied


def execution(graph: Graph, reads: list[Any], writes: list[Any]) -> Any:
    """What runs a graph: in machine code where kernels can be had, else call by call.

    Args:
        graph: its inputs are arguments and then the values of ``reads``; its outputs are results
            and then the new values of ``writes``.
        reads: the variables that it reads.
        writes: the variables that it assigns to.
    """
    device = devices.current_device()
    if device == "cpu:0" and _machine_code() and _has_memory(graph):
        made = NativeExecution(graph, reads, writes)
        if any(step.native for step in made.program.steps):
            return made
    if device != "cpu:0" and os.environ.get("KERASETTE_KERNELS", "1") != "0":
        from kerasette.kernels.gpu.capture import captured

        recorded = captured(graph, reads, writes)
        if recorded is not None:
            return recorded
    return ReferenceExecution(graph, reads, writes)


def _machine_code() -> bool:
    wanted = os.environ.get("KERASETTE_KERNELS", "1") != "0"
    return wanted and importlib.util.find_spec("llvmlite") is not None


def _has_memory(graph: Graph) -> bool:
    """Whether every value has bytes, as native code expects."""
    values = [*graph.inputs, *graph.constants, *(v for node in graph.nodes for v in node.outputs)]
    return all(size_of(value.spec) for value in values)


class ReferenceExecution:
    """Runs a graph as a list of bound calls over arrays."""

    def __init__(self, graph: Graph, reads: list[Any], writes: list[Any]):
        self.reads = reads
        self.writes = writes
        self._device = devices.current_device()
        self._plan = Plan(graph)

    def __call__(self, arguments: Sequence[Any]) -> list[Tensor]:
        """The results for tensors or arrays; the variables have their new values then."""
        state = [variable._tensor._array for variable in self.reads]
        given = [a._array if type(a) is Tensor else as_array(a) for a in arguments]
        devices.check_home("a compiled function", [*given, *state], self._device)
        with at_work(self._device):
            arrays = self._plan([*given, *state])
        results = [Tensor(array) for array in arrays]
        count = len(results) - len(self.writes)
        for variable, value in zip(self.writes, results[count:], strict=True):
            variable._tensor = value
        return results[:count]


class NativeExecution:
    """Runs a graph as a table of records, which change the variables where they stand.

    Each call that is going on has memory of its own; that of calls that are over is used again.
    """

    def __init__(self, graph: Graph, reads: list[Any], writes: list[Any]):
        self.reads = reads
        self.writes = writes
        known = {id(variable): variable for variable in (*reads, *writes)}
        self.variables = list(known.values())
        written = {id(variable) for variable in writes}
        self.written = [id(variable) in written for variable in self.variables]
        only_written = self.variables[len(reads) :]
        self.arguments = len(graph.inputs) - len(reads)
        unread = [Value(Spec(v.shape, v._tensor.dtype)) for v in only_written]
        self.graph = Graph([*graph.inputs, *unread], graph.constants, graph.nodes, graph.outputs)
        self.results = len(graph.outputs) - len(writes)
        places = {key: self.arguments + i for i, key in enumerate(known)}
        donated = {self.results + i: places[id(v)] for i, v in enumerate(writes)}
        self.program = Program(self.graph, devices.current_device(), donated)
        self._idle: list[Instance] = []

    def __call__(self, arguments: Sequence[Any]) -> list[Tensor]:
        """The results for tensors or arrays; the variables have their new values then."""
        instance = self.instance()
        for place, given in zip(instance.inputs, arguments, strict=True):
            np.copyto(place, given._array if type(given) is Tensor else given)
        instance.run()
        results = instance.results()
        self.give_back(instance)
        return results

    def give_back(self, instance: "Instance") -> None:
        """Keep the memory of a call that is over for another one."""
        if len(self._idle) < _IDLE:
            self._idle.append(instance)

    def buffers(self) -> list[Buffer]:
        """Where the variables stand, those that are written in memory that nobody else sees."""
        return [
            buffer_of(variable, written)
            for variable, written in zip(self.variables, self.written, strict=True)
        ]

    def instance(self) -> "Instance":
        """Memory for one call, ready to run on the variables' present values."""
        buffers = self.buffers()
        try:
            instance = self._idle.pop()
        except IndexError:
            return Instance(self, buffers)
        instance.move_to(buffers)
        return instance


class Instance:
    """A program in memory of its own, bound to the variables' buffers."""

    def __init__(self, execution: NativeExecution, buffers: list[Buffer]):
        program = execution.program
        graph = execution.graph
        self.inputs = [empty(value.spec) for value in graph.inputs[: execution.arguments]]
        self.outputs = [empty(value.spec) for value in graph.outputs[: execution.results]]
        self._arena = arena(program.size)
        self._program = program
        self._buffers = buffers
        self._given: list[int] = []  # the outputs that belong to somebody else now
        self._parts = program.parts()
        self._segments: list[Any] = []  # tables, and calls back to Python
        self._homes: list[tuple[int, int, int]] = []  # of each part: segment, first record, number
        self._fill()

    def _address(self) -> Any:
        arguments = [array.ctypes.data for array in self.inputs]
        state = [buffer.address for buffer in self._buffers]
        outputs = [array.ctypes.data for array in self.outputs]
        return self._program.addresses(self._arena.ctypes.data, [*arguments, *state], outputs)

    def _fill(self) -> None:
        address = self._address()
        pending: list[Record] = []
        self._segments, self._homes = [], []
        for part in self._parts:
            made = part.make(address)
            if isinstance(made, list):
                self._homes.append((len(self._segments), len(pending), len(made)))
                pending += made
                continue
            if pending:
                self._segments.append(Table(pending))
                pending = []
            self._homes.append((len(self._segments), 0, 1))
            self._segments.append(made)
        if pending:
            self._segments.append(Table(pending))

    def move_to(self, buffers: list[Buffer]) -> None:
        """Bind to these buffers: what stands elsewhere than before is told to its users."""
        first = len(self.inputs)
        moved = {
            ("input", first + index)
            for index, (old, new) in enumerate(zip(self._buffers, buffers, strict=True))
            if old is not new
        }
        for index in self._given:
            self.outputs[index] = empty(self._program.graph.outputs[index].spec)
            moved.add(("output", index))
        if not moved:
            return
        self._given = []
        self._buffers = buffers
        address = self._address()
        for part, (segment, start, count) in zip(self._parts, self._homes, strict=True):
            touched = (*part.reads, *part.writes)
            if not any((s.kind, s.index) in moved for s in touched):
                continue
            made = part.make(address)
            if not isinstance(made, list):
                self._segments[segment] = made
                continue
            assert len(made) == count
            for index, record in enumerate(made):
                self._segments[segment].put(start + index, record)

    @property
    def table(self) -> Table | None:
        """The one table of it all, where no Python is needed in between."""
        alone = len(self._segments) == 1 and isinstance(self._segments[0], Table)
        return self._segments[0] if alone else None

    def run(self) -> None:
        """Run once.

        Raises: what the reference code of an operation raises that does not take its operands.
        """
        for index, segment in enumerate(self._segments):
            if type(segment) is Table:
                failed = segment.run()
                if failed:
                    self.explain(index, failed)
            else:
                segment()

    def results(self) -> list[Tensor]:
        """What the last run gave. A large result is given away: the next run has another place."""
        self._given = [i for i, array in enumerate(self.outputs) if array.nbytes >= _LARGE]
        return [Tensor(array if array.nbytes >= _LARGE else array.copy()) for array in self.outputs]

    def explain(self, segment: int, failed: int) -> None:
        """Raise the error for the record, counted from 1, at which a table stopped."""
        number = (failed - 1) % self._segments[segment].count
        for part, (home, start, count) in zip(self._parts, self._homes, strict=True):
            if home == segment and start <= number < start + count:
                part.explain(self._address())
        raise RuntimeError(f"Native code failed at record {number}.")
