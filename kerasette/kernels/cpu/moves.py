"""Records that move memory: copies, slices of a loop's sequences, rows of a data set."""

import numpy as np

from kerasette.kernels.cpu.llvm.compiler import function_address
from kerasette.kernels.native import Record

# A block of a moving copy: where it stands in the source and in the target, how many bytes it
# moves, how far each of the two goes on, and where they begin.
_IR = """
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)

define i32 @copy(ptr %target, ptr %source, i64 %size, i64 %unused) nounwind {
  call void @llvm.memmove.p0.p0.i64(ptr %target, ptr %source, i64 %size, i1 false)
  ret i32 0
}

define i32 @copy_and_go_on(ptr %block, i64 %b, i64 %c, i64 %d) nounwind {
  %p1 = getelementptr i64, ptr %block, i64 1
  %p2 = getelementptr i64, ptr %block, i64 2
  %p3 = getelementptr i64, ptr %block, i64 3
  %p4 = getelementptr i64, ptr %block, i64 4
  %target = load ptr, ptr %block
  %source = load ptr, ptr %p1
  %size = load i64, ptr %p2
  %target_step = load i64, ptr %p3
  %source_step = load i64, ptr %p4
  call void @llvm.memmove.p0.p0.i64(ptr %target, ptr %source, i64 %size, i1 false)
  %next_target = getelementptr i8, ptr %target, i64 %target_step
  %next_source = getelementptr i8, ptr %source, i64 %source_step
  store ptr %next_target, ptr %block
  store ptr %next_source, ptr %p1
  ret i32 0
}

define i32 @begin(ptr %block, i64 %target, i64 %source, i64 %unused) nounwind {
  %p1 = getelementptr i64, ptr %block, i64 1
  store i64 %target, ptr %block
  store i64 %source, ptr %p1
  ret i32 0
}

define i32 @gather_and_go_on(ptr %block, i64 %b, i64 %c, i64 %d) nounwind {
entry:
  %p1 = getelementptr i64, ptr %block, i64 1
  %p2 = getelementptr i64, ptr %block, i64 2
  %p3 = getelementptr i64, ptr %block, i64 3
  %p4 = getelementptr i64, ptr %block, i64 4
  %target = load ptr, ptr %block
  %source = load ptr, ptr %p1
  %size = load i64, ptr %p2
  %rows = load i64, ptr %p3
  %order = load ptr, ptr %p4
  %none = icmp eq i64 %rows, 0
  br i1 %none, label %done, label %row
row:
  %i = phi i64 [ 0, %entry ], [ %next, %row ]
  %place = getelementptr i64, ptr %order, i64 %i
  %which = load i64, ptr %place
  %from = mul i64 %which, %size
  %to = mul i64 %i, %size
  %out = getelementptr i8, ptr %target, i64 %to
  %in = getelementptr i8, ptr %source, i64 %from
  call void @llvm.memmove.p0.p0.i64(ptr %out, ptr %in, i64 %size, i1 false)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %rows
  br i1 %more, label %row, label %done
done:
  %later = getelementptr i64, ptr %order, i64 %rows
  store ptr %later, ptr %p4
  ret i32 0
}
"""


def copy_record(target: int, source: int, size: int) -> Record:
    """Copy ``size`` bytes."""
    return Record(function_address(_IR, "copy"), (target, source, size, 0))


def moving_copy(
    target: int, source: int, size: int, target_step: int, source_step: int
) -> tuple[Record, Record]:
    """Two records: one puts a copy at its beginning; one copies, and goes on by so many bytes."""
    block = np.array([target, source, size, target_step, source_step], np.int64)
    at = block.ctypes.data
    return (
        Record(function_address(_IR, "begin"), (at, target, source, 0), block),
        Record(function_address(_IR, "copy_and_go_on"), (at, 0, 0, 0), block),
    )


class RowGather:
    """A record that copies the rows whose numbers stand next in an order, each time it runs.

    Args:
        target: the address of ``rows`` rows.
        data: the array ``(samples, ...)`` that they are taken from; contiguous.
        rows: how many at a time.
    """

    def __init__(self, target: int, data: np.ndarray, rows: int):
        size = data.nbytes // len(data) if len(data) else 0
        self._data = data
        self._block = np.array([target, data.ctypes.data, size, rows, 0], np.int64)
        self._order: np.ndarray | None = None
        self.record = Record(
            function_address(_IR, "gather_and_go_on"),
            (self._block.ctypes.data, 0, 0, 0),
            (self._block, data),
        )

    def begin(self, order: np.ndarray) -> None:
        """Begin with the rows of these numbers: int64, as many as will be taken."""
        self._order = order
        self._block[4] = order.ctypes.data
