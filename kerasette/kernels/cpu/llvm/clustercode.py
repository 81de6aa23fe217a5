"""The code of a cluster: a function over some of its rows, or of its columns."""

from collections.abc import Iterator
from typing import Any

from kerasette.graph.cluster import COLUMN_REDUCTION, FULL, ROW
from kerasette.kernels.cpu.llvm import arithmetic
from kerasette.kernels.cpu.llvm.builder import (
    FLOATS,
    TYPES,
    module,
    number,
    register_type,
)  # fmt: skip
from kerasette.kernels.cpu.llvm.clusterteam import (
    SPILL_BYTES,
    Team,
    Words,
    combined,
    first_value,
)  # fmt: skip
from kerasette.kernels.cpu.llvm.wide import WideBuilder
from kerasette.kernels.instructions import (
    EXACT,
    NARROW,
    Ending,
    Instruction,
    Instructions,
    wide,
)  # fmt: skip


class ClusterCode:
    """Writes the code of a form.

    Args:
        parallel: whether there is a pool of threads.
        narrow: whether columns are so few that their number and the strides stand in the code; then
            several rows are computed at once, rather than several columns.

    Attributes:
        spilled: how many values of a row are kept from stage to stage.
        text: the module.
    """

    def __init__(self, instructions: Instructions, parallel: bool, narrow: bool = False):
        self.instructions = instructions
        self.form = instructions.form
        self.parallel = parallel
        self.narrow = narrow
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
        head = "define internal void @rows(ptr %block, i64 %lo, i64 %hi, i64 %clo, i64 %chi, "
        team = Team(self.words, self.endings, self.parallel)
        rows.declarations |= team.declarations
        return module([rows.text(head + "i64 %part) noinline #0"), *team.functions], rows)

    # One thread's rows

    def _rows(self) -> WideBuilder:
        self.b = b = WideBuilder()
        self._known: dict[Instruction, str] = {}
        self._word_values: dict[int, str] = {}
        self._columns = str(self.form.columns) if self.narrow else self._word(self.words.columns)
        self._reads = [self._address(self.words.read(i)) for i in range(len(self.form.reads))]
        self._writes = [self._address(self.words.writes + i) for i in range(len(self.form.writes))]
        self._one_by_one = {
            i.operands[0].stage
            for i in self.instructions.all
            if i.kind == "reduce" and i.name == "argmax"
        }
        if not self.narrow:
            self._plan_spills()
        self._row_strides = {
            (index, d): str(read.strides[d])
            if self.narrow
            else self._word(self.words.read(index) + 1 + d)
            for index, read in enumerate(self.form.reads)
            for d in range(self.dimensions)
            if read.strides[d]
        }
        self._inner = {
            index: str(read.strides[-1])
            if self.narrow
            else self._word(self.words.read(index) + 1 + self.dimensions)
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
        with b.loop("%lo", "%hi", apart=self.narrow) as row:
            self._row = row
            self._find_row(row, sizes)
            outer = dict(self._known)
            self._of_columns: dict[str, dict[Instruction, str]] = {}
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
            for column in self._each_column(stage):
                self._column, self._kept = column, kept
                self._fresh = fresh = set()
                for reduction, slot in zip(reductions, slots, strict=True):
                    self._reduce(reduction, slot, self._get(reduction.operands[0]))
                for n, ending in endings:
                    self._feed(n, ending, self._get(ending.operand), column)
                # All before the first is stored: a result may lie where an operand was read.
                found = [(index, self._get(instruction)) for index, instruction in stores]
                for index, value in found:
                    place = b.value(f"add i64 {self._row_start}, {column}")
                    b.store(self.form.writes[index].dtype, value, self._writes[index], place)
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

    def _each_column(self, stage: int) -> Iterator[str]:
        """A loop over vectors of columns, or over columns, or the code of each column, which goes
        on with its values.
        """
        outer = dict(self._known)
        if not self.narrow:
            if stage in self._one_by_one:
                with self.b.loop("%clo", "%chi") as column:
                    yield column
                return
            for column in self.b.vectors("%clo", "%chi"):
                self._known = dict(outer)
                yield column
            return
        for column in map(str, range(self.form.columns)):
            self._known = outer | self._of_columns.get(column, {})
            yield column
            self._of_columns[column] = self._known
        self._known = outer

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
                place = self._spill_place(instruction)
                self.b.store(wide(instruction.dtype), found, place, self._column)
        self._known[instruction] = found
        return found

    def _spill_place(self, instruction: Instruction) -> str:
        offset = self.b.value(f"mul i64 {self._columns}, {SPILL_BYTES * self._spills[instruction]}")
        return self.b.value(f"getelementptr i8, ptr {self._spill}, i64 {offset}")

    def _spilled(self, instruction: Instruction) -> str:
        place = self._spill_place(instruction)
        return self.b.load(wide(instruction.dtype), place, self._column)

    def _compute(self, instruction: Instruction, column: str | None) -> str:
        b = self.b
        if instruction.kind == "column":
            assert column is not None
            return self.b.places(column)
        if instruction.kind == "read":
            return self._load(instruction, column)
        operands = [self._get(operand) for operand in instruction.operands]
        found = self._apply(instruction, operands)
        if instruction.dtype not in NARROW or instruction.name in EXACT:
            return found
        return arithmetic.rounded(b, instruction.dtype, found)

    def _apply(self, instruction: Instruction, operands: list[str]) -> str:
        """The operation; of narrow types in float32, and not rounded yet."""
        b, dtype, taken = self.b, wide(instruction.dtype), wide(instruction.taken)
        if instruction.name == "chosen":
            places = arithmetic.cast(b, instruction.operands[1].dtype, "int64", operands[1])
            here = b.value(f"icmp eq i64 {operands[0]}, {places}")
            return arithmetic.select(b, dtype, here, operands[2], number(0, dtype))
        if instruction.name == "where":
            return arithmetic.select(b, dtype, *operands)
        if instruction.name == "cast":
            return arithmetic.cast(b, taken, dtype, operands[0])
        return arithmetic.lower(b, instruction.name, taken, operands)

    def _load(self, instruction: Instruction, column: str | None) -> str:
        b, index = self.b, instruction.read
        start = "0" if instruction.level == 0 else self._row_starts[index]
        if instruction.level == 2:
            assert column is not None
            step = column
            if index in self._inner:
                if b.within:
                    given = (self._reads[index], start, column, self._inner[index])
                    found = b.gathered(TYPES[instruction.dtype], *given)
                    return b.loaded(instruction.dtype, found)
                step = b.value(f"mul i64 {column}, {self._inner[index]}")
            start = b.value(f"add i64 {start}, {step}")
        return b.load(instruction.dtype, self._reads[index], start)

    # Reductions

    def _reduction_slots(self, reduction: Instruction) -> list[str]:
        dtype = wide(reduction.taken)
        if reduction.name == "argmax":
            best = self.b.slot(register_type(dtype), first_value("max", dtype))
            return [best, self.b.slot("i64", "-1")]
        return [self._total(reduction.name, dtype, reduction.operands[0].stage)]

    def _total(self, how: str, dtype: str, stage: int) -> str:
        """A variable for what a stage reduces: of each lane, where it goes on by vectors."""
        by_vectors = not self.narrow and stage not in self._one_by_one
        new = self.b.wide_slot if by_vectors else self.b.slot
        return new(register_type(dtype), first_value(how, dtype))

    def _found(self, how: str, dtype: str, slot: str) -> str:
        """The value of such a variable."""
        b, kind = self.b, register_type(dtype)
        if slot not in b.wide_slots:
            return b.get(kind, slot)
        return b.folded(kind, slot, lambda x, y: combined(b, how, dtype, x, y))

    def _reduce(self, reduction: Instruction, slots: list[str], value: str) -> None:
        b, dtype = self.b, wide(reduction.taken)
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
        b.set(kind, slot, combined(b, how, dtype, b.get(kind, slot), value))

    def _reduced(self, reduction: Instruction, slots: list[str]) -> str:
        b, dtype = self.b, wide(reduction.dtype)
        if reduction.name == "argmax":
            return arithmetic.cast(b, "int64", dtype, b.get("i64", slots[1]))
        found = self._found(reduction.name, wide(reduction.taken), slots[0])
        if reduction.count:
            count = arithmetic.cast(b, "int64", dtype, self._columns)
            found = arithmetic.divide(b, dtype, found, count)
        if reduction.dtype in NARROW and reduction.name not in ("max", "min"):
            found = arithmetic.rounded(b, reduction.dtype, found)
        return found

    # Reductions that end with the last row

    def _begin_sums(self) -> None:
        """Each part has its own: a row of sums for columns, a slot for a single one."""
        b = self.b
        self._sum_places: list[list[str]] = []
        base = self._address(self.words.sums)
        stride = b.value(f"mul i64 {self._columns}, {8 * max(len(self.endings), 1)}")
        part = b.value(f"getelementptr i8, ptr {base}, i64 {b.value(f'mul i64 {stride}, %part')}")
        for n, (_, ending) in enumerate(self.endings):
            offset = b.value(f"mul i64 {self._columns}, {8 * n}")
            place = b.value(f"getelementptr i8, ptr {part}, i64 {offset}")
            dtype = wide(ending.operand.dtype)
            first = first_value(ending.how, dtype)
            of_columns = ending.frame == COLUMN_REDUCTION
            if of_columns and not self.narrow:
                for column in b.vectors("%clo", "%chi"):
                    b.store(dtype, first, place, column)
                self._sum_places.append([place])
            elif self._by_element(ending) and not of_columns:
                self._sum_places.append([self._total(ending.how, dtype, ending.operand.stage)])
            else:
                count = self.form.columns if of_columns else 1
                kind = register_type(dtype)
                self._sum_places.append([b.slot(kind, first) for _ in range(count)])

    def _feed(self, n: int, ending: Ending, value: str, column: str | None) -> None:
        b, dtype, places = self.b, wide(ending.operand.dtype), self._sum_places[n]
        if ending.frame != COLUMN_REDUCTION:
            self._accumulate(ending.how, dtype, places[0], value)
        elif self.narrow:
            self._accumulate(ending.how, dtype, places[int(column or 0)], value)
        else:
            assert column is not None
            held = b.load(dtype, places[0], column)
            b.store(dtype, combined(b, ending.how, dtype, held, value), places[0], column)

    def _end_sums(self) -> None:
        b = self.b
        base = self._address(self.words.sums)
        stride = b.value(f"mul i64 {self._columns}, {8 * max(len(self.endings), 1)}")
        part = b.value(f"getelementptr i8, ptr {base}, i64 {b.value(f'mul i64 {stride}, %part')}")
        for n, (_, ending) in enumerate(self.endings):
            if ending.frame == COLUMN_REDUCTION and not self.narrow:
                continue
            dtype = wide(ending.operand.dtype)
            offset = b.value(f"mul i64 {self._columns}, {8 * n}")
            place = b.value(f"getelementptr i8, ptr {part}, i64 {offset}")
            for column, slot in enumerate(self._sum_places[n]):
                b.store(dtype, self._found(ending.how, dtype, slot), place, str(column))
