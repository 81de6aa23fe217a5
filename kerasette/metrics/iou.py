"""Intersection over union: how far predicted regions are the true ones."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.arrays.settings import epsilon
from kerasette.declared import declared
from kerasette.metrics.metric import Metric


class _IntersectionOverUnion(Metric):
    """A matrix of how often each class is taken for each other, and the overlap of some of them."""

    num_classes: int = 2
    target_class_ids: Any
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1

    def __init__(self, dtype: Any = None, name: str | None = None):
        super().__init__(dtype=dtype or "int32", name=name)

    def validate(self) -> None:
        if self.num_classes < 1:
            raise ValueError(
                f"`num_classes` must be at least 1. Received: num_classes={self.num_classes!r}."
            )
        ids = getattr(self, "target_class_ids", None)
        self.target_class_ids = list(range(self.num_classes) if ids is None else ids)
        wrong = [i for i in self.target_class_ids if not 0 <= i < self.num_classes]
        if wrong:
            raise ValueError(
                f"`target_class_ids` must be from 0 to {self.num_classes - 1}, for there are "
                f"{self.num_classes} classes. Received: {wrong[0]}."
            )
        shape = (self.num_classes, self.num_classes)
        self.total_cm = self.add_variable(
            shape, "zeros", dtype=self.dtype, name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Args:
            y_true: class numbers ``(...)``, or one-hot ``(..., classes)``.
            y_pred: class numbers ``(...)``, or scores ``(..., classes)``.
            sample_weight: a scalar, or a weight for each class number. With an integer ``dtype``,
                which is the default, weights count as whole numbers.

        Raises: ValueError for shapes that do not fit.
        """
        y_true = self._classes(y_true, self.sparse_y_true)
        y_pred = self._classes(y_pred, self.sparse_y_pred)
        if y_true.shape != y_pred.shape:
            raise ValueError(
                "`y_true` and `y_pred` must hold as many class numbers. "
                f"Received: {y_true.shape[0]} and {y_pred.shape[0]}."
            )
        weight = ops.convert_to_tensor(1 if sample_weight is None else sample_weight, self.dtype)
        if len(weight.shape) > 1:
            weight = ops.reshape(weight, (-1,))
        if weight.shape and weight.shape != y_true.shape:
            raise ValueError(
                "`sample_weight` must hold a weight for each class number. "
                f"Received: {weight.shape[0]} weights for {y_true.shape[0]} class numbers."
            )
        count = self.num_classes
        known = ops.logical_and(
            ops.logical_and(y_true >= 0, y_true < count),
            ops.logical_and(y_pred >= 0, y_pred < count),
        )
        if self.ignore_class is not None:
            known = ops.logical_and(known, ops.not_equal(y_true, self.ignore_class))
        weight = ops.where(known, ops.broadcast_to(weight, y_true.shape), 0)
        cells = ops.where(known, y_true * count + y_pred, 0)
        matrix = ops.segment_sum(ops.cast(weight, self.dtype), cells, num_segments=count * count)
        self.total_cm.assign_add(ops.reshape(matrix, (count, count)))

    def _classes(self, values: Any, sparse: bool) -> Any:
        """Class numbers, ``(n,)``."""
        values = ops.convert_to_tensor(values)
        if not sparse:
            values = ops.argmax(values, axis=self.axis)
        if not dtypes.is_int(values.dtype):
            values = ops.cast(values, "int32")
        return ops.reshape(values, (-1,))

    def result(self) -> Any:
        """The mean overlap of the target classes that occur, a scalar."""
        matrix = self.total_cm.value
        ids = ops.convert_to_tensor(self.target_class_ids, "int32")
        right = ops.take(ops.diagonal(matrix), ids)
        rows, columns = ops.sum(matrix, axis=0), ops.sum(matrix, axis=1)
        union = ops.cast(ops.take(rows + columns, ids) - right, "float32")
        occurs = union > 1e-9
        overlaps = ops.where(occurs, ops.cast(right, "float32") / (union + epsilon()), 0.0)
        return ops.sum(overlaps) / (ops.sum(ops.cast(occurs, "float32")) + epsilon())


@declared
class IoU(_IntersectionOverUnion):
    """The mean overlap of some classes: ``TP / (TP + FP + FN)``.

    Args:
        num_classes: how many classes there are.
        target_class_ids: those whose overlap counts.
        ignore_class: a class number in the targets that is left out, such as 255 for borders.
        sparse_y_true: whether targets are class numbers, not one-hot.
        sparse_y_pred: whether predictions are class numbers, not scores.
        axis: the axis of classes in one-hot targets and scores.

    >>> metric = kerasette.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    num_classes: int
    target_class_ids: Any
    name: str | None = None
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1


@declared
class BinaryIoU(_IntersectionOverUnion):
    """The mean overlap of two classes, 1 being where the prediction is at least ``threshold``.

    Args:
        target_class_ids: (0,), (1,) or both.
        threshold: from where on a prediction counts as 1.

    >>> metric = kerasette.metrics.BinaryIoU(target_class_ids=[0, 1], threshold=0.3)
    >>> round(float(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    target_class_ids: Any = (0, 1)
    threshold: float = 0.5
    name: str | None = None
    dtype: Any = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch: labels and chances of one shape."""
        chosen = ops.convert_to_tensor(y_pred, "float32") >= self.threshold
        super().update_state(y_true, ops.cast(chosen, "int32"), sample_weight)


@declared
class MeanIoU(_IntersectionOverUnion):
    """The mean overlap of all classes.

    Args:
        num_classes: how many classes there are.
        ignore_class: a class number in the targets that is left out.
        sparse_y_true: whether targets are class numbers, not one-hot.
        sparse_y_pred: whether predictions are class numbers, not scores.
        axis: the axis of classes in one-hot targets and scores.

    >>> metric = kerasette.metrics.MeanIoU(num_classes=2)
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    num_classes: int
    name: str | None = None
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1


@declared
class OneHotIoU(_IntersectionOverUnion):
    """The mean overlap of some classes, with one-hot targets.

    Args:
        num_classes: how many classes there are.
        target_class_ids: those whose overlap counts.
        ignore_class: a class number that is left out.
        sparse_y_pred: whether predictions are class numbers, not scores.
        axis: the axis of classes.

    >>> metric = kerasette.metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([[1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8]])), 4)
    1.0
    """

    sparse_y_true: ClassVar[bool] = False  # type: ignore[misc]
    num_classes: int
    target_class_ids: Any
    name: str | None = None
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_pred: bool = False
    axis: int = -1


@declared
class OneHotMeanIoU(_IntersectionOverUnion):
    """The mean overlap of all classes, with one-hot targets.

    Args:
        num_classes: how many classes there are.
        ignore_class: a class number that is left out.
        sparse_y_pred: whether predictions are class numbers, not scores.
        axis: the axis of classes.

    >>> metric = kerasette.metrics.OneHotMeanIoU(num_classes=2)
    >>> round(float(metric([[1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8]])), 4)
    1.0
    """

    sparse_y_true: ClassVar[bool] = False  # type: ignore[misc]
    num_classes: int
    name: str | None = None
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_pred: bool = False
    axis: int = -1
