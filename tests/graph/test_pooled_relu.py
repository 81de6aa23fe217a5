"""ReLU after max-pooling gives what ReLU before it gives, gradients too."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from tests.graph.looking import operations

X = np.random.default_rng(0).standard_normal((2, 7, 6, 3)).astype("float32")
X[0, 0, 0, 0] = X[1, 2, 3, 1] = np.nan
X[0, 3, 3, 2], X[1, 0:2, 0:2] = np.inf, -np.inf
X[1, 4:6, 4:6] = 0.5  # equal ones


def step(pool):
    def f(x):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            y = pool(ops.relu(x))
            loss = ops.sum(y * ops.reshape(ops.arange(ops.size(y), dtype="float32"), y.shape))
        return y, tape.gradient(loss, x)

    return f


POOLS = {
    "apart": lambda x: ops.max_pool(x, 2),
    "overlapping": lambda x: ops.max_pool(x, 3, 1),
    "padded": lambda x: ops.max_pool(x, 3, 2, padding="same"),
}


@pytest.mark.parametrize("pool", POOLS)
def test_same_values_and_gradients(pool):
    f = step(POOLS[pool])
    compiled = kerasette.function(f)
    x = kerasette.constant(X)
    nodes = operations(compiled.graph(x))
    order = [n.op.name for n in nodes if n.op.name in ("relu", "max_pool", "cluster")]
    assert order[0] == "max_pool"
    shapes = {n.inputs[0].spec.shape for n in nodes if n.op.name in ("relu", "greater")}
    assert X.shape not in shapes
    for got, expected in zip(compiled(x), f(x), strict=True):
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-6)


def test_where_others_read_it_nothing_changes():
    def f(x):
        y = ops.relu(x)
        return ops.max_pool(y, 2), ops.sum(y)

    names = [n.op.name for n in operations(kerasette.function(f).graph(kerasette.constant(X)))]
    assert names.index("max_pool") > 0

    def g(x):
        y = ops.relu(x)
        return ops.max_pool(y, 2), y

    x = kerasette.constant(X)
    for got, expected in zip(kerasette.function(g)(x), g(x), strict=True):
        np.testing.assert_array_equal(got.numpy(), expected.numpy())
