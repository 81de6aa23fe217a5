"""Pooling: the greatest or the mean of each window."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.arrays.settings import standardize_data_format
from kerasette.declared import declared
from kerasette.layers.convolutional.windows import one_of, per_axis
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.registry import register


@declared
class _Pool(Layer):
    pool_size: Any
    strides: Any = None
    padding: str = "valid"
    data_format: str | None = None
    name: Any = None

    rank: ClassVar[int] = 2
    mean: ClassVar[bool] = False

    def validate(self) -> None:
        kind = type(self).__name__
        self.pool_size = per_axis(self.pool_size, self.rank, "pool_size", kind)
        strides = self.pool_size if self.strides is None else self.strides
        self.strides = per_axis(strides, self.rank, "strides", kind)
        self.padding = one_of(self.padding, ("valid", "same"), "padding", kind)
        self.data_format = standardize_data_format(self.data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        pool = ops.average_pool if self.mean else ops.max_pool
        return pool(
            inputs,
            pool_size=self.pool_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )


@declared
class MaxPooling1D(_Pool):
    """The greatest value of each window: ``(batch, steps, channels) -> (batch, fewer, channels)``.

    Args:
        pool_size: the size of the window.
        strides: how far it moves; by default its size.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".
        name: the layer's name.

    >>> kerasette.layers.MaxPooling1D(2)(ops.zeros((2, 10, 3))).shape
    (2, 5, 3)
    """

    pool_size = 2
    rank: ClassVar[int] = 1


@declared
class MaxPooling2D(_Pool):
    """The greatest value of each window: ``(batch, rows, columns, channels) -> (batch, …)``.

    Args: those of ``MaxPooling1D``, with one number or two.

    >>> kerasette.layers.MaxPooling2D(2)(ops.zeros((2, 8, 8, 3))).shape
    (2, 4, 4, 3)
    """

    pool_size = (2, 2)
    rank: ClassVar[int] = 2


@declared
class MaxPooling3D(_Pool):
    """The greatest value of each window: ``(batch, depth, rows, columns, channels) -> (batch, …)``.

    Args: those of ``MaxPooling1D``, with one number or three.

    >>> kerasette.layers.MaxPooling3D(2)(ops.zeros((1, 4, 4, 4, 3))).shape
    (1, 2, 2, 2, 3)
    """

    pool_size = (2, 2, 2)
    rank: ClassVar[int] = 3


@declared
class AveragePooling1D(_Pool):
    """The mean of each window: ``(batch, steps, channels) -> (batch, fewer, channels)``.

    Args: those of ``MaxPooling1D``.

    >>> kerasette.layers.AveragePooling1D(2)(ops.zeros((2, 10, 3))).shape
    (2, 5, 3)
    """

    rank: ClassVar[int] = 1
    mean: ClassVar[bool] = True


@declared
class AveragePooling2D(_Pool):
    """The mean of each window: ``(batch, rows, columns, channels) -> (batch, …)``.

    Args: those of ``MaxPooling1D``, with one number or two.

    >>> kerasette.layers.AveragePooling2D(2)(ops.zeros((2, 8, 8, 3))).shape
    (2, 4, 4, 3)
    """

    rank: ClassVar[int] = 2
    mean: ClassVar[bool] = True


@declared
class AveragePooling3D(_Pool):
    """The mean of each window: ``(batch, depth, rows, columns, channels) -> (batch, …)``.

    Args: those of ``MaxPooling1D``, with one number or three.

    >>> kerasette.layers.AveragePooling3D(2)(ops.zeros((1, 4, 4, 4, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank: ClassVar[int] = 3
    mean: ClassVar[bool] = True


for _class in (MaxPooling1D, MaxPooling2D, MaxPooling3D):
    register("layer", _class, _class.__name__.replace("Pooling", "Pool"))
for _mean in (AveragePooling1D, AveragePooling2D, AveragePooling3D):
    register("layer", _mean, _mean.__name__.replace("AveragePooling", "AvgPool"))
