"""Metrics of numbers: means of errors."""

from typing import Any

from kerasette import losses, ops
from kerasette.declared import declared
from kerasette.losses.reduction import matching_pair
from kerasette.metrics.reduction import FunctionMetric, Mean


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The cosine of the angle between vectors along ``axis``: ``(..., n) -> (...)``."""
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


@declared
class MeanSquaredError(FunctionMetric):
    """The mean of squared errors.

    >>> float(kerasette.metrics.MeanSquaredError()([[0.0, 1.0]], [[2.0, 1.0]]))
    2.0
    """

    function = staticmethod(losses.mean_squared_error)
    name: str | None = "mean_squared_error"
    dtype: Any = None


@declared
class MeanAbsoluteError(FunctionMetric):
    """The mean of absolute errors.

    >>> float(kerasette.metrics.MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]))
    1.0
    """

    function = staticmethod(losses.mean_absolute_error)
    name: str | None = "mean_absolute_error"
    dtype: Any = None


@declared
class MeanAbsolutePercentageError(FunctionMetric):
    """The mean of absolute errors, in percent of the targets.

    >>> float(kerasette.metrics.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]]))
    25.0
    """

    function = staticmethod(losses.mean_absolute_percentage_error)
    name: str | None = "mean_absolute_percentage_error"
    dtype: Any = None


@declared
class MeanSquaredLogarithmicError(FunctionMetric):
    """The mean of squared errors of the logarithms.

    >>> float(kerasette.metrics.MeanSquaredLogarithmicError()([[1.0, 3.0]], [[1.0, 3.0]]))
    0.0
    """

    function = staticmethod(losses.mean_squared_logarithmic_error)
    name: str | None = "mean_squared_logarithmic_error"
    dtype: Any = None


@declared
class RootMeanSquaredError(Mean):
    """The root of the mean of squared errors.

    >>> float(kerasette.metrics.RootMeanSquaredError()([[0.0, 1.0]], [[2.0, 3.0]]))
    2.0
    """

    name: str | None = "root_mean_squared_error"
    dtype: Any = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take in one batch."""
        y_true, y_pred = matching_pair(y_true, ops.convert_to_tensor(y_pred, self.dtype))
        super().update_state(ops.square(y_pred - y_true), sample_weight=sample_weight)

    def result(self) -> Any:
        """The root of the mean, a scalar."""
        return ops.sqrt(super().result())


@declared
class CosineSimilarity(FunctionMetric):
    """The mean cosine of the angle between targets and predictions along ``axis``.

    >>> float(kerasette.metrics.CosineSimilarity()([[0.0, 1.0]], [[0.0, 5.0]]))
    1.0
    """

    function = staticmethod(cosine_similarity)
    name: str | None = "cosine_similarity"
    dtype: Any = None
    axis: int = -1


@declared
class LogCoshError(FunctionMetric):
    """The mean of the logarithms of the hyperbolic cosines of the errors.

    >>> float(kerasette.metrics.LogCoshError()([[0.0, 1.0]], [[0.0, 1.0]]))
    0.0
    """

    function = staticmethod(losses.log_cosh)
    name: str | None = "logcosh"
    dtype: Any = None
