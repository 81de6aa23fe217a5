"""Elementwise operations as instructions: what each primitive does to the elements of one place.

All are written without branches, so that loops over them become vector code. Infinities and NaN
come out as numpy gives them, denormal numbers as 0; exp, log and erf stay within 2 units in the
last place, tanh and sigmoid within 2.5. The polynomials are those of Moshier's Cephes library (exp,
log) and of the rational approximation of erf that is common in linear algebra libraries.
"""

import math
from collections.abc import Callable
from typing import Any

from kerasette.kernels.cpu.llvm.builder import FLOATS, UNSIGNED, Builder, number, register_type

Lowering = Callable[..., str]
TABLE: dict[str, Lowering] = {}


def lowers(*names: str) -> Callable[[Lowering], Lowering]:
    """Say how primitives of these names are computed: ``f(builder, dtype, *operands) -> name``.

    ``dtype`` is that of the operands; constants among them have been made values already.
    """

    def add(rule: Lowering) -> Lowering:
        TABLE.update(dict.fromkeys(names, rule))
        return rule

    return add


def _kind(dtype: str) -> str:
    return register_type(dtype)


def binary(b: Builder, dtype: str, of_floats: str, of_integers: str, x: str, y: str) -> str:
    """An instruction with a name for floats and one for integers."""
    if dtype in FLOATS:
        return b.value(f"{of_floats} {_kind(dtype)} {x}, {y}")
    return b.value(f"{of_integers} {_kind(dtype)} {x}, {y}")


def compare(b: Builder, dtype: str, sign: str, x: str, y: str) -> str:
    """A comparison: eq, ne, lt, le, gt or ge."""
    if dtype in FLOATS:
        # With NaN, only "not equal" holds.
        order = "u" if sign == "ne" else "o"
        return b.value(f"fcmp {order}{sign} {_kind(dtype)} {x}, {y}")
    if sign not in ("eq", "ne"):
        sign = ("u" if dtype in (*UNSIGNED, "bool") else "s") + sign
    return b.value(f"icmp {sign} {_kind(dtype)} {x}, {y}")


def select(b: Builder, dtype: str, condition: str, x: str, y: str) -> str:
    """``x`` where the condition holds, else ``y``."""
    kind = _kind(dtype)
    return b.value(f"select i1 {condition}, {kind} {x}, {kind} {y}")


def intrinsic(b: Builder, dtype: str, name: str, *operands: str) -> str:
    """A function of LLVM's own on floats."""
    kind = _kind(dtype)
    suffix = {"float": "f32", "double": "f64"}[kind]
    return b.call(f"llvm.{name}.{suffix}", kind, *((kind, operand) for operand in operands))


def polynomial(b: Builder, dtype: str, x: str, *coefficients: float) -> str:
    """By Horner's rule; the highest power's coefficient first."""
    found = number(coefficients[0], dtype)
    for coefficient in coefficients[1:]:
        found = intrinsic(b, dtype, "fma", found, x, number(coefficient, dtype))
    return found


@lowers("add")
def add(b: Builder, dtype: str, x: str, y: str) -> str:
    return b.value(f"or i1 {x}, {y}") if dtype == "bool" else binary(b, dtype, "fadd", "add", x, y)


@lowers("subtract")
def subtract(b: Builder, dtype: str, x: str, y: str) -> str:
    return b.value(f"xor i1 {x}, {y}") if dtype == "bool" else binary(b, dtype, "fsub", "sub", x, y)


@lowers("multiply")
def multiply(b: Builder, dtype: str, x: str, y: str) -> str:
    return binary(b, dtype, "fmul", "and" if dtype == "bool" else "mul", x, y)


@lowers("divide")
def divide(b: Builder, dtype: str, x: str, y: str) -> str:
    return b.value(f"fdiv {_kind(dtype)} {x}, {y}")


@lowers("reciprocal")
def reciprocal(b: Builder, dtype: str, x: str) -> str:
    return divide(b, dtype, number(1, dtype), x)


@lowers("divide_no_nan")
def divide_no_nan(b: Builder, dtype: str, x: str, y: str) -> str:
    zero = number(0, dtype)
    return select(b, dtype, compare(b, dtype, "eq", y, zero), zero, divide(b, dtype, x, y))


@lowers("negative")
def negative(b: Builder, dtype: str, x: str) -> str:
    return b.value(f"fneg {_kind(dtype)} {x}" if dtype in FLOATS else f"sub {_kind(dtype)} 0, {x}")


@lowers("absolute")
def absolute(b: Builder, dtype: str, x: str) -> str:
    if dtype in FLOATS:
        return intrinsic(b, dtype, "fabs", x)
    if dtype in (*UNSIGNED, "bool"):
        return x
    return select(b, dtype, compare(b, dtype, "lt", x, "0"), negative(b, dtype, x), x)


@lowers("square")
def square(b: Builder, dtype: str, x: str) -> str:
    return multiply(b, dtype, x, x)


@lowers("maximum")
def maximum(b: Builder, dtype: str, x: str, y: str) -> str:
    if dtype in FLOATS:
        return intrinsic(b, dtype, "maximum", x, y)
    return select(b, dtype, compare(b, dtype, "gt", x, y), x, y)


@lowers("minimum")
def minimum(b: Builder, dtype: str, x: str, y: str) -> str:
    if dtype in FLOATS:
        return intrinsic(b, dtype, "minimum", x, y)
    return select(b, dtype, compare(b, dtype, "lt", x, y), x, y)


@lowers("clip")
def clip(b: Builder, dtype: str, x: str, low: str, high: str) -> str:
    return minimum(b, dtype, maximum(b, dtype, x, low), high)


@lowers("relu")
def relu(b: Builder, dtype: str, x: str) -> str:
    zero = number(0, dtype)
    return select(b, dtype, compare(b, dtype, "lt", x, zero), zero, x)


for _name, _sign in {
    "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt",
    "greater_equal": "ge",
}.items():  # fmt: skip

    def _compared(b: Builder, dtype: str, x: str, y: str, sign: str = _sign) -> str:
        return compare(b, dtype, sign, x, y)

    TABLE[_name] = _compared


@lowers("logical_and", "bitwise_and")
def both(b: Builder, dtype: str, x: str, y: str) -> str:
    return b.value(f"and {_kind(dtype)} {x}, {y}")


@lowers("logical_or", "bitwise_or")
def either(b: Builder, dtype: str, x: str, y: str) -> str:
    return b.value(f"or {_kind(dtype)} {x}, {y}")


@lowers("logical_not")
def logical_not(b: Builder, dtype: str, x: str) -> str:
    return b.value(f"xor i1 {x}, true")


@lowers("isnan")
def isnan(b: Builder, dtype: str, x: str) -> str:
    return b.value(f"fcmp uno {_kind(dtype)} {x}, {x}")


@lowers("sqrt")
def sqrt(b: Builder, dtype: str, x: str) -> str:
    return intrinsic(b, dtype, "sqrt", x)


@lowers("rsqrt")
def rsqrt(b: Builder, dtype: str, x: str) -> str:
    return reciprocal(b, dtype, sqrt(b, dtype, x))


@lowers("floor")
def floor(b: Builder, dtype: str, x: str) -> str:
    return intrinsic(b, dtype, "floor", x) if dtype in FLOATS else x


@lowers("ceil")
def ceil(b: Builder, dtype: str, x: str) -> str:
    return intrinsic(b, dtype, "ceil", x) if dtype in FLOATS else x


# Added to a number between -2**22 and 2**22, it leaves a whole one in the lowest bits.
_WHOLE = 1.5 * 2.0**23


def _bounded(b: Builder, x: str, low: float, high: float) -> str:
    """``x`` between two bounds. Selects with the comparison's other side keep NaN."""
    least, most = number(low, "float32"), number(high, "float32")
    x = select(b, "float32", compare(b, "float32", "lt", x, least), least, x)
    return select(b, "float32", compare(b, "float32", "gt", x, most), most, x)


def _parted(b: Builder, x: str) -> tuple[str, str]:
    """Of ``exp(x) = (1 + rest) * 2**n`` the rest, and ``n + _WHOLE``."""
    dtype, magic = "float32", number(_WHOLE, "float32")
    placed = intrinsic(b, dtype, "fma", x, number(math.log2(math.e), dtype), magic)
    n = b.value(f"fsub float {placed}, {magic}")
    part = intrinsic(b, dtype, "fma", n, number(-0.693359375, dtype), x)
    part = intrinsic(b, dtype, "fma", n, number(2.12194440e-4, dtype), part)
    series = polynomial(
        b, dtype, part, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
        1.6666665459e-1, 5.0000001201e-1,
    )  # fmt: skip
    return intrinsic(b, dtype, "fma", series, b.value(f"fmul float {part}, {part}"), part), placed


def _power_of_two(b: Builder, placed: str) -> str:
    """``2**n`` of ``n + _WHOLE``, for n from -126 to 127."""
    biased = b.value(f"add i32 {b.value(f'bitcast float {placed} to i32')}, 127")
    return b.value(f"bitcast i32 {b.value(f'shl i32 {biased}, 23')} to float")


@lowers("exp")
def exp(b: Builder, dtype: str, x: str) -> str:
    if dtype == "float64":
        return intrinsic(b, dtype, "exp", x)
    rest, placed = _parted(b, _bounded(b, x, -87.34, 89.0))
    # 2**128 is no number: the last doubling is done apart, and may end in infinity.
    most = number(_WHOLE + 127, dtype)
    within = select(b, dtype, compare(b, dtype, "gt", placed, most), most, placed)
    doubled = b.value(f"fsub float {placed}, {within}")
    found = b.value(f"fadd float {rest}, {number(1, dtype)}")
    found = b.value(f"fmul float {found}, {_power_of_two(b, within)}")
    return intrinsic(b, dtype, "fma", found, doubled, found)


@lowers("log")
def log(b: Builder, dtype: str, x: str) -> str:
    if dtype == "float64":
        return intrinsic(b, dtype, "log", x)
    tiny = compare(b, dtype, "lt", x, number(1.17549435e-38, dtype))
    scaled = b.value(f"fmul float {x}, {number(2.0**25, dtype)}")
    bits = b.value(f"bitcast float {select(b, dtype, tiny, scaled, x)} to i32")
    exponent = b.value(f"sub i32 {b.value(f'lshr i32 {bits}, 23')}, 126")
    exponent = b.value(f"sub i32 {exponent}, {b.value(f'select i1 {tiny}, i32 25, i32 0')}")
    kept = b.value(f"or i32 {b.value(f'and i32 {bits}, 8388607')}, 1056964608")
    m = b.value(f"bitcast i32 {kept} to float")  # from 0.5 to 1
    small = compare(b, dtype, "lt", m, number(math.sqrt(0.5), dtype))
    e = b.value(f"sitofp i32 {exponent} to float")
    e = select(b, dtype, small, b.value(f"fsub float {e}, {number(1, dtype)}"), e)
    doubled = b.value(f"fadd float {m}, {m}")
    m = b.value(f"fsub float {select(b, dtype, small, doubled, m)}, {number(1, dtype)}")
    z = b.value(f"fmul float {m}, {m}")
    series = polynomial(
        b, dtype, m, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
        1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    )  # fmt: skip
    y = b.value(f"fmul float {b.value(f'fmul float {series}, {m}')}, {z}")
    y = intrinsic(b, dtype, "fma", e, number(-2.12194440e-4, dtype), y)
    y = intrinsic(b, dtype, "fma", z, number(-0.5, dtype), y)
    found = intrinsic(
        b, dtype, "fma", e, number(0.693359375, dtype), b.value(f"fadd float {m}, {y}")
    )
    infinite = number(math.inf, dtype)
    found = select(b, dtype, compare(b, dtype, "eq", x, infinite), infinite, found)
    zero = number(0, dtype)
    found = select(b, dtype, compare(b, dtype, "eq", x, zero), number(-math.inf, dtype), found)
    wrong = b.value(f"fcmp ult float {x}, {zero}")  # below 0, or NaN
    return select(b, dtype, wrong, number(math.nan, dtype), found)


@lowers("tanh")
def tanh(b: Builder, dtype: str, x: str) -> str:
    """``e / (e + 2)``, where ``e = exp(2 |x|) - 1`` is exact to the last bits near 0, too."""
    size = intrinsic(b, dtype, "fabs", x)
    rest, placed = _parted(b, _bounded(b, b.value(f"fadd float {size}, {size}"), 0.0, 40.0))
    power = _power_of_two(b, placed)
    less = b.value(f"fsub float {power}, {number(1, dtype)}")
    e = intrinsic(b, dtype, "fma", power, rest, less)
    found = divide(b, dtype, e, b.value(f"fadd float {e}, {number(2, dtype)}"))
    return intrinsic(b, dtype, "copysign", found, x)


@lowers("sigmoid")
def sigmoid(b: Builder, dtype: str, x: str) -> str:
    one = number(1, dtype)
    return divide(b, dtype, one, add(b, dtype, one, exp(b, dtype, negative(b, dtype, x))))


@lowers("silu")
def silu(b: Builder, dtype: str, x: str) -> str:
    return multiply(b, dtype, x, sigmoid(b, dtype, x))


@lowers("erf")
def erf(b: Builder, dtype: str, x: str) -> str:
    low, high = number(-4, dtype), number(4, dtype)
    x = select(b, dtype, compare(b, dtype, "lt", x, low), low, x)
    x = select(b, dtype, compare(b, dtype, "gt", x, high), high, x)
    z = multiply(b, dtype, x, x)
    above = polynomial(
        b, dtype, z, -2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06,
        -5.69250639462346e-05, -7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02,
    )  # fmt: skip
    below = polynomial(
        b, dtype, z, -1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03,
        -7.37332916720468e-03, -1.42647390514189e-02,
    )  # fmt: skip
    return divide(b, dtype, multiply(b, dtype, x, above), below)


@lowers("power")
def power(b: Builder, dtype: str, x: str, y: str) -> str:
    return intrinsic(b, dtype, "pow", x, y)


DOUBLE_TOO = frozenset(TABLE) - {"erf", "tanh"}  # tanh and erf of float64 stay with numpy


def cast(b: Builder, source: str, target: str, x: str) -> str:
    """A value in another type, as numpy converts it."""
    if source == target:
        return x
    old, new = _kind(source), _kind(target)
    if target == "bool":
        test = "fcmp une" if source in FLOATS else "icmp ne"
        return b.value(f"{test} {old} {x}, {number(0, source)}")
    if source in FLOATS and target in FLOATS:
        return b.value(f"{'fpext' if target == 'float64' else 'fptrunc'} {old} {x} to {new}")
    unsigned = source in (*UNSIGNED, "bool")
    if target in FLOATS:
        return b.value(f"{'uitofp' if unsigned else 'sitofp'} {old} {x} to {new}")
    if source in FLOATS:
        name = "fptoui" if target in UNSIGNED else "fptosi"
        suffix = "f32" if source == "float32" else "f64"
        return b.call(f"llvm.{name}.sat.{new}.{suffix}", new, (old, x))
    before, after = _bits(old), _bits(new)
    if before == after:
        return x
    if before > after:
        return b.value(f"trunc {old} {x} to {new}")
    return b.value(f"{'zext' if unsigned else 'sext'} {old} {x} to {new}")


def rounded(b: Builder, dtype: str, x: str) -> str:
    """A float32 rounded to the nearest value of a narrow type, ties to even."""
    if dtype == "float16":
        return b.value(f"fpext half {b.value(f'fptrunc float {x} to half')} to float")
    bits = b.value(f"bitcast float {x} to i32")
    odd = b.value(f"and i32 {b.value(f'lshr i32 {bits}, 16')}, 1")
    up = b.value(f"add i32 {b.value(f'add i32 {bits}, 32767')}, {odd}")
    quiet = b.value(f"or i32 {bits}, 4194304")  # NaN stays NaN
    bits = b.value(f"select i1 {b.value(f'fcmp uno float {x}, {x}')}, i32 {quiet}, i32 {up}")
    return b.value(f"bitcast i32 {b.value(f'and i32 {bits}, -65536')} to float")


def _bits(kind: str) -> int:
    return int(kind[1:])


def lower(b: Builder, name: str, dtype: str, operands: list[str], **attributes: Any) -> str:
    """The instructions of a primitive; the value's name."""
    return TABLE[name](b, dtype, *operands)
