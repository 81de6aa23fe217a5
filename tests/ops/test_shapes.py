"""Shaping, joining, splitting, padding, diagonals and rearranging, against numpy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import kerasette
from kerasette import KerasTensor, ops
from kerasette.errors import TraceError

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)


def numbered(*shape: int, dtype: str = "float64") -> np.ndarray:
    """Numbers of which each is there once."""
    return np.asarray(np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape) + 1)


def same(found: Any, expected: Any) -> None:
    """Equal in shape, dtype and values, of one or of several."""
    if isinstance(expected, (list, tuple)):
        assert isinstance(found, (list, tuple)) and len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
        return
    assert tuple(found.shape) == expected.shape
    assert found.dtype == expected.dtype.name
    np.testing.assert_array_equal(found, expected)


# --- axes -----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_axes(data: Any) -> None:
    """Axes at other places, new ones, and none."""
    shape = data.draw(SHAPES)
    x, rank = numbered(*shape), len(shape)
    axis = st.integers(-rank, rank - 1)
    first, second = data.draw(axis), data.draw(axis)
    same(ops.swapaxes(x, first, second), np.swapaxes(x, first, second))
    same(ops.moveaxis(x, first, second), np.moveaxis(x, first, second))
    count = data.draw(st.integers(0, rank))
    places = [data.draw(st.permutations(range(rank)))[:count] for _ in range(2)]
    same(ops.moveaxis(x, *places), np.moveaxis(x, *places))
    same(ops.ravel(x), np.ravel(x))
    same(ops.flip(x, first), np.flip(x, first))
    same(ops.flip(x), np.flip(x))
    shift = data.draw(st.integers(-9, 9))
    same(ops.roll(x, shift), np.roll(x, shift))
    same(ops.roll(x, (shift, 1), (first, second)), np.roll(x, (shift, 1), (first, second)))
    same(ops.roll(x, kerasette.constant(shift), first), np.roll(x, shift, first))
    if first % rank != second % rank:
        same(ops.rot90(x, shift, (first, second)), np.rot90(x, shift, (first, second)))
    assert ops.ndim(x) == rank and ops.size(x) == x.size


def test_axes_refuse() -> None:
    """What is no axis is refused in words."""
    x = numbered(2, 3)
    with pytest.raises(ValueError, match="`axis1` must be from -2 to 1"):
        ops.swapaxes(x, 2, 0)
    with pytest.raises(ValueError, match="as many axes, each once"):
        ops.moveaxis(x, (0, 1), 0)
    with pytest.raises(ValueError, match="two different axes"):
        ops.rot90(x, 1, (0, 0))
    with pytest.raises(ValueError, match="same length"):
        ops.roll(x, (1, 2, 3), (0, 1))
    assert ops.size(KerasTensor((None, 2))) is None


# --- repetition -----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_repetition(data: Any) -> None:
    """The whole several times, or each element."""
    shape = data.draw(SHAPES)
    x, rank = numbered(*shape), len(shape)
    counts = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=rank + 1))
    same(ops.tile(x, counts), np.tile(x, counts))
    same(ops.tile(x, counts[0]), np.tile(x, counts[0]))
    axis = data.draw(st.none() | st.integers(-rank, rank - 1))
    same(ops.repeat(x, counts[0], axis), np.repeat(x, counts[0], axis))
    size = x.size if axis is None else shape[axis]
    times = data.draw(hnp.arrays("int32", (size,), elements=st.integers(0, 3)))
    same(ops.repeat(x, times, axis), np.repeat(x, times, axis))
    same(ops.repeat(x, kerasette.constant(times), axis), np.repeat(x, times, axis))


def test_repeats_that_are_not_known() -> None:
    """Repeats as values give a size that is not known before."""
    x, times = KerasTensor((3, 2)), KerasTensor((3,), "int32")
    assert ops.repeat(x, times, axis=0).shape == (None, 2)
    assert ops.repeat(KerasTensor((None, 2)), 3, axis=0).shape == (None, 2)
    with pytest.raises(TraceError, match="`repeat` gives depends on values"):
        kerasette.function(lambda t: ops.repeat(np.ones(3), t))(kerasette.constant([1, 2, 3]))
    with pytest.raises(ValueError, match="one for each of 3 elements"):
        ops.repeat([1, 2, 3], [1, 2])


# --- padding --------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_pad(data: Any) -> None:
    """Constants, mirrors, edges, the other end; wider than the tensor too."""
    shape = data.draw(hnp.array_shapes(max_dims=3, min_side=1, max_side=4))
    x = numbered(*shape)
    width = st.integers(0, 5)
    widths = data.draw(st.lists(st.tuples(width, width), min_size=len(shape), max_size=len(shape)))
    for mode in ("constant", "reflect", "symmetric", "edge", "wrap"):
        same(ops.pad(x, widths, mode), np.pad(x, widths, mode))
    same(ops.pad(x, widths, constant_values=-np.inf), np.pad(x, widths, constant_values=-np.inf))
    same(ops.pad(x, 2), np.pad(x, 2))
    same(ops.pad(x, (1, 2)), np.pad(x, (1, 2)))


def test_pad_refuses() -> None:
    """Widths and modes that there are not."""
    x = numbered(2, 2, dtype="int32")
    same(
        ops.pad(x, ((1, 0), (0, 0)), constant_values=7),
        np.pad(x, ((1, 0), (0, 0)), constant_values=7),
    )
    assert ops.pad(KerasTensor((None, 3)), ((0, 0), (1, 2)), "reflect").shape == (None, 6)
    assert ops.pad(KerasTensor((None, 3)), 1).shape == (None, 5)
    for width in (-1, ((1, 2), (3, 4), (5, 6)), 0.5, (1, 2, 3)):
        with pytest.raises(ValueError, match="`pad_width` must be"):
            ops.pad(x, width)
    with pytest.raises(ValueError, match="must be one of"):
        ops.pad(x, 1, "mirror")
    with pytest.raises(ValueError, match='for the mode "constant" alone'):
        ops.pad(x, 1, "edge", constant_values=0)
    with pytest.raises(ValueError, match="axis 0, which is empty"):
        ops.pad(np.zeros(0), 1, "edge")


# --- joining and splitting ------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_joining(data: Any) -> None:
    """Along axes that there are, and along new ones."""
    shape = data.draw(SHAPES)
    x, rank = numbered(*shape), len(shape)
    axis = data.draw(st.integers(-rank, rank - 1))
    parts = [x, x + 0.5, x[:0]] if axis % rank == 0 else [x, x + 0.5]
    same(ops.concatenate(parts, axis), np.concatenate(parts, axis))
    place = data.draw(st.integers(-rank - 1, rank))
    same(ops.stack([x, -x], place), np.stack([x, -x], place))
    same(ops.append(x, -x), np.append(x, -x))
    same(ops.append(x, -x, axis), np.append(x, -x, axis))
    for name in ("hstack", "vstack", "dstack"):
        same(getattr(ops, name)([x, -x]), getattr(np, name)([x, -x]))
    same(ops.unstack(x, axis=axis), list(np.moveaxis(x, axis, 0)))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_splitting(data: Any) -> None:
    """Equal parts, parts that differ by one, and any cuts."""
    shape = data.draw(SHAPES)
    x, rank = numbered(*shape), len(shape)
    axis = data.draw(st.integers(-rank, rank - 1))
    cuts = data.draw(st.lists(st.integers(-6, 6), max_size=4))
    same(ops.split(x, cuts, axis), np.split(x, cuts, axis))
    same(ops.array_split(x, cuts, axis), np.array_split(x, cuts, axis))
    sections = data.draw(st.integers(1, 5))
    same(ops.array_split(x, sections, axis), np.array_split(x, sections, axis))
    if shape[axis] % sections == 0:
        same(ops.split(x, sections, axis), np.split(x, sections, axis))
    else:
        with pytest.raises(ValueError, match=f"into {sections} parts of equal size"):
            ops.split(x, sections, axis)
    for name, least in (("hsplit", 1), ("vsplit", 2), ("dsplit", 3)):
        if rank >= least:
            same(getattr(ops, name)(x, cuts), getattr(np, name)(x, cuts))
        else:
            with pytest.raises(ValueError, match=f"rank {least} or more"):
                getattr(ops, name)(x, cuts)


def test_joining_refuses() -> None:
    """Shapes that do not fit, and nothing to join."""
    with pytest.raises(ValueError, match="same sizes except on axis 0"):
        ops.concatenate([np.ones((2, 3)), np.ones((2, 4))])
    with pytest.raises(ValueError, match="same shape"):
        ops.stack([np.ones(2), np.ones(3)])
    for join in (ops.concatenate, ops.stack, ops.hstack, ops.vstack, ops.dstack):
        with pytest.raises(ValueError, match="at least one tensor"):
            join([])
    with pytest.raises(ValueError, match="Received: num=2"):
        ops.unstack(np.ones(3), num=2)
    with pytest.raises(ValueError, match="must be at least 1"):
        ops.array_split(np.ones(3), 0)


def test_joining_promotes() -> None:
    """Dtypes meet in one, and so do unknown sizes."""
    assert ops.concatenate([np.ones(1, "int32"), np.ones(1, "float16")]).dtype == "float16"
    assert ops.stack([True, 2]).dtype == "int32"
    x = KerasTensor((None, 4))
    assert ops.concatenate([x, KerasTensor((3, 4))], 0).shape == (None, 4)
    assert [part.shape for part in ops.split(x, 2, axis=1)] == [(None, 2), (None, 2)]
    assert [part.shape for part in ops.split(x, 2, axis=0)] == [(None, 4), (None, 4)]


# --- diagonals ------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(hnp.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=4), st.integers(-5, 5))
def test_diagonals(shape: tuple[int, ...], k: int) -> None:
    """Any diagonal of any matrix, beyond its corners too."""
    x = numbered(*shape)
    same(ops.diagonal(x, k), np.diagonal(x, k))
    same(ops.diagonal(x, k, -1, -2), np.diagonal(x, k, -1, -2))
    same(ops.trace(x, k), np.asarray(np.trace(x, k)))
    same(ops.tril(x, k), np.tril(x, k))
    same(ops.triu(x, k), np.triu(x, k))
    same(ops.diag(numbered(shape[0]), k), np.diag(numbered(shape[0]), k))
    same(ops.diagflat(x, k), np.diagflat(x, k))
    if x.ndim == 2:
        same(ops.diag(x, k), np.diag(x, k))


def test_diagonals_refuse() -> None:
    """Ranks that do not fit; unknown sizes."""
    for name in ("diagonal", "tril", "triu", "trace"):
        with pytest.raises(ValueError, match="rank 2 or more"):
            getattr(ops, name)(np.ones(3))
    with pytest.raises(ValueError, match="rank 1 or 2"):
        ops.diag(np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="must differ"):
        ops.diagonal(np.ones((2, 2)), 0, 0, -2)
    assert ops.tril(KerasTensor((None, None))).shape == (None, None)
    assert ops.diagonal(KerasTensor((None, 3, 4)), axis1=1, axis2=2).shape == (None, 3)


def test_triangles_keep_dtypes() -> None:
    """Truth values and small integers stay what they are."""
    for dtype in ("bool", "int8", "float16"):
        x = np.ones((2, 3), dtype)
        same(ops.tril(x), np.tril(x))
        same(ops.triu(x), np.triu(x))


def test_vander() -> None:
    """Powers up or down, of integers too."""
    x = np.array([2, 3, 0], "int32")
    same(ops.vander(x), np.vander(x).astype("int32"))
    same(ops.vander(x * 0.5, 2, True), np.vander(x * 0.5, 2, True))
    same(ops.vander(x, 0), np.vander(x, 0).astype("int32"))
    with pytest.raises(ValueError, match="rank 1"):
        ops.vander([[1]])


# --- rearranging ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "pattern", "sizes", "expected"),
    [
        ((2, 3, 4), "a b c -> c a b", {}, lambda x: x.transpose(2, 0, 1)),
        ((2, 12), "a (b c) -> a c b", {"b": 3}, lambda x: x.reshape(2, 3, 4).transpose(0, 2, 1)),
        ((2, 3, 4), "a b c -> (c a) b", {}, lambda x: x.transpose(2, 0, 1).reshape(8, 3)),
        ((2, 3, 4), "a ... -> ... a", {}, lambda x: x.transpose(1, 2, 0)),
        ((2, 3, 4), "a ... -> a (...)", {}, lambda x: x.reshape(2, 12)),
        ((2, 1, 4), "a 1 c -> 1 c a ()", {}, lambda x: x[:, 0].T[None, :, :, None]),
        ((2, 0), "a b -> b a", {}, lambda x: x.T),
        ((), " -> 1", {}, lambda x: x[None]),
    ],
)
def test_rearrange(shape: Any, pattern: str, sizes: Any, expected: Any) -> None:
    """Patterns split, reorder and merge axes."""
    x = numbered(*shape)
    same(ops.rearrange(x, pattern, **sizes), expected(x))


def test_rearrange_of_unknown_sizes() -> None:
    """An unknown size goes through."""
    x = KerasTensor((None, 6, 4))
    assert ops.rearrange(x, "b (h w) c -> b c h w", h=2).shape == (None, 4, 2, 3)
    assert ops.rearrange(x, "b s c -> (b s) c").shape == (None, 4)


@pytest.mark.parametrize(
    ("pattern", "sizes", "words"),
    [
        ("a b", {}, "must have the form"),
        ("a b -> a", {}, "each axis once"),
        ("a a -> a", {}, "each axis once"),
        ("a b c -> a b c", {}, "each of the 2"),
        ("(a c) b -> a b c", {}, "all but one"),
        ("(a c) b -> a b c", {"a": 4}, "not made of"),
        ("a b -> b a", {"z": 1}, "no axes \\['z'\\]"),
        ("a b) -> a b", {}, "out of place"),
        ("a 2 -> a 2", {}, "names, 1 and"),
        ("... ... -> ...", {}, "may stand once"),
    ],
)
def test_rearrange_refuses(pattern: str, sizes: Any, words: str) -> None:
    """A pattern that does not fit is refused in words."""
    with pytest.raises(ValueError, match=words):
        ops.rearrange(np.ones((6, 2)), pattern, **sizes)
