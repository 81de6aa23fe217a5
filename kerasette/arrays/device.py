"""Where arrays live: numpy's memory or a GPU's through cupy, and which one new arrays get."""

import contextlib
import importlib.util
import os
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from kerasette.errors import DeviceError


class _Current(threading.local):
    name: str | None = None


_current = _Current()
_default: str | None = None


def module_of(array: Any) -> ModuleType:
    """numpy or cupy, whichever the array belongs to."""
    if isinstance(array, np.ndarray):
        return np
    return module("gpu")


def device_of(array: Any) -> str:
    """The name of the device that holds an array: "cpu:0", "gpu:0"…"""
    if isinstance(array, np.ndarray):
        return "cpu:0"
    return f"gpu:{array.device.id}"


def module(device: str) -> ModuleType:
    """numpy for a CPU, cupy for a GPU.

    Raises: DeviceError where cupy is not installed.
    """
    if device.startswith("cpu"):
        return np
    try:
        import cupy
    except ImportError:
        raise DeviceError(
            f"Device {device!r} needs cupy, which is not installed. "
            'Install kerasette with the extra "cuda12" or "cuda13", or use device "cpu".'
        ) from None
    return cupy


def gpu_count() -> int:
    """How many NVIDIA GPUs cupy can use here; 0 without cupy, a driver or a device."""
    if importlib.util.find_spec("cupy") is None:
        return 0
    try:
        return int(module("gpu").cuda.runtime.getDeviceCount())
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
        module(device)
        if int(index or 0) >= gpu_count():
            raise DeviceError(
                f"Device {device!r} is not there: {gpu_count()} GPU(s) found. "
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
    return _default


def set_device(name: str | None) -> None:
    """Set the device of new tensors and variables; ``None`` chooses automatically again."""
    global _default
    _default = None if name is None else standardize_device(name)


@contextlib.contextmanager
def device(device_name: str) -> Iterator[None]:
    """New tensors and variables inside this scope live on ``device_name``.

    >>> with kerasette.device("cpu:0"):
    ...     x = kerasette.constant([1.0])
    """
    before = _current.name
    _current.name = standardize_device(device_name)
    try:
        yield
    finally:
        _current.name = before


def xp() -> ModuleType:
    """The array module of the current device."""
    return module(current_device())


def to_numpy(array: Any) -> np.ndarray:
    """The array in the CPU's memory; no copy where it already is."""
    return array if isinstance(array, np.ndarray) else array.get()
