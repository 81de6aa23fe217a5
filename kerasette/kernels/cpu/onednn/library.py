"""Intel's oneDNN, found and opened: any ``libdnnl.so.3``, called through ctypes."""

import ctypes
import functools
import os
import sys
from typing import Any

from kerasette.kernels.cpu import threads

_SUCCESS = 0
_CPU, _IN_ORDER = 1, 1
_KEPT = 256
_IMPLEMENTATION = 8  # to query it
_STATUS = {1: "out of memory", 2: "invalid arguments", 3: "not implemented", 5: "failed to run"}


class Unsupported(RuntimeError):
    """oneDNN cannot do what it was asked for."""


class Library:
    """The open library, with the one engine and stream that all primitives use.

    Attributes:
        path: which file it is.
        version: such as "3.2.0".
        execute: the address of ``int dnnl_primitive_execute(primitive, stream, count, arguments)``.
        stream: the stream's handle.
    """

    def __init__(self, path: str):
        self.path = path
        self._c = ctypes.CDLL(path)
        self._c.dnnl_version.restype = ctypes.POINTER(ctypes.c_int * 3)
        self.version = ".".join(map(str, self._c.dnnl_version().contents))
        self._c.dnnl_memory_desc_get_size.restype = ctypes.c_size_t
        self._c.dnnl_memory_desc_get_size.argtypes = [ctypes.c_void_p]
        self._c.dnnl_primitive_desc_query_md.restype = ctypes.c_void_p
        # It keeps the code of primitives that are gone, for the next ones like them.
        self.call("dnnl_set_primitive_cache_capacity", _KEPT)
        self.engine = self.new("dnnl_engine_create", _CPU, ctypes.c_size_t(0))
        self.stream = self.new("dnnl_stream_create", self.engine, _IN_ORDER).value or 0
        self.execute = ctypes.cast(self._c.dnnl_primitive_execute, ctypes.c_void_p).value or 0

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function that returns a status.

        Raises: Unsupported, where oneDNN has no implementation; RuntimeError for other failures.
        """
        status = getattr(self._c, name)(*arguments)
        if status != _SUCCESS:
            kind = Unsupported if status in (2, 3) else RuntimeError
            raise kind(f"oneDNN's {name} gave status {status}: {_STATUS.get(status, 'unknown')}.")

    def new(self, name: str, *arguments: Any) -> ctypes.c_void_p:
        """The handle that a function of status puts where its first argument points."""
        handle = ctypes.c_void_p()
        self.call(name, ctypes.byref(handle), *arguments)
        return handle

    def size(self, layout: Any) -> int:
        """The bytes of memory of a layout."""
        return int(self._c.dnnl_memory_desc_get_size(layout))

    def equal(self, first: Any, second: Any) -> bool:
        """Whether two layouts are the same."""
        return bool(self._c.dnnl_memory_desc_equal(first, second))

    def query_layout(self, description: Any, what: int, index: int) -> ctypes.c_void_p:
        """A layout in a primitive's description, to which it belongs."""
        return ctypes.c_void_p(self._c.dnnl_primitive_desc_query_md(description, what, index))

    def implementation(self, description: Any) -> str:
        """Which of oneDNN's implementations computes it."""
        text = ctypes.c_char_p()
        self.call("dnnl_primitive_desc_query", description, _IMPLEMENTATION, 0, ctypes.byref(text))
        return (text.value or b"").decode()

    def destroy(self, what: str, handle: int) -> None:
        """Give back what ``new`` made."""
        getattr(self._c, f"dnnl_{what}_destroy")(ctypes.c_void_p(handle))


def _paths() -> list[str]:
    """Where it may lie: where the user says, in this environment, or where the system looks."""
    named = os.environ.get("KERASETTE_ONEDNN")
    if named:
        return [named]
    return [os.path.join(sys.prefix, "lib", "libdnnl.so.3"), "libdnnl.so.3"]


@functools.cache
def _opened() -> tuple[Library | None, str]:
    if not sys.platform.startswith("linux"):
        return None, "kernels of oneDNN are for Linux so far"
    if not any(os.path.exists(path) or _loads(path) for path in _paths()):
        return None, "oneDNN (libdnnl.so.3) was not found: pip install onednn-cpu-gomp"
    pool = threads.openmp()
    if pool is None:
        return None, "oneDNN needs libgomp.so.1 of GCC 9 or later: install your system's libgomp1"
    reason = ""
    for path in _paths():
        try:
            return Library(path), f"in use: {path}"
        except (OSError, AttributeError, RuntimeError) as error:
            reason = reason or f"oneDNN could not be used: {error}"
    return None, reason


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def onednn() -> Library | None:
    """The library, or ``None`` where it is not there."""
    return _opened()[0]


def in_words() -> str:
    """Which library is in use, or why none is: for people."""
    library, said = _opened()
    return said if library is None else f"{library.version}, {library.path}"
