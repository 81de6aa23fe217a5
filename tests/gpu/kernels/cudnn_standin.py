"""A module in cuDNN's place that computes in numpy, from the layouts and addresses that it gets,
channels second and heads before steps.
"""

import contextlib
import ctypes
import types

import numpy as np

from kerasette.arrays import dtypes
from kerasette.graph.fused import attend_keeping
from kerasette.kernels.gpu import cudnn
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.driver import ALIGNED
from kerasette.ops.attention import attend, attend_gradient
from kerasette.ops.convolution import conv_input_gradient, conv_kernel_gradient, slide
from tests.kernels.cuda.emulation import EmulatedDriver

NUMPY = {"FLOAT": "float32", "BFLOAT16": "bfloat16", "HALF": "float16"}


class Tensor:
    def __init__(self, dim=None, stride=None, data_type=None, name="", compute=None):
        self.dim, self.stride, self.kind, self.compute = dim, stride, data_type, compute
        self.is_output = False

    def set_output(self, value):
        self.is_output = value
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
    return np.moveaxis(x, 1, -1)


def second(x):
    return np.moveaxis(x, -1, 1)


def steps_first(x):
    return np.swapaxes(x, 1, 2)


heads_first = steps_first


def attention_how(scale, diagonal_alignment=None, diagonal_band_right_bound=None):
    causal = diagonal_band_right_bound is not None
    assert not causal or (diagonal_alignment, diagonal_band_right_bound) == ("TOP_LEFT", 0)
    return {"scale": scale, "causal": causal}


def how(p, groups):
    return {
        "strides": tuple(p["stride"]), "dilation": tuple(p["dilation"]), "groups": groups,
        "padding": tuple(zip(p["pre_padding"], p["post_padding"], strict=True)),
    }  # fmt: skip


class Graph:
    """cuDNN's graph, in numpy."""

    made = []

    def __init__(self, **types):
        self.types, self.deselected, self.results = types, [], []
        Graph.made.append(self)

    def tensor(self, **described):
        return Tensor(**described)

    def conv_fprop(self, image, weight, **p):
        def compute(find):
            x, w = last(find(image)), last(find(weight))
            kernel = np.moveaxis(w, 0, -1)  # (*window, c, f), channels are last already
            return second(slide.reference(np, x, kernel, **how(p, x.shape[-1] // w.shape[-1])))

        return self._result(compute)

    def bias(self, input, bias):
        inner = input.compute
        return self._result(lambda find: inner(find) + find(bias))

    def conv_dgrad(self, loss, filter, **p):
        out = self._result(None)

        def compute(find):
            kernel = np.moveaxis(last(find(filter)), 0, -1)
            groups = out.dim[1] // filter.dim[1]
            found = conv_input_gradient.reference(
                np, last(find(loss)), kernel, sizes=tuple(out.dim[2:]), **how(p, groups)
            )
            return second(found)

        out.compute = compute
        return out

    def conv_wgrad(self, image, loss, **p):
        out = self._result(None)

        def compute(find):
            found = conv_kernel_gradient.reference(
                np, last(find(image)), last(find(loss)), window=tuple(out.dim[2:]),
                **how(p, image.dim[1] // out.dim[1]),
            )  # fmt: skip
            return second(np.moveaxis(found, -1, 0))

        out.compute = compute
        return out

    def sdpa(self, q, k, v, generate_stats, attn_scale, **band):
        how = attention_how(attn_scale, **band)

        def out(find):
            return heads_first(
                attend.reference(np, *(steps_first(find(x)) for x in (q, k, v)), **how)
            )

        def sums(find):
            operands = [steps_first(find(x)) for x in (q, k, v)]
            return attend_keeping.reference(np, *operands, **how)[1][..., None]

        return self._result(out), self._result(sums) if generate_stats else None

    def sdpa_backward(self, q, k, v, o, dO, stats, attn_scale, **band):
        how = attention_how(attn_scale, **band)

        def kept(find):
            """What the forward pass gave must be what it gives for these."""
            operands = [steps_first(find(x)) for x in (q, k, v)]
            wanted = attend_keeping.reference(np, *operands, **how)
            np.testing.assert_allclose(steps_first(find(o)), wanted[0], rtol=0.05, atol=0.05)
            np.testing.assert_allclose(find(stats)[..., 0], wanted[1], rtol=0.05, atol=0.05)
            return attend_gradient.reference(np, steps_first(find(dO)), *operands, **how)

        return tuple(self._result(lambda find, n=n: heads_first(kept(find)[n])) for n in range(3))

    def _result(self, compute):
        self.results.append(Tensor(compute=compute))
        return self.results[-1]

    def deselect_numeric_notes(self, notes):
        self.deselected += notes

    def build(self, modes):
        assert modes == ["A", "FALLBACK"]

    def get_workspace_size(self):
        return 64

    def execute(self, given, workspace, handle):
        assert workspace and handle == "handle" and self.stream == 7
        assert all(address % ALIGNED == 0 for address in given.values())
        for result in self.results:
            if result.is_output:
                out = result.at(given[result])
                found = result.compute(lambda tensor: tensor.at(given[tensor]).astype("float32"))
                out[...] = found.astype(out.dtype)


def names(*all_):
    return types.SimpleNamespace(**{name: name for name in all_})


def set_stream(handle, stream):
    Graph.stream = stream


STAND_IN = types.SimpleNamespace(
    pygraph=Graph, create_handle=lambda: "handle", set_stream=set_stream,
    data_type=names("FLOAT", "HALF", "BFLOAT16"), heur_mode=names("A", "FALLBACK"),
    numerical_note=names("TENSOR_CORE", "DOWN_CONVERT_INPUTS"),
    diagonal_alignment=names("TOP_LEFT"), cudnnGraphNotSupportedError=NotImplementedError,
)  # fmt: skip


@contextlib.contextmanager
def in_place(folder, monkeypatch):
    """cuDNN's graphs are those of this module, and generated kernels run on the CPU."""
    Graph.made.clear()
    driver = EmulatedDriver(folder)
    drivers.use(driver)
    monkeypatch.setattr(cudnn, "library", lambda: STAND_IN)
    cudnn.forget_handles()
    try:
        yield driver
    finally:
        cudnn.forget_handles()
        drivers.use(None)
