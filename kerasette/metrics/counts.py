"""Counts of right and wrong positives and negatives; precision and recall."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.declared import declared
from kerasette.metrics.confusion import BELOW_ALL, checked_thresholds, count_at
from kerasette.metrics.metric import Metric


class _AtThresholds(Metric):
    """Some of the four counts, at thresholds, each in a variable of its name."""

    kept: tuple[str, ...]  # the variables
    counted: tuple[str, ...]  # which count each holds
    init_thresholds: Any
    thresholds: Any
    top_k: int | None = None
    class_id: int | None = None

    def validate(self) -> None:
        self.init_thresholds = self.thresholds
        default = 0.5 if self.top_k is None else BELOW_ALL
        self.thresholds = checked_thresholds(self.thresholds, default)
        for name in self.kept:
            setattr(self, name, self.add_variable((len(self.thresholds),), "zeros", name=name))

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
            dtype=self._variables[0].dtype,
            top_k=self.top_k,
            class_id=self.class_id,
        )
        for name, variable in zip(self.counted, self._variables, strict=True):
            variable.assign_add(getattr(counts, name))

    def _share(self, part: Any, rest: Any) -> Any:
        shares = ops.divide_no_nan(part, part + rest)
        return shares[0] if len(self.thresholds) == 1 else shares

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a metric like this one."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class _Count(_AtThresholds):
    """One of the four counts."""

    kept = ("accumulator",)
    accumulator: Any

    def result(self) -> Any:
        """The count: a scalar, or ``(thresholds,)``."""
        return self.accumulator[0] if len(self.thresholds) == 1 else self.accumulator.value


@declared
class TruePositives(_Count):
    """How many ones with a prediction above the threshold.

    Args:
        thresholds: a number from 0 to 1, or several; 0.5 by default.

    >>> float(kerasette.metrics.TruePositives()([0, 1, 1, 1], [1, 0, 1, 1]))
    2.0
    """

    counted = ("true_positives",)
    thresholds: Any = None
    name: str | None = None
    dtype: Any = None


@declared
class TrueNegatives(_Count):
    """How many zeros with a prediction not above the threshold.

    Args:
        thresholds: a number from 0 to 1, or several; 0.5 by default.

    >>> float(kerasette.metrics.TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0]))
    2.0
    """

    counted = ("true_negatives",)
    thresholds: Any = None
    name: str | None = None
    dtype: Any = None


@declared
class FalsePositives(_Count):
    """How many zeros with a prediction above the threshold.

    Args:
        thresholds: a number from 0 to 1, or several; 0.5 by default.

    >>> float(kerasette.metrics.FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1]))
    2.0
    """

    counted = ("false_positives",)
    thresholds: Any = None
    name: str | None = None
    dtype: Any = None


@declared
class FalseNegatives(_Count):
    """How many ones with a prediction not above the threshold.

    Args:
        thresholds: a number from 0 to 1, or several; 0.5 by default.

    >>> float(kerasette.metrics.FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0]))
    2.0
    """

    counted = ("false_negatives",)
    thresholds: Any = None
    name: str | None = None
    dtype: Any = None


@declared
class Precision(_AtThresholds):
    """The share of ones among what is predicted to be one: ``TP / (TP + FP)``.

    Args:
        thresholds: a number from 0 to 1, or several; 0.5 by default, and none with ``top_k``.
        top_k: count a sample's ``k`` largest predictions as ones, and no others.
        class_id: look at this class only.

    >>> float(kerasette.metrics.Precision()([0, 1, 1, 1], [1, 0, 1, 1]))
    0.6666666865348816
    """

    kept = counted = ("true_positives", "false_positives")
    true_positives: ClassVar[Any]
    false_positives: ClassVar[Any]
    thresholds: Any = None
    top_k: int | None = None
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def result(self) -> Any:
        """The share: a scalar, or ``(thresholds,)``; 0 where there is nothing to share."""
        return self._share(self.true_positives, self.false_positives)


@declared
class Recall(_AtThresholds):
    """The share of ones that are predicted to be one: ``TP / (TP + FN)``.

    Args:
        thresholds: a number from 0 to 1, or several; 0.5 by default, and none with ``top_k``.
        top_k: count a sample's ``k`` largest predictions as ones, and no others.
        class_id: look at this class only.

    >>> float(kerasette.metrics.Recall()([0, 1, 1, 1], [1, 0, 1, 1]))
    0.6666666865348816
    """

    kept = counted = ("true_positives", "false_negatives")
    true_positives: ClassVar[Any]
    false_negatives: ClassVar[Any]
    thresholds: Any = None
    top_k: int | None = None
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def result(self) -> Any:
        """The share: a scalar, or ``(thresholds,)``; 0 where there is nothing to share."""
        return self._share(self.true_positives, self.false_negatives)
