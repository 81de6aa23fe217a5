"""The coefficient of determination."""

import warnings
from typing import Any

from kerasette import ops
from kerasette.core.tensor import Tensor
from kerasette.declared import declared
from kerasette.losses.reduction import fit_weight, match_ranks
from kerasette.metrics.metric import Metric

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


@declared
class R2Score(Metric):
    """``1 - squared errors / squared distances from the mean``: 1 for perfect predictions, 0 for
    those that are no better than the mean of the targets.

    Args:
        class_aggregation: "uniform_average" for the mean over outputs, "variance_weighted_average"
            for one by variances, ``None`` for a score of each output.
        num_regressors: the number of independent variables; above 0, the score is adjusted for it.

    >>> float(kerasette.metrics.R2Score()([[1.0], [4.0], [3.0]], [[1.0], [4.0], [3.0]]))
    1.0
    """

    class_aggregation: str | None = "uniform_average"
    num_regressors: int = 0
    name: str | None = "r2_score"
    dtype: Any = None

    def validate(self) -> None:
        if self.class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"`class_aggregation` must be one of {_AGGREGATIONS}. "
                f"Received: class_aggregation={self.class_aggregation!r}."
            )
        if self.num_regressors < 0:
            raise ValueError(
                "`num_regressors` must be at least 0. "
                f"Received: num_regressors={self.num_regressors!r}."
            )
        self.num_samples: Any = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, outputs: int) -> None:
        self.squared_sum: Any = self.add_variable((outputs,), "zeros", name="squared_sum")
        self.sum: Any = self.add_variable((outputs,), "zeros", name="sum")
        self.total_mse: Any = self.add_variable((outputs,), "zeros", name="residual")
        self.count: Any = self.add_variable((outputs,), "zeros", name="count")
        self._built = True

    def _build_for(self, shapes: list[tuple[int, ...]]) -> None:
        if not self._built and len(shapes[-1]) == 1:
            self._build(shapes[-1][0])

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets, ``(batch, outputs)``.
            y_pred: predictions, ``(batch, outputs)``.
            sample_weight: ``(batch,)`` or ``(batch, outputs)``.

        Raises: ValueError for other shapes.
        """
        y_true = ops.convert_to_tensor(y_true, self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, self.dtype)
        y_true, y_pred = match_ranks(y_true, y_pred)
        if len(y_pred.shape) != 2 or tuple(y_true.shape) != tuple(y_pred.shape):
            raise ValueError(
                "R2Score takes targets and predictions of shape (batch, outputs). Received: "
                f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}."
            )
        if not self._built:
            self._build(y_pred.shape[1])
        weight = ops.convert_to_tensor(1 if sample_weight is None else sample_weight, self.dtype)
        weight = ops.broadcast_to(fit_weight(y_true, weight)[1], y_true.shape)
        self.squared_sum.assign_add(ops.sum(y_true * y_true * weight, axis=0))
        self.sum.assign_add(ops.sum(y_true * weight, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(y_true - y_pred) * weight, axis=0))
        self.count.assign_add(ops.sum(weight, axis=0))
        self.num_samples.assign_add(ops.cast(y_true.size, self.num_samples.dtype))

    def result(self) -> Any:
        """The score: a scalar, or ``(outputs,)``."""
        if not self._built:
            return ops.zeros((), self.dtype)
        total = self.squared_sum - self.sum * (self.sum / self.count)
        score = 1 - self.total_mse / total
        score = ops.where(ops.isinf(score), 0.0, score)
        if self.class_aggregation == "uniform_average":
            score = ops.mean(score)
        elif self.class_aggregation == "variance_weighted_average":
            score = ops.sum(total * score) / ops.sum(total)
        return self._adjusted(score) if self.num_regressors else score

    def _adjusted(self, score: Any) -> Any:
        """The score less what that many variables explain by chance."""
        freedom = self.num_samples - self.num_regressors - 1
        if isinstance(freedom, Tensor) and float(freedom) <= 0 < float(self.num_samples):
            warnings.warn(
                "The R2 score is not adjusted: it needs more samples than `num_regressors` + 1. "
                f"Received: num_regressors={self.num_regressors}.",
                stacklevel=3,
            )
        enough = freedom > 0
        scale = (self.num_samples - 1.0) / ops.where(enough, freedom, 1.0)
        return ops.where(enough, 1.0 - (1.0 - score) * scale, score)
