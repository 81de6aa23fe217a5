"""Matrix products of 16-bit floats by cuBLAS, which adds them up in float32 and rounds once."""

import functools
from typing import Any

from kerasette.arrays import device as devices
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.fused import gemm
from kerasette.ops.linear import matmul

_NARROW = ("float16", "bfloat16")


def _narrow(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    return specs[0].dtype in _NARROW and len({spec.dtype for spec in specs}) == 1


# The reference code, on the operands as they are: other operations on 16-bit floats widen them.
@kernel("matmul", "gpu", when=_narrow)
def _matmul(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Any:
    return functools.partial(matmul.reference, devices.module("gpu"), **attributes)


@kernel("gemm", "gpu", when=_narrow)
def _gemm(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Any:
    return functools.partial(gemm.reference, devices.module("gpu"), **attributes)
