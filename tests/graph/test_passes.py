"""Each pass: what it leaves of a graph, and that the values stay what they were."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.graph.ir import Graph
from kerasette.graph.passes.algebra import simplify_algebra
from kerasette.graph.passes.common_subexpressions import share_common_subexpressions
from kerasette.graph.passes.dead_code import drop_dead_code
from kerasette.graph.passes.folding import fold_constants
from kerasette.graph.trace import Trace

X = np.random.RandomState(0).standard_normal((2, 3)).astype("float32")


def traced(function, *arrays) -> Graph:
    """The graph of a function, before any pass."""
    with Trace() as trace:
        specs = [kerasette.constant(array) for array in arrays]
        out = function(*(trace.input(kerasette.core.spec.Spec(x.shape, x.dtype)) for x in specs))
        return trace.graph(list(out) if isinstance(out, tuple) else [out])


def names(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes]


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


def test_stages_are_kept_and_drawn():
    from xml.etree import ElementTree

    double = kerasette.function(lambda x: ops.exp(x * 1.0) + ops.exp(x * 1.0))
    stages = double.stages(X)
    assert names(stages["traced"]) == ["multiply", "exp", "multiply", "exp", "add"]
    assert names(stages["simplify_algebra"]) == ["exp", "exp", "add"]
    assert names(stages["share_common_subexpressions"]) == ["exp", "add"]
    for graph in stages.values():
        np.testing.assert_allclose(graph.run([X])[0], 2 * np.exp(X), rtol=1e-6)
        ElementTree.fromstring(graph.draw())
    assert "exp" in stages["traced"].draw()
