"""Cross-entropies that weigh samples by how wrong they are: focal, and the generalized one.

Lin, Goyal, Girshick, He, Dollár 2017, "Focal loss for dense object detection".
"""

from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.arrays.settings import epsilon
from kerasette.declared import declared
from kerasette.losses.crossentropy import (
    binary_pair,
    categorical_pair,
    check_label_smoothing,
)
from kerasette.losses.loss import FunctionLoss
from kerasette.ops.crossentropy import checked_labels


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """The binary cross-entropy times ``(1 - p) ** gamma``, where ``p`` is the chance given to the
    true label: ``(..., n) -> (...)``.

    Args:
        y_true: labels from 0 to 1.
        y_pred: chances, or logits.
        apply_class_balancing: whether ones weigh ``alpha`` and zeros ``1 - alpha``.
        alpha: the weight of ones.
        gamma: how much less what is easy counts.
        from_logits: whether ``y_pred`` are logits.
        label_smoothing: how far labels are drawn to a half.
        axis: what the mean is taken over.

    >>> kerasette.losses.binary_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy()
    array([0.1732868], dtype=float32)
    """
    y_true, y_pred = binary_pair(y_true, y_pred, label_smoothing)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    losses = ops.binary_crossentropy(y_true, y_pred)
    chance = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    losses = ops.power(1.0 - chance, gamma) * losses
    if apply_class_balancing:
        losses = (y_true * alpha + (1 - y_true) * (1 - alpha)) * losses
    return ops.mean(losses, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """The categorical cross-entropy times ``alpha * (1 - p) ** gamma``, where ``p`` is the chance
    given to a class: ``(..., classes) -> (...)``.

    Args:
        y_true: one-hot targets.
        y_pred: chances, brought to a sum of 1, or logits.
        alpha: a weight for all classes, or one for each.
        gamma: how much less what is easy counts.
        from_logits: whether ``y_pred`` are logits.
        label_smoothing: the share of each target that is spread over all classes.
        axis: the axis of the classes.

    >>> kerasette.losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy()
    array([0.0433217], dtype=float32)
    """
    y_true, y_pred = categorical_pair(y_true, y_pred, label_smoothing, axis)
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    chances = y_pred / ops.sum(y_pred, axis=axis, keepdims=True)
    chances = ops.clip(chances, epsilon(), 1.0 - epsilon())
    weights = ops.power(1.0 - chances, gamma) * ops.cast(alpha, chances.dtype)
    return ops.sum(-weights * y_true * ops.log(chances), axis=axis)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """``(1 - p ** q) / q``, ``p`` being the chance given to the true class:
    ``(..., classes) -> (...)``.

    Near the cross-entropy for ``q`` near 0, and near the absolute error for ``q`` near 1, which
    bears wrong labels. Zhang, Sabuncu 2018, "Generalized cross entropy loss for training deep
    neural networks with noisy labels".

    Args:
        y_true: class numbers, ``(...)``.
        y_pred: chances.
        q: between 0 and 1.

    >>> kerasette.losses.categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5).numpy()
    array([1.], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_pred = ops.cast(y_pred, dtypes.floating(y_pred.dtype))
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if tuple(y_true.shape) != tuple(y_pred.shape[:-1]):
        raise ValueError(
            "`y_true` must have the shape of `y_pred` without its last axis. Received: "
            f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}."
        )
    if not dtypes.is_int(y_true.dtype):
        y_true = ops.cast(y_true, "int32")
    y_true = checked_labels(y_true, classes=y_pred.shape[-1])
    one_hot = ops.one_hot(y_true, y_pred.shape[-1], dtype=y_pred.dtype)
    return (1 - ops.power(ops.sum(y_pred * one_hot, axis=-1), q)) / q


@declared
class BinaryFocalCrossentropy(FunctionLoss):
    """The binary cross-entropy in which what is easy counts less.

    Args:
        apply_class_balancing: whether ones weigh ``alpha`` and zeros ``1 - alpha``.
        alpha: the weight of ones.
        gamma: how much less what is easy counts.
        from_logits: whether predictions are logits instead of chances.
        label_smoothing: how far labels are drawn to a half.
        axis: what the mean is taken over.

    >>> float(kerasette.losses.BinaryFocalCrossentropy(gamma=0.0)([[1.0]], [[0.5]]))
    0.6931471824645996
    """

    function = staticmethod(binary_focal_crossentropy)
    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "binary_focal_crossentropy"
    dtype: Any = None

    def validate(self) -> None:
        check_label_smoothing(self.label_smoothing)


@declared
class CategoricalFocalCrossentropy(FunctionLoss):
    """The categorical cross-entropy in which what is easy counts less.

    Args:
        alpha: a weight for all classes, or one for each.
        gamma: how much less what is easy counts.
        from_logits: whether predictions are logits instead of chances.
        label_smoothing: the share of each target that is spread over all classes.
        axis: the axis of the classes.

    >>> loss = kerasette.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=0.0)
    >>> float(loss([[0.0, 1.0]], [[0.5, 0.5]]))
    0.6931471824645996
    """

    function = staticmethod(categorical_focal_crossentropy)
    alpha: Any = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "categorical_focal_crossentropy"
    dtype: Any = None

    def validate(self) -> None:
        check_label_smoothing(self.label_smoothing)


@declared
class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """Between the cross-entropy and the absolute error, for labels of which some are wrong.

    Args:
        q: between 0, near the cross-entropy, and 1, near the absolute error.

    >>> float(kerasette.losses.CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]))
    1.0
    """

    function = staticmethod(categorical_generalized_cross_entropy)
    class_targets = True
    q: float = 0.5
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "categorical_generalized_cross_entropy"
    dtype: Any = None

    def validate(self) -> None:
        if not 0 < self.q < 1:
            raise ValueError(f"`q` must be between 0 and 1. Received: q={self.q!r}.")
