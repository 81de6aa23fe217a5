"""Convolution and its two gradients: channels last, weights packed as oneDNN likes them."""

import contextlib
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from kerasette.arrays.dtypes import DType
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.views import rows
from kerasette.kernels.cpu.onednn.library import Unsupported
from kerasette.kernels.cpu.onednn.primitives import (
    BIAS,
    DIFF_DST,
    DIFF_SRC,
    DIFF_WEIGHTS,
    DST,
    SRC,
    WEIGHTS,
    Attributes,
    Chain,
    Description,
    Layout,
    Place,
    library,
    made_for,
    math_mode,
    numbers,
)

_TRAINING, _INFERENCE, _DIRECT = 64, 96, 1
_FEW_PIXELS = 1024  # with fewer outputs for each weight, packing weights is not worth its time


class _Sizes(NamedTuple):
    """A convolution's shapes, as oneDNN counts axes: channels before the spatial axes."""

    dtype: DType
    x: tuple[int, ...]
    kernel: tuple[int, ...]
    out: tuple[int, ...]
    groups: int

    @property
    def operations(self) -> int:
        """How many multiplications and additions it takes."""
        return 2 * math.prod(self.out) * math.prod(self.kernel[:-1])

    def image(self, shape: tuple[int, ...]) -> Layout:
        """The layout of ``(n, *spatial, c)``."""
        return images(Spec(shape, self.dtype))

    def weights(self, strides: Any = None) -> Layout:
        """The layout of ``(*window, c / groups, f)``; with "any", the one that is wanted."""
        *window, depth, filters = self.kernel
        width = filters // self.groups
        *steps, deep, _ = rows(self.kernel)
        grouped = self.groups > 1
        shape = ([self.groups] if grouped else []) + [width, depth, *window]
        plain = ([width] if grouped else []) + [1, deep, *steps]
        return Layout(shape, self.dtype, strides or plain)


def images(spec: Spec) -> Layout:
    """The layout of ``(n, *spatial, c)``: channels before the spatial axes, but the fastest."""
    shape, strides = spec.shape, rows(spec.shape)
    ordered = [(*t[:1], t[-1], *t[1:-1]) for t in (shape, strides)]
    return Layout(ordered[0], spec.dtype, ordered[1])


def _places(attributes: dict[str, Any]) -> list[Any]:
    """How windows slide, as oneDNN has it: no dilation is 0."""
    before, after = zip(*attributes["padding"], strict=True)
    dilation = [step - 1 for step in attributes["dilation"]]
    return [numbers(n) for n in (attributes["strides"], dilation, before, after)]


def suits(specs: Sequence[Spec], attributes: dict[str, Any]) -> bool:
    """Floats that oneDNN has, and padding that only adds."""
    return (
        specs[0].dtype in ("float32", "bfloat16")
        and all(size for spec in specs for size in spec.shape)
        and all(count >= 0 for pair in attributes["padding"] for count in pair)
    )


def _forward(
    sizes: _Sizes,
    attributes: dict[str, Any],
    bias: Layout | None,
    how: Attributes,
    kind: int,
    packed: bool = True,
) -> Description:
    return Description(
        "convolution_forward",
        library().engine,
        kind,
        _DIRECT,
        sizes.image(sizes.x),
        sizes.weights("any" if packed else None),
        bias,
        sizes.image(sizes.out),
        *_places(attributes),
        how,
    )


def convolve(out: Spec, specs: Sequence[Spec], attributes: dict[str, Any]) -> Chain:
    """The kernel of ``conv`` of the operands ``x, kernel`` and, if there is a third one, a bias.

    Raises: Unsupported where oneDNN cannot do it.
    """
    x, kernel = specs[:2]
    sizes = _Sizes(x.dtype, x.shape, kernel.shape, out.shape, attributes["groups"])
    bias = Layout(out.shape[-1:], x.dtype) if len(specs) > 2 else None
    with made_for(sizes.operations):
        return _convolve(out, sizes, attributes, bias)


def _convolve(out: Spec, sizes: "_Sizes", attributes: dict[str, Any], bias: Layout | None) -> Chain:
    how = Attributes(math_mode(sizes.dtype))
    forward = None
    if math.prod(out.shape[:-1]) < _FEW_PIXELS:
        with contextlib.suppress(Unsupported):
            forward = _forward(sizes, attributes, bias, how, _INFERENCE, packed=False)
    if forward is None or not forward.implementation.startswith("brg"):
        forward = _forward(sizes, attributes, bias, how, _INFERENCE)
    chain = Chain(out)
    weights = chain.reorder(Place("read", 1), sizes.weights(), forward.layout(WEIGHTS))
    places = {SRC: Place("read", 0), WEIGHTS: weights, DST: Place("write", 0)}
    if bias is not None:
        places[BIAS] = Place("read", 2)
    chain.add(forward, places)
    return chain


@kernel("conv", "cpu", when=suits)
def conv(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Chain | None:
    """The kernel of ``conv``, where oneDNN has one."""
    from kerasette.ops.convolution import slide

    try:
        return convolve(slide.spec(*specs, **attributes), specs, attributes)
    except Unsupported:
        return None


@kernel("biased_conv", "cpu", when=suits)
def biased_conv(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Chain | None:
    """The kernel of a convolution with a bias, where oneDNN has one."""
    from kerasette.graph.fused import biased_conv as operation

    try:
        return convolve(operation.spec(*specs, **attributes), specs, attributes)
    except Unsupported:
        return None


@kernel("conv_input_gradient", "cpu", when=suits)
def conv_input_gradient(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Chain | None:
    """The kernel of the gradient for the input, where oneDNN has one."""
    from kerasette.ops.convolution import conv_input_gradient as operation

    gradient, weights_spec = specs
    out = operation.spec(*specs, **attributes)
    sizes = _Sizes(
        gradient.dtype, out.shape, weights_spec.shape, gradient.shape, attributes["groups"]
    )
    how = Attributes(math_mode(gradient.dtype))
    chain = Chain(out)
    try:
        with made_for(sizes.operations):
            backward = Description(
                "convolution_backward_data",
                library().engine,
                _DIRECT,
                sizes.image(sizes.x),
                sizes.weights("any"),
                sizes.image(sizes.out),
                *_places(attributes),
                _forward(sizes, attributes, None, how, _TRAINING),
                how,
            )
        weights = chain.reorder(Place("read", 1), sizes.weights(), backward.layout(WEIGHTS))
    except Unsupported:
        return None
    chain.add(backward, {DIFF_DST: Place("read", 0), WEIGHTS: weights, DIFF_SRC: Place("write", 0)})
    return chain


@kernel("conv_kernel_gradient", "cpu", when=suits)
def conv_kernel_gradient(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Chain | None:
    """The kernel of the gradient for the kernel, where oneDNN has one."""
    from kerasette.ops.convolution import conv_kernel_gradient as operation

    x, gradient = specs
    out = operation.spec(*specs, **attributes)
    sizes = _Sizes(x.dtype, x.shape, out.shape, gradient.shape, attributes["groups"])
    how = Attributes(math_mode(x.dtype))
    chain = Chain(out)
    try:
        with made_for(sizes.operations):
            backward = Description(
                "convolution_backward_weights",
                library().engine,
                _DIRECT,
                sizes.image(sizes.x),
                sizes.weights("any"),
                None,
                sizes.image(sizes.out),
                *_places(attributes),
                _forward(sizes, attributes, None, how, _TRAINING),
                how,
            )
        places = {SRC: Place("read", 0), DIFF_DST: Place("read", 1)}
        target, wanted = Place("write", 0), backward.layout(DIFF_WEIGHTS)
        plain = sizes.weights()
        same = library().equal(plain, wanted)
        held = target if same else chain.hold(library().size(wanted))
        chain.add(backward, places | {DIFF_WEIGHTS: held})
        if not same:
            chain.reorder(held, wanted, plain, target)
    except Unsupported:
        return None
    return chain
