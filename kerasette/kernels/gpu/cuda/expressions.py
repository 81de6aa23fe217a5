"""Elementwise operations as expressions of C: what each does to the elements of one place.

Infinities and NaN come out as numpy gives them. Sums, products, quotients and roots are those of
the CPU to the bit (no multiplication is contracted with a sum); functions such as exp are CUDA's,
within 2 units in the last place.
"""

from kerasette.kernels.gpu.cuda.prelude import COMPUTED, INTEGERS
from kerasette.kernels.instructions import EXACT, NARROW, Instruction, wide

FLOATS = ("float32", "float64")
_TWO = {
    "add": "plus", "subtract": "minus", "multiply": "times", "divide": "over",
    "maximum": "greatest", "minimum": "least",
}  # fmt: skip
_COMPARED = {
    "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=",
}  # fmt: skip
_BITS = {"logical_and": "&", "bitwise_and": "&", "logical_or": "|", "bitwise_or": "|"}
_OF_FLOATS = ("sqrt", "exp", "log", "tanh", "erf")


def limits(dtype: str) -> tuple[str, str]:
    """The least and the greatest number of a dtype, as C writes them."""
    if dtype in FLOATS:
        kind = COMPUTED[dtype]
        infinity = "__uint_as_float(0x7f800000u)"
        return f"({kind})(-{infinity})", f"({kind}){infinity}"
    if dtype == "bool":
        return "false", "true"
    bits, kind = int(dtype.lstrip("uint")), INTEGERS[dtype]
    if dtype.startswith("u"):
        return f"({kind})0", f"({kind}){2**bits - 1}ull"
    high = 2 ** (bits - 1) - 1
    return f"({kind})(-{high}ll - 1)", f"({kind}){high}ll"


def number(value: float, dtype: str) -> str:
    """A constant."""
    return f"({COMPUTED[dtype]}){value}"


def first_value(how: str, dtype: str) -> str:
    """What a reduction begins with."""
    low, high = limits(dtype)
    return number(0, dtype) if how == "sum" else low if how == "max" else high


def cast(source: str, target: str, x: str) -> str:
    """A value in another type, as numpy converts it."""
    if source == target:
        return x
    if target == "bool":
        return f"({x} != {number(0, source)})"
    if source in FLOATS and target in INTEGERS:
        low, high = limits(target)
        return f"whole<{COMPUTED[target]}>({x}, {low}, {high})"
    return f"({COMPUTED[target]})({x})"


def expression(instruction: Instruction, operands: list[str]) -> str:
    """The value of an instruction; that of a narrow type is rounded to it."""
    found = _wide(instruction, operands)
    if instruction.dtype not in NARROW or instruction.name in EXACT:
        return found
    return f"round_{instruction.dtype}({found})"


def _wide(instruction: Instruction, operands: list[str]) -> str:
    name, dtype, taken = instruction.name, wide(instruction.dtype), wide(instruction.taken)
    if name == "chosen":
        places = cast(instruction.operands[1].dtype, "int64", operands[1])
        return f"({operands[0]} == {places} ? {operands[2]} : {number(0, dtype)})"
    if name == "where":
        return f"({operands[0]} ? {operands[1]} : {operands[2]})"
    if name == "cast":
        return cast(taken, dtype, operands[0])
    return lower(name, taken, operands)


def lower(name: str, dtype: str, operands: list[str]) -> str:
    """The expression of a primitive over operands of ``dtype``.

    Raises: KeyError for one that is not known.
    """
    x, *rest = operands
    one, zero = number(1, dtype), number(0, dtype)
    if name in _TWO:
        return f"{_TWO[name]}({x}, {rest[0]})"
    if name in _COMPARED:
        return f"({x} {_COMPARED[name]} {rest[0]})"
    if name in _BITS:
        return f"({COMPUTED[dtype]})({x} {_BITS[name]} {rest[0]})"
    if name in _OF_FLOATS:
        return f"{name}_of({x})"
    if name in ("floor", "ceil"):
        return f"{name}_of({x})" if dtype in FLOATS else x
    if name == "power":
        return f"powf({x}, {rest[0]})"
    if name == "absolute" and (dtype == "bool" or dtype.startswith("u")):
        return x
    return {
        "absolute": lambda: (
            f"fabs_of({x})" if dtype in FLOATS else f"({x} < {zero} ? minus({zero}, {x}) : {x})"
        ),
        "negative": lambda: f"(-{x})" if dtype in FLOATS else f"minus({zero}, {x})",
        "square": lambda: f"times({x}, {x})",
        "reciprocal": lambda: f"over({one}, {x})",
        "divide_no_nan": lambda: f"({rest[0]} == {zero} ? {zero} : over({x}, {rest[0]}))",
        "clip": lambda: f"least(greatest({x}, {rest[0]}), {rest[1]})",
        "relu": lambda: f"({x} < {zero} ? {zero} : {x})",
        "logical_not": lambda: f"(!{x})",
        "isnan": lambda: f"({x} != {x})",
        "rsqrt": lambda: f"over({one}, sqrt_of({x}))",
        "sigmoid": lambda: f"over({one}, plus({one}, exp_of(-{x})))",
        "silu": lambda: f"times({x}, over({one}, plus({one}, exp_of(-{x}))))",
    }[name]()
