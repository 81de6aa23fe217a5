"""Labels as vectors, vectors of length 1."""

from typing import Any

import numpy as np

from kerasette.core.tensor import TensorBase


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Class numbers as one-hot vectors: ``(...)`` or ``(..., 1)`` becomes ``(..., classes)``.

    Args:
        x: class numbers from 0 on. Tensors give a tensor, all else a numpy array.
        num_classes: the number of classes; one more than the largest number by default.

    >>> to_categorical([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]])

    Raises: ValueError for a number outside of 0 to ``num_classes - 1``.
    """
    if isinstance(x, TensorBase):
        from kerasette import ops

        if len(x.shape) > 1 and x.shape[-1] == 1:
            x = ops.squeeze(x, axis=-1)
        return ops.one_hot(x, num_classes)  # type: ignore[arg-type]
    labels = np.asarray(x, "int64")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if num_classes is None:
        num_classes = int(labels.max()) + 1 if labels.size else 0
    if labels.size and (labels.min() < 0 or labels.max() >= num_classes):
        raise ValueError(
            f"`x` must hold class numbers from 0 to {num_classes - 1} (num_classes={num_classes}). "
            f"Received: numbers from {labels.min()} to {labels.max()}."
        )
    return (labels[..., None] == np.arange(num_classes)).astype("float64")


def normalize(x: Any, axis: int = -1, order: Any = 2) -> Any:
    """``x`` divided by its norm along an axis; zeros stay zeros. The shape stays the same.

    Args:
        x: an array, or a tensor, which gives a tensor.
        axis: along which axis.
        order: of the norm, such as 2.

    >>> normalize([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    if isinstance(x, TensorBase):
        from kerasette import ops

        return ops.normalize(x, axis=axis, order=order)
    norm = np.atleast_1d(np.linalg.norm(x, order, axis))
    norm[norm == 0] = 1
    return x / np.expand_dims(norm, axis)
