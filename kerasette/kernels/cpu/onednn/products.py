"""Matrix products of views, with a bias."""

import math
from typing import Any

from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.fused import gemm as operation
from kerasette.graph.views import joined, of_one_rank, stored, strides_of
from kerasette.kernels.cpu.onednn.library import Unsupported
from kerasette.kernels.cpu.onednn.primitives import (
    BIAS,
    DST,
    SRC,
    WEIGHTS,
    Attributes,
    Chain,
    Description,
    Layout,
    Place,
    library,
    made_for,
    math_mode,
)


def _suits(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    return specs[0].dtype in ("float32", "bfloat16") and all(
        size for spec in specs for size in spec.shape
    )


@kernel("gemm", "cpu", when=_suits)
def gemm(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Chain | None:
    """The kernel of ``gemm``, where oneDNN has one."""
    dtype = specs[0].dtype
    out = operation.spec(*specs, **attributes)
    views = [
        strides_of(spec.shape, attributes[name])
        for spec, name in zip(specs, ("first", "second"), strict=False)
    ]
    if None in views:
        return None
    views.append(stored(out.shape, attributes["order"]))
    first, second, third = joined(*of_one_rank(views))  # type: ignore[arg-type]
    bias = Layout([1] * (len(third[0]) - 1) + [third[0][-1]], dtype) if len(specs) > 2 else None
    try:
        with made_for(2 * math.prod(out.shape) * first[0][-1]):
            product = Description(
                "matmul",
                library().engine,
                Layout(first[0], dtype, first[1]),
                Layout(second[0], dtype, second[1]),
                bias,
                Layout(third[0], dtype, third[1]),
                Attributes(math_mode(dtype)),
            )
    except Unsupported:
        return None
    chain = Chain(out)
    places = {SRC: Place("read", 0), WEIGHTS: Place("read", 1), DST: Place("write", 0)}
    chain.add(product, places if bias is None else places | {BIAS: Place("read", 2)})
    return chain
