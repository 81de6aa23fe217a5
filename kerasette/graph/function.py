"""``kerasette.function``: a Python function, traced once per kind of arguments, then replayed."""

import contextlib
import functools
import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.arrays import device as devices
from kerasette.arrays import settings
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.core.tensor import Tensor, TensorBase, Traced, as_array
from kerasette.graph.execution import NativeExecution, execution
from kerasette.graph.ir import Graph
from kerasette.graph.passes import improve
from kerasette.graph.stepping import Stepping
from kerasette.graph.trace import Trace


class _Compiled:
    """One signature of a function: its graph and plan, and the state that they read and write."""

    def __init__(self, graph: Graph, reads: list[Any], writes: list[Any], result: Any):
        self.graph = graph
        self.reads = reads
        self.writes = writes
        self.result = result  # the structure; None and Python values stay in it
        self.trainable = [variable.trainable for variable in reads]
        self.pullback: Callable[..., Any] | None = None
        self.execution = execution(graph, reads, writes)

    def fits(self) -> bool:
        """Whether the variables are trainable, or not, as they were when this was traced."""
        return self.trainable == [variable.trainable for variable in self.reads]


class CompiledFunction:
    """A function that runs as a graph. Made by ``kerasette.function``."""

    def __init__(self, function: Callable[..., Any]):
        self.python_function = function
        functools.update_wrapper(self, function)
        self._compiled: dict[Any, list[_Compiled]] = {}
        self.trace_count = 0

    def __get__(self, instance: Any, owner: Any) -> Any:
        """As a method: one compiled function for each object."""
        if instance is None:
            return self
        bound = CompiledFunction(self.python_function.__get__(instance, owner))
        name = self.python_function.__name__
        if hasattr(instance, "__dict__"):
            instance.__dict__[name] = bound
        return bound

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if state.trace is not None or state.symbolic or state.stateless is not None:
            return self.python_function(*args, **kwargs)  # it becomes part of the outer graph
        compiled, leaves = self._find((args, kwargs))
        inputs = [leaf for leaf in leaves if type(leaf) is Tensor or type(leaf) is np.ndarray]
        if not state.tapes:
            results = compiled.execution(inputs)
            return results[0] if compiled.result is _Slot else _put(compiled.result, iter(results))
        inputs = [leaf if type(leaf) is Tensor else Tensor(as_array(leaf)) for leaf in inputs]
        reads = [variable._tensor for variable in compiled.reads]  # kept: the tape wants them
        results = compiled.execution(inputs)
        written = [variable._tensor for variable in compiled.writes]
        self._record(compiled, inputs, reads, [*results, *written])
        return _put(compiled.result, iter(results))

    def graph(self, *args: Any, **kwargs: Any) -> Graph:
        """The graph for these arguments; ``print`` shows it node by node, ``draw`` as SVG."""
        return self._find((args, kwargs))[0].graph

    def stages(self, *args: Any, **kwargs: Any) -> dict[str, Graph]:
        """The graph for these arguments as it was traced, and after each pass, by name.

        >>> double = kerasette.function(lambda x: x * 1.0 + x)
        >>> stages = double.stages(kerasette.constant([1.0, 2.0]))
        >>> list(stages)[0], len(stages["traced"].nodes)
        ('traced', 2)
        """
        stages: dict[str, Graph] = {}
        leaves: list[Any] = []
        _examine((args, kwargs), leaves, [])
        self._trace((args, kwargs), leaves, stages)
        return stages

    def over_rows(self, arrays: Any, rows: int) -> Stepping | None:
        """Many calls at once, each on ``rows`` rows of arrays; ``None`` where it takes Python.

        Args:
            arrays: the arguments, a tuple; with all rows that there are, at least ``rows``.
            rows: how many each call gets.
        """
        sample = tree.map_structure(lambda a: None if a is None else a[:rows], arrays)
        compiled, leaves = self._find((sample, {}))
        whole = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
        count = sum(1 for leaf in leaves if type(leaf) is Tensor or type(leaf) is np.ndarray)
        if not isinstance(compiled.execution, NativeExecution) or count != len(whole):
            return None
        result = compiled.result
        return Stepping(
            compiled.execution, whole, rows, lambda out: _put(result, iter(out)), compiled.fits
        )

    def _find(self, given: Any) -> tuple[_Compiled, list[Any]]:
        """What runs these arguments, traced if they are the first of their kind; their leaves."""
        leaves: list[Any] = []
        kinds: list[Any] = [state.autocast, settings.floatx(), devices.current_device()]
        _examine(given, leaves, kinds)
        candidates = self._compiled.setdefault(tuple(kinds), [])
        for compiled in candidates:
            if compiled.fits():
                return compiled, leaves
        with _no_collection():
            compiled = self._trace(given, leaves)
        candidates.append(compiled)
        return compiled, leaves

    def _trace(
        self, given: Any, leaves: list[Any], stages: dict[str, Graph] | None = None
    ) -> _Compiled:
        leaves = [Tensor(as_array(x)) if type(x) is np.ndarray else x for x in leaves]
        here = [leaf._array for leaf in leaves if type(leaf) is Tensor]
        devices.check_home("a compiled function", here, devices.current_device())
        trace = Trace()
        tapes, state.tapes = state.tapes, ()
        try:
            with trace:
                handles = [
                    trace.input(Spec(leaf.shape, leaf.dtype)) if type(leaf) is Tensor else leaf
                    for leaf in leaves
                ]
                args, kwargs = tree.pack_sequence_as(given, handles)
                result = self.python_function(*args, **kwargs)
                result = tree.map_structure(_finished, result)
                outputs = [x for x in tree.flatten(result) if isinstance(x, (Tensor, Traced))]
                writes = list(trace.assigned.values())
                outputs += [trace.current[id(variable)] for variable in writes]
                graph = trace.graph(outputs)
                if stages is not None:
                    stages["traced"] = graph.copy()
                graph = improve(graph, stages)
        finally:
            state.tapes = tapes
            state.refresh()
        self.trace_count += 1
        reads = [variable for variable, _ in trace.reads.values()]
        order = {
            id(handle.graph_value): index for index, (_, handle) in enumerate(trace.reads.values())
        }
        count = sum(1 for leaf in leaves if type(leaf) is Tensor)
        mixed = graph.inputs  # arguments come first: they were made before anything was read
        assert [order[id(value)] for value in mixed[count:]] == list(range(len(reads)))
        return _Compiled(graph, reads, writes, tree.map_structure(_slot, result))

    def _record(
        self, compiled: _Compiled, inputs: list[Any], reads: list[Any], results: list[Any]
    ) -> None:
        """On an open tape, the whole call is one operation; its gradient is compiled as well."""
        if compiled.pullback is None:
            compiled.pullback = _pullback(compiled.graph)
        values = [*inputs, *reads]
        pull = compiled.pullback

        def pullback(incoming: list[Any]) -> list[Any]:
            wanted = [i for i, g in enumerate(incoming) if g is not None]
            return pull(values, [incoming[i] for i in wanted], tuple(wanted))

        for tape in state.tapes:
            for variable, value in zip(compiled.reads, reads, strict=True):
                tape.read(variable, value)
            tape.record_custom(values, results, pullback)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Tracing makes many objects and drops few: to look through them again and again for garbage
    takes a fifth of its time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _pullback(graph: Graph) -> Callable[..., Any]:
    from kerasette.arrays import dtypes
    from kerasette.core.tape import GradientTape

    def gradients(values: list[Any], upstream: list[Any], wanted: tuple[int, ...]) -> list[Any]:
        sources = [value for value in values if dtypes.differentiable(value.dtype)]
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(sources)
            results = graph.replay(*values)
        found = iter(tape.gradient([results[i] for i in wanted], sources, upstream))
        return [next(found) if dtypes.differentiable(v.dtype) else None for v in values]

    return CompiledFunction(gradients)


def _examine(given: Any, leaves: list[Any], kinds: list[Any]) -> None:
    """The leaves of arguments, in the order of ``tree``, and what has to be equal for two calls to
    be of one kind. A traced function sees arrays as tensors: they stay arrays here, to be copied
    once, where they are wanted.
    """
    if type(given) is Tensor:
        leaves.append(given)
        kinds += (given._array.shape, given._array.dtype)
        if type(given._array) is not np.ndarray:
            kinds.append("device")
    elif isinstance(given, (list, tuple)):
        kinds += (type(given), len(given))
        for child in given:
            _examine(child, leaves, kinds)
    elif isinstance(given, dict):
        kinds.append(tuple(given))
        for key in tree.sorted_keys(given):
            _examine(given[key], leaves, kinds)
    elif isinstance(given, np.ndarray) and given.dtype.kind not in "USO":
        given = np.asarray(given)  # of a subclass, too
        leaves.append(given)
        kinds += (given.shape, given.dtype)
    else:
        leaves.append(given)
        kinds.append(_kind(given))


def _kind(leaf: Any) -> Any:
    if isinstance(leaf, TensorBase):
        return ("variable", id(leaf))
    try:
        hash(leaf)
    except TypeError:
        return ("object", id(leaf))
    return (type(leaf), leaf)


class _Slot:
    """Where a tensor stands in the structure of a result."""


def _slot(leaf: Any) -> Any:
    return _Slot if isinstance(leaf, (Tensor, Traced)) else leaf


def _put(structure: Any, values: Any) -> Any:
    return tree.map_structure(lambda leaf: next(values) if leaf is _Slot else leaf, structure)


def _finished(leaf: Any) -> Any:
    """A variable that is returned gives its value."""
    return leaf.value if hasattr(leaf, "assign") else leaf


def function(f: Callable[..., Any] | None = None, **kwargs: Any) -> Any:
    """Make a Python function one that is traced into a graph, and replayed from then on.

    It is traced once for each kind of arguments: the nesting, shapes and dtypes of tensors, the
    values of everything else. Reads and assignments of variables are part of the graph.

    >>> @kerasette.function
    ... def step(x):
    ...     return x * 2.0
    >>> float(step(kerasette.constant(3.0)))
    6.0

    Raises: TraceError, with the line, where Python asks for the value of a traced tensor.
    """
    if kwargs:
        raise TypeError(f"function() got unknown arguments: {sorted(kwargs)}.")
    if f is None:
        return function
    if not callable(f):
        raise TypeError(f"`function` compiles a callable. Received: {f!r}.")
    return f if isinstance(f, CompiledFunction) else CompiledFunction(f)
