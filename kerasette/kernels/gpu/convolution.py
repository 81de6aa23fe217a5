"""Convolution and its two gradients by cuDNN: channels last, weights filter by filter."""

from collections.abc import Callable
from typing import Any

from kerasette.arrays.switches import switches
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.fused import biased_conv
from kerasette.kernels.gpu import cudnn
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.cudnn import Graph, Layout, channels_second
from kerasette.ops.convolution import conv_input_gradient, conv_kernel_gradient, slide


class Convolution:
    """A graph of cuDNN over arrays of kerasette.

    Args:
        graph: it.
        out: the spec of the result.
        weights: which operand is a kernel, which is turned round first; -1: the result is one.
    """

    def __init__(self, graph: Graph, out: Spec, weights: int, driver: Any):
        self._graph, self._out, self._weights, self._driver = graph, out, weights, driver

    def __call__(self, *arrays: Any) -> Any:
        driver, out = self._driver, self._out
        given = list(arrays)
        if self._weights >= 0:
            given[self._weights] = _filters_first(given[self._weights])
        given = [driver.aligned(array) for array in given]
        last = len(out.shape) - 1
        shape = (out.shape[last], *out.shape[:last]) if self._weights < 0 else out.shape
        result = driver.empty(Spec(shape, out.dtype))
        scratch = driver.scratch(max(self._graph.workspace, 1))
        addresses = [array.data.ptr for array in (*given, result)]
        self._graph.run(addresses, scratch.data.ptr, driver.stream())
        if self._weights >= 0:
            return result
        return driver.contiguous(result.transpose((*range(1, last + 1), 0)))


def _filters_first(kernel: Any) -> Any:
    """``(*window, c, f)`` as ``(f, *window, c)``."""
    last = kernel.ndim - 1
    return kernel.transpose((last, *range(last)))


def _weights(spec: Spec) -> Layout:
    """The layout of a kernel ``(*window, c, f)`` whose filters were put first."""
    *window, depth, filters = spec.shape
    return channels_second(Spec((filters, *window, depth), spec.dtype))


def _sliding(attributes: dict[str, Any]) -> dict[str, list[int]]:
    """How windows slide, over two axes at least."""
    before, after = (list(side) for side in zip(*attributes["padding"], strict=True))
    found = {
        "pre_padding": before,
        "post_padding": after,
        "stride": list(attributes["strides"]),
        "dilation": list(attributes["dilation"]),
    }
    if len(before) == 1:
        found = {k: [0 if "padding" in k else 1, *values] for k, values in found.items()}
    return found


def suits(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    """Floats that cuDNN has, and padding that only adds."""
    return (
        len({spec.dtype for spec in specs}) == 1
        and specs[0].dtype in cudnn.TYPES
        and all(size for spec in specs for size in spec.shape)
        and all(count >= 0 for pair in attributes["padding"] for count in pair)
    )


def _made(
    inputs: list[Layout], out: Spec, output: Layout, weights: int, build: Callable[..., Any]
) -> Convolution | None:
    driver = drivers.driver()
    if driver is None or cudnn.library() is None or 0 in out.shape:
        return None
    try:
        exact = out.dtype == "float32" and not switches.tf32_convolutions
        return Convolution(Graph(inputs, [output], build, exact), out, weights, driver)
    except cudnn.Unsupported:
        return None


@kernel("conv", "gpu", when=suits)
def conv(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Convolution | None:
    """Sums under windows."""
    out, how = slide.spec(*specs, **attributes), _sliding(attributes)
    inputs = [channels_second(specs[0]), _weights(specs[1])]

    def build(graph: Any, x: Any, weight: Any) -> Any:
        return graph.conv_fprop(image=x, weight=weight, **how)

    return _made(inputs, out, channels_second(out), 1, build)


@kernel("biased_conv", "gpu", when=suits)
def with_bias(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Convolution | None:
    """Sums under windows, and a number added for each filter."""
    out, how = biased_conv.spec(*specs, **attributes), _sliding(attributes)
    output = channels_second(out)
    sizes = [1, out.shape[-1], *(1 for _ in output.sizes[2:])]
    bias = Layout(sizes, [sizes[1], 1, *(sizes[1] for _ in sizes[2:])], str(specs[2].dtype))
    inputs = [channels_second(specs[0]), _weights(specs[1]), bias]

    def build(graph: Any, x: Any, weight: Any, bias: Any) -> Any:
        return graph.bias(input=graph.conv_fprop(image=x, weight=weight, **how), bias=bias)

    return _made(inputs, out, output, 1, build)


@kernel("conv_input_gradient", "gpu", when=suits)
def of_input(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Convolution | None:
    """The gradient for the input."""
    out, how = conv_input_gradient.spec(*specs, **attributes), _sliding(attributes)
    inputs = [channels_second(specs[0]), _weights(specs[1])]

    def build(graph: Any, gradient: Any, weight: Any) -> Any:
        return graph.conv_dgrad(loss=gradient, filter=weight, **how)

    return _made(inputs, out, channels_second(out), 1, build)


@kernel("conv_kernel_gradient", "gpu", when=suits)
def of_kernel(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Convolution | None:
    """The gradient for the kernel."""
    out, how = conv_kernel_gradient.spec(*specs, **attributes), _sliding(attributes)
    inputs = [channels_second(specs[0]), channels_second(specs[1])]

    def build(graph: Any, x: Any, gradient: Any) -> Any:
        return graph.conv_wgrad(image=x, loss=gradient, **how)

    return _made(inputs, out, _weights(out), -1, build)
