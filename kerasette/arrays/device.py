"""Where arrays live: numpy's memory or a GPU's through cupy, and which one new arrays get."""

import contextlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from kerasette.arrays.cupy_adapter import adapted, choose_products
from kerasette.arrays.dtypes import FLOAT8
from kerasette.arrays.switches import switches
from kerasette.errors import DeviceError


class _Current(threading.local):
    name: str | None = None


_current = _Current()
_default: str | None = None


def module_of(array: Any) -> Any:
    """The array module that an array belongs to."""
    if isinstance(array, np.ndarray):
        return np
    return module("gpu")


def device_of(array: Any) -> str:
    """The name of the device that holds an array: "cpu:0", "gpu:0"…"""
    if isinstance(array, np.ndarray):
        return "cpu:0"
    return f"gpu:{array.device.id}"


def module(device: str) -> Any:
    """numpy for a CPU; for a GPU cupy, with what numpy has and cupy lacks.

    Raises: DeviceError where cupy is not installed.
    """
    return np if device.startswith("cpu") else adapted(cupy_module(device))


def cupy_module(device: str = "gpu") -> ModuleType:
    """cupy itself, for what numpy has no name for: streams, memory, kernels.

    Raises: DeviceError where it is not installed.
    """
    try:
        import cupy
    except ImportError:
        raise DeviceError(
            f"Device {device!r} needs cupy, which is not installed. "
            'Install kerasette with the extra "cuda12" or "cuda13", or use device "cpu".'
        ) from None
    return cupy


def set_tf32_products(wanted: bool) -> None:
    """Have GPUs multiply matrices of float32 in TF32, or not."""
    switches.tf32_products = wanted
    if "cupy" in sys.modules and gpu_count():  # else when it is first used
        choose_products(cupy_module())


def gpu_count() -> int:
    """How many NVIDIA GPUs cupy can use here; 0 without cupy, a driver or a device."""
    if importlib.util.find_spec("cupy") is None:
        return 0
    try:
        return int(cupy_module().cuda.runtime.getDeviceCount())
    except Exception:  # cupy raises many kinds of errors where there is no driver
        return 0


def standardize_device(name: str) -> str:
    """``"cpu"`` or ``"cuda:1"`` as ``"cpu:0"`` or ``"gpu:1"``, checked to be there.

    Raises: ValueError for a name that is none; DeviceError for a device that is not there.
    """
    kind, _, index = str(name).lower().replace("cuda", "gpu").partition(":")
    if kind not in ("cpu", "gpu") or not (index or "0").isdigit():
        raise ValueError(f'A device is "cpu", "gpu" or "gpu:N". Received: device_name={name!r}.')
    device = f"{kind}:{int(index or 0)}"
    if kind == "cpu" and device != "cpu:0":
        raise DeviceError(f"There is one CPU device, cpu:0. Received: device_name={name!r}.")
    if kind == "gpu":
        cupy_module(device)
        count = gpu_count()
        if int(index or 0) >= count:
            raise DeviceError(
                f"Device {device!r} is not there: {count} GPU(s) found. "
                'Use "cpu", or check the driver with nvidia-smi.'
            )
    return device


def current_device() -> str:
    """The device that new tensors and variables get.

    It is the innermost ``device(...)`` scope, else what ``set_device`` or the environment variable
    ``KERASETTE_DEVICE`` said, else the first GPU where cupy finds one, else the CPU.
    """
    global _default
    if _current.name is not None:
        return _current.name
    if _default is None:
        asked = os.environ.get("KERASETTE_DEVICE")
        _default = standardize_device(asked) if asked else "gpu:0" if gpu_count() else "cpu:0"
        _use(_default)
    return _default


def set_device(name: str | None) -> None:
    """Set the device of new tensors and variables; ``None`` chooses automatically again.

    What is there already stays where it is: ``to_device`` moves it.

    Raises: ValueError for a name that is none; DeviceError for a device that is not there.
    """
    global _default
    _default = None if name is None else standardize_device(name)
    if _default is not None:
        _use(_default)


def _use(device: str) -> None:
    """Have cupy, where it is in use, make its arrays on that GPU."""
    if device != "cpu:0":
        cupy_module().cuda.Device(int(device[4:])).use()


@contextlib.contextmanager
def device(device_name: str) -> Iterator[None]:
    """New tensors and variables inside this scope live on ``device_name``.

    >>> with kerasette.device("cpu:0"):
    ...     x = kerasette.constant([1.0])
    """
    before = _current.name
    name = standardize_device(device_name)
    _current.name = name
    try:
        with active(name):
            yield
    finally:
        _current.name = before


def active(device: str) -> Any:
    """A context in which cupy works on that GPU; one without effect for the CPU."""
    if device == "cpu:0":
        return contextlib.nullcontext()
    return cupy_module().cuda.Device(int(device[4:]))


def xp() -> ModuleType:
    """The array module of the current device."""
    return module(current_device())


def to_numpy(array: Any) -> np.ndarray:
    """The array in the CPU's memory; no copy where it already is."""
    return array if isinstance(array, np.ndarray) else array.get()


def moved(array: Any, device: str) -> Any:
    """The array on ``device``; itself where it is there already."""
    if device_of(array) == device:
        return array
    if device == "cpu:0":
        return array.get()
    with active(device):
        return cupy_module().asarray(array)


def put_rows(array: Any, indices: Any, rows: Any) -> None:
    """``array[indices] = rows`` for a vector of indices; of several rows for one place, the last
    stays. A GPU writes them in no order, so there it is found out first which one that is.
    """
    if isinstance(array, np.ndarray):
        array[indices] = rows
        return
    gpu = cupy_module()
    size, count = array.shape[0], indices.shape[0]
    last = gpu.full(size, -1, np.int32)
    gpu.maximum.at(
        last, gpu.where(indices < 0, indices + size, indices), gpu.arange(count, dtype=np.int32)
    )
    if size and count:
        chosen = (last >= 0).reshape(size, *(1,) * (array.ndim - 1))
        array[...] = gpu.where(chosen, rows[gpu.maximum(last, 0)], array)


def lacking(device: str) -> frozenset[str]:
    """The dtypes that arrays of the device can keep, but not compute with.

    Operations on them go by way of the CPU's memory.
    """
    return frozenset() if device == "cpu:0" else frozenset(FLOAT8)


def home_of(what: str, arrays: Sequence[Any]) -> str:
    """The device that arrays are on; the current one where there are none.

    Raises: DeviceError where they are on several.
    """
    if not arrays:
        return current_device()
    if all(type(array) is np.ndarray for array in arrays):
        return "cpu:0"
    where = list(dict.fromkeys(device_of(array) for array in arrays))
    if len(where) > 1:
        raise mixed(what, where)
    return where[0]


def check_home(what: str, arrays: Sequence[Any], device: str) -> None:
    """That all arrays are on ``device``.

    Raises: DeviceError, which says how to get there.
    """
    for array in arrays:
        if device_of(array) != device:
            there = device_of(array)
            raise DeviceError(
                f"{what} runs on {device}, and one of its tensors or variables is on {there}. Move "
                f"it by to_device({device!r}), or call within kerasette.device({there!r})."
            )


def mixed(what: str, where: list[str]) -> DeviceError:
    """The error for values that are on several devices."""
    return DeviceError(
        f"{what}: the operands are on different devices, {', '.join(where)}. Move them to one of "
        f"them, as by x.to_device({where[0]!r})."
    )
