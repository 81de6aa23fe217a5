"""Products: against numpy, for any ranks; einsum for any equation."""

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import KerasTensor, ops
from tests.ops.gradients import check
from tests.ops.samples import complexes, flags, normal, whole

FLOATS = {"rtol": 1e-10, "atol": 1e-12}
SHAPES = (
    ((3, 4), (4, 2)),
    ((4,), (4,)),
    ((4,), (4, 3)),
    ((3, 4), (4,)),
    ((2, 3, 4), (4,)),
    ((4,), (2, 4, 3)),
    ((2, 3, 4), (4, 5)),
    ((3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((0, 4), (4, 2)),
    ((3, 0), (0, 2)),
)


@pytest.mark.parametrize(("first", "second"), SHAPES)
def test_matmul_and_dot(first, second):
    x, y = normal(*first), normal(*second)
    np.testing.assert_allclose(ops.matmul(x, y), np.matmul(x, y), **FLOATS)
    np.testing.assert_allclose(ops.dot(x, y), np.dot(x, y), **FLOATS)
    assert ops.matmul(x, y).shape == np.matmul(x, y).shape
    check(ops.matmul, x, y)


@pytest.mark.parametrize("order", ["C", "F"])
def test_matmul_takes_any_strides(order):
    x = np.asarray(normal(4, 3, 6), order=order)
    y = np.asarray(normal(8, 5), order=order)[::-2].T[:, :3].T.copy(order)[:3]
    x = kerasette.constant(x)[:, ::2, ::2]
    np.testing.assert_allclose(ops.matmul(x, y), np.matmul(x.numpy(), y), **FLOATS)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("float32", "float32", "float32"),
        ("float32", "int32", "float32"),
        ("bfloat16", "float16", "float32"),
        ("int32", "int32", "int32"),
        ("int8", "int8", "int32"),
        ("int8", "uint8", "int16"),
        ("bool", "bool", "bool"),
    ],
)
def test_dtypes(one, other, expected):
    x, y = ops.ones((2, 3), one), ops.ones((3, 2), other)
    assert ops.matmul(x, y).dtype == expected
    assert ops.matmul(KerasTensor((None, 3), one), y).dtype == expected
    assert ops.einsum("ij,jk->ik", x, y).dtype == expected
    for product in (ops.dot, ops.inner, ops.outer, lambda x, y: ops.tensordot(x, y, 1)):
        a, b = (x, ops.transpose(y)) if product is ops.inner else (x, y)
        assert product(a, b).dtype == ("int8" if one == other == "int8" else expected)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "int64"])
def test_whole_numbers_are_exact(dtype):
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**31)), min(info.max, 2**31 - 1)
    x, y = (whole(low, high, *shape, dtype=dtype) for shape in ((5, 300), (300, 4)))
    found = ops.matmul(x, y)
    wide = np.matmul(x.astype("int64"), y.astype("int64"))
    np.testing.assert_array_equal(found, wide.astype(found.dtype))


def test_flags():
    x, y = flags(4, 5), flags(5, 3)
    np.testing.assert_array_equal(ops.matmul(x, y), x @ y)


def test_vdot_conjugates():
    x, y = complexes(2, 3), complexes(2, 3)
    np.testing.assert_allclose(ops.vdot(x, y), np.vdot(x, y), **FLOATS)
    np.testing.assert_allclose(ops.vdot(normal(2, 3), normal(6)), np.vdot(normal(2, 3), normal(6)))


@pytest.mark.parametrize(("first", "second"), [((2, 3, 4), (5, 4)), ((4,), (4,)), ((), (3,))])
def test_inner_and_outer(first, second):
    x, y = normal(*first), normal(*second)
    np.testing.assert_allclose(ops.inner(x, y), np.inner(x, y), **FLOATS)
    np.testing.assert_allclose(ops.outer(x, y), np.outer(x, y), **FLOATS)
    check(ops.inner, x, y)


@pytest.mark.parametrize(
    ("first", "second", "axes"),
    [
        ((2, 3, 4), (3, 4, 5), 2),
        ((2, 3), (4, 5), 0),
        ((2, 3, 4), (4, 2, 3), ((0, 1, 2), (1, 2, 0))),
        ((2, 3, 4), (5, 3), (1, 1)),
        ((2, 3, 4), (4, 5, 2), ([-1, 0], [0, -1])),
        ((3,), (3,), 1),
    ],
)
def test_tensordot(first, second, axes):
    x, y = normal(*first), normal(*second)
    np.testing.assert_allclose(ops.tensordot(x, y, axes), np.tensordot(x, y, axes), **FLOATS)
    check(lambda x, y: ops.tensordot(x, y, axes), x, y)


EQUATIONS = (
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ji,kj", (2, 3), (4, 2)),
    ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)),
    ("...ij,jk->...ik", (5, 2, 3), (3, 4)),
    ("btd,dhk->bthk", (2, 3, 4), (4, 2, 5)),
    ("aecd,abcd->acbe", (2, 3, 4, 5), (2, 6, 4, 5)),
    ("acbe,aecd->abcd", (2, 4, 6, 3), (2, 3, 4, 5)),
    ("ij,ij->", (2, 3), (2, 3)),
    ("i,j->ji", (2,), (3,)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("ab,bc,cd->da", (2, 3), (3, 4), (4, 2)),
    ("ab,bc,cd,de,ea->", (2, 3), (3, 4), (4, 2), (2, 5), (5, 2)),
    ("a,b,c->cab", (2,), (3,), (4,)),
    ("ab,a,b->", (2, 3), (2,), (3,)),
    ("i...,i...", (3, 2), (3, 2)),
    ("...,...", (1, 3), (2, 3)),
    ("...a,...a->...", (1, 3, 2), (2, 1, 2)),
    ("ij,jk->ik", (2, 1), (3, 4)),
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ba", (2, 3)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iji->j", (3, 2, 3)),
    ("iij,jkk->ik", (2, 2, 3), (3, 4, 4)),
    ("iii->i", (3, 3, 3)),
    ("...ii->...", (2, 3, 3)),
    ("ij,j->", (2, 3), (3,)),
    (" i j , j k -> i k ", (2, 3), (3, 4)),
    (",ij->ij", (), (2, 3)),
)


@pytest.mark.parametrize("case", EQUATIONS, ids=lambda case: case[0].replace(" ", ""))
def test_einsum(case):
    equation, *shapes = case
    values = [normal(*shape, seed=index) for index, shape in enumerate(shapes)]
    expected = np.einsum(equation.replace(" ", ""), *values)
    found = ops.einsum(equation, *values)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, **FLOATS)
    check(lambda *x: ops.einsum(equation, *x), *values)
    traced = kerasette.function(lambda *x: ops.einsum(equation, *x))
    np.testing.assert_allclose(traced(*map(kerasette.constant, values)), found, rtol=1e-12)


@st.composite
def equations(draw):
    """An equation with operands that fit it."""
    sizes = {c: draw(st.integers(1, 3)) for c in string.ascii_lowercase[:5]}
    letters = st.sampled_from(list(sizes))
    terms = draw(st.lists(st.lists(letters, max_size=4), min_size=1, max_size=4))
    every = sorted({c for term in terms for c in term})
    result = draw(st.permutations(every)) if every else []
    result = result[: draw(st.integers(0, len(result)))]
    shapes = [tuple(sizes[c] for c in term) for term in terms]
    return ",".join(map("".join, terms)) + "->" + "".join(result), shapes


@settings(max_examples=150, deadline=None)
@given(equations())
def test_einsum_of_any_equation(case):
    equation, shapes = case
    values = [whole(-4, 5, *shape, seed=i, dtype="int64") for i, shape in enumerate(shapes)]
    np.testing.assert_array_equal(ops.einsum(equation, *values), np.einsum(equation, *values))


def test_einsum_of_int8_is_summed_in_int32():
    x = np.full((1, 200), 100, "int8")
    for equation, operands in {
        "ij,kj->ik": (x, x),
        "ij,ij->ij": (x, x),
        "i,i,i->": 3 * (x[0],),
    }.items():
        wide = np.einsum(equation, *(o.astype("int32") for o in operands))
        np.testing.assert_array_equal(ops.einsum(equation, *operands), wide)


def test_einsum_multiplies_in_a_good_order():
    """From left to right these products would take 10**8 numbers."""
    x, y = ops.ones((10_000, 1)), ops.ones((1, 10_000))
    assert float(ops.einsum("ab,bc,c->a", x, y, ops.ones(10_000))[0]) == 10_000


def test_unknown_batch():
    x = KerasTensor((None, 5, 4))
    assert ops.einsum("btd,dhk->bthk", x, ops.ones((4, 2, 3))).shape == (None, 5, 2, 3)
    assert ops.einsum("...d,de", x, ops.ones((4, 2))).shape == (None, 5, 2)
    assert ops.tensordot(x, ops.ones((4, 2)), 1).shape == (None, 5, 2)
    assert ops.inner(x, ops.ones((3, 4))).shape == (None, 5, 3)
    assert ops.matmul(x, KerasTensor((None, 4, 7))).shape == (None, 5, 7)
    assert (x @ ops.ones((4, 2))).shape == (None, 5, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.matmul(ops.ones((2, 3)), ops.ones((2, 3))), r"matmul: .*\(2, 3\) \(3\)"),
        (lambda: ops.matmul(2.0, ops.ones(3)), "at least one dimension"),
        (lambda: ops.matmul(ops.ones((2, 3, 4)), ops.ones((3, 4, 5))), "broadcast"),
        (lambda: ops.tensordot(ops.ones((2, 3)), ops.ones((2, 3)), 1), "axis 1 of"),
        (lambda: ops.tensordot(ops.ones((2, 3)), ops.ones(3), 2), "from 0 to 1"),
        (lambda: ops.tensordot(ops.ones(3), ops.ones(3), ((0,), (0, 1))), "pair"),
        (lambda: ops.tensordot(ops.ones(3), ops.ones(3), ((1,), (0,))), "from -1 to 0"),
        (lambda: ops.einsum("ij,jk", ops.ones((2, 3))), "name 2 operands"),
        (lambda: ops.einsum("ij", ops.ones(3)), "does not fit"),
        (lambda: ops.einsum("i", ops.ones((3, 3))), "does not fit"),
        (lambda: ops.einsum("i1", ops.ones((3, 3))), "letters"),
        (lambda: ops.einsum("ij->ik", ops.ones((3, 3))), "in an operand"),
        (lambda: ops.einsum("ij->ii", ops.ones((3, 3))), "once"),
        (lambda: ops.einsum("ij,jk", ops.ones((2, 3)), ops.ones((2, 3))), "'j' of sizes 3 and 2"),
        (lambda: ops.einsum("ii", ops.ones((2, 3))), "'i' of sizes 2 and 3"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_unknown_argument():
    with pytest.raises(TypeError, match="'order'"):
        ops.einsum("i", ops.ones(3), order="K")
    assert ops.einsum("i->", ops.ones(3), optimize="greedy").shape == ()
