"""Where something is: places of what is not 0, flat places as indices, bins, sorted positions."""

from collections.abc import Callable
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.infer import unknown_size
from kerasette.core.primitive import primitive
from kerasette.core.rules import TOGETHER
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.errors import TraceError
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.joining import unstack
from kerasette.ops.reductions import count_nonzero

__all__ = ["digitize", "nonzero", "searchsorted", "unravel_index"]


def size_of_values(name: str, count: Callable[[], Any], instead: str) -> int:
    """A size that depends on values: computed eagerly, unknown in shape inference.

    Args:
        name: the operation that needs it.
        count: gives it, as an integer tensor.
        instead: what to do inside a compiled function, where it cannot be had; a sentence.

    Raises: TraceError inside a compiled function.
    """
    if state.symbolic:
        return unknown_size()
    try:
        return int(count())
    except TraceError as error:
        place = str(error).partition(": the value")[0]
        raise TraceError(
            f"{place}: the shape of what `{name}` gives depends on values, which are not known "
            f"while a function is being compiled. {instead}"
        ) from None


def _places(x: Spec, *, size: int) -> Spec:
    return Spec((len(x.shape), size), dtypes.ALL["int32"])


@primitive(_places, name="nonzero")
def nonzero_of(xp: Any, x: Any, *, size: int) -> Any:
    """The indices of the elements that are not 0, of which there are ``size``: one row an axis."""
    if not x.ndim:
        return xp.zeros((0, size), xp.int32)
    return xp.stack(xp.nonzero(x)).astype(xp.int32)


nonzero_of.nograd()


@operation
def nonzero(x: Any) -> tuple[Any, ...]:
    """The indices of the elements that are not 0: a tuple with an int32 tensor for each axis.

    Their size depends on the values: this works eagerly and, with a size that is not known, in the
    graph of a model.

    >>> [index.numpy().tolist() for index in ops.nonzero([[0, 5], [7, 0]])]
    [[0, 1], [1, 0]]

    Raises: TraceError inside a compiled function.
    """
    x = convert_to_tensor(x)
    size = size_of_values(
        "nonzero",
        lambda: count_nonzero(x),
        "Use ops.where(condition, x1, x2), or compute with the condition as a number.",
    )
    rows = nonzero_of(x, size=size)
    return tuple(unstack(rows))


def _unraveled(indices: Spec, *, shape: tuple[int, ...]) -> tuple[Spec, ...]:
    if not dtypes.is_int(indices.dtype):
        raise ValueError(f"`indices` must be integers. Received: dtype={indices.dtype}.")
    return tuple(Spec(indices.shape, indices.dtype) for _ in shape)


@primitive(_unraveled, name="unravel_index")
def unravel_to(xp: Any, indices: Any, *, shape: tuple[int, ...]) -> Any:
    """Flat places as indices into each axis of ``shape``; those below 0 count from the end."""
    count = 1
    for size in shape:
        count *= size
    left = indices.astype(xp.int64)
    if left.size and (int(left.min()) < -count or int(left.max()) >= count):
        raise IndexError(f"A place is out of bounds for the shape {shape}.")
    left = xp.where(left < 0, left + count, left)
    found = []
    for size in reversed(shape):
        found.append((left % max(size, 1)).astype(indices.dtype))
        left = left // max(size, 1)
    return tuple(reversed(found))


unravel_to.nograd()


@operation
def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Places in row-major order as indices: a tuple with a tensor for each axis of ``shape``.

    Args:
        indices: integers of any shape; those below 0 count from the end.
        shape: the sizes of what they are places in.

    >>> [int(index) for index in ops.unravel_index(5, (2, 3))]
    [1, 2]

    Raises: IndexError for a place out of bounds.
    """
    sizes = tuple(int(size) for size in (shape if hasattr(shape, "__len__") else (shape,)))
    return unravel_to(convert_to_tensor(indices), shape=sizes)


def _inserted(sorted_sequence: Spec, values: Spec, *, side: str) -> Spec:
    if len(sorted_sequence.shape) != 1:
        raise ValueError(
            "`sorted_sequence` must have rank 1: see ops.vectorized_map for several. "
            f"Received: shape={sorted_sequence.shape}."
        )
    return Spec(values.shape, dtypes.ALL["int32"])


@primitive(_inserted, TOGETHER, name="searchsorted")
def searchsorted_of(xp: Any, sorted_sequence: Any, values: Any, *, side: str) -> Any:
    """Where ``values`` would have to be put in for the order to stay."""
    return xp.searchsorted(sorted_sequence, values, side=side).astype(xp.int32)


searchsorted_of.nograd()


@operation
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """Where values would have to be put into a sorted sequence for it to stay sorted: int32.

    Args:
        sorted_sequence: increasing numbers ``(n,)``.
        values: numbers of any shape.
        side: "left": before those that are equal; "right": after them.

    >>> ops.searchsorted([1, 3, 5], [0, 3, 9]).numpy()
    array([0, 1, 3], dtype=int32)

    Raises: ValueError for a sequence of another rank or another side.
    """
    if side not in ("left", "right"):
        raise ValueError(f'`side` must be "left" or "right". Received: side={side!r}.')
    return searchsorted_of(sorted_sequence, values, side=side)


@operation
def digitize(x: Any, bins: Any) -> Any:
    """The bin that each value falls into: int32 of the shape of ``x``.

    Bin ``i`` reaches from ``bins[i - 1]`` (included) to ``bins[i]``; bin 0 lies below the first
    edge, and the last above the last one.

    >>> ops.digitize([0.5, 1.0, 9.0], [1.0, 2.0]).numpy()
    array([0, 1, 2], dtype=int32)

    Raises: ValueError where ``bins`` is not of rank 1.
    """
    return searchsorted(bins, x, "right")


operators.install(nonzero=nonzero)
