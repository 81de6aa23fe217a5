"""Means of hinge losses."""

from typing import Any

from kerasette import losses
from kerasette.declared import declared
from kerasette.metrics.reduction import FunctionMetric


@declared
class Hinge(FunctionMetric):
    """The mean hinge loss of labels -1 and 1.

    >>> float(kerasette.metrics.Hinge()([[-1.0, 1.0]], [[0.5, 2.0]]))
    0.75
    """

    function = staticmethod(losses.hinge)
    name: str | None = "hinge"
    dtype: Any = None


@declared
class SquaredHinge(FunctionMetric):
    """The mean squared hinge loss of labels -1 and 1.

    >>> float(kerasette.metrics.SquaredHinge()([[-1.0, 1.0]], [[1.0, 2.0]]))
    2.0
    """

    function = staticmethod(losses.squared_hinge)
    name: str | None = "squared_hinge"
    dtype: Any = None


@declared
class CategoricalHinge(FunctionMetric):
    """The mean hinge loss of one-hot targets.

    >>> float(kerasette.metrics.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5
    """

    function = staticmethod(losses.categorical_hinge)
    name: str | None = "categorical_hinge"
    dtype: Any = None
