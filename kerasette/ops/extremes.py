"""The greatest and the least over axes, where they are, and the smooth maximum."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import Primitive, primitive
from kerasette.core.rules import FLOATING, canonical_axes, canonical_axis, reduced
from kerasette.core.spec import Spec
from kerasette.ops.arithmetic import maximum, minimum
from kerasette.ops.comparison import equal, isfinite, isneginf
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import full
from kerasette.ops.exponential import exp
from kerasette.ops.logic import where
from kerasette.ops.reductions import count_of, kept, sum_over
from kerasette.ops.shaping import reshape

__all__ = [
    "amax", "amin", "argmax", "argmin", "logsumexp", "max", "min", "ptp",
]  # fmt: skip


def _extreme(x: Spec, *, axis: tuple[int, ...], keepdims: bool) -> Spec:
    if dtypes.is_complex(x.dtype):
        raise ValueError("complex numbers have no order. Take the extremes of ops.abs of them.")
    shape = reduced(x.shape, axis, keepdims)
    if count_of(x, axis) == 0 and 0 not in shape:
        raise ValueError(
            f"there is no extreme of nothing: the shape {x.shape} is empty over axes {axis}. "
            "Give `initial`, the value to start from."
        )
    return Spec(shape, x.dtype)


@primitive(_extreme, name="max")
def max_over(xp: Any, x: Any, *, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The greatest over ``axis`` (canonical); NaN where one is NaN."""
    return xp.max(x, axis=axis, keepdims=keepdims)


@primitive(_extreme, name="min")
def min_over(xp: Any, x: Any, *, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The least over ``axis`` (canonical); NaN where one is NaN."""
    return xp.min(x, axis=axis, keepdims=keepdims)


def _even_share(g: Any, x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """All elements that are the extreme share its gradient evenly."""
    ties = cast(equal(x, kept(out, x, axis, keepdims)), g.dtype)
    share = kept(g, x, axis, keepdims) / sum_over(ties, axis=axis, keepdims=True)
    return ties * share


max_over.defvjp(x=_even_share)
min_over.defvjp(x=_even_share)


def _reduce(
    reduction: Primitive, meet: Primitive, x: Any, axis: Any, keepdims: bool, initial: Any
) -> Any:
    x = convert_to_tensor(x)
    axes = canonical_axes(axis, len(x.shape))
    if initial is None:
        return reduction(x, axis=axes, keepdims=bool(keepdims))
    initial = cast(initial, x.dtype)
    if count_of(x, axes) == 0:
        return full(reduced(tuple(x.shape), axes, bool(keepdims)), initial, x.dtype)
    return meet(reduction(x, axis=axes, keepdims=bool(keepdims)), initial)


@operation
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The greatest over ``axis`` (an int, several, or all axes); NaN where one is NaN.

    Equal greatest elements share the gradient evenly.

    Args:
        x: real numbers.
        axis: the axes to reduce.
        keepdims: whether they stay, with size 1.
        initial: a number that the result is at least; what nothing at all gives.

    >>> float(ops.max([1.0, 5.0, 3.0]))
    5.0

    Raises: ValueError for nothing without ``initial``, and for complex numbers.
    """
    return _reduce(max_over, maximum, x, axis, keepdims, initial)


@operation
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The least over ``axis`` (an int, several, or all axes); NaN where one is NaN.

    Equal least elements share the gradient evenly.

    Args:
        x: real numbers.
        axis: the axes to reduce.
        keepdims: whether they stay, with size 1.
        initial: a number that the result is at most; what nothing at all gives.

    >>> float(ops.min([1.0, 5.0, 3.0]))
    1.0

    Raises: ValueError for nothing without ``initial``, and for complex numbers.
    """
    return _reduce(min_over, minimum, x, axis, keepdims, initial)


@operation
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The greatest over ``axis``; the same as ``max``.

    >>> ops.amax([[1, 2], [3, 4]], axis=0).numpy()
    array([3, 4], dtype=int32)
    """
    return max(x, axis, keepdims)


@operation
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The least over ``axis``; the same as ``min``.

    >>> ops.amin([[1, 2], [3, 4]], axis=0).numpy()
    array([1, 2], dtype=int32)
    """
    return min(x, axis, keepdims)


@operation
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """From the least to the greatest ("peak to peak"): ``max(x) - min(x)`` over ``axis``.

    >>> ops.ptp([[1, 2], [3, 7]], axis=1).numpy()
    array([1, 4], dtype=int32)
    """
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def _position(x: Spec, *, axis: int) -> Spec:
    if dtypes.is_complex(x.dtype):
        raise ValueError("complex numbers have no order. Take the extremes of ops.abs of them.")
    shape = reduced(x.shape, (axis,), False)
    if x.shape[axis] == 0 and 0 not in shape:
        raise ValueError(f"there is no extreme of nothing. Received: shape={x.shape}.")
    return Spec(shape, dtypes.ALL["int32"])


@primitive(_position, name="argmax")
def argmax_of(xp: Any, x: Any, *, axis: int) -> Any:
    """Where along ``axis`` the first of the greatest is."""
    return xp.argmax(x, axis=axis).astype(xp.int32)


@primitive(_position, name="argmin")
def argmin_of(xp: Any, x: Any, *, axis: int) -> Any:
    """Where along ``axis`` the first of the least is."""
    return xp.argmin(x, axis=axis).astype(xp.int32)


argmax_of.nograd()
argmin_of.nograd()


def _locate(place: Primitive, x: Any, axis: Any, keepdims: bool) -> Any:
    x = convert_to_tensor(x)
    rank = len(x.shape)
    if axis is None:
        found = place(reshape(x, (-1,)), axis=0)
        return reshape(found, (1,) * rank) if keepdims else found
    axis = canonical_axis(axis, rank)
    if rank == 0:
        x = reshape(x, (1,))
    found = place(x, axis=axis)
    return kept(found, x, (axis,), False) if keepdims and rank else found


@operation
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The index of the first of the greatest along ``axis``: int32.

    Without ``axis``, the index into all elements in row-major order. NaN counts as the greatest.

    >>> ops.argmax([[1, 5], [7, 2]], axis=1).numpy()
    array([1, 0], dtype=int32)

    Raises: ValueError where there is nothing to choose from.
    """
    return _locate(argmax_of, x, axis, keepdims)


@operation
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The index of the first of the least along ``axis``: int32.

    Without ``axis``, the index into all elements in row-major order. NaN counts as the least.

    >>> ops.argmin([[1, 5], [7, 2]], axis=1).numpy()
    array([0, 1], dtype=int32)

    Raises: ValueError where there is nothing to choose from.
    """
    return _locate(argmin_of, x, axis, keepdims)


def _smooth(x: Spec, *, axis: tuple[int, ...], keepdims: bool) -> Spec:
    return Spec(reduced(x.shape, axis, keepdims), x.dtype)


@primitive(_smooth, FLOATING, name="logsumexp")
def logsumexp_over(xp: Any, x: Any, *, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The logarithm of the sum of exponentials over ``axis`` (canonical)."""
    if x.size == 0:
        return xp.full(reduced(x.shape, axis, keepdims), -xp.inf, x.dtype)
    top = xp.max(x, axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    out = xp.log(xp.add.reduce(xp.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else xp.squeeze(out, axis)


def _softmax_share(g: Any, x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    # exp(x - out), where neither inf - inf nor -inf - -inf may turn into NaN.
    out = kept(out, x, axis, keepdims)
    usual = isfinite(out)
    share = where(usual, exp(x - where(usual, out, 0)), 1)
    share = where(isneginf(x), 0, where(usual, share, cast(equal(x, out), g.dtype)))
    return kept(g, x, axis, keepdims) * share


logsumexp_over.defvjp(x=_softmax_share)


@operation
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """``log(sum(exp(x)))`` over ``axis`` without overflow; -inf for nothing or only -inf.

    >>> float(ops.logsumexp([1000.0, 1000.0])) - 1000 > 0.69
    True
    """
    x = convert_to_tensor(x)
    return logsumexp_over(x, axis=canonical_axes(axis, len(x.shape)), keepdims=bool(keepdims))


operators.install(max=max, min=min, argmax=argmax, argmin=argmin, logsumexp=logsumexp)
