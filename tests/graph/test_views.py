"""Views: strides against numpy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerasette.graph.views import seen, shape_of, strides_of


@st.composite
def chains(draw):
    """A shape, and moves that fit it."""
    factors = draw(st.lists(st.sampled_from([1, 2, 2, 3, 4]), min_size=1, max_size=5))
    start = shape = tuple(factors)
    moves = []
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            axes = tuple(draw(st.permutations(range(len(shape)))))
            moves.append(("transpose", axes))
            shape = tuple(shape[axis] for axis in axes)
        else:
            left, sizes = int(np.prod(shape)), []
            while left > 1 and len(sizes) < 5:
                size = draw(st.sampled_from([s for s in (1, 2, 3, 4, 6, 8) if left % s == 0]))
                sizes.append(size)
                left //= size
            shape = (*sizes, left)
            moves.append(("reshape", shape))
    return start, tuple(moves)


@given(chains())
def test_strides_read_what_moves_give(case):
    shape, moves = case
    x = np.arange(np.prod(shape)).reshape(shape)
    expected = seen(np, x, moves)
    assert shape_of(shape, moves) == expected.shape
    found = strides_of(shape, moves)
    stays = np.shares_memory(expected, x)
    assert (found is not None) == stays
    if found is not None:
        assert found[0] == expected.shape
        steps = [8 * step for step in found[1]]
        read = np.lib.stride_tricks.as_strided(x, found[0], steps)
        np.testing.assert_array_equal(read, expected)


def test_shape_that_does_not_fit():
    with pytest.raises(ValueError, match="cannot have the shape"):
        shape_of((2, 3), (("reshape", (7,)),))
