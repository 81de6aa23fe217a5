"""Operators of tensors, variables and symbols, with numbers and arrays beside them."""

import operator

import numpy as np
import pytest

import kerasette
from kerasette import ops

X = np.array([[1.5, -2.0, 3.0], [4.0, 0.5, -6.0]], "float32")
Y = np.array([2.0, 3.0, 0.5], "float32")
INTEGERS = np.array([5, 6, 7], "int32")

ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "lt", "le", "gt", "ge", "ne", "eq")
BITS = ("and_", "or_", "xor", "lshift", "rshift", "add", "sub", "mul", "floordiv", "mod", "pow")


def _values(array):
    """The same values as everything that may stand beside a tensor."""
    return {
        "tensor": kerasette.constant(array),
        "variable": kerasette.Variable(array, dtype=str(array.dtype)),
        "array": array,
        "list": array.tolist(),
    }


@pytest.mark.parametrize("name", ARITHMETIC)
@pytest.mark.parametrize("left", ["tensor", "variable", "array", "list"])
@pytest.mark.parametrize("right", ["tensor", "variable", "array", "list"])
def test_floats(name: str, left: str, right: str) -> None:
    """Whatever stands on which side, as long as one of the two is a tensor or variable."""
    if {left, right} <= {"array", "list"}:
        return
    function = getattr(operator, name)
    found = function(_values(X)[left], _values(Y)[right])
    assert ops.is_tensor(found)
    expected = function(X, Y)
    assert found.dtype == expected.dtype.name
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6)


@pytest.mark.parametrize("name", BITS)
def test_integers(name: str) -> None:
    """Integers stay integers, also beside Python's."""
    function = getattr(operator, name)
    x = kerasette.constant(INTEGERS)
    for found, expected in (
        (function(x, 3), function(INTEGERS, 3)),
        (function(3, x), function(3, INTEGERS)),
        (function(x, x - 4), function(INTEGERS, INTEGERS - 4)),
    ):
        assert found.dtype == "int32"
        np.testing.assert_array_equal(np.asarray(found), expected)


@pytest.mark.parametrize("name", ["and_", "or_", "xor"])
def test_truth_values(name: str) -> None:
    """Masks are joined by the operators of bits."""
    function = getattr(operator, name)
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    found = function(kerasette.constant(a), b)
    assert found.dtype == "bool"
    np.testing.assert_array_equal(np.asarray(found), function(a, b))
    np.testing.assert_array_equal(np.asarray(~kerasette.constant(a)), ~a)


def test_one_operand() -> None:
    """-x, +x, ~x, abs(x), round(x)."""
    x = kerasette.constant(X)
    np.testing.assert_array_equal(np.asarray(-x), -X)
    assert +x is x
    np.testing.assert_array_equal(np.asarray(abs(x)), abs(X))
    np.testing.assert_array_equal(np.asarray(round(x)), np.round(X))
    np.testing.assert_array_equal(np.asarray(round(x / 3, 2)), np.round(X / np.float32(3), 2))
    np.testing.assert_array_equal(np.asarray(~kerasette.constant(INTEGERS)), ~INTEGERS)


@pytest.mark.parametrize("number", [2, 2.0, 0.5, -1, True])
def test_powers(number) -> None:
    """``x**n``; Python numbers take the tensor's dtype, on both sides."""
    positive = abs(X)
    found = kerasette.constant(positive) ** number
    assert found.dtype == "float32"
    np.testing.assert_allclose(np.asarray(found), positive ** float(number), rtol=1e-6)
    found = number ** kerasette.constant(Y) if number > 0 else 1
    if number > 0:
        np.testing.assert_allclose(np.asarray(found), float(number) ** Y, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int8"])
def test_python_numbers_are_weak(dtype: str) -> None:
    """A Python int never widens; a float makes integers floatx."""
    x = ops.ones((2,), dtype)
    assert (x + 1).dtype == dtype
    assert (1 - x).dtype == dtype
    assert (x * 2.5).dtype == ("float32" if dtype == "int8" else dtype)
    assert (x / 2).dtype == ("float32" if dtype == "int8" else dtype)


def test_numpy_scalars_on_the_left() -> None:
    """numpy leaves the operation to the tensor."""
    found = np.float32(2.0) * kerasette.constant(X)
    assert ops.is_tensor(found)
    np.testing.assert_array_equal(np.asarray(found), 2 * X)


def test_strangers_are_refused() -> None:
    """What is no number gives Python's own TypeError; it is equal to no tensor."""
    x = kerasette.constant(Y)
    for stranger in (None, "text", object(), {}):
        with pytest.raises(TypeError):
            x + stranger
        with pytest.raises(TypeError):
            stranger - x
        with pytest.raises(TypeError):
            x < stranger  # noqa: B015
        assert (x == stranger) is False
        assert (x != stranger) is True


def test_a_stranger_may_know_tensors() -> None:
    """Another class with a reflected operator is asked."""

    class Knows:
        def __radd__(self, other):
            return "asked"

    assert kerasette.constant(1.0) + Knows() == "asked"


def test_shapes_that_do_not_fit() -> None:
    """The message names the operation and both shapes."""
    with pytest.raises(ValueError, match=r"add: .*\(2, 3\) and \(2,\)"):
        kerasette.constant(X) + ops.ones((2,))


def test_matmul_and_items() -> None:
    """``@`` and ``[]`` reach the operations of other families."""
    x = kerasette.constant(X)
    np.testing.assert_allclose(np.asarray(x @ X.T), X @ X.T, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(X.T @ x), X.T @ X, rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(x[1, ::2]), X[1, ::2])
    assert [float(v) for v in x[0]] == X[0].tolist()


def test_symbols() -> None:
    """A KerasTensor takes the same operators; shapes broadcast with unknown sizes."""
    x = kerasette.KerasTensor((None, 3))
    for found in (x + 1, 1 - x, x * Y, Y * x, x / x, x**2, 2**x, -x, abs(x), x @ X.T, x % 2):
        assert isinstance(found, kerasette.KerasTensor)
        assert found.shape[0] is None
        assert found.dtype == "float32"
    assert (x > 0).dtype == "bool"
    assert (x + ops.ones((4, 1, 1))).shape == (4, None, 3)


def test_symbols_are_found_by_identity() -> None:
    """Models keep KerasTensors in lists and dicts: ``==`` is identity for them."""
    x, y = kerasette.KerasTensor((2,)), kerasette.KerasTensor((2,))
    assert x == x
    assert not x == y  # noqa: SIM201
    assert [x, y].index(y) == 1
    assert len({x, y}) == 2


def test_tensors_are_hashed_by_identity() -> None:
    """A tensor may be a key, although ``==`` is elementwise."""
    x = kerasette.constant([1.0])
    assert len({x: 1, kerasette.constant([1.0]): 2}) == 2


def test_comparison_of_values() -> None:
    """``==`` and ``!=`` compare values, elementwise, in eager code."""
    x = kerasette.constant([1.0, 2.0])
    np.testing.assert_array_equal(np.asarray(x == [1.0, 3.0]), [True, False])
    np.testing.assert_array_equal(np.asarray(x != x), [False, False])


def test_gradients_pass_through_operators() -> None:
    """d/dx of an expression with every operator, against the formula."""
    x = kerasette.Variable(1.5)
    with kerasette.GradientTape() as tape:
        y = (2.0 - x) * x**2 / (1 + x) - (-x) ** 3 + abs(x) % 1.0
    v = 1.5
    slope = ((4 * v - 3 * v**2) * (1 + v) - (2 * v**2 - v**3)) / (1 + v) ** 2 + 3 * v**2 + 1
    assert float(tape.gradient(y, x)) == pytest.approx(slope, rel=1e-6)
