"""Attention as a whole on a GPU: by cuDNN, or by a module in its place."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.graph.fused import attend_keeping
from kerasette.kernels.gpu import attention
from kerasette.kernels.gpu.cudnn import Planned
from kerasette.ops.attention import attend, attend_gradient
from tests.gpu.conftest import REAL
from tests.gpu.kernels.cudnn_standin import in_place


@pytest.fixture(autouse=True)
def cudnn(tmp_path, monkeypatch):
    if REAL:
        yield
    else:
        with in_place(tmp_path, monkeypatch):
            yield


CASES = {
    "causal": ((2, 6, 4, 8), (2, 6, 4, 8), True),
    "across, in groups": ((2, 5, 4, 16), (2, 7, 2, 16), False),
    "causal, more sources": ((1, 3, 2, 8), (1, 6, 1, 8), True),
}


def arrays_of(name):
    q, k, causal = CASES[name]
    r = np.random.RandomState(3)
    operands = [r.standard_normal(shape).astype("float32") for shape in (q, k, k)]
    return operands, r.standard_normal(q).astype("float32"), {"scale": 0.3, "causal": causal}


def near(got, wanted):
    got = devices.to_numpy(got).astype("float32")
    np.testing.assert_allclose(got, wanted, rtol=3e-2, atol=3e-2)


@pytest.mark.parametrize("name", CASES)
def test_attention_and_gradients(name):
    operands, gradient, how = arrays_of(name)
    given = [kerasette.constant(x, "bfloat16")._array for x in (gradient, *operands)]
    operands = [devices.to_numpy(x).astype("float32") for x in given]
    specs = tuple(Spec(x.shape, dtypes.ALL["bfloat16"]) for x in given)
    run = kernels.bind(attend, specs[1:], how, "gpu:0")
    assert type(run) is Planned
    near(run(*given[1:]), attend.reference(np, *operands[1:], **how))
    out, sums = kernels.bind(attend_keeping, specs[1:], how, "gpu:0")(*given[1:])
    near(out, attend.reference(np, *operands[1:], **how))
    near(sums, attend_keeping.reference(np, *operands[1:], **how)[1])
    run = kernels.bind(attend_gradient, specs, how, "gpu:0")
    assert type(run) is attention.Gradient
    for got, wanted in zip(
        run(*given), attend_gradient.reference(np, *operands, **how), strict=True
    ):
        near(got, wanted)


def test_what_cudnn_has_not_is_left_to_others():
    def taken(*shapes, dtype="bfloat16", op="attend"):
        specs = tuple(Spec(shape, dtypes.ALL[dtype]) for shape in shapes)
        return kernels.taken(op, specs, {"scale": 1.0, "causal": False}, "gpu:0")

    assert taken(*[(2, 6, 4, 8)] * 3)
    assert not taken(*[(2, 6, 4, 8)] * 3, dtype="float32")
    assert not taken(*[(2, 6, 4, 12)] * 3)
    assert not taken(*[(2, 6, 4, 160)] * 3)
    assert not taken(*[(2, 1, 4, 8)] * 3)


@pytest.mark.parametrize("grouped", [False, True])
def test_a_step_keeps_what_the_gradient_needs(grouped):
    """In a graph the gradient does not compute attention again; numbers are those of the CPU."""
    x = np.random.RandomState(0).standard_normal((2, 6, 16)).astype("float32")

    def step():
        kerasette.utils.set_random_seed(2)
        policy = "mixed_bfloat16"
        if grouped:
            layer = kerasette.layers.GroupedQueryAttention(8, 2, 1, dtype=policy)
        else:
            layer = kerasette.layers.MultiHeadAttention(2, 8, dtype=policy)
        layer(x, x)

        @kerasette.function
        def run(x):
            with kerasette.GradientTape() as tape:
                out = layer(x, x, use_causal_mask=True)
                loss = ops.sum(ops.square(ops.cast(out, "float32")))
            return loss, tape.gradient(loss, layer.trainable_variables)

        found = run(kerasette.constant(x))
        return run, [ops.convert_to_numpy(g) for g in (found[0], *found[1])]

    run, got = step()
    (compiled,) = [c for listed in run._compiled.values() for c in listed]
    names = {node.op.name for node in compiled.graph.nodes}
    assert {"attend_keeping", "attend_gradient_kept"} <= names
    assert not names & {"attend", "attend_gradient", "softmax"}
    with kerasette.device("cpu:0"):
        run, wanted = step()
    (compiled,) = [c for listed in run._compiled.values() for c in listed]
    assert not any("attend" in node.op.name for node in compiled.graph.nodes)
    np.testing.assert_allclose(got[0], wanted[0], rtol=3e-2)
    scale = max(np.abs(expected).max() for expected in wanted[1:])  # keys' biases have no slope
    for value, expected in zip(got[1:], wanted[1:], strict=True):
        np.testing.assert_allclose(value / scale, expected / scale, atol=4e-2)


def test_a_graph_without_a_gradient_keeps_nothing():
    layer = kerasette.layers.MultiHeadAttention(2, 8, dtype="bfloat16")
    x = kerasette.constant(np.ones((2, 6, 16)), "bfloat16")
    layer(x, x)
    run = kerasette.function(lambda x: layer(x, x))
    run(x)
    (compiled,) = [c for listed in run._compiled.values() for c in listed]
    names = {node.op.name for node in compiled.graph.nodes}
    assert "attend" in names and "attend_keeping" not in names
