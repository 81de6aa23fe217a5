"""``scan`` in machine code: the body as a table of records, run turn by turn by the native loop.

It takes every scan whose body needs no Python: recurrent layers, their gradients, loops of users.
A turn with little to do is done by one thread, for a team would spend more time on meeting than on
working; loops that stand abreast are then shared out among the threads, each as a whole.
"""

import contextlib
import math
from collections.abc import Sequence
from typing import Any

from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.ir import Graph, Node
from kerasette.graph.memory import Storage, arrange
from kerasette.graph.program import Program, size_of
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.moves import copy_record, moving_copy
from kerasette.kernels.loop import Table, native_loop_address
from kerasette.kernels.native import NativeKernel, Record

_LITTLE = 4e6  # operations in a turn
_OF_AN_ELEMENT = 8.0  # operations that one operation of a cluster takes, on average


class Scan(NativeKernel):
    """A scan node, for its body and layout.

    The results' memory holds the carries and states while the loop runs. Slices come into places of
    their own in the scratch memory, and go out from there.
    """

    several = True

    def __init__(self, specs: tuple[Spec, ...], program: Program, layout: Any, alone: bool):
        self.layout = layout
        self.program = program
        self.alone = alone  # whether its code is for one thread
        graph = program.graph
        self.kept = layout.carries + layout.states if layout.history else 0
        # The body's outputs: carries, ys and states; what came into each turn is no output of it.
        self.slots = [
            Storage("arena", size_of(value.spec))
            for value in (
                *graph.inputs[layout.carries : layout.carries + layout.xs],
                *graph.outputs[layout.carries : layout.carries + layout.ys],
            )
        ]
        body = Storage("arena", program.size)
        self.arena = body
        self.workspace = arrange([*self.slots, body])
        self.can_fail = any(step.can_fail for step in program.steps)

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """Put the loop at its beginning, and run it."""
        first, loop = self.parts(reads, writes, workspace)
        return [*first, loop]

    def parts(
        self, reads: Sequence[int], writes: Sequence[int], workspace: int
    ) -> tuple[list[Record], Record]:
        """What puts the loop at its beginning, and what runs it."""
        layout = self.layout
        carries, xs, states, caught = layout.split(reads)
        out_carries, out_ys, out_history, out_states = layout.results(writes)
        slots = [workspace + slot.offset for slot in self.slots]
        x_slots, y_slots = slots[: layout.xs], slots[layout.xs :]
        inputs = [*out_carries, *x_slots, *out_states, *caught]
        outputs = [0] * layout.carries + y_slots + [0] * layout.states
        sizes = [size_of(value.spec) for value in self.program.graph.inputs]
        kept = [
            (address, sizes[number])
            for number, address in enumerate(inputs)
            if number < layout.carries
            or layout.carries + layout.xs <= number < len(inputs) - len(caught)
        ]
        first = [
            copy_record(target, source, size)
            for (target, size), source in zip(kept, [*carries, *states], strict=True)
        ]
        turn: list[Record] = []

        def moved(inside: int, sequence: int, size: int, into: bool) -> None:
            step = -size if layout.reverse else size
            start = sequence + (layout.length - 1) * size if layout.reverse else sequence
            pair = (
                moving_copy(inside, start, size, 0, step)
                if into
                else moving_copy(start, inside, size, step, 0)
            )
            first.append(pair[0])
            turn.append(pair[1])

        for number, (slot, sequence) in enumerate(zip(x_slots, xs, strict=True)):
            moved(slot, sequence, self.slots[number].size, into=True)
        for (inside, size), sequence in zip(kept, out_history, strict=False):
            moved(inside, sequence, size, into=False)
        address = self.program.addresses(workspace + self.arena.offset, inputs, outputs)
        for part in self.program.parts():
            turn += part.make(address)
        for number, (slot, sequence) in enumerate(zip(y_slots, out_ys, strict=True)):
            moved(slot, sequence, self.slots[layout.xs + number].size, into=False)
        table = Table(turn)
        loop = native_loop_address()
        assert loop is not None
        return first, Record(loop, (table.address, table.count, layout.length, 0), table)


@kernel("scan", "cpu")
def scan(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Scan | None:
    """The kernel of a scan node, where its body needs no Python."""
    body, layout = attributes["body"], attributes["layout"]
    if native_loop_address() is None:
        return None
    carries, ys, _, states = layout.results(body.outputs)
    graph = Graph(body.inputs, body.constants, body.nodes, [*carries, *ys, *states])
    into = layout.carries + layout.xs
    donated = {index: index for index in range(layout.carries)}
    donated |= {layout.carries + layout.ys + i: into + i for i in range(layout.states)}
    alone = sum(_operations(node) for node in graph.nodes) < _LITTLE
    with threads.alone() if alone else contextlib.nullcontext():
        program = Program(graph, "cpu:0", donated)
    if not program.native or not layout.length or not all(size_of(spec) for spec in specs):
        return None
    kernel = Scan(specs, program, layout, alone)
    kernel.outputs = tuple(_outputs(body, layout))
    return kernel


def _operations(node: Node) -> float:
    """Roughly what a node computes."""
    results = sum(math.prod(value.spec.shape) for value in node.outputs)
    if node.op.name == "gemm":
        left, right = (math.prod(value.spec.shape) for value in node.inputs[:2])
        return 2.0 * math.sqrt(left * right * results)  # of (m, k) and (k, n): 2 m k n
    body = node.attributes.get("body")
    return results * (_OF_AN_ELEMENT * len(body.nodes) if isinstance(body, Graph) else 1.0)


def _outputs(body: Graph, layout: Any) -> list[Spec]:
    carries, ys, history, states = layout.results([value.spec for value in body.outputs])
    stacked = [Spec((layout.length, *spec.shape), spec.dtype) for spec in ys + history]
    return [*carries, *stacked, *states]
