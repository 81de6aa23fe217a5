"""Indexing, slices, gathers and scatters, against numpy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import kerasette
from kerasette import KerasTensor, ops
from kerasette.errors import TraceError
from tests.ops.samples import normal

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)


def numbered(*shape: int) -> np.ndarray:
    """Numbers of which each is there once."""
    return np.arange(int(np.prod(shape)), dtype="float64").reshape(shape) + 1


@st.composite
def indexed(draw: Any) -> tuple[np.ndarray, Any]:
    """An array and a key that numpy takes: ints, slices, None, `...`, arrays and masks."""
    shape = draw(SHAPES)
    lead = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    entries: list[Any] = []
    axis = 0
    while axis < len(shape):
        size = shape[axis]
        kinds = ["slice", "slice", "new", "mask", "masks"]
        if size:
            kinds += ["int", "array", "array"]
        kind = draw(st.sampled_from(kinds))
        if kind == "new":
            entries.append(None)
            continue
        axis += 1
        if kind == "int":
            entries.append(draw(st.integers(-size, size - 1)))
        elif kind == "array":
            places = st.integers(-size, size - 1)
            whole = hnp.arrays("int32", lead if draw(st.booleans()) else (), elements=places)
            entries.append(draw(whole))
        elif kind == "mask" and not any(isinstance(e, np.ndarray) for e in entries):
            entries.append(draw(hnp.arrays("bool", (size,))))
            lead = ()
        elif (
            kind == "masks"
            and axis < len(shape)
            and not any(isinstance(e, np.ndarray) for e in entries)
        ):
            entries.append(draw(hnp.arrays("bool", (size, shape[axis]))))
            axis += 1
            lead = ()
        else:
            bound = st.none() | st.integers(-size - 2, size + 2)
            step = draw(st.none() | st.integers(-3, 3).filter(bool))
            entries.append(slice(draw(bound), draw(bound), step))
        if draw(st.integers(0, 9)) == 0:
            break
    if draw(st.booleans()):
        kept = draw(st.integers(0, len(entries)))
        entries = [*entries[:kept], ..., *([] if axis < len(shape) else entries[kept:])]
    return numbered(*shape), tuple(entries)


@settings(max_examples=200, deadline=None)
@given(indexed())
@example((np.zeros((3, 2, 1, 1)), (slice(None), slice(None), np.array([0]), ..., 0)))
def test_get_item_is_numpys(case: tuple[np.ndarray, Any]) -> None:
    """Any key gives what numpy gives, and its gradient goes back to where elements came from."""
    x, key = case
    try:
        expected = x[key]
    except IndexError:
        with pytest.raises(IndexError):
            ops.get_item(x, key)
        return
    tensor = kerasette.constant(x)
    with kerasette.GradientTape() as tape:
        tape.watch(tensor)
        found = tensor[key]
    np.testing.assert_array_equal(found, expected)
    weights = normal(*expected.shape)
    gradient = tape.gradient(found, tensor, kerasette.constant(weights))
    scattered = np.zeros_like(x)
    np.add.at(scattered, key, weights)
    np.testing.assert_allclose(gradient, scattered, atol=1e-12)
    traced = kerasette.function(lambda value: value[key])
    np.testing.assert_array_equal(traced(tensor), expected)
    assert KerasTensor(x.shape)[key].shape == expected.shape


def test_tensors_as_indices() -> None:
    """Tensors and variables index as arrays do, in a compiled function too."""
    x = numbered(3, 4)
    index = kerasette.constant([2, 0])
    np.testing.assert_array_equal(kerasette.constant(x)[:, index], x[:, [2, 0]])
    np.testing.assert_array_equal(kerasette.constant(x)[index[0]], x[2])

    @kerasette.function
    def pick(value: Any, at: Any) -> Any:
        return value[at[0], at[1] : at[1] + 2] if isinstance(at, tuple) else value[at]

    np.testing.assert_array_equal(pick(kerasette.constant(x), kerasette.constant(-1)), x[-1])


def test_unknown_sizes() -> None:
    """An unknown size stays unknown through slices, and is dropped by an int."""
    x = KerasTensor((None, 5, 3))
    assert x[:, 1:4].shape == (None, 3, 3)
    assert x[2000].shape == (5, 3)
    assert x[..., ::2, 0].shape == (None, 3)
    assert x[1:].shape == (None, 5, 3)
    assert x[:, [0, 1]].shape == (None, 2, 3)
    assert x[x[:, 0, 0] > 0].shape == (None, 5, 3)


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        (7, IndexError, "Index 7 is out of bounds for axis 0 of size 2"),
        ((0, 0, 0), IndexError, "too many indices: 3 for a tensor of rank 2"),
        ((..., ...), IndexError, "only one"),
        (1.5, TypeError, "Received: 1.5"),
        (True, TypeError, "Received: True"),
        ("a", TypeError, "Received: 'a'"),
        ([0.5], IndexError, "integers or bools"),
        ([True, False, True], IndexError, "sizes of the axes"),
        (slice(0, 1, 0), ValueError, "must not be 0"),
        ([5], IndexError, "out of bounds"),
        (([0], [3]), IndexError, "out of bounds"),
    ],
)
def test_bad_keys(key: Any, error: type[Exception], words: str) -> None:
    """What is no index is refused in words."""
    with pytest.raises(error, match=words):
        kerasette.constant(numbered(2, 3))[key]


def test_masks_in_compiled_functions() -> None:
    """A mask whose values are not known gives an error that names the line and the way out."""
    with pytest.raises(TraceError, match=r"test_indexing\.py:\d+.*nonzero.*ops\.where"):
        kerasette.function(lambda x: x[x > 0])(kerasette.constant(numbered(3)))


# --- slices ---------------------------------------------------------------------------------------


def test_slice() -> None:
    """Known starts, -1 for the rest, and starts that are values, moved to lie within."""
    x = numbered(4, 5)
    np.testing.assert_array_equal(ops.slice(x, (1, 2), (2, -1)), x[1:3, 2:])
    np.testing.assert_array_equal(ops.slice(x, np.array([0, 1]), (1, 2)), x[:1, 1:3])
    start = kerasette.constant(3)
    np.testing.assert_array_equal(ops.slice(x, (start, 0), (2, 5)), x[2:4])
    np.testing.assert_array_equal(ops.slice(x, kerasette.constant([0, 4]), (1, 1)), x[:1, 4:])
    with pytest.raises(ValueError, match="does not lie within axis 0"):
        ops.slice(x, (3, 0), (2, 5))
    with pytest.raises(ValueError, match="one entry for each of 2 axes"):
        ops.slice(x, (3,), (2,))


def test_slice_update() -> None:
    """Known or unknown starts; the dtype stays; too large an update is refused."""
    x = np.zeros((3, 3), "float32")
    found = ops.slice_update(x, (1, kerasette.constant(1)), [[5, 6]])
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, [[0, 0, 0], [0, 5, 6], [0, 0, 0]])
    with pytest.raises(ValueError, match="larger than the shape"):
        ops.slice_update(x, (0, 0), np.ones((1, 4)))
    cache = kerasette.function(lambda c, i: ops.slice_update(c, (i, 0), ops.ones((1, 3))))
    np.testing.assert_array_equal(cache(kerasette.constant(x), kerasette.constant(2))[2], [1, 1, 1])


# --- gathers and scatters -------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_take(data: Any) -> None:
    """Any axis, any shape of indices, negative ones too."""
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    x = numbered(*shape)
    size = x.size if axis is None else shape[axis]
    lead = data.draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    indices = data.draw(hnp.arrays("int32", lead, elements=st.integers(-size, size - 1)))
    np.testing.assert_array_equal(ops.take(x, indices, axis), np.take(x, indices, axis))


def test_take_refuses() -> None:
    """Floats are no indices, and an index must lie within."""
    assert ops.take([1, 2], []).shape == (0,)
    with pytest.raises(ValueError, match="must be integers"):
        ops.take([1, 2], [0.0])
    with pytest.raises(IndexError):
        ops.take([1, 2], [2])


def test_take_along_axis() -> None:
    """Sizes broadcast; without an axis all is flat."""
    x = numbered(2, 3, 4)
    index = np.array([[[2], [0], [-1]]], "int32")
    expected = np.take_along_axis(x, np.broadcast_to(index, (2, 3, 1)), 2)
    np.testing.assert_array_equal(ops.take_along_axis(x, index, -1), expected)
    np.testing.assert_array_equal(ops.take_along_axis(x, [3, 0]), [4, 1])
    with pytest.raises(ValueError, match="rank of `x`, 3"):
        ops.take_along_axis(x, [0], 1)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_scatter_update(data: Any) -> None:
    """Each reduction combines as numpy's ``ufunc.at``."""
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    depth = data.draw(st.integers(1, len(shape)))
    count = data.draw(st.integers(0, 5))
    columns = [
        data.draw(hnp.arrays("int32", (count,), elements=st.integers(-size, size - 1)))
        for size in shape[:depth]
    ]
    x, updates = normal(*shape), normal(count, *shape[depth:], seed=1)
    indices = np.stack(columns, -1)
    for reduction, how in (
        ("add", np.add), ("max", np.maximum), ("min", np.minimum), ("mul", np.multiply),
    ):  # fmt: skip
        expected = x.copy()
        how.at(expected, tuple(columns), updates)
        found = ops.scatter_update(x, indices, updates, reduction)
        np.testing.assert_allclose(found, expected, atol=1e-12)
    expected = x.copy()
    for row, update in zip(indices, updates, strict=True):
        expected[tuple(row)] = update
    np.testing.assert_array_equal(ops.scatter_update(x, indices, updates), expected)
    zeros = np.zeros(shape)
    np.add.at(zeros, tuple(columns), updates)
    np.testing.assert_allclose(ops.scatter(indices, updates, shape), zeros, atol=1e-12)


def test_scatter_refuses() -> None:
    """Shapes and places that do not fit are refused in words."""
    with pytest.raises(ValueError, match="Received: shape \\(1, 3\\)"):
        ops.scatter_update(np.zeros((2, 2)), [[0, 1, 0]], [1.0])
    with pytest.raises(ValueError, match="must have the shape \\(1, 2\\)"):
        ops.scatter([[0]], np.zeros((1, 3)), (2, 2))
    with pytest.raises(IndexError, match="out of bounds for an axis of size 2"):
        ops.scatter([[2]], [1.0], (2,))
    with pytest.raises(ValueError, match="'mean'"):
        ops.scatter_update([1.0], [[0]], [1.0], "mean")


def test_gradients_at_ties() -> None:
    """Of several updates the last has the gradient; equal extremes share it."""
    x, updates = kerasette.constant([1.0, 2.0]), kerasette.constant([5.0, 6.0, 2.0])
    with kerasette.GradientTape(persistent=True) as tape:
        tape.watch([x, updates])
        put = ops.scatter_update(x, [[0], [0], [1]], updates)
        most = ops.scatter_update(x, [[0], [0], [1]], updates, "max")
    np.testing.assert_array_equal(tape.gradient(put, updates), [0, 1, 1])
    np.testing.assert_array_equal(tape.gradient(put, x), [0, 0])
    np.testing.assert_array_equal(tape.gradient(most, updates), [0, 1, 0.5])
    np.testing.assert_array_equal(tape.gradient(most, x), [0, 0.5])
