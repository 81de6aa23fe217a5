"""CUDA's libraries: they come as wheels, where no linker looks for them."""

import ctypes
import ctypes.util
import functools
import importlib
import warnings


@functools.cache
def load(name: str) -> str | None:
    """Load one, as "cudart" or "cublasLt", and say where it lies; ``None`` where there is none.

    Whoever opens it by its plain name from now on gets this one.
    """
    try:
        finder = importlib.import_module("cuda.pathfinder")  # cupy needs it, too
        return str(finder.load_nvidia_dynamic_lib(name).abs_path)
    except Exception:  # it raises errors of several kinds where a library is missing
        found = ctypes.util.find_library(name)
    if found is None:
        return None
    try:
        return str(ctypes.CDLL(found, mode=ctypes.RTLD_GLOBAL)._name)
    except OSError:
        return None


_told: set[str] = set()


def tell(library: str, error: object) -> None:
    """Say once that something of a library does not work as it should, and that others do it."""
    if library not in _told:
        _told.add(library)
        warnings.warn(f"{library} is passed over: {error}", stacklevel=2)
