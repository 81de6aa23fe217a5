"""What a kernel of machine code gives a plan: records, which a native loop runs one after another.

A record is the address of a C function and four words that it is called with:

    int32_t function(intptr_t a, intptr_t b, intptr_t c, intptr_t d);  // 0 unless it failed

A generated kernel takes one word, the address of its argument block, and ignores the rest.
Addresses of operands and results stand in the blocks: a plan makes a kernel's records once, for the
places that it chose, and again for the few that have moved.
"""

import contextlib
import ctypes
import mmap
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.spec import Spec

ALIGNMENT = 64  # bytes: a cache line, and the widest vector
_LARGE = 1 << 22  # bytes: two large pages
_MADV_POPULATE_WRITE = 23  # Linux 5.14, which Python's module does not name


class Record(NamedTuple):
    """One call of a native function; ``keep`` holds what its words point to."""

    function: int
    words: tuple[int, int, int, int]
    keep: Any = None


class NativeKernel:
    """An operation in machine code, for given shapes. A factory of kernels returns one.

    Subclasses give ``records``. Called with arrays, as eager code does, it computes at once.

    Attributes:
        outputs: the specs of the results; all results are contiguous.
        several: whether it gives a tuple.
        workspace: the bytes of scratch memory that its records need while they run.
        shares: pairs (result, operand): the result may be given the operand's memory.
        can_fail: whether a record may return something else than 0; the plan then calls the
            operation's reference code, which raises the error in words.
    """

    outputs: tuple[Spec, ...]
    several = False
    workspace = 0
    shares: frozenset[tuple[int, int]] = frozenset()
    can_fail = False

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """The calls that compute the results.

        Args:
            reads: the addresses of the operands, each contiguous and aligned to 64 bytes.
            writes: the addresses of the results, likewise.
            workspace: the address of the scratch memory, likewise.
        """
        raise NotImplementedError

    def __call__(self, *arrays: Any) -> Any:
        operands = [placed(array) for array in arrays]
        results = [empty(spec) for spec in self.outputs]
        scratch = aligned(self.workspace)
        records = self.records(
            [array.ctypes.data for array in operands],
            [array.ctypes.data for array in results],
            scratch.ctypes.data,
        )
        from kerasette.kernels.loop import run_once

        run_once(records)
        return tuple(results) if self.several else results[0]


def aligned(size: int) -> Any:
    """``size`` bytes of memory that begin at a multiple of 64."""
    block = np.empty(size + ALIGNMENT, np.uint8)
    start = -block.ctypes.data % ALIGNMENT
    return block[start : start + size]


def arena(size: int) -> Any:
    """As ``aligned``, for memory that will all be used: in large pages, which the system provides
    meanwhile where it can do that. Page by page, on first use, takes longer than a training step.
    """
    if size < _LARGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return aligned(size)
    block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    array = np.frombuffer(block, np.uint8)
    with contextlib.suppress(OSError):
        block.madvise(mmap.MADV_HUGEPAGE)
        threading.Thread(target=_provide, args=(array,), name="kerasette arena").start()
    return array


def _provide(array: Any) -> None:
    """Have the system back all of the memory; by ctypes, for mmap's own method stops threads."""
    ctypes.CDLL(None).madvise(
        ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes), _MADV_POPULATE_WRITE
    )


def empty(spec: Spec) -> Any:
    """An aligned array of a spec, its values not set."""
    dtype = dtypes.numpy_dtype(spec.dtype)
    count = int(np.prod(spec.shape, dtype=np.int64))
    return aligned(count * dtype.itemsize).view(dtype).reshape(spec.shape)


def placed(array: Any) -> Any:
    """The array itself where it is contiguous and aligned, else a copy that is."""
    array = np.asarray(array)
    if array.flags.c_contiguous and array.ctypes.data % ALIGNMENT == 0:
        return array
    copy = empty(Spec(array.shape, dtypes.name_of(array.dtype)))
    copy[...] = array
    return copy
