"""Matrix products of views, with a bias."""

import math
from typing import Any

from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.fused import gemm as operation
from kerasette.graph.views import Strided, rows, strides_of
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
    views.append(_stored(out.shape, attributes["order"]))
    first, second, third = _joined(*_of_one_rank(views))  # type: ignore[arg-type]
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


def _stored(shape: tuple[int, ...], order: tuple[int, ...] | None) -> Strided:
    """The product's own axes, where they lie in the result."""
    if order is None:
        return shape, rows(shape)
    back = sorted(range(len(order)), key=order.__getitem__)
    strides = rows(shape)
    return tuple(shape[axis] for axis in back), tuple(strides[axis] for axis in back)


def _of_one_rank(views: list[Strided]) -> list[Strided]:
    """All with as many axes: those that are missing have size 1."""
    most = max(len(shape) for shape, _ in views)
    return [((1,) * (most - len(s)) + s, (0,) * (most - len(s)) + t) for s, t in views]


def _joined(first: Strided, second: Strided, out: Strided) -> list[Strided]:
    """The same product with as few axes as may be: oneDNN is fastest with two or three.

    Neighbouring axes of the batch become one where all three have them one after the other, or not
    at all; a batch of rows that meet one matrix becomes more rows.
    """
    views = [[list(shape), list(strides)] for shape, strides in (first, second, out)]
    for axis in range(len(out[0]) - 4, -1, -1):
        _join(views, axis)
    if len(out[0]) > 2 and views[1][0][0] == 1:
        whole = [views[0], views[2]]
        if len(views[0][0]) == 3 and _join(whole, 0):
            views[1] = [part[1:] for part in views[1]]
    return [_plain(shape, strides) for shape, strides in views]


def _join(views: list[list[list[int]]], axis: int) -> bool:
    """Make an axis and the next one, for all views, if they can be one for each of them."""
    whole = views[-1][0][axis : axis + 2]
    for shape, strides in views:
        sizes = shape[axis : axis + 2]
        goes_on = 1 in sizes or strides[axis] == sizes[1] * strides[axis + 1]
        if sizes != [1, 1] and not (sizes == whole and goes_on):
            return False
    for shape, strides in views:
        del strides[axis if shape[axis + 1] != 1 else axis + 1]
        shape[axis : axis + 2] = [shape[axis] * shape[axis + 1]]
    return True


def _plain(shape: list[int], strides: list[int]) -> Strided:
    """Strides that mean something for axes of size 1 too, by which libraries know a layout."""
    rows_, columns = shape[-2:]
    down, right = strides[-2:]
    if columns == 1:
        right = 1
    if rows_ == 1:
        down = columns if right == 1 else 1
    strides = [*strides[:-2], down, right]
    extent = max(rows_ * down, columns * right)
    for axis in range(len(shape) - 3, -1, -1):
        if shape[axis] == 1:
            strides[axis] = extent
        extent = max(extent, shape[axis] * strides[axis])
    return tuple(shape), tuple(strides)
