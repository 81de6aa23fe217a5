"""Operations that passes put in the place of several, because kernels compute them in one go.

They stand in graphs only. Called, as when a graph is replayed on a tape, they are again what they
were made of.
"""

from collections.abc import Callable
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.rules import broadcast_shapes
from kerasette.core.spec import Spec
from kerasette.graph.views import Moves, seen, shape_of
from kerasette.ops import (
    activation,
    attention,
    conversion,
    convolution,
    linear,
    numpy,
    reductions,
    shaping,
)


class Fused:
    """An operation of graphs: what nodes, kernels and plans want of a primitive.

    Args:
        name: under which kernels register.
        spec: specs and attributes to the spec of the result, or a tuple of them.
        reference: ``(xp, *arrays, **attributes)`` to the result.
        composite: ``(*tensors, **attributes)`` to the result, by the operations it stands for.
    """

    native = False  # 16-bit floats are computed in float32 by the reference

    def __init__(
        self,
        name: str,
        spec: Callable[..., Any],
        reference: Callable[..., Any],
        composite: Callable[..., Any],
    ):
        self.name = name
        self.spec = spec
        self.reference = reference
        self._composite = composite

    def __call__(self, *inputs: Any, **attributes: Any) -> Any:
        return self._composite(*inputs, **attributes)

    def __repr__(self) -> str:
        return f"<fused {self.name}>"


def _gemm_spec(*specs: Spec, first: Moves, second: Moves, order: tuple[int, ...] | None) -> Spec:
    left, right = shape_of(specs[0].shape, first), shape_of(specs[1].shape, second)
    if left[-1] != right[-2]:
        raise ValueError(f"gemm: {left} and {right} cannot be multiplied.")
    shape = (*broadcast_shapes(left[:-2], right[:-2]), left[-2], right[-1])
    if order is not None:
        shape = tuple(shape[axis] for axis in order)
    return Spec(shape, specs[0].dtype)


def _gemm_reference(
    xp: Any, *operands: Any, first: Moves, second: Moves, order: tuple[int, ...] | None
) -> Any:
    x1, x2, *bias = operands
    out = linear.matmul.reference(xp, seen(xp, x1, first), seen(xp, x2, second))
    if order is not None:
        out = xp.transpose(out, order)
    return out + bias[0] if bias else out


def _gemm_composite(
    *operands: Any, first: Moves, second: Moves, order: tuple[int, ...] | None
) -> Any:
    x1, x2, *bias = operands
    out = linear.matmul(seen(shaping, x1, first), seen(shaping, x2, second))
    if order is not None:
        out = shaping.transpose(out, order)
    return out + bias[0] if bias else out


# The product of two views of matrices, ``(..., n, k), (..., k, m)``, and what is added to each row:
#     gemm(x1, x2, [bias], first=, second=, order=)
# `first` and `second` are the moves to the operands; `order`, if it is not None, is how the axes of
# the product are stored; its last axis stays the last, and is that of the bias (m).
gemm = Fused("gemm", _gemm_spec, _gemm_reference, _gemm_composite)


def _relu_reference(xp: Any, *operands: Any, **how: Any) -> Any:
    return activation.relu.reference(xp, _gemm_reference(xp, *operands, **how))


def _relu_composite(*operands: Any, **how: Any) -> Any:
    return activation.relu(_gemm_composite(*operands, **how))


# `gemm`, of which what is below 0 becomes 0.
gemm_relu = Fused("gemm_relu", _gemm_spec, _relu_reference, _relu_composite)


def _sums_spec(x1: Spec, x2: Spec, **how: Any) -> tuple[Spec, Spec]:
    return _gemm_spec(x1, x2, **how), Spec(shape_of(x2.shape, how["second"])[-1:], x2.dtype)


def _sums_reference(xp: Any, x1: Any, x2: Any, **how: Any) -> tuple[Any, Any]:
    rows = seen(xp, x2, how["second"])
    return _gemm_reference(xp, x1, x2, **how), xp.sum(rows, axis=tuple(range(rows.ndim - 1)))


def _sums_composite(x1: Any, x2: Any, **how: Any) -> tuple[Any, Any]:
    rows = seen(shaping, x2, how["second"])
    axes = tuple(range(len(rows.shape) - 1))
    return _gemm_composite(x1, x2, **how), reductions.sum(rows, axes)


# `gemm`, and the sum of the rows of the second operand: the gradients of a layer's weights.
gemm_sums = Fused("gemm_sums", _sums_spec, _sums_reference, _sums_composite)


def _biased_conv_spec(x: Spec, kernel: Spec, bias: Spec, **attributes: Any) -> Spec:
    return convolution.slide.spec(x, kernel, **attributes)  # type: ignore[no-any-return]


def _biased_conv_reference(xp: Any, x: Any, kernel: Any, bias: Any, **attributes: Any) -> Any:
    out = convolution.slide.reference(xp, x, kernel, **attributes)
    out += bias
    return out


def _biased_conv_composite(x: Any, kernel: Any, bias: Any, **attributes: Any) -> Any:
    return convolution.slide(x, kernel, **attributes) + bias


# A convolution, and what is added to each channel of it; attributes are those of `conv`.
biased_conv = Fused(
    "biased_conv", _biased_conv_spec, _biased_conv_reference, _biased_conv_composite
)


def _column_moments_spec(x: Spec) -> tuple[Spec, Spec]:
    kept = Spec((*(1 for _ in x.shape[:-1]), x.shape[-1]), x.dtype)
    return kept, kept


def _column_moments_reference(xp: Any, x: Any) -> tuple[Any, Any]:
    axes = tuple(range(x.ndim - 1))
    apart = x - x[(slice(0, 1),) * len(axes)]
    mean = xp.mean(apart, axis=axes, keepdims=True)
    return mean, xp.mean(xp.square(apart - mean), axis=axes, keepdims=True)


def _column_moments_composite(x: Any) -> tuple[Any, Any]:
    axes = tuple(range(len(x.shape) - 1))
    apart = x - x[(slice(0, 1),) * len(axes)]
    mean = reductions.mean(apart, axes, keepdims=True)
    return mean, reductions.mean((apart - mean) * (apart - mean), axes, keepdims=True)


# The mean distance from the first row, and the variance, over all axes but the last: (..., n) to
# twice (1, ..., 1, n).
column_moments = Fused(
    "column_moments", _column_moments_spec, _column_moments_reference, _column_moments_composite
)


def _attend_keeping_spec(query: Spec, key: Spec, value: Spec, **how: Any) -> tuple[Spec, Spec]:
    batch, steps, heads, _ = query.shape
    sums = Spec((batch, heads, steps), dtypes.ALL["float32"])
    return attention.attend.spec(query, key, value, **how), sums


def _logarithms(xp: Any, query: Any, key: Any, scale: float, causal: bool) -> Any:
    key = xp.transpose(xp.repeat(key, query.shape[2] // key.shape[2], axis=2), (0, 2, 3, 1))
    logits = xp.matmul(xp.transpose(query, (0, 2, 1, 3)) * scale, key)
    if causal:
        past = xp.arange(logits.shape[-2])[:, None] >= xp.arange(logits.shape[-1])
        logits = xp.where(past, logits, -xp.inf)
    most = xp.max(logits, axis=-1, keepdims=True)
    return (most + xp.log(xp.sum(xp.exp(logits - most), axis=-1, keepdims=True)))[..., 0]


def _attend_keeping_reference(xp: Any, query: Any, key: Any, value: Any, **how: Any) -> Any:
    out = attention.attend.reference(xp, query, key, value, **how)
    return out, _logarithms(xp, query, key, **how).astype("float32")


def _attend_keeping_composite(query: Any, key: Any, value: Any, **how: Any) -> Any:
    wide = (conversion.cast(x, "float32") for x in (query, key))
    return attention.attend(query, key, value, **how), _logarithms(numpy, *wide, **how)


# `attend`, and for its gradient the logarithms of the sums of weights, (batch, heads, steps).
attend_keeping = Fused(
    "attend_keeping", _attend_keeping_spec, _attend_keeping_reference, _attend_keeping_composite
)


def _attend_gradient_spec(*specs: Spec, **how: Any) -> Any:
    return attention.attend_gradient.spec(*specs[:4], **how)


def _attend_gradient_reference(xp: Any, *operands: Any, **how: Any) -> Any:
    return attention.attend_gradient.reference(xp, *operands[:4], **how)


def _attend_gradient_composite(*operands: Any, **how: Any) -> Any:
    return attention.attend_gradient(*operands[:4], **how)


# `attend_gradient`, after its operands given what `attend_keeping` gave.
attend_gradient_kept = Fused(
    "attend_gradient_kept",
    _attend_gradient_spec,
    _attend_gradient_reference,
    _attend_gradient_composite,
)
