"""Code written for one element, put down for a whole vector of them.

What is loaded within ``vectors`` is a vector, and so is all that is computed from it: the types in
a statement's text become those of vectors, and what is the same for all lanes is spread over them.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from kerasette.kernels.cpu.llvm.builder import Builder
from kerasette.kernels.cpu.llvm.vectors import lanes

_BYTES = {"i1": 1, "i8": 1, "i16": 2, "half": 2, "i32": 4, "float": 4, "i64": 8, "double": 8}
_TOKEN = re.compile(
    r"(?P<kind>\b(?:i1|i8|i16|i32|i64|half|float|double)\b)|(?P<name>%\w+)"
    r"|(?P<literal>(?<![\w%.])(?:0x[0-9A-F]+|-?\d+|true|false)\b)"
)
_SUFFIX = {"half": "f16", "float": "f32", "double": "f64"}


class WideBuilder(Builder):
    """A function whose loops may go on by vectors.

    Attributes:
        lanes: how many elements a vector has, whatever their type.
        within: whether this is the body of a loop over vectors.
        wide_slots: the variables with a value for each lane.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lanes = lanes()
        self.within = False
        self._mask: str | None = None  # of the lanes that count; None: all
        self._vectors: set[str] = set()
        self.wide_slots: set[str] = set()
        self._spread: dict[tuple[str, str], str] = {}

    # Loops

    def vectors(self, first: str, end: str) -> Iterator[str]:
        """The place of each vector from ``first`` to ``end``: once for the loop over whole ones,
        once for the rest, of which only those lanes count that are before the end.
        """
        counter = self.slot("i64", first)
        head, body, after = self.new("head"), self.new("body"), self.new("after")
        self.line(f"br label %{head}")
        self._label(head)
        place = self.get("i64", counter)
        following = self.value(f"add i64 {place}, {self.lanes}")
        there = self.value(f"icmp sle i64 {following}, {end}")
        self.line(f"br i1 {there}, label %{body}, label %{after}")
        self._label(body)
        yield from self._body(place, None)
        self.set("i64", counter, following)
        self.line(f"br label %{head}")
        self._label(after)
        rest, done = self.new("rest"), self.new("done")
        some = self.value(f"icmp slt i64 {place}, {end}")
        self.line(f"br i1 {some}, label %{rest}, label %{done}")
        self._label(rest)
        left = self.value(f"sub i64 {end}, {place}")
        left = self._everywhere("i32", self.value(f"trunc i64 {left} to i32"))
        mask = self.value(f"icmp slt {self._of('i32')} {self._numbers('i32')}, {left}")
        yield from self._body(place, mask)
        self.line(f"br label %{done}")
        self._label(done)

    def _body(self, place: str, mask: str | None) -> Iterator[str]:
        self.within, self._mask = True, mask
        self._spread.clear()
        yield place
        self.within, self._mask = False, None

    def _label(self, name: str) -> None:
        self._lines.append(f"{name}:")

    # Statements

    def value(self, text: str) -> str:
        """A statement; of vectors, where one of its operands is one."""
        if not self._vectors or self._vectors.isdisjoint(re.findall(r"%\w+", text)):
            return super().value(text)
        return self._new_vector(self._widened(text))

    def call(self, function: str, result: str, *arguments: tuple[str, str]) -> str:
        """A call; for all lanes, where an argument is a vector."""
        if self._vectors.isdisjoint(value for _, value in arguments):
            return super().call(function, result, *arguments)
        function = re.sub(r"\.([fi]\d+)\b", rf".v{self.lanes}\1", function)
        given = [(self._of(kind), self._everywhere(kind, value)) for kind, value in arguments]
        return self._called(function, result, given)

    def _called(self, function: str, result: str, given: Sequence[tuple[str, str]]) -> str:
        of = self._of(result)
        types, values = ", ".join(kind for kind, _ in given), ", ".join(map(" ".join, given))
        self.declarations.add(f"declare {of} @{function}({types})")
        return self._new_vector(f"call {of} @{function}({values})")

    def _widened(self, text: str) -> str:
        kind = ""

        def wider(found: re.Match[str]) -> str:
            nonlocal kind
            if found["kind"]:
                kind = found["kind"]
                return self._of(kind)
            return self._everywhere(kind, found[0])

        return _TOKEN.sub(wider, text)

    def _new_vector(self, text: str) -> str:
        name = "%" + self.new()
        self._lines.append(f"  {name} = {text}")
        self._vectors.add(name)
        return name

    def _of(self, kind: str) -> str:
        return f"<{self.lanes} x {kind}>"

    def _numbers(self, kind: str) -> str:
        return f"<{', '.join(f'{kind} {lane}' for lane in range(self.lanes))}>"

    def _everywhere(self, kind: str, value: str) -> str:
        """A vector, or the same value in all lanes."""
        if value in self._vectors:
            return value
        if not value.startswith("%"):
            return f"splat ({kind} {value})"
        if (kind, value) not in self._spread:
            of = self._of(kind)
            first = Builder.value(self, f"insertelement {of} poison, {kind} {value}, i64 0")
            zeros = f"<{self.lanes} x i32> zeroinitializer"
            self._spread[kind, value] = Builder.value(
                self, f"shufflevector {of} {first}, {of} poison, {zeros}"
            )
        return self._spread[kind, value]

    def places(self, first: str) -> str:
        """The number of each lane's place, in int64; that of the place, where there is one."""
        if not self.within:
            return first
        return self._new_vector(
            f"add {self._of('i64')} {self._everywhere('i64', first)}, {self._numbers('i64')}"
        )

    # Memory

    def read(self, kind: str, place: str) -> str:
        """What is in memory there; within ``vectors`` as many elements as there are lanes."""
        if not self.within:
            return super().read(kind, place)
        of, align = self._of(kind), _BYTES[kind]
        if self._mask is None:
            return self._new_vector(f"load {of}, ptr {place}, align {align}")
        return self._masked("load", kind, ("ptr", place), ("i32", str(align)))

    def write(self, kind: str, value: str, place: str) -> None:
        """Put a value there; within ``vectors`` as many elements as there are lanes that count."""
        if not self.within:
            super().write(kind, value, place)
            return
        of, align, value = self._of(kind), _BYTES[kind], self._everywhere(kind, value)
        if self._mask is None:
            self.line(f"store {of} {value}, ptr {place}, align {align}")
            return
        name = f"llvm.masked.store.{self._suffix(kind)}.p0"
        mask = self._of("i1")
        self.declarations.add(f"declare void @{name}({of}, ptr, i32, {mask})")
        given = f"{of} {value}, ptr {place}, i32 {align}, {mask} {self._mask}"
        self.line(f"call void @{name}({given})")

    def gathered(self, kind: str, pointer: str, start: str, place: str, stride: str) -> str:
        """Elements of an array that do not lie beside each other; ``place`` is the first's."""
        numbers = self.places(place)
        if self._mask is not None:  # lanes that do not count read the first one's element
            numbers = self._chosen("i64", self._mask, numbers, self._everywhere("i64", place))
        index = self.value(f"add i64 {self.value(f'mul i64 {numbers}, {stride}')}, {start}")
        pointers = self._new_vector(
            f"getelementptr inbounds {kind}, ptr {pointer}, {self._of('i64')} {index}"
        )
        of = (self._of("ptr"), pointers)
        return self._masked("gather", kind, of, ("i32", str(_BYTES[kind])), all_lanes=True)

    def _masked(
        self, name: str, kind: str, *where: tuple[str, str], all_lanes: bool = False
    ) -> str:
        mask = "splat (i1 true)" if all_lanes or self._mask is None else self._mask
        places = f"v{self.lanes}p0" if name == "gather" else "p0"
        given = (*where, (self._of("i1"), mask), (self._of(kind), "zeroinitializer"))
        return self._called(f"llvm.masked.{name}.{self._suffix(kind)}.{places}", kind, given)

    def _suffix(self, kind: str) -> str:
        return f"v{self.lanes}{_SUFFIX.get(kind, kind)}"

    def _chosen(self, kind: str, mask: str, value: str, other: str) -> str:
        of = self._of(kind)
        return self._new_vector(f"select {self._of('i1')} {mask}, {of} {value}, {of} {other}")

    # Variables

    def wide_slot(self, kind: str, first: str) -> str:
        """A variable with a value for each lane."""
        name = "%" + self.new("slot")
        self._slots.append(f"  {name} = alloca {self._of(kind)}")
        self.line(f"store {self._of(kind)} splat ({kind} {first}), ptr {name}")
        self.wide_slots.add(name)
        return name

    def get(self, kind: str, slot: str) -> str:
        """The value of a variable."""
        if slot not in self.wide_slots:
            return super().get(kind, slot)
        return self._new_vector(f"load {self._of(kind)}, ptr {slot}")

    def set(self, kind: str, slot: str, value: str) -> None:
        """Change a variable, in the lanes that count."""
        if slot not in self.wide_slots:
            super().set(kind, slot, value)
            return
        value = self._everywhere(kind, value)
        if self._mask is not None:
            value = self._chosen(kind, self._mask, value, self.get(kind, slot))
        self.line(f"store {self._of(kind)} {value}, ptr {slot}")

    def folded(self, kind: str, slot: str, combine: Callable[[str, str], str]) -> str:
        """The lanes of a variable put together: halves, then halves of what is found."""
        found, whole = self.get(kind, slot), self.lanes
        self._spread.clear()
        while self.lanes > 1:
            of, half = self._of(kind), self.lanes // 2
            if half == 1:
                parts = [
                    Builder.value(self, f"extractelement {of} {found}, i64 {lane}")
                    for lane in (0, 1)
                ]
            else:
                parts = [
                    self._new_vector(
                        f"shufflevector {of} {found}, {of} poison, <{half} x i32> "
                        f"<{', '.join(f'i32 {lane}' for lane in range(first, first + half))}>"
                    )
                    for first in (0, half)
                ]
            self.lanes = half
            found = combine(parts[0], parts[1])
        self.lanes = whole
        return found
