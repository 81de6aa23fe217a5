"""Convolutions over one, two and three axes."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.activations import ActivationField
from kerasette.arrays.settings import standardize_data_format
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.convolutional.windows import one_of, per_axis
from kerasette.layers.core.low_rank import LowRankKernel
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.registry import register
from kerasette.regularizers import RegularizerField


class ConvBase(Layer):
    """What all convolutions share: the checks, the bias, the activation."""

    rank: ClassVar[int] = 2
    filters: Any
    activation: Any
    bias: Any

    def check_window(self, paddings: tuple[str, ...] = ("valid", "same")) -> None:
        """Check and complete the arguments of the window."""
        own: Any = self
        kind = type(self).__name__
        own.kernel_size = per_axis(own.kernel_size, self.rank, "kernel_size", kind)
        own.strides = per_axis(own.strides, self.rank, "strides", kind)
        own.dilation_rate = per_axis(own.dilation_rate, self.rank, "dilation_rate", kind)
        own.padding = one_of(own.padding, paddings, "padding", kind)
        own.data_format = standardize_data_format(own.data_format)
        if max(own.strides) > 1 and max(own.dilation_rate) > 1:
            raise ValueError(
                f"`strides` and `dilation_rate` of {kind} cannot both be above 1. "
                f"Received: strides={own.strides}, dilation_rate={own.dilation_rate}."
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2)
        self.bias = None

    def check_filters(self) -> None:
        """``filters`` must be a positive integer."""
        per_axis(self.filters, 1, "filters", type(self).__name__)

    @property
    def channel_axis(self) -> int:
        """Where the channels stand."""
        return -1 if self.data_format == "channels_last" else 1  # type: ignore[attr-defined]

    def channels_of(self, input_shape: Any) -> int:
        """The number of channels that the layer is built for."""
        channels = input_shape[self.channel_axis]
        if channels is None:
            raise ValueError(
                f"{type(self).__name__} layer {self.name!r} needs inputs with a known number of "
                f"channels. Received: input_shape={input_shape}."
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={self.channel_axis: channels})
        return channels

    def make_bias(self, size: int) -> None:
        """Make the bias, where there is to be one."""
        own: Any = self
        if own.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(size,),
                initializer=own.bias_initializer,
                regularizer=own.bias_regularizer,
                constraint=own.bias_constraint,
            )

    def finished(self, outputs: Any) -> Any:
        """The bias added, and the activation applied."""
        if self.bias is not None:
            bias = ops.convert_to_tensor(self.bias)
            if self.channel_axis == 1:
                bias = ops.reshape(bias, (1, -1, *(1,) * self.rank))
            outputs = ops.add(outputs, bias)
        return outputs if self.activation is None else self.activation(outputs)


@declared
class _Conv(ConvBase, LowRankKernel):
    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: Any = 1
    groups: int = 1
    activation: ActivationField = None
    use_bias: bool = True
    kernel_initializer: InitializerField = "glorot_uniform"
    bias_initializer: InitializerField = "zeros"
    kernel_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    activity_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None
    lora_rank: int | None = None
    lora_alpha: float | None = None

    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def validate(self) -> None:
        self.check_filters()
        per_axis(self.groups, 1, "groups", type(self).__name__)
        if self.filters % self.groups:
            raise ValueError(
                "`filters` must be a multiple of `groups`. "
                f"Received: filters={self.filters}, groups={self.groups}."
            )
        self.check_window(self.paddings)

    def build(self, input_shape: Any) -> None:
        channels = self.channels_of(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"The number of channels must be a multiple of `groups` ({self.groups}). "
                f"Received: input_shape={input_shape}."
            )
        self.make_low_rank(
            (*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.make_bias(self.filters)

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The convolution alone, without bias and activation."""
        return ops.conv(
            inputs,
            kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )

    def call(self, inputs: Any) -> Any:
        return self.finished(self.convolution_op(inputs, self.kernel))


@declared
class Conv1D(_Conv):
    """Convolution over steps: ``(batch, steps, channels) -> (batch, new_steps, filters)``.

    Args:
        filters: the number of output channels.
        kernel_size: the size of the window.
        strides: how far the window moves.
        padding: "valid", "same", or "causal": no output sees later steps.
        data_format: "channels_last" or "channels_first".
        dilation_rate: how far apart the window's points are.
        groups: into how many groups channels and filters are divided.
        activation: applied last.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel ``(size, channels / groups, filters)``.
        bias_initializer: of the bias ``(filters,)``.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties.
        kernel_constraint, bias_constraint: applied after updates.
        lora_rank: the rank of low-rank updates trained in place of the kernel (Hu et al., 2021).
        lora_alpha: their scale is ``lora_alpha / lora_rank``.

    >>> kerasette.layers.Conv1D(4, 3)(ops.zeros((2, 10, 3))).shape
    (2, 8, 4)
    """

    rank: ClassVar[int] = 1
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same", "causal")

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        if self.padding != "causal":
            return super().convolution_op(inputs, kernel)
        before = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        time = 1 if self.data_format == "channels_last" else 2
        widths = [(before, 0) if axis == time else (0, 0) for axis in range(3)]
        return ops.conv(
            ops.pad(inputs, widths),
            kernel,
            strides=self.strides,
            padding="valid",
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )


@declared
class Conv2D(_Conv):
    """Convolution over images: ``(batch, rows, columns, channels) -> (batch, …, filters)``.

    Args: those of ``Conv1D``, with one number or two for each of ``kernel_size``, ``strides`` and
    ``dilation_rate``; the kernel is ``(rows, columns, channels / groups, filters)``.

    >>> kerasette.layers.Conv2D(4, 3, padding="same")(ops.zeros((2, 8, 8, 3))).shape
    (2, 8, 8, 4)
    """

    strides = (1, 1)
    dilation_rate = (1, 1)
    rank: ClassVar[int] = 2


@declared
class Conv3D(_Conv):
    """Convolution over volumes: ``(batch, depth, rows, columns, channels) -> (batch, …, filters)``.

    Args: those of ``Conv1D``, with one number or three for each of ``kernel_size``, ``strides``
    and ``dilation_rate``.

    >>> kerasette.layers.Conv3D(4, 3)(ops.zeros((2, 5, 5, 5, 3))).shape
    (2, 3, 3, 3, 4)
    """

    strides = (1, 1, 1)
    dilation_rate = (1, 1, 1)
    rank: ClassVar[int] = 3


for _class in (Conv1D, Conv2D, Conv3D):
    register("layer", _class, _class.__name__.replace("Conv", "Convolution"))
