"""Quantizers: functions of a float tensor that give integers and their scale."""

import math
from typing import Annotated, Any

from kerasette import ops
from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core.naming import to_snake_case
from kerasette.declared import Converter, Declared, declared, declared_config
from kerasette.registry import register
from kerasette.saving.serialization import from_config, from_identifier, serialize_keras_object

__all__ = [
    "AbsMaxQuantizer",
    "Quantizer",
    "QuantizerField",
    "abs_max_quantize",
    "abs_max_quantize_grouped_with_zero_point",
    "deserialize",
    "get",
    "serialize",
]


@declared
class Quantizer(Declared):
    """Base class of quantizers. One of one's own defines ``__call__``.

    Args:
        output_dtype: the dtype of the integers.
    """

    registry_kind = "quantizer"

    output_dtype: str = "int8"

    def __call__(self, x: Any) -> Any:
        """``x`` quantized; here, as it is."""
        return x

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a quantizer like this one."""
        return declared_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Quantizer":
        """A quantizer made of what ``get_config`` gave."""
        return cls(**config)


def abs_max_quantize(
    inputs: Any,
    axis: Any,
    value_range: tuple[int, int] = (-127, 127),
    dtype: str = "int8",
    epsilon: float = 1e-07,
    to_numpy: bool = False,
) -> tuple[Any, Any]:
    """Integers ``round(inputs * scale)`` with the scale that takes the greatest size to
    ``value_range[1]``.

    Args:
        inputs: floats ``(...)``.
        axis: the axis, or axes, over which the greatest size is taken.
        value_range: the least and the greatest integer.
        dtype: the dtype of the integers.
        epsilon: is added to the greatest size, which may be 0.
        to_numpy: whether to compute on the CPU, wherever the inputs are.

    Returns: the integers ``(...)``, and the scale, with size 1 along ``axis``.

    >>> numbers, scale = kerasette.quantizers.abs_max_quantize(ops.array([1.0, -2.0]), axis=-1)
    >>> numbers.tolist()
    [64, -127]
    """
    if to_numpy:
        with devices.device("cpu"):
            inputs = ops.convert_to_numpy(inputs)
            return abs_max_quantize(inputs, axis, value_range, dtype, epsilon)
    inputs = ops.convert_to_tensor(inputs)
    axis = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    # In 16 bits epsilon would be 0, and its reciprocal infinite.
    wide = ops.cast(inputs, "float32" if inputs.dtype in dtypes.HALF else inputs.dtype)
    scale = value_range[1] / (ops.max(ops.abs(wide), axis=axis, keepdims=True) + epsilon)
    numbers = ops.clip(ops.round(wide * scale), value_range[0], value_range[1])
    return ops.cast(numbers, dtype), ops.cast(scale, inputs.dtype)


def abs_max_quantize_grouped_with_zero_point(
    inputs: Any,
    block_size: int,
    value_range: tuple[int, int] = (-8, 7),
    dtype: str = "int8",
    epsilon: float = 1e-07,
    to_numpy: bool = False,
) -> tuple[Any, Any, Any]:
    """Integers ``round(inputs / scale) + zero point`` with a scale and a zero point for each column
    of each group of rows, so that the group's values fill ``value_range``.

    Args:
        inputs: a matrix ``(rows, columns)``.
        block_size: how many rows make a group; what the last one lacks counts as 0.
        value_range: the least and the greatest integer.
        dtype: the dtype of the integers.
        epsilon: is added to the difference of greatest and least value.
        to_numpy: whether to compute on the CPU, wherever the inputs are.

    Returns: the integers ``(rows, columns)``; the scales ``(groups, columns)``; the zero points
    ``(groups, columns)``, int8.
    """
    if to_numpy:
        with devices.device("cpu"):
            inputs = ops.convert_to_numpy(inputs)
            return abs_max_quantize_grouped_with_zero_point(
                inputs, block_size, value_range, dtype, epsilon
            )
    inputs = ops.convert_to_tensor(inputs)
    rows, columns = inputs.shape
    least, greatest = value_range
    groups = math.ceil(rows / block_size)
    missing = groups * block_size - rows
    filled = ops.concatenate([inputs, ops.zeros((missing, columns), inputs.dtype)], axis=0)
    blocks = ops.reshape(filled, (groups, block_size, columns))
    low, high = (reduce(blocks, axis=1, keepdims=True) for reduce in (ops.min, ops.max))
    flat = ops.cast(ops.equal(low, high), low.dtype)  # a range of its own for equal values
    low, high = low - flat, high + flat
    scale = (high - low + epsilon) / (greatest - least)
    zero = ops.clip(ops.round(-low / scale) + least, least, greatest)
    numbers = ops.clip(ops.round(blocks / scale) + zero, least, greatest)
    numbers = ops.reshape(ops.cast(numbers, dtype), (groups * block_size, columns))[:rows]
    return numbers, ops.squeeze(scale, 1), ops.cast(ops.squeeze(zero, 1), "int8")


@declared
class AbsMaxQuantizer(Quantizer):
    """Integers by the greatest size: see ``abs_max_quantize``.

    Args:
        axis: the axis, or axes, over which the greatest size is taken, where a call names none.
        value_range: the least and the greatest integer.
        epsilon: is added to the greatest size.
        output_dtype: the dtype of the integers.

    Raises: ValueError for a range that int8 does not have.
    """

    axis: Any = None
    value_range: tuple[int, int] = (-127, 127)
    epsilon: float = 1e-07

    def validate(self) -> None:
        if self.axis is not None:
            self.axis = (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)
        least, greatest = self.value_range
        self.value_range = (least, greatest)  # a list, where it comes from a file
        if self.output_dtype == "int8" and (least < -128 or greatest > 127):
            raise ValueError(
                "`value_range` must be within -128 and 127 for output_dtype='int8'. "
                f"Received: value_range={self.value_range}."
            )

    def __call__(self, x: Any, axis: Any = None, to_numpy: bool = False) -> Any:
        """The integers and the scale; ``axis`` in place of the quantizer's own, else the last."""
        chosen = self.axis if axis is None else axis
        return abs_max_quantize(
            x,
            -1 if chosen is None else chosen,
            self.value_range,
            self.output_dtype,
            self.epsilon,
            to_numpy,
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return config if self.axis is not None else {k: v for k, v in config.items() if k != "axis"}


for _cls in (Quantizer, AbsMaxQuantizer):
    register("quantizer", _cls, to_snake_case(_cls.__name__))


def get(identifier: Any, **kwargs: Any) -> Any:
    """A quantizer from its name, its configuration, its class, or any callable; ``None`` stays.

    ``kwargs``: arguments for a class, or one given by its name.

    Raises: ValueError for something else.
    """
    if kwargs and (isinstance(identifier, (str, type))):
        name = identifier if isinstance(identifier, str) else identifier.__name__
        identifier = {"class_name": name, "config": kwargs}
    return from_identifier(identifier, "quantizer")


def serialize(initializer: Any) -> Any:
    """The configuration of a quantizer, for ``deserialize``."""
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """A quantizer from its configuration.

    Args:
        config: what ``serialize`` gave, or a name.
        custom_objects: classes and functions of one's own, by the names in the configuration.
    """
    return from_config(config, "quantizer", custom_objects)


QuantizerField = Annotated[Any, Converter(get, serialize)]
