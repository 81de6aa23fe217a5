"""Arguments of layers that slide a window over an image: checked, one number for each axis."""

from typing import Any


def per_axis(value: Any, rank: int, name: str, layer: str, least: int = 1) -> tuple[int, ...]:
    """A number, or one for each spatial axis, as a tuple.

    Raises: ValueError for another number of values, or one below ``least``.
    """
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    fits = len(sizes) == rank and all(
        isinstance(size, int) and not isinstance(size, bool) and size >= least for size in sizes
    )
    if not fits:
        raise ValueError(
            f"`{name}` of {layer} must be an integer of at least {least}, or {rank} of them. "
            f"Received: {name}={value!r}."
        )
    return sizes


def one_of(value: str, choices: tuple[str, ...], name: str, layer: str) -> str:
    """A word, in lower case, checked to be among those known."""
    word = str(value).lower()
    if word not in choices:
        raise ValueError(
            f"`{name}` of {layer} must be one of {choices}. Received: {name}={value!r}."
        )
    return word
