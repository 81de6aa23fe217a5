"""Convolution of signals, images and volumes.

Three primitives, each of which is the derivative of the others: ``conv``, its gradient for the
input, and its gradient for the kernel. They take channels last, and padding as numbers; what is
public here takes Keras's words and both layouts.
"""

from typing import Any

from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING
from kerasette.core.spec import Spec
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.correlation import Sliding, correlate, correlate_input, correlate_kernel
from kerasette.ops.shaping import reshape
from kerasette.ops.sliding import (
    Pairs,
    Sizes,
    channels_first,
    channels_last,
    padding_of,
    sizes_of,
    spatial_rank,
    window_counts,
)

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]


def _conv_spec(
    x: Spec, kernel: Spec, *, strides: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Spec:
    *window, depth, filters = kernel.shape
    if x.shape[-1] != depth * groups or filters % groups:
        raise ValueError(
            f"a kernel of shape {kernel.shape} in {groups} groups does not fit inputs of shape "
            f"{x.shape}."
        )
    counts = window_counts(x.shape[1:-1], tuple(window), strides, padding, dilation)
    return Spec((x.shape[0], *counts, filters), x.dtype)


@primitive(_conv_spec, FLOATING, name="conv")
def slide(
    xp: Any,
    x: Any,
    kernel: Any,
    *,
    strides: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Any:
    """Sums under windows: ``(n, *spatial, c), (*window, c / groups, f) -> (n, *counts, f)``."""
    return correlate(xp, x, kernel, Sliding(strides, padding, dilation, groups))


def _input_spec(
    gradient: Spec,
    kernel: Spec,
    *,
    sizes: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Spec:
    *window, depth, filters = kernel.shape
    counts = window_counts(sizes, tuple(window), strides, padding, dilation)
    if gradient.shape[1:] != (*counts, filters):
        raise ValueError(
            f"for inputs of spatial sizes {sizes} the gradient has the shape "
            f"{(gradient.shape[0], *counts, filters)}. Received: {gradient.shape}."
        )
    return Spec((gradient.shape[0], *sizes, depth * groups), gradient.dtype)


@primitive(_input_spec, FLOATING)
def conv_input_gradient(
    xp: Any,
    gradient: Any,
    kernel: Any,
    *,
    sizes: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Any:
    """Of ``conv``, the gradient for the input, whose spatial axes have ``sizes``."""
    how = Sliding(strides, padding, dilation, groups)
    return correlate_input(xp, gradient, kernel, sizes, how)


def _kernel_spec(
    x: Spec,
    gradient: Spec,
    *,
    window: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Spec:
    counts = window_counts(x.shape[1:-1], window, strides, padding, dilation)
    if gradient.shape[:-1] != (x.shape[0], *counts):
        raise ValueError(
            f"for inputs of shape {x.shape} the gradient has the shape "
            f"{(x.shape[0], *counts)} and filters. Received: {gradient.shape}."
        )
    return Spec((*window, x.shape[-1] // groups, gradient.shape[-1]), x.dtype)


@primitive(_kernel_spec, FLOATING)
def conv_kernel_gradient(
    xp: Any,
    x: Any,
    gradient: Any,
    *,
    window: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Any:
    """Of ``conv``, the gradient for the kernel, whose spatial axes have the sizes ``window``."""
    how = Sliding(strides, padding, dilation, groups)
    return correlate_kernel(xp, x, gradient, window, how)


def _for_input(
    g: Any, x: Any, kernel: Any, strides: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Any:
    how = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    return conv_input_gradient(g, kernel, sizes=tuple(x.shape[1:-1]), **how)


def _for_kernel(
    g: Any, x: Any, kernel: Any, strides: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Any:
    how = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    return conv_kernel_gradient(x, g, window=tuple(kernel.shape[:-2]), **how)


# All three are linear in both operands: with x, kernel and gradient for the three values of
# sum(conv(x, kernel) * gradient), the derivative for two of them is the operation that gives the
# third.
slide.defvjp(x=_for_input, kernel=_for_kernel)
conv_input_gradient.defvjp(
    gradient=lambda g, kernel, strides, padding, dilation, groups: slide(
        g, kernel, strides=strides, padding=padding, dilation=dilation, groups=groups
    ),
    kernel=lambda g, gradient, kernel, strides, padding, dilation, groups: _for_kernel(
        gradient, g, kernel, strides, padding, dilation, groups
    ),
)
conv_kernel_gradient.defvjp(
    x=lambda g, x, gradient, strides, padding, dilation, groups: _for_input(
        gradient, x, g, strides, padding, dilation, groups
    ),
    gradient=lambda g, x, strides, padding, dilation, groups: slide(
        x, g, strides=strides, padding=padding, dilation=dilation, groups=groups
    ),
)


def _operands(
    what: str, inputs: Any, kernel: Any, data_format: str | None
) -> tuple[Any, Any, int, bool]:
    """Inputs with channels last, the kernel, the spatial rank, whether channels came first."""
    inputs, kernel = convert_to_tensor(inputs), convert_to_tensor(kernel)
    rank, first = spatial_rank(what, inputs, data_format)
    if len(kernel.shape) != rank + 2:
        raise ValueError(
            f"{what}: `kernel` needs {rank} spatial axes and two of channels, as `inputs` has "
            f"{rank} spatial axes. Received: inputs of shape {tuple(inputs.shape)}, kernel of "
            f"shape {tuple(kernel.shape)}."
        )
    return (channels_last(inputs) if first else inputs), kernel, rank, first


def _refuse_channels(what: str, inputs: Any, kernel: Any, expected: int) -> None:
    if inputs.shape[-1] != expected:
        raise ValueError(
            f"{what}: the kernel of shape {tuple(kernel.shape)} is for inputs of {expected} "
            f"channels. Received: inputs of {inputs.shape[-1]} channels; check `data_format`, too."
        )


@operation
def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Convolution over 1 to 3 spatial axes (as in all of deep learning, a correlation).

    Args:
        inputs: ``(batch, *spatial, channels)``; with "channels_first" ``(batch, channels,
            *spatial)``.
        kernel: ``(*window, channels / groups, filters)``. Where it is for fewer channels than the
            inputs have, the channels are convolved in groups.
        strides: how far the window moves: an int, or one for each spatial axis.
        padding: "valid" for none; "same" for as much padding by zeros as gives one output for each
            stride in the inputs.
        data_format: "channels_last" or "channels_first"; by default the global setting.
        dilation_rate: the distance of neighbouring elements of a window, as ``strides``.

    Returns: ``(batch, *counts, filters)``, channels where the inputs have them.

    >>> ops.conv(ops.ones((1, 4, 4, 1)), ops.ones((3, 3, 1, 2))).shape
    (1, 2, 2, 2)

    Raises: ValueError where shapes do not fit together, or the output would be empty.
    """
    x, kernel, rank, first = _operands("conv", inputs, kernel, data_format)
    channels = x.shape[-1]
    depth, filters = kernel.shape[-2:]
    if not depth or channels % depth or filters % (channels // depth):
        raise ValueError(
            f"conv: a kernel of shape {tuple(kernel.shape)} takes {depth} channels, or a multiple "
            f"in groups that divide its {filters} filters. Received: inputs of shape "
            f"{tuple(inputs.shape)}, {channels} channels; check `data_format`, too."
        )
    return _slid(x, kernel, rank, first, strides, padding, dilation_rate, channels // depth)


def _slid(
    x: Any,
    kernel: Any,
    rank: int,
    first: bool,
    strides: Any,
    padding: str,
    dilation_rate: Any,
    groups: int,
) -> Any:
    strides = sizes_of(strides, rank, "strides")
    dilation = sizes_of(dilation_rate, rank, "dilation_rate")
    window = tuple(kernel.shape[:-2])
    pairs = padding_of(padding, tuple(x.shape[1:-1]), window, strides, dilation)
    out = slide(x, kernel, strides=strides, padding=pairs, dilation=dilation, groups=groups)
    return channels_first(out) if first else out


@operation
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Convolution of each channel by itself, with ``multiplier`` filters of its own.

    Args:
        inputs: ``(batch, *spatial, channels)``; with "channels_first" ``(batch, channels,
            *spatial)``.
        kernel: ``(*window, channels, multiplier)``.
        strides, padding, data_format, dilation_rate: as for ``ops.conv``.

    Returns: ``(batch, *counts, channels * multiplier)``, channels where the inputs have them.

    >>> ops.depthwise_conv(ops.ones((1, 4, 4, 3)), ops.ones((3, 3, 3, 2))).shape
    (1, 2, 2, 6)

    Raises: ValueError where shapes do not fit together, or the output would be empty.
    """
    x, kernel, rank, first = _operands("depthwise_conv", inputs, kernel, data_format)
    *window, channels, multiplier = kernel.shape
    _refuse_channels("depthwise_conv", x, kernel, channels)
    kernel = reshape(kernel, (*window, 1, channels * multiplier))
    return _slid(x, kernel, rank, first, strides, padding, dilation_rate, channels)


@operation
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Convolution of each channel by itself, then a mix of the channels at each place.

    Args:
        inputs: ``(batch, *spatial, channels)``; with "channels_first" ``(batch, channels,
            *spatial)``.
        depthwise_kernel: ``(*window, channels, multiplier)``.
        pointwise_kernel: ``(*ones, channels * multiplier, filters)``, with windows of size 1.
        strides, padding, data_format, dilation_rate: as for ``ops.conv``, of the first step.

    Returns: ``(batch, *counts, filters)``, channels where the inputs have them.

    >>> x = ops.ones((1, 4, 4, 3))
    >>> ops.separable_conv(x, ops.ones((3, 3, 3, 2)), ops.ones((1, 1, 6, 5))).shape
    (1, 2, 2, 5)

    Raises: ValueError where shapes do not fit together, or the output would be empty.
    """
    x = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(x, pointwise_kernel, data_format=data_format)


@operation
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """The transpose of a convolution: it spreads each input over a window of the output.

    Args:
        inputs: ``(batch, *spatial, channels)``; with "channels_first" ``(batch, channels,
            *spatial)``.
        kernel: ``(*window, filters, channels)``: filters before channels.
        strides: how far the window moves in the output for one step in the inputs.
        padding: with "valid" the output has all that any window touches,
            ``(size - 1) * stride + max(window, stride)`` along an axis; with "same"
            ``size * stride``.
        output_padding: how much longer the output is than ``(size - 1) * stride + window`` with
            "valid", and than ``(size - 1) * stride + window % 2`` with "same", ``window`` being
            what it spans when dilated; the default gives the sizes above.
        data_format: "channels_last" or "channels_first"; by default the global setting.
        dilation_rate: the distance of neighbouring elements of a window, as ``strides``.

    Returns: ``(batch, *sizes, filters)``, channels where the inputs have them.

    >>> ops.conv_transpose(ops.ones((1, 4, 4, 3)), ops.ones((3, 3, 2, 3)), 2).shape
    (1, 9, 9, 2)

    Raises: ValueError where shapes do not fit together, or the output would be empty.
    """
    x, kernel, rank, first = _operands("conv_transpose", inputs, kernel, data_format)
    _refuse_channels("conv_transpose", x, kernel, kernel.shape[-1])
    strides = sizes_of(strides, rank, "strides")
    dilation = sizes_of(dilation_rate, rank, "dilation_rate")
    extra = (
        (None,) * rank
        if output_padding is None
        else sizes_of(output_padding, rank, "output_padding", least=0)
    )
    spans = [
        (width - 1) * step + 1 for width, step in zip(kernel.shape[:-2], dilation, strict=True)
    ]
    crops = tuple(
        _crops(span, stride, padding, more)
        for span, stride, more in zip(spans, strides, extra, strict=True)
    )
    sizes = tuple(
        (size - 1) * stride + span - sum(crop)
        for size, stride, span, crop in zip(x.shape[1:-1], strides, spans, crops, strict=True)
    )
    if min(sizes) < 1:
        raise ValueError(
            "conv_transpose: the output would be empty. Received: inputs of shape "
            f"{tuple(inputs.shape)}, output_padding={output_padding}, strides={strides}."
        )
    out = conv_input_gradient(
        x, kernel, sizes=sizes, strides=strides, padding=crops, dilation=dilation, groups=1
    )
    return channels_first(out) if first else out


def _crops(span: int, stride: int, padding: str, extra: int | None) -> tuple[int, int]:
    """How much of the full output is cut off before and after; less than 0 where it is extended."""
    kind = padding.lower() if isinstance(padding, str) else padding
    if kind == "valid":
        return 0, span - max(span, stride) if extra is None else -extra
    if kind != "same":
        raise ValueError(f'`padding` must be "valid" or "same". Received: padding={padding!r}.')
    # The transpose of a convolution that is padded by `total` in all, of which the greater part
    # comes before: so do all of Keras's backends.
    total = span + stride - 2 if extra is None else span + span % 2 - 2 + extra
    before = min(total - total // 2, span - 1)
    return span - 1 - before, span - 1 - (total - before)
