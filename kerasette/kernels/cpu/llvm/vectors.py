"""Arithmetic on whole vectors of floats, as wide as the processor's, written as expressions."""

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

from kerasette.kernels.cpu.llvm.builder import TYPES, Builder


@functools.cache
def lanes(dtype: str = "float32") -> int:
    """How many floats a vector of this processor has."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    size = 64 if features.get("avx512f") else 32 if features.get("avx2") else 16  # bytes
    return size // (8 if dtype == "float64" else 4)


def _known(number: str | int) -> bool:
    """Whether it is a constant rather than a name."""
    return isinstance(number, int) or number.lstrip("-").isdigit()


class Vector(NamedTuple):
    """A value in a register, with the operators of arithmetic."""

    b: "VectorBuilder"
    name: str

    def __add__(self, other: "Vector") -> "Vector":  # type: ignore[override]
        return self.b.arithmetic("fadd", self, other)

    def __sub__(self, other: "Vector") -> "Vector":
        return self.b.arithmetic("fsub", self, other)

    def __mul__(self, other: "Vector") -> "Vector":  # type: ignore[override]
        return self.b.arithmetic("fmul", self, other)

    def __neg__(self) -> "Vector":
        return Vector(self.b, self.b.value(f"fneg {self.b.kind} {self.name}"))


class VectorBuilder(Builder):
    """A function that works on vectors of floats. Places in arrays count elements.

    Attributes:
        lanes: how many floats a vector has.
        element, kind: their type and the vector's.
    """

    def __init__(self, dtype: str = "float32") -> None:
        super().__init__()
        self.lanes = lanes() if dtype == "float32" else lanes(dtype)
        self.element = TYPES[dtype]
        self.kind = f"<{self.lanes} x {self.element}>"
        self._size = 8 if dtype == "float64" else 4
        self._suffix = f"v{self.lanes}f{8 * self._size}"

    def compute(self, operation: str, *numbers: str | int) -> str:
        """Arithmetic of whole numbers, from left to right."""
        found = str(numbers[0])
        for other in numbers[1:]:
            found = self.value(f"{operation} i64 {found}, {other}")
        return found

    def add(self, *numbers: str | int) -> str:
        """Their sum; of what is known it is computed here."""
        named = [number for number in numbers if not _known(number)]
        rest = sum(int(number) for number in numbers if _known(number))
        return self.compute("add", *named, *([rest] if rest or not named else []))

    def mul(self, *numbers: str | int) -> str:
        """Their product; of what is known it is computed here."""
        named = [number for number in numbers if not _known(number)]
        rest = math.prod(int(number) for number in numbers if _known(number))
        if rest == 0:
            return "0"
        return self.compute("mul", *named, *([rest] if rest != 1 or not named else []))

    def at(self, array: str, *places: str | int) -> str:
        """The address of an element, the sum of the places further on."""
        return self.value(
            f"getelementptr inbounds {self.element}, ptr {array}, i64 {self.add(*places)}"
        )

    def constant(self, value: str) -> Vector:
        """The same number in all lanes."""
        return Vector(self, f"<{', '.join([f'{self.element} {value}'] * self.lanes)}>")

    def vector(self, place: str, multiple: int = 0) -> Vector:
        """The vector at an address: a multiple of its size, or of that of so many elements."""
        align = self._size * (multiple or self.lanes)
        return Vector(self, self.value(f"load {self.kind}, ptr {place}, align {align}"))

    def put(self, vector: Vector, place: str, multiple: int = 0) -> None:
        """Set the vector at an address, likewise."""
        align = self._size * (multiple or self.lanes)
        self.line(f"store {self.kind} {vector.name}, ptr {place}, align {align}")

    def spread(self, place: str) -> Vector:
        """The number at an address, in all lanes."""
        return self.everywhere(self.value(f"load {self.element}, ptr {place}"))

    def everywhere(self, number: str) -> Vector:
        """A number in all lanes."""
        first = self.value(f"insertelement {self.kind} poison, {self.element} {number}, i64 0")
        return self.shuffle(Vector(self, first), Vector(self, "poison"), [0] * self.lanes)

    def within(self, count: str) -> str:
        """The mask of the lanes before the ``count``-th; all, where there are no more."""
        lanes = self.lanes
        wide = f"<{lanes} x i64>"
        first = self.value(f"insertelement {wide} poison, i64 {count}, i64 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        counts = self.value(f"shufflevector {wide} {first}, {wide} poison, {zeros}")
        numbers = ", ".join(f"i64 {lane}" for lane in range(lanes))
        return self.value(f"icmp slt {wide} <{numbers}>, {counts}")

    def masked(self, place: str, mask: str) -> Vector:
        """The vector at any address; 0 where the mask has no lane, and nothing is read there."""
        found = self.call(
            f"llvm.masked.load.{self._suffix}.p0",
            self.kind,
            ("ptr", place),
            ("i32", str(self._size)),
            (f"<{self.lanes} x i1>", mask),
            (self.kind, "zeroinitializer"),
        )
        return Vector(self, found)

    def put_masked(self, vector: Vector, place: str, mask: str) -> None:
        """Set those lanes of the vector at any address that the mask has."""
        name = f"llvm.masked.store.{self._suffix}.p0"
        kinds = (self.kind, "ptr", "i32", f"<{self.lanes} x i1>")
        self.declarations.add(f"declare void @{name}({', '.join(kinds)})")
        given = zip(kinds, (vector.name, place, str(self._size), mask), strict=True)
        self.line(f"call void @{name}({', '.join(f'{kind} {value}' for kind, value in given)})")

    def shuffle(self, first: Vector, second: Vector, lanes: Sequence[int]) -> Vector:
        """Lanes of two vectors, counted on from one to the other."""
        mask = ", ".join(f"i32 {lane}" for lane in lanes)
        names = f"{self.kind} {first.name}, {self.kind} {second.name}"
        return Vector(self, self.value(f"shufflevector {names}, <{self.lanes} x i32> <{mask}>"))

    def arithmetic(self, operation: str, first: Vector, second: Vector) -> Vector:
        """One operation on all lanes."""
        return Vector(self, self.value(f"{operation} {self.kind} {first.name}, {second.name}"))

    def fma(self, first: Vector, second: Vector, total: Vector) -> Vector:
        """``first * second + total``, rounded once."""
        operands = [(self.kind, vector.name) for vector in (first, second, total)]
        return Vector(self, self.call(f"llvm.fma.{self._suffix}", self.kind, *operands))

    def transposed(self, rows: Sequence[Vector]) -> list[Vector]:
        """The columns of as many vectors as each has lanes: blocks on the diagonal's two sides
        change places, first those of one element, then of two, and so on.
        """
        found, step = list(rows), 1
        while step < self.lanes:
            for row in range(self.lanes):
                if row & step:
                    continue
                upper, lower = found[row], found[row + step]
                places = range(self.lanes)
                found[row] = self.shuffle(
                    upper,
                    lower,
                    [p if not p & step else self.lanes + p - step for p in places],
                )
                found[row + step] = self.shuffle(
                    upper,
                    lower,
                    [p + step if not p & step else self.lanes + p for p in places],
                )
            step *= 2
        return found
