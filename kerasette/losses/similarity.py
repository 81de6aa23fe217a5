"""The circle loss: embeddings of one class near one another, those of others far away."""

from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.declared import declared
from kerasette.losses.loss import FunctionLoss

_FAR_BELOW = -1e9  # so that a row without pairs has a loss of 0, and a gradient that is a number


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Each embedding's loss for its distances to those of its class and of others: ``(batch,)``.

    Sun and others 2020, "Circle loss: a unified perspective of pair similarity optimization".

    Args:
        y_true: class numbers, ``(batch,)``.
        y_pred: embeddings of length 1, ``(batch, size)``.
        ref_labels: class numbers of what is compared with; ``y_true`` by default.
        ref_embeddings: embeddings of what is compared with; ``y_pred`` by default.
        remove_diagonal: whether an embedding is not compared with itself.
        gamma: the scale of similarities.
        margin: how sharply classes are to be parted.

    >>> kerasette.losses.circle([0, 1], [[1.0, 0.0], [0.0, 1.0]]).numpy()
    array([0., 0.], dtype=float32)

    Raises: ValueError for embeddings that are no matrix, or labels that are not one for each.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_pred = ops.cast(y_pred, dtypes.floating(y_pred.dtype))
    references = y_pred if ref_embeddings is None else ops.cast(ref_embeddings, y_pred.dtype)
    labels = _labels(y_true, y_pred)
    others = labels if ref_labels is None else _labels(ref_labels, references)
    distances = ops.maximum(1 - ops.matmul(y_pred, ops.transpose(references)), 0.0)
    alike = ops.expand_dims(labels, 1) == ops.expand_dims(others, 0)
    different = ops.logical_not(alike)
    if remove_diagonal:
        itself = ops.eye(distances.shape[0], distances.shape[1], dtype="bool")
        alike = ops.logical_and(alike, ops.logical_not(itself))
    near = -gamma * (margin + distances) * (margin - distances)
    far = gamma * ops.maximum(1 + margin - distances, 0.0) * (1 - margin - distances)
    losses = ops.softplus(
        ops.logsumexp(ops.where(alike, near, _FAR_BELOW), axis=1)
        + ops.logsumexp(ops.where(different, far, _FAR_BELOW), axis=1)
    )
    losses._keras_mask = losses > 0
    return losses


def _labels(labels: Any, embeddings: Any) -> Any:
    labels = ops.convert_to_tensor(labels)
    if len(embeddings.shape) != 2 or tuple(labels.shape) not in (
        (embeddings.shape[0],),
        (embeddings.shape[0], 1),
    ):
        raise ValueError(
            "The circle loss takes embeddings of shape (batch, size) and labels of shape (batch,). "
            f"Received: y_true.shape={tuple(labels.shape)}, y_pred.shape={tuple(embeddings.shape)}."
        )
    labels = ops.reshape(labels, (-1,))
    return labels if dtypes.is_int(labels.dtype) else ops.cast(labels, "int32")


@declared
class Circle(FunctionLoss):
    """The loss of embeddings by their distances to those of their class and of others.

    Args:
        gamma: the scale of similarities.
        margin: how sharply classes are to be parted.
        remove_diagonal: whether an embedding is not compared with itself.

    >>> float(kerasette.losses.Circle()([0, 1], [[1.0, 0.0], [0.0, 1.0]]))
    0.0
    """

    function = staticmethod(circle)
    class_targets = True
    gamma: float = 80.0
    margin: float = 0.4
    remove_diagonal: bool = True
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "circle"
    dtype: Any = None
