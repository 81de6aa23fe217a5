"""Losses between distributions: Kullback and Leibler's divergence, Poisson's likelihood."""

from typing import Any

from kerasette import ops
from kerasette.arrays.settings import epsilon
from kerasette.declared import declared
from kerasette.losses.loss import FunctionLoss
from kerasette.losses.reduction import matching_pair


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """``sum(y_true * log(y_true / y_pred))`` over the last axis: ``(..., n) -> (...)``.

    Both are kept within epsilon and 1.

    >>> kerasette.losses.kl_divergence([[0.5, 0.5]], [[0.5, 0.5]]).numpy()
    array([0.], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    y_true = ops.clip(y_true, epsilon(), 1)
    y_pred = ops.clip(y_pred, epsilon(), 1)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """``mean(y_pred - y_true * log(y_pred))`` over the last axis: ``(..., n) -> (...)``.

    Minus the logarithm of the chance of the counts ``y_true`` where ``y_pred`` are expected, but
    for a constant.

    >>> kerasette.losses.poisson([[0.0, 0.0]], [[1.0, 3.0]]).numpy()
    array([2.], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + epsilon()), axis=-1)


@declared
class KLDivergence(FunctionLoss):
    """The divergence of the predicted distribution from the true one.

    >>> float(kerasette.losses.KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
    0.0
    """

    function = staticmethod(kl_divergence)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "kl_divergence"
    dtype: Any = None


@declared
class Poisson(FunctionLoss):
    """The loss of counts, of which the prediction is the expected number.

    >>> float(kerasette.losses.Poisson()([[0.0]], [[2.0]]))
    2.0
    """

    function = staticmethod(poisson)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "poisson"
    dtype: Any = None
