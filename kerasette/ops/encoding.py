"""Classes as vectors."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.rules import canonical_axis
from kerasette.ops.comparison import equal
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange
from kerasette.ops.reductions import any as any_of
from kerasette.ops.shaping import expand_dims, reshape

__all__ = ["multi_hot", "one_hot"]


def _is_class(x: Any, num_classes: int, axis: int) -> tuple[Any, int]:
    """Truth values with a new axis of the classes; the axis, counted from the front."""
    x = convert_to_tensor(x)
    x = x if dtypes.is_int(x.dtype) else cast(x, "int32")
    rank = len(x.shape) + 1
    axis = canonical_axis(axis, rank)
    shape = [1] * rank
    shape[axis] = int(num_classes)
    classes = reshape(arange(int(num_classes), dtype="int32"), shape)
    return equal(expand_dims(x, axis), classes), axis


def _refuse_sparse(sparse: bool) -> None:
    if sparse:
        raise ValueError("kerasette has no sparse tensors. Received: sparse=True.")


@operation
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    """Each class as a vector that is 1 at its place and 0 elsewhere.

    Args:
        x: integers ``(...)``, the classes; those outside 0 to ``num_classes - 1`` give zeros.
        num_classes: the size of the new axis.
        axis: where the new axis is in the result.
        dtype: of the result; floatx by default.
        sparse: must be false.

    >>> ops.one_hot([0, 2], 3).numpy()
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    _refuse_sparse(sparse)
    found, _ = _is_class(x, num_classes, axis)
    return cast(found, dtypes.standardize_dtype(dtype))


@operation
def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Any:
    """Sets of classes as vectors: 1 at the places of those that are there, 0 elsewhere.

    Args:
        inputs: integers ``(batch, count, ...)`` or ``(count,)``, the classes of each set; those
            outside 0 to ``num_classes - 1`` are left out.
        num_classes: the size of the new axis.
        axis: where the new axis is, as for ``ops.one_hot``, before the axis of the count goes.
        dtype: of the result; floatx by default.
        sparse: must be false.

    >>> ops.multi_hot([0, 2, 2], 4).numpy()
    array([1., 0., 1., 0.], dtype=float32)

    Raises: ValueError without ``num_classes``.
    """
    if num_classes is None:
        num_classes = kwargs.pop("num_tokens", None)  # its name in Keras 2
    if kwargs:
        raise TypeError(f"multi_hot has no argument {next(iter(kwargs))!r}.")
    if num_classes is None:
        raise ValueError("`num_classes` must be given. Received: num_classes=None.")
    _refuse_sparse(sparse)
    found, axis = _is_class(inputs, num_classes, axis)
    count = 1 if len(found.shape) > 2 else 0
    found = any_of(found, axis=count + 1 if axis <= count else count)
    return cast(found, dtypes.standardize_dtype(dtype))


operators.install(one_hot=one_hot)
