"""Accuracies: how often the predicted class is the true one."""

from typing import Any

from kerasette import ops
from kerasette.arrays.settings import floatx
from kerasette.declared import declared
from kerasette.losses.reduction import check_broadcast, match_ranks
from kerasette.metrics.reduction import FunctionMetric


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the two are equal, else 0: ``(...) -> (...)``."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true, y_pred = match_ranks(ops.convert_to_tensor(y_true, y_pred.dtype), y_pred)
    check_broadcast(y_true, y_pred)
    return ops.cast(y_true == y_pred, floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where the label is whether the prediction is above ``threshold``: ``(...) -> (...)``.

    >>> kerasette.metrics.binary_accuracy([[1.0, 0.0]], [[0.7, 0.6]]).numpy()
    array([[1., 0.]], dtype=float32)
    """
    y_true, y_pred = match_ranks(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    check_broadcast(y_true, y_pred)
    return ops.cast(ops.equal(y_true, ops.cast(y_pred > threshold, y_true.dtype)), floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is at the one-hot target: ``(..., classes) -> (...)``.

    >>> kerasette.metrics.categorical_accuracy([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]]).numpy()
    array([1., 0.], dtype=float32)
    """
    return _same_class(ops.argmax(ops.convert_to_tensor(y_true), axis=-1), y_pred)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is at the class number: ``(..., classes) -> (...)``.

    >>> kerasette.metrics.sparse_categorical_accuracy([1, 0], [[0.1, 0.9], [0.2, 0.8]]).numpy()
    array([1., 0.], dtype=float32)
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    matches = _same_class(y_true, y_pred)
    if len(matches.shape) > 1 and matches.shape[-1] == 1:
        matches = ops.squeeze(matches, -1)
    return matches


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the one-hot target is among the ``k`` largest: ``(..., classes) -> (...)``.

    >>> kerasette.metrics.top_k_categorical_accuracy([[0, 0, 1]], [[0.1, 0.5, 0.4]], k=2).numpy()
    array([1.], dtype=float32)
    """
    y_true = ops.argmax(ops.convert_to_tensor(y_true), axis=-1)
    return sparse_top_k_categorical_accuracy(y_true, y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """1 where the class number is among the ``k`` largest: ``(..., classes) -> (...)``.

    Args:
        y_true: class numbers, ``(...)``.
        y_pred: scores, ``(..., classes)``; or class numbers, the likeliest first.
        k: how many may be tried.
        from_sorted_ids: whether ``y_pred`` are class numbers.

    >>> kerasette.metrics.sparse_top_k_categorical_accuracy([2], [[0.1, 0.5, 0.4]], k=2).numpy()
    array([1.], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype if from_sorted_ids else "int32")
    shape = tuple(y_true.shape)
    if shape not in (tuple(y_pred.shape[:-1]), (*y_pred.shape[:-1], 1)):
        raise _misfit(y_true, y_pred)
    rows = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
    classes = ops.reshape(y_true, (-1,))
    if from_sorted_ids:
        matches = ops.any(ops.expand_dims(classes, 1) == rows[:, :k], axis=1)
    else:
        matches = ops.in_top_k(classes, rows, k=k)
    return ops.reshape(ops.cast(matches, floatx()), shape)


def _same_class(y_true: Any, y_pred: Any) -> Any:
    predicted = ops.argmax(ops.convert_to_tensor(y_pred), axis=-1)
    if tuple(predicted.shape) != tuple(y_true.shape):
        raise _misfit(y_true, y_pred)
    return ops.cast(ops.equal(y_true, ops.cast(predicted, y_true.dtype)), floatx())


def _misfit(y_true: Any, y_pred: Any) -> ValueError:
    return ValueError(
        "The class numbers in `y_true` must have the shape of `y_pred` without its last axis. "
        f"Received: class numbers of shape {tuple(y_true.shape)}, "
        f"y_pred.shape={tuple(ops.shape(y_pred))}."
    )


@declared
class Accuracy(FunctionMetric):
    """How often predictions equal targets.

    >>> float(kerasette.metrics.Accuracy()([1, 2, 3, 4], [1, 2, 3, 0]))
    0.75
    """

    function = staticmethod(accuracy)
    name: str | None = "accuracy"
    dtype: Any = None


@declared
class BinaryAccuracy(FunctionMetric):
    """How often the label is whether the prediction is above ``threshold``.

    >>> float(kerasette.metrics.BinaryAccuracy()([1, 1, 0, 0], [0.9, 0.2, 0.3, 0.4]))
    0.75
    """

    function = staticmethod(binary_accuracy)
    name: str | None = "binary_accuracy"
    dtype: Any = None
    threshold: float = 0.5

    def validate(self) -> None:
        if self.threshold is None or not 0 <= self.threshold <= 1:
            raise ValueError(
                f"`threshold` must be from 0 to 1. Received: threshold={self.threshold!r}."
            )
        super().validate()


@declared
class CategoricalAccuracy(FunctionMetric):
    """How often the largest prediction is at the one-hot target.

    >>> metric = kerasette.metrics.CategoricalAccuracy()
    >>> float(metric([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]]))
    0.5
    """

    function = staticmethod(categorical_accuracy)
    name: str | None = "categorical_accuracy"
    dtype: Any = None


@declared
class SparseCategoricalAccuracy(FunctionMetric):
    """How often the largest prediction is at the class number.

    >>> metric = kerasette.metrics.SparseCategoricalAccuracy()
    >>> float(metric([1, 0], [[0.1, 0.9], [0.2, 0.8]]))
    0.5
    """

    function = staticmethod(sparse_categorical_accuracy)
    name: str | None = "sparse_categorical_accuracy"
    dtype: Any = None


@declared
class TopKCategoricalAccuracy(FunctionMetric):
    """How often the one-hot target is among the ``k`` largest predictions.

    >>> metric = kerasette.metrics.TopKCategoricalAccuracy(k=2)
    >>> float(metric([[0, 0, 1]], [[0.1, 0.5, 0.4]]))
    1.0
    """

    function = staticmethod(top_k_categorical_accuracy)
    k: int = 5
    name: str | None = "top_k_categorical_accuracy"
    dtype: Any = None


@declared
class SparseTopKCategoricalAccuracy(FunctionMetric):
    """How often the class number is among the ``k`` largest predictions.

    >>> metric = kerasette.metrics.SparseTopKCategoricalAccuracy(k=2)
    >>> float(metric([2], [[0.1, 0.5, 0.4]]))
    1.0
    """

    function = staticmethod(sparse_top_k_categorical_accuracy)
    k: int = 5
    name: str | None = "sparse_top_k_categorical_accuracy"
    dtype: Any = None
    from_sorted_ids: bool = False
