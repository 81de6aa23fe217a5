"""Composites of statistics as what they are made of, so that clusters can take the parts."""

import functools
from collections.abc import Callable
from typing import Any

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core import kernels
from kerasette.core.primitive import find
from kerasette.core.spec import Spec
from kerasette.core.tensor import Tensor, as_array
from kerasette.graph.fused import column_moments
from kerasette.graph.ir import Graph, Node, Value

_COLUMNS = 8  # fewer would not fill a vector


def expand_statistics(graph: Graph) -> Graph:
    """The graph with ``var``, ``deviation`` and ``standardize`` as means and differences.

    As their reference code does, they begin with the distances from the first element: what is
    common to large numbers cancels without a rounding error. Those of 16-bit floats, and their sums
    and means, are computed in float32 and rounded once, as eager code does. Statistics of columns
    are one operation where there is a kernel for it.
    """
    writer = _Writer(dict(graph.constants))
    stands_for: dict[Value, Value] = {}
    spread = {
        (node.inputs[0], node.attributes["axis"])
        for node in graph.nodes
        if node.op.name in _EXPANSIONS and _in_columns(node.inputs[0].spec, **node.attributes)
    }
    for node in graph.nodes:
        expand = _EXPANSIONS.get(node.op.name)
        if node.op.name == "mean" and (node.inputs[0], node.attributes["axis"]) in spread:
            expand = _column_mean
        node.inputs = [stands_for.get(value, value) for value in node.inputs]
        narrow = bool(node.inputs) and node.inputs[0].spec.dtype in ("float16", "bfloat16")
        if narrow and node.op.name in ("sum", "mean"):
            expand = functools.partial(_reduced, node.op.name)
        if expand is None or not _has_floats(node.inputs[0].spec):
            writer.nodes.append(node)
            continue
        x = writer.cast(node.inputs[0], "float32") if narrow else node.inputs[0]
        found = expand(writer, x, **node.attributes)
        if narrow:
            results = zip(found, node.outputs, strict=True)
            found = tuple(writer.cast(f, out.spec.dtype) for f, out in results)
        stands_for.update(zip(node.outputs, found, strict=True))
    outputs = [stands_for.get(value, value) for value in graph.outputs]
    return Graph(graph.inputs, writer.constants, writer.nodes, outputs)


def _has_floats(spec: Spec) -> bool:
    """Whether there is at least one float: statistics of nothing are left as they are."""
    return dtypes.is_float(spec.dtype) and 0 not in spec.shape


class _Writer:
    """Writes nodes, one after the other."""

    def __init__(self, constants: dict[Value, Tensor]):
        self.constants = constants
        self.nodes: list[Node] = []

    def __call__(self, name: str, *inputs: Value, **attributes: Any) -> Value:
        node = Node(find(name), list(inputs), attributes)
        self.nodes.append(node)
        return node.outputs[0]

    def moments(self, x: Value) -> list[Value]:
        node = Node(column_moments, [x], {})
        self.nodes.append(node)
        return node.outputs

    def cast(self, x: Value, dtype: str) -> Value:
        return x if x.spec.dtype == dtype else self("cast", x, dtype=dtype)

    def constant(self, number: float, dtype: str) -> Value:
        tensor = Tensor(as_array(number, dtype))
        value = Value(Spec((), tensor.dtype))
        self.constants[value] = tensor
        return value


def _reduced(name: str, write: _Writer, x: Value, **attributes: Any) -> tuple[Value]:
    return (write(name, x, **attributes),)


def _in_columns(x: Spec, axis: tuple[int, ...], **_: Any) -> bool:
    """Whether a statistic is over all axes but the last, and there is a kernel for that."""
    return (
        x.dtype == "float32"
        and 0 not in x.shape
        and x.shape[-1] >= _COLUMNS
        and tuple(axis) == tuple(range(len(x.shape) - 1))
        and kernels.offered(column_moments.name, devices.current_device())
    )


def _first(write: _Writer, x: Value, axis: tuple[int, ...]) -> Value:
    parts = tuple(
        (0, 1, 1) if index in axis else (0, size, 1) for index, size in enumerate(x.spec.shape)
    )
    return write("slice", x, parts=parts)


def _deviation(write: _Writer, x: Value, axis: tuple[int, ...]) -> tuple[Value]:
    apart = write("subtract", x, _first(write, x, axis))
    if _in_columns(x.spec, axis):
        return (write("subtract", apart, write.moments(x)[0]),)
    return (write("subtract", apart, write("mean", apart, axis=axis, keepdims=True)),)


def _var(write: _Writer, x: Value, axis: tuple[int, ...], keepdims: bool) -> tuple[Value]:
    if _in_columns(x.spec, axis):
        variance = write.moments(x)[1]
        return (variance if keepdims else write("reshape", variance, shape=x.spec.shape[-1:]),)
    (apart,) = _deviation(write, x, axis)
    return (write("mean", write("square", apart), axis=axis, keepdims=keepdims),)


def _column_mean(write: _Writer, x: Value, axis: tuple[int, ...], keepdims: bool) -> tuple[Value]:
    mean = write("add", write.moments(x)[0], _first(write, x, axis))
    return (mean if keepdims else write("reshape", mean, shape=x.spec.shape[-1:]),)


def _standardize(
    write: _Writer, x: Value, axis: tuple[int, ...], epsilon: float
) -> tuple[Value, Value]:
    (apart,) = _deviation(write, x, axis)
    variance = write("mean", write("square", apart), axis=axis, keepdims=True)
    spread = write("sqrt", write("add", variance, write.constant(epsilon, x.spec.dtype)))
    scale = write("divide", write.constant(1.0, x.spec.dtype), spread)
    return write("multiply", apart, scale), scale


_EXPANSIONS: dict[str, Callable[..., tuple[Value, ...]]] = {
    "var": _var,
    "deviation": _deviation,
    "standardize": _standardize,
}
