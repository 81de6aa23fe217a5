"""keras.ops, elementwise: values and gradients over dtypes, broadcasts, edges of the domain."""

import numpy as np

from tests.golden.harness import Cases, bools, distinct, integers, positive, real, uniform, words

CASES = Cases("ops_elementwise")


def op(name: str, *args, **kwargs) -> None:
    """A case of ``keras.ops.name``."""
    CASES.call(f"ops.{name}", *args, **kwargs)


EDGES = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e30, -1e-30, 0.5], "float32")
with np.errstate(over="ignore"):
    HALF_EDGES = EDGES.astype("float16")
HALVES = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, -0.4, 0.6, 2.0, -7.49], "float32")
COMPLEX = (real(3, 4) + 1j * real(3, 4, seed=1)).astype("complex64")

# One argument: any real number.
ANY = words("""abs absolute arcsinh arctan cbrt cos cosh deg2rad erf erfc exp exp2 expm1 fabs i0
negative rad2deg sigmoid sign sin sinc sinh square tan tanh""")
# One argument: a domain of its own.
DOMAIN = {
    "arccos": uniform(-1, 1, 3, 4),
    "arccosh": uniform(1, 3, 3, 4),
    "arcsin": uniform(-1, 1, 3, 4),
    "arctanh": uniform(-1, 1, 3, 4),
    "erfinv": uniform(-1, 1, 3, 4),
    "log": positive(3, 4),
    "log10": positive(3, 4),
    "log1p": uniform(-0.9, 2, 3, 4),
    "log2": positive(3, 4),
    "reciprocal": positive(3, 4),
    "rsqrt": positive(3, 4),
    "sqrt": positive(3, 4),
}
# One argument: steps, whose gradient is zero.
STEPS = words("ceil floor trunc")
TESTS = words("isfinite isinf isnan isneginf isposinf isreal")

for name in ANY:
    op(name, real(3, 4))
    op(name, real(3, 4, dtype="float16"))
    op(name, np.float32(0.7).reshape(()))
for name, values in DOMAIN.items():
    op(name, values)
    op(name, values.astype("float64"))
    op(name, values.astype("float16"))
for name in STEPS:
    op(name, real(3, 4, scale=3.0))
    op(name, HALVES)
    op(name, EDGES)
for name in TESTS:
    op(name, EDGES)
    op(name, integers(-3, 4, 5))
    op(name, HALF_EDGES)
for name in words("cos exp expm1 log1p sigmoid sqrt tanh arctan sinh log2"):
    op(name, integers(0, 6, 2, 3))
    op(name, bools(5))
for name in words("exp log sqrt tanh sigmoid cosh log1p expm1 arctan abs square"):
    op(name, EDGES, _gradient=False)
for name in words("abs negative square sign ceil floor trunc"):
    op(name, integers(-5, 6, 2, 3))
    op(name, integers(0, 6, 2, 3, dtype="uint8"))
    op(name, integers(-5, 6, 2, 3, dtype="int64"))

for decimals in (0, 1, 2):
    op("round", real(3, 4, scale=3.0), decimals=decimals)
op("round", real(3, 4, scale=300.0), decimals=-1)
op("round", HALVES)
op("round", integers(-50, 50, 6))
op("signbit", EDGES[EDGES == EDGES])
op("signbit", integers(-3, 4, 6))
op("nan_to_num", EDGES)
op("nan_to_num", EDGES, nan=1.5, posinf=7.0, neginf=-7.0)
op("nan_to_num", integers(-3, 4, 6))
op("clip", real(3, 4), -0.5, 0.5)
op("clip", real(3, 4), -0.5, np.array([0.1, 0.2, 0.3, 0.4], "float32"))
op("clip", integers(-5, 6, 8), -2, 3)
op("clip", EDGES, -1.0, 1.0, _gradient=False)
op("logical_not", bools(5))
op("logical_not", EDGES)
op("logical_not", integers(-1, 2, 6))
op("bitwise_not", integers(-9, 9, 6))
op("bitwise_invert", integers(-9, 9, 6))
op("bitwise_not", bools(5))
op("bitwise_invert", integers(0, 200, 6, dtype="uint8"))
for name in words("real imag conj conjugate angle abs"):
    op(name, COMPLEX)
for name in words("real conj conjugate angle"):
    op(name, real(3, 4))
# imag of a real array has no case: torch refuses it.
op("isreal", np.array([1 + 0j, 1 + 2j, 0j], "complex64"))
op("polar", positive(3, 4), uniform(-3, 3, 3, 4))
op("view_as_complex", real(3, 2))
op("view_as_real", COMPLEX)
op("view", integers(0, 200, 8, dtype="uint8"), dtype="int32")
op("view", real(4), dtype="int32", _gradient=False)
op("view", integers(-9, 9, 4, dtype="int16"), dtype="uint8")

# Two arguments: real numbers; equal shapes, broadcasts, numbers of Python.
PAIRS = words("add subtract multiply maximum minimum fmax fmin logaddexp logaddexp2 hypot arctan2")
RATIOS = words("divide true_divide divide_no_nan")
REMAINDERS = words("floor_divide mod fmod")
COMPARISONS = words("equal not_equal greater greater_equal less less_equal")
for name in PAIRS + RATIOS:
    op(name, distinct(3, 4), distinct(3, 4, seed=1))
    op(name, real(3, 1), positive(4))
    op(name, real(2, 3, dtype="float16"), positive(2, 3, dtype="float16"))
    op(name, real(2, 3), positive(2, 3, dtype="float16"))
    op(name, real(2, 3), integers(1, 5, 2, 3))
for name in words("add subtract multiply divide maximum minimum"):
    op(name, real(2, 3), 2)
    op(name, 2.5, real(2, 3))
    op(name, integers(-4, 5, 2, 3), 2)
    op(name, integers(-4, 5, 2, 3), 2.5)
    op(name, integers(1, 9, 2, 3), integers(1, 9, 2, 3, seed=1, dtype="int16"))
for name in REMAINDERS:
    slopes = name != "floor_divide"  # torch has no derivative for it; it is zero everywhere
    op(name, real(3, 4, scale=5.0), positive(3, 4), _gradient=slopes)
    op(name, real(3, 4, scale=5.0), -positive(3, 4), _gradient=slopes)
    op(name, real(3, 1, scale=5.0), positive(4), _gradient=slopes)
    op(name, integers(-9, 10, 8), np.array([2, -2, 3, -3, 4, -4, 5, 7], "int32"))
    op(name, integers(-9, 10, 8), 4)
for name in COMPARISONS:
    op(name, integers(0, 3, 3, 4), integers(0, 3, 3, 4, seed=1))
    op(name, EDGES, EDGES[::-1].copy())
    op(name, real(3, 1), real(4))
    op(name, real(3, 4), 0)
for name in words("maximum minimum"):
    op(name, np.array([1.0, 2.0, 2.0], "float32"), np.array([2.0, 2.0, 1.0], "float32"))
    op(name, EDGES, EDGES[::-1].copy(), _gradient=False)
for name in words("fmax fmin add multiply subtract"):
    op(name, EDGES, EDGES[::-1].copy(), _gradient=False)
op("divide", EDGES, EDGES[::-1].copy(), _gradient=False)
op("divide_no_nan", real(5), np.array([0.0, 1.0, 2.0, 0.0, 4.0], "float32"))
op("divide_no_nan", integers(-5, 6, 4), np.array([0, 2, 3, 0], "int32"))
op("power", positive(3, 4), real(3, 4))
op("power", positive(3, 1), real(4))
op("power", real(3, 4), 2)
op("power", real(3, 4), 3.0)
op("power", positive(3, 4), -0.5)
op("power", 2.0, real(3, 4))
op("power", integers(-4, 5, 6), 3)
op("power", integers(1, 5, 6), integers(0, 4, 6))
op("power", integers(1, 5, 6), 0.5)
op("power", np.zeros(3, "float32"), 2.0)
STEP = np.array([-1.0, 0.0, 2.0], "float32")  # torch has no derivative for heaviside
op("heaviside", HALVES, 0.5, _gradient=False)
op("heaviside", STEP, np.array([0.1, 0.2, 0.3], "float32"), _gradient=False)
op("heaviside", integers(-2, 3, 6), 1)
op("nextafter", real(4), real(4, seed=1), _gradient=False)
op("ldexp", real(4), integers(-2, 4, 4), _gradient=False)  # torch: 2**-1 is 0 there
op("ldexp", real(4), 3)
op("gcd", integers(-30, 30, 8), integers(1, 30, 8, seed=1))
op("lcm", integers(-30, 30, 8), integers(1, 30, 8, seed=1))
op("gcd", integers(0, 30, 2, 1), integers(0, 30, 3, seed=1))
op("lcm", integers(0, 30, 2, 1), integers(0, 30, 3, seed=1))

for name in words("logical_and logical_or logical_xor"):
    op(name, bools(3, 4), bools(3, 4, seed=1))
    op(name, integers(-1, 2, 3, 1), integers(-1, 2, 4))
    op(name, EDGES, bools(10))
for name in words("bitwise_and bitwise_or bitwise_xor"):
    op(name, integers(-9, 10, 3, 4), integers(-9, 10, 3, 4, seed=1))
    op(name, bools(5), bools(5, seed=1))
    op(name, integers(0, 200, 4, dtype="uint8"), integers(-9, 10, 4, dtype="int32"))
for name in words("left_shift bitwise_left_shift right_shift bitwise_right_shift"):
    op(name, integers(-90, 90, 6), integers(0, 4, 6))
    op(name, integers(0, 200, 6, dtype="uint8"), 2)

op("allclose", real(3), real(3))
op("allclose", real(3), real(3) + np.float32(1e-3), atol=1e-2)
op("allclose", EDGES, EDGES, equal_nan=True)
op("isclose", real(5), real(5) + np.float32(1e-6))
op("isclose", EDGES, EDGES)
op("isclose", EDGES, EDGES, equal_nan=True)
op("isclose", real(5), real(5) + np.float32(1e-3), rtol=1e-2, atol=0.0)
op("where", bools(3, 4), real(3, 4), real(3, 4, seed=1))
op("where", bools(3, 1), real(4), 0.0)
op("where", bools(3, 4), 1, integers(0, 5, 3, 4))
op("where", integers(0, 2, 3, 4), real(3, 4), real(4))
op("where", bools(3, 4), real(3, 4, dtype="float16"), integers(0, 5, 3, 4))
op("select", [bools(3, 4), bools(3, 4, seed=1)], [real(3, 4), real(3, 4, seed=1)])
op("select", [bools(5), bools(5, seed=1)], [real(5), real(5, seed=1)], default=7)

for dtype in words("bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64"):
    op("cast", positive(3, 4), dtype)
    op("cast", integers(0, 5, 3, 4), dtype)
op("cast", bools(4), "float32")
op("cast", COMPLEX, "complex64")
for dtype in words("uint8 int8 int16 float16 int32"):
    op("saturate_cast", real(3, 4, scale=300.0), dtype, _gradient=False)
    op("saturate_cast", integers(-400, 400, 8), dtype)
op("stop_gradient", real(3, 4))
