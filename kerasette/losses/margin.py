"""Hinge losses: nothing for what is right by a margin, linear or squared for the rest."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.losses.loss import FunctionLoss
from kerasette.losses.reduction import matching_pair


def _signs(y_true: Any) -> Any:
    """Labels as -1 and 1: where all are 0 or 1, zeros become -1."""
    binary = ops.all(ops.logical_or(y_true == 0, y_true == 1))
    return ops.where(binary, 2.0 * y_true - 1.0, y_true)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """``mean(max(1 - y_true * y_pred, 0))`` over the last axis: ``(..., n) -> (...)``.

    Targets are -1 and 1; zeros and ones are taken for them.

    >>> kerasette.losses.hinge([[-1.0, 1.0]], [[0.5, 2.0]]).numpy()
    array([0.75], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """``mean(max(1 - y_true * y_pred, 0) ** 2)`` over the last axis: ``(..., n) -> (...)``.

    >>> kerasette.losses.squared_hinge([[-1.0, 1.0]], [[1.0, 2.0]]).numpy()
    array([2.], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """``max(best wrong score - right score + 1, 0)``: ``(..., classes) -> (...)``.

    Targets are one-hot.

    >>> kerasette.losses.categorical_hinge([[0.0, 1.0]], [[0.5, 1.0]]).numpy()
    array([0.5], dtype=float32)
    """
    y_true, y_pred = matching_pair(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


@declared
class Hinge(FunctionLoss):
    """The hinge loss of labels -1 and 1.

    >>> float(kerasette.losses.Hinge()([[-1.0, 1.0]], [[0.5, 2.0]]))
    0.75
    """

    function = staticmethod(hinge)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "hinge"
    dtype: Any = None


@declared
class SquaredHinge(FunctionLoss):
    """The squared hinge loss of labels -1 and 1.

    >>> float(kerasette.losses.SquaredHinge()([[-1.0, 1.0]], [[1.0, 2.0]]))
    2.0
    """

    function = staticmethod(squared_hinge)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "squared_hinge"
    dtype: Any = None


@declared
class CategoricalHinge(FunctionLoss):
    """The hinge loss of one-hot targets.

    >>> float(kerasette.losses.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5
    """

    function = staticmethod(categorical_hinge)
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "categorical_hinge"
    dtype: Any = None
