"""From a value for each sample to one number: shapes that are made to fit, weights, masks."""

import math
from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.core.rules import broadcast_shapes

REDUCTIONS = (None, "none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight")


def standardize_reduction(reduction: Any) -> Any:
    """The reduction itself, checked.

    Raises: ValueError for one that is not known.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"`reduction` must be one of {REDUCTIONS}. Received: reduction={reduction!r}."
        )
    return reduction


def match_ranks(x1: Any, x2: Any, expand_rank_1: bool = True) -> tuple[Any, Any]:
    """Two values of one rank, where a last dimension of size 1 is all that is too much.

    The value with that dimension loses it; or, where the other has one dimension only and
    ``expand_rank_1`` is set, the other gets it.
    """
    rank1, rank2 = len(x1.shape), len(x2.shape)
    if rank1 == rank2 + 1 and x1.shape[-1] == 1:
        if rank2 == 1 and expand_rank_1:
            return x1, ops.expand_dims(x2, -1)
        return ops.squeeze(x1, -1), x2
    if rank2 == rank1 + 1 and x2.shape[-1] == 1:
        if rank1 == 1 and expand_rank_1:
            return ops.expand_dims(x1, -1), x2
        return x1, ops.squeeze(x2, -1)
    return x1, x2


def floating_pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Targets and predictions as tensors of the predictions' float dtype."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_pred = ops.cast(y_pred, dtypes.floating(y_pred.dtype))
    return ops.cast(y_true, y_pred.dtype), y_pred


def matching_pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """``floating_pair`` with ranks that match.

    Raises: ValueError for shapes that do not fit together.
    """
    y_true, y_pred = match_ranks(*floating_pair(y_true, y_pred))
    check_broadcast(y_true, y_pred)
    return y_true, y_pred


def check_broadcast(y_true: Any, y_pred: Any) -> None:
    """Refuse targets and predictions whose shapes do not broadcast together."""
    try:
        broadcast_shapes(tuple(y_true.shape), tuple(y_pred.shape))
    except ValueError:
        raise ValueError(
            "The shapes of `y_true` and `y_pred` do not fit together. "
            f"Received: y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}."
        ) from None


def mask_of(value: Any) -> Any:
    """The mask that a tensor carries, or ``None``."""
    return getattr(value, "_keras_mask", None)


def apply_mask(sample_weight: Any, mask: Any, dtype: Any, reduction: Any) -> Any:
    """Weights that are 0 where the mask is false.

    For a mean over the batch the others grow so that the mean is over what is not masked.
    """
    if mask is None:
        return sample_weight
    weight = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        total = math.prod(mask.shape)
        weight = weight * ops.divide_no_nan(ops.cast(total, dtype), ops.sum(weight))
    if sample_weight is None:
        return weight
    weight, sample_weight = fit_weight(weight, ops.cast(sample_weight, dtype))
    return sample_weight * weight


def fit_weight(values: Any, sample_weight: Any) -> tuple[Any, Any]:
    """Values and their weights in shapes that broadcast: a weight of shape ``(batch,)`` is for
    whole samples, whatever shape the values of a sample have.

    Raises: ValueError for weights whose shape does not fit.
    """
    values, sample_weight = match_ranks(values, sample_weight)
    shape, weights = tuple(values.shape), tuple(sample_weight.shape)
    if 0 < len(weights) < len(shape) and weights == shape[: len(weights)]:
        sample_weight = ops.reshape(sample_weight, weights + (1,) * (len(shape) - len(weights)))
    try:
        broadcast_shapes(shape, tuple(sample_weight.shape))
    except ValueError:
        raise ValueError(
            "The shape of `sample_weight` (or of the mask) does not fit the losses. "
            f"Received: weights of shape {weights} for losses of shape {shape}."
        ) from None
    return values, sample_weight


def reduce_weighted_values(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: Any = "sum_over_batch_size",
    dtype: Any = None,
) -> Any:
    """The reduction of ``values``, each times its weight; what the mask leaves out counts nothing.

    Args:
        values: ``(batch, ...)``.
        sample_weight: ``(batch,)``, or a shape that broadcasts with that of ``values``.
        mask: ``(batch, ...)``, false for what is left out.
        reduction: "sum"; "sum_over_batch_size" or "mean", the sum over the number of values;
            "mean_with_sample_weight", the sum over that of the weights; "none" or ``None``.
        dtype: in which all this is computed; by default that of ``values``.
    """
    values = ops.convert_to_tensor(values, dtype)
    sample_weight = apply_mask(sample_weight, mask, values.dtype, reduction)
    if sample_weight is not None:
        values, sample_weight = fit_weight(values, ops.cast(sample_weight, values.dtype))
        if mask is not None:  # a value that is not a number must not pass through a weight of 0
            values = ops.where(sample_weight == 0, 0, values)
        values = values * sample_weight
    if reduction in (None, "none") or not values.shape:
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        count = ops.sum(ops.broadcast_to(sample_weight, values.shape))
    else:
        count = ops.cast(math.prod(values.shape), total.dtype)
    return ops.divide_no_nan(total, count)
