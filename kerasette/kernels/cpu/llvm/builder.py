"""Text in LLVM's language, written statement by statement.

Variables that change (counters, sums) are slots of memory; LLVM turns them into registers. Loops
say that their turns do not share memory, so that several are computed at once.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kerasette.kernels.instructions import wide

TYPES = {
    "float32": "float", "float64": "double", "bool": "i8", "int8": "i8", "uint8": "i8",
    "int16": "i16", "uint16": "i16", "int32": "i32", "uint32": "i32", "int64": "i64",
    "uint64": "i64", "float16": "half", "bfloat16": "i16",
}  # fmt: skip
FLOATS = ("float32", "float64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")


def register_type(dtype: str) -> str:
    """The type of a value in a register: truth values have one bit there."""
    return "i1" if dtype == "bool" else TYPES[wide(dtype)]


def number(value: float, dtype: str) -> str:
    """A constant."""
    dtype = wide(dtype)
    if dtype in FLOATS:
        if dtype == "float32":
            (value,) = struct.unpack("<f", struct.pack("<f", value))
        return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
    if dtype == "bool":
        return "true" if value else "false"
    return str(int(value))


class Builder:
    """The body of one function."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._slots: list[str] = []
        self._count = 0
        self.declarations: set[str] = set()
        self.metadata: list[str] = []
        self._group: str | None = None

    def new(self, hint: str = "v") -> str:
        """A fresh name."""
        self._count += 1
        return f"{hint}{self._count}"

    def line(self, text: str) -> None:
        """A statement that gives no value."""
        self._lines.append("  " + text)

    def value(self, text: str) -> str:
        """A statement that gives a value; its name."""
        name = "%" + self.new()
        self._lines.append(f"  {name} = {text}")
        return name

    def call(self, function: str, result: str, *arguments: tuple[str, str]) -> str:
        """A call of a function of LLVM's own, or of one declared outside."""
        types = ", ".join(kind for kind, _ in arguments)
        self.declarations.add(f"declare {result} @{function}({types})")
        given = ", ".join(f"{kind} {value}" for kind, value in arguments)
        return self.value(f"call {result} @{function}({given})")

    def slot(self, kind: str, first: str) -> str:
        """A variable, with its first value."""
        name = "%" + self.new("slot")
        self._slots.append(f"  {name} = alloca {kind}")
        self.line(f"store {kind} {first}, ptr {name}")
        return name

    def get(self, kind: str, slot: str) -> str:
        """The value of a variable."""
        return self.value(f"load {kind}, ptr {slot}")

    def set(self, kind: str, slot: str, value: str) -> None:
        """Change a variable."""
        self.line(f"store {kind} {value}, ptr {slot}")

    def load(self, dtype: str, pointer: str, index: str) -> str:
        """An element of an array."""
        kind = TYPES[dtype]
        place = self.value(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {index}")
        return self.loaded(dtype, self.read(kind, place))

    def loaded(self, dtype: str, found: str) -> str:
        """The value to compute with of what was in memory."""
        if dtype == "float16":
            return self.value(f"fpext half {found} to float")
        if dtype == "bfloat16":
            bits = self.value(f"shl i32 {self.value(f'zext i16 {found} to i32')}, 16")
            return self.value(f"bitcast i32 {bits} to float")
        return self.value(f"icmp ne i8 {found}, 0") if dtype == "bool" else found

    def store(self, dtype: str, value: str, pointer: str, index: str) -> None:
        """Set an element of an array. A value of a narrow type has been rounded before."""
        kind = TYPES[dtype]
        if dtype == "float16":
            value = self.value(f"fptrunc float {value} to half")
        if dtype == "bfloat16":
            bits = self.value(f"bitcast float {value} to i32")
            value = self.value(f"trunc i32 {self.value(f'lshr i32 {bits}, 16')} to i16")
        if dtype == "bool":
            value = self.value(f"zext i1 {value} to i8")
        place = self.value(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {index}")
        self.write(kind, value, place)

    def read(self, kind: str, place: str) -> str:
        """What is in memory at an address."""
        return self.value(f"load {kind}, ptr {place}{self._accesses()}")

    def write(self, kind: str, value: str, place: str) -> None:
        """Put a value into memory."""
        self.line(f"store {kind} {value}, ptr {place}{self._accesses()}")

    def _accesses(self) -> str:
        return "" if self._group is None else f", !llvm.access.group {self._group}"

    def _metadata(self, text: str) -> str:
        name = f"!{len(self.metadata)}"
        self.metadata.append(f"{name} = {text.replace('SELF', name)}")
        return name

    @contextmanager
    def loop(self, first: str, end: str, apart: bool = False, some: bool = False) -> Iterator[str]:
        """``for i in range(first, end)``.

        Args:
            apart: turns touch no memory of one another.
            some: there is at least one turn.
        """
        counter = self.slot("i64", first)
        head, body, after = self.new("head"), self.new("body"), self.new("after")
        self.line(f"br label %{body if some else head}")
        if not some:
            self._lines.append(f"{head}:")
            there = self.value(f"icmp slt i64 {self.get('i64', counter)}, {end}")
            self.line(f"br i1 {there}, label %{body}, label %{after}")
        self._lines.append(f"{body}:")
        index = self.get("i64", counter)
        outer, hint = self._group, ""
        if apart:
            self._group = self._metadata("distinct !{}")
            accesses = self._metadata(f'!{{!"llvm.loop.parallel_accesses", {self._group}}}')
            hint = f", !llvm.loop {self._metadata(f'distinct !{{SELF, {accesses}}}')}"
        yield index
        self._group = outer
        following = self.value(f"add nsw i64 {index}, 1")
        self.set("i64", counter, following)
        if some:
            more = self.value(f"icmp slt i64 {following}, {end}")
            self.line(f"br i1 {more}, label %{body}, label %{after}{hint}")
        else:
            self.line(f"br label %{head}{hint}")
        self._lines.append(f"{after}:")

    def when(self, condition: str, then: Callable[[], None]) -> None:
        """``if condition: then()``."""
        body, after = self.new("then"), self.new("after")
        self.line(f"br i1 {condition}, label %{body}, label %{after}")
        self._lines.append(f"{body}:")
        then()
        self.line(f"br label %{after}")
        self._lines.append(f"{after}:")

    def choose(
        self, condition: str, then: Callable[[], None], otherwise: Callable[[], None]
    ) -> None:
        """``if condition: then()``, ``else: otherwise()``."""
        body, other, after = self.new("then"), self.new("else"), self.new("after")
        self.line(f"br i1 {condition}, label %{body}, label %{other}")
        for name, part in ((body, then), (other, otherwise)):
            self._lines.append(f"{name}:")
            part()
            self.line(f"br label %{after}")
        self._lines.append(f"{after}:")

    def text(self, head: str, end: str = "ret void") -> str:
        """The whole function."""
        body = "\n".join([*self._slots, *self._lines, "  " + end])
        return f"{head} {{\nentry:\n{body}\n}}\n"


ATTRIBUTES = 'attributes #0 = { nounwind "prefer-vector-width"="512" "no-trapping-math"="true" }\n'


def module(functions: list[str], *builders: Builder) -> str:
    """Functions, what they declare, and their metadata, as one text."""
    declared = sorted(set().union(*(builder.declarations for builder in builders)))
    metadata = [line for builder in builders for line in builder.metadata]
    return "\n".join([*declared, *functions, ATTRIBUTES, *metadata]) + "\n"
