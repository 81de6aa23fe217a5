"""All updates of a step as one record: each thread of the team does its share of every cluster."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasette.core import kernels
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.llvm.clusters import Cluster
from kerasette.kernels.cpu.llvm.compiler import function_later
from kerasette.kernels.native import NativeKernel, Record

_WORTH_A_TEAM = 1 << 15  # operations on elements, in all of them together


class Updates(NativeKernel):
    """Clusters without reductions, which need nothing of one another.

    Args:
        clusters: their kernels, and which operands and results are theirs.
        operations: how many there are on elements, in all.
    """

    several = True

    def __init__(self, clusters: list[tuple[Cluster, list[int], list[int]]], operations: int):
        self._clusters = clusters
        self.outputs = tuple(spec for cluster, _, _ in clusters for spec in cluster.outputs)
        team = threads.openmp() is not None and operations > _WORTH_A_TEAM
        self._team = threads.count() if team else 1
        self._run = function_later(_TEAM if self._team > 1 else _ALONE, "run")
        readers: dict[int, int] = {}
        for _, taken, _ in clusters:
            for operand in set(taken):
                readers[operand] = readers.get(operand, 0) + 1
        self.shares = frozenset(
            (given[result], taken[operand])
            for cluster, taken, given in clusters
            for result, operand in cluster.shares
            if readers[taken[operand]] == 1  # nobody else may find the new value there
        )

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """One record, over a table of functions and their blocks."""
        table = np.zeros((len(self._clusters), 2), np.int64)
        keep: list[Any] = [table]
        for row, (cluster, taken, given) in zip(table, self._clusters, strict=True):
            own = cluster.records([reads[i] for i in taken], [writes[i] for i in given], 0)
            row[:] = cluster.part(), own[0].words[0]
            keep.append(own[0].keep)
        words = (table.ctypes.data, len(table), self._team, 0)
        if self._team > 1:
            block = np.array(words, np.int64)
            keep.append(block)
            words = (block.ctypes.data, self._team, 0, 0)
        return [Record(self._run(), words, keep)]


_LOOP = """
define internal void @parts(ptr %table, i64 %count, i64 %number, i64 %team) nounwind {
entry:
  %empty = icmp sle i64 %count, 0
  br i1 %empty, label %done, label %body
body:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %at = mul i64 %i, 2
  %place = getelementptr i64, ptr %table, i64 %at
  %beside = getelementptr i64, ptr %place, i64 1
  %part = load ptr, ptr %place
  %block = load ptr, ptr %beside
  call void %part(ptr %block, i64 %number, i64 %team)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %body, label %done
done:
  ret void
}
"""

_ALONE = f"""{_LOOP}
define i32 @run(ptr %table, i64 %count, i64 %c, i64 %d) nounwind {{
  call void @parts(ptr %table, i64 %count, i64 0, i64 1)
  ret i32 0
}}
"""

_TEAM = f"""{_LOOP}
declare void @GOMP_parallel(ptr, ptr, i32, i32)
declare i32 @omp_get_thread_num()
declare i32 @omp_get_num_threads()

define internal void @share(ptr %block) nounwind {{
  %p1 = getelementptr i64, ptr %block, i64 1
  %table = load ptr, ptr %block
  %count = load i64, ptr %p1
  %number32 = call i32 @omp_get_thread_num()
  %team32 = call i32 @omp_get_num_threads()
  %number = sext i32 %number32 to i64
  %team = sext i32 %team32 to i64
  call void @parts(ptr %table, i64 %count, i64 %number, i64 %team)
  ret void
}}

define i32 @run(ptr %block, i64 %team, i64 %c, i64 %d) nounwind {{
  %threads = trunc i64 %team to i32
  call void @GOMP_parallel(ptr @share, ptr %block, i32 %threads, i32 0)
  ret i32 0
}}
"""


@kernel("updates", "cpu plan")
def updates(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Updates | None:
    """The kernel of all updates, where each of them is a cluster in machine code."""
    body, clusters, operations, given = attributes["body"], [], 0, 0
    for node in body.nodes:
        operands = tuple(value.spec for value in node.inputs)
        found = kernels.bind(node.op, operands, node.attributes, "cpu:0", in_plan=True)
        if not isinstance(found, Cluster) or found.workspace:
            return None
        results = list(range(given, given := given + len(node.outputs)))
        clusters.append((found, [body.inputs.index(value) for value in node.inputs], results))
        operations += found.operations
    return Updates(clusters, operations)
