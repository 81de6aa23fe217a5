"""A plan: a graph made a static list of bound calls, run without looking anything up."""

from typing import Any

from kerasette.arrays import device as devices
from kerasette.core import kernels
from kerasette.graph.ir import Graph, Value


class Plan:
    """The bound calls of a graph's nodes, each with the slots that it reads and writes.

    The kernels are bound once, for the shapes in the graph; running the plan is a loop over calls.
    A slot is emptied after its last reader, so that memory is held no longer than needed.
    """

    def __init__(self, graph: Graph):
        device = devices.current_device()
        constants = [tensor._array for tensor in graph.constants.values()]
        devices.check_home("a compiled function", constants, device)
        slots: dict[Value, int] = {}
        for value in (*graph.inputs, *graph.constants):
            slots[value] = len(slots)
        self._template: list[Any] = [None] * len(graph.inputs)
        self._template += constants
        last: dict[int, int] = {}
        steps: list[tuple[Any, tuple[int, ...], Any]] = []
        for node in graph.nodes:
            for value in node.outputs:
                slots[value] = len(slots)
            reads = tuple(slots[value] for value in node.inputs)
            writes = tuple(slots[value] for value in node.outputs)
            specs = tuple(value.spec for value in node.inputs)
            run = kernels.bind(node.op, specs, node.attributes, device)
            last.update(dict.fromkeys((*reads, *writes), len(steps)))
            steps.append((run, reads, writes if node.several else writes[0]))
        self._outputs = tuple(slots[value] for value in graph.outputs)
        freed: list[list[int]] = [[] for _ in steps]
        for slot, step in last.items():
            if slot not in self._outputs and slot >= len(self._template):
                freed[step].append(slot)
        self._steps = [
            (run, reads, writes, tuple(free))
            for (run, reads, writes), free in zip(steps, freed, strict=True)
        ]
        self._width = len(slots) - len(self._template)
        self._count = len(graph.inputs)
        self._xp = devices.module(device)

    def __call__(self, arrays: list[Any]) -> list[Any]:
        slots = self._template + [None] * self._width
        slots[: self._count] = arrays
        array_type = self._xp.ndarray
        for run, reads, writes, freed in self._steps:
            out = run(*[slots[slot] for slot in reads])
            if type(writes) is int:
                slots[writes] = out if type(out) is array_type else self._xp.asarray(out)
            else:
                for slot, part in zip(writes, out, strict=True):  # type: ignore[arg-type]
                    slots[slot] = part if type(part) is array_type else self._xp.asarray(part)
            for slot in freed:
                slots[slot] = None
        return [slots[slot] for slot in self._outputs]
