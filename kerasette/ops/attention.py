"""Attention by dot products."""

import math
from typing import Any

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core import kernels
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.core.tape import GradientTape
from kerasette.ops.arithmetic import absolute
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange
from kerasette.ops.linear import matmul
from kerasette.ops.logic import logical_and, where
from kerasette.ops.shaping import expand_dims, reshape, transpose
from kerasette.ops.simplex import softmax_over

__all__ = ["dot_product_attention"]


def _attended(query: Spec, key: Spec, value: Spec, *, scale: float, causal: bool) -> Spec:
    return Spec((*query.shape[:3], value.shape[-1]), query.dtype)


def _attended_gradient(
    gradient: Spec, query: Spec, key: Spec, value: Spec, *, scale: float, causal: bool
) -> tuple[Spec, Spec, Spec]:
    return query, key, value


def _in_groups(xp: Any, x: Any, groups: int) -> Any:
    """``(batch, steps, heads, depth)`` as ``(batch, groups, heads of one, steps, depth)``."""
    batch, steps, heads, depth = x.shape
    return xp.transpose(x.reshape(batch, steps, groups, heads // groups, depth), (0, 2, 3, 1, 4))


def _out_of_groups(xp: Any, x: Any) -> Any:
    batch, groups, each, steps, depth = x.shape
    return xp.transpose(x, (0, 3, 1, 2, 4)).reshape(batch, steps, groups * each, depth)


def _weights(xp: Any, query: Any, key: Any, scale: float, causal: bool) -> Any:
    """How much each query attends to each source step, all in groups."""
    logits = xp.matmul(query * scale, xp.swapaxes(key, -1, -2))
    if causal:
        past = xp.arange(logits.shape[-2])[:, None] >= xp.arange(logits.shape[-1])
        logits = xp.where(past, logits, -xp.inf).astype(query.dtype)
    weights = xp.exp(logits - xp.max(logits, axis=-1, keepdims=True))
    return weights / xp.sum(weights, axis=-1, keepdims=True)


@primitive(_attended, FLOATING)
def attend(xp: Any, query: Any, key: Any, value: Any, *, scale: float, causal: bool) -> Any:
    """``dot_product_attention`` as a whole, for those who have a kernel of it."""
    groups = key.shape[2]
    query, key, value = (_in_groups(xp, x, groups) for x in (query, key, value))
    weights = _weights(xp, query, key, scale, causal)
    return _out_of_groups(xp, xp.matmul(weights, value))


@primitive(_attended_gradient, FLOATING)
def attend_gradient(
    xp: Any, gradient: Any, query: Any, key: Any, value: Any, *, scale: float, causal: bool
) -> Any:
    """The gradients of ``attend`` for query, key and value, which computes the weights again."""
    groups = key.shape[2]
    gradient, query, key, value = (_in_groups(xp, x, groups) for x in (gradient, query, key, value))
    weights = _weights(xp, query, key, scale, causal)
    inner = xp.matmul(gradient, xp.swapaxes(value, -1, -2))
    inner = weights * (inner - xp.sum(inner * weights, axis=-1, keepdims=True)) * scale
    inward, upright = xp.swapaxes(inner, -1, -2), xp.swapaxes(weights, -1, -2)
    found = (
        xp.matmul(inner, key),
        xp.sum(xp.matmul(inward, query), axis=2, keepdims=True),
        xp.sum(xp.matmul(upright, gradient), axis=2, keepdims=True),
    )
    return tuple(_out_of_groups(xp, x) for x in found)


def _second(g: tuple[Any, ...], inputs: tuple[Any, ...], scale: float, causal: bool) -> list[Any]:
    """The gradient of the gradient: that of the parts."""
    gradient, query, key, value = inputs
    operands = [query, key, value]
    with GradientTape() as outer:
        outer.watch(inputs)
        with GradientTape() as inner:
            inner.watch(operands)
            out = _by_parts(query, key, value, None, None, scale, causal)
        found = inner.gradient(out, operands, output_gradients=gradient)
    return outer.gradient(found, list(inputs), output_gradients=list(g))  # type: ignore[no-any-return]


attend.defvjp_joint(
    lambda g, inputs, scale, causal: attend_gradient(g, *inputs, scale=scale, causal=causal)
)
attend_gradient.defvjp_joint(_second)


@operation
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """For each query, the mean of the values, weighted by how well their keys fit it.

    The weights are ``softmax(query @ key * scale + bias)`` over the source steps.

    Args:
        query: ``(batch, steps, heads, depth)``.
        key: ``(batch, source steps, key heads, depth)``. The heads are a multiple of the key heads,
            of which each serves as many neighbouring heads.
        value: ``(batch, source steps, key heads, value depth)``.
        bias: what is added to the logits; broadcasts to ``(batch, heads, steps, source steps)``,
            and so does ``mask``. With three axes they are ``(batch, steps, source steps)``, or
            ``(batch, heads, source steps)`` where the second one has the size of the heads.
        mask: true where a source step may be attended to. Where it is so nowhere, all source steps
            have the same weight.
        scale: by default ``1 / sqrt(depth)``.
        is_causal: whether step number t may only attend to source steps up to number t.
        flash_attention: accepted as Keras does; how it is computed changes no result.
        attn_logits_soft_cap: where given, keeps logits within it, softly: they become
            ``logits / (1 + |logits| / cap)``.

    Returns: ``(batch, steps, heads, value depth)``.

    Vaswani and others 2017, "Attention is all you need".

    >>> x = ops.ones((2, 5, 4, 8))
    >>> ops.dot_product_attention(x, x, x).shape
    (2, 5, 4, 8)

    Raises: ValueError where shapes do not fit together.
    """
    query, key, value = (convert_to_tensor(x) for x in (query, key, value))
    _check(query, key, value)
    dtype = dtypes.floating(dtypes.result_type(query.dtype, key.dtype, value.dtype))
    query, key, value = (cast(x, dtype) for x in (query, key, value))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    plain = bias is None and mask is None and attn_logits_soft_cap is None
    if plain and flash_attention is not False and isinstance(scale, float) and not state.symbolic:
        specs = tuple(Spec(tuple(x.shape), x.dtype) for x in (query, key, value))
        how = {"scale": scale, "causal": bool(is_causal)}
        if kernels.taken(attend.name, specs, how, devices.current_device()):
            return attend(query, key, value, **how)
    return _by_parts(query, key, value, bias, mask, scale, is_causal, attn_logits_soft_cap)


def _by_parts(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = 1.0,
    is_causal: bool = False,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """The same, made of matrix products and a softmax."""
    dtype = query.dtype
    batch, steps, heads, depth = query.shape
    sources, groups = key.shape[1], key.shape[2]

    # Heads in groups that share a key head: (batch, groups, heads of it, steps, ...).
    query = reshape(query, (batch, steps, groups, heads // groups, depth))
    query = transpose(query, (0, 2, 3, 1, 4))
    key = expand_dims(transpose(key, (0, 2, 3, 1)), 2)
    value = expand_dims(transpose(value, (0, 2, 1, 3)), 2)

    logits = reshape(matmul(query * scale, key), (batch, heads, steps, sources))
    logits = cast(logits, dtypes.result_type(dtype, "float32"))
    if attn_logits_soft_cap is not None:
        logits = logits / (absolute(logits) * (1 / attn_logits_soft_cap) + 1)
    if bias is not None:
        logits = logits + cast(_with_four_axes(bias, heads), logits.dtype)
    allowed = None if mask is None else cast(_with_four_axes(mask, heads), "bool")
    if is_causal:
        past = expand_dims(arange(steps), 1) >= arange(sources)
        allowed = past if allowed is None else logical_and(allowed, past)
    if allowed is not None:
        logits = where(allowed, logits, 0.7 * dtypes.limits(logits.dtype)[0])
    weights = cast(softmax_over(logits, axis=(3,)), dtype)

    weights = reshape(weights, (batch, groups, heads // groups, steps, sources))
    out = transpose(matmul(weights, value), (0, 3, 1, 2, 4))
    return reshape(out, (batch, steps, heads, value.shape[-1]))


def _check(query: Any, key: Any, value: Any) -> None:
    shapes = [tuple(x.shape) for x in (query, key, value)]
    received = f"Received: query {shapes[0]}, key {shapes[1]}, value {shapes[2]}."
    if any(len(shape) != 4 for shape in shapes):
        raise ValueError(
            "dot_product_attention needs query, key and value (batch, steps, heads, depth). "
            f"{received}"
        )
    if shapes[0][0] != shapes[1][0] or shapes[0][3] != shapes[1][3]:
        raise ValueError(
            f"dot_product_attention: query and key need the same batch and depth. {received}"
        )
    if shapes[1][:3] != shapes[2][:3]:
        raise ValueError(
            f"dot_product_attention: key and value need the same batch, steps and heads. {received}"
        )
    if not shapes[1][2] or shapes[0][2] % shapes[1][2]:
        raise ValueError(
            "dot_product_attention: the heads of query must be a multiple of those of key. "
            f"{received}"
        )


def _with_four_axes(x: Any, heads: int) -> Any:
    """``(batch, heads, steps, source steps)``, any of them of size 1."""
    x = convert_to_tensor(x)
    if len(x.shape) == 3:
        return expand_dims(x, 2 if x.shape[1] == heads else 1)
    return x
