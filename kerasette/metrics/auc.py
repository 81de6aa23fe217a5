"""The area under the curve of two rates as the threshold goes from 1 to 0."""

from typing import Any

import numpy as np

from kerasette import ops
from kerasette.arrays.settings import epsilon
from kerasette.core.budget import charge
from kerasette.metrics.confusion import count_at
from kerasette.metrics.metric import Metric
from kerasette.registry import register

_CURVES = ("ROC", "PR", "PRGAIN")
_METHODS = ("interpolation", "majoring", "minoring")
_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


class AUC(Metric):
    """The area under a curve of rates, by sums over thresholds.

    Args:
        num_thresholds: how many thresholds from 0 to 1 the curve is drawn through.
        curve: "ROC", true positives by false positives; "PR", precision by recall; or "PRGAIN",
            gains in both over the classifier that says always yes (Flach, Kull 2015,
            "Precision-recall-gain curves").
        summation_method: "interpolation" (for PR that of Davis, Goadrich 2006, "The relationship
            between precision-recall and ROC curves"), "majoring", which takes the larger of
            neighbours, or "minoring".
        thresholds: the thresholds between 0 and 1, in place of ``num_thresholds``.
        multi_label: whether each label on the last axis has a curve of its own, of whose areas the
            mean is taken.
        num_labels: how many labels there are; by default found in the first batch.
        label_weights: a weight for each label.
        from_logits: whether predictions are logits, of which the sigmoid is the chance.

    >>> float(kerasette.metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
    0.75

    Raises: ValueError for arguments that make no sense.
    """

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ):
        super().__init__(name=name, dtype=dtype)
        self.curve = _one_of("curve", str(curve).upper(), _CURVES)
        self.summation_method = _one_of("summation_method", str(summation_method).lower(), _METHODS)
        self._own_thresholds = thresholds is not None
        self._thresholds = _thresholds(num_thresholds, thresholds)
        self.num_thresholds = len(self._thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else np.asarray(label_weights).tolist()
        self._from_logits = from_logits
        self._built = False
        if num_labels is not None and not multi_label:
            raise ValueError(
                "`num_labels` goes with multi_label=True. "
                f"Received: num_labels={num_labels}, multi_label=False."
            )
        if not multi_label or num_labels:
            self._build(num_labels)

    @property
    def thresholds(self) -> list[float]:
        """The thresholds, from just below 0 to just above 1."""
        return self._thresholds.tolist()

    def _build(self, labels: int | None) -> None:
        if labels and self.label_weights is not None and len(self.label_weights) != labels:
            raise ValueError(
                f"`label_weights` must hold a weight for each of the {labels} labels. "
                f"Received: {len(self.label_weights)} weights."
            )
        shape = (self.num_thresholds, labels) if labels else (self.num_thresholds,)
        for name in _COUNTS:
            setattr(self, name, self.add_variable(shape, "zeros", name=name))
        self._built = True

    def _build_for(self, shapes: list[tuple[int, ...]]) -> None:
        if not self._built and len(shapes[0]) == 2:
            self._build(shapes[0][1])

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Args:
            y_true: labels, 0 or 1, ``(...)``; ``(batch, labels)`` with ``multi_label``.
            y_pred: chances, or logits, of the same shape.
            sample_weight: ``(batch,)``, or up to the shape of ``y_pred``.

        Raises: ValueError for shapes that do not fit.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        if self.multi_label:
            wanted = self.true_positives.shape[1] if self._built else None
            if len(y_pred.shape) != 2 or wanted not in (None, y_pred.shape[1]):
                raise ValueError(
                    f"With multi_label=True, `y_pred` must have shape (batch, {wanted or 'labels'})"
                    f". Received: y_pred.shape={tuple(y_pred.shape)}."
                )
            if not self._built:
                self._build(y_pred.shape[1])
        if self._from_logits:
            y_pred = ops.sigmoid(y_pred)
        counts = count_at(
            self._thresholds,
            y_true,
            y_pred,
            sample_weight,
            dtype=self.true_positives.dtype,
            multi_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
        )
        for name in _COUNTS:
            getattr(self, name).assign_add(getattr(counts, name))

    def result(self) -> Any:
        """The area, a scalar."""
        if not self._built:
            return ops.zeros((), self.dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        x, y = self._points()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        else:
            larger = self.summation_method == "majoring"
            heights = (ops.maximum if larger else ops.minimum)(y[:-1], y[1:])
        return self._mean_over_labels(ops.sum((x[:-1] - x[1:]) * heights, axis=0))

    def _points(self) -> tuple[Any, Any]:
        """The curve's points by falling ``x``."""
        tp, fp = self.true_positives.value, self.false_positives.value
        tn, fn = self.true_negatives.value, self.false_negatives.value
        recall = ops.divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            return ops.divide_no_nan(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, ops.divide_no_nan(tp, tp + fp)
        odds = ops.divide_no_nan(tp + fn, tn + fp)
        none = ops.equal(tp, 0.0)
        recall_gain = ops.where(none, 0.0, 1.0 - odds * ops.divide_no_nan(fn, tp))
        precision_gain = ops.where(none, 1.0, 1.0 - odds * ops.divide_no_nan(fp, tp))
        return ops.maximum(recall_gain, 0.0), precision_gain

    def interpolate_pr_auc(self) -> Any:
        """The area under precision by recall, between thresholds with counts that grow linearly."""
        tp, fn = self.true_positives.value, self.false_negatives.value
        positives = tp + self.false_positives
        more_right = tp[:-1] - tp[1:]
        more = positives[:-1] - positives[1:]
        slope = ops.divide_no_nan(more_right, ops.maximum(more, 0))
        intercept = tp[1:] - slope * positives[1:]
        both = ops.logical_and(positives[:-1] > 0, positives[1:] > 0)
        ratio = ops.divide_no_nan(positives[:-1], ops.maximum(positives[1:], 0))
        ratio = ops.where(both, ratio, 1.0)
        areas = ops.divide_no_nan(
            slope * (more_right + intercept * ops.log(ratio)), ops.maximum(tp[1:] + fn[1:], 0)
        )
        return self._mean_over_labels(ops.sum(areas, axis=0))

    def _mean_over_labels(self, areas: Any) -> Any:
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return ops.mean(areas)
        weights = ops.convert_to_tensor(self.label_weights, areas.dtype)
        return ops.divide_no_nan(ops.sum(areas * weights), ops.sum(weights))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a metric like this one."""
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self._from_logits,
        }
        if self._own_thresholds:
            config["thresholds"] = self.thresholds[1:-1]
        return config


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}.")
    return value


def _thresholds(number: int, given: Any) -> np.ndarray:
    """All thresholds: those given, or at equal distances; the outer ones just past 0 and 1."""
    if given is None:
        if number <= 1:
            raise ValueError(
                f"`num_thresholds` must be at least 2. Received: num_thresholds={number!r}."
            )
        charge((number,), 8, "The thresholds of AUC")
        inner = np.arange(1, number - 1) / (number - 1)
    else:
        inner = np.sort(np.asarray(given, dtype=np.float64).reshape(-1))
        if not np.all((inner >= 0) & (inner <= 1)):
            raise ValueError(f"`thresholds` must be from 0 to 1. Received: thresholds={given}.")
    return np.concatenate([[-epsilon()], inner, [1 + epsilon()]])


register("metric", AUC)
