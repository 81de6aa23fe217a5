"""Sums and products so far, differences, and integrals along an axis."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import Primitive, primitive
from kerasette.core.rules import TOGETHER, Rule, canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.arithmetic import multiply
from kerasette.ops.comparison import isnan, not_equal
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import ones, zeros
from kerasette.ops.joining import concatenate
from kerasette.ops.logic import where
from kerasette.ops.reductions import sum
from kerasette.ops.shaping import ravel, reshape
from kerasette.ops.slicing import part_along

__all__ = ["cumprod", "cumsum", "diff", "nancumprod", "nancumsum", "trapezoid"]


def _number(*xs: Spec, axis: int, reverse: bool) -> Spec:
    return Spec(xs[0].shape, dtypes.ALL["int32"] if xs[0].dtype == "bool" else xs[0].dtype)


def _scanned(xp: Any, how: Any, x: Any, axis: int, reverse: bool) -> Any:
    dtype = xp.int32 if x.dtype.kind == "b" else x.dtype
    if not reverse:
        return how(x, axis=axis, dtype=dtype)
    return xp.flip(how(xp.flip(x, axis), axis=axis, dtype=dtype), axis)


@primitive(_number, name="cumsum")
def cumsum_along(xp: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """The sums of all elements up to each one, or from each one on."""
    return _scanned(xp, xp.add.accumulate, x, axis, reverse)


cumsum_along.defvjp(x=lambda g, axis, reverse: cumsum_along(g, axis=axis, reverse=not reverse))


@primitive(_number, name="cumprod")
def cumprod_along(xp: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """The products of all elements up to each one, or from each one on."""
    return _scanned(xp, xp.multiply.accumulate, x, axis, reverse)


def _same_shapes(a: Spec, b: Spec, *, axis: int, reverse: bool) -> Spec:
    if a.shape != b.shape:
        raise ValueError(f"factors and summands differ in shape: {a.shape} and {b.shape}.")
    return b


@primitive(Rule(_same_shapes, TOGETHER))
def recurrence(xp: Any, a: Any, b: Any, *, axis: int, reverse: bool) -> Any:
    """``s[i] = a[i] * s[i - 1] + b[i]`` along ``axis``, from 0; backwards, from ``s[i + 1]``."""
    out = xp.empty_like(b)
    factors, summands, sums = (xp.moveaxis(value, axis, 0) for value in (a, b, out))
    turns = range(len(sums))
    before: Any = None
    for turn in reversed(turns) if reverse else turns:
        sums[turn] = summands[turn] if before is None else factors[turn] * before + summands[turn]
        before = sums[turn]
    return out


def shifted(x: Any, axis: int, reverse: bool, first: Any) -> Any:
    """Each element moved one place on along ``axis``; ``first`` enters where a place is free."""
    size = int(x.shape[axis])
    if not size:
        return x
    rest = part_along(x, axis, 1 if reverse else 0, size - 1)
    return concatenate([rest, first] if reverse else [first, rest], axis)


def _edge(x: Any, axis: int, fill: Any) -> Any:
    return fill(tuple(1 if i == axis else size for i, size in enumerate(x.shape)), x.dtype)


def _recurrence_gradients(
    g: Any, inputs: tuple[Any, ...], out: Any, axis: int, reverse: bool
) -> Any:
    # Backwards, s[i] is the factor of a[i + 1]; what reaches b[i] is the adjoint recurrence of g.
    a = inputs[0]
    nothing = _edge(a, axis, zeros)
    adjoint = recurrence(shifted(a, axis, not reverse, nothing), g, axis=axis, reverse=not reverse)
    return adjoint * shifted(out, axis, reverse, nothing), adjoint


recurrence.defvjp_joint(_recurrence_gradients)


def _cumprod_gradient(g: Any, x: Any, axis: int, reverse: bool) -> Any:
    # Without a division, so that it is right at zeros: the product before each element, times the
    # sum of what follows: r[i] = g[i] + x[i + 1] * r[i + 1].
    before = shifted(
        cumprod_along(x, axis=axis, reverse=reverse), axis, reverse, _edge(x, axis, ones)
    )
    following = shifted(x, axis, not reverse, _edge(x, axis, zeros))
    return before * recurrence(following, g, axis=axis, reverse=not reverse)


cumprod_along.defvjp(x=_cumprod_gradient)


def _cumulate(scan: Primitive, x: Any, axis: Any, dtype: Any) -> Any:
    x = convert_to_tensor(x, dtype)
    if axis is None:
        x, axis = ravel(x), 0
    if not x.shape:
        x = reshape(x, (1,))
    return scan(x, axis=canonical_axis(axis, len(x.shape)), reverse=False)


@operation
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The sum of all elements up to each one along ``axis``; of ``x`` flat without it.

    Args:
        x: a tensor.
        axis: the axis.
        dtype: what ``x`` is cast to first; bool becomes int32.

    >>> ops.cumsum([1, 2, 3]).numpy()
    array([1, 3, 6], dtype=int32)
    """
    return _cumulate(cumsum_along, x, axis, dtype)


@operation
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The product of all elements up to each one along ``axis``; of ``x`` flat without it.

    Args:
        x: a tensor.
        axis: the axis.
        dtype: what ``x`` is cast to first; bool becomes int32.

    >>> ops.cumprod([1, 2, 3]).numpy()
    array([1, 2, 6], dtype=int32)
    """
    return _cumulate(cumprod_along, x, axis, dtype)


@operation
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """``cumsum`` with NaN taken for 0.

    >>> ops.nancumsum([1.0, float("nan"), 3.0]).numpy()
    array([1., 1., 4.], dtype=float32)
    """
    return cumsum(without_nan(x, 0), axis, dtype)


@operation
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """``cumprod`` with NaN taken for 1.

    >>> ops.nancumprod([2.0, float("nan"), 3.0]).numpy()
    array([2., 2., 6.], dtype=float32)
    """
    return cumprod(without_nan(x, 1), axis, dtype)


def without_nan(x: Any, instead: Any) -> Any:
    """``x`` with another number for each NaN."""
    x = convert_to_tensor(x)
    return where(isnan(x), cast(instead, x.dtype), x) if dtypes.differentiable(x.dtype) else x


@operation
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """The differences of neighbours along ``axis``, taken ``n`` times.

    >>> ops.diff([1, 4, 9]).numpy()
    array([3, 5], dtype=int32)

    Raises: ValueError for a rank of 0, or ``n`` below 0.
    """
    x = convert_to_tensor(a)
    if n < 0 or not x.shape:
        raise ValueError(
            "`a` must have an axis, and `n` be at least 0. "
            f"Received: shape={tuple(x.shape)}, n={n}."
        )
    axis = canonical_axis(axis, len(x.shape))
    for _ in range(n):
        size = max(int(x.shape[axis]) - 1, 0)
        later = part_along(x, axis, min(int(x.shape[axis]), 1), size)
        earlier = part_along(x, axis, 0, size)
        x = not_equal(later, earlier) if x.dtype == "bool" else later - earlier
    return x


@operation
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral along ``axis`` by the trapezoidal rule.

    Args:
        y: the values.
        x: where they were taken: of the shape of ``y``, or along ``axis`` alone.
        dx: how far apart they are, where ``x`` is not given.
        axis: the axis to integrate along.

    >>> float(ops.trapezoid([1.0, 2.0, 3.0]))
    4.0
    """
    y = convert_to_tensor(y)
    y = cast(y, dtypes.floating(y.dtype))
    axis = canonical_axis(axis, len(y.shape))
    steps = dx
    if x is not None:
        x = convert_to_tensor(x)
        if len(x.shape) == 1:
            ones_after = (1,) * (len(y.shape) - axis - 1)
            steps = diff(reshape(x, (int(x.shape[0]), *ones_after)), axis=0)
        else:
            steps = diff(x, axis=axis)
    elif len(convert_to_tensor(dx).shape) == 1:
        steps = reshape(dx, (-1, *(1,) * (len(y.shape) - axis - 1)))
    size = max(int(y.shape[axis]) - 1, 0)
    first = part_along(y, axis, 0, size)
    second = part_along(y, axis, min(int(y.shape[axis]), 1), size)
    return sum(multiply(steps, first + second) * 0.5, axis=axis)
