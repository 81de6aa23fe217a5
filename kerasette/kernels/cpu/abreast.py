"""Loops that need nothing of one another, run side by side: each thread takes whole ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasette.core import kernels
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.memory import Storage, arrange
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.llvm.compiler import function_address
from kerasette.kernels.cpu.scan import Scan
from kerasette.kernels.loop import Table
from kerasette.kernels.native import NativeKernel, Record


class Abreast(NativeKernel):
    """Several loops, each run by one thread, or, where they are large, one after the other.

    Args:
        loops: their kernels, and which operands and results are theirs.
    """

    several = True

    def __init__(self, loops: list[tuple[Scan, list[int], list[int]]]):
        self._loops = loops
        self.outputs = tuple(spec for loop, _, _ in loops for spec in loop.outputs)
        self.can_fail = any(loop.can_fail for loop, _, _ in loops)
        places = [Storage("arena", loop.workspace) for loop, _, _ in loops]
        self.workspace = arrange(places)
        self._offsets = [place.offset for place in places]

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """All loops put at their beginnings, and one record that runs them."""
        first, runs = [], []
        for (loop, taken, given), offset in zip(self._loops, self._offsets, strict=True):
            begin, run = loop.parts(
                [reads[i] for i in taken], [writes[i] for i in given], workspace + offset
            )
            first += begin
            runs.append(run)
        together = all(loop.alone for loop, _, _ in self._loops)
        if not together or threads.openmp() is None or threads.count() == 1:
            return [*first, *runs]
        table = Table(runs)
        team = min(threads.count(), len(runs))
        block = np.array([table.address, len(runs), 0], np.int64)
        function = function_address(_ABREAST, "abreast")
        return [*first, Record(function, (block.ctypes.data, team, 0, 0), (block, table))]


# Each thread of the team takes every n-th record. The third word is what the last one that failed
# returned.
_ABREAST = """
declare void @GOMP_parallel(ptr, ptr, i32, i32)
declare i32 @omp_get_thread_num()
declare i32 @omp_get_num_threads()

define internal void @share(ptr %block) nounwind {
entry:
  %table = load ptr, ptr %block
  %p1 = getelementptr i64, ptr %block, i64 1
  %p2 = getelementptr i64, ptr %block, i64 2
  %count = load i64, ptr %p1
  %number32 = call i32 @omp_get_thread_num()
  %team32 = call i32 @omp_get_num_threads()
  %number = sext i32 %number32 to i64
  %team = sext i32 %team32 to i64
  br label %head
head:
  %i = phi i64 [ %number, %entry ], [ %next, %end ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %at = mul i64 %i, 5
  %f0 = getelementptr i64, ptr %table, i64 %at
  %f1 = getelementptr i64, ptr %f0, i64 1
  %f2 = getelementptr i64, ptr %f0, i64 2
  %f3 = getelementptr i64, ptr %f0, i64 3
  %f4 = getelementptr i64, ptr %f0, i64 4
  %f = load ptr, ptr %f0
  %a = load i64, ptr %f1
  %b = load i64, ptr %f2
  %c = load i64, ptr %f3
  %d = load i64, ptr %f4
  %status = call i32 %f(i64 %a, i64 %b, i64 %c, i64 %d)
  %good = icmp eq i32 %status, 0
  br i1 %good, label %end, label %failed
failed:
  %wide = sext i32 %status to i64
  store i64 %wide, ptr %p2
  br label %end
end:
  %next = add i64 %i, %team
  br label %head
done:
  ret void
}

define i32 @abreast(ptr %block, i64 %team, i64 %c, i64 %d) nounwind {
  %p2 = getelementptr i64, ptr %block, i64 2
  store i64 0, ptr %p2
  %threads = trunc i64 %team to i32
  call void @GOMP_parallel(ptr @share, ptr %block, i32 %threads, i32 0)
  %status = load i64, ptr %p2
  %short = trunc i64 %status to i32
  ret i32 %short
}
"""


@kernel("abreast", "cpu plan")
def abreast(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Abreast | None:
    """The kernel of loops that stand abreast, where none of them needs Python."""
    body, loops, given = attributes["body"], [], 0
    for node in body.nodes:
        found = kernels.bind(
            node.op, tuple(v.spec for v in node.inputs), node.attributes, "cpu:0", in_plan=True
        )
        if not isinstance(found, Scan):
            return None
        results = list(range(given, given := given + len(node.outputs)))
        loops.append((found, [body.inputs.index(value) for value in node.inputs], results))
    return Abreast(loops)
