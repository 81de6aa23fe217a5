"""The native loop: runs a table of records, for any number of steps, without returning to Python.

Without llvmlite the records are called one by one from Python, with the same result.
"""

import ctypes
import functools
import importlib.util
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasette.kernels.cpu import threads
from kerasette.kernels.native import Record

WORDS = 5  # of a record in the table: the function and its four arguments

# run(table, records, steps): 0 when all is done, else 1 + the number of calls that were done before
# the one that failed. Meanwhile denormal numbers are 0 to the calling thread, as they are to its
# pool; afterwards they are what they were.
_LOOP = """
define i64 @run(ptr %table, i64 %count, i64 %steps) nounwind {
entry:
  ENTER
  %nothing = icmp eq i64 %count, 0
  br i1 %nothing, label %done, label %outer
outer:
  %step = phi i64 [ 0, %entry ], [ %next_step, %end_of_step ]
  %left = icmp slt i64 %step, %steps
  br i1 %left, label %inner, label %done
inner:
  %i = phi i64 [ 0, %outer ], [ %next, %passed ]
  LOOK
  %at = mul i64 %i, 5
  %p0 = getelementptr i64, ptr %table, i64 %at
  %p1 = getelementptr i64, ptr %p0, i64 1
  %p2 = getelementptr i64, ptr %p0, i64 2
  %p3 = getelementptr i64, ptr %p0, i64 3
  %p4 = getelementptr i64, ptr %p0, i64 4
  %f = load ptr, ptr %p0
  %a = load i64, ptr %p1
  %b = load i64, ptr %p2
  %c = load i64, ptr %p3
  %d = load i64, ptr %p4
  %status = call i32 %f(i64 %a, i64 %b, i64 %c, i64 %d)
  %next = add i64 %i, 1
  %good = icmp eq i32 %status, 0
  br i1 %good, label %passed, label %failed
passed:
  %more = icmp slt i64 %next, %count
  br i1 %more, label %inner, label %end_of_step
end_of_step:
  %next_step = add i64 %step, 1
  br label %outer
failed:
  %whole = mul i64 %step, %count
  %number = add i64 %whole, %next
  LEAVE
  ret i64 %number
done:
  LEAVE
  ret i64 0
}
"""

# Every so many records: where the system has moved the caller to a worker's core, the worker gets
# the caller's. `threads.placement` says who is where.
_LOOK = "call void @look(i64 %i)"
_MAKE_WAY = """
@kerasette_placement = external global [5 x i64]
declare i64 @pthread_self()
declare i32 @sched_getcpu()
declare i32 @sched_setaffinity(i32, i64, ptr)

define internal void @look(i64 %i) nounwind {
  %phase = and i64 %i, 7
  %due = icmp eq i64 %phase, 0
  br i1 %due, label %now, label %done
now:
  %owner = load i64, ptr @kerasette_placement
  %me = call i64 @pthread_self()
  %mine = icmp eq i64 %owner, %me
  br i1 %mine, label %where, label %done
where:
  %free_at = getelementptr i64, ptr @kerasette_placement, i64 1
  %cores_at = getelementptr i64, ptr @kerasette_placement, i64 2
  %free = load i64, ptr %free_at
  %cores = load ptr, ptr %cores_at
  %processor = call i32 @sched_getcpu()
  %number = zext i32 %processor to i64
  %core_at = getelementptr i64, ptr %cores, i64 %number
  %core = load i64, ptr %core_at
  %at_home = icmp eq i64 %core, %free
  %unknown = icmp slt i64 %core, 0
  %fine = or i1 %at_home, %unknown
  br i1 %fine, label %done, label %move
move:
  %workers_at = getelementptr i64, ptr @kerasette_placement, i64 3
  %masks_at = getelementptr i64, ptr @kerasette_placement, i64 4
  %workers = load ptr, ptr %workers_at
  %masks = load ptr, ptr %masks_at
  %here = getelementptr i64, ptr %workers, i64 %core
  %there = getelementptr i64, ptr %workers, i64 %free
  %worker = load i64, ptr %here
  %offset = mul i64 %free, 128
  %mask = getelementptr i8, ptr %masks, i64 %offset
  %thread = trunc i64 %worker to i32
  %none = icmp eq i32 %thread, 0
  br i1 %none, label %done, label %put
put:
  %status = call i32 @sched_setaffinity(i32 %thread, i64 128, ptr %mask)
  store i64 %worker, ptr %there
  store i64 0, ptr %here
  store i64 %core, ptr %free_at
  br label %done
done:
  ret void
}
"""

# How a processor's state is kept and changed; elsewhere it stays as it is.
_STATES = {
    "x86_64": (
        """
  %kept = alloca i32
  %changed = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %kept)
  %state = load i32, ptr %kept
  %flushing = or i32 %state, 32832
  store i32 %flushing, ptr %changed
  call void @llvm.x86.sse.ldmxcsr(ptr %changed)
""",
        "call void @llvm.x86.sse.ldmxcsr(ptr %kept)",
        """
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
""",
    )
}

_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * 4)


@functools.cache
def _native() -> Any:
    """The loop in machine code, or ``None`` without llvmlite."""
    if importlib.util.find_spec("llvmlite") is None:
        return None
    from kerasette.kernels.cpu.llvm.compiler import function_address

    enter, leave, declarations = _STATES.get(
        platform.machine().replace("AMD64", "x86_64"), ("",) * 3
    )
    loop = _LOOP.replace("ENTER", enter).replace("LEAVE", leave) + declarations
    if threads.openmp() is None:
        loop = loop.replace("LOOK", "")
    else:
        import llvmlite.binding as llvm

        llvm.add_symbol("kerasette_placement", ctypes.addressof(threads.placement))
        loop = loop.replace("LOOK", _LOOK) + _MAKE_WAY
    made = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)
    return made(function_address(loop, "run"))


@functools.cache
def native_loop_address() -> int | None:
    """The loop's address, for records that run tables of their own; ``None`` without llvmlite."""
    if _native() is None:
        return None
    return ctypes.cast(_native(), ctypes.c_void_p).value


class Table:
    """Records in the form in which the loop takes them. They may be replaced one by one."""

    def __init__(self, records: Sequence[Record]):
        self._words = np.zeros((len(records), WORDS), np.int64)
        self._keep: list[Any] = [None] * len(records)
        self._functions: list[Any] = [None] * len(records)
        self.count = len(records)
        self.address = self._words.ctypes.data
        self._loop = _native()
        for index, record in enumerate(records):
            self.put(index, record)

    def put(self, index: int, record: Record) -> None:
        """Have ``record`` stand at a place of the table."""
        self._words[index] = (record.function, *record.words)
        self._keep[index] = record.keep
        if self._loop is None:
            self._functions[index] = _FUNCTION(record.function)

    def run(self, steps: int = 1) -> int:
        """All records in order, ``steps`` times.

        Returns: 0; or 1 + the number of calls before the one that failed.
        """
        threads.prepare()
        if self._loop is not None:
            return int(self._loop(self.address, self.count, steps))
        rows = self._words[:, 1:].tolist()
        for step in range(steps):
            for index, (function, words) in enumerate(zip(self._functions, rows, strict=True)):
                if function(*words):
                    return step * self.count + index + 1
        return 0


def run_once(records: Sequence[Record]) -> None:
    """Run records, once.

    Raises: RuntimeError where one of them fails.
    """
    failed = Table(records).run()
    if failed:
        raise RuntimeError(f"Native code failed at record {failed} of {len(records)}.")
