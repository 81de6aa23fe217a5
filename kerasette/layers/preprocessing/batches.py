"""What ``adapt`` learns from: an array, or batches of any kind, as numpy arrays."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasette.core.tensor import TensorBase


def batches_of(data: Any, steps: int | None = None) -> Iterator[np.ndarray]:
    """The batches of ``data``: itself if it is one array; else what it yields, labels left out.

    Args:
        data: an array or tensor, a list of arrays, an indexed dataset, or an iterable of batches.
        steps: how many batches are taken at most, of an iterable.

    Raises: TypeError for anything else; ValueError where there is no batch.
    """
    if isinstance(data, TensorBase) or hasattr(data, "__array__"):
        yield _array(data)
        return
    count = 0
    for batch in _walk(data):
        if steps is not None and count >= steps:
            break
        count += 1
        yield _array(batch[0] if isinstance(batch, tuple) else batch)
    if not count:
        raise ValueError("`adapt` needs at least one batch. Received: data without any.")


def _walk(data: Any) -> Iterator[Any]:
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):  # an indexed dataset may not end
        return (data[index] for index in range(len(data)))
    if hasattr(data, "__iter__"):
        return iter(data)
    raise TypeError(
        "`adapt` takes an array, a tensor, or an iterable of batches. "
        f"Received: data of type {type(data).__name__}."
    )


def _array(batch: Any) -> np.ndarray:
    return batch.numpy() if isinstance(batch, TensorBase) else np.asarray(batch)  # type: ignore[attr-defined]
