"""Little matrix products: so little that a call of a library would cost more than the work."""

from collections.abc import Callable
from typing import Any

from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.fused import gemm
from kerasette.graph.views import strides_of
from kerasette.kernels.cpu.llvm.builder import Builder, number, register_type
from kerasette.kernels.cpu.llvm.rows import Code, pointer

_LITTLE = 1 << 13  # multiplications; above, oneDNN is faster
_NAMES = ("rows", "inner", "columns", "down", "right", "below", "beside")


def _suits(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    """Whether all are matrices of one type of floats, and small."""
    dtypes = {spec.dtype for spec in specs}
    if attributes["order"] is not None or len(dtypes) > 1 or not dtypes & {"float32", "float64"}:
        return False
    views = [
        strides_of(spec.shape, attributes[name])
        for spec, name in zip(specs, ("first", "second"), strict=False)
    ]
    if any(view is None or len(view[0]) != 2 for view in views):
        return False
    (rows, inner), (_, columns) = views[0][0], views[1][0]  # type: ignore[index]
    return rows * inner * columns <= _LITTLE


@kernel("gemm", "cpu plan", when=_suits)
def little_product(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Code:
    """The product of two small matrices, with a bias where there is one."""
    dtype = str(specs[0].dtype)
    left = strides_of(specs[0].shape, attributes["first"])
    right = strides_of(specs[1].shape, attributes["second"])
    assert left is not None and right is not None  # as `_suits` has seen
    (shape, first), (below, second) = left, right
    biased, wide = len(specs) > 2, second[1] == 1

    def write(b: Builder, word: Callable[[int], str]) -> str:
        kind = register_type(dtype)
        out, x, y = (pointer(b, word(i)) for i in range(3))
        bias = pointer(b, word(3)) if biased else ""
        n = {name: word(3 + biased + i) for i, name in enumerate(_NAMES)}
        with b.loop("0", n["rows"]) as i:
            row = b.value(f"mul i64 {i}, {n['columns']}")
            with b.loop("0", n["columns"], apart=True) as j:
                begin = b.load(dtype, bias, j) if biased else number(0, dtype)
                b.store(dtype, begin, out, b.value(f"add i64 {row}, {j}"))
            across = b.value(f"mul i64 {i}, {n['down']}")
            with b.loop("0", n["inner"]) as k:
                along = b.value(f"mul i64 {k}, {n['right']}")
                place = b.value(f"add i64 {across}, {along}")
                factor = b.load(dtype, x, place)
                start = b.value(f"mul i64 {k}, {n['below']}")
                with b.loop("0", n["columns"], apart=True) as j:
                    step = j if wide else b.value(f"mul i64 {j}, {n['beside']}")
                    other = b.load(dtype, y, b.value(f"add i64 {start}, {step}"))
                    at = b.value(f"add i64 {row}, {j}")
                    product = b.value(f"fmul {kind} {factor}, {other}")
                    total = b.value(f"fadd {kind} {b.load(dtype, out, at)}, {product}")
                    b.store(dtype, total, out, at)
        return "0"

    numbers = [shape[0], shape[1], below[1], *first, *second]
    return Code((gemm.spec(*specs, **attributes),), write, numbers)
