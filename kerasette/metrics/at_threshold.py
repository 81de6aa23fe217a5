"""The best of one rate where another one is at least so much."""

from typing import Any

import numpy as np

from kerasette import ops
from kerasette.core.budget import charge
from kerasette.declared import declared
from kerasette.metrics.confusion import count_at
from kerasette.metrics.metric import Metric

_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


class _BestWhere(Metric):
    """The four counts at thresholds from 0 to 1, and the best rate among those that qualify."""

    demanded: str  # the field, from 0 to 1, that the other rate has to reach
    num_thresholds: int
    class_id: int | None
    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def validate(self) -> None:
        value = getattr(self, self.demanded)
        if not 0 <= value <= 1:
            raise ValueError(
                f"`{self.demanded}` must be from 0 to 1. Received: {self.demanded}={value!r}."
            )
        if self.num_thresholds <= 0:
            raise ValueError(
                "`num_thresholds` must be at least 1. "
                f"Received: num_thresholds={self.num_thresholds!r}."
            )
        one = self.num_thresholds == 1
        charge((self.num_thresholds,), 32, f"The thresholds of {type(self).__name__}")
        self.thresholds = [0.5] if one else np.linspace(0.0, 1.0, self.num_thresholds).tolist()
        for name in _COUNTS:
            setattr(self, name, self.add_variable((self.num_thresholds,), "zeros", name=name))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Args:
            y_true: labels, 0 or 1, ``(...)``.
            y_pred: chances, ``(...)``.
            sample_weight: ``(batch,)``, or up to the shape of ``y_pred``.
        """
        counts = count_at(
            self.thresholds,
            y_true,
            y_pred,
            sample_weight,
            dtype=self.true_positives.dtype,
            class_id=self.class_id,
        )
        for name in _COUNTS:
            getattr(self, name).assign_add(getattr(counts, name))

    def _rate(self, part: Any, rest: Any) -> Any:
        return ops.divide_no_nan(part, part + rest)

    @property
    def _recall(self) -> Any:
        return self._rate(self.true_positives, self.false_negatives)

    @property
    def _precision(self) -> Any:
        return self._rate(self.true_positives, self.false_positives)

    @property
    def _specificity(self) -> Any:
        return self._rate(self.true_negatives, self.false_positives)

    def _best(self, rate: Any, other: Any) -> Any:
        """The largest rate where the other one is what is demanded; 0 where it nowhere is."""
        reached = ops.greater_equal(other, getattr(self, self.demanded))
        return ops.max(ops.where(reached, rate, 0))


@declared
class SensitivityAtSpecificity(_BestWhere):
    """The best sensitivity, ``TP / (TP + FN)``, with a specificity of at least so much.

    Args:
        specificity: what has to be reached, from 0 to 1.
        num_thresholds: how many thresholds from 0 to 1 are tried.
        class_id: look at this class only.

    >>> float(kerasette.metrics.SensitivityAtSpecificity(0.5)([0, 0, 1, 1], [0.1, 0.3, 0.4, 0.9]))
    1.0
    """

    demanded = "specificity"
    specificity: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def result(self) -> Any:
        """The best rate, a scalar."""
        return self._best(self._recall, self._specificity)


@declared
class SpecificityAtSensitivity(_BestWhere):
    """The best specificity, ``TN / (TN + FP)``, with a sensitivity of at least so much.

    Args:
        sensitivity: what has to be reached, from 0 to 1.
        num_thresholds: how many thresholds from 0 to 1 are tried.
        class_id: look at this class only.

    >>> float(kerasette.metrics.SpecificityAtSensitivity(0.5)([0, 0, 1, 1], [0.1, 0.3, 0.4, 0.9]))
    1.0
    """

    demanded = "sensitivity"
    sensitivity: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def result(self) -> Any:
        """The best rate, a scalar."""
        return self._best(self._specificity, self._recall)


@declared
class PrecisionAtRecall(_BestWhere):
    """The best precision, ``TP / (TP + FP)``, with a recall of at least so much.

    Args:
        recall: what has to be reached, from 0 to 1.
        num_thresholds: how many thresholds from 0 to 1 are tried.
        class_id: look at this class only.

    >>> float(kerasette.metrics.PrecisionAtRecall(0.5)([0, 0, 1, 1], [0.1, 0.3, 0.4, 0.9]))
    1.0
    """

    demanded = "recall"
    recall: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def result(self) -> Any:
        """The best rate, a scalar."""
        return self._best(self._precision, self._recall)


@declared
class RecallAtPrecision(_BestWhere):
    """The best recall, ``TP / (TP + FN)``, with a precision of at least so much.

    Args:
        precision: what has to be reached, from 0 to 1.
        num_thresholds: how many thresholds from 0 to 1 are tried.
        class_id: look at this class only.

    >>> float(kerasette.metrics.RecallAtPrecision(0.5)([0, 0, 1, 1], [0.1, 0.3, 0.4, 0.9]))
    1.0
    """

    demanded = "precision"
    precision: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def result(self) -> Any:
        """The best rate, a scalar."""
        return self._best(self._recall, self._precision)
