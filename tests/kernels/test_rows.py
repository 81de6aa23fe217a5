"""Rows, labels, masks and parts in machine code: as the reference code, errors included."""

import numpy as np
import pytest

from kerasette import losses, ops
from kerasette.core.tape import GradientTape
from kerasette.graph.function import function
from kerasette.ops.gathering import add_at
from kerasette.ops.random_bits import random_mask
from tests.kernels.compiled import R, check, real

pytest.importorskip("llvmlite", reason="kernels of rows need llvmlite, the extra [fast]")

TABLE, PLACES, VALUES = real(50, 8), R.randint(-50, 50, (6, 7)), real(6, 7, 8)


def test_rows_by_number():
    check(lambda t, i: ops.take(t, i, axis=0) * 2.0, TABLE, PLACES, steps=["take", "cluster"])
    with pytest.raises(IndexError):
        function(lambda t, i: ops.take(t, i, axis=0) * 2.0)(TABLE, np.array([3, 50]))


def test_rows_added_up_at_places():
    check(lambda v, i: add_at(v, i, axis=0, size=50) * 2.0, VALUES, PLACES)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 1001])
@pytest.mark.parametrize("rate", [0.0, 0.3, 0.999])
def test_masks_are_the_same_to_the_bit(count, rate):
    key = np.array([3, 7], "uint32")

    def masked(key):
        return ops.cast(random_mask(key, shape=(count,), rate=rate), "float32")

    np.testing.assert_array_equal(function(masked)(key), masked(key))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_side_by_side(axis):
    check(lambda v: ops.concatenate([v * 2.0, v, v + 1.0], axis=axis), VALUES)


@pytest.mark.parametrize(
    "part", [np.s_[:, 2:4], np.s_[1:3], np.s_[..., 5:], np.s_[:, ::-1], np.s_[2:3, :, :]]
)
def test_gradients_of_parts(part):
    def gradient(v):
        with GradientTape() as tape:
            tape.watch(v)
            loss = ops.sum(v[part] ** 2)
        return tape.gradient(loss, v)

    check(gradient, VALUES)


def test_over_axes_in_the_middle():
    check(lambda v: (ops.mean(v, axis=1) * 2.0, ops.sum(v * 2.0, axis=1)), VALUES)


def test_labels():
    def loss(labels, x):
        return losses.sparse_categorical_crossentropy(labels, ops.softmax(x))

    check(loss, R.randint(0, 8, (6, 7)), VALUES)
    for wrong in (8, -1):
        with pytest.raises(ValueError, match="Labels must be from 0 to 7"):
            function(loss)(np.full((6, 7), wrong), VALUES)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [(15, 4, 8), (1, 1, 1), (3, 7, 1), (1, 9, 5), (16, 16, 16)])
def test_little_products(sizes, dtype):
    rows, inner, columns = sizes
    x, y = real(rows, inner, dtype=dtype), real(inner, columns, dtype=dtype)
    bias = real(columns, dtype=dtype)
    check(lambda x, y: ops.matmul(x, y) * 2.0, x, y)
    check(lambda x, y, b: ops.matmul(x, y) + b, x, y, bias)
    check(lambda x, y: ops.matmul(ops.transpose(x), y) * 2.0, x.T.copy(), y)
    check(lambda x, y: ops.matmul(x, ops.transpose(y)) * 2.0, x, y.T.copy())
