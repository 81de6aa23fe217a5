"""F scores: precision and recall in one number."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.arrays.settings import epsilon
from kerasette.declared import declared
from kerasette.metrics.metric import Metric

_STATE = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class _FScore(Metric):
    """``(1 + beta**2) * precision * recall / (beta**2 * precision + recall)``, by class."""

    average: str | None
    beta: float = 1.0
    threshold: float | None
    true_positives: Any
    false_positives: Any
    false_negatives: Any
    intermediate_weights: Any

    def validate(self) -> None:
        if self.average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "`average` must be None, 'micro', 'macro' or 'weighted'. "
                f"Received: average={self.average!r}."
            )
        for name, value in (("beta", self.beta), ("threshold", self.threshold)):
            if value is None:
                continue
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or value <= 0 or (name == "threshold" and value > 1):
                bounds = "above 0" if name == "beta" else "above 0 and at most 1"
                raise ValueError(f"`{name}` must be a number {bounds}. Received: {name}={value!r}.")
        self._built = False

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        for name in _STATE:
            setattr(self, name, self.add_variable(shape, "zeros", dtype=self.dtype, name=name))
        self._built = True

    def _build_for(self, shapes: list[tuple[int, ...]]) -> None:
        if not self._built and (self.average == "micro") == (shapes[0] == ()):
            self._build(shapes[0][0] if shapes[0] else 0)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Args:
            y_true: labels, 0 or 1, ``(batch, classes)``.
            y_pred: chances, ``(batch, classes)``.
            sample_weight: ``(batch,)``.

        Raises: ValueError for other shapes.
        """
        y_true = ops.convert_to_tensor(y_true, self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, self.dtype)
        if len(y_pred.shape) != 2 or tuple(y_true.shape) != tuple(y_pred.shape):
            raise ValueError(
                f"{type(self).__name__} takes targets and predictions of shape (batch, classes). "
                f"Received: y_true.shape={tuple(y_true.shape)}, "
                f"y_pred.shape={tuple(y_pred.shape)}."
            )
        if not self._built:
            self._build(y_pred.shape[1])
        if self.threshold is None:  # the largest, unless all are 0
            largest = ops.max(y_pred, axis=-1, keepdims=True)
            chosen = ops.logical_and(y_pred >= largest, ops.abs(y_pred) > 1e-9)
        else:
            chosen = y_pred > self.threshold
        chosen = ops.cast(chosen, self.dtype)
        weight = 1.0
        if sample_weight is not None:
            weight = ops.reshape(ops.convert_to_tensor(sample_weight, self.dtype), (-1, 1))
        axis = None if self.average == "micro" else 0
        for variable, counted in (
            (self.true_positives, chosen * y_true),
            (self.false_positives, chosen * (1 - y_true)),
            (self.false_negatives, (1 - chosen) * y_true),
            (self.intermediate_weights, y_true),
        ):
            variable.assign_add(ops.sum(counted * weight, axis=axis))

    def result(self) -> Any:
        """The score: ``(classes,)``, or a scalar where an average is taken."""
        if not self._built:
            return ops.zeros((), self.dtype)
        tp = self.true_positives.value
        precision = tp / (tp + self.false_positives + epsilon())
        recall = tp / (tp + self.false_negatives + epsilon())
        square = self.beta**2
        score = (1 + square) * precision * recall / (square * precision + recall + epsilon())
        if self.average == "weighted":
            total = ops.sum(self.intermediate_weights) + epsilon()
            return ops.sum(score * (self.intermediate_weights / total))
        return score if self.average is None else ops.mean(score)


@declared
class FBetaScore(_FScore):
    """The harmonic mean of precision and recall, recall being ``beta`` times as important.

    Args:
        average: ``None`` for a score of each class; "micro" counts all classes together, "macro"
            takes the mean over classes, "weighted" weighs them by how many samples they have.
        beta: how much more recall matters than precision.
        threshold: what is above it is predicted; by default the largest is.

    >>> metric = kerasette.metrics.FBetaScore(average="macro", beta=2.0, threshold=0.5)
    >>> round(float(metric([[1, 1], [1, 0]], [[0.9, 0.2], [0.9, 0.1]])), 4)
    0.5
    """

    average: str | None = None
    beta: float = 1.0
    threshold: float | None = None
    name: str | None = "fbeta_score"
    dtype: Any = None


@declared
class F1Score(_FScore):
    """The harmonic mean of precision and recall.

    Args:
        average: ``None`` for a score of each class; "micro" counts all classes together, "macro"
            takes the mean over classes, "weighted" weighs them by how many samples they have.
        threshold: what is above it is predicted; by default the largest is.

    >>> metric = kerasette.metrics.F1Score(average="macro", threshold=0.5)
    >>> round(float(metric([[1, 1], [1, 0]], [[0.9, 0.2], [0.9, 0.1]])), 4)
    0.5
    """

    beta: ClassVar[float] = 1.0  # type: ignore[misc]
    average: str | None = None
    threshold: float | None = None
    name: str | None = "f1_score"
    dtype: Any = None
