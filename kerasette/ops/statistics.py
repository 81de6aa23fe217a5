"""Spread and relation: variances, weighted means, moments, correlations."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING, canonical_axes, reduced
from kerasette.core.spec import Spec
from kerasette.ops.arithmetic import maximum, minimum, sqrt
from kerasette.ops.arranging import flip, pad
from kerasette.ops.comparison import greater
from kerasette.ops.complex import conj, imag, real
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange
from kerasette.ops.gathering import take_at
from kerasette.ops.linear import matmul
from kerasette.ops.logic import where
from kerasette.ops.reductions import count_of, kept, mean, mean_over, sum
from kerasette.ops.rounding import saturate_cast
from kerasette.ops.shaping import broadcast_to, expand_dims, reshape, swapaxes

__all__ = ["average", "corrcoef", "correlate", "moments", "std", "var"]


def _spread(x: Spec, *, axis: tuple[int, ...], keepdims: bool) -> Spec:
    if dtypes.is_complex(x.dtype):
        raise ValueError("complex numbers are taken as two real ones; see ops.var.")
    return Spec(reduced(x.shape, axis, keepdims), x.dtype)


@primitive(_spread, FLOATING, name="var")
def var_over(xp: Any, x: Any, *, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The mean squared distance from the mean, over ``axis`` (canonical)."""
    squares = xp.square(centered(xp, x, axis))
    return xp.divide(xp.add.reduce(squares, axis=axis, keepdims=keepdims), count_of(x, axis))


def centered(xp: Any, x: Any, axis: tuple[int, ...]) -> Any:
    """The distances from the mean.

    They are taken from the first element before the mean is: what is common to large numbers then
    cancels without a rounding error, and equal numbers have a variance of exactly 0.
    """
    first = tuple(slice(0, 1) if index in axis else slice(None) for index in range(x.ndim))
    x = x - x[first]
    return x - xp.divide(xp.add.reduce(x, axis=axis, keepdims=True), count_of(x, axis))


def _var_gradient(g: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    count = max(count_of(x, axis), 1)
    return kept(g, x, axis, keepdims) * (deviation_of(x, axis=axis) * (2 / count))


@primitive(lambda x, *, axis: x, FLOATING, name="deviation")
def deviation_of(xp: Any, x: Any, *, axis: tuple[int, ...]) -> Any:
    """The distances from the mean over ``axis`` (canonical)."""
    return centered(xp, x, axis)


var_over.defvjp(x=_var_gradient)
deviation_of.defvjp(x=lambda g, axis: g - mean_over(g, axis=axis, keepdims=True))


@operation
def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean squared distance from the mean over ``axis`` (an int, several, or all axes).

    Integers give floatx. Equal numbers, however large, give exactly 0. The variance of nothing is
    NaN.

    >>> float(ops.var([1.0, 3.0]))
    1.0
    """
    x = convert_to_tensor(x)
    axes = canonical_axes(axis, len(x.shape))
    if dtypes.is_complex(x.dtype):
        both = [var_over(part, axis=axes, keepdims=bool(keepdims)) for part in (real(x), imag(x))]
        return both[0] + both[1]
    return var_over(x, axis=axes, keepdims=bool(keepdims))


def root(x: Any) -> Any:
    """The square root of what is not below 0, whose gradient at 0 is 0 times what comes in."""
    positive = greater(x, 0)
    return where(positive, sqrt(where(positive, x, 1)), x)


@operation
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The standard deviation: the root of ``var`` over ``axis`` (an int, several, or all axes).

    The gradient for equal numbers is 0.

    >>> float(ops.std([1.0, 3.0]))
    1.0
    """
    return root(var(x, axis, keepdims))


@operation
def moments(
    x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    """The mean and the variance over ``axes``, as a tuple.

    In float16, what is too large becomes the greatest number that there is.

    Args:
        x: a tensor.
        axes: the axes to reduce.
        keepdims: whether they stay, with size 1.
        synchronized: whether they are taken over all devices of a distributed run.

    >>> [float(moment) for moment in ops.moments([1.0, 3.0], [0])]
    [2.0, 1.0]
    """
    x = convert_to_tensor(x)
    if x.dtype != "float16":
        return mean(x, axes, keepdims), var(x, axes, keepdims)
    wide = cast(x, "float32")
    first, second = mean(wide, axes, keepdims), var(wide, axes, keepdims)
    return saturate_cast(first, "float16"), saturate_cast(second, "float16")


@operation
def average(x: Any, axis: Any = None, weights: Any = None) -> Any:
    """The mean over ``axis``, weighted.

    Args:
        x: a tensor.
        axis: the axis to reduce (an int, several, or all axes).
        weights: of the shape of ``x``, or one for each element along ``axis``; all equal without.

    >>> float(ops.average([1.0, 2.0], weights=[3.0, 1.0]))
    1.25

    Raises: ValueError where the shapes do not fit.
    """
    x = convert_to_tensor(x)
    if weights is None:
        return mean(x, axis)
    weights = convert_to_tensor(weights)
    dtype = dtypes.result_type(x.dtype, weights.dtype, float)
    x, weights = cast(x, dtype), cast(weights, dtype)
    axes = canonical_axes(axis, len(x.shape))
    if tuple(weights.shape) != tuple(x.shape):
        wanted = tuple(x.shape[index] for index in axes)
        if tuple(weights.shape) != wanted:
            raise ValueError(
                f"`weights` must have the shape of `x`, {tuple(x.shape)}, or {wanted}, that of the "
                f"axes to reduce. Received: shape {tuple(weights.shape)}."
            )
        spread = tuple(s if index in axes else 1 for index, s in enumerate(x.shape))
        weights = broadcast_to(reshape(weights, spread), tuple(x.shape))
    return sum(x * weights, axes) / sum(weights, axes)


@operation
def corrcoef(x: Any) -> Any:
    """Pearson's coefficients of correlation of the rows with each other: ``(m, n) -> (m, m)``.

    A row of equal numbers has none: NaN.

    >>> ops.corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]).numpy().round(3)
    array([[ 1., -1.],
           [-1.,  1.]], dtype=float32)

    Raises: ValueError for a rank above 2.
    """
    x = convert_to_tensor(x)
    x = cast(x, "float64" if x.dtype == "int64" else dtypes.floating(x.dtype))
    if len(x.shape) > 2:
        raise ValueError(f"`x` must have rank 1 or 2. Received: shape={tuple(x.shape)}.")
    rows = reshape(x, (1, -1)) if len(x.shape) < 2 else x
    apart = deviation_of(rows, axis=(1,))
    unit = apart / sqrt(sum(apart * apart, axis=1, keepdims=True))
    found = matmul(unit, swapaxes(unit, 0, 1))
    found = maximum(minimum(found, 1), -1)  # rounding must not go beyond
    return reshape(found, ()) if len(x.shape) < 2 else found


_MODES = ("valid", "same", "full")


@operation
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Any:
    """The cross-correlation of two sequences: products summed for each shift of the second one.

    Args:
        x1: ``(n,)``.
        x2: ``(m,)``.
        mode: "valid": the shifts with a full overlap, ``|n - m| + 1``; "same": ``max(n, m)``;
            "full": all with any overlap, ``n + m - 1``.

    >>> ops.correlate([1.0, 2.0, 3.0], [0.0, 1.0]).numpy()
    array([2., 3.], dtype=float32)

    Raises: ValueError for another mode or rank, or an empty sequence.
    """
    if mode not in _MODES:
        raise ValueError(f"`mode` must be one of {_MODES}. Received: mode={mode!r}.")
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    if len(x1.shape) != 1 or len(x2.shape) != 1 or 0 in (*x1.shape, *x2.shape):
        raise ValueError(
            "`x1` and `x2` must have rank 1 and not be empty. "
            f"Received: shapes {tuple(x1.shape)} and {tuple(x2.shape)}."
        )
    dtype = dtypes.result_type(x1.dtype, x2.dtype)
    if not dtypes.is_complex(dtype):
        dtype = dtypes.ALL["float64"] if dtype == "int64" else dtypes.result_type(dtype, float)
    x1, x2 = cast(x1, dtype), conj(cast(x2, dtype))
    n, m = int(x1.shape[0]), int(x2.shape[0])
    if n < m:  # the shifts of the other one, backwards
        return flip(_windows(x2, x1, mode))
    return _windows(x1, x2, mode)


def _windows(long: Any, short: Any, mode: str) -> Any:
    n, m = int(long.shape[0]), int(short.shape[0])
    widths = {"valid": (0, 0), "same": (m // 2, (m - 1) // 2), "full": (m - 1, m - 1)}[mode]
    starts = expand_dims(arange(n + widths[0] + widths[1] - m + 1), 1)
    return matmul(take_at(pad(long, widths), starts + arange(m), axis=0), short)
