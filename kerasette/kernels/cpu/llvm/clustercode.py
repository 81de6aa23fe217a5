"""The code of a cluster: one function over some rows, and one that shares the rows out to threads.

Words of the argument block, each of 8 bytes: threads, 1 where they share out columns rather than
rows, the sizes of the rows' dimensions, the columns; for each read the address and the strides, of
each result the address; addresses of scratch memory: for values that a later stage wants, and of
the threads' sums.
"""

import math
from typing import Any

from kerasette.graph.cluster import COLUMN_REDUCTION, FULL, ROW
from kerasette.kernels.cpu.llvm import arithmetic
from kerasette.kernels.cpu.llvm.builder import FLOATS, Builder, module, number, register_type
from kerasette.kernels.cpu.llvm.instructions import Ending, Instruction, Instructions

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


class ClusterCode:
    """Writes the code of a form.

    Attributes:
        spilled: how many values of a row are kept from stage to stage.
        text: the module.
    """

    def __init__(self, instructions: Instructions, parallel: bool):
        self.instructions = instructions
        self.form = instructions.form
        self.parallel = parallel
        self.dimensions = len(self.form.sizes) - 1
        self.words = Words(self.dimensions, len(self.form.reads), len(self.form.writes))
        self.endings = [
            (index, instructions.endings[write.value])
            for index, write in enumerate(self.form.writes)
            if write.value in instructions.endings
        ]
        self._spills: dict[Instruction, int] = {}
        self.text = self._module()

    @property
    def spilled(self) -> int:
        return len(self._spills)

    def _module(self) -> str:
        rows = self._rows()
        functions = [
            rows.text(
                "define internal void @rows(ptr %block, i64 %lo, i64 %hi, i64 %clo, "
                "i64 %chi, i64 %part) #0"
            )
        ]
        if self.parallel:
            functions.append(
                _WORKER.replace("COLUMNS", str(self.words.columns)).replace(
                    "ROWS", self._row_count("%block")
                )
            )
            rows.declarations |= {
                "declare void @GOMP_parallel(ptr, ptr, i32, i32)",
                "declare i32 @omp_get_thread_num()",
                "declare i32 @omp_get_num_threads()",
            }
        run = self._run()
        functions.append(
            run.text("define i32 @run(ptr %block, i64 %b, i64 %c, i64 %d) #0", "ret i32 0")
        )
        return module(functions, rows, run)

    def _row_count(self, block: str) -> str:
        """Statements that give ``%rows``, the number of rows."""
        lines, last = [], "1"
        for index in range(self.dimensions):
            at = self.words.sizes + index
            lines.append(f"  %sp{index} = getelementptr i64, ptr {block}, i64 {at}")
            lines.append(f"  %s{index} = load i64, ptr %sp{index}")
            lines.append(f"  %n{index} = mul i64 {last}, %s{index}")
            last = f"%n{index}"
        lines.append(f"  %rows = add i64 {last}, 0")
        return "\n".join(lines)

    # One thread's rows

    def _rows(self) -> Builder:
        self.b = b = Builder()
        self._known: dict[Instruction, str] = {}
        self._word_values: dict[int, str] = {}
        self._columns = self._word(self.words.columns)
        self._reads = [self._address(self.words.read(i)) for i in range(len(self.form.reads))]
        self._writes = [self._address(self.words.writes + i) for i in range(len(self.form.writes))]
        self._plan_spills()
        self._row_strides = {
            (index, d): self._word(self.words.read(index) + 1 + d)
            for index, read in enumerate(self.form.reads)
            for d in range(self.dimensions)
            if read.strides[d]
        }
        self._inner = {
            index: self._word(self.words.read(index) + 1 + self.dimensions)
            for index, read in enumerate(self.form.reads)
            if read.strides[-1] not in (0, 1)
        }
        sizes = [self._word(self.words.sizes + d) for d in range(self.dimensions)]
        spill_size = b.value(f"mul i64 {self._columns}, {SPILL_BYTES * max(self.spilled, 1)}")
        spill = self._address(self.words.spill)
        mine = b.value(f"mul i64 {spill_size}, %part")
        self._spill = b.value(f"getelementptr i8, ptr {spill}, i64 {mine}")
        self._begin_sums()
        for instruction in self.instructions.all:
            if instruction.level == 0 and instruction.kind != "reduce":
                self._known[instruction] = self._compute(instruction, None)
        with b.loop("%lo", "%hi") as row:
            self._row = row
            self._find_row(row, sizes)
            outer = dict(self._known)
            self._whole_row()
            self._known = outer
        self._end_sums()
        return b

    def _word(self, index: int) -> str:
        if index not in self._word_values:
            place = self.b.value(f"getelementptr i64, ptr %block, i64 {index}")
            self._word_values[index] = self.b.value(f"load i64, ptr {place}")
        return self._word_values[index]

    def _address(self, index: int) -> str:
        return self.b.value(f"inttoptr i64 {self._word(index)} to ptr")

    def _find_row(self, row: str, sizes: list[str]) -> None:
        """Where the row of each read begins."""
        b = self.b
        numbers, rest = [""] * self.dimensions, row
        for d in range(self.dimensions - 1, -1, -1):
            if d:
                numbers[d] = b.value(f"urem i64 {rest}, {sizes[d]}")
                rest = b.value(f"udiv i64 {rest}, {sizes[d]}")
            else:
                numbers[d] = rest
        self._row_starts = []
        for index, read in enumerate(self.form.reads):
            start = "0"
            for d in range(self.dimensions):
                if read.strides[d]:
                    step = b.value(f"mul i64 {numbers[d]}, {self._row_strides[index, d]}")
                    start = b.value(f"add i64 {start}, {step}")
            self._row_starts.append(start)
        self._row_start = b.value(f"mul i64 {row}, {self._columns}")

    # Stages of a row

    def _stage_work(self) -> list[tuple[list[Instruction], list[tuple[int, Any]], list[Any]]]:
        """For each stage: reductions to compute, results to store, endings to feed."""
        everything = self.instructions.all
        last = max((i.stage for i in everything), default=0)
        work = []
        for stage in range(last + 1):
            reductions = [
                i for i in everything if i.kind == "reduce" and i.operands[0].stage == stage
            ]
            stores = [
                (index, self.instructions.of[write.value])
                for index, write in enumerate(self.form.writes)
                if write.frame == FULL and self.instructions.of[write.value].stage == stage
            ]
            endings = [
                (n, e)
                for n, (_, e) in enumerate(self.endings)
                if e.operand.stage == stage and self._by_element(e)
            ]
            work.append((reductions, stores, endings))
        return work

    def _by_element(self, ending: Ending) -> bool:
        """Whether every place counts, rather than every row."""
        return ending.frame == COLUMN_REDUCTION or ending.count == "places" or self._is_wide(ending)

    def _is_wide(self, ending: Ending) -> bool:
        node = ending.value.node
        assert node is not None
        shape = tuple(size for size in node.inputs[0].spec.shape if size != 1)
        return shape == self.form.space

    def _plan_spills(self) -> None:
        """What is costly, of full values, and wanted in more than one stage."""
        needed: dict[Instruction, set[int]] = {}

        def visit(instruction: Instruction, stage: int) -> None:
            if instruction.level < 2 or stage in needed.setdefault(instruction, set()):
                return
            needed[instruction].add(stage)
            for operand in instruction.operands:
                visit(operand, stage)

        for stage, (reductions, stores, endings) in enumerate(self._stage_work()):
            roots = [r.operands[0] for r in reductions] + [i for _, i in stores]
            for root in [*roots, *(e.operand for _, e in endings)]:
                visit(root, stage)
        for instruction, stages in needed.items():
            if instruction.costly and len(stages) > 1:
                self._spills[instruction] = len(self._spills)

    def _whole_row(self) -> None:
        b = self.b
        kept: set[Instruction] = set()
        for stage, (reductions, stores, endings) in enumerate(self._stage_work()):
            self._row_values(stage)
            if not (reductions or stores or endings):
                continue
            slots = [self._reduction_slots(r) for r in reductions]
            outer = dict(self._known)
            fresh: set[Instruction] = set()
            apart = all(reduction.name != "argmax" for reduction in reductions)
            with b.loop("%clo", "%chi", apart=apart) as column:
                self._column, self._kept, self._fresh = column, kept, fresh
                for reduction, slot in zip(reductions, slots, strict=True):
                    self._reduce(reduction, slot, self._get(reduction.operands[0]))
                for index, instruction in stores:
                    place = b.value(f"add i64 {self._row_start}, {column}")
                    b.store(
                        self.form.writes[index].dtype,
                        self._get(instruction),
                        self._writes[index],
                        place,
                    )
                for n, ending in endings:
                    self._feed(n, ending, self._get(ending.operand), column)
            self._known = outer
            kept |= fresh
            for reduction, slot in zip(reductions, slots, strict=True):
                self._known[reduction] = self._reduced(reduction, slot)
        self._row_values(10**6)
        for index, write in enumerate(self.form.writes):
            if write.frame == ROW:
                value = self._known[self.instructions.of[write.value]]
                b.store(write.dtype, value, self._writes[index], self._row)
        for n, (_, ending) in enumerate(self.endings):
            if not self._by_element(ending):
                self._feed(n, ending, self._known[ending.operand], None)

    def _row_values(self, stage: int) -> None:
        """Compute all values of the row that can be known by now."""
        for instruction in self.instructions.all:
            of_rows = instruction.level == 1 and instruction.kind != "reduce"
            if of_rows and instruction.stage <= stage and instruction not in self._known:
                self._known[instruction] = self._compute(instruction, None)

    def _get(self, instruction: Instruction) -> str:
        """A value, computed where it is not known yet."""
        if instruction in self._known:
            return self._known[instruction]
        if instruction in self._spills and instruction in self._kept:
            found = self._spilled(instruction)
        else:
            found = self._compute(instruction, self._column)
            if instruction in self._spills and instruction not in self._fresh:
                self._fresh.add(instruction)
                self.b.store(instruction.dtype, found, self._spill_place(instruction), self._column)
        self._known[instruction] = found
        return found

    def _spill_place(self, instruction: Instruction) -> str:
        offset = self.b.value(f"mul i64 {self._columns}, {SPILL_BYTES * self._spills[instruction]}")
        return self.b.value(f"getelementptr i8, ptr {self._spill}, i64 {offset}")

    def _spilled(self, instruction: Instruction) -> str:
        return self.b.load(instruction.dtype, self._spill_place(instruction), self._column)

    def _compute(self, instruction: Instruction, column: str | None) -> str:
        b = self.b
        if instruction.kind == "column":
            assert column is not None
            return column
        if instruction.kind == "read":
            return self._load(instruction, column)
        operands = [self._get(operand) for operand in instruction.operands]
        if instruction.name == "chosen":
            places = instruction.operands[1].dtype
            wide = arithmetic.cast(b, places, "int64", operands[1])
            here = b.value(f"icmp eq i64 {operands[0]}, {wide}")
            return arithmetic.select(
                b, instruction.dtype, here, operands[2], number(0, instruction.dtype)
            )
        if instruction.name == "where":
            return arithmetic.select(b, instruction.dtype, *operands)
        if instruction.name == "cast":
            return arithmetic.cast(b, instruction.taken, instruction.dtype, operands[0])
        return arithmetic.lower(b, instruction.name, instruction.taken, operands)

    def _load(self, instruction: Instruction, column: str | None) -> str:
        b, index = self.b, instruction.read
        start = "0" if instruction.level == 0 else self._row_starts[index]
        if instruction.level == 2:
            assert column is not None
            step = column
            if index in self._inner:
                step = b.value(f"mul i64 {column}, {self._inner[index]}")
            start = b.value(f"add i64 {start}, {step}")
        return b.load(instruction.dtype, self._reads[index], start)

    # Reductions

    def _reduction_slots(self, reduction: Instruction) -> list[str]:
        dtype = reduction.taken
        if reduction.name == "argmax":
            best = self.b.slot(register_type(dtype), first_value("max", dtype))
            return [best, self.b.slot("i64", "-1")]
        return [self.b.slot(register_type(dtype), first_value(reduction.name, dtype))]

    def _reduce(self, reduction: Instruction, slots: list[str], value: str) -> None:
        b, dtype = self.b, reduction.taken
        if reduction.name != "argmax":
            self._accumulate(reduction.name, dtype, slots[0], value)
            return
        kind = register_type(dtype)
        best, which = b.get(kind, slots[0]), b.get("i64", slots[1])
        better = arithmetic.compare(b, dtype, "gt", value, best)
        if dtype in FLOATS:  # the first NaN is the greatest
            news = b.value(
                f"and i1 {arithmetic.isnan(b, dtype, value)}, "
                f"{b.value(f'fcmp ord {kind} {best}, {best}')}"
            )
            better = b.value(f"or i1 {better}, {news}")
        better = b.value(f"or i1 {better}, {b.value(f'icmp slt i64 {which}, 0')}")
        b.set(kind, slots[0], arithmetic.select(b, dtype, better, value, best))
        b.set("i64", slots[1], b.value(f"select i1 {better}, i64 {self._column}, i64 {which}"))

    def _accumulate(self, how: str, dtype: str, slot: str, value: str) -> None:
        b, kind = self.b, register_type(dtype)
        b.set(kind, slot, self._combined(b, how, dtype, b.get(kind, slot), value))

    def _combined(self, b: Builder, how: str, dtype: str, x: str, y: str) -> str:
        if how == "sum":
            if dtype in FLOATS:
                return b.value(f"fadd reassoc contract {register_type(dtype)} {x}, {y}")
            return arithmetic.add(b, dtype, x, y)
        return (arithmetic.maximum if how == "max" else arithmetic.minimum)(b, dtype, x, y)

    def _reduced(self, reduction: Instruction, slots: list[str]) -> str:
        b, dtype = self.b, reduction.dtype
        if reduction.name == "argmax":
            return arithmetic.cast(b, "int64", dtype, b.get("i64", slots[1]))
        found = b.get(register_type(dtype), slots[0])
        if reduction.count:
            count = arithmetic.cast(b, "int64", dtype, self._columns)
            found = arithmetic.divide(b, dtype, found, count)
        return found

    # Reductions that end with the last row

    def _begin_sums(self) -> None:
        """Each part has its own: a row of sums for columns, a slot for a single one."""
        b = self.b
        self._sum_places: list[str] = []
        base = self._address(self.words.sums)
        stride = b.value(f"mul i64 {self._columns}, {8 * max(len(self.endings), 1)}")
        part = b.value(f"getelementptr i8, ptr {base}, i64 {b.value(f'mul i64 {stride}, %part')}")
        for n, (_, ending) in enumerate(self.endings):
            offset = b.value(f"mul i64 {self._columns}, {8 * n}")
            place = b.value(f"getelementptr i8, ptr {part}, i64 {offset}")
            dtype = ending.operand.dtype
            first = first_value(ending.how, dtype)
            if ending.frame == COLUMN_REDUCTION:
                with b.loop("%clo", "%chi", apart=True) as column:
                    b.store(dtype, first, place, column)
                self._sum_places.append(place)
            else:
                self._sum_places.append(b.slot(register_type(dtype), first))

    def _feed(self, n: int, ending: Ending, value: str, column: str | None) -> None:
        b, dtype, place = self.b, ending.operand.dtype, self._sum_places[n]
        if ending.frame == COLUMN_REDUCTION:
            assert column is not None
            held = b.load(dtype, place, column)
            b.store(dtype, self._combined(b, ending.how, dtype, held, value), place, column)
        else:
            self._accumulate(ending.how, dtype, place, value)

    def _end_sums(self) -> None:
        b = self.b
        base = self._address(self.words.sums)
        stride = b.value(f"mul i64 {self._columns}, {8 * max(len(self.endings), 1)}")
        part = b.value(f"getelementptr i8, ptr {base}, i64 {b.value(f'mul i64 {stride}, %part')}")
        for n, (_, ending) in enumerate(self.endings):
            if ending.frame == COLUMN_REDUCTION:
                continue
            dtype = ending.operand.dtype
            offset = b.value(f"mul i64 {self._columns}, {8 * n}")
            place = b.value(f"getelementptr i8, ptr {part}, i64 {offset}")
            b.store(dtype, b.get(register_type(dtype), self._sum_places[n]), place, "0")

    # All threads, and what follows them

    def _run(self) -> Builder:
        self.b = b = Builder()
        self._word_values = {}
        columns, threads = self._word(self.words.columns), self._word(self.words.threads)
        rows = "1"
        for d in range(self.dimensions):
            rows = b.value(f"mul i64 {rows}, {self._word(self.words.sizes + d)}")
        alone = f"call void @rows(ptr %block, i64 0, i64 {rows}, i64 0, i64 {columns}, i64 0)"
        if self.parallel:
            one = b.value(f"icmp sle i64 {threads}, 1")
            b.when(one, lambda: b.line(alone))
            many = b.value(f"icmp sgt i64 {threads}, 1")
            team = b.value(f"trunc i64 {threads} to i32")
            b.when(
                many,
                lambda: b.line(
                    f"call void @GOMP_parallel(ptr @worker, ptr %block, i32 {team}, i32 0)"
                ),
            )
        else:
            b.line(alone)
        by_columns = b.value(f"icmp ne i64 {self._word(self.words.by_columns)}, 0")
        parts = b.value(f"select i1 {by_columns}, i64 1, i64 {threads}")
        for n, (index, ending) in enumerate(self.endings):
            self._combine(n, index, ending, rows, columns, parts)
        return b

    def _combine(
        self, n: int, index: int, ending: Ending, rows: str, columns: str, parts: str
    ) -> None:
        """Put the threads' sums together, as the result."""
        b, dtype = self.b, ending.operand.dtype
        kind = register_type(dtype)
        base, out = self._address(self.words.sums), self._address(self.words.writes + index)
        stride = b.value(f"mul i64 {columns}, {8 * max(len(self.endings), 1)}")
        offset = b.value(f"mul i64 {columns}, {8 * n}")
        width = columns if ending.frame == COLUMN_REDUCTION else "1"
        divisor = ""
        if ending.count:
            count = rows if ending.count == "rows" else b.value(f"mul i64 {rows}, {columns}")
            divisor = arithmetic.cast(b, "int64", dtype, count)
        with b.loop("0", width) as column:
            total = b.slot(kind, first_value(ending.how, dtype))
            b.set(kind, total, first_value(ending.how, dtype))
            with b.loop("0", parts) as part:
                at = b.value(f"add i64 {b.value(f'mul i64 {stride}, {part}')}, {offset}")
                place = b.value(f"getelementptr i8, ptr {base}, i64 {at}")
                self._accumulate(ending.how, dtype, total, b.load(dtype, place, column))
            found = b.get(kind, total)
            if divisor:
                found = arithmetic.divide(b, dtype, found, divisor)
            b.store(dtype, found, out, column)


_WORKER = """
define internal void @worker(ptr %block) #0 {
entry:
  %number32 = call i32 @omp_get_thread_num()
  %team32 = call i32 @omp_get_num_threads()
  %number = sext i32 %number32 to i64
  %team = sext i32 %team32 to i64
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
