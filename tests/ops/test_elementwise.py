"""Elementwise operations that are made of others, at their edges, and what they refuse."""

import subprocess
import sys

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.special

import kerasette
from kerasette import ops

EDGES = np.array([0.0, -0.0, 1.5, -1.5, np.inf, -np.inf, np.nan])


def _gradient(function, *values):
    tensors = [kerasette.constant(np.asarray(value, "float64")) for value in values]
    with kerasette.GradientTape() as tape:
        tape.watch(tensors)
        y = function(*tensors)
    return [np.asarray(g) for g in tape.gradient(y, tensors)]


def _second(function, value):
    x = kerasette.constant(np.asarray(value, "float64"))
    with kerasette.GradientTape() as outer:
        outer.watch(x)
        with kerasette.GradientTape() as inner:
            inner.watch(x)
            y = function(x)
        slope = inner.gradient(y, x)
    return np.asarray(outer.gradient(slope, x))


# --- values ---------------------------------------------------------------------------------------

COMPOSITES = {
    "fabs": np.fabs, "isneginf": np.isneginf, "isposinf": np.isposinf, "isreal": np.isreal,
    "deg2rad": np.deg2rad, "rad2deg": np.rad2deg, "sinc": np.sinc, "angle": np.angle,
    "nan_to_num": np.nan_to_num, "copy": np.copy,
}  # fmt: skip


@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_composites(name: str, dtype: str) -> None:
    """numpy's values, in the operand's dtype, at the edges too; symbols get the same kind."""
    values = EDGES.astype(dtype)
    found = getattr(ops, name)(kerasette.constant(values))
    expected = COMPOSITES[name](values)
    assert found.dtype == expected.dtype.name
    np.testing.assert_allclose(np.asarray(found), expected, 1e-6, 1e-7)
    symbol = getattr(ops, name)(kerasette.KerasTensor((None, 3), dtype))
    assert (symbol.shape, symbol.dtype) == ((None, 3), found.dtype)


@pytest.mark.parametrize("name", ["fmax", "fmin"])
def test_the_other_where_one_is_not_a_number(name: str) -> None:
    """Two edges each."""
    x, y = np.meshgrid(EDGES, EDGES)
    np.testing.assert_array_equal(np.asarray(getattr(ops, name)(x, y)), getattr(np, name)(x, y))
    assert _gradient(getattr(ops, name), np.nan, 2.0) == [0.0, 1.0]
    assert getattr(ops, name)(kerasette.constant([1]), 2.5).dtype == "float32"


@pytest.mark.parametrize("equal_nan", [False, True])
def test_isclose(equal_nan: bool) -> None:
    """numpy's rule, at the edges too."""
    x, y = np.meshgrid(EDGES, np.append(EDGES, 1.5 + 1e-6))
    found = ops.isclose(x, y, equal_nan=equal_nan)
    np.testing.assert_array_equal(np.asarray(found), np.isclose(x, y, equal_nan=equal_nan))
    assert bool(ops.isclose(100, 101, rtol=0.02))
    assert not bool(ops.isclose(100, 101))
    assert bool(ops.allclose([1.0, 2.0], [1.0, 2.0]))
    assert not bool(ops.allclose([1.0, 2.0], [1.0, 2.1]))
    assert bool(ops.allclose([np.nan], [np.nan], equal_nan=equal_nan)) == equal_nan


def test_isreal_of_complex_numbers() -> None:
    """Those whose imaginary part is 0."""
    np.testing.assert_array_equal(np.asarray(ops.isreal([1.0, 1j, 2 + 0j])), [True, False, True])


def test_where_alone() -> None:
    """With a condition only, the places where it holds."""
    found = ops.where(kerasette.constant([[True, False], [False, True]]))
    np.testing.assert_array_equal([np.asarray(part) for part in found], [[0, 1], [0, 1]])
    with pytest.raises(ValueError, match="x2=None"):
        ops.where([True], 1.0)


def test_where_keeps_gradients_apart() -> None:
    """What is not chosen is NaN in value and slope, and gives a gradient of 0 all the same."""
    (g,) = _gradient(lambda x: ops.where(x > 0, x, 2.0), [-1.0, 3.0])
    np.testing.assert_array_equal(g, [0, 1])
    x = kerasette.constant([True, False])
    assert ops.where(x, 1, 2.5).dtype == "float32"
    assert ops.where(x, ops.ones(2, "bfloat16"), 0).dtype == "bfloat16"
    assert ops.where([1, 0], [1, 2], [3, 4]).tolist() == [1, 4]  # numbers hold where not 0


def test_select() -> None:
    """The first condition that holds decides."""
    x = np.arange(6)
    conditions, choices = [x < 3, x < 5], [x, x**2]
    expected = np.select(conditions, choices, 42)
    np.testing.assert_array_equal(np.asarray(ops.select(conditions, choices, 42)), expected)
    with pytest.raises(ValueError, match="1 conditions and 2 choices"):
        ops.select([x < 3], choices)
    with pytest.raises(ValueError, match="at least 1"):
        ops.select([], [])


@pytest.mark.parametrize("bounds", [(-1.0, 1.0), (None, 1.0), (-1.0, None), (None, None)])
def test_clip(bounds) -> None:
    """One bound, two, or none; NaN stays."""
    found = ops.clip(EDGES, *bounds)
    expected = EDGES if bounds == (None, None) else np.clip(EDGES, *bounds)
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_clip_dtypes_and_gradients() -> None:
    """Integers stay integers unless a bound is a float; at a bound the gradient passes."""
    assert ops.clip(kerasette.constant([1, 5]), 2, 4).dtype == "int32"
    assert ops.clip(kerasette.constant([1, 5]), 2.0, 4).dtype == "float32"
    assert ops.clip(kerasette.constant([True]), 0, 1).dtype == "int32"
    x, low, high = _gradient(ops.clip, [0.0, 1.0, 2.0, 3.0, 4.0], 1.0, 3.0)
    np.testing.assert_array_equal(x, [0, 1, 1, 1, 0])
    assert (low, high) == (1.0, 1.0)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_nan_to_num_uses_the_limits_of_the_dtype(dtype: str) -> None:
    """Finite in every dtype; chosen numbers where they are given."""
    x = ops.cast(EDGES, dtype)
    found = ops.nan_to_num(x)
    assert found.dtype == dtype
    assert np.isfinite(np.asarray(ops.cast(found, "float64"))).all()
    given = ops.nan_to_num(x, nan=1.0, posinf=2.0, neginf=3.0)
    assert np.asarray(ops.cast(given, "float32"))[4:].tolist() == [2.0, 3.0, 1.0]
    whole = kerasette.constant([1, 2])
    assert ops.nan_to_num(whole) is whole
    assert complex(ops.nan_to_num(complex(np.nan, 2.0))) == 2j


INTEGER_TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


@pytest.mark.parametrize("target", INTEGER_TYPES)
@pytest.mark.parametrize("source", ["int8", "uint8", "int64", "uint64", "float32", "float64"])
def test_saturate_cast(source: str, target: str) -> None:
    """Outside the range the limit, or the nearest number to it that the source has."""
    if source.startswith("float"):
        values = np.array([-1e30, -1.5, 0.0, 7.9, 200.0, 1e30, np.inf], source)
    else:
        limits = np.iinfo(source)
        values = np.array([limits.min, 0, 7, limits.max], source)
    found = ops.saturate_cast(values, target)
    assert found.dtype == target
    low, high = np.iinfo(target).min, np.iinfo(target).max
    for one, other in zip(np.asarray(found).tolist(), values.tolist(), strict=True):
        limited = min(max(int(min(max(other, -1e25), 1e25)), low), high)
        near = abs(limited) * float(np.finfo(source).eps) if source.startswith("float") else 0
        assert abs(one - limited) <= near


def test_saturate_cast_of_floats() -> None:
    """Narrower floats stay finite; truth values and equal dtypes are plain casts."""
    assert float(ops.saturate_cast(1e6, "float16")) == 65504
    assert float(ops.saturate_cast(np.float64(-1e300), "bfloat16")) < -3e38
    assert ops.saturate_cast([0, 3], "bool").tolist() == [False, True]
    assert ops.saturate_cast(kerasette.KerasTensor((None,)), "int8").dtype == "int8"


@hypothesis.given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))
@hypothesis.settings(max_examples=50, deadline=None)
def test_division_with_remainder(x: int, y: int) -> None:
    """x = y * (x // y) + x % y, and the remainder has the sign of y; fmod that of x."""
    if y == 0 or (x, y) == (-(2**31), -1):
        return
    a, b = kerasette.constant(x, "int64"), kerasette.constant(y, "int64")
    assert int(a // b) == x // y
    assert int(a % b) == x % y
    assert int(ops.fmod(a, b)) == int(np.fmod(x, y))
    assert int(ops.gcd(a, b)) == np.gcd(x, y)


def test_rounding() -> None:
    """Halves to even; digits before the point; integers stay what they are."""
    assert ops.round([0.5, 1.5, 2.5]).tolist() == [0, 2, 2]
    assert ops.round([1234, 1250], -2).tolist() == [1200, 1200]
    assert ops.round(kerasette.constant([True])).dtype == "bool"
    assert ops.floor(kerasette.constant([3])).dtype == "float32"
    assert ops.trunc(kerasette.constant([3])).dtype == "int32"


@pytest.mark.parametrize("name", ["erf", "erfc", "erfinv", "i0"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 4), ("float64", 600)])
def test_special_functions_to_the_last_places(name: str, dtype: str, tolerance: int) -> None:
    """Within a few units in the last place (1e-13 of float64, where scipy itself loses some)."""
    x = np.linspace(-6, 26 if name == "erfc" else 6, 2001)
    x = (np.tanh(x / 2) if name == "erfinv" else x * 10 if name == "i0" else x).astype(dtype)
    expected = getattr(scipy.special, name)(x.astype("float64"))
    with np.errstate(all="ignore"):
        shown = np.isfinite(expected) & (np.abs(expected) > np.finfo(dtype).tiny)
        last = np.spacing(np.abs(expected[shown]).astype(dtype))
    found = np.asarray(getattr(ops, name)(x))
    assert found.dtype == dtype
    assert np.max(np.abs(found[shown] - expected[shown]) / last) <= tolerance


def test_special_functions_at_the_ends() -> None:
    """Infinities and what lies outside."""
    inf = float("inf")
    assert ops.erf([inf, -inf, 0.0]).tolist() == [1, -1, 0]
    assert ops.erfc([inf, -inf, 0.0]).tolist() == [0, 2, 1]
    assert ops.erfinv([1.0, -1.0]).tolist() == [inf, -inf]
    assert np.isnan(np.asarray(ops.erfinv([1.1, float("nan")]))).all()
    assert float(ops.i0(-inf)) == inf
    assert ops.erf(kerasette.constant(1)).dtype == "float32"


def test_complex_numbers() -> None:
    """Parts, angles, and both ways between pairs and numbers."""
    z = np.array([[1 + 2j, -3 - 0.5j], [0j, 2.0]], "complex64")
    np.testing.assert_allclose(np.asarray(ops.angle(z)), np.angle(z), rtol=1e-6)
    pairs = ops.view_as_real(z)
    assert (pairs.shape, pairs.dtype) == ((2, 2, 2), "float32")
    np.testing.assert_array_equal(np.asarray(ops.view_as_complex(pairs)), z)
    found = ops.polar(np.abs(z), np.angle(z))
    assert found.dtype == "complex64"
    np.testing.assert_allclose(np.asarray(found), z, atol=1e-6)
    assert ops.polar(np.float64([1.0]), np.float64([0.0])).dtype == "complex128"
    assert ops.abs(z).dtype == "float32"
    with pytest.raises(ValueError, match="last axis"):
        ops.view_as_complex([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="no order"):
        ops.maximum(z, z)


def test_gradient_through_complex_numbers() -> None:
    """|x + iy| ** 2 = x**2 + y**2: real gradients of a real result."""

    def length(x, y):
        z = ops.polar(ops.ones_like(x), ops.zeros_like(x)) * 0 + x
        z = z + y * ops.cast(1j, "complex128")
        return ops.sum(ops.real(z * ops.conj(z)) + ops.abs(z))

    x, y = np.array([3.0, 1.0]), np.array([4.0, -2.0])
    found = _gradient(length, x, y)
    size = np.hypot(x, y)
    np.testing.assert_allclose(found[0], 2 * x + x / size, rtol=1e-12)
    np.testing.assert_allclose(found[1], 2 * y + y / size, rtol=1e-12)


def test_stored_forms() -> None:
    """Bits, neighbours, exponents."""
    assert ops.view(np.float32([1.0]), "int32").tolist() == [0x3F800000]
    assert ops.view(np.zeros((2, 4), "int8"), "int32").shape == (2, 1)
    assert ops.view(np.zeros((2, 4), "int32"), "bfloat16").shape == (2, 8)
    x = kerasette.constant([1.0])
    assert ops.view(x) is x
    assert ops.view(kerasette.KerasTensor((None, 4)), "float64").shape == (None, 2)
    with pytest.raises(ValueError, match="does not divide"):
        ops.view(np.zeros((2, 3), "int8"), "int16")
    with pytest.raises(ValueError, match="Give it an axis"):
        ops.view(np.int8(1), "int16")
    for dtype in ("float16", "bfloat16", "float32"):
        one = ops.ones((), dtype)
        after = ops.nextafter(one, 2.0)
        eps = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23}[dtype]
        assert float(after) == 1 + eps
        assert after.dtype == dtype
    assert ops.ldexp(3, 2).dtype == "float32"
    assert float(ops.ldexp(3, kerasette.constant(2, "int8"))) == 12
    with pytest.raises(TypeError, match="integer dtype"):
        ops.ldexp(1.0, 2.0)


# --- gradients at special places ------------------------------------------------------------------


def test_ties_share_the_gradient() -> None:
    """Of two equal operands each gets half; their sum is that of one."""
    for op in (ops.maximum, ops.minimum):
        assert [float(g) for g in _gradient(op, 2.0, 2.0)] == [0.5, 0.5]
    assert float(_gradient(ops.abs, 0.0)[0]) == 0


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0])
def test_powers_of_zero(exponent: float) -> None:
    """d/dx x**n at 0, where n * 0**(n - 1) is a product of 0 and infinity for n = 0."""
    base, top = _gradient(ops.power, 0.0, exponent)
    assert base == (1.0 if exponent == 1 else 0.0)
    assert top == 0.0


def test_logaddexp_of_infinities() -> None:
    """No NaN where both, or one, are minus infinity."""
    inf = float("inf")
    assert [float(g) for g in _gradient(ops.logaddexp, -inf, 1.0)] == [0.0, 1.0]
    for pair in ((-inf, -inf), (inf, 1.0)):
        assert np.isfinite(_gradient(ops.logaddexp, *pair)).all()
    assert [float(g) for g in _gradient(ops.logaddexp2, 3.0, 3.0)] == [0.5, 0.5]


def test_divisions_by_zero_have_finite_gradients() -> None:
    """``divide_no_nan`` is constant 0 there; so are angles and lengths at the origin."""
    for op in (ops.divide_no_nan, ops.arctan2, ops.hypot):
        assert [float(g) for g in _gradient(op, 0.0, 0.0)] == [0.0, 0.0]


@pytest.mark.parametrize("x", [0.0, 1e-9, 1e-3, 0.1, 0.159, 0.16, 0.5, 2.3])
def test_slopes_of_sinc(x: float) -> None:
    """First and second derivative near 0, where the quotient's own formula loses all digits."""
    t = np.longdouble(x) * np.pi
    if abs(t) < 0.3:  # the series of (t cos t - sin t) / t**2 and of its derivative
        first = -t / 3 + t**3 / 30 - t**5 / 840 + t**7 / 45360
        second = -1 / np.longdouble(3) + t**2 / 10 - t**4 / 168 + t**6 / 6480
    else:
        first = (t * np.cos(t) - np.sin(t)) / t**2
        second = -np.sin(t) / t - 2 * first / t
    np.testing.assert_allclose(
        _gradient(ops.sinc, x)[0], float(first * np.pi), rtol=1e-8, atol=1e-15
    )
    np.testing.assert_allclose(_second(ops.sinc, x), float(second * np.pi**2), rtol=1e-7)


# --- what is refused, and what is silent ----------------------------------------------------------


def test_messages() -> None:
    """The operation, what came, and the way out."""
    with pytest.raises(ValueError, match=r"bitwise_and: .*float32"):
        ops.bitwise_and([1.0], [2.0])
    with pytest.raises(ValueError, match=r"negative: .*logical_not"):
        -kerasette.constant([True])
    with pytest.raises(ValueError, match="dtype"):
        ops.cast([1.0], "float31")


def test_arithmetic_is_silent() -> None:
    """Divisions by 0 and overflows give their values and no warnings, outside of tests too."""
    program = (
        "import kerasette; from kerasette import ops; "
        "x = kerasette.constant([0.0, -1.0, 1e38]); "
        "[op(x) for op in (ops.log, ops.sqrt, ops.exp, ops.reciprocal, ops.square)]; x / 0.0; "
        "kerasette.function(lambda x: ops.log(x) / x)(x); ops.cast(x, 'float16')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
