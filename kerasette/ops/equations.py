"""Einstein's notation, read and turned into a plan of diagonals, sums and matrix products."""

import functools
import itertools
import math
import string
from collections.abc import Iterable
from typing import NamedTuple

__all__: list[str] = []

Shape = tuple[int, ...]


class Operand(NamedTuple):
    """What is done to one operand before it meets others."""

    diagonals: tuple[tuple[int, int], ...]  # pairs of axes: the first stays, the second goes
    summed: tuple[int, ...]  # axes that no other operand and not the result has


class Step(NamedTuple):
    """Two operands multiplied: each transposed and reshaped, to matrices or batches of them."""

    places: tuple[int, int]  # of the operands in the list; the product goes to its end
    orders: tuple[Shape, Shape]
    shapes: tuple[Shape, Shape]
    out: Shape

    @property
    def sums(self) -> bool:
        """Whether there is a common axis to sum over."""
        return self.shapes[0][-1] != 1


class Contraction(NamedTuple):
    """A whole plan."""

    operands: tuple[Operand, ...]
    steps: tuple[Step, ...]
    order: Shape  # of the result's axes


@functools.lru_cache(maxsize=1024)
def contraction(subscripts: str, shapes: tuple[Shape, ...]) -> Contraction:
    """The plan for operands of these shapes.

    Raises: ValueError for subscripts that do not fit the operands, or sizes that differ.
    """
    terms, result = _parsed(subscripts, shapes)
    sizes = _sizes(terms, shapes, subscripts)
    operands = []
    # An axis of size 1 broadcasts against a longer one: without it, the operand does so by itself.
    kept = [
        {c for c, size in zip(term, shape, strict=True) if size == sizes[c]}
        for term, shape in zip(terms, shapes, strict=True)
    ]
    for index, term in enumerate(terms):
        others = set(result).union(*(kept[i] for i in range(len(terms)) if i != index))
        operand, terms[index] = _alone(term, kept[index] & others)
        operands.append(operand)
    steps = []
    while len(terms) > 1:
        step, letters = _cheapest(terms, result, sizes)
        terms = [t for i, t in enumerate(terms) if i not in step.places] + [letters]
        steps.append(step)
    return Contraction(tuple(operands), tuple(steps), tuple(map(terms[0].index, result)))


def _parsed(subscripts: str, shapes: tuple[Shape, ...]) -> tuple[list[str], str]:
    """Letters of each operand and of the result, with letters of their own in place of ``...``."""
    received = f"Received: subscripts={subscripts!r}, operands of shapes {list(shapes)}."
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: the subscripts name {len(terms)} operands. {received}")
    free = [c for c in string.ascii_letters if c not in subscripts]
    widths = []
    for term, shape in zip(terms, shapes, strict=True):
        named = term.replace("...", "", 1)
        width = len(shape) - len(named)
        if width < 0 or (width and named == term):
            raise ValueError(
                f"einsum: {term!r} does not fit an operand of {len(shape)} axes. {received}"
            )
        widths.append(width)
    dots = "".join(free[: max(widths)])
    terms = [
        term.replace("...", dots[len(dots) - width :], 1)
        for term, width in zip(terms, widths, strict=True)
    ]
    every = "".join(terms)
    if arrow:
        result = right.replace("...", dots, 1)
    else:
        result = dots + "".join(sorted(c for c in set(every) - set(dots) if every.count(c) == 1))
    if not set(every + result) <= set(string.ascii_letters):
        raise ValueError(f"einsum: subscripts are letters, commas, '...' and '->'. {received}")
    if len(set(result)) != len(result) or not set(result) <= set(every):
        raise ValueError(
            f"einsum: each letter of the result must be there once, and in an operand. {received}"
        )
    return terms, result


def _sizes(terms: list[str], shapes: tuple[Shape, ...], subscripts: str) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        own: dict[str, int] = {}
        for letter, size in zip(term, shape, strict=True):
            before = own.setdefault(letter, size)
            known = sizes.setdefault(letter, size)
            if before != size or (known != size and 1 not in (known, size)):
                raise ValueError(
                    f"einsum: all sizes of one letter must be equal. Received: {letter!r} of sizes "
                    f"{known if before == size else before} and {size} in "
                    f"subscripts={subscripts!r}, operands of shapes {list(shapes)}."
                )
            if known == 1:
                sizes[letter] = size
    return sizes


def _alone(term: str, wanted: set[str]) -> tuple[Operand, str]:
    """What makes of one operand one that has each of its wanted letters once, and no other."""
    diagonals = []
    for letter in sorted(set(term)):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            diagonals.append((first, second))
            term = term[:second] + term[second + 1 :]
    summed = tuple(axis for axis, letter in enumerate(term) if letter not in wanted)
    return Operand(tuple(diagonals), summed), "".join(c for c in term if c in wanted)


def _cheapest(terms: list[str], result: str, sizes: dict[str, int]) -> tuple[Step, str]:
    """The two operands whose product costs least now, and the letters of their product."""

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        first, second = (terms[i] for i in pair)
        letters = set(first) | set(second)
        others = set(result).union(*(t for i, t in enumerate(terms) if i not in pair))
        # Multiplications; of equal ones, what has the smallest product.
        return _size(letters, sizes), _size(letters & others, sizes)

    pair = min(itertools.combinations(range(len(terms)), 2), key=cost)
    first, second = (terms[i] for i in pair)
    others = set(result).union(*(t for i, t in enumerate(terms) if i not in pair))
    batch = [c for c in first if c in second and c in others]
    summed = [c for c in first if c in second and c not in others]
    left = [c for c in first if c not in second]
    right = [c for c in second if c not in first]
    groups = [(batch, left, summed), (batch, summed, right)]
    orders = [
        tuple(map(term.index, itertools.chain(*group)))
        for term, group in zip((first, second), groups, strict=True)
    ]
    shapes = [
        tuple(_size(letters, sizes) for letters in (group if batch else group[1:]))
        for group in groups
    ]
    letters = [*batch, *left, *right]
    step = Step(
        pair, (orders[0], orders[1]), (shapes[0], shapes[1]), tuple(sizes[c] for c in letters)
    )
    return step, "".join(letters)


def _size(letters: Iterable[str], sizes: dict[str, int]) -> int:
    return math.prod(sizes[c] for c in letters)
