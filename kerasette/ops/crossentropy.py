"""Cross-entropies: how badly predicted chances fit what is true."""

from typing import Any

from kerasette.arrays import dtypes, settings
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.activation import softplus
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.exponential import log
from kerasette.ops.gathering import take_along_axis
from kerasette.ops.logic import where
from kerasette.ops.reductions import sum_over
from kerasette.ops.rounding import clip
from kerasette.ops.shaping import expand_dims, squeeze
from kerasette.ops.simplex import log_softmax_over

__all__ = ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]


def _predictions(output: Any) -> Any:
    """A tensor of floats, of 32 bits at least: in 16 bits, ``1 - epsilon`` would be 1."""
    output = convert_to_tensor(output)
    return cast(output, dtypes.result_type(output.dtype, "float32"))


def _result_dtype(output: Any) -> Any:
    return dtypes.floating(convert_to_tensor(output).dtype)


def _same_shape(target: Any, output: Any) -> None:
    if tuple(target.shape) != tuple(output.shape):
        raise ValueError(
            "`target` and `output` must have the same shape. Received: target of shape "
            f"{tuple(target.shape)}, output of shape {tuple(output.shape)}."
        )


def _log_chances(output: Any, from_logits: bool, axis: int) -> Any:
    """The logarithms of the classes' chances along ``axis``."""
    if from_logits:
        return log_softmax_over(output, axis=(axis,))
    epsilon = settings.epsilon()
    chances = output / sum_over(output, axis=(axis,), keepdims=True)
    return log(clip(chances, epsilon, 1 - epsilon))


@operation
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """``-(target * log(output) + (1 - target) * log(1 - output))``, elementwise.

    Args:
        target: chances from 0 to 1 ``(...)``: what is true.
        output: predicted chances ``(...)``, or their logits.
        from_logits: whether ``output`` are logits, of which the sigmoid is the chance. Chances are
            kept ``epsilon`` away from 0 and 1; for logits nothing needs to be.

    >>> ops.binary_crossentropy([0.0, 1.0], [0.5, 0.5]).numpy()
    array([0.6931472, 0.6931472], dtype=float32)

    Raises: ValueError where the shapes differ.
    """
    dtype, output = _result_dtype(output), _predictions(output)
    target = convert_to_tensor(target, output.dtype)
    _same_shape(target, output)
    if from_logits:
        positive = output > 0
        size = where(positive, output, -output)
        loss = where(positive, output, 0) - output * target + softplus(-size)
    else:
        epsilon = settings.epsilon()
        output = clip(output, epsilon, 1 - epsilon)
        loss = -(target * log(output) + (1 - target) * log(1 - output))
    return cast(loss, dtype)


@operation
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """``-sum(target * log(output))`` over the classes on ``axis``.

    Args:
        target: chances of the classes ``(..., classes)``, such as one-hot vectors: what is true.
        output: predicted chances ``(..., classes)``, or their logits.
        from_logits: whether ``output`` are logits, of which the softmax are the chances. Chances
            are first divided by their sum, and kept ``epsilon`` away from 0 and 1.
        axis: the axis of the classes.

    Returns: ``(...)``, without the axis.

    >>> float(ops.categorical_crossentropy([0.0, 1.0], [0.5, 0.5]))
    0.6931471824645996

    Raises: ValueError where the shapes differ.
    """
    dtype, output = _result_dtype(output), _predictions(output)
    target = convert_to_tensor(target, output.dtype)
    _same_shape(target, output)
    axis = _class_axis(output, axis)
    loss = -sum_over(target * _log_chances(output, from_logits, axis), axis=(axis,), keepdims=False)
    return cast(loss, dtype)


def _class_axis(output: Any, axis: int) -> int:
    if not output.shape:
        raise ValueError("`output` needs an axis of classes. Received: a scalar.")
    return canonical_axis(axis, len(output.shape))


def _labels(target: Spec, *, classes: int) -> Spec:
    return target


@primitive(_labels, native=True)
def checked_labels(xp: Any, target: Any, *, classes: int) -> Any:
    """Labels, refused where one is no class: ``(...) -> (...)``."""
    if target.size and not 0 <= int(target.min()) <= int(target.max()) < classes:
        raise ValueError(
            f"Labels must be from 0 to {classes - 1}, as there are {classes} classes. "
            f"Received: labels from {int(target.min())} to {int(target.max())}."
        )
    return target


checked_labels.nograd()


@operation
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """``-log(output[target])``: of the classes on ``axis``, the one that is true.

    Args:
        target: integers ``(...)`` or ``(..., 1)``: the number of the true class.
        output: predicted chances ``(..., classes)``, or their logits.
        from_logits: whether ``output`` are logits, of which the softmax are the chances. Chances
            are first divided by their sum, and kept ``epsilon`` away from 0 and 1.
        axis: the axis of the classes.

    Returns: ``(...)``.

    >>> float(ops.sparse_categorical_crossentropy(1, [0.5, 0.5]))
    0.6931471824645996

    Raises: ValueError where the shapes do not fit, or a label is no class.
    """
    dtype, output = _result_dtype(output), _predictions(output)
    target = convert_to_tensor(target)
    target = target if dtypes.is_int(target.dtype) else cast(target, "int64")
    axis = _class_axis(output, axis)
    if len(target.shape) == len(output.shape) and target.shape[axis] == 1:
        target = squeeze(target, axis)
    wanted = tuple(output.shape[:axis]) + tuple(output.shape[axis + 1 :])
    if tuple(target.shape) != wanted:
        raise ValueError(
            "`target` must have the shape of `output` without its axis of classes. Received: "
            f"target of shape {tuple(target.shape)}, output of shape {tuple(output.shape)}, "
            f"axis={axis}."
        )
    target = checked_labels(target, classes=int(output.shape[axis]))
    chosen = take_along_axis(
        _log_chances(output, from_logits, axis), expand_dims(target, axis), axis
    )
    return cast(-squeeze(chosen, axis), dtype)
