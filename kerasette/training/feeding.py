"""Batches of the host, brought to a device that has a memory of its own before they are wanted."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.arrays import staging
from kerasette.core.tensor import Tensor


def fed(batches: Iterator[Any]) -> Iterator[Any]:
    """The batches, with arrays made tensors of the current device, one batch ahead of the step.

    Where the device has the host's memory they pass through as they are. Texts and tensors do so
    always.
    """
    if not staging.apart():
        yield from batches
        return
    structures: list[Any] = []  # of the batches that are on their way

    def arrays() -> Iterator[list[np.ndarray]]:
        for batch in batches:
            structures.append(batch)
            yield [leaf for leaf in tree.flatten(batch) if _travels(leaf)]

    for found in staging.ahead(arrays()):
        there = iter(found)
        yield tree.map_structure(
            lambda leaf: Tensor(next(there)) if _travels(leaf) else leaf,  # noqa: B023
            structures.pop(0),
        )


def _travels(leaf: Any) -> bool:
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind not in "USO"
