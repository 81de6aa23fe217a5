"""What generated kernels ask of a GPU: code compiled for it, memory, and launches."""

import ctypes
import functools
import threading
from collections.abc import Sequence
from typing import Any

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core.spec import Spec
from kerasette.kernels import object_cache
from kerasette.kernels.gpu.cuda.launch import Launch
from kerasette.kernels.gpu.cuda.prelude import OPTIONS, PRELUDE

ALIGNED = 16  # bytes, of which addresses are multiples for cuDNN and cuBLASLt


class Driver:
    """The GPU that cupy works on. Tests put another in its place (``use``)."""

    def __init__(self, cupy: Any):
        self._cupy = cupy
        self._functions = functools.lru_cache(maxsize=None)(self._load)
        self._ready = threading.local()  # the devices that a thread has begun to work on

    def function(self, source: str, name: str) -> Any:
        """A kernel of a source, for the current GPU. It is compiled at its first use there, and
        kept on disk for the next process.
        """
        return self._functions(source, name, self._cupy.cuda.Device().id)

    def launch(self, function: Any, launch: Launch, words: Sequence[int]) -> None:
        """Have a kernel run on the current stream, after what was asked of it before."""
        device = self._cupy.cuda.runtime.getDevice()
        if device not in self._ready.__dict__.setdefault("devices", set()):
            self._cupy.cuda.runtime.free(0)  # a thread has no context before
            self._ready.devices.add(device)
        given = (ctypes.c_longlong * len(words))(*words)
        argument = (ctypes.c_void_p * 1)(ctypes.addressof(given))  # copied by the call
        self._cupy.cuda.driver.launchKernel(
            function.ptr, launch.grid, 1, 1, launch.lanes, launch.teams, 1, 0, self.stream(),
            ctypes.addressof(argument), 0,
        )  # fmt: skip

    def stream(self) -> int:
        """The current stream."""
        return int(self._cupy.cuda.get_current_stream().ptr)

    def empty(self, spec: Spec) -> Any:
        """An array, its values not set."""
        return self._cupy.empty(spec.shape, dtypes.numpy_dtype(spec.dtype))

    def scratch(self, size: int) -> Any:
        """So many bytes."""
        return self._cupy.empty(size, "uint8")

    def contiguous(self, array: Any) -> Any:
        """The array where its values stand in order, else a copy in which they do."""
        return array if array.flags.c_contiguous else self._cupy.ascontiguousarray(array)

    def aligned(self, array: Any) -> Any:
        """The same, but at an address that libraries take: a view may begin anywhere."""
        array = self.contiguous(array)
        return array.copy() if array.data.ptr % ALIGNED else array

    def _load(self, source: str, name: str, device: int) -> Any:
        return self._module(source, device).get_function(name)

    @functools.cache  # noqa: B019 (one driver lives as long as the process)
    def _module(self, source: str, device: int) -> Any:
        module = self._cupy.cuda.function.Module()
        module.load(self._code(source))
        return module

    def _code(self, source: str) -> bytes:
        from cupy.cuda import nvrtc

        architecture = self._cupy.cuda.Device().compute_capability
        version = ".".join(map(str, nvrtc.getVersion()))
        key = object_cache.key(PRELUDE, source, *OPTIONS, architecture, version)
        code = object_cache.read(key)
        if code is None:
            code = compiled(nvrtc, source, architecture)
            object_cache.write(key, code)
        return code


def compiled(nvrtc: Any, source: str, architecture: str) -> bytes:
    """Machine code of a GPU, by NVRTC.

    Raises: RuntimeError with the compiler's words where it refuses the source.
    """
    program = nvrtc.createProgram(PRELUDE + source, "kerasette.cu", (), ())
    try:
        nvrtc.compileProgram(program, (*OPTIONS, f"-arch=sm_{architecture}"))
        return bytes(nvrtc.getCUBIN(program))
    except nvrtc.NVRTCError as error:
        log = nvrtc.getProgramLog(program)
        raise RuntimeError(f"A generated kernel does not compile ({error}):\n{log}") from error
    finally:
        nvrtc.destroyProgram(program)


_chosen: list[Any] = []


def use(driver: Any) -> None:
    """Have kernels made from now on run on ``driver``; ``None``: on cupy's again."""
    _chosen[:] = [] if driver is None else [driver]


def driver() -> Any:
    """The driver; ``None`` where generated code cannot be run, as with no compiler for it."""
    return _chosen[0] if _chosen else _of_cupy(devices.cupy_module())


@functools.lru_cache(maxsize=2)
def _of_cupy(cupy: Any) -> Driver | None:
    if not hasattr(cupy.cuda, "driver") or not hasattr(cupy.cuda.driver, "launchKernel"):
        return None
    try:
        from cupy.cuda import nvrtc

        nvrtc.getVersion()
    except Exception:  # cupy raises errors of several kinds where the library is missing
        return None
    return Driver(cupy)
