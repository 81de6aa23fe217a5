"""A cluster's operations as instructions: at which level each is computed, and in which stage.

Levels: 0, the same everywhere; 1, one value in each row; 2, one at every place. The stage is how
many reductions of the row have to be known before.
"""

import dataclasses

from kerasette.graph.cluster import COLUMN_REDUCTION, ROW_REDUCTION, WHOLE_REDUCTION, stripped
from kerasette.graph.ir import Node, Value
from kerasette.kernels.clusterform import Form

NARROW = ("float16", "bfloat16")  # in memory; while they are computed with they are float32
COSTLY = frozenset(
    "divide exp expm1 log log1p tanh sigmoid silu softplus erf sqrt rsqrt power reciprocal".split()
)
# Of narrow values these give narrow values, which need no rounding.
EXACT = frozenset("relu maximum minimum clip where chosen negative absolute floor ceil".split())


def wide(dtype: str) -> str:
    """The dtype that values of a dtype are computed in."""
    return "float32" if dtype in NARROW else dtype


@dataclasses.dataclass(eq=False)
class Instruction:
    """One value of the loops.

    Attributes:
        kind: "read", "column" (its number), "op" or "reduce" (of a row).
        name: of the primitive, or of the reduction.
        dtype: of the value.
        operands: other instructions.
        taken: the dtype of the operands.
        read: the number of what is read.
        count: what a mean's sum is divided by: "columns", "rows", "places" or nothing.
    """

    kind: str
    name: str
    dtype: str
    operands: tuple["Instruction", ...] = ()
    taken: str = ""
    read: int = -1
    level: int = 0
    stage: int = 0
    count: str = ""

    @property
    def costly(self) -> bool:
        """Whether it is better stored for the next stage than computed again."""
        return self.kind == "op" and self.name in COSTLY


@dataclasses.dataclass
class Ending:
    """A reduction that is known when all rows are done: a result of the cluster."""

    value: Value
    operand: Instruction
    how: str
    frame: str
    count: str


class Instructions:
    """The instructions of a form; ``of`` gives those of its values."""

    def __init__(self, form: Form):
        self.form = form
        self.of: dict[Value, Instruction] = {}
        self.endings: dict[Value, Ending] = {}
        self.all: list[Instruction] = []
        self._reads: dict[int, Instruction] = {}
        for node in form.body.nodes:
            self._node(node)

    def _add(self, made: Instruction) -> Instruction:
        if made.kind == "reduce":
            made.level = 1
            made.stage = 1 + made.operands[0].stage
        elif made.operands:
            made.level = max(operand.level for operand in made.operands)
            made.stage = max(operand.stage for operand in made.operands)
        self.all.append(made)
        return made

    def _op(self, name: str, dtype: str, *operands: Instruction) -> Instruction:
        return self._add(Instruction("op", name, dtype, operands, operands[-1].dtype))

    def _reduce(self, how: str, operand: Instruction, dtype: str, count: str = "") -> Instruction:
        return self._add(Instruction("reduce", how, dtype, (operand,), operand.dtype, count=count))

    def _read(self, number: int) -> Instruction:
        if number not in self._reads:
            read = self.form.reads[number]
            made = Instruction("read", "read", read.dtype, read=number)
            inner = bool(read.strides[-1])
            made.level = 2 if inner else 1 if any(read.strides) else 0
            self._reads[number] = self._add(made)
        return self._reads[number]

    def _column(self) -> Instruction:
        return self._add(Instruction("column", "column", "int64", level=2))

    def _operand(self, node: Node, value: Value) -> Instruction:
        number = self.form.number(node, value)
        return self.of[value] if number is None else self._read(number)

    def _node(self, node: Node) -> None:
        name, out = node.op.name, node.outputs[0]
        if self.form.is_view(node):
            self.of[out] = self._read(self.form.read_of(out, node))
            return
        operands = [self._operand(node, value) for value in node.inputs]
        dtype = str(out.spec.dtype)
        frame = self.form.frames[node]
        if frame in (COLUMN_REDUCTION, WHOLE_REDUCTION):
            mean, parts = name == "mean", "rows"
            if frame == WHOLE_REDUCTION and stripped(node.inputs[0].spec.shape) == self.form.space:
                parts = "places"
            how, count = ("sum", parts) if mean else (name, "")
            self.endings[out] = Ending(out, operands[0], how, frame, count)
        elif frame == ROW_REDUCTION:
            self.of[out] = self._row_reduction(name, dtype, operands)
        elif name in ("softmax", "log_softmax"):
            self.of[out] = self._softmax(name, dtype, operands[0])
        elif name == "add_along":
            self.of[out] = self._spread(dtype, operands)
        elif name in ("reshape", "broadcast_to"):
            self.of[out] = operands[0]
        elif name == "cast":
            self.of[out] = self._op("cast", dtype, operands[0])
        elif name == "where":
            self.of[out] = self._op("where", dtype, *operands)
        else:
            self.of[out] = self._op(name, dtype, *operands)

    def _row_reduction(self, name: str, dtype: str, operands: list[Instruction]) -> Instruction:
        if name == "take_along_axis":
            values, places = operands
            chosen = self._op("chosen", dtype, self._column(), places, values)
            return self._reduce("sum", chosen, dtype)
        if name == "mean":
            return self._reduce("sum", operands[0], dtype, count="columns")
        return self._reduce(name, operands[0], dtype)

    def _softmax(self, name: str, result: str, x: Instruction) -> Instruction:
        dtype = wide(result)
        if dtype != result:
            x = self._op("cast", dtype, x)
            return self._op("cast", result, self._softmax(name, dtype, x))
        apart = self._op("subtract", dtype, x, self._reduce("max", x, dtype))
        powers = self._op("exp", dtype, apart)
        total = self._reduce("sum", powers, dtype)
        if name == "softmax":
            return self._op("divide", dtype, powers, total)
        return self._op("subtract", dtype, apart, self._op("log", dtype, total))

    def _spread(self, dtype: str, operands: list[Instruction]) -> Instruction:
        values, places = operands
        return self._op("chosen", dtype, self._column(), places, values)
