"""Clusters as machine code: loops over rows, and within them over columns, several at once.

A row is gone over once for each stage: a stage ends where a reduction of the row must be known. The
sizes, and how operands lie in memory, are arguments: clusters of one structure share their code.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.cluster import FULL
from kerasette.graph.views import rows as contiguous
from kerasette.kernels.clusterform import Form, specs_of
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.llvm.clustercode import ClusterCode
from kerasette.kernels.cpu.llvm.clusterteam import SPILL_BYTES
from kerasette.kernels.cpu.llvm.compiler import function_later
from kerasette.kernels.instructions import Instructions
from kerasette.kernels.native import NativeKernel, Record

_FEW = 4  # columns, which are no vector: rows are computed side by side then
_WORTH_A_TEAM = 1 << 15  # operations on elements; below, waking the threads takes longer


class Cluster(NativeKernel):
    """A cluster node, for its form."""

    def __init__(self, form: Form, outputs: tuple[Spec, ...]):
        self.outputs = outputs
        self.several = len(outputs) > 1
        instructions = Instructions(form)
        self._form = form
        self.operations = form.rows * form.columns * max(len(instructions.all), 1)
        pool = threads.openmp() is not None
        self._threads = threads.count() if pool and self.operations > _WORTH_A_TEAM else 1
        row_work = any(instruction.kind == "reduce" for instruction in instructions.all)
        by_element_alone = not row_work and not instructions.endings
        narrow = len(form.sizes) == 2 and form.columns <= _FEW and form.rows >= _FEW
        self._by_columns = by_element_alone and not narrow and form.rows < 4 * self._threads
        if not self._by_columns:
            self._threads = min(self._threads, form.rows)
        self._code = ClusterCode(instructions, parallel=pool, narrow=narrow)
        self._function = function_later(self._code.text, "run", as_written=not narrow)
        # Called with the block, the thread's number and that of the team's threads.
        self.part = function_later(self._code.text, "part", as_written=not narrow)
        self._spill = self._threads * form.columns * SPILL_BYTES * max(self._code.spilled, 1)
        self._spill = (self._spill + 63) // 64 * 64
        sums = self._threads * form.columns * 8 * max(len(self._code.endings), 1)
        self.workspace = (self._spill if self._code.spilled else 0) + (
            sums if self._code.endings else 0
        )
        self.shares = _shares(form, instructions, outputs)

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """One record: its block has the addresses, sizes and strides."""
        form, words = self._form, self._code.words
        block = np.zeros(words.count, np.int64)
        block[words.threads], block[words.by_columns] = self._threads, self._by_columns
        block[words.sizes : words.sizes + len(form.sizes)] = form.sizes
        for index, read in enumerate(form.reads):
            at = words.read(index)
            size = dtypes.numpy_dtype(read.dtype).itemsize
            block[at] = reads[read.operand] + read.offset * size
            block[at + 1 : at + 1 + len(read.strides)] = read.strides
        block[words.writes : words.writes + len(writes)] = writes
        block[words.spill] = workspace
        block[words.sums] = workspace + (self._spill if self._code.spilled else 0)
        return [Record(self._function(), (block.ctypes.data, 0, 0, 0), block)]


def _shares(
    form: Form, instructions: Instructions, outputs: tuple[Spec, ...]
) -> frozenset[tuple[int, int]]:
    """Full results may take the memory of an operand that is read in the same order, if no later
    stage reads it again.
    """
    last = max((i.stage for i in instructions.all), default=0)
    if last:
        return frozenset()
    own = set()
    ways: dict[int, set[Any]] = {}
    for read in form.reads:
        ways.setdefault(read.operand, set()).add((read.offset, read.strides))
    straight = tuple(
        step if size != 1 else 0
        for size, step in zip(form.sizes, contiguous(tuple(form.sizes)), strict=True)
    )
    for result, write in enumerate(form.writes):
        if write.frame != FULL or write.value in instructions.endings:
            continue
        for operand, value in enumerate(form.body.inputs):
            same = value.spec.dtype == write.dtype and ways.get(operand) == {(0, straight)}
            if same and value.spec.shape == outputs[result].shape:
                own.add((result, operand))
    return frozenset(own)


@kernel("cluster", "cpu")
def cluster(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Cluster | None:
    """The kernel of a cluster's node."""
    form = Form(attributes["body"], attributes["space"], attributes["rows"], attributes["frames"])
    return Cluster(form, specs_of(form.body)) if form.fits else None
