"""Small matrix products in generated code, for which a call of a library would cost too much.

The sums of a block of rows and columns stay in registers; fewer rows than a block has are
multiplied one by one, with more columns at once. A second matrix that stands transposed is first
turned round. All sizes are words of the argument block: there is one piece of code for each type,
each way in which the second matrix stands, and each way in which columns end.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.fused import gemm
from kerasette.graph.views import Strided, strides_of
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.llvm.blocks import multiply
from kerasette.kernels.cpu.llvm.builder import module
from kerasette.kernels.cpu.llvm.compiler import function_later
from kerasette.kernels.cpu.llvm.team import entry
from kerasette.kernels.cpu.llvm.vectors import Vector, VectorBuilder, lanes
from kerasette.kernels.native import NativeKernel, Record

_MOST = 1 << 23  # multiplications; above, the library packs what it goes over again and again
_CACHED = 1 << 16  # elements of the second matrix, likewise
_MOST_TURNED = 1 << 20  # multiplications where each thread has to turn the second matrix round
_TALL, _LONG = 8, 8  # rows of a block, and vectors of a single row
_WORDS = (
    "out", "left", "right", "bias", "scratch",
    "rows", "inner", "columns", "down", "along", "below", "beside", "team",
)  # fmt: skip
_ADDRESSES = 5
_WORTH_A_TEAM = 1 << 17  # multiplications for each thread, at least


class _Code:
    """The function ``part(block, number, team)``, for a thread's share of the rows.

    Args:
        whole: whether columns come in whole vectors; else the last one is in part outside.
        biased: whether something is added to each column.
        turned: whether the second matrix stands transposed.
    """

    def __init__(self, dtype: str, whole: bool, biased: bool, turned: bool):
        self.b = b = VectorBuilder(dtype)
        self._whole, self._biased, self._turned = whole, biased, turned
        self.word = {}
        for place, name in enumerate(_WORDS):
            at = b.value(f"getelementptr i64, ptr %block, i64 {place}")
            kind = "ptr" if place < _ADDRESSES else "i64"
            self.word[name] = b.value(f"load {kind}, ptr {at}")
        self._write()

    def _write(self) -> None:
        b, word = self.b, self.word
        vectors = b.compute("sdiv", b.add(word["columns"], b.lanes - 1), b.lanes)
        self._right, self._below = word["right"], word["below"]
        if self._turned:
            self._below = b.mul(vectors, b.lanes)
            self._right = self._turn(vectors)
        # The last block ends with the last row: some rows are computed twice, to the same bits.
        blocks = b.compute("sdiv", b.add(word["rows"], _TALL - 1), _TALL)
        latest = b.compute("sub", word["rows"], _TALL)
        few = b.value(f"icmp slt i64 {latest}, 0")
        first = b.compute("sdiv", b.mul(blocks, "%number"), "%team")
        end = b.compute("sdiv", b.mul(blocks, b.add("%number", 1)), "%team")

        def in_blocks() -> None:
            with b.loop(first, end) as block:
                place = ("i64", b.mul(block, _TALL)), ("i64", latest)
                row = b.call("llvm.smin.i64", "i64", *place)
                self._line(row, _TALL, vectors, (2, 1))

        def one_by_one() -> None:
            with b.loop("0", word["rows"], some=True) as row:
                self._line(row, 1, vectors, (_LONG, 1))

        b.choose(few, one_by_one, in_blocks)

    def _turn(self, vectors: str) -> str:
        """The second matrix, turned round in this thread's scratch memory."""
        b, word = self.b, self.word
        size = b.mul(self._below, word["inner"])
        scratch = b.at(word["scratch"], b.mul(size, "%number"))
        blocks = b.compute("sdiv", b.add(word["inner"], b.lanes - 1), b.lanes)
        with b.loop("0", vectors) as vector, b.loop("0", blocks) as block:
            column, depth = b.mul(vector, b.lanes), b.mul(block, b.lanes)
            left = b.compute("sub", word["inner"], depth)
            rows = []
            for n in range(b.lanes):
                number = b.add(column, n)
                there = b.value(f"icmp slt i64 {number}, {word['columns']}")
                mask = b.within(b.value(f"select i1 {there}, i64 {left}, i64 0"))
                place = b.at(word["right"], b.mul(number, word["beside"]), depth)
                rows.append(b.masked(place, mask))
            for n, line in enumerate(b.transposed(rows)):
                number = b.add(depth, n)
                place = b.at(scratch, b.mul(number, self._below), column)
                inside = b.value(f"icmp slt i64 {number}, {word['inner']}")
                b.when(inside, functools.partial(b.put, line, place, 1))
        return scratch

    def _line(self, row: str, height: int, vectors: str, widths: tuple[int, int]) -> None:
        """All columns of some rows: as many vectors at once as there are, then one by one."""
        b, (wide, single) = self.b, widths
        many = b.compute("sdiv", vectors, wide)
        with b.loop("0", many) as group:
            self._block(row, b.mul(group, wide), (height, wide))
        with b.loop(b.mul(many, wide), vectors) as vector:
            self._block(row, vector, (height, single))

    def _block(self, row: str, vector: str, size: tuple[int, int]) -> None:
        b, word = self.b, self.word
        columns = [b.mul(b.add(vector, n), b.lanes) for n in range(size[1])]
        masks = ["" for _ in columns]
        if not self._whole:
            masks = [b.within(b.compute("sub", word["columns"], column)) for column in columns]
        first = b.mul(row, word["down"])

        def load(place: str, column: int) -> Vector:
            return b.vector(place, 1) if self._whole else b.masked(place, masks[column])

        def load_right(place: str, column: int) -> Vector:
            return b.vector(place, 1) if self._turned else load(place, column)

        def left(turn: str) -> str:
            return b.at(word["left"], first, b.mul(turn, word["along"]))

        def right(turn: str, column: int) -> str:
            return b.at(self._right, b.mul(turn, self._below), columns[column])

        def begin(_: int, column: int) -> Vector:
            if not self._biased:
                return Vector(b, "zeroinitializer")
            return load(b.at(word["bias"], columns[column]), column)

        def end(line: int, column: int, found: Vector) -> None:
            place = b.at(word["out"], b.mul(b.add(row, line), word["columns"]), columns[column])
            if self._whole:
                b.put(found, place, 1)
            else:
                b.put_masked(found, place, masks[column])

        steps = (word["down"], word["along"])
        multiply(b, size, word["inner"], left, steps, right, begin, end, load=load_right)

    def text(self) -> str:
        """The module."""
        head = "define internal void @part(ptr noalias %block, i64 %number, i64 %team) #0"
        return module([self.b.text(head), entry(_WORDS.index("team"))], self.b)


@functools.cache
def _code(dtype: str, whole: bool, biased: bool, turned: bool) -> str:
    return _Code(dtype, whole, biased, turned).text()


class SmallProduct(NativeKernel):
    """The product of two small matrices, with a bias where there is one."""

    def __init__(self, out: Spec, left: Strided, right: Strided, biased: bool):
        self.outputs = (out,)
        (rows, inner), down = left
        (_, columns), beside = right
        self._team = max(
            1,
            min(threads.count(), -(-rows // _TALL), rows * inner * columns // _WORTH_A_TEAM),
        )
        self._numbers = [rows, inner, columns, *down, *beside, self._team]
        width = lanes(out.dtype)
        turned = beside[1] != 1 and columns > 1
        code = _code(out.dtype, columns % width == 0, biased, turned)
        self._function = function_later(code, "run", as_written=True)
        if turned:
            self.workspace = 8 * self._team * inner * -(-columns // width) * width

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """One record."""
        bias = list(reads[2:]) or [0]
        block = np.array([*writes, *reads[:2], *bias, workspace, *self._numbers], np.int64)
        return [Record(self._function(), (block.ctypes.data, self._team, 0, 0), block)]


def _suits(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    """Whether all are small matrices of one type of floats, the second's rows or columns in one."""
    kinds = {spec.dtype for spec in specs}
    if attributes["order"] is not None or len(kinds) > 1 or not kinds & {"float32", "float64"}:
        return False
    if any(0 in spec.shape for spec in specs):
        return False
    views = [
        strides_of(spec.shape, attributes[name])
        for spec, name in zip(specs, ("first", "second"), strict=False)
    ]
    if any(view is None or len(view[0]) != 2 for view in views):
        return False
    (rows, inner), _ = views[0]  # type: ignore[misc]
    (_, columns), (below, beside) = views[1]  # type: ignore[misc]
    in_rows = beside == 1 or columns == 1
    most = _MOST if in_rows else _MOST_TURNED if below == 1 else 0
    return rows * inner * columns <= most and inner * columns <= _CACHED


@kernel("gemm", "cpu plan", when=_suits)
def small_product(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> SmallProduct:
    """The kernel of small products."""
    left = strides_of(specs[0].shape, attributes["first"])
    right = strides_of(specs[1].shape, attributes["second"])
    assert left is not None and right is not None  # as `_suits` has seen
    return SmallProduct(gemm.spec(*specs, **attributes), left, right, len(specs) > 2)
