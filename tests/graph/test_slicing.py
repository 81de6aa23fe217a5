"""Slices, transposes and what is between them."""

import numpy as np
import pytest

import kerasette
from kerasette import layers, ops
from kerasette.graph.passes.algebra import simplify_algebra
from kerasette.graph.passes.dead_code import drop_dead_code
from kerasette.graph.passes.slicing import slice_before_elements
from tests.graph.test_passes import names, traced

X = np.random.default_rng(0).standard_normal((4, 3, 6)).astype("float32")
TABLE = np.random.default_rng(1).standard_normal((9, 5)).astype("float32")


def check(function, passes, expected, *arrays):
    """What is left after some passes, and that it computes the same."""
    graph = traced(function, *arrays)
    for step in (*passes, drop_dead_code):
        graph = step(graph)
    assert names(graph) == expected
    wanted = function(*(kerasette.constant(array) for array in arrays))
    np.testing.assert_array_equal(graph.run(list(arrays))[0], wanted.numpy())


def transposed(x):
    return ops.transpose(x, (1, 0, 2))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: ops.exp(ops.flip(ops.flip(x, 1), 1)), ["exp"]),
        (lambda x: ops.flip(ops.flip(x, 0), 1), ["slice"]),
        (lambda x: transposed(ops.flip(transposed(ops.flip(x, 0)), 1)), []),
        (lambda x: transposed(ops.flip(transposed(x), 1)), ["slice"]),
        (lambda x: ops.flip(x[:2], 0), ["slice", "slice"]),  # the first leaves something out
        (lambda x: transposed(transposed(x)[:, 1:3]), ["slice"]),
        (lambda x: transposed(transposed(x) + transposed(x * 2.0)), ["multiply", "add"]),
        (
            lambda x: transposed(ops.concatenate([transposed(x), transposed(x[..., :1])], 2)),
            ["slice", "concatenate"],
        ),
    ],
)
def test_views_of_views(function, expected):
    check(function, [simplify_algebra, simplify_algebra], expected, X)


def test_rows_of_a_table_in_another_order():
    places = np.arange(6).reshape(2, 3)

    def function(table):
        return ops.transpose(ops.take(table, places, 0), (1, 0, 2))

    graph = drop_dead_code(simplify_algebra(traced(function, TABLE)))
    assert names(graph)[-1] == "take"
    np.testing.assert_array_equal(graph.run([TABLE])[0], TABLE[places.T])


def test_a_table_whose_columns_move_stays():
    places = np.arange(6)
    graph = simplify_algebra(traced(lambda t: ops.transpose(ops.take(t, places, 0)), TABLE))
    assert names(graph)[-1] == "transpose"


def test_what_is_read_in_slices_is_computed_in_slices():
    def function(x):
        first, second, third = ops.split(x + ops.exp(x), 3, axis=-1)
        return first * second + third

    expected = ["exp", *["slice", "slice", "add"] * 3, "multiply", "add"]
    check(function, [slice_before_elements], expected, X)


def test_and_what_that_is_made_of():
    def function(x):
        first, second = ops.split(ops.negative(x * ops.exp(x)), 2, axis=-1)
        return first / second

    graph = drop_dead_code(slice_before_elements(traced(function, X)))
    assert names(graph).count("multiply") == names(graph).count("negative") == 2


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x + ops.exp(x))[:, :2],  # a single slice
        lambda x: ops.sum((y := x + ops.exp(x))[:1] * y[1:2]) + ops.sum(y),  # read whole, too
        lambda x: (y := x + ops.exp(x))[:, :2] * y[:, 1:3],  # slices that overlap
        lambda x: ops.subtract(*ops.split(x + ops.exp(x[:, :, :1]), 2, axis=-1)),  # of two shapes
    ],
)
def test_what_is_better_left_alone(function):
    graph = traced(function, X)
    before = names(graph)
    assert names(slice_before_elements(graph)) == before


@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU, layers.SimpleRNN])
@pytest.mark.parametrize("sequences", [False, True])
def test_two_directions_are_read_without_a_copy(cell, sequences):
    kerasette.utils.set_random_seed(0)
    layer = layers.Bidirectional(cell(8, return_sequences=sequences))
    x = kerasette.constant(X)
    expected = layer(x)

    compiled = kerasette.function(lambda x: layer(x * 1.0))
    np.testing.assert_allclose(compiled(x).numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)
    graph = compiled.graph(x)
    whole = [
        node
        for node in graph.nodes
        if node.op.name == "cluster"
        and {n.op.name for n in node.attributes["body"].nodes} <= {"slice", "transpose"}
        and node.outputs[0].spec.shape == (3, 4, 8)
    ]
    assert len(whole) <= 2 * sequences  # of what comes out, to put the batch first
