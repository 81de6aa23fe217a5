"""Counting true and false positives and negatives at many thresholds in one pass."""

from typing import Any, NamedTuple

import numpy as np

from kerasette import ops
from kerasette.losses.reduction import fit_weight, match_ranks

BELOW_ALL = -1e10  # what is not among the `top_k` gets this prediction


class Counts(NamedTuple):
    """Weighted numbers by threshold: ``(thresholds,)``, or ``(thresholds, labels)``."""

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any


def checked_thresholds(thresholds: Any, default: float) -> list[float]:
    """Thresholds as a list; one of ``default`` for ``None``.

    Raises: ValueError for one outside 0 to 1.
    """
    if thresholds is None:
        return [default]
    values = list(np.atleast_1d(np.asarray(thresholds, dtype=object)))
    for value in values:
        if value is None or not 0 <= value <= 1:
            raise ValueError(f"`thresholds` must be from 0 to 1. Received: {value!r}.")
    if not values:
        raise ValueError("`thresholds` must hold at least one. Received: none.")
    return [float(value) for value in values]


def evenly_spread(thresholds: Any) -> bool:
    """Whether thresholds are at least 3, at equal distances from 0 to 1."""
    return len(thresholds) >= 3 and np.allclose(
        thresholds, np.linspace(0.0, 1.0, len(thresholds)), atol=1e-7
    )


def count_at(
    thresholds: Any,
    y_true: Any,
    y_pred: Any,
    sample_weight: Any = None,
    *,
    dtype: Any,
    top_k: int | None = None,
    class_id: int | None = None,
    multi_label: bool = False,
    label_weights: Any = None,
) -> Counts:
    """The confusion of labels with predictions above each threshold.

    Each prediction is put between two thresholds by a binary search; sums from the top then give
    the counts of all thresholds. NaN is above none.

    Args:
        thresholds: numbers in any order.
        y_true: labels, 0 or not, ``(...)``.
        y_pred: scores, ``(...)``.
        sample_weight: ``(batch,)``, or up to the shape of ``y_pred``.
        dtype: of the counts.
        top_k: keep only the ``k`` largest scores of each sample.
        class_id: look at this class only.
        multi_label: count for each label: ``(batch, labels)``.
        label_weights: a weight for each label, where they are counted together.

    Raises: ValueError for shapes that do not fit.
    """
    y_pred, y_true = match_ranks(ops.cast(y_pred, dtype), ops.cast(ops.cast(y_true, "bool"), dtype))
    if tuple(y_pred.shape) != tuple(y_true.shape):
        raise ValueError(
            "`y_true` and `y_pred` must have the same shape. Received: "
            f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}."
        )
    if top_k is not None:
        y_pred = _largest_only(y_pred, top_k)
    if class_id is not None:
        y_true, y_pred = _one_class(y_true, class_id), _one_class(y_pred, class_id)
    weights = ops.ones_like(y_pred)
    if sample_weight is not None:
        y_pred, weights = fit_weight(y_pred, ops.cast(sample_weight, dtype))
        weights = ops.broadcast_to(weights, y_pred.shape)
    if label_weights is not None:
        weights = weights * ops.cast(label_weights, dtype)
    labels = y_pred.shape[-1] if multi_label else 1
    y_true, y_pred, weights = (ops.reshape(x, (-1, labels)) for x in (y_true, y_pred, weights))

    order = np.argsort(np.asarray(thresholds), kind="stable")
    rising = np.asarray(thresholds)[order]
    if evenly_spread(rising):  # scores count as chances: 1.5 is above no more than 1.0 is
        y_pred = ops.clip(y_pred, 0.0, 1.0)
    above = ops.searchsorted(ops.convert_to_tensor(rising, dtype), y_pred)  # how many it is above
    above = ops.where(ops.isnan(y_pred), 0, above)
    true_positives, false_negatives = _sums_by_side(weights * y_true, above, order)
    false_positives, true_negatives = _sums_by_side(weights * (1 - y_true), above, order)
    counts = Counts(true_positives, false_positives, true_negatives, false_negatives)
    return counts if multi_label else Counts(*(part[:, 0] for part in counts))


def _sums_by_side(values: Any, above: Any, order: np.ndarray) -> tuple[Any, Any]:
    """For each threshold, the sums of the values whose score is above it, and is not."""
    count, labels = len(order), values.shape[1]
    bins = above + np.arange(labels, dtype=np.int32) * (count + 1)
    sums = ops.segment_sum(
        ops.reshape(values, (-1,)), ops.reshape(bins, (-1,)), num_segments=labels * (count + 1)
    )
    sums = ops.reshape(sums, (labels, count + 1))
    # Each side is summed by itself: a difference of sums would leave a rest where there is nothing.
    not_above = ops.cumsum(sums, axis=1)[:, :-1]
    is_above = ops.flip(ops.cumsum(ops.flip(sums, axis=1), axis=1), axis=1)[:, 1:]
    if not np.array_equal(order, np.arange(count)):
        places = np.argsort(order)
        is_above, not_above = (ops.take(side, places, axis=1) for side in (is_above, not_above))
    return ops.transpose(is_above), ops.transpose(not_above)


def _largest_only(scores: Any, top_k: int) -> Any:
    _, places = ops.top_k(scores, top_k)
    kept = ops.sum(ops.one_hot(places, scores.shape[-1], dtype=scores.dtype), axis=-2)
    return ops.where(kept > 0, scores, BELOW_ALL)


def _one_class(values: Any, class_id: int) -> Any:
    if len(values.shape) < 2 or not 0 <= class_id < values.shape[-1]:
        raise ValueError(
            f"`class_id` must name one of the classes on the last axis of `y_pred`. Received: "
            f"class_id={class_id}, y_pred.shape={tuple(values.shape)}."
        )
    return values[..., class_id : class_id + 1]
