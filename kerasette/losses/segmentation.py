"""Losses of regions in images: how little the predicted region and the true one overlap."""

from typing import Any

from kerasette import ops
from kerasette.arrays.settings import epsilon
from kerasette.declared import declared
from kerasette.losses.loss import FunctionLoss
from kerasette.losses.reduction import matching_pair


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """``1 - 2 * |both| / (|true| + |predicted|)``: 0 for the same region, 1 for none in common.

    Args:
        y_true: masks of zeros and ones.
        y_pred: chances, of the same shape.
        axis: what is summed over; all by default, which makes one number of the whole batch.

    >>> float(kerasette.losses.dice([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    sizes = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1 - 2.0 * both / (sizes + epsilon())


def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None
) -> Any:
    """``dice`` with weights of its own for what is missed and what is wrongly found.

    Salehi, Erdogmus, Gholipour 2017, "Tversky loss function for image segmentation using 3D fully
    convolutional deep networks".

    Args:
        y_true: masks of zeros and ones.
        y_pred: chances, of the same shape.
        alpha: the weight of what is in ``y_true`` only.
        beta: the weight of what is in ``y_pred`` only.
        axis: what is summed over; all by default.

    >>> float(kerasette.losses.tversky([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1 - y_pred) * y_true, axis=axis)
    wrong = ops.sum(y_pred * (1 - y_true), axis=axis)
    return 1 - both / (both + missed * alpha + wrong * beta + epsilon())


@declared
class Dice(FunctionLoss):
    """How little the predicted region overlaps the true one.

    Args:
        axis: what is summed over; all by default, ``(1, 2, 3)`` for a loss of each image.

    >>> float(kerasette.losses.Dice()([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """

    function = staticmethod(dice)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "dice"
    axis: Any = None
    dtype: Any = None


@declared
class Tversky(FunctionLoss):
    """``Dice`` with weights for what is missed, ``alpha``, and wrongly found, ``beta``.

    >>> float(kerasette.losses.Tversky(alpha=0.3, beta=0.7)([[1.0, 0.0]], [[0.0, 1.0]]))
    1.0
    """

    function = staticmethod(tversky)
    alpha: float = 0.5
    beta: float = 0.5
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "tversky"
    axis: Any = None
    dtype: Any = None
