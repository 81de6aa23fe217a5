"""Correlations: how far predictions go up and down with the targets."""

from typing import Any

from kerasette import ops
from kerasette.arrays.settings import epsilon
from kerasette.declared import declared
from kerasette.losses.reduction import matching_pair
from kerasette.metrics.reduction import FunctionMetric


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The linear correlation along ``axis``, from -1 to 1: ``(..., n) -> (...)``.

    NaN where one of the two is constant.

    >>> kerasette.metrics.pearson_correlation([[0.0, 1.0]], [[2.0, 1.0]]).numpy()
    array([-1.], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    y_true = y_true - ops.mean(y_true, axis=axis, keepdims=True)
    y_pred = y_pred - ops.mean(y_pred, axis=axis, keepdims=True)
    y_true = y_true / ops.std(y_true, axis=axis, keepdims=True)
    y_pred = y_pred / ops.std(y_pred, axis=axis, keepdims=True)
    return ops.mean(y_true * y_pred, axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The correlation along ``axis``, less what scale and place differ: ``(..., n) -> (...)``.

    Lin 1989, "A concordance correlation coefficient to evaluate reproducibility".

    >>> kerasette.metrics.concordance_correlation([[0.0, 1.0]], [[5.0, 6.0]]).numpy().round(4)
    array([0.0196], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    true_mean = ops.mean(y_true, axis=axis, keepdims=True)
    pred_mean = ops.mean(y_pred, axis=axis, keepdims=True)
    covariance = (y_true - true_mean) * (y_pred - pred_mean)
    spread = (
        ops.var(y_true, axis=axis, keepdims=True)
        + ops.var(y_pred, axis=axis, keepdims=True)
        + ops.square(true_mean - pred_mean)
    )
    return ops.mean(2 * covariance / (spread + epsilon()), axis=axis)


@declared
class PearsonCorrelation(FunctionMetric):
    """The mean linear correlation along ``axis``.

    >>> float(kerasette.metrics.PearsonCorrelation()([[0.0, 1.0]], [[2.0, 1.0]]))
    -1.0
    """

    function = staticmethod(pearson_correlation)
    name: str | None = "pearson_correlation"
    dtype: Any = None
    axis: int = -1


@declared
class ConcordanceCorrelation(FunctionMetric):
    """The mean correlation along ``axis``, less what scale and place differ.

    >>> round(float(kerasette.metrics.ConcordanceCorrelation()([[0.0, 1.0]], [[5.0, 6.0]])), 4)
    0.0196
    """

    function = staticmethod(concordance_correlation)
    name: str | None = "concordance_correlation"
    dtype: Any = None
    axis: int = -1
