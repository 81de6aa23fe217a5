"""What cuDNN is asked for is the convolution: on a GPU by cuDNN, else by a module in its place."""

import numpy as np
import pytest

import kerasette
from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.arrays.switches import switches
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.graph.fused import biased_conv
from kerasette.kernels.gpu.convolution import Convolution
from kerasette.ops.convolution import conv_input_gradient, conv_kernel_gradient, slide
from tests.gpu.conftest import REAL
from tests.gpu.kernels.cudnn_standin import Graph, in_place


@pytest.fixture(autouse=True)
def cudnn(tmp_path, monkeypatch):
    if REAL:
        yield
    else:
        with in_place(tmp_path, monkeypatch):
            yield


CASES = {
    "one axis": ((2, 9, 4), (3, 4, 5), (2,), ((1, 0),), (1,), 1),
    "two axes": ((2, 7, 6, 3), (3, 2, 3, 4), (1, 1), ((1, 1), (0, 1)), (1, 1), 1),
    "strides and dilation": ((1, 9, 11, 2), (3, 3, 2, 4), (2, 1), ((0, 1), (2, 2)), (1, 2), 1),
    "groups": ((2, 5, 5, 4), (3, 3, 2, 6), (1, 2), ((1, 1), (1, 1)), (1, 1), 2),
    "three axes": ((1, 4, 5, 6, 2), (2, 3, 2, 2, 3), (1, 1, 1), ((0, 0),) * 3, (1, 1, 1), 1),
}


def check(op, arrays, dtype, **attributes):
    with kerasette.device("cpu:0"):
        wide = [kerasette.constant(a, dtype) for a in arrays]
        wanted = np.asarray(
            op.reference(np, *(w._array.astype("float32") for w in wide), **attributes)
        )
    operands = [kerasette.constant(a, dtype)._array for a in arrays]
    specs = tuple(Spec(a.shape, dtypes.ALL[dtype]) for a in arrays)
    run = kernels.bind(op, specs, attributes, "gpu:0")
    assert type(run) is Convolution
    got = devices.to_numpy(run(*operands))
    assert got.dtype == dtypes.numpy_dtype(dtype) and got.shape == wanted.shape
    tolerance = 2e-2 if dtype == "bfloat16" else 2e-3 if REAL else 1e-5
    np.testing.assert_allclose(got.astype("float32"), wanted, rtol=tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", CASES)
def test_convolution_and_gradients(name, dtype):
    x, kernel, strides, padding, dilation, groups = CASES[name]
    r = np.random.RandomState(1)
    p = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    out = slide.spec(Spec(x, dtypes.ALL[dtype]), Spec(kernel, dtypes.ALL[dtype]), **p).shape
    x, kernel, gradient = (r.standard_normal(s).astype("float32") for s in (x, kernel, out))
    check(slide, [x, kernel], dtype, **p)
    check(biased_conv, [x, kernel, r.standard_normal(out[-1])], dtype, **p)
    check(conv_input_gradient, [gradient, kernel], dtype, sizes=x.shape[1:-1], **p)
    check(conv_kernel_gradient, [x, gradient], dtype, window=kernel.shape[:-2], **p)


@pytest.mark.skipif(REAL, reason="cuDNN does not tell what it was asked to leave out")
def test_tf32_is_a_switch(monkeypatch):
    p = {"strides": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    arrays = [np.ones((1, 4, 2), "float32"), np.ones((2, 2, 3), "float32")]
    check(slide, arrays, "float32", **p)
    assert Graph.made[-1].deselected == []
    monkeypatch.setattr(switches, "tf32_convolutions", False)
    check(slide, arrays, "float32", **p)
    assert Graph.made[-1].deselected == ["TENSOR_CORE", "DOWN_CONVERT_INPUTS"]
