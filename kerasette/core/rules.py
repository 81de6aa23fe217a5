"""Shared kinds of operations: how operands are brought to one dtype, and what comes out.

A rule is asked in two steps. ``operands`` says in which dtype each operand enters the operation;
``spec`` then gives the shape and dtype of what comes out, and refuses shapes that do not fit.
"""

from collections.abc import Callable
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.spec import Spec

AS_IS, TOGETHER, FLOATING = "as is", "together", "floating"


class Rule:
    """The shape and dtype rule of an operation.

    ``operands`` is how they enter: ``AS_IS``; ``TOGETHER``, promoted to one common dtype; or
    ``FLOATING``, that too, and integers become floatx.
    """

    def __init__(self, spec: Callable[..., Any], operands: str = AS_IS):
        self.spec = spec
        self.operands = operands

    def entering(self, names: list[str]) -> list[str] | None:
        """The dtype in which each operand enters, of its lattice names; ``None`` leaves them."""
        if self.operands == AS_IS:
            return None
        common = dtypes.resolve(dtypes.promote(frozenset(names)))
        if self.operands == FLOATING:
            common = dtypes.floating(common)
        return [common] * len(names)


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that numpy's broadcasting gives.

    Raises: ValueError for sizes that do not fit.
    """
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    rank = max(len(shape) for shape in shapes)
    out = []
    for axis in range(-rank, 0):
        size = 1
        for shape in shapes:
            if -axis <= len(shape) and shape[axis] != 1:
                if size not in (1, shape[axis]):
                    raise ValueError(
                        "The shapes do not broadcast together. Received: "
                        + " and ".join(str(shape) for shape in shapes)
                        + f", whose sizes differ on axis {axis}."
                    )
                size = shape[axis]
        out.append(size)
    return tuple(out)


def _same(*specs: Spec, **attributes: Any) -> Spec:
    return specs[0]


def _broadcast(*specs: Spec, **attributes: Any) -> Spec:
    return Spec(broadcast_shapes(*(s.shape for s in specs)), specs[0].dtype)


def _broadcast_bool(*specs: Spec, **attributes: Any) -> Spec:
    return Spec(broadcast_shapes(*(s.shape for s in specs)), dtypes.ALL["bool"])


same = Rule(_same)
same_float = Rule(_same, FLOATING)
broadcast = Rule(_broadcast, TOGETHER)
broadcast_float = Rule(_broadcast, FLOATING)
compare = Rule(_broadcast_bool, TOGETHER)
predicate = Rule(_broadcast_bool, AS_IS)


_ALL_AXES = [tuple(range(rank)) for rank in range(9)]


def canonical_axis(axis: int, rank: int, name: str = "axis") -> int:
    """An axis counted from the front.

    Raises: ValueError for an axis that the value does not have.
    """
    axis = int(axis)
    if not -rank <= axis < rank:
        raise ValueError(
            f"`{name}` must be from {-rank} to {rank - 1} for a value of rank {rank}. "
            f"Received: {name}={axis}."
        )
    return axis % rank if rank else 0


def canonical_axes(axis: Any, rank: int, name: str = "axis") -> tuple[int, ...]:
    """Axes (an int, a sequence, ``None`` for all) counted from the front, sorted, each once."""
    if axis is None:
        return _ALL_AXES[rank] if rank < len(_ALL_AXES) else tuple(range(rank))
    if type(axis) is int and -rank <= axis < rank:
        return (axis % rank,)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    found = sorted({canonical_axis(a, rank, name) for a in axes})
    if len(found) != len(axes):
        raise ValueError(f"`{name}` names a dimension twice. Received: {name}={axis}.")
    return tuple(found)


def reduced(shape: tuple[int, ...], axis: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    """The shape after a reduction over ``axis`` (canonical)."""
    if keepdims:
        return tuple(1 if index in axis else size for index, size in enumerate(shape))
    return tuple(size for index, size in enumerate(shape) if index not in axis)
