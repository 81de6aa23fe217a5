"""What calls a cluster's rows: alone or on a team of threads, whose sums it puts together.

Words of the argument block, each of 8 bytes: threads, 1 where they share out columns rather than
rows, the sizes of the rows' dimensions, the columns; for each read the address and the strides, of
each result the address; addresses of scratch memory: for values that a later stage wants, and of
the threads' sums.
"""

import math

from kerasette.graph.cluster import COLUMN_REDUCTION
from kerasette.kernels.cpu.llvm import arithmetic
from kerasette.kernels.cpu.llvm.builder import (
    FLOATS,
    Builder,
    number,
    register_type,
)  # fmt: skip
from kerasette.kernels.instructions import NARROW, Ending, wide

SPILL_BYTES = 8  # of a value that is kept for the next stage, whatever its type

_LIMITS = {
    "float32": math.inf, "float64": math.inf, "int8": 2**7, "int16": 2**15, "int32": 2**31,
    "int64": 2**63, "uint8": 2**8, "uint16": 2**16, "uint32": 2**32, "uint64": 2**64,
}  # fmt: skip


def first_value(how: str, dtype: str) -> str:
    """What a reduction begins with."""
    if how == "sum":
        return number(0, dtype)
    limit = _LIMITS.get(dtype, 1)
    if dtype in FLOATS:
        return number(-limit if how == "max" else limit, dtype)
    signed = not dtype.startswith("u") and dtype != "bool"
    low, high = (-limit if signed else 0), limit - 1
    return str(int(low if how == "max" else high))


def combined(b: Builder, how: str, dtype: str, x: str, y: str) -> str:
    """One step of a reduction. Sums may be added up in any order."""
    if how == "sum":
        if dtype in FLOATS:
            return b.value(f"fadd reassoc {register_type(dtype)} {x}, {y}")
        return arithmetic.add(b, dtype, x, y)
    return (arithmetic.maximum if how == "max" else arithmetic.minimum)(b, dtype, x, y)


class Words:
    """Which word of the block is what."""

    def __init__(self, dimensions: int, reads: int, writes: int):
        self.threads, self.by_columns, self.sizes = 0, 1, 2
        self.columns = self.sizes + dimensions
        self.reads = self.columns + 1
        self._step = dimensions + 2  # address, strides of the rows' dimensions, of the columns
        self.writes = self.reads + reads * self._step
        self.spill = self.writes + writes
        self.sums = self.spill + 1
        self.count = self.sums + 1

    def read(self, index: int) -> int:
        """Where a read's address stands; its strides follow."""
        return self.reads + index * self._step


class Team:
    """Writes the function that a record calls.

    Args:
        words: of the block.
        endings: the results that are known when all rows are done, with their numbers.
        parallel: whether there is a pool of threads.
    """

    def __init__(self, words: Words, endings: list[tuple[int, Ending]], parallel: bool):
        self._words = words
        self._endings = endings
        self._combining: dict[str, Builder] = {}
        self._b = b = Builder()
        columns, threads = self._word(words.columns), self._word(words.threads)
        rows = "1"
        for place in range(words.sizes, words.columns):
            rows = b.value(f"mul i64 {rows}, {self._word(place)}")
        alone = f"call void @rows(ptr %block, i64 0, i64 {rows}, i64 0, i64 {columns}, i64 0)"
        self.functions = [_part(words)]
        if parallel:
            b.when(b.value(f"icmp sle i64 {threads}, 1"), lambda: b.line(alone))
            team = b.value(f"trunc i64 {threads} to i32")
            many = f"call void @GOMP_parallel(ptr @worker, ptr %block, i32 {team}, i32 0)"
            b.when(b.value(f"icmp sgt i64 {threads}, 1"), lambda: b.line(many))
            self.functions.append(_WORKER)
            b.declarations |= {
                "declare void @GOMP_parallel(ptr, ptr, i32, i32)",
                "declare i32 @omp_get_thread_num()",
                "declare i32 @omp_get_num_threads()",
            }
        else:
            b.line(alone)
        by_columns = b.value(f"icmp ne i64 {self._word(words.by_columns)}, 0")
        parts = b.value(f"select i1 {by_columns}, i64 1, i64 {threads}")
        for n, (index, ending) in enumerate(endings):
            self._combine(n, index, ending, rows, columns, parts)
        head = "define i32 @run(ptr %block, i64 %b, i64 %c, i64 %d) #0"
        self.functions.append(b.text(head, "ret i32 0"))
        self.declarations = b.declarations

    def _word(self, index: int) -> str:
        place = self._b.value(f"getelementptr i64, ptr %block, i64 {index}")
        return self._b.value(f"load i64, ptr {place}")

    def _address(self, index: int) -> str:
        return self._b.value(f"inttoptr i64 {self._word(index)} to ptr")

    def _combine(
        self, n: int, index: int, ending: Ending, rows: str, columns: str, parts: str
    ) -> None:
        """Put the threads' sums together, as the result."""
        b, dtype = self._b, wide(ending.operand.dtype)
        base, out = self._address(self._words.sums), self._address(self._words.writes + index)
        stride = b.value(f"mul i64 {columns}, {8 * max(len(self._endings), 1)}")
        offset = b.value(f"mul i64 {columns}, {8 * n}")
        place = b.value(f"getelementptr i8, ptr {base}, i64 {offset}")
        width = columns if ending.frame == COLUMN_REDUCTION else "1"
        divisor = number(0, dtype)
        if ending.count:
            count = rows if ending.count == "rows" else b.value(f"mul i64 {rows}, {columns}")
            divisor = arithmetic.cast(b, "int64", dtype, count)
        name = f"combine_{ending.how}_{ending.operand.dtype}{'_mean' if ending.count else ''}"
        if name not in self._combining:
            self._combining[name] = _combining(ending)
            self.functions.append(self._combining[name].text(_combining_head(name, dtype)))
            b.declarations |= self._combining[name].declarations
        sizes = f"i64 {stride}, i64 {width}, i64 {parts}, {register_type(dtype)} {divisor}"
        b.line(f"call void @{name}(ptr {place}, ptr {out}, {sizes})")


def _combining_head(name: str, dtype: str) -> str:
    numbers = f"i64 %stride, i64 %width, i64 %parts, {register_type(dtype)} %divisor"
    return f"define internal void @{name}(ptr %sums, ptr %out, {numbers}) noinline #0"


def _combining(ending: Ending) -> Builder:
    """The function that puts sums of one kind together."""
    b, result = Builder(), ending.operand.dtype
    dtype = wide(result)
    kind = register_type(dtype)
    with b.loop("0", "%width") as column:
        total = b.slot(kind, first_value(ending.how, dtype))
        b.set(kind, total, first_value(ending.how, dtype))
        with b.loop("0", "%parts") as part:
            at = b.value(f"mul i64 %stride, {part}")
            place = b.value(f"getelementptr i8, ptr %sums, i64 {at}")
            held = b.load(dtype, place, column)
            b.set(kind, total, combined(b, ending.how, dtype, b.get(kind, total), held))
        found = b.get(kind, total)
        if ending.count:
            found = arithmetic.divide(b, dtype, found, "%divisor")
        if result in NARROW:
            found = arithmetic.rounded(b, result, found)
        b.store(result, found, "%out", column)
    return b


def _part(words: Words) -> str:
    """The function for one thread of the team: its share of the rows, or of the columns."""
    lines, last = [], "1"
    for index, place in enumerate(range(words.sizes, words.columns)):
        lines.append(f"  %sp{index} = getelementptr i64, ptr %block, i64 {place}")
        lines.append(f"  %s{index} = load i64, ptr %sp{index}")
        lines.append(f"  %n{index} = mul i64 {last}, %s{index}")
        last = f"%n{index}"
    lines.append(f"  %rows = add i64 {last}, 0")
    return _PART.replace("COLUMNS", str(words.columns)).replace("ROWS", "\n".join(lines))


# What runs several clusters at once calls `part`, too.
_WORKER = """
define internal void @worker(ptr %block) #0 {
entry:
  %number32 = call i32 @omp_get_thread_num()
  %team32 = call i32 @omp_get_num_threads()
  %number = sext i32 %number32 to i64
  %team = sext i32 %team32 to i64
  call void @part(ptr %block, i64 %number, i64 %team)
  ret void
}
"""

_PART = """
define void @part(ptr %block, i64 %number, i64 %team) noinline #0 {
entry:
ROWS
  %cp = getelementptr i64, ptr %block, i64 COLUMNS
  %columns = load i64, ptr %cp
  %bp = getelementptr i64, ptr %block, i64 1
  %by = load i64, ptr %bp
  %by_columns = icmp ne i64 %by, 0
  %whole = select i1 %by_columns, i64 %columns, i64 %rows
  %up = add i64 %whole, %team
  %less = sub i64 %up, 1
  %share = sdiv i64 %less, %team
  %more = add i64 %share, 15
  %even = and i64 %more, -16
  %size = select i1 %by_columns, i64 %even, i64 %share
  %from = mul i64 %number, %size
  %from_late = icmp sgt i64 %from, %whole
  %lo = select i1 %from_late, i64 %whole, i64 %from
  %to = add i64 %lo, %size
  %to_late = icmp sgt i64 %to, %whole
  %hi = select i1 %to_late, i64 %whole, i64 %to
  %row_lo = select i1 %by_columns, i64 0, i64 %lo
  %row_hi = select i1 %by_columns, i64 %rows, i64 %hi
  %column_lo = select i1 %by_columns, i64 %lo, i64 0
  %column_hi = select i1 %by_columns, i64 %hi, i64 %columns
  %part = select i1 %by_columns, i64 0, i64 %number
  call void @rows(ptr %block, i64 %row_lo, i64 %row_hi, i64 %column_lo, i64 %column_hi, i64 %part)
  ret void
}
"""
