"""What cuDNN is asked for in the programs that count, each case a kernel or ``None``."""

import functools

from kerasette.arrays import dtypes
from kerasette.arrays.switches import switches
from kerasette.core.spec import Spec
from kerasette.graph.fused import attend_keeping
from kerasette.kernels.gpu import attention, convolution
from kerasette.ops.convolution import slide


def specs(dtype, *shapes):
    return tuple(Spec(shape, dtypes.ALL[dtype]) for shape in shapes)


def convolutions(dtype, x, window, filters, stride, groups=1, dilation=1, exact=False):
    """A convolution "same", with a bias, and both gradients: the kernels, or ``None`` if one is."""
    rank, depth = len(window), x[-1]
    how = {
        "strides": (stride,) * rank, "dilation": (dilation,) * rank, "groups": groups,
        "padding": tuple((n * dilation // 2,) * 2 for n in window),
    }  # fmt: skip
    weights = (*window, depth // groups, filters)
    out = slide.spec(*specs(dtype, x, weights), **how).shape
    before, switches.tf32_convolutions = switches.tf32_convolutions, not exact
    try:
        made = [
            convolution.conv(specs(dtype, x, weights), how),
            convolution.with_bias(specs(dtype, x, weights, (filters,)), how),
            convolution.of_input(specs(dtype, out, weights), how | {"sizes": x[1:-1]}),
            convolution.of_kernel(specs(dtype, x, out), how | {"window": window}),
        ]
    finally:
        switches.tf32_convolutions = before
    return made if all(made) else None


def attentions(dtype, batch, steps, sources, heads, key_heads, depth, causal):
    """Attention, and its gradient in both forms."""
    wide = [(batch, steps, heads, depth), *[(batch, sources, key_heads, depth)] * 2]
    how, given = {"scale": depth**-0.5, "causal": causal}, specs(dtype, *wide)
    kept = (given[0], *given, *attend_keeping.spec(*given, **how))
    assert attention.suits(given, how)
    made = [
        attention.attended(given, how),
        attention.attended_keeping(given, how),
        attention.gradient((given[0], *given), how),
        attention.gradient_kept(kept, how),
    ]
    return made if all(made) else None


CASES = {}
_PICTURES = {
    "first of ResNet-50": ((64, 224, 224, 3), (7, 7), 64, 2),
    "1 x 1": ((64, 56, 56, 64), (1, 1), 256, 1),
    "3 x 3": ((64, 28, 28, 128), (3, 3), 128, 1),
    "3 x 3 by steps": ((64, 56, 56, 128), (3, 3), 128, 2),
    "1 x 1 by steps": ((64, 56, 56, 256), (1, 1), 512, 2),
    "of MNIST": ((128, 28, 28, 1), (3, 3), 32, 1),
    "one axis": ((16, 100, 32), (5,), 64, 1),
    "three axes": ((4, 16, 16, 16, 8), (3, 3, 3), 16, 1),
    "groups": ((16, 28, 28, 64), (3, 3), 64, 1, 4),
    "depthwise": ((16, 28, 28, 64), (3, 3), 64, 1, 64),
    "dilation": ((16, 28, 28, 64), (3, 3), 64, 1, 1, 2),
}
for _dtype in ("float32", "bfloat16", "float16"):
    for _name, _sizes in _PICTURES.items():
        CASES[f"{_name}, {_dtype}"] = functools.partial(convolutions, _dtype, *_sizes)
CASES["3 x 3, float32 without TF32"] = functools.partial(
    convolutions, "float32", *_PICTURES["3 x 3"], exact=True
)

_ATTENTION = {
    "of GPT": (8, 1024, 1024, 12, 12, 64, True),
    "small": (16, 128, 128, 4, 4, 32, True),
    "across": (4, 77, 130, 8, 8, 64, False),
    "in groups": (2, 256, 256, 8, 2, 128, True),
    "odd": (3, 9, 5, 2, 1, 8, False),
}
for _dtype in ("bfloat16", "float16"):
    for _name, _sizes in _ATTENTION.items():
        CASES[f"attention {_name}, {_dtype}"] = functools.partial(attentions, _dtype, *_sizes)
