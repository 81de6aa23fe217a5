"""Clusters: elementwise work and reductions that one pass over the data can do.

A cluster has a *space*, the sizes over which it runs (sizes of 1 left out), of which the first
``rows`` are its rows and the rest its columns. Each operation in it works in a *frame*:

* ``full``: one value at every place of the space;
* ``row``: one value in each row, as what a row's sum is divided by;
* ``row reduction``: takes full values, gives one in each row, which the same row may use again;
* ``column reduction``: takes full values, gives one in each column, when all rows are done;
* ``whole reduction``: takes full or row values, gives a single one, when all rows are done.

The form is the same for every device: a kernel makes loops of it.
"""

from kerasette.graph.bundle import Bundle

FULL, ROW = "full", "row"
ROW_REDUCTION, COLUMN_REDUCTION, WHOLE_REDUCTION = (
    "row reduction", "column reduction", "whole reduction",
)  # fmt: skip
AT_THE_END = (COLUMN_REDUCTION, WHOLE_REDUCTION)  # nobody in the cluster can use these


# A cluster's attributes: the ``body``, a graph of primitives; the ``space``; the number of its
# sizes that are ``rows`` (``None`` where any will do); and ``frames``, one for each node of it.
CLUSTER = Bundle("cluster")


def stripped(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its sizes of 1."""
    return tuple(size for size in shape if size != 1)


def aligned_axes(shape: tuple[int, ...], whole: tuple[int, ...]) -> tuple[int, ...]:
    """Along which axes of ``whole`` (of those that are not of size 1) a shape that broadcasts to it
    has a size of its own.

    >>> aligned_axes((3, 1), (2, 1, 3, 4)), aligned_axes((4,), (2, 3, 4))
    ((1,), (2,))
    """
    offset = len(whole) - len(shape)
    numbers, count = {}, 0
    for axis, size in enumerate(whole):
        if size != 1:
            numbers[axis] = count
            count += 1
    return tuple(numbers[axis + offset] for axis, size in enumerate(shape) if size != 1)
