"""Pooling over everything, and to a given size."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.arrays.settings import standardize_data_format
from kerasette.declared import declared
from kerasette.layers.convolutional.windows import per_axis
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.registry import register


class _GlobalPool(Layer):
    rank: ClassVar[int] = 2
    mean: ClassVar[bool] = False
    data_format: Any
    keepdims: bool

    def validate(self) -> None:
        self.data_format = standardize_data_format(self.data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        first = 1 if self.data_format == "channels_last" else 2
        axes = tuple(range(first, first + self.rank))
        reduce = ops.mean if self.mean else ops.max
        return reduce(inputs, axis=axes, keepdims=self.keepdims)


@declared
class GlobalMaxPooling1D(_GlobalPool):
    """The greatest value of all steps: ``(batch, steps, channels) -> (batch, channels)``.

    Args:
        data_format: "channels_last" or "channels_first".
        keepdims: whether the step axis stays, with size 1.

    >>> kerasette.layers.GlobalMaxPooling1D()(ops.zeros((2, 5, 3))).shape
    (2, 3)
    """

    data_format: str | None = None
    keepdims: bool = False

    rank: ClassVar[int] = 1


@declared
class GlobalMaxPooling2D(_GlobalPool):
    """The greatest value of each channel of images: ``(batch, …, channels) -> (batch, channels)``.

    Args: those of ``GlobalMaxPooling1D``.

    >>> kerasette.layers.GlobalMaxPooling2D()(ops.zeros((2, 5, 5, 3))).shape
    (2, 3)
    """

    data_format: str | None = None
    keepdims: bool = False

    rank: ClassVar[int] = 2


@declared
class GlobalMaxPooling3D(_GlobalPool):
    """The greatest value of each channel of volumes: ``(batch, …, channels) -> (batch, channels)``.

    Args: those of ``GlobalMaxPooling1D``.

    >>> kerasette.layers.GlobalMaxPooling3D()(ops.zeros((2, 3, 3, 3, 4))).shape
    (2, 4)
    """

    data_format: str | None = None
    keepdims: bool = False

    rank: ClassVar[int] = 3


@declared
class GlobalAveragePooling1D(_GlobalPool):
    """The mean of all unmasked steps: ``(batch, steps, channels) -> (batch, channels)``.

    Args: those of ``GlobalMaxPooling1D``.

    >>> kerasette.layers.GlobalAveragePooling1D()(ops.zeros((2, 5, 3))).shape
    (2, 3)
    """

    data_format: str | None = None
    keepdims: bool = False

    rank: ClassVar[int] = 1
    mean: ClassVar[bool] = True

    def validate(self) -> None:
        super().validate()
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        last = self.data_format == "channels_last"
        kept = ops.expand_dims(ops.cast(mask, inputs.dtype), 2 if last else 1)
        axis = 1 if last else 2
        total = ops.sum(inputs * kept, axis=axis, keepdims=self.keepdims)
        return total / ops.sum(kept, axis=axis, keepdims=self.keepdims)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None


@declared
class GlobalAveragePooling2D(_GlobalPool):
    """The mean of each channel: ``(batch, rows, columns, channels) -> (batch, channels)``.

    Args: those of ``GlobalMaxPooling1D``.

    >>> kerasette.layers.GlobalAveragePooling2D()(ops.zeros((2, 5, 5, 3))).shape
    (2, 3)
    """

    data_format: str | None = None
    keepdims: bool = False

    rank: ClassVar[int] = 2
    mean: ClassVar[bool] = True


@declared
class GlobalAveragePooling3D(_GlobalPool):
    """The mean of each channel of volumes: ``(batch, …, channels) -> (batch, channels)``.

    Args: those of ``GlobalMaxPooling1D``.

    >>> kerasette.layers.GlobalAveragePooling3D()(ops.zeros((2, 3, 3, 3, 4))).shape
    (2, 4)
    """

    data_format: str | None = None
    keepdims: bool = False

    rank: ClassVar[int] = 3
    mean: ClassVar[bool] = True


class _AdaptivePool(Layer):
    rank: ClassVar[int] = 2
    mean: ClassVar[bool] = False
    output_size: Any
    data_format: Any

    def validate(self) -> None:
        self.output_size = per_axis(self.output_size, self.rank, "output_size", type(self).__name__)
        self.data_format = standardize_data_format(self.data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        pool = ops.adaptive_average_pool if self.mean else ops.adaptive_max_pool
        return pool(inputs, output_size=self.output_size, data_format=self.data_format)


@declared
class AdaptiveMaxPooling1D(_AdaptivePool):
    """The greatest values of ``output_size`` parts: ``(batch, steps, channels) -> (batch, …)``.

    Args:
        output_size: the number of steps that come out.
        data_format: "channels_last" or "channels_first".

    >>> kerasette.layers.AdaptiveMaxPooling1D(2)(ops.zeros((2, 5, 3))).shape
    (2, 2, 3)
    """

    output_size: Any
    data_format: str | None = None

    rank: ClassVar[int] = 1


@declared
class AdaptiveMaxPooling2D(_AdaptivePool):
    """The greatest values of ``output_size`` parts of images.

    Args: those of ``AdaptiveMaxPooling1D``, with one size or two.

    >>> kerasette.layers.AdaptiveMaxPooling2D(2)(ops.zeros((2, 5, 5, 3))).shape
    (2, 2, 2, 3)
    """

    output_size: Any
    data_format: str | None = None

    rank: ClassVar[int] = 2


@declared
class AdaptiveMaxPooling3D(_AdaptivePool):
    """The greatest values of ``output_size`` parts of volumes.

    Args: those of ``AdaptiveMaxPooling1D``, with one size or three.

    >>> kerasette.layers.AdaptiveMaxPooling3D(2)(ops.zeros((2, 4, 4, 4, 3))).shape
    (2, 2, 2, 2, 3)
    """

    output_size: Any
    data_format: str | None = None

    rank: ClassVar[int] = 3


@declared
class AdaptiveAveragePooling1D(_AdaptivePool):
    """The means of ``output_size`` parts: ``(batch, steps, channels) -> (batch, …)``.

    Args: those of ``AdaptiveMaxPooling1D``.

    >>> kerasette.layers.AdaptiveAveragePooling1D(2)(ops.zeros((2, 5, 3))).shape
    (2, 2, 3)
    """

    output_size: Any
    data_format: str | None = None

    rank: ClassVar[int] = 1
    mean: ClassVar[bool] = True


@declared
class AdaptiveAveragePooling2D(_AdaptivePool):
    """The means of ``output_size`` parts of images.

    Args: those of ``AdaptiveMaxPooling1D``, with one size or two.

    >>> kerasette.layers.AdaptiveAveragePooling2D(2)(ops.zeros((2, 5, 5, 3))).shape
    (2, 2, 2, 3)
    """

    output_size: Any
    data_format: str | None = None

    rank: ClassVar[int] = 2
    mean: ClassVar[bool] = True


@declared
class AdaptiveAveragePooling3D(_AdaptivePool):
    """The means of ``output_size`` parts of volumes.

    Args: those of ``AdaptiveMaxPooling1D``, with one size or three.

    >>> kerasette.layers.AdaptiveAveragePooling3D(2)(ops.zeros((2, 4, 4, 4, 3))).shape
    (2, 2, 2, 2, 3)
    """

    output_size: Any
    data_format: str | None = None

    rank: ClassVar[int] = 3
    mean: ClassVar[bool] = True


for _max in (GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D):
    register("layer", _max, _max.__name__.replace("Pooling", "Pool"))
for _mean in (GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D):
    register("layer", _mean, _mean.__name__.replace("AveragePooling", "AvgPool"))
