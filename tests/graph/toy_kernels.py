"""Native kernels so plain that tests of plans can rely on them: float32, equal shapes."""

from collections.abc import Sequence

import numpy as np

from kerasette.core.spec import Spec
from kerasette.kernels.cpu.llvm.compiler import function_address
from kerasette.kernels.native import NativeKernel, Record

_IR = """
define i32 @{name}(ptr %block, i64 %b, i64 %c, i64 %d) nounwind {{
entry:
  %p1 = getelementptr i64, ptr %block, i64 1
  %p2 = getelementptr i64, ptr %block, i64 2
  %p3 = getelementptr i64, ptr %block, i64 3
  %out = load ptr, ptr %block
  %x = load ptr, ptr %p1
  %y = load ptr, ptr %p2
  %n = load i64, ptr %p3
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %px = getelementptr float, ptr %x, i64 %i
  %py = getelementptr float, ptr %y, i64 %i
  %po = getelementptr float, ptr %out, i64 %i
  %vx = load float, ptr %px
  %vy = load float, ptr %py
  %v = {instruction} float %vx, %vy
  store float %v, ptr %po
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret i32 {status}
}}
"""


class Elementwise(NativeKernel):
    """``x instruction y`` for arrays of one shape; it reports failure where it is told to."""

    shares = frozenset({(0, 0), (0, 1)})

    def __init__(self, instruction: str, spec: Spec, fails: bool = False):
        self.outputs = (spec,)
        self.can_fail = fails
        ir = _IR.format(name="toy", instruction=instruction, status=int(fails))
        self.function = function_address(ir, "toy")

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """One record: a block of the result, the operands and how many elements."""
        count = int(np.prod(self.outputs[0].shape))
        block = np.array([writes[0], *reads, count], np.int64)
        return [Record(self.function, (block.ctypes.data, 0, 0, 0), block)]


def takes(specs: tuple[Spec, ...], attributes: dict) -> bool:
    """Two float32 operands of one shape."""
    return specs[0] == specs[1] and specs[0].dtype == "float32"


def registered(name: str, instruction: str, fails: bool = False):
    """An entry for the kernel table."""
    return {
        (name, "cpu"): [(takes, lambda specs, _: Elementwise(instruction, specs[0], fails))],
    }
