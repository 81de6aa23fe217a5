"""Making tensors of things, and changing their dtype."""

from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import same
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor, Tensor, TensorBase, as_array

__all__ = [
    "cast", "convert_to_numpy", "convert_to_tensor", "dtype", "is_tensor", "shape",
    "stop_gradient",
]  # fmt: skip


def _cast_spec(x: Spec, *, dtype: str) -> Spec:
    return Spec(x.shape, dtypes.ALL[dtype])


@primitive(_cast_spec, native=True, name="cast")
def cast_to(xp: Any, x: Any, *, dtype: str) -> Any:
    """Another dtype, elementwise: ``(...) -> (...)``."""
    target = dtypes.numpy_dtype(dtype)
    if x.dtype.kind == "c" and target.kind != "c":
        x = x.real
    return x.astype(target)


# The engine casts each gradient back to the dtype of its operand.
cast_to.defvjp(x=lambda g: g)


@operation
def cast(x: Any, dtype: Any) -> Any:
    """``x`` with another dtype: ``(...) -> (...)``; itself where it has that dtype already.

    >>> ops.cast(kerasette.constant([1.7, -1.2]), "int32").numpy()
    array([ 1, -1], dtype=int32)

    Raises: ValueError for an unknown dtype.
    """
    name = dtypes.standardize_dtype(dtype)
    x = x if isinstance(x, TensorBase) else Tensor(as_array(x))
    if hasattr(x, "assign"):
        x = x.value  # type: ignore[attr-defined]
    return x if x.dtype == name else cast_to(x, dtype=str(name))


@primitive(same, native=True)
def identity_of(xp: Any, x: Any) -> Any:
    """The same values, as a tensor of its own on tapes."""
    return x


identity_of.defvjp(x=lambda g: g)


@primitive(lambda x, after: x, native=True)
def recall(xp: Any, x: Any, after: Any) -> Any:
    """``x`` itself, but not before ``after`` is known: what follows from it comes later."""
    return x


recall.defvjp(x=lambda g: g, after=lambda g, after: operators.method("zeros_like")(after))


@primitive(same, native=True, name="stop_gradient")
def _stop_gradient(xp: Any, variable: Any) -> Any:
    """The same values, through which no gradient flows."""
    return variable


_stop_gradient.nograd()


@operation
def stop_gradient(variable: Any) -> Any:
    """The same values; gradients treat them as constants: ``(...) -> (...)``.

    >>> x = kerasette.Variable(2.0)
    >>> with kerasette.GradientTape() as tape:
    ...     y = x * ops.stop_gradient(x)
    >>> float(tape.gradient(y, x))
    2.0
    """
    return _stop_gradient(variable)


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """A tensor of numbers, nested lists, arrays, variables or tensors.

    Args:
        x: the values.
        dtype: the element type; by default that of ``x``.

    >>> ops.convert_to_tensor([1.0, 2.0]).shape
    (2,)
    """
    if type(x) is Tensor and dtype is None:
        return x
    if sparse or ragged:
        raise ValueError("kerasette has no sparse or ragged tensors: leave `sparse` and `ragged`.")
    if hasattr(x, "assign"):
        x = x.value
    if isinstance(x, TensorBase):
        return x if dtype is None else cast(x, dtype)
    if isinstance(x, (list, tuple)) and _has_tensor(x):
        stacked = operators.method("stack")([convert_to_tensor(part) for part in x])
        return stacked if dtype is None else cast(stacked, dtype)
    value = Tensor(as_array(x, dtype))
    if state.symbolic:
        return KerasTensor(value.shape, value.dtype, record_history=False)
    return value


def _has_tensor(values: Any) -> bool:
    return any(
        isinstance(v, TensorBase) or (isinstance(v, (list, tuple)) and _has_tensor(v))
        for v in values
    )


def convert_to_numpy(x: Any) -> np.ndarray:
    """The values as a numpy array (a copy).

    >>> ops.convert_to_numpy([1, 2])
    array([1, 2], dtype=int32)
    """
    if hasattr(x, "assign"):
        x = x.value
    return x.numpy() if isinstance(x, TensorBase) else np.array(as_array(x))  # type: ignore[attr-defined]


def is_tensor(x: Any) -> bool:
    """Whether ``x`` is a tensor with values (or traced), not a KerasTensor or a variable."""
    return isinstance(x, TensorBase) and not isinstance(x, KerasTensor) and not hasattr(x, "assign")


def shape(x: Any) -> tuple[Any, ...]:
    """The shape as a tuple; ``None`` for a size that is not known.

    >>> ops.shape(ops.zeros((2, 3)))
    (2, 3)
    """
    return tuple(x.shape) if hasattr(x, "shape") else tuple(as_array(x).shape)


def dtype(x: Any) -> str:
    """The dtype, as a string."""
    return str(dtypes.standardize_dtype(x.dtype if hasattr(x, "dtype") else as_array(x).dtype))


operators.install(
    cast=cast, identity_of=identity_of, recall=recall, convert_to_tensor=convert_to_tensor
)
