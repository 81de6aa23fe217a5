"""Transposed convolutions: the gradient of a convolution as a layer."""

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
class _ConvTranspose(ConvBase):
    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    output_padding: Any = None
    data_format: str | None = None
    dilation_rate: Any = 1
    activation: ActivationField = None
    use_bias: bool = True
    kernel_initializer: InitializerField = "glorot_uniform"
    bias_initializer: InitializerField = "zeros"
    kernel_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    activity_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None

    def validate(self) -> None:
        self.check_filters()
        self.check_window()
        if self.output_padding is not None:
            self.output_padding = per_axis(
                self.output_padding, self.rank, "output_padding", type(self).__name__, least=0
            )

    def build(self, input_shape: Any) -> None:
        channels = self.channels_of(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, self.filters, channels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.make_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        out = ops.conv_transpose(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.finished(out)


@declared
class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution over steps: ``(batch, steps, channels) -> (batch, more, filters)``.

    Args:
        filters: the number of output channels.
        kernel_size: the size of the window.
        strides: how many times larger the output is.
        padding: "valid" or "same".
        output_padding: how much is added to the output's size.
        data_format: "channels_last" or "channels_first".
        dilation_rate: how far apart the window's points are.
        activation: applied last.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel ``(size, filters, channels)``.
        bias_initializer: of the bias ``(filters,)``.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties.
        kernel_constraint, bias_constraint: applied after updates.

    >>> kerasette.layers.Conv1DTranspose(4, 3, strides=2)(ops.zeros((2, 5, 3))).shape
    (2, 11, 4)
    """

    rank: ClassVar[int] = 1


@declared
class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution over images: ``(batch, rows, columns, channels) -> (batch, …)``.

    Args: those of ``Conv1DTranspose``, with one number or two for each of the window's.

    >>> kerasette.layers.Conv2DTranspose(4, 3, strides=2)(ops.zeros((2, 4, 4, 3))).shape
    (2, 9, 9, 4)
    """

    strides = (1, 1)
    dilation_rate = (1, 1)
    rank: ClassVar[int] = 2


@declared
class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution over volumes: ``(batch, depth, rows, columns, channels) -> …``.

    Args: those of ``Conv1DTranspose``, with one number or three for each of the window's.

    >>> kerasette.layers.Conv3DTranspose(4, 2, strides=2)(ops.zeros((1, 2, 2, 2, 3))).shape
    (1, 4, 4, 4, 4)
    """

    filters: int
    kernel_size: Any
    strides: Any = (1, 1, 1)
    padding: str = "valid"
    data_format: str | None = None
    output_padding: Any = None
    dilation_rate: Any = (1, 1, 1)
    rank: ClassVar[int] = 3


for _class in (Conv1DTranspose, Conv2DTranspose, Conv3DTranspose):
    register("layer", _class, _class.__name__.replace("Conv", "Convolution"))
