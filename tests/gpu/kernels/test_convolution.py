"""What cuDNN is asked for is the convolution: on a GPU by cuDNN, else by a module in its place that
computes from the layouts and addresses that it is given, channels second.
"""

import ctypes
import types

import numpy as np
import pytest

import kerasette
from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.arrays.switches import switches
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.graph.fused import biased_conv
from kerasette.kernels.gpu import cudnn
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.convolution import Convolution
from kerasette.ops.convolution import conv_input_gradient, conv_kernel_gradient, slide
from tests.gpu.conftest import REAL
from tests.kernels.cuda.emulation import EmulatedDriver

NUMPY = {"FLOAT": "float32", "BFLOAT16": "bfloat16", "HALF": "float16"}


class Tensor:
    def __init__(self, dim=None, stride=None, data_type=None, name=""):
        self.dim, self.stride, self.kind = dim, stride, data_type

    def set_output(self, value):
        return self

    def set_data_type(self, kind):
        self.kind = kind
        return self

    def set_dim(self, dim):
        self.dim = dim
        return self

    def set_stride(self, stride):
        self.stride = stride
        return self

    def at(self, address):
        """The array in memory, channels second."""
        dtype = dtypes.numpy_dtype(NUMPY[self.kind])
        span = 1 + sum((n - 1) * s for n, s in zip(self.dim, self.stride, strict=True))
        memory = (ctypes.c_uint8 * (span * dtype.itemsize)).from_address(address)
        flat = np.frombuffer(memory, dtype)
        steps = [s * dtype.itemsize for s in self.stride]
        return np.lib.stride_tricks.as_strided(flat, self.dim, steps)


def last(x):
    return np.moveaxis(x.astype("float32"), 1, -1)


def how(p, groups):
    return {
        "strides": tuple(p["stride"]), "dilation": tuple(p["dilation"]), "groups": groups,
        "padding": tuple(zip(p["pre_padding"], p["post_padding"], strict=True)),
    }  # fmt: skip


class Graph:
    """cuDNN's graph, in numpy."""

    made = []

    def __init__(self, **types):
        self.types, self.deselected = types, []
        Graph.made.append(self)

    def tensor(self, **described):
        return Tensor(**described)

    def conv_fprop(self, image, weight, **p):
        def compute(find):
            x, w = find(image), find(weight)
            kernel = np.moveaxis(w, 0, -1)  # (*window, c, f), channels are last already
            return slide.reference(np, x, kernel, **how(p, x.shape[-1] // w.shape[-1]))

        return self._result(compute)

    def bias(self, input, bias):
        inner = input.compute
        return self._result(lambda find: inner(find) + find(bias))

    def conv_dgrad(self, loss, filter, **p):
        out = self._result(None)

        def compute(find):
            kernel = np.moveaxis(find(filter), 0, -1)
            groups = out.dim[1] // filter.dim[1]
            return conv_input_gradient.reference(
                np, find(loss), kernel, sizes=tuple(out.dim[2:]), **how(p, groups)
            )

        out.compute = compute
        return out

    def conv_wgrad(self, image, loss, **p):
        out = self._result(None)

        def compute(find):
            found = conv_kernel_gradient.reference(
                np, find(image), find(loss), window=tuple(out.dim[2:]),
                **how(p, image.dim[1] // out.dim[1]),
            )  # fmt: skip
            return np.moveaxis(found, -1, 0)

        out.compute = compute
        return out

    def _result(self, compute):
        self.result = Tensor()
        self.result.compute = compute
        return self.result

    def deselect_numeric_notes(self, notes):
        self.deselected += notes

    def build(self, modes):
        assert modes == ["A", "FALLBACK"]

    def get_workspace_size(self):
        return 64

    def execute(self, given, workspace, handle):
        assert workspace and handle == "handle" and self.stream == 7
        out = self.result.at(given[self.result])
        found = self.result.compute(lambda tensor: last(tensor.at(given[tensor])))
        out[...] = np.moveaxis(found, -1, 1).astype(out.dtype)


def names(*all_):
    return types.SimpleNamespace(**{name: name for name in all_})


def set_stream(handle, stream):
    Graph.stream = stream


STAND_IN = types.SimpleNamespace(
    pygraph=Graph, create_handle=lambda: "handle", set_stream=set_stream,
    data_type=names("FLOAT", "HALF", "BFLOAT16"), heur_mode=names("A", "FALLBACK"),
    numerical_note=names("TENSOR_CORE", "DOWN_CONVERT_INPUTS"),
    cudnnGraphNotSupportedError=NotImplementedError,
)  # fmt: skip


@pytest.fixture(autouse=True)
def in_place(tmp_path, monkeypatch):
    Graph.made.clear()
    if not REAL:
        drivers.use(EmulatedDriver(tmp_path))
        monkeypatch.setattr(cudnn, "library", lambda: STAND_IN)
        cudnn.forget_handles()
    yield
    cudnn.forget_handles()
    if not REAL:
        drivers.use(None)


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
