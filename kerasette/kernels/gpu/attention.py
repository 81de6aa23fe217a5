"""Attention and its gradients by cuDNN, which never writes the weights down.

The gradients need, for each query, the logarithm of the sum of its weights. In a graph the forward
pass gives it along (``graph.passes.attention``); alone, the gradient computes that pass again.
"""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph.fused import attend_keeping
from kerasette.graph.views import rows
from kerasette.kernels.gpu import cudnn
from kerasette.kernels.gpu.cudnn import Layout, Planned
from kerasette.ops.attention import attend

_DEEPEST = 128  # cuDNN's gradients know no deeper heads on every GPU


def _heads(spec: Spec) -> tuple[Spec, Layout]:
    """The layout of ``(batch, steps, heads, depth)``, for which cuDNN has heads before steps."""
    b, s, h, d = spec.shape
    steps = rows(spec.shape)
    return spec, Layout([b, h, s, d], [steps[n] for n in (0, 2, 1, 3)], str(spec.dtype))


def _sums(spec: Spec) -> tuple[Spec, Layout]:
    """The layout of the logarithms ``(batch, heads, steps)``."""
    return spec, Layout([*spec.shape, 1], [*rows(spec.shape), 1], str(spec.dtype))


def _how(scale: float, causal: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"attn_scale": scale}
    if causal:
        alignment = cudnn.library().diagonal_alignment.TOP_LEFT
        found |= {"diagonal_alignment": alignment, "diagonal_band_right_bound": 0}
    return found


def suits(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    """16-bit floats in heads of a size that cuDNN has; query, key and value come last, or first."""
    shapes = [spec.shape for spec in specs if len(spec.shape) == 4]
    return (
        {spec.dtype for spec in specs if len(spec.shape) == 4} <= {"float16", "bfloat16"}
        and all(size for shape in shapes for size in shape)
        and all(shape[1] > 1 for shape in shapes)
        and all(shape[3] % 8 == 0 and shape[3] <= _DEEPEST for shape in shapes)
        and cudnn.library() is not None
    )


def forward(specs: tuple[Spec, ...], attributes: dict[str, Any], keeping: bool) -> Planned | None:
    """The graph of ``attend``, with the logarithms as a second result or without."""
    out, sums = attend_keeping.spec(*specs, **attributes)
    how = _how(**attributes)

    def build(graph: Any, query: Any, key: Any, value: Any) -> Any:
        out, sums = graph.sdpa(q=query, k=key, v=value, generate_stats=keeping, **how)
        return (out, sums) if keeping else out

    results = [_heads(out), _sums(sums)] if keeping else [_heads(out)]
    return cudnn.planned([_heads(spec)[1] for spec in specs], results, build)


@kernel("attend", "gpu", when=suits)
def attended(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Planned | None:
    """The mean of the values, weighted."""
    return forward(specs, attributes, keeping=False)


@kernel("attend_keeping", "gpu", when=suits)
def attended_keeping(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Planned | None:
    """That, and the logarithms."""
    return forward(specs, attributes, keeping=True)


@kernel("attend_gradient_kept", "gpu", when=suits)
def gradient_kept(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Planned | None:
    """The gradients for query, key and value, of ``(gradient, query, key, value, out, sums)``."""
    *wide, sums = specs
    how = _how(**attributes)

    def build(graph: Any, gradient: Any, q: Any, k: Any, v: Any, out: Any, sums: Any) -> Any:
        return graph.sdpa_backward(q=q, k=k, v=v, o=out, dO=gradient, stats=sums, **how)

    inputs = [*(_heads(spec)[1] for spec in wide), _sums(sums)[1]]
    return cudnn.planned(inputs, [_heads(spec) for spec in specs[1:4]], build)


class Gradient:
    """``attend_gradient``: the forward pass again, and then the one back."""

    def __init__(self, forward: Planned, backward: Planned):
        self._forward, self._backward = forward, backward

    def __call__(self, gradient: Any, *operands: Any) -> Any:
        return self._backward(gradient, *operands, *self._forward(*operands))


@kernel("attend_gradient", "gpu", when=suits)
def gradient(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Gradient | None:
    """The gradients for query, key and value."""
    first = forward(specs[1:], attributes, keeping=True)
    if first is None:
        return None
    out = attend.spec(*specs[1:], **attributes)
    sums = Spec((out.shape[0], out.shape[2], out.shape[1]), dtypes.ALL["float32"])
    second = gradient_kept((*specs, out, sums), attributes)
    return None if second is None else Gradient(first, second)
