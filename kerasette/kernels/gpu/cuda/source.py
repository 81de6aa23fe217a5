"""The CUDA C of a cluster.

There are three kinds of loops, for a block's teams of threads (see ``prelude``):

* ``flat``: every thread takes places, one after the other; there may be reductions of everything;
* ``columns``: there are reductions of columns. A thread keeps to its column and goes down some of
  the rows;
* ``rows``: there are reductions of rows. A team takes a row, going over it once for each stage; a
  stage ends where a reduction of the row must be known.

Reductions that end with the last row are made in two steps: each team (each block, where the loops
are flat) leaves its own in scratch memory, and a second kernel puts them together, always in the
same order.

Sizes and strides are words that the kernel is given, so that clusters of one structure share their
code.
"""

from typing import Any

from kerasette.graph.cluster import COLUMN_REDUCTION, FULL, ROW, WHOLE_REDUCTION, stripped
from kerasette.kernels.clusterform import Form
from kerasette.kernels.gpu.cuda.expressions import cast, expression, first_value
from kerasette.kernels.gpu.cuda.prelude import COMPUTED, STORED
from kerasette.kernels.instructions import NARROW, Ending, Instruction, Instructions, wide

FLAT, COLUMNS, ROWS = "flat", "columns", "rows"
SUM_BYTES = 8  # of a team's sum in scratch memory, whatever its type
TABLE_WORDS = 480  # of a launch of many clusters: 4 KB of arguments is what every GPU takes
_COMBINE = {"sum": "Sum()", "max": "Max()", "min": "Min()", "argmax": "First()"}
_SMALL = 1 << 30  # places that can be counted by 32 bits, with room for a last step


class ClusterSource:
    """Writes the kernels of a form.

    Attributes:
        kind: of the loops.
        words: the names of the words, in their order.
        endings: results that are known when all rows are done, with their numbers.
        text: the kernels ``cluster``, for flat loops without endings ``clusters``, which does many
            clusters of this structure at once, and with endings ``ending``.
    """

    def __init__(self, form: Form):
        self.form = form
        self.instructions = Instructions(form)
        self.dimensions = len(form.sizes) - 1
        self.endings = [
            (index, self.instructions.endings[write.value])
            for index, write in enumerate(form.writes)
            if write.value in self.instructions.endings
        ]
        if any(i.kind == "reduce" for i in self.instructions.all):
            self.kind = ROWS
        elif any(ending.frame == COLUMN_REDUCTION for _, ending in self.endings):
            self.kind = COLUMNS
        else:
            self.kind = FLAT
        self.words = self._names()
        self._index = "int" if self._is_small() else "long long"
        self._lines: list[str] = []
        self._known: dict[Instruction, str] = {}
        self._count = 0
        self.text = self._write()

    @property
    def alone(self) -> bool:
        """Whether its blocks need nothing of one another, so that many clusters can share them."""
        return self.kind == FLAT and not self.endings

    def _names(self) -> list[str]:
        names = ["parts", "scratch", "columns", *(f"size{d}" for d in range(self.dimensions))]
        for index, read in enumerate(self.form.reads):
            names.append(f"in{index}")
            names += [f"in{index}_step{d}" for d in range(self.dimensions) if read.strides[d]]
            if read.strides[-1] not in (0, 1):
                names.append(f"in{index}_step")
        return [*names, *(f"out{index}" for index in range(len(self.form.writes)))]

    def values(self, reads: list[int], writes: list[int], parts: int, scratch: int) -> list[int]:
        """The words, for the addresses of what is read and written."""
        form = self.form
        found = {"parts": parts, "scratch": scratch, "columns": form.columns}
        found |= {f"size{d}": size for d, size in enumerate(form.sizes[:-1])}
        for index, read in enumerate(form.reads):
            found[f"in{index}"] = reads[index]
            found[f"in{index}_step"] = read.strides[-1]
            found |= {f"in{index}_step{d}": read.strides[d] for d in range(self.dimensions)}
        found |= {f"out{index}": address for index, address in enumerate(writes)}
        return [found[name] for name in self.words]

    def _is_small(self) -> bool:
        form = self.form
        spans = [form.rows * form.columns]
        for read in form.reads:
            steps = zip(form.sizes, read.strides, strict=True)
            spans.append(sum(size * abs(step) for size, step in steps))
        return max(spans) < _SMALL

    # Text

    def _line(self, text: str) -> None:
        self._lines.append(text)

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def _write(self) -> str:
        kinds = {FLAT: self._flat, COLUMNS: self._columns, ROWS: self._rows}
        body = self._function("work", "first, INDEX steps", kinds[self.kind])
        shared = "  __shared__ double shared[64];\n"
        begin, more = {
            FLAT: ("blockIdx.x * blockDim.x + threadIdx.x", "gridDim.x * blockDim.x"),
        }.get(self.kind, ("blockIdx.x * blockDim.y + threadIdx.y", "gridDim.x * blockDim.y"))
        given = f"const Words<{len(self.words)}> given"
        text = body + (
            f'extern "C" __global__ void cluster({given}) {{\n{shared}'
            f"  work(given.word, shared, {begin}, {more});\n}}\n"
        )
        if self.endings:
            text += self._function("finish", "column", self._ending) + (
                f'extern "C" __global__ void ending({given}) {{\n{shared}'
                f"  finish(given.word, shared, blockIdx.x * blockDim.y + threadIdx.y);\n}}\n"
            )
        if self.alone:
            text += _MANY.replace("TABLE", str(TABLE_WORDS)).replace("COUNT", str(len(self.words)))
        return text.replace("INDEX", self._index)

    def _function(self, name: str, parameters: str, fill: Any) -> str:
        self._lines, self._known = [], {}
        for place, word in enumerate(self.words):
            self._unpack(word, f"word[{place}]")
        rows = " * ".join([f"size{d}" for d in range(self.dimensions)] or ["(INDEX)1"])
        self._line(f"const INDEX rows = {rows};")
        fill()
        body = "\n".join("  " + line for line in self._lines)
        head = f"DEVICE void {name}(const long long *word, double *shared, INDEX {parameters})"
        return f"{head} {{\n{body}\n}}\n"

    def _unpack(self, name: str, word: str) -> None:
        if name.startswith("in") and "_" not in name:
            kind = STORED[self.form.reads[int(name[2:])].dtype]
            self._line(f"const {kind} *{name} = (const {kind} *){word};")
        elif name.startswith("out"):
            kind = STORED[self.form.writes[int(name[3:])].dtype]
            self._line(f"{kind} *{name} = ({kind} *){word};")
        elif name == "scratch":
            self._line(f"unsigned char *scratch = (unsigned char *){word};")
        else:
            self._line(f"const INDEX {name} = (INDEX){word};")

    # Values

    def _get(self, instruction: Instruction) -> str:
        """The name of a value, which is computed here where it is not known yet."""
        if instruction in self._known:
            return self._known[instruction]
        if instruction.kind == "column":
            return "column"
        if instruction.kind == "read":
            text = self._load(instruction)
        else:
            text = expression(instruction, [self._get(o) for o in instruction.operands])
        name = self._name()
        self._line(f"const {COMPUTED[instruction.dtype]} {name} = {text};")
        self._known[instruction] = name
        return name

    def _load(self, instruction: Instruction) -> str:
        index, read = instruction.read, self.form.reads[instruction.read]
        parts = []
        if instruction.level > 0 and any(read.strides[:-1]):
            parts.append(f"start{index}")
        if instruction.level == 2:
            parts.append("column" if read.strides[-1] == 1 else f"column * in{index}_step")
        found = f"in{index}[{' + '.join(parts) or '0'}]"
        if read.dtype in NARROW:
            return f"from_{read.dtype}({found})"
        return f"({found} != 0)" if read.dtype == "bool" else found

    def _store(self, index: int, value: str, place: str) -> str:
        dtype = self.form.writes[index].dtype
        return f"out{index}[{place}] = {stored(dtype, value)};"

    def _starts(self) -> None:
        """Where the row of each read begins."""
        self._line("INDEX rest = row;")
        used = [d for d in range(self.dimensions) if any(r.strides[d] for r in self.form.reads)]
        for d in range(self.dimensions - 1, -1, -1):
            if d in used:
                self._line(f"const INDEX at{d} = {f'rest % size{d}' if d else 'rest'};")
            if d:
                self._line(f"rest /= size{d};")
        for index, read in enumerate(self.form.reads):
            steps = [
                f"at{d} * in{index}_step{d}" for d in range(self.dimensions) if read.strides[d]
            ]
            if steps:
                self._line(f"const INDEX start{index} = {' + '.join(steps)};")

    def _everywhere(self) -> None:
        """What is the same at every place."""
        for instruction in self.instructions.all:
            if instruction.level == 0 and instruction.kind != "reduce":
                self._get(instruction)

    # Endings

    def _begin_sums(self) -> None:
        for n, (_, ending) in enumerate(self.endings):
            kind = COMPUTED[wide(ending.operand.dtype)]
            self._line(
                f"{kind} *sums{n} = ({kind} *)(scratch + (long long){SUM_BYTES * n} * parts "
                "* columns);"
            )

    def _sum(self, n: int, ending: Ending) -> None:
        dtype = wide(ending.operand.dtype)
        self._line(f"{COMPUTED[dtype]} sum{n} = {first_value(ending.how, dtype)};")

    def _feed(self, n: int, ending: Ending, target: str) -> str:
        value = self._get(ending.operand)
        return f"{target} = {_COMBINE[ending.how]}({target}, {value});"

    def _by_element(self, ending: Ending) -> bool:
        """Whether every place counts, rather than every row."""
        node = ending.value.node
        assert node is not None
        wide_operand = stripped(node.inputs[0].spec.shape) == self.form.space
        return ending.frame == COLUMN_REDUCTION or ending.count == "places" or wide_operand

    def _leave_whole(self, part: str) -> None:
        """Leave the sums of everything that this team has."""
        for n, (_, ending) in enumerate(self.endings):
            if ending.frame == WHOLE_REDUCTION:
                self._line(f"sum{n} = of_team(sum{n}, {_COMBINE[ending.how]}, shared);")
                self._line(f"if (threadIdx.x == 0) sums{n}[{part}] = sum{n};")

    def _ending(self) -> None:
        self._begin_sums()
        for n, (index, ending) in enumerate(self.endings):
            dtype = wide(ending.operand.dtype)
            of_columns = ending.frame == COLUMN_REDUCTION
            inside = "column < columns" if of_columns else "column == 0"
            place = "part * columns + column" if of_columns else "part"
            self._sum(n, ending)
            self._line(f"if ({inside})")
            self._line("  for (INDEX part = threadIdx.x; part < parts; part += blockDim.x)")
            combine = _COMBINE[ending.how]
            self._line(f"    sum{n} = {combine}(sum{n}, sums{n}[{place}]);")
            self._line(f"sum{n} = of_team(sum{n}, {combine}, shared);")
            found = f"sum{n}"
            if ending.count:
                count = "rows" if ending.count == "rows" else "rows * columns"
                found = f"over({found}, {cast('int64', dtype, f'({count})')})"
            if ending.operand.dtype in NARROW:
                found = f"round_{ending.operand.dtype}({found})"
            self._line(f"if (threadIdx.x == 0 && {inside})")
            self._line("  " + self._store(index, found, "column" if of_columns else "0"))

    # Loops

    def _place(self, place: str, sums: bool) -> None:
        """All that is done at one place, of a row of which nothing has to be known."""
        for index, write in enumerate(self.form.writes):
            if write.value in self.instructions.endings:
                continue
            value = self._get(self.instructions.of[write.value])
            if write.frame == FULL:
                self._line(self._store(index, value, place))
            else:
                self._line(f"if (column == 0) {self._store(index, value, 'row')}")
        for n, (_, ending) in enumerate(self.endings if sums else ()):
            fed = self._feed(n, ending, f"sum{n}")
            self._line(fed if self._by_element(ending) else f"if (column == 0) {fed}")

    def _flat(self) -> None:
        self._begin_sums()
        for n, (_, ending) in enumerate(self.endings):
            self._sum(n, ending)
        self._everywhere()
        self._line("for (INDEX place = first; place < rows * columns; place += steps) {")
        if self.dimensions:
            self._line("const INDEX row = place / columns, column = place - row * columns;")
        else:
            self._line("const INDEX row = 0, column = place;")
        self._starts()
        self._place("place", True)
        self._line("}")
        self._leave_whole("blockIdx.x")

    def _columns(self) -> None:
        self._begin_sums()
        whole = [(n, e) for n, (_, e) in enumerate(self.endings) if e.frame == WHOLE_REDUCTION]
        below = [(n, e) for n, (_, e) in enumerate(self.endings) if e.frame == COLUMN_REDUCTION]
        for n, ending in whole:
            self._sum(n, ending)
        self._everywhere()
        self._line("for (INDEX column = threadIdx.x; column < columns; column += blockDim.x) {")
        for n, ending in below:
            self._sum(n, ending)
        self._line("for (INDEX row = first; row < rows; row += steps) {")
        self._starts()
        self._place("row * columns + column", True)
        self._line("}")
        for n, _ in below:
            self._line(f"sums{n}[first * columns + column] = sum{n};")
        self._line("}")
        self._leave_whole("first")

    def _rows(self) -> None:
        self._begin_sums()
        for n, (_, ending) in enumerate(self.endings):
            if ending.frame == WHOLE_REDUCTION:
                self._sum(n, ending)
                continue
            first = first_value(ending.how, wide(ending.operand.dtype))
            self._line("for (INDEX column = threadIdx.x; column < columns; column += blockDim.x)")
            self._line(f"  sums{n}[first * columns + column] = {first};")
        self._everywhere()
        # All teams of a block take equally many turns, for they wait for one another.
        self._line("for (INDEX turn = 0; turn < (rows + steps - 1) / steps; ++turn) {")
        self._line("const bool active = first + turn * steps < rows;")
        self._line("const INDEX row = active ? first + turn * steps : rows - 1;")
        self._starts()
        last = max(i.stage for i in self.instructions.all)
        for stage in range(last + 1):
            self._row_values(stage)
            self._stage(stage)
        for index, write in enumerate(self.form.writes):
            if write.frame == ROW:
                value = self._get(self.instructions.of[write.value])
                stored = self._store(index, value, "row")
                self._line(f"if (active && threadIdx.x == 0) {stored}")
        for n, (_, ending) in enumerate(self.endings):
            if not self._by_element(ending):
                fed = self._feed(n, ending, f"sum{n}")
                self._line(f"if (active && threadIdx.x == 0) {fed}")
        self._line("}")
        self._leave_whole("first")

    def _row_values(self, stage: int) -> None:
        for instruction in self.instructions.all:
            of_rows = instruction.level == 1 and instruction.kind != "reduce"
            if of_rows and instruction.stage <= stage:
                self._get(instruction)

    def _stage(self, stage: int) -> None:
        """Once over the row: what is known by now is stored, and reduced."""
        every = self.instructions.all
        reductions = [i for i in every if i.kind == "reduce" and i.operands[0].stage == stage]
        stores = [
            (index, self.instructions.of[write.value])
            for index, write in enumerate(self.form.writes)
            if write.frame == FULL and self.instructions.of[write.value].stage == stage
        ]
        fed = [
            (n, ending)
            for n, (_, ending) in enumerate(self.endings)
            if ending.operand.stage == stage and self._by_element(ending)
        ]
        if not (reductions or stores or fed):
            return
        names = [self._name() for _ in reductions]
        for name, reduction in zip(names, reductions, strict=True):
            self._line(_begun(name, reduction))
        outer = dict(self._known)
        self._line("for (INDEX column = threadIdx.x; column < columns; column += blockDim.x) {")
        for name, reduction in zip(names, reductions, strict=True):
            value = self._get(reduction.operands[0])
            if reduction.name == "argmax":
                kind = COMPUTED[wide(reduction.taken)]
                value = f"Best<{kind}>{{{value}, (long long)column}}"
            self._line(f"{name} = {_COMBINE[reduction.name]}({name}, {value});")
        kept = []
        for index, instruction in stores:
            kept.append(self._store(index, self._get(instruction), "row * columns + column"))
        for n, ending in fed:
            whole = ending.frame == WHOLE_REDUCTION
            kept.append(
                self._feed(n, ending, f"sum{n}" if whole else f"sums{n}[first * columns + column]")
            )
        if kept:
            self._line("if (active) {")
            for text in kept:
                self._line(text)
            self._line("}")
        self._line("}")
        self._known = outer
        for name, reduction in zip(names, reductions, strict=True):
            self._line(f"{name} = of_team({name}, {_COMBINE[reduction.name]}, shared);")
            self._known[reduction] = self._reduced(name, reduction)

    def _reduced(self, name: str, reduction: Instruction) -> str:
        dtype = wide(reduction.dtype)
        if reduction.name == "argmax":
            found = cast("int64", dtype, f"{name}.place")
        elif reduction.count:
            found = f"over({name}, {cast('int64', dtype, 'columns')})"
        else:
            found = name
        if reduction.dtype in NARROW and reduction.name not in ("max", "min"):
            found = f"round_{reduction.dtype}({found})"
        made = self._name()
        self._line(f"const {COMPUTED[reduction.dtype]} {made} = {found};")
        return made


def _begun(name: str, reduction: Instruction) -> str:
    """A variable for a reduction of a row, with its first value."""
    dtype = wide(reduction.taken)
    kind = COMPUTED[dtype]
    if reduction.name == "argmax":
        return f"Best<{kind}> {name} = {{({kind})0, -1}};"
    return f"{kind} {name} = {first_value(reduction.name, dtype)};"


def stored(dtype: str, value: str) -> str:
    """A value as it lies in memory."""
    return f"to_{dtype}({value})" if dtype in NARROW else f"({STORED[dtype]})({value})"


# Words of a launch of many: how many clusters, of each the block after its last one, and then the
# words of each.
_MANY = """extern "C" __global__ void clusters(const Words<TABLE> given) {
  __shared__ double shared[64];
  const int count = (int)given.word[0];
  int entry = 0;
  while ((long long)blockIdx.x >= given.word[1 + entry]) ++entry;
  const long long before = entry ? given.word[entry] : 0;
  const long long blocks = given.word[1 + entry] - before;
  work(given.word + 1 + count + entry * COUNT, shared,
       (INDEX)((blockIdx.x - before) * blockDim.x + threadIdx.x), (INDEX)(blocks * blockDim.x));
}
"""
