"""Cross-entropies: minus the logarithm of the chance that the prediction gives to what is true."""

import warnings
from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.core.rules import canonical_axis
from kerasette.declared import declared
from kerasette.losses.loss import FunctionLoss
from kerasette.losses.reduction import floating_pair, match_ranks


def binary_pair(y_true: Any, y_pred: Any, label_smoothing: float) -> tuple[Any, Any]:
    """Targets, smoothed towards a half, and predictions, both of one shape.

    Raises: ValueError for different shapes.
    """
    y_true, y_pred = match_ranks(*floating_pair(y_true, y_pred))
    _check_same_shape(y_true, y_pred, "")
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return y_true, y_pred


def categorical_pair(
    y_true: Any, y_pred: Any, label_smoothing: float, axis: int
) -> tuple[Any, Any]:
    """One-hot targets, smoothed towards all classes alike, and predictions, both of one shape.

    Raises: ValueError for different shapes, or an axis that is a bool.
    """
    if isinstance(axis, bool):
        raise ValueError(f"`axis` must be an integer. Received: axis={axis}.")
    y_true, y_pred = floating_pair(y_true, y_pred)
    hint = " For targets that are class numbers, use sparse_categorical_crossentropy."
    _check_same_shape(y_true, y_pred, hint)
    size = y_pred.shape[canonical_axis(axis, len(y_pred.shape))]
    if size == 1:
        warnings.warn(
            "A categorical cross-entropy over one class is always 0. Received: "
            f"y_pred.shape={tuple(y_pred.shape)}. Did you mean binary_crossentropy?",
            SyntaxWarning,
            stacklevel=4,
        )
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / size
    return y_true, y_pred


def _check_same_shape(y_true: Any, y_pred: Any, hint: str) -> None:
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            "`y_true` and `y_pred` must have the same shape. Received: "
            f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}.{hint}"
        )


def check_label_smoothing(value: Any) -> None:
    """Refuse a share of smoothing outside 0 to 1."""
    if isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError(
            f"`label_smoothing` must be from 0 to 1. Received: label_smoothing={value!r}."
        )


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-mean(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))``: ``(..., n) -> (...)``.

    Args:
        y_true: labels from 0 to 1.
        y_pred: chances from 0 to 1, or logits.
        from_logits: whether ``y_pred`` are logits, of which the sigmoid is the chance.
        label_smoothing: how far labels are drawn to a half: 1 makes all of them a half.
        axis: what the mean is taken over.

    >>> kerasette.losses.binary_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy()
    array([0.6931472], dtype=float32)

    Raises: ValueError for targets and predictions of different shapes.
    """
    y_true, y_pred = binary_pair(y_true, y_pred, label_smoothing)
    losses = ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits)
    return ops.mean(losses, axis=axis)


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-sum(y_true * log(y_pred))`` over the classes: ``(..., classes) -> (...)``.

    Args:
        y_true: one-hot targets, or a chance for each class.
        y_pred: chances, brought to a sum of 1, or logits.
        from_logits: whether ``y_pred`` are logits, of which the softmax is the chance.
        label_smoothing: the share of each target that is spread over all classes.
        axis: the axis of the classes.

    >>> kerasette.losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy()
    array([0.6931472], dtype=float32)

    Raises: ValueError for targets and predictions of different shapes.
    """
    y_true, y_pred = categorical_pair(y_true, y_pred, label_smoothing, axis)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """``-log(y_pred[y_true])``, targets being class numbers: ``(..., classes) -> (...)``.

    Args:
        y_true: class numbers from 0, ``(...)`` or ``(..., 1)``.
        y_pred: chances, brought to a sum of 1, or logits.
        from_logits: whether ``y_pred`` are logits, of which the softmax is the chance.
        ignore_class: a class number, which may be negative, whose samples have no loss.
        axis: the axis of the classes.

    >>> kerasette.losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).numpy()
    array([0.6931472], dtype=float32)

    Raises: ValueError for shapes that do not fit, or a class number that there is no class for.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_pred = ops.cast(y_pred, dtypes.floating(y_pred.dtype))
    y_true = ops.convert_to_tensor(y_true)
    axis = canonical_axis(axis, len(y_pred.shape))
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    shape = tuple(y_pred.shape)
    if tuple(y_true.shape) != shape[:axis] + shape[axis + 1 :]:
        raise ValueError(
            "`y_true` must have the shape of `y_pred` without its axis of classes. Received: "
            f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={shape}. For one-hot targets, use "
            "categorical_crossentropy."
        )
    if not dtypes.is_int(y_true.dtype):
        y_true = ops.cast(y_true, "int32")
    kept = None
    if ignore_class is not None:
        kept = ops.not_equal(y_true, ignore_class)
        y_true = ops.where(kept, y_true, 0)
        y_pred = ops.where(ops.expand_dims(kept, axis), y_pred, 0)
    losses = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    if kept is not None:
        losses = ops.where(kept, losses, 0)
        losses._keras_mask = kept
    return losses


@declared
class BinaryCrossentropy(FunctionLoss):
    """The cross-entropy of labels that are 0 or 1.

    Args:
        from_logits: whether predictions are logits instead of chances.
        label_smoothing: how far labels are drawn to a half.
        axis: what the mean is taken over.

    >>> float(kerasette.losses.BinaryCrossentropy(from_logits=True)([[1.0]], [[0.0]]))
    0.6931471824645996
    """

    function = staticmethod(binary_crossentropy)
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "binary_crossentropy"
    dtype: Any = None

    def validate(self) -> None:
        check_label_smoothing(self.label_smoothing)


@declared
class CategoricalCrossentropy(FunctionLoss):
    """The cross-entropy of one-hot targets.

    Args:
        from_logits: whether predictions are logits instead of chances.
        label_smoothing: the share of each target that is spread over all classes.
        axis: the axis of the classes.

    >>> float(kerasette.losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]))
    0.6931471824645996
    """

    function = staticmethod(categorical_crossentropy)
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "categorical_crossentropy"
    dtype: Any = None

    def validate(self) -> None:
        check_label_smoothing(self.label_smoothing)


@declared
class SparseCategoricalCrossentropy(FunctionLoss):
    """The cross-entropy of targets that are class numbers.

    Args:
        from_logits: whether predictions are logits instead of chances.
        ignore_class: a class number whose samples count nothing, as in segmentation.
        axis: the axis of the classes.

    >>> float(kerasette.losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]))
    0.6931471824645996
    """

    function = staticmethod(sparse_categorical_crossentropy)
    class_targets = True
    from_logits: bool = False
    ignore_class: int | None = None
    reduction: str | None = "sum_over_batch_size"
    axis: int = -1
    name: str | None = "sparse_categorical_crossentropy"
    dtype: Any = None
