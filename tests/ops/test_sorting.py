"""Order, search, counting and sets, against numpy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import kerasette
from kerasette import KerasTensor, ops
from kerasette.errors import TraceError
from tests.ops.samples import distinct, flags, normal, whole

NAN, INF = float("nan"), float("inf")
NUMBERS = st.sampled_from([NAN, INF, -INF]) | st.integers(-3, 3).map(float)


def same(found: Any, expected: Any, dtype: str | None = None) -> None:
    """Equal shapes and values, in the dtype."""
    assert tuple(found.shape) == np.shape(expected)
    np.testing.assert_array_equal(found, expected)
    assert dtype is None or found.dtype == dtype


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_order(data: Any) -> None:
    """Sorting along any axis, with NaN and equal elements."""
    shape = data.draw(hnp.array_shapes(max_dims=3, min_side=0, max_side=5))
    x = data.draw(hnp.arrays("float64", shape, elements=NUMBERS))
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    same(ops.sort(x, axis), np.sort(x, axis), "float64")
    same(ops.argsort(x, axis), np.argsort(x, axis, kind="stable"), "int32")
    if not x.size:
        return
    size = x.size if axis is None else shape[axis]
    kth = data.draw(st.integers(-size, size - 1))
    places = ops.argpartition(x, kth, axis)
    assert places.dtype == "int32"
    flat = x.reshape(-1) if axis is None else np.moveaxis(x, axis, -1)
    found = np.asarray(places) if axis is None else np.moveaxis(np.asarray(places), axis, -1)
    ordered = np.take_along_axis(flat, found, -1)
    np.testing.assert_array_equal(np.sort(ordered, -1), np.sort(flat, -1))
    np.testing.assert_array_equal(ordered[..., kth], np.sort(flat, -1)[..., kth])


def test_order_of_scalars_and_errors() -> None:
    """A number is in order; a rank out of bounds is refused."""
    assert ops.sort(3.0, None).shape == (1,)
    with pytest.raises(ValueError, match="from -3 to 2"):
        ops.argpartition([1, 2, 3], 3)
    with pytest.raises(ValueError, match="`axis`"):
        ops.sort([1, 2], 1)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays("float64", hnp.array_shapes(max_dims=3, max_side=6), elements=NUMBERS), st.data())
def test_top_k(x: np.ndarray, data: Any) -> None:
    """The greatest first, the first of equals first, NaN counting as the greatest."""
    k = data.draw(st.integers(0, x.shape[-1]))
    values, indices = ops.top_k(x, k)
    expected = np.argsort(np.where(np.isnan(x), -np.inf, -x), -1, kind="stable")
    nan_first = np.argsort(~np.isnan(np.take_along_axis(x, expected, -1)), -1, kind="stable")
    expected = np.take_along_axis(expected, nan_first, -1)[..., :k]
    same(indices, expected, "int32")
    same(values, np.take_along_axis(x, expected, -1), "float64")


def test_top_k_of_other_values() -> None:
    """Unsigned and least integers, unknown sizes, gradients, and a k that is too large."""
    assert ops.top_k(np.array([0, 255, 3], "uint8"), 2)[0].tolist() == [255, 3]
    least = np.array([-(2**31), 0], "int32")
    assert ops.top_k(least, 2)[1].tolist() == [1, 0]
    values, indices = ops.top_k(KerasTensor((None, 5)), 2)
    assert values.shape == indices.shape == (None, 2) and indices.dtype == "int32"
    x = kerasette.constant([1.0, 5.0, 3.0])
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        out = ops.top_k(x, 2)[0]
    same(tape.gradient(out, x, kerasette.constant([1.0, 2.0])), [0, 1, 2])
    for k in (-1, 4):
        with pytest.raises(ValueError, match=f"Received: k={k}"):
            ops.top_k([1, 2, 3], k)


def test_in_top_k() -> None:
    """Equal predictions are in together; NaN and classes that there are not never are."""
    predictions = np.array([[0.1, 0.9, 0.9], [NAN, 0.5, 0.4], [INF, 1.0, 0.0]])
    for targets, k, expected in (
        ([1, 1, 1], 1, [True, False, False]),
        ([2, 1, 0], 1, [True, False, True]),
        ([0, 1, 1], 2, [False, True, True]),
        ([3, 0, -1], 3, [False, False, False]),
        ([0, 0, 0], 0, [False, False, False]),
    ):
        same(ops.in_top_k(targets, predictions, k), expected, "bool")
    assert ops.in_top_k(KerasTensor((None,), "int32"), KerasTensor((None, 3)), 2).shape == (None,)
    with pytest.raises(ValueError, match="one axis more"):
        ops.in_top_k([0, 1], predictions, 1)


# --- search ---------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays("float64", st.integers(0, 6), elements=st.integers(-3, 3).map(float)),
    hnp.arrays("float64", hnp.array_shapes(max_dims=2), elements=NUMBERS),
)
def test_search(edges: np.ndarray, x: np.ndarray) -> None:
    """Where values would go, and the bin they fall into."""
    edges = np.sort(edges)
    for side in ("left", "right"):
        same(ops.searchsorted(edges, x, side), np.searchsorted(edges, x, side), "int32")
    same(ops.digitize(x, edges), np.digitize(x, edges), "int32")
    same(ops.isin(x, edges), np.isin(x, edges), "bool")
    same(ops.isin(x, edges, invert=True), np.isin(x, edges, invert=True), "bool")


def test_search_refuses() -> None:
    """Ranks and sides that there are not."""
    with pytest.raises(ValueError, match="must have rank 1"):
        ops.searchsorted([[1.0]], [1.0])
    with pytest.raises(ValueError, match="side='middle'"):
        ops.searchsorted([1.0], [1.0], "middle")


def test_nonzero() -> None:
    """Indices by axis; of unknown number in shape inference, an error in a compiled function."""
    for x in (whole(0, 2, 3, 4), flags(5), np.zeros((2, 2)), np.zeros((0, 3))):
        found = ops.nonzero(x)
        expected = np.nonzero(x)
        assert isinstance(found, tuple) and len(found) == x.ndim
        for one, other in zip(found, expected, strict=True):
            same(one, other, "int32")
    assert [index.shape for index in ops.nonzero(KerasTensor((3, 4)))] == [(None,), (None,)]
    assert ops.where(flags(5))[0].dtype == "int32"
    with pytest.raises(TraceError, match="what `nonzero` gives depends on values"):
        kerasette.function(ops.nonzero)(kerasette.constant([1, 0]))


def test_sizes_that_are_not_known_in_a_model() -> None:
    """What follows an unknown size is inferred too."""
    (index,) = ops.nonzero(KerasTensor((6,)))
    assert ops.take(KerasTensor((6, 2)), index, axis=0).shape == (None, 2)

    def several(x: Any) -> Any:
        rows = ops.unique(x)
        return ops.concatenate([rows, ops.zeros(2)]), ops.sum(rows), x

    shapes = [t.shape for t in kerasette.core.infer.infer(several, (KerasTensor((4,)),), {})]
    assert shapes == [(None,), (), (4,)]


def test_unravel_index() -> None:
    """Places as indices, back and forth."""
    places = whole(0, 24, 5)
    for one, other in zip(
        ops.unravel_index(places, (2, 3, 4)), np.unravel_index(places, (2, 3, 4)), strict=True
    ):
        same(one, other, "int32")
    assert [int(i) for i in ops.unravel_index(-1, (2, 3))] == [1, 2]
    with pytest.raises(IndexError, match="out of bounds for the shape \\(2, 3\\)"):
        ops.unravel_index(6, (2, 3))


# --- counting -------------------------------------------------------------------------------------


def test_bincount() -> None:
    """Counts or sums of weights, of a line or of rows; the least size."""
    x, weights = whole(0, 5, 9), normal(9)
    same(ops.bincount(x), np.bincount(x), "int32")
    same(ops.bincount(x, minlength=8), np.bincount(x, minlength=8), "int32")
    np.testing.assert_allclose(ops.bincount(x, weights), np.bincount(x, weights))
    rows = whole(0, 5, 3, 6)
    expected = [np.bincount(row, minlength=rows.max() + 1) for row in rows]
    same(ops.bincount(rows), expected, "int32")
    same(ops.bincount(np.zeros(0, "int32"), minlength=2), [0, 0])
    assert ops.bincount(KerasTensor((3, 4), "int32")).shape == (3, None)
    for bad, words in (
        ({"x": [-1]}, "no numbers below 0"),
        ({"x": [0.5]}, "must be integers"),
        ({"x": [0], "weights": [1.0, 2.0]}, "shape of `x`, \\(1,\\)"),
        ({"x": [0], "sparse": True}, "no sparse tensors"),
    ):
        with pytest.raises(ValueError, match=words):
            ops.bincount(**bad)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays("float64", st.integers(0, 12), elements=st.integers(-4, 4).map(lambda n: n / 2)))
def test_histogram(x: np.ndarray) -> None:
    """Equally wide bins, the last with its upper edge; a single value in a bin of its own."""
    for bins in (1, 3, 10):
        for bounds in (None, (-1.0, 1.5), (0.5, 0.5)):
            counts, edges = ops.histogram(x, bins, bounds)
            expected, between = np.histogram(x, bins, bounds)
            np.testing.assert_allclose(edges, between, atol=1e-12)
            same(counts, expected, "float64")


def test_histogram_by_hand() -> None:
    """Integers are counted in int32; NaN is nowhere; what is no histogram is refused."""
    counts, edges = ops.histogram(whole(0, 9, 20), 4)
    assert counts.dtype == "int32" and edges.dtype == "float32" and ops.sum(counts) == 20
    assert ops.sum(ops.histogram([NAN, 1.0, 2.0], 2, (0, 3))[0]) == 2
    traced = kerasette.function(lambda x: ops.histogram(x, 3))
    same(traced(kerasette.constant([1.0, 2.0, 4.0]))[0], [1, 1, 1])
    for bad, kind, words in (
        ({"bins": 2.5}, TypeError, "must be an int"),
        ({"bins": -1}, ValueError, "at least 0"),
        ({"range": (2, 1)}, ValueError, "not less"),
        ({"x": [[1.0]]}, ValueError, "rank 1"),
    ):
        with pytest.raises(kind, match=words):
            ops.histogram(**{"x": [1.0], **bad})


@settings(max_examples=60, deadline=None)
@given(hnp.arrays("int32", hnp.array_shapes(max_dims=2, min_side=0), elements=st.integers(0, 3)))
def test_unique(x: np.ndarray) -> None:
    """Values in order, where each is first, which each element is, how often each is there."""
    for axis in (None, *range(x.ndim)):
        if axis is not None and not x.size:
            continue
        found = ops.unique(x, True, True, True, True, axis)
        expected = np.unique(x, True, True, True, axis)
        for one, other in zip(found, expected, strict=True):
            same(one, other, "int32")
        same(ops.unique(x, axis=axis), expected[0])


def test_unique_of_a_fixed_size() -> None:
    """Room that is left is filled; what is beyond is left out; compiled functions take it."""
    x = kerasette.constant([3.0, 1.0, 3.0, 2.0])
    whole_result = ops.unique(x, size=5, fill_value=-1, return_counts=True, return_inverse=True)
    for one, other in zip(
        whole_result, ([1, 2, 3, -1, -1], [2, 0, 2, 1], [1, 1, 2, 0, 0]), strict=True
    ):
        same(one, other)
    same(ops.unique(x, size=2), [1, 2])
    same(kerasette.function(lambda v: ops.unique(v, size=4))(x), [1, 2, 3, 0])
    same(ops.unique([[1, 2], [1, 2]], axis=0, size=2), [[1, 2], [0, 0]])
    same(ops.unique(np.zeros(0, "int32"), size=2), [0, 0])
    assert len(ops.unique([NAN, NAN, 1.0])) == 3
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        out = ops.unique(x, size=5)
    same(tape.gradient(out, x), [1, 1, 0, 1])
    assert ops.unique(KerasTensor((None, 3)), size=4).shape == (4,)
    assert ops.unique(KerasTensor((5, 3)), axis=0, return_index=True)[0].shape == (None, 3)
    with pytest.raises(TraceError, match="Give `size`"):
        kerasette.function(ops.unique)(x)


def test_distinct_floats_are_found() -> None:
    """Each of distinct floats is found in its own set."""
    x = distinct(3, 4)
    assert ops.all(ops.isin(x, x)) and not ops.any(ops.isin(x, x + 0.01))
    same(ops.isin([1, 2], np.zeros(0)), [False, False])
