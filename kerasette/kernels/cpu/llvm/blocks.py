"""The heart of matrix products: a block of sums in registers."""

from collections.abc import Callable

from kerasette.kernels.cpu.llvm.vectors import Vector, VectorBuilder


def multiply(
    b: VectorBuilder,
    size: tuple[int, int],
    depth: str,
    left: Callable[[str], str],
    steps: tuple[str | int, str | int],
    right: Callable[[str, int], str],
    begin: Callable[[int, int], Vector],
    end: Callable[[int, int, Vector], None],
    unrolled: int = 1,
    load: Callable[[str, int], Vector] | None = None,
) -> None:
    """``sum[row, column] = begin[row, column] + sum of left[row, k] * right[k, column]``.

    Columns are whole vectors. The summands are added one after the other, in the order of k, each
    product and sum rounded once: the result does not depend on the size of the block.

    Args:
        size: how many rows and how many vectors of columns; all of them must fit into registers.
        depth: how many turns there are, at least one, each of which takes ``unrolled`` summands.
        left: the address of the first number of a turn.
        steps: how far it is from there to the next row, and to the next summand.
        right: the address of the first vector of a turn, in the column of that number. The next
            summand's stands one vector after it.
        begin: what a sum begins with.
        end: what is done with it.
        load: reads a vector of a column, if not all of it.
    """
    read = load or (lambda place, column: b.vector(place))
    cells = [(row, column) for row in range(size[0]) for column in range(size[1])]
    sums = {cell: b.slot(b.kind, begin(*cell).name) for cell in cells}
    with b.loop("0", depth, some=True) as turn:
        first = left(turn)
        beside = [right(turn, column) for column in range(size[1])]
        for pair in range(0, unrolled, 2):
            # Two summands that are neighbours: loads from different lines of the cache, at the
            # same place of each, would wait for one another.
            among = range(pair, min(pair + 2, unrolled))
            vectors = {
                (step, column): read(b.at(place, step * b.lanes), column)
                for step in among
                for column, place in enumerate(beside)
            }
            for row in range(size[0]):
                for step in among:
                    place = b.at(first, b.mul(steps[0], row), b.mul(steps[1], step))
                    factor = b.spread(place)
                    for column in range(size[1]):
                        slot = sums[row, column]
                        before = Vector(b, b.get(b.kind, slot))
                        b.set(b.kind, slot, b.fma(factor, vectors[step, column], before).name)
    for cell in cells:
        end(*cell, Vector(b, b.get(b.kind, sums[cell])))
