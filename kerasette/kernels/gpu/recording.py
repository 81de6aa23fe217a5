"""CUDA graphs by cupy: what a function asks of a GPU, recorded once and launched many times."""

import contextlib
import ctypes
from collections.abc import Callable
from typing import Any, Protocol

from kerasette.arrays import device as devices

_MEMCPY, _HOST_FUNCTION = 1, 3  # CUgraphNodeType
_DEVICE = 2  # CUmemorytype
_TYPE_OF_SOURCE, _COPY_BYTES = 32, 256  # in CUDA_MEMCPY3D; more bytes than it has


class Recorder(Protocol):
    """Who records: cupy's, or a test's."""

    def copy(self, array: Any) -> Any:
        """The array in memory that lasts as long as the recorder."""

    def rehearse(self, run: Callable[[], list[Any]]) -> list[Any]:
        """Run it for real: libraries are loaded, and memory is found, which recording must not."""

    def record(self, run: Callable[[], list[Any]]) -> tuple[Any, list[Any]]:
        """What ``run`` asks of the GPU, without doing it, and the arrays that it returns."""

    def launch(self, graph: Any) -> None:
        """Do it, on the current stream."""


class CupyRecorder:
    """Records on a stream of its own, with a pool of memory that nobody else takes from: where the
    graph has its values, no other array may be.
    """

    def __init__(self, cupy: Any):
        self._cupy = cupy
        self._stream = cupy.cuda.Stream(non_blocking=True)
        self._pool = cupy.cuda.MemoryPool()

    @contextlib.contextmanager
    def _apart(self) -> Any:
        """Arrays from the pool; work on the stream, after what was asked before and before what is
        asked afterwards.
        """
        outer = self._cupy.cuda.get_current_stream()
        self._stream.wait_event(outer.record())
        with self._cupy.cuda.using_allocator(self._pool.malloc), self._stream:
            yield
        outer.wait_event(self._stream.record())

    def copy(self, array: Any) -> Any:
        with self._apart():
            return self._cupy.array(array, copy=True, order="C")

    def rehearse(self, run: Callable[[], list[Any]]) -> list[Any]:
        with self._apart():
            results = run()
            self._stream.synchronize()
            return results

    def record(self, run: Callable[[], list[Any]]) -> tuple[Any, list[Any]]:
        with self._apart():
            self._stream.begin_capture()
            try:
                results = run()
            except BaseException:
                with contextlib.suppress(Exception):
                    self._stream.end_capture()  # what was recorded so far is thrown away
                raise
            graph = self._stream.end_capture()
        _check(graph)
        return graph, results

    def launch(self, graph: Any) -> None:
        graph.launch(self._cupy.cuda.get_current_stream())


def _check(graph: Any) -> None:
    """A recorded copy from the host's memory would read there what is there later.

    Raises: RuntimeError where the graph has one, or a call of the host.
    """
    driver = ctypes.CDLL("libcuda.so.1")
    count = ctypes.c_size_t()
    _call(driver.cuGraphGetNodes, ctypes.c_void_p(graph.graph), None, ctypes.byref(count))
    nodes = (ctypes.c_void_p * count.value)()
    _call(driver.cuGraphGetNodes, ctypes.c_void_p(graph.graph), nodes, ctypes.byref(count))
    for node in nodes:
        kind = ctypes.c_int()
        _call(driver.cuGraphNodeGetType, ctypes.c_void_p(node), ctypes.byref(kind))
        if kind.value == _HOST_FUNCTION:
            raise RuntimeError("an operation calls back to the host.")
        if kind.value == _MEMCPY:
            copy = (ctypes.c_ubyte * _COPY_BYTES)()
            _call(driver.cuGraphMemcpyNodeGetParams, ctypes.c_void_p(node), copy)
            source = ctypes.c_int.from_buffer(copy, _TYPE_OF_SOURCE).value
            if source != _DEVICE:
                raise RuntimeError("an operation takes numbers from the host's memory.")


def _call(function: Any, *arguments: Any) -> None:
    status = function(*arguments)
    if status:
        raise RuntimeError(f"{function.__name__} failed with CUDA's error {status}.")


def recorder() -> Recorder | None:
    """A recorder for the current GPU; ``None`` where cupy cannot record."""
    if _chosen:
        return _chosen[0]()  # type: ignore[no-any-return]
    cupy = devices.cupy_module()
    if not hasattr(cupy.cuda.Stream, "begin_capture"):
        return None
    return CupyRecorder(cupy)


_chosen: list[Callable[[], Recorder]] = []


def use(make: Callable[[], Recorder] | None) -> None:
    """Have functions compiled from now on use such recorders; ``None``: cupy's again."""
    _chosen[:] = [] if make is None else [make]
