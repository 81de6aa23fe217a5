"""Connectionist temporal classification: labels of a sequence without their places in time."""

from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.declared import declared
from kerasette.losses.loss import FunctionLoss


def ctc(y_true: Any, y_pred: Any) -> Any:
    """Minus the logarithm of the chance of the labels in any alignment: ``(batch,)``.

    Graves, Fernández, Gomez, Schmidhuber 2006, "Connectionist temporal classification".

    Args:
        y_true: class numbers, ``(batch, length)``, padded with 0, which is the blank.
        y_pred: logits, ``(batch, steps, classes)``.

    >>> kerasette.losses.ctc([[1]], [[[0.0, 0.0]]]).numpy()
    array([0.6931472], dtype=float32)

    Raises: ValueError for other shapes.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3 or y_true.shape[0] != y_pred.shape[0]:
        raise ValueError(
            "The CTC loss takes `y_true` of shape (batch, length) and `y_pred` of shape (batch, "
            f"steps, classes). Received: y_true.shape={tuple(y_true.shape)}, "
            f"y_pred.shape={tuple(y_pred.shape)}."
        )
    if not dtypes.is_int(y_true.dtype):
        y_true = ops.cast(y_true, "int32")
    lengths = ops.sum(ops.cast(y_true != 0, "int32"), axis=-1)
    steps = ops.full((y_pred.shape[0],), y_pred.shape[1], dtype="int32")
    return ops.ctc_loss(y_true, y_pred, lengths, steps, mask_index=0)


@declared
class CTC(FunctionLoss):
    """The loss of label sequences without their places in time; the blank is 0.

    >>> float(kerasette.losses.CTC()([[1]], [[[0.0, 0.0]]]))
    0.6931471824645996
    """

    function = staticmethod(ctc)
    class_targets = True
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "ctc"
    dtype: Any = None
