"""A plan recorded as a CUDA graph: a step is then one launch, and costs no Python for each kernel.

A graph works on the memory on which it was recorded. What a call is given is copied there; what it
returns is copied out. Variables live in that memory: the new values are written over the old ones
at the end of the graph, where nobody else holds them.
"""

import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasette.arrays import device as devices
from kerasette.arrays.memory import at_work
from kerasette.core.tensor import Tensor, as_array
from kerasette.graph.ir import Graph, Node, Value
from kerasette.graph.plan import Plan
from kerasette.kernels.gpu.recording import Recorder, recorder

_PLAIN_CALLS = 2  # before a graph is recorded: what is called once or twice is not worth it
# Operations whose reference code looks at values on the host, to refuse some.
_LOOKING = frozenset({"checked_labels"})
_FEW = 8  # nodes that may be run before the graph, on their own

_told: list[str] = []


class CapturedExecution:
    """Runs a graph as ``graph.execution.ReferenceExecution`` does, from the third call on as one
    CUDA graph. Where it cannot be recorded it goes on call by call, after one message.
    """

    def __init__(self, graph: Graph, reads: list[Any], writes: list[Any], make: Recorder):
        self.reads = reads
        self.writes = writes
        self._device = devices.current_device()
        self._recorder: Recorder | None = make
        self._checks, rest = _looking_first(graph)
        self._plan = Plan(rest)
        self._results = len(graph.outputs) - len(writes)
        self._calls = 0
        self._turn = threading.Lock()  # calls share the memory of the recorded graph
        self._recorded: Any = None
        self._static: list[Any] = []  # what the recorded graph reads
        self._targets: list[Any] = []  # what it writes the variables' new values to
        self._held: list[Tensor] = []  # these, as tensors
        self._given: list[Any] = []  # what it gives

    def __call__(self, arguments: Sequence[Any]) -> list[Tensor]:
        """The results for tensors or arrays; the variables have their new values then."""
        given = [a._array if type(a) is Tensor else as_array(a) for a in arguments]
        first = len(given)
        with self._turn, at_work(self._device):
            state = [variable._tensor._array for variable in self.reads]
            devices.check_home("a compiled function", [*given, *state], self._device)
            checked = self._checks([*given, *state]) if self._checks else []
            arrays = [*given, *state, *checked]
            self._calls += 1
            if self._recorded is None and self._calls > _PLAIN_CALLS and self._recorder:
                self._record(arrays, first)
            del state, given
            if self._recorded is not None and self._is_free(arrays):
                return self._replay(arrays)
            return self._by_calls(arrays)

    def _by_calls(self, arrays: list[Any]) -> list[Tensor]:
        results = [Tensor(array) for array in self._plan(arrays)]
        for variable, value in zip(self.writes, results[self._results :], strict=True):
            variable._tensor = value
        return results[: self._results]

    # Recording

    def _record(self, arrays: list[Any], first: int) -> None:
        assert self._recorder is not None
        places = {id(variable): first + i for i, variable in enumerate(self.reads)}
        targets: list[Any] = []

        def run() -> list[Any]:
            return self._plan(list(static))

        def run_and_keep() -> list[Any]:
            results = run()
            fresh = [array.copy() for array in results[self._results :]]  # they may be one another
            for target, value in zip(targets, fresh, strict=True):
                target[...] = value
            return results[: self._results]

        static: list[Any] = []
        try:
            static += [self._recorder.copy(array) for array in arrays]
            values = self._recorder.rehearse(run)[self._results :]
            for variable, value in zip(self.writes, values, strict=True):
                place = places.get(id(variable))
                targets.append(self._recorder.copy(value) if place is None else static[place])
            del values
            recorded, given = self._recorder.record(run_and_keep)
        except Exception as error:  # cupy and its libraries raise errors of many kinds
            self._recorder = None
            _tell(error)
            return
        self._recorded, self._given = recorded, given
        self._static, self._targets = static, targets
        self._held = [Tensor(target) for target in targets]

    # Replaying

    def _is_free(self, arrays: list[Any]) -> bool:
        """Whether nobody holds a value of a variable that the graph would write over."""
        known = Counter(id(a) for a in (*arrays, *self._static, *self._targets))
        for index, variable in enumerate(self.writes):
            tensor = self._held[index]  # counted in `_references`, too
            of_tensor, of_array = _USED if variable._tensor is tensor else _UNUSED
            of_array += known[id(tensor._array)]
            if sys.getrefcount(tensor) > of_tensor or sys.getrefcount(tensor._array) > of_array:
                return False
        return True

    def _replay(self, arrays: list[Any]) -> list[Tensor]:
        for place, array in zip(self._static, arrays, strict=True):
            if place is not array:
                place[...] = array
        assert self._recorder is not None
        self._recorder.launch(self._recorded)
        results = [Tensor(array.copy()) for array in self._given]
        for variable, tensor in zip(self.writes, self._held, strict=True):
            variable._tensor = tensor
        return results


def _references() -> tuple[tuple[int, int], tuple[int, int]]:
    """How often a tensor and its array are referred to while a variable has the tensor, and while
    none has it. Versions of Python count their own references differently.
    """

    class Holder:
        def __init__(self, tensor: Tensor):
            self._tensor = tensor

    held = [Tensor(np.zeros(1))]

    def counted() -> tuple[int, int]:
        tensor = held[0]
        return sys.getrefcount(tensor), sys.getrefcount(tensor._array)

    unused = counted()
    holder = Holder(held[0])
    used = counted()
    del holder
    return used, unused


_USED, _UNUSED = _references()


def _tell(error: Exception) -> None:
    """Say once why steps are not recorded."""
    if not _told:
        _told.append(str(error))
        warnings.warn(
            f"A compiled function runs call by call, not as a CUDA graph: {error}", stacklevel=2
        )


def _looking_first(graph: Graph) -> tuple[Callable[[list[Any]], list[Any]] | None, Graph]:
    """A plan of the operations that look at values, where little has to be known for them; and the
    graph of all others, whose inputs are the graph's and what that plan gives.
    """
    wanted: set[Node] = set()
    for node in reversed(graph.nodes):
        if node.op.name in _LOOKING or node in wanted:
            wanted.add(node)
            wanted.update(value.node for value in node.inputs if value.node is not None)
    if not wanted or len(wanted) > _FEW:
        return None, graph
    first = [node for node in graph.nodes if node in wanted]
    rest = [node for node in graph.nodes if node not in wanted]
    made = {value for node in first for value in node.outputs}
    passed: dict[Value, None] = {}
    for value in (v for node in rest for v in node.inputs):
        if value in made:
            passed[value] = None
    passed.update((value, None) for value in graph.outputs if value in made)
    before = Graph(graph.inputs, graph.constants, first, list(passed))
    after = Graph([*graph.inputs, *passed], graph.constants, rest, graph.outputs)
    return Plan(before), after


def captured(graph: Graph, reads: list[Any], writes: list[Any]) -> CapturedExecution | None:
    """What runs a graph on the current GPU; ``None`` where there are no CUDA graphs."""
    make = recorder()
    return None if make is None else CapturedExecution(graph, reads, writes, make)
