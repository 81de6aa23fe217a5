"""Elements in order, and the first of them."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import canonical_axis, same
from kerasette.core.spec import Spec
from kerasette.ops.comparison import greater, isnan, less
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.gathering import add_along, take_along
from kerasette.ops.logic import logical_and, logical_not, logical_or
from kerasette.ops.reductions import count_nonzero
from kerasette.ops.rounding import clip
from kerasette.ops.shaping import expand_dims, ravel, reshape, squeeze

__all__ = ["argpartition", "argsort", "in_top_k", "sort", "top_k"]


@primitive(same, name="sort")
def sort_along(xp: Any, x: Any, *, axis: int) -> Any:
    """Elements in increasing order along ``axis``; NaN comes last."""
    return xp.sort(x, axis=axis)


def _ordered(x: Spec, *, axis: int, **attributes: Any) -> Spec:
    return Spec(x.shape, dtypes.ALL["int32"])


@primitive(_ordered, name="argsort")
def argsort_along(xp: Any, x: Any, *, axis: int) -> Any:
    """The indices along ``axis`` that sort; equal elements keep their order."""
    return xp.argsort(x, axis=axis, kind="stable").astype(xp.int32)


argsort_along.nograd()
sort_along.defvjp(
    x=lambda g, x, axis: add_along(
        g, argsort_along(x, axis=axis), axis=axis, size=int(x.shape[axis])
    )
)


def _line(x: Any, axis: int | None) -> tuple[Any, int]:
    """A tensor with an axis to sort along: flat without one."""
    x = convert_to_tensor(x)
    if axis is None:
        return ravel(x), 0
    return x, canonical_axis(axis, len(x.shape))


@operation
def sort(x: Any, axis: int | None = -1) -> Any:
    """Elements in increasing order along ``axis``; ``x`` flat for ``None``. NaN comes last.

    >>> ops.sort([3, 1, 2]).numpy()
    array([1, 2, 3], dtype=int32)
    """
    x, axis = _line(x, axis)
    return sort_along(x, axis=axis) if x.shape else x


@operation
def argsort(x: Any, axis: int | None = -1) -> Any:
    """The indices that sort along ``axis`` (``x`` flat for ``None``): int32.

    Equal elements keep their order; NaN comes last.

    >>> ops.argsort([3, 1, 2]).numpy()
    array([1, 2, 0], dtype=int32)
    """
    x, axis = _line(x, axis)
    return argsort_along(x, axis=axis) if x.shape else cast(0, "int32")


@primitive(_ordered, name="argpartition")
def argpartition_along(xp: Any, x: Any, *, axis: int, kth: tuple[int, ...]) -> Any:
    """The indices that put the elements of ranks ``kth`` in place, the lesser ones before them."""
    return xp.argpartition(x, kth, axis=axis).astype(xp.int32)


argpartition_along.nograd()


@operation
def argpartition(x: Any, kth: Any, axis: int | None = -1) -> Any:
    """Indices along ``axis`` for which the ``kth`` element is that of the sorted order: int32.

    All before it are not greater, all after it not less, in any order.

    Args:
        x: a tensor.
        kth: which one, or several.
        axis: the axis; ``x`` is flat for ``None``.

    >>> int(ops.argpartition([3, 1, 2], 0)[0])
    1

    Raises: ValueError for a ``kth`` out of bounds.
    """
    x, axis = _line(x, axis)
    size = int(x.shape[axis]) if x.shape else 1
    given = tuple(kth) if hasattr(kth, "__len__") else (kth,)
    ranks = tuple(int(rank) for rank in given)
    if any(not -size <= rank < size for rank in ranks):
        raise ValueError(f"`kth` must be from {-size} to {size - 1}. Received: kth={kth}.")
    return argpartition_along(x, axis=axis, kth=tuple(rank % size for rank in ranks))


def _first(x: Spec, *, k: int) -> Spec:
    if not x.shape or not 0 <= k <= x.shape[-1]:
        raise ValueError(f"`k` must be from 0 to the last size of {x.shape}. Received: k={k}.")
    return Spec((*x.shape[:-1], k), dtypes.ALL["int32"])


@primitive(_first, name="top_k")
def top_places(xp: Any, x: Any, *, k: int) -> Any:
    """Where the ``k`` greatest are along the last axis, the greatest first."""
    if not k or not x.size:
        return xp.zeros((*x.shape[:-1], k), xp.int32)
    # The last of them divides the others, in linear time; of those that equal it, the first ones
    # are in. NaN, which is not equal to itself, stands above all numbers.
    rank = x.shape[-1] - k
    last = xp.partition(x, rank, axis=-1)[..., rank : rank + 1]
    odd, last_odd = x != x, last != last
    above = (x > last) | (odd & ~last_odd)
    level = (x == last) | (odd & last_odd)
    room = k - above.sum(axis=-1, keepdims=True)
    chosen = above | (level & (xp.cumsum(level, axis=-1) <= room))
    places = xp.nonzero(chosen)[-1].reshape(*x.shape[:-1], k)
    # Read backwards, a stable order upwards is a stable one downwards.
    values = xp.take_along_axis(x, places, -1)[..., ::-1]
    order = k - 1 - xp.argsort(values, axis=-1, kind="stable")[..., ::-1]
    return xp.take_along_axis(places, order, -1).astype(xp.int32)


top_places.nograd()


@operation
def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Any, Any]:
    """The ``k`` greatest along the last axis and their indices (int32), the greatest first.

    Of equal elements the first one comes first; NaN counts as the greatest.

    Args:
        x: ``(..., n)``.
        k: how many, up to n.
        sorted: whether they must be in order; they are in either case.

    Returns: ``(values, indices)``, each ``(..., k)``.

    >>> values, indices = ops.top_k([1, 5, 3], 2)
    >>> values.numpy(), indices.numpy()
    (array([5, 3], dtype=int32), array([1, 2], dtype=int32))

    Raises: ValueError for a ``k`` below 0 or above n.
    """
    x = convert_to_tensor(x)
    indices = top_places(x, k=int(k))
    return take_along(x, indices, axis=len(x.shape) - 1), indices


@operation
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Whether the prediction for the target is among the ``k`` greatest: bool ``(n,)``.

    Predictions that equal the last of the greatest are among them; NaN never is.

    Args:
        targets: indices of classes: ``(n,)``.
        predictions: ``(n, classes)``.
        k: how many.

    >>> ops.in_top_k([1, 0], [[0.1, 0.9], [0.2, 0.8]], 1).numpy()
    array([ True, False])

    Raises: ValueError where the shapes do not fit.
    """
    targets, predictions = convert_to_tensor(targets), convert_to_tensor(predictions)
    shape = tuple(predictions.shape)
    if not shape or tuple(targets.shape) != shape[:-1]:
        raise ValueError(
            "`predictions` must have the shape of `targets` and one axis more, for the classes. "
            f"Received: targets of shape {tuple(targets.shape)}, predictions of shape {shape}."
        )
    targets = cast(targets, "int32")
    last = len(shape) - 1
    places = expand_dims(clip(targets, 0, max(shape[-1] - 1, 0)), -1)
    own = take_along(predictions, places, axis=last)
    ahead = count_nonzero(logical_or(greater(predictions, own), isnan(predictions)), axis=-1)
    there = logical_and(less(targets, shape[-1]), logical_not(less(targets, 0)))
    found = logical_and(less(ahead, int(k)), logical_not(isnan(squeeze(own, -1))))
    return reshape(logical_and(found, there), shape[:-1])
