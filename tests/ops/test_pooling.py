"""Pooling against loops, for any sizes; ties, padding, infinities; errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import KerasTensor, ops
from tests.ops import naive
from tests.ops.gradients import check
from tests.ops.samples import distinct, normal, whole

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def first(x):
    """Channels first."""
    return np.moveaxis(x, -1, 1)


@st.composite
def configurations(draw):
    """An input with ties, a window, strides and a padding, such that there is an output."""
    rank = draw(st.integers(1, 3))
    window = tuple(draw(st.integers(1, 3)) for _ in range(rank))
    strides = draw(st.one_of(st.none(), st.tuples(*[st.integers(1, 4)] * rank)))
    sizes = tuple(draw(st.integers(w, w + 4)) for w in window)
    x = whole(-3, 4, 2, *sizes, 2, seed=draw(st.integers(0, 9))).astype("float64")
    return x, window, strides, draw(st.sampled_from(["valid", "same"]))


def _how(x, window, strides, padding):
    strides = strides or window
    pairs = ((0, 0),) * len(window)
    if padding == "same":
        pairs = naive.same_padding(x.shape[1:-1], window, strides, (1,) * len(window))
    return window, strides, pairs


def _gradient(f, x, direction):
    x = kerasette.constant(x)
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        total = ops.sum(f(x) * direction)
    return tape.gradient(total, x)


@settings(max_examples=120, deadline=None)
@given(configurations(), st.booleans())
def test_max_pool(case, channels_first):
    """The gradient goes to the first of equal values, and to one of them only."""
    x, window, strides, padding = case
    how = _how(*case)
    expected = naive.pool(x, *how, how=lambda values: values.max(axis=0))
    turn = first if channels_first else np.asarray
    form = "channels_first" if channels_first else "channels_last"
    direction = normal(*expected.shape)

    def pool(x):
        return ops.max_pool(x, window, strides, padding, form)

    np.testing.assert_array_equal(pool(turn(x)), turn(expected))
    wanted = np.zeros(x.size)
    np.add.at(wanted, naive.first_greatest(x, *how).reshape(-1), direction.reshape(-1))
    found = _gradient(pool, turn(x), turn(direction))
    np.testing.assert_allclose(found, turn(wanted.reshape(x.shape)), **CLOSE)


@settings(max_examples=120, deadline=None)
@given(configurations(), st.booleans())
def test_average_pool(case, channels_first):
    """Padding does not count."""
    x, window, strides, padding = case
    how = _how(*case)

    def mean(x):
        return naive.pool(x, *how, how=lambda values: values.mean(axis=0))

    expected = mean(x)
    turn = first if channels_first else np.asarray
    form = "channels_first" if channels_first else "channels_last"

    def pool(x):
        return ops.average_pool(x, window, strides, padding, form)

    np.testing.assert_allclose(pool(turn(x)), turn(expected), **CLOSE)
    direction, u = normal(*expected.shape), normal(*x.shape, seed=1)
    found = _gradient(pool, turn(x), turn(direction))
    np.testing.assert_allclose(np.sum(found * turn(u)), np.sum(direction * mean(u)), **CLOSE)


def _parts(x, counts, how):
    """Each of as many windows as are wanted, from the floor of its start to the ceiling."""
    out = np.zeros((x.shape[0], *counts, x.shape[-1]))
    for place in np.ndindex(*counts):
        window = tuple(
            slice(int(np.floor(i * size / n)), int(np.ceil((i + 1) * size / n)))
            for i, size, n in zip(place, x.shape[1:-1], counts, strict=True)
        )
        values = x[(slice(None), *window)].reshape(x.shape[0], -1, x.shape[-1])
        out[(slice(None), *place)] = how(values, axis=1)
    return out


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 7), st.integers(1, 5)), min_size=1, max_size=3),
    st.booleans(),
)
def test_adaptive_pools(axes, channels_first):
    sizes, counts = zip(*axes, strict=True)
    x = distinct(2, *sizes, 2)
    turn = first if channels_first else np.asarray
    form = "channels_first" if channels_first else "channels_last"
    for pool, how in ((ops.adaptive_max_pool, np.max), (ops.adaptive_average_pool, np.mean)):
        found = pool(turn(x), counts, form)
        np.testing.assert_allclose(found, turn(_parts(x, counts, how)), **CLOSE)


def test_second_gradients():
    x = distinct(2, 5, 7, 2)
    check(lambda x: ops.max_pool(x, 3, 2, "same") ** 3, x)
    check(lambda x: ops.average_pool(x, (2, 3), 2, "same") ** 3, x)
    check(lambda x: ops.adaptive_max_pool(x, (2, 3)) ** 3, x)
    check(lambda x: ops.adaptive_average_pool(x, (2, 3)) ** 3, x)


def test_padding_is_never_the_greatest():
    np.testing.assert_array_equal(ops.max_pool(-ops.ones((1, 3, 3, 1)), 2, 1, "same"), -1)
    least = ops.full((1, 3, 1), -128, "int8")
    np.testing.assert_array_equal(ops.max_pool(least, 2, 2, "same"), -128)
    np.testing.assert_array_equal(ops.max_pool(ops.full((1, 3, 1), -np.inf), 2, 2, "same"), -np.inf)


def test_infinite_and_missing_values():
    x = np.array([1.0, np.inf, -np.inf, -np.inf, np.nan, 2.0]).reshape(1, 6, 1)
    np.testing.assert_array_equal(np.ravel(ops.max_pool(x, 2)), [np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(np.ravel(ops.average_pool(x, 2)), [np.inf, -np.inf, np.nan])
    found = _gradient(lambda x: ops.max_pool(x, 2), x[:, :4], np.array([[[np.inf], [1.0]]]))
    np.testing.assert_array_equal(np.ravel(found), [0, np.inf, 1, 0])  # no NaN beside infinity


@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_unknown_sizes(name, padding):
    pool = getattr(ops, name)
    size = 4 if padding == "valid" else 5
    assert pool(KerasTensor((None, 9, 9, 3)), 2, 2, padding).shape == (None, size, size, 3)
    assert pool(KerasTensor((None, None, 9, 3)), 2, 2, padding).shape == (None, None, size, 3)
    found = pool(KerasTensor((None, 3, 9)), 2, 2, padding, "channels_first")
    assert found.shape == (None, 3, size)


@pytest.mark.parametrize("name", ["adaptive_max_pool", "adaptive_average_pool"])
def test_adaptive_pools_know_their_result(name):
    found = getattr(ops, name)(KerasTensor((None, None, 9, 3)), (2, 4))
    assert found.shape == (None, 2, 4, 3)


@pytest.mark.parametrize(
    ("name", "dtype", "expected"),
    [
        ("max_pool", "int32", "int32"),
        ("max_pool", "bool", "bool"),
        ("max_pool", "bfloat16", "bfloat16"),
        ("average_pool", "int32", "float32"),
        ("average_pool", "float16", "float16"),
    ],
)
def test_dtypes(name, dtype, expected):
    pool = getattr(ops, name)
    x = ops.ones((1, 4, 4, 1), dtype)
    assert pool(x, 2).dtype == expected
    assert pool(x, 3, 2, "same").dtype == expected
    assert pool(KerasTensor((None, 4, 4, 1), dtype), 2).dtype == expected


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.max_pool(ops.ones((4, 4)), 2), "1 to 3 spatial axes"),
        (lambda: ops.max_pool(ops.ones((1, 4, 4, 1)), 5), "no window fits"),
        (lambda: ops.max_pool(ops.ones((1, 4, 4, 1)), (2, 2, 2)), "pool_size"),
        (lambda: ops.average_pool(ops.ones((1, 4, 4, 1)), 2, 0), "strides=0"),
        (lambda: ops.average_pool(ops.ones((1, 4, 4, 1)), 2, padding="full"), "padding='full'"),
        (lambda: ops.adaptive_max_pool(ops.ones((1, 4, 4, 1)), 0), "output_size=0"),
        (lambda: ops.max_pool(ops.ones((1, 4, 1), "complex64"), 2), "real numbers"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()
