"""The memory of GPUs: how much is in use, how much may be, and what to say when it is not enough.

All arrays of a GPU come from cupy's pool, which keeps what is given back for the next array.
"""

import gc
import re
from collections.abc import Callable
from typing import Any

from kerasette.arrays import device as devices
from kerasette.errors import OutOfDeviceMemoryError

_peaks: dict[str, int] = {}  # the most that a device's pool was seen to hold
_LISTED = 5

# Give the names of arrays by their identity, for messages: those who own arrays add themselves.
namers: list[Callable[[], dict[int, str]]] = []


def memory_info(device: str | None = None) -> dict[str, int]:
    """What is known of a GPU's memory, in bytes.

    Args:
        device: by default the current device.

    Returns: ``current``, what arrays hold; ``reserved``, what the pool holds for them and for
        arrays to come; ``peak``, the most it has held since ``reset_peak_memory``; ``limit``, what
        it may hold (0: no limit); ``free`` and ``total``, of the whole device.

    Raises: ValueError for a CPU, whose memory belongs to the system.
    """
    name = _gpu(device)
    with devices.active(name):
        pool = _pool(name)
        free, total = devices.cupy_module(name).cuda.Device().mem_info
        reserved = int(pool.total_bytes())
        _peaks[name] = max(_peaks.get(name, 0), reserved)
        return {
            "current": int(pool.used_bytes()),
            "reserved": reserved,
            "peak": _peaks[name],
            "limit": int(pool.get_limit()),
            "free": int(free),
            "total": int(total),
        }


def reset_peak_memory(device: str | None = None) -> None:
    """Give back what the pool holds and no array needs, and begin to count the peak anew."""
    name = _gpu(device)
    with devices.active(name):
        _pool(name).free_all_blocks()
        _peaks[name] = int(_pool(name).total_bytes())


def set_memory_limit(limit: int | None, device: str | None = None) -> None:
    """Have the arrays of a GPU hold no more than ``limit`` bytes; ``None`` for all that there is.

    Raises: ValueError for a CPU, and for what is no positive integer.
    """
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise ValueError(
            f"`limit` must be a positive number of bytes or None. Received: limit={limit!r}."
        )
    name = _gpu(device)
    with devices.active(name):
        _pool(name).set_limit(size=limit or 0)


def _gpu(device: str | None) -> str:
    name = devices.current_device() if device is None else devices.standardize_device(device)
    if name == "cpu:0":
        raise ValueError(
            f"The memory of a CPU belongs to the system, and is not counted. Received: {name!r}; "
            'give a GPU, as "gpu:0".'
        )
    return name


def _pool(device: str) -> Any:
    return devices.cupy_module(device).get_default_memory_pool()


def refused(error: MemoryError, device: str) -> OutOfDeviceMemoryError:
    """What to say of an allocation that failed; the pool's idle memory is given back.

    What was computed up to there is lost, and nothing else: values and variables are as before.
    """
    name = device
    info = memory_info(name)
    asked = re.search(r"allocating ([\d,]+) bytes", str(error))
    wanted = _readable(int(asked[1].replace(",", ""))) if asked else "an unknown number of bytes"
    most = info["limit"] or info["total"]
    held = "; ".join(_largest(name))
    _pool(name).free_all_blocks()
    return OutOfDeviceMemoryError(
        f"{name} is out of memory: {wanted} requested, {_readable(most - info['current'])} of "
        f"{_readable(most)} free, {_readable(info['peak'])} at the peak. "
        f"The largest tensors: {held or 'none'}. Use a smaller batch, mixed_bfloat16, or "
        "kerasette.remat."
    )


def _largest(device: str) -> list[str]:
    kind = devices.cupy_module(device).ndarray
    names: dict[int, str] = {}
    for namer in namers:
        names.update(namer())
    arrays = [each for each in gc.get_objects() if type(each) is kind]
    arrays = [array for array in arrays if devices.device_of(array) == device]
    # A view lies within what it is of; of two that begin at one place, a variable's has a name.
    arrays.sort(key=lambda array: (-array.nbytes, id(array) not in names))
    listed: list[range] = []
    told: list[str] = []
    for array in arrays:
        start = array.data.ptr
        if len(told) < _LISTED and not any(start in place for place in listed):
            listed.append(range(start, start + array.nbytes))
            name = names.get(id(array), "a tensor")
            told.append(f"{name} {tuple(array.shape)} {array.dtype}, {_readable(array.nbytes)}")
    return told


def _readable(size: int) -> str:
    """A number of bytes as people write it.

    >>> _readable(3 * 2**30), _readable(100)
    ('3.00 GiB', '100 bytes')
    """
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= unit:
            return f"{size / unit:.2f} {name}"
    return f"{size} bytes"


class at_work:  # noqa: N801 (used as a function)
    """Within it, cupy works on ``device``, and an allocation that fails is told in full."""

    __slots__ = ("_context", "_device")

    def __init__(self, device: str):
        self._device = device
        self._context: Any = None

    def __enter__(self) -> None:
        if self._device != devices.current_device():
            self._context = devices.active(self._device)
            self._context.__enter__()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if self._context is not None:
            self._context.__exit__(kind, error, traceback)
        if isinstance(error, MemoryError) and not isinstance(error, OutOfDeviceMemoryError):
            raise refused(error, self._device) from None
