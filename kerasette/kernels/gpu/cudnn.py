"""Graphs of cuDNN: what operations over described arrays are, for nvidia-cudnn-frontend to plan."""

import functools
import importlib
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kerasette.arrays import device as devices
from kerasette.core.spec import Spec
from kerasette.graph.views import rows
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu import libraries

TYPES = {"float32": "FLOAT", "float16": "HALF", "bfloat16": "BFLOAT16"}
Build = Callable[..., Any]


class Unsupported(Exception):
    """cuDNN has no plan for it."""


class Layout(NamedTuple):
    """How an array is described: sizes in cuDNN's order, and where each axis steps."""

    sizes: list[int]
    strides: list[int]
    dtype: str


def channels_second(spec: Spec) -> Layout:
    """The layout of a contiguous ``(n, *spatial, c)``. cuDNN knows two spatial axes or more: one
    alone gets one of size 1 before it.
    """
    shape = spec.shape
    if len(shape) == 3:
        shape = (shape[0], 1, *shape[1:])
    strides = rows(shape)
    sizes, steps = ([t[0], t[-1], *t[1:-1]] for t in (shape, strides))
    return Layout(sizes, steps, str(spec.dtype))


class Graph:
    """A planned graph. It is computed with float32 whatever the arrays have.

    Args:
        inputs: the layouts of the operands.
        outputs: those of the results.
        build: ``(graph, *tensors)`` to the tensors of the results.
        exact: whether factors of float32 must not be rounded to TF32.

    Raises: Unsupported where cuDNN has no plan.
    """

    def __init__(
        self,
        inputs: Sequence[Layout],
        outputs: Sequence[Layout],
        build: Build,
        exact: bool = False,
    ):
        cudnn = library()
        self._device = devices.current_device()
        kind = cudnn.data_type
        try:
            graph = cudnn.pygraph(
                io_data_type=getattr(kind, TYPES[outputs[0].dtype]),
                intermediate_data_type=kind.FLOAT,
                compute_data_type=kind.FLOAT,
                **target(self._device),
            )
            tensors = [self._tensor(graph, layout, n) for n, layout in enumerate(inputs)]
            results = build(graph, *tensors)
            results = results if isinstance(results, (tuple, list)) else (results,)
            for result, layout in zip(results, outputs, strict=True):
                result.set_output(True).set_data_type(getattr(kind, TYPES[layout.dtype]))
                result.set_dim(layout.sizes).set_stride(layout.strides)
            if exact:
                note = cudnn.numerical_note
                graph.deselect_numeric_notes([note.TENSOR_CORE, note.DOWN_CONVERT_INPUTS])
            graph.build([cudnn.heur_mode.A, cudnn.heur_mode.FALLBACK])
        except cudnn.cudnnGraphNotSupportedError as error:
            raise Unsupported(str(error)) from error
        except (RuntimeError, TypeError, ValueError, AttributeError) as error:
            libraries.tell("cuDNN", error)  # a plan that it should have: nothing depends on it
            raise Unsupported(str(error)) from error
        self._graph, self._tensors = graph, [*tensors, *results]
        self.workspace = int(graph.get_workspace_size())

    def _tensor(self, graph: Any, layout: Layout, number: int) -> Any:
        kind = getattr(library().data_type, TYPES[layout.dtype])
        return graph.tensor(
            dim=layout.sizes, stride=layout.strides, data_type=kind, name=f"operand{number}"
        )

    def run(self, addresses: Sequence[int], workspace: int, stream: int) -> None:
        """Compute, on a stream; the results' addresses come last. All are multiples of 16."""
        handle = _handle(self._device)
        library().set_stream(handle=handle, stream=stream)
        given = dict(zip(self._tensors, addresses, strict=True))
        self._graph.execute(given, workspace, handle=handle)


class Planned:
    """A kernel that is a graph over arrays as they are.

    Args:
        graph: it.
        outputs: the specs of the results.
    """

    def __init__(self, graph: Graph, outputs: Sequence[Spec], driver: Any):
        self._graph, self._outputs, self._driver = graph, tuple(outputs), driver

    def __call__(self, *arrays: Any) -> Any:
        driver = self._driver
        given = [driver.aligned(array) for array in arrays]
        results = [driver.empty(spec) for spec in self._outputs]
        scratch = driver.scratch(max(self._graph.workspace, 1))
        addresses = [array.data.ptr for array in (*given, *results)]
        self._graph.run(addresses, scratch.data.ptr, driver.stream())
        return tuple(results) if len(results) > 1 else results[0]


def planned(
    inputs: Sequence[Layout],
    outputs: Sequence[tuple[Spec, Layout]],
    build: Build,
    exact: bool = False,
) -> Planned | None:
    """The kernel of a graph, each result a spec and its layout; ``None`` where there is no plan."""
    driver = drivers.driver()
    if driver is None or library() is None:
        return None
    try:
        graph = Graph(inputs, [layout for _, layout in outputs], build, exact)
    except Unsupported:
        return None
    return Planned(graph, [spec for spec, _ in outputs], driver)


def target(device: str) -> dict[str, Any]:
    """For which device a graph is planned."""
    return {"handle": _handle(device)}


@functools.cache
def library() -> Any:
    """nvidia-cudnn-frontend; ``None`` where it, or cuDNN itself, cannot be loaded."""
    # The frontend opens them by their names, and takes what it finds first.
    runtime = libraries.load("cudart")
    if runtime is not None:
        os.environ.setdefault("CUDNN_FRONTEND_CUDART_LIB_NAME", runtime)
    for name in ("nvrtc", "cudnn"):
        libraries.load(name)
    try:
        cudnn = importlib.import_module("cudnn")
        cudnn.backend_version()
    except Exception:  # the package raises errors of several kinds where a library is missing
        return None
    return cudnn


class _Handles(threading.local):
    """A handle has one stream at a time, so each thread has its own, one for each device."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}


_handles = _Handles()


def _handle(device: str) -> Any:
    if device not in _handles.made:
        with devices.active(device):
            _handles.made[device] = library().create_handle()
    return _handles.made[device]


def forget_handles() -> None:
    """Have handles made anew, by whatever is the library then."""
    _handles.made.clear()
