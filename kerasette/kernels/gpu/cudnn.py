"""Graphs of cuDNN: what operations over described arrays are, for nvidia-cudnn-frontend to plan."""

import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kerasette.arrays import device as devices
from kerasette.arrays.switches import switches
from kerasette.core.spec import Spec
from kerasette.graph.views import rows

TYPES = {"float32": "FLOAT", "float16": "HALF", "bfloat16": "BFLOAT16"}


class Unsupported(Exception):
    """cuDNN has no plan for it."""


class Layout(NamedTuple):
    """How an array is described: sizes with the channels second, and where each axis steps."""

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
    """One planned graph with one result.

    Args:
        inputs: the layouts of the operands.
        output: that of the result.
        build: ``(graph, *tensors)`` to the result's tensor.
    """

    def __init__(self, inputs: Sequence[Layout], output: Layout, build: Callable[..., Any]):
        cudnn = library()
        self._handle = _handle(devices.current_device())
        kind = cudnn.data_type
        graph = cudnn.pygraph(
            io_data_type=getattr(kind, TYPES[output.dtype]),
            intermediate_data_type=kind.FLOAT,
            compute_data_type=kind.FLOAT,
            handle=self._handle,
        )
        tensors = [self._tensor(graph, layout, n) for n, layout in enumerate(inputs)]
        result = build(graph, *tensors)
        result.set_output(True).set_data_type(getattr(kind, TYPES[output.dtype]))
        result.set_dim(output.sizes).set_stride(output.strides)
        if output.dtype == "float32" and not switches.tf32_convolutions:
            note = cudnn.numerical_note
            graph.deselect_numeric_notes([note.TENSOR_CORE, note.DOWN_CONVERT_INPUTS])
        try:
            graph.build([cudnn.heur_mode.A, cudnn.heur_mode.FALLBACK])
        except cudnn.cudnnGraphNotSupportedError as error:
            raise Unsupported(str(error)) from error
        self._graph, self._tensors = graph, [*tensors, result]
        self.workspace = int(graph.get_workspace_size())

    def _tensor(self, graph: Any, layout: Layout, number: int) -> Any:
        kind = getattr(library().data_type, TYPES[layout.dtype])
        return graph.tensor(
            dim=layout.sizes, stride=layout.strides, data_type=kind, name=f"operand{number}"
        )

    def run(self, addresses: Sequence[int], workspace: int, stream: int) -> None:
        """Compute, on a stream; the result's address comes last."""
        library().set_stream(handle=self._handle, stream=stream)
        given = dict(zip(self._tensors, addresses, strict=True))
        self._graph.execute(given, workspace, handle=self._handle)


@functools.cache
def library() -> Any:
    """nvidia-cudnn-frontend; ``None`` where it, or cuDNN itself, cannot be loaded."""
    try:
        cudnn = importlib.import_module("cudnn")
        cudnn.backend_version()
    except Exception:  # the package raises errors of several kinds where a library is missing
        return None
    return cudnn


@functools.cache
def _handle(device: str) -> Any:
    return library().create_handle()
