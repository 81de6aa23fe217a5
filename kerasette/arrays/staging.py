"""How arrays of the host come to a GPU while it computes, and which of them stay there.

On the CPU nothing of this is needed: batches are where they are wanted.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from kerasette.arrays import device as devices
from kerasette.arrays.memory import at_work

_SHARE = 4  # arrays stay on a GPU if they take less than one part in so many of its free memory
_SLOTS = 3  # batches on their way: one being computed with, one sent, one being filled


def apart() -> bool:
    """Whether the current device has a memory of its own, which arrays have to be sent to."""
    return devices.current_device() != "cpu:0"


def kept(arrays: Sequence[np.ndarray]) -> list[Any] | None:
    """The arrays on the current device; ``None`` where they are there anyway, or are too large."""
    device = devices.current_device()
    if device == "cpu:0" or any(array.dtype.kind in "USO" for array in arrays):
        return None
    cupy = devices.cupy_module(device)
    pool = cupy.get_default_memory_pool()
    free = cupy.cuda.Device().mem_info[0] + pool.free_bytes()
    if pool.get_limit():
        free = min(free, pool.get_limit() - pool.used_bytes())
    if sum(array.nbytes for array in arrays) * _SHARE > free:
        return None
    with at_work(device):
        return [cupy.array(array) for array in arrays]


def rows(array: Any, wanted: Any) -> Any:
    """Rows of an array, by a slice or by their numbers, which the host knows."""
    if isinstance(array, np.ndarray) or isinstance(wanted, slice):
        return array[wanted]
    return array[devices.cupy_module().asarray(wanted)]


def ahead(batches: Iterable[list[np.ndarray]]) -> Iterator[list[Any]]:
    """Batches of arrays on the current device, each sent while the one before is computed with.

    The copies are made from pinned memory, on a stream of their own. Nobody waits but the device.
    """
    device = devices.current_device()
    cupy = devices.cupy_module(device)
    stream = cupy.cuda.Stream(non_blocking=True)
    slots = [_Slot() for _ in range(_SLOTS)]
    sent: list[Any] = []
    for number, batch in enumerate(batches):
        # What the arrays to come are put over may still be read by the steps so far. This batch's
        # step is not among them: it is begun when the next batch is on its way.
        stream.wait_event(cupy.cuda.get_current_stream().record())
        with at_work(device):
            sent.append(slots[number % _SLOTS].send(batch, stream, cupy))
        if len(sent) > 1:
            yield _arrived(sent.pop(0), cupy)
    for last in sent:
        yield _arrived(last, cupy)


def _arrived(sent: tuple[list[Any], Any], cupy: Any) -> list[Any]:
    arrays, event = sent
    cupy.cuda.get_current_stream().wait_event(event)
    return arrays


class _Slot:
    """Pinned memory for one batch, and the event after which it is free."""

    def __init__(self) -> None:
        self._pinned: list[np.ndarray] = []
        self._event: Any = None

    def send(self, batch: list[np.ndarray], stream: Any, cupy: Any) -> tuple[list[Any], Any]:
        """The arrays on the device, whole once the event has come."""
        import cupyx

        if self._event is not None:
            self._event.synchronize()
        if [(p.shape, p.dtype) for p in self._pinned] != [(a.shape, a.dtype) for a in batch]:
            self._pinned = [cupyx.empty_pinned(a.shape, a.dtype) for a in batch]
        arrays = []
        with stream:  # the pool keeps the memory of each stream apart
            for pinned, array in zip(self._pinned, batch, strict=True):
                np.copyto(pinned, array)
                there = cupy.empty(array.shape, array.dtype)
                there.set(pinned, stream)
                arrays.append(there)
        self._event = stream.record()
        return arrays, self._event
