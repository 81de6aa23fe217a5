"""Means and variances of columns, as batch normalisation wants them, in one way through memory.

Rows are taken in blocks that stay in the cache. Of each block the mean and the sum of squared
distances from it are computed one after the other, then put together with those of all blocks
before (Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
Variances", 1979); likewise at the end those of the threads. All distances are from the first row.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.fused import column_moments as operation
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.llvm.builder import module
from kerasette.kernels.cpu.llvm.compiler import function_later
from kerasette.kernels.cpu.llvm.team import entry
from kerasette.kernels.cpu.llvm.vectors import Vector, VectorBuilder, lanes
from kerasette.kernels.native import NativeKernel, Record

_ROWS = 32  # of a block
_CHAINS = 4  # sums under way at once: an addition takes some cycles
_WORTH_A_TEAM = 1 << 15  # elements for each thread, at least
_WORDS = ("x", "mean", "variance", "scratch", "rows", "columns", "groups", "team")
_ADDRESSES = 4


class _Code:
    """A function ``part(block, number, team)``.

    Args:
        whole: whether columns come in whole vectors; else the last one is in part outside.
    """

    def __init__(self, whole: bool):
        self.b = b = VectorBuilder()
        self._whole = whole
        self.word = {}
        for place, name in enumerate(_WORDS):
            at = b.value(f"getelementptr i64, ptr %block, i64 {place}")
            kind = "ptr" if place < _ADDRESSES else "i64"
            self.word[name] = b.value(f"load {kind}, ptr {at}")
        self.width = b.mul(self.word["groups"], b.lanes)

    def share(self, number: str) -> tuple[str, str]:
        """The first row of a thread, and the one after its last."""
        b, word = self.b, self.word
        first = b.compute("sdiv", b.mul(word["rows"], number), word["team"])
        after = b.mul(word["rows"], b.add(number, 1))
        return first, b.compute("sdiv", after, word["team"])

    def mask(self, column: str) -> str:
        """Which lanes of a vector stand within the row."""
        return (
            ""
            if self._whole
            else self.b.within(self.b.compute("sub", self.word["columns"], column))
        )

    def load(self, place: str, mask: str) -> Vector:
        """A vector of an array."""
        return self.b.vector(place) if self._whole else self.b.masked(place, mask)

    def store(self, vector: Vector, place: str, mask: str) -> None:
        """Set a vector of an array."""
        if self._whole:
            self.b.put(vector, place)
        else:
            self.b.put_masked(vector, place, mask)

    def scratch(self, number: str, column: str) -> tuple[str, str]:
        """Where a thread keeps means and squares of a vector of columns."""
        b = self.b
        begin = b.add(b.mul(number, 2, self.width), column)
        return b.at(self.word["scratch"], begin), b.at(self.word["scratch"], begin, self.width)

    def together(
        self, number: str, column: str, mean: Vector, squares: Vector, before: str, more: str
    ) -> None:
        """Put the moments of ``more`` rows to those that a thread has of ``before`` rows."""
        b = self.b
        means, sums = self.scratch(number, column)
        counts = [b.value(f"sitofp i64 {count} to float") for count in (before, more)]
        total = b.value(f"fadd float {counts[0]}, {counts[1]}")
        part = b.value(f"fdiv float {counts[1]}, {total}")
        weight = b.value(f"fmul float {counts[0]}, {part}")
        known = b.vector(means)
        apart = mean - known
        b.put(b.fma(apart, b.everywhere(part), known), means)
        b.put(b.fma(apart * apart, b.everywhere(weight), b.vector(sums) + squares), sums)

    def text(self) -> str:
        """The module."""
        head = "define internal void @part(ptr noalias %block, i64 %number, i64 %team) #0"
        return module([self.b.text(head), entry(_WORDS.index("team"))], self.b)


@functools.cache
def _rows(whole: bool, together: int) -> str:
    """The moments of a thread's rows; so many vectors of columns are under way ``together``."""
    code = _Code(whole)
    b, word = code.b, code.word
    unrolled = _CHAINS // together
    zero = Vector(b, "zeroinitializer")
    first, end = code.share("%number")
    with b.loop("0", word["groups"], some=True) as group:
        for place in code.scratch("%number", b.mul(group, b.lanes)):
            b.put(zero, place)
    blocks = b.compute("sdiv", b.add(b.compute("sub", end, first), _ROWS - 1), _ROWS)
    with b.loop("0", blocks) as block:
        start = b.mul(block, _ROWS)
        left = b.compute("sub", end, first, start)
        count = b.call("llvm.smin.i64", "i64", ("i64", left), ("i64", str(_ROWS)))
        number = b.value(f"sitofp i64 {count} to float")
        share = b.everywhere(b.value(f"fdiv float 1.0, {number}"))
        rows = b.at(word["x"], b.mul(b.add(first, start), word["columns"]))
        with b.loop("0", b.compute("sdiv", word["groups"], together), some=True) as chunk:
            columns = [b.mul(b.add(b.mul(chunk, together), n), b.lanes) for n in range(together)]
            masks = [code.mask(column) for column in columns]
            pairs = list(zip(columns, masks, strict=True))
            firsts = [code.load(b.at(word["x"], c), mask) for c, mask in pairs]

            def over_rows(means: Sequence[Vector] | None) -> list[Vector]:
                """Sums of distances from the first row, or of squares of those from the mean."""
                slots = [
                    [b.slot(b.kind, "zeroinitializer") for _ in columns] for _ in range(unrolled)
                ]

                def add(row: str, sums: Sequence[str]) -> None:
                    line = b.mul(row, word["columns"])
                    for n, (column, mask) in enumerate(pairs):
                        value = code.load(b.at(rows, line, column), mask) - firsts[n]
                        total = Vector(b, b.get(b.kind, sums[n]))
                        if means is None:
                            total = total + value
                        else:
                            value = value - means[n]
                            total = b.fma(value, value, total)
                        b.set(b.kind, sums[n], total.name)

                turns = b.compute("sdiv", count, unrolled)
                with b.loop("0", turns) as turn:
                    for n in range(unrolled):
                        add(b.add(b.mul(turn, unrolled), n), slots[n])
                with b.loop(b.mul(turns, unrolled), count) as row:
                    add(row, slots[0])
                found = []
                for n in range(together):
                    parts = [Vector(b, b.get(b.kind, sums[n])) for sums in slots]
                    while len(parts) > 1:
                        parts = [
                            one + other for one, other in zip(parts[::2], parts[1::2], strict=True)
                        ]
                    found += parts
                return found

            means = [total * share for total in over_rows(None)]
            squares = over_rows(means)
            for column, mean, square in zip(columns, means, squares, strict=True):
                code.together("%number", column, mean, square, start, count)
    return code.text()


@functools.cache
def _end(whole: bool) -> str:
    """The moments of all threads, put together with those of the first."""
    code = _Code(whole)
    b, word = code.b, code.word
    first = b.compute("sdiv", b.mul(word["groups"], "%number"), "%team")
    end = b.compute("sdiv", b.mul(word["groups"], b.add("%number", 1)), "%team")
    with b.loop(first, end) as group:
        column = b.mul(group, b.lanes)
        with b.loop("1", word["team"]) as thread:
            before, after = code.share(thread)
            means, sums = code.scratch(thread, column)
            more = b.compute("sub", after, before)
            code.together("0", column, b.vector(means), b.vector(sums), before, more)
        means, sums = code.scratch("0", column)
        rows = b.everywhere(b.value(f"sitofp i64 {word['rows']} to float"))
        mask = code.mask(column)
        code.store(b.vector(means), b.at(word["mean"], column), mask)
        variance = b.arithmetic("fdiv", b.vector(sums), rows)
        code.store(variance, b.at(word["variance"], column), mask)
    return code.text()


class ColumnMoments(NativeKernel):
    """Of the columns of ``x (rows, columns)``."""

    several = True

    def __init__(self, x: Spec):
        self.outputs = operation.spec(x)
        columns = x.shape[-1]
        rows = math.prod(x.shape[:-1])
        groups = -(-columns // lanes())
        together = next(n for n in (4, 2, 1) if groups % n == 0)
        whole = columns % lanes() == 0
        self._team = max(1, min(threads.count(), rows, rows * columns // _WORTH_A_TEAM))
        self._numbers = [rows, columns, groups, self._team]
        self._parts = [
            function_later(_rows(whole, together), "run", as_written=True),
            function_later(_end(whole), "run", as_written=True),
        ]
        self.workspace = 4 * self._team * 2 * groups * lanes()

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """Two records: each thread's rows, and what they give together."""
        block = np.array([*reads, *writes, workspace, *self._numbers], np.int64)
        teams = (self._team, 1)
        return [
            Record(part(), (block.ctypes.data, team, 0, 0), block)
            for part, team in zip(self._parts, teams, strict=True)
        ]


@kernel("column_moments", "cpu plan")
def column_moments(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> ColumnMoments:
    """The kernel of ``column_moments``."""
    return ColumnMoments(specs[0])
