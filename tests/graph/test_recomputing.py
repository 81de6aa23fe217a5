"""Clusters that compute again instead of reading."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.graph.passes import improve
from tests.graph.test_passes import traced

X = np.random.default_rng(0).standard_normal((128, 64)).astype("float32")
MEAN = X.mean(0)


def stored(graph):
    """The elements that all clusters give that are not results of the graph."""
    wanted = set(graph.outputs)
    return sum(
        int(np.prod(value.spec.shape))
        for node in graph.nodes
        if node.op.name == "cluster"
        for value in node.outputs
        if value not in wanted
    )


def improved(function, *arrays):
    """The graph after all passes, whose results have been compared with the function's own."""
    graph = improve(traced(function, *arrays))
    expected = function(*(kerasette.constant(array) for array in arrays))
    expected = expected if isinstance(expected, tuple) else (expected,)
    for got, other in zip(graph.run(list(arrays)), expected, strict=True):
        np.testing.assert_allclose(got, other.numpy(), rtol=2e-5, atol=2e-5)
    return graph


def apart(x, mean, between):
    """A value that is wanted before ``between`` and after it."""
    distance = x - mean
    return ops.sum(distance * between(distance * 2.0))


def through_product(value):
    return ops.matmul(value, ops.ones((64, 64)))


def test_what_one_large_operand_gives_is_not_stored():
    graph = improved(lambda x, m: apart(x, m, through_product), X, MEAN)
    assert stored(graph) <= X.size  # what the product takes, and no distances


def test_small_arrays_are_left_alone():
    x = X[:8, :8]
    graph = improved(lambda x, m: apart(x, m, lambda v: ops.matmul(v, v)), x, MEAN[:8])
    assert stored(graph) > x.size


def test_two_large_operands_are_not_worth_it():
    graph = improved(lambda x, m: apart(x, m, through_product), X, X[::-1].copy())
    assert stored(graph) >= 2 * X.size


def test_costly_operations_are_not_done_twice():
    def function(x):
        value = ops.tanh(x)
        return ops.sum(value * through_product(value * 2.0))

    assert stored(improved(function, X)) >= 2 * X.size


def test_what_rows_have_is_given_in_place_of_all_that_is_made_with_it():
    def function(x):
        distance = x - ops.max(x, -1, keepdims=True)
        return ops.sum(distance * through_product(distance * 2.0))

    graph = improved(function, X)
    assert stored(graph) <= X.size + len(X)


def test_a_value_that_is_a_result_is_stored_once():
    def function(x, mean):
        distance = x - mean
        return distance, ops.sum(distance * through_product(distance * 2.0))

    graph = improved(function, X, MEAN)
    assert stored(graph) <= X.size


def test_results_that_nobody_reads_any_more_leave_no_node():
    graph = improved(lambda x, m: ops.sum(ops.exp(x - m) * 1.0), X, MEAN)
    assert all(node.outputs for node in graph.nodes)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_batch_normalisation_and_its_gradient(dtype):
    kerasette.utils.set_random_seed(0)
    layer = kerasette.layers.BatchNormalization(dtype=dtype)
    layer.build((None, 64))
    weights = kerasette.constant(np.random.default_rng(1).standard_normal((64, 64)), dtype)

    def gradient(x):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            y = ops.relu(layer(x, training=True))
            loss = ops.sum(ops.matmul(y, weights) * y)
        return tape.gradient(loss, x)

    x = ops.cast(kerasette.constant(X), dtype)
    got, expected = kerasette.function(gradient)(x), gradient(x)
    scale = float(np.abs(ops.cast(expected, "float64").numpy()).max())
    np.testing.assert_allclose(
        ops.cast(got, "float64").numpy() / scale,
        ops.cast(expected, "float64").numpy() / scale,
        atol={"float32": 2e-6, "float64": 1e-13, "bfloat16": 2e-2}[dtype],
    )
