"""Losses of numbers: squared, absolute, relative and robust errors; the angle between vectors."""

import math
from typing import Any

from kerasette import ops
from kerasette.arrays.settings import epsilon
from kerasette.declared import declared
from kerasette.losses.loss import FunctionLoss
from kerasette.losses.reduction import matching_pair


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """``mean((y_true - y_pred) ** 2)`` over the last axis: ``(..., n) -> (...)``.

    >>> kerasette.losses.mean_squared_error([[0.0, 1.0]], [[2.0, 1.0]]).numpy()
    array([2.], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """``mean(|y_true - y_pred|)`` over the last axis: ``(..., n) -> (...)``.

    >>> kerasette.losses.mean_absolute_error([[0.0, 1.0]], [[2.0, 1.0]]).numpy()
    array([1.], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """``100 * mean(|y_true - y_pred| / |y_true|)`` over the last axis: ``(..., n) -> (...)``.

    Targets nearer to 0 than epsilon count as epsilon.

    >>> kerasette.losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 4.0]]).numpy()
    array([25.], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    relative = (y_true - y_pred) / ops.maximum(ops.abs(y_true), epsilon())
    return 100.0 * ops.mean(ops.abs(relative), axis=-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """``mean((log(y_true + 1) - log(y_pred + 1)) ** 2)`` over the last axis: ``(..., n) -> (...)``.

    Values below epsilon count as epsilon.

    >>> kerasette.losses.mean_squared_logarithmic_error([[1.0, 3.0]], [[1.0, 3.0]]).numpy()
    array([0.], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    first = ops.log(ops.maximum(y_pred, epsilon()) + 1.0)
    second = ops.log(ops.maximum(y_true, epsilon()) + 1.0)
    return ops.mean(ops.square(first - second), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between vectors along ``axis``: -1 for one direction, 0 at
    right angles: ``(..., n) -> (...)``. A vector of zeros is at right angles to all.

    >>> kerasette.losses.cosine_similarity([[0.0, 1.0], [0.0, 1.0]], [[0.0, 3.0], [0.0, -3.0]])
    Tensor([-1.,  1.], shape=(2,), dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis) * ops.normalize(y_pred, axis), axis=axis)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Half the squared error up to ``delta``, growing linearly beyond: ``(..., n) -> (...)``.

    Huber 1964, "Robust estimation of a location parameter".

    >>> kerasette.losses.huber([[0.0, 0.0]], [[1.0, 3.0]]).numpy()
    array([1.5], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    error = y_pred - y_true
    size = ops.abs(error)
    linear = delta * size - 0.5 * delta * delta
    return ops.mean(ops.where(size <= delta, 0.5 * ops.square(error), linear), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """``mean(log(cosh(y_pred - y_true)))`` over the last axis: ``(..., n) -> (...)``.

    About half the squared error for small errors, and the absolute error for large ones, for which
    it does not overflow.

    >>> kerasette.losses.log_cosh([[0.0]], [[1e4]]).numpy()
    array([9999.307], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    error = y_pred - y_true
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


@declared
class MeanSquaredError(FunctionLoss):
    """The mean of squared errors.

    >>> float(kerasette.losses.MeanSquaredError()([[0.0, 1.0]], [[2.0, 1.0]]))
    2.0
    """

    function = staticmethod(mean_squared_error)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "mean_squared_error"
    dtype: Any = None


@declared
class MeanAbsoluteError(FunctionLoss):
    """The mean of absolute errors.

    >>> float(kerasette.losses.MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]))
    1.0
    """

    function = staticmethod(mean_absolute_error)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "mean_absolute_error"
    dtype: Any = None


@declared
class MeanAbsolutePercentageError(FunctionLoss):
    """The mean of absolute errors, in percent of the targets.

    >>> float(kerasette.losses.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]]))
    25.0
    """

    function = staticmethod(mean_absolute_percentage_error)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "mean_absolute_percentage_error"
    dtype: Any = None


@declared
class MeanSquaredLogarithmicError(FunctionLoss):
    """The mean of squared errors of the logarithms, ``log(y + 1)``.

    >>> float(kerasette.losses.MeanSquaredLogarithmicError()([[1.0, 3.0]], [[1.0, 3.0]]))
    0.0
    """

    function = staticmethod(mean_squared_logarithmic_error)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "mean_squared_logarithmic_error"
    dtype: Any = None


@declared
class CosineSimilarity(FunctionLoss):
    """Minus the cosine between targets and predictions along ``axis``.

    >>> float(kerasette.losses.CosineSimilarity()([[0.0, 1.0]], [[0.0, 5.0]]))
    -1.0
    """

    function = staticmethod(cosine_similarity)
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "cosine_similarity"
    dtype: Any = None


@declared
class Huber(FunctionLoss):
    """Squared for errors up to ``delta``, linear beyond.

    >>> float(kerasette.losses.Huber(delta=1.0)([[0.0, 0.0]], [[1.0, 3.0]]))
    1.5
    """

    function = staticmethod(huber)
    delta: float = 1.0
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "huber_loss"
    dtype: Any = None


@declared
class LogCosh(FunctionLoss):
    """The logarithm of the hyperbolic cosine of the errors.

    >>> float(kerasette.losses.LogCosh()([[0.0, 1.0]], [[0.0, 1.0]]))
    0.0
    """

    function = staticmethod(log_cosh)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "log_cosh"
    dtype: Any = None
