"""Axes split, reordered and merged as a pattern says."""

import math
import re
from typing import Any

from kerasette.core.history import operation
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.shaping import reshape, transpose

__all__ = ["rearrange"]

_MERGED = "(...)"  # within parentheses, in one axis
_TERM = re.compile(r"\(([^()]*)\)|(\.\.\.|\w+)|(\S)")


@operation
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Axes split, reordered and merged as a pattern says (the notation of einops).

    Args:
        tensor: a tensor.
        pattern: ``"axes before -> axes after"``. Axes in parentheses are one axis, in row-major
            order; ``...`` stands for any axes, ``1`` for an axis of size 1.
        axes_lengths: sizes of axes; of those in one pair of parentheses all but one are needed.

    >>> ops.rearrange(ops.zeros((2, 12, 3)), "b (h w) c -> b c h w", h=3).shape
    (2, 3, 3, 4)

    Raises: ValueError for a pattern that does not fit, or sizes that are not enough.
    """
    x = convert_to_tensor(tensor)
    if pattern.count("->") != 1:
        raise ValueError(f'`pattern` must have the form "… -> …". Received: {pattern!r}.')
    before, after = (_parsed(side, pattern) for side in pattern.split("->"))
    before, after = _spelled_out(before, after, len(x.shape), pattern)
    names = [name for group in before for name in group]
    wanted = [name for group in after for name in group]
    if sorted(names) != sorted(wanted) or len(set(names)) != len(names):
        raise ValueError(
            "`pattern` must name each axis once on each side. "
            f"Received: {pattern!r}, with {names} and {wanted}."
        )
    unknown = sorted(axes_lengths.keys() - set(names))
    if unknown:
        raise ValueError(f"There are no axes {unknown} in the pattern {pattern!r}.")
    sizes = _sizes(before, tuple(x.shape), {k: int(v) for k, v in axes_lengths.items()}, pattern)
    x = reshape(x, tuple(sizes[name] for name in names))
    x = transpose(x, tuple(names.index(name) for name in wanted))
    return reshape(x, tuple(math.prod(sizes[name] for name in group) for group in after))


def _parsed(side: str, pattern: str) -> list[list[str]]:
    """The axes of one side, each a list of those that it is made of."""
    groups = []
    for merged, single, other in _TERM.findall(side):
        if other:
            raise ValueError(f"`pattern` has {other!r} out of place. Received: {pattern!r}.")
        terms = [single] if single else merged.split()
        if any(not (term == "..." or re.fullmatch(r"1|[^\W\d]\w*", term)) for term in terms):
            raise ValueError(
                f"`pattern` must be made of names, 1 and `...`. Received: {pattern!r}."
            )
        groups.append([_MERGED if merged and t == "..." else t for t in terms if t != "1"])
    return groups


def _spelled_out(
    before: list[list[str]], after: list[list[str]], rank: int, pattern: str
) -> tuple[list[list[str]], list[list[str]]]:
    """Both sides, with a name for each axis that ``...`` stands for."""
    if before.count(["..."]) > 1 or any(_MERGED in group for group in before):
        raise ValueError(f"`...` may stand once, by itself, before `->`. Received: {pattern!r}.")
    if ["..."] in before:
        rest = [f"...{index}" for index in range(rank - len(before) + 1)]
        at = before.index(["..."])
        before = [*before[:at], *([name] for name in rest), *before[at + 1 :]]
        spelled: list[list[str]] = []
        for group in after:
            if group == ["..."]:
                spelled += [[name] for name in rest]
            else:
                spelled.append([n for t in group for n in (rest if t == _MERGED else [t])])
        after = spelled
    if len(before) != rank:
        raise ValueError(
            f"`pattern` must have an axis for each of the {rank} of the tensor. "
            f"Received: {pattern!r}."
        )
    return before, after


def _sizes(
    groups: list[list[str]], shape: tuple[int, ...], sizes: dict[str, int], pattern: str
) -> dict[str, int]:
    """The size of each axis."""
    for group, size in zip(groups, shape, strict=True):
        open_names = [name for name in group if name not in sizes]
        known = math.prod(sizes[name] for name in group if name in sizes)
        if len(open_names) > 1:
            raise ValueError(
                f"The sizes of all but one of the axes {group} are needed. Received: {pattern!r}."
            )
        if open_names:
            sizes[open_names[0]] = size // known if known else 0
        if math.prod(sizes[name] for name in group) != size:
            raise ValueError(
                f"An axis of size {size} is not made of {group} with the sizes "
                f"{[sizes[name] for name in group]}. Received: {pattern!r}."
            )
    return sizes
