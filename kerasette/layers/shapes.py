"""Shapes as constructors, files and users give them."""

from typing import Any


def shapes_only(shape: Any) -> Any:
    """Shapes given as lists count as tuples."""
    if isinstance(shape, list) and all(size is None or isinstance(size, int) for size in shape):
        return tuple(shape)
    return shape


def as_shape(value: Any) -> Any:
    """A shape as files hold it (a list) made a tuple, in nested structures too."""
    if isinstance(value, list):
        if all(size is None or isinstance(size, int) for size in value):
            return tuple(value)
        return [as_shape(part) for part in value]
    if isinstance(value, dict):
        return {key: as_shape(part) for key, part in value.items()}
    return value


def input_shape_argument(kwargs: dict[str, Any]) -> Any:
    """``input_shape=``, ``batch_shape=``… of a layer that is the first of a Sequential model."""
    shape = kwargs.pop("input_shape", None)
    batch_shape = kwargs.pop("batch_input_shape", kwargs.pop("batch_shape", None))
    input_dim = kwargs.pop("input_dim", None)
    batch_size = kwargs.pop("batch_size", None)
    if batch_shape is not None:
        return tuple(batch_shape)
    if shape is None and input_dim is not None:
        shape = (input_dim,)
    if shape is None:
        return None
    return (batch_size, *(shape if isinstance(shape, (tuple, list)) else (shape,)))
