"""Each pass: what it leaves of a graph, and that the values stay what they were."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.graph.ir import Graph
from kerasette.graph.passes import improve
from kerasette.graph.passes.algebra import simplify_algebra
from kerasette.graph.passes.common_subexpressions import share_common_subexpressions
from kerasette.graph.passes.dead_code import drop_dead_code
from kerasette.graph.passes.folding import fold_constants
from kerasette.graph.trace import Trace
from tests.graph.looking import operations

X = np.random.RandomState(0).standard_normal((2, 3)).astype("float32")


def traced(function, *arrays) -> Graph:
    """The graph of a function, before any pass."""
    with Trace() as trace:
        specs = [kerasette.constant(array) for array in arrays]
        out = function(*(trace.input(kerasette.core.spec.Spec(x.shape, x.dtype)) for x in specs))
        return trace.graph(list(out) if isinstance(out, tuple) else [out])


def names(graph: Graph) -> list[str]:
    """The operations of a graph, in clusters too."""
    return [node.op.name for node in operations(graph)]


def check(function, step, expected, *arrays):
    """``step`` leaves the operations of these names, and the values."""
    graph = traced(function, *arrays)
    before = graph.run([np.asarray(a) for a in arrays])
    graph = drop_dead_code(step(graph))
    assert names(graph) == expected
    graph._plan = None
    for a, b in zip(graph.run([np.asarray(a) for a in arrays]), before, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


def test_folding():
    constant = kerasette.constant(X)

    def function(x):
        weight = ops.exp(ops.add(constant, 1.0))
        return x * weight

    # Traced operations on constants compute at once; only what a trace writes is there to fold.
    check(function, fold_constants, ["multiply"], X)


def test_folding_of_nodes_on_constants():
    from kerasette.core.primitive import find
    from kerasette.graph.ir import Node

    graph = traced(lambda x: x * kerasette.constant(X), X)
    (value,) = graph.constants
    node = Node(find("exp"), [value], {})
    graph.nodes[0].inputs[1] = node.outputs[0]
    graph.nodes.insert(0, node)
    folded = drop_dead_code(fold_constants(graph))
    assert names(folded) == ["multiply"]
    np.testing.assert_allclose(folded.run([X])[0], X * np.exp(X), rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: ops.reshape(ops.reshape(x, (6,)), (3, 2)), ["reshape"]),
        (lambda x: ops.exp(ops.reshape(x, (2, 3))), ["exp"]),
        (lambda x: ops.transpose(ops.transpose(x)) + 1.0, ["add"]),
        (lambda x: ops.exp(x * 1.0), ["exp"]),
        (lambda x: ops.exp(x / 1.0), ["exp"]),
        (lambda x: ops.exp(1.0 / x), ["divide", "exp"]),
        (lambda x: ops.exp(x + 0.0), ["add", "exp"]),  # 0 + -0 is 0
        (
            lambda x: ops.exp(ops.sum(ops.reshape(x, (2, 3, 1)), axis=-1)),
            ["reshape", "reshape", "exp"],
        ),
    ],
)
def test_algebra(function, expected):
    check(function, simplify_algebra, expected, X)


def test_common_subexpressions():
    check(lambda x: ops.exp(x) * ops.exp(x), share_common_subexpressions, ["exp", "multiply"], X)


def test_dead_code():
    def function(x):
        ops.log(x)
        return ops.exp(x)

    check(function, lambda graph: graph, ["exp"], X)


def steps(body, x):
    """The scan node of a loop over ``x`` after the passes for loops, and its graph."""
    graph = improve(traced(lambda x: body(x), x))
    (scan,) = [node for node in graph.nodes if node.op.name == "scan"]
    return scan, graph


@pytest.mark.parametrize("axis", [0, 1])
def test_the_gradient_of_a_split_is_its_parts_side_by_side(axis):
    def gradient(x):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            parts = ops.split(x, 2, axis=axis)
            loss = ops.sum(parts[0] ** 2) + ops.sum(ops.exp(parts[1]))
        return tape.gradient(loss, x)

    x = np.random.RandomState(5).standard_normal((4, 6)).astype("float32")
    graph = improve(traced(gradient, x))
    assert "concatenate" in names(graph)
    assert "unslice" not in names(graph)
    np.testing.assert_allclose(graph.run([x])[0], gradient(kerasette.constant(x)), rtol=1e-6)


def test_parts_with_a_gap_stay_a_sum():
    def gradient(x):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            loss = ops.sum(x[:, :2] * 2.0) + ops.sum(ops.exp(x[:, 3:]))
        return tape.gradient(loss, x)

    x = np.random.RandomState(5).standard_normal((4, 6)).astype("float32")
    graph = improve(traced(gradient, x))
    assert "concatenate" not in names(graph)
    np.testing.assert_allclose(graph.run([x])[0], gradient(kerasette.constant(x)), rtol=1e-6)


SEQUENCE = np.random.RandomState(1).standard_normal((5, 2, 3)).astype("float32")
W = np.random.RandomState(2).standard_normal((3, 4)).astype("float32")


def test_what_a_turn_does_not_owe_to_the_last_is_done_outside():
    w = kerasette.constant(W)

    def body(xs):
        def turn(carry, x):
            projected = ops.tanh(ops.matmul(x, w) * 2.0) + 1.0
            return carry * projected, (carry, ops.exp(x))

        total, (ys, zs) = ops.scan(turn, ops.ones((2, 4)), xs)
        return total, ys, zs

    scan, graph = steps(body, SEQUENCE)
    assert names(scan.attributes["body"]) == ["add", "multiply"]
    assert {"gemm", "tanh", "exp"} <= set(names(graph))
    for got, wanted in zip(graph.run([SEQUENCE]), body(SEQUENCE), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("reverse", [False, True])
def test_gradient_of_a_weight_in_a_loop_is_one_product(reverse):
    def gradients(xs, w):
        with kerasette.GradientTape() as tape:
            tape.watch(w)

            def turn(carry, x):
                new = ops.tanh(ops.matmul(carry, w) + x)
                return new, new

            last, ys = ops.scan(turn, ops.zeros((2, 3)), xs, reverse=reverse)
            loss = ops.sum(last) + ops.sum(ys**2)
        return loss, tape.gradient(loss, w)

    w = np.random.RandomState(3).standard_normal((3, 3)).astype("float32")
    graph = improve(traced(gradients, SEQUENCE, w))
    back = [n for n in graph.nodes if n.op.name == "scan"][-1]
    assert back.attributes["layout"].carries == 1
    assert "tanh" not in names(back.attributes["body"])
    expected = kerasette.function(gradients).python_function(
        kerasette.constant(SEQUENCE), kerasette.constant(w)
    )
    for got, wanted in zip(graph.run([SEQUENCE, w]), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4)


def test_a_loop_of_slices_of_lower_rank_and_fixed_values():
    def body(xs):
        fixed = ops.reshape(xs[0], (6,))[:3]

        def turn(carry, x):
            row = ops.exp(x[0])
            grid = ops.exp(row + ops.ones((4, 1)) * ops.exp(fixed))
            return carry + ops.sum(grid), (grid, ops.exp(fixed))

        return ops.scan(turn, ops.zeros(()), xs)

    def flat(xs):
        total, (grids, held) = body(xs)
        return total, grids, held

    _, graph = steps(flat, SEQUENCE)
    for got, wanted in zip(graph.run([SEQUENCE]), flat(SEQUENCE), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_stages_are_kept_and_drawn():
    from xml.etree import ElementTree

    double = kerasette.function(lambda x: ops.exp(x * 1.0) + ops.exp(x * 1.0))
    stages = double.stages(X)
    assert names(stages["traced"]) == ["multiply", "exp", "multiply", "exp", "add"]
    assert names(stages["2 simplify_algebra"]) == ["exp", "exp", "add"]
    assert names(stages["3 share_common_subexpressions"]) == ["exp", "add"]
    for graph in stages.values():
        np.testing.assert_allclose(graph.run([X])[0], 2 * np.exp(X), rtol=1e-6)
        ElementTree.fromstring(graph.draw())
    assert "exp" in stages["traced"].draw()


def test_equal_constants_are_one():
    def function(x):
        return x * kerasette.constant(2.0) + x * kerasette.constant(2.0)

    check(function, share_common_subexpressions, ["multiply", "add"], X)
