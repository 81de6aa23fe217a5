"""oneDNN's matrix products against the reference code."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasette.graph.fused import biased_conv, gemm
from tests.kernels.onednn import check, numbers

PLAIN = {"first": (), "second": (), "order": None}
SWAPPED = (("transpose", (1, 0)),)
HEADS = (("reshape", (3, 7, 4, 8)), ("transpose", (0, 2, 1, 3)))  # of (3, 7, 32)
HEADS_SWAPPED = (("reshape", (3, 7, 4, 8)), ("transpose", (0, 2, 3, 1)))

PRODUCTS = {  # shapes of operands, attributes that are not the usual ones
    "plain": ((5, 6), (6, 7), {}),
    "with bias": ((5, 6), (6, 7), {}, (7,)),
    "bias of a row": ((5, 6), (6, 7), {}, (1, 7)),
    "first by columns": ((6, 5), (6, 7), {"first": SWAPPED}),
    "second by columns": ((5, 6), (7, 6), {"second": SWAPPED}),
    "both by columns": ((6, 5), (7, 6), {"first": SWAPPED, "second": SWAPPED}, (7,)),
    "rows of a batch": ((2, 3, 5, 6), (6, 7), {}, (7,)),
    "matrices of a batch": ((4, 5, 6), (4, 6, 7), {}, (7,)),
    "batches that broadcast": ((2, 1, 5, 6), (3, 6, 7), {}),
    "one matrix and a batch": ((5, 6), (3, 6, 7), {}),
    "heads": ((3, 7, 32), (3, 7, 32), {"first": HEADS, "second": HEADS_SWAPPED}),
    "heads, side by side": (
        (3, 4, 7, 7),
        (3, 7, 32),
        {"second": HEADS, "order": (0, 2, 1, 3)},
        (8,),
    ),
    "one row": ((1, 300), (300, 64), {}, (64,)),
    "one column": ((300, 64), (64, 1), {}, (1,)),
    "outer": ((9, 1), (1, 11), {}),
    "outer by columns": ((1, 9), (11, 1), {"first": SWAPPED, "second": SWAPPED}),
    "inner": ((1, 9), (9, 1), {}),
    "large": ((130, 257), (257, 65), {}, (65,)),
}


def operands(first, second, _, bias=None, dtype="float32"):
    made = [numbers(first, 1, dtype), numbers(second, 2, dtype)]
    return made if bias is None else [*made, numbers(bias, 3, dtype)]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("case", PRODUCTS)
def test_products(case, dtype):
    values = operands(*PRODUCTS[case], dtype=dtype)
    check(gemm, values, PLAIN | PRODUCTS[case][2], always=dtype == "float32")


@st.composite
def products(draw):
    """Products of batches, in any order of axes."""
    size = st.sampled_from([1, 2, 3, 5, 16, 17])
    n, k, m = draw(size), draw(size), draw(size)
    batch = draw(st.lists(st.integers(1, 3), max_size=3))

    def operand(rows, columns):
        own = [s if draw(st.booleans()) else 1 for s in batch]
        own = own[draw(st.integers(0, len(own))) :] if draw(st.booleans()) else own
        shape = (*own, rows, columns)
        axes = list(range(len(own)))
        axes = [*draw(st.permutations(axes)), len(own), len(own) + 1]
        if draw(st.booleans()):
            axes[-2:] = axes[:-3:-1]
        stored = tuple(shape[axis] for axis in axes)
        moves = (("transpose", tuple(sorted(range(len(axes)), key=axes.__getitem__))),)
        return stored, moves

    (x1, first), (x2, second) = operand(n, k), operand(k, m)
    rank = max(len(x1), len(x2))
    order = (*draw(st.permutations(range(rank - 1))), rank - 1) if draw(st.booleans()) else None
    values = [numbers(x1, 1), numbers(x2, 2)]
    if draw(st.booleans()):
        values.append(numbers((m,), 3))
    return values, {"first": first, "second": second, "order": order}


@settings(max_examples=200, deadline=None)
@given(products())
def test_any_product(case):
    check(gemm, *case, always=False)


def test_float64_has_no_kernel():
    values = [x.astype("float64") for x in operands(*PRODUCTS["plain"])]
    assert not check(gemm, values, PLAIN, always=False)


def test_not_a_number_and_infinity_stay():
    from tests.kernels.onednn import bound

    x1, x2, bias = numbers((8, 16)), np.abs(numbers((16, 16))), numbers((16,))
    x1[1, 3], x1[2, 5], bias[4] = np.nan, np.inf, -np.inf
    got = bound(gemm, (x1, x2, bias), PLAIN)(x1, x2, bias)
    expected = gemm.reference(np, x1, x2, bias, **PLAIN)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_convolution_with_bias():
    how = {"strides": (2, 1), "padding": ((1, 0), (1, 1)), "dilation": (1, 1), "groups": 1}
    values = numbers((2, 9, 8, 5)), numbers((3, 3, 5, 16)), numbers((16,))
    check(biased_conv, values, how)
