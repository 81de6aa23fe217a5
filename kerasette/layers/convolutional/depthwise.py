"""Depthwise and separable convolutions: each channel by itself, then points across channels."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.activations import ActivationField
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.convolutional.conv import ConvBase
from kerasette.layers.convolutional.windows import per_axis
from kerasette.registry import register
from kerasette.regularizers import RegularizerField


@declared
class _Depthwise(ConvBase):
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    depth_multiplier: int = 1
    data_format: str | None = None
    dilation_rate: Any = 1
    activation: ActivationField = None
    use_bias: bool = True
    depthwise_initializer: InitializerField = "glorot_uniform"
    bias_initializer: InitializerField = "zeros"
    depthwise_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    activity_regularizer: RegularizerField = None
    depthwise_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None

    def validate(self) -> None:
        per_axis(self.depth_multiplier, 1, "depth_multiplier", type(self).__name__)
        self.check_window()

    def build(self, input_shape: Any) -> None:
        channels = self.channels_of(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.make_bias(channels * self.depth_multiplier)

    def call(self, inputs: Any) -> Any:
        out = ops.depthwise_conv(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.finished(out)


@declared
class DepthwiseConv1D(_Depthwise):
    """Each channel convolved by itself: ``(batch, steps, channels) -> (batch, …, channels * m)``.

    Args:
        kernel_size: the size of the window.
        strides: how far the window moves.
        padding: "valid" or "same".
        depth_multiplier: the number of outputs, m, for each channel.
        data_format: "channels_last" or "channels_first".
        dilation_rate: how far apart the window's points are.
        activation: applied last.
        use_bias: whether a bias is added.
        depthwise_initializer: of the kernel ``(size, channels, depth_multiplier)``.
        bias_initializer: of the bias.
        depthwise_regularizer, bias_regularizer, activity_regularizer: penalties.
        depthwise_constraint, bias_constraint: applied after updates.

    >>> kerasette.layers.DepthwiseConv1D(3)(ops.zeros((2, 10, 4))).shape
    (2, 8, 4)
    """

    rank: ClassVar[int] = 1


@declared
class DepthwiseConv2D(_Depthwise):
    """Each channel of images convolved by itself (Howard et al., 2017).

    Args: those of ``DepthwiseConv1D``, with one number or two for each of the window's.

    >>> kerasette.layers.DepthwiseConv2D(3)(ops.zeros((2, 8, 8, 4))).shape
    (2, 6, 6, 4)
    """

    strides = (1, 1)
    dilation_rate = (1, 1)
    rank: ClassVar[int] = 2


@declared
class _Separable(ConvBase):
    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: Any = 1
    depth_multiplier: int = 1
    activation: ActivationField = None
    use_bias: bool = True
    depthwise_initializer: InitializerField = "glorot_uniform"
    pointwise_initializer: InitializerField = "glorot_uniform"
    bias_initializer: InitializerField = "zeros"
    depthwise_regularizer: RegularizerField = None
    pointwise_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    activity_regularizer: RegularizerField = None
    depthwise_constraint: ConstraintField = None
    pointwise_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None

    def validate(self) -> None:
        self.check_filters()
        per_axis(self.depth_multiplier, 1, "depth_multiplier", type(self).__name__)
        self.check_window()

    def build(self, input_shape: Any) -> None:
        channels = self.channels_of(input_shape)
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            name="pointwise_kernel",
            shape=(*(1,) * self.rank, self.depth_multiplier * channels, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self.make_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        out = ops.separable_conv(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.finished(out)


@declared
class SeparableConv1D(_Separable):
    """Each channel convolved by itself, then all mixed point by point.

    ``(batch, steps, channels) -> (batch, new_steps, filters)``

    Args: those of ``DepthwiseConv1D``; ``filters``, the number of output channels; and
    ``pointwise_initializer``, ``pointwise_regularizer``, ``pointwise_constraint`` of the kernel
    ``(1, channels * depth_multiplier, filters)`` that mixes them.

    >>> kerasette.layers.SeparableConv1D(5, 3)(ops.zeros((2, 10, 4))).shape
    (2, 8, 5)
    """

    rank: ClassVar[int] = 1


@declared
class SeparableConv2D(_Separable):
    """Each channel of images convolved by itself, then all mixed (Chollet, 2017).

    Args: those of ``SeparableConv1D``, with one number or two for each of the window's.

    >>> kerasette.layers.SeparableConv2D(5, 3)(ops.zeros((2, 8, 8, 4))).shape
    (2, 6, 6, 5)
    """

    strides = (1, 1)
    dilation_rate = (1, 1)
    rank: ClassVar[int] = 2


for _class in (SeparableConv1D, SeparableConv2D):
    register("layer", _class, _class.__name__.replace("Conv", "Convolution"))
