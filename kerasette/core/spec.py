"""Shape and dtype of a value that may not exist yet."""

from typing import NamedTuple

from kerasette.arrays.dtypes import DType


class Spec(NamedTuple):
    """The shape and dtype of one array: ``Spec((2, 3), "float32")``."""

    shape: tuple[int, ...]
    dtype: DType


class UnknownSize(int):
    """A stand-in number for a dimension that is not known yet; it prints as ``None``.

    Shape inference runs twice with two different stand-ins; what differs in the result is unknown.
    """

    def __repr__(self) -> str:
        return "None"

    __str__ = __repr__


STAND_INS = (840, 1680)  # divisible by most small numbers, so that splits and reshapes work out


def substitute(shape: tuple[int | None, ...], stand_in: int) -> tuple[int, ...]:
    """A shape of plain ints: the stand-in takes the place of every ``None``."""
    return tuple(UnknownSize(stand_in) if size is None else int(size) for size in shape)


def merge(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int | None, ...]:
    """The shape that two inferences agree on; sizes that differ are unknown."""
    return tuple(int(a) if a == b else None for a, b in zip(first, second, strict=True))
