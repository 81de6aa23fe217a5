"""LSTMs over images: convolutions in place of products (Shi et al., "Convolutional LSTM", 2015)."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.activations import ActivationField
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.convolutional.conv import ConvBase
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.rnn.gated_layer import GatedRNN
from kerasette.layers.rnn.gated_weights import CellWeights
from kerasette.layers.rnn.lstm import forget_gate_open, gated
from kerasette.regularizers import RegularizerField


@declared
class _ConvLSTMCell(CellWeights, ConvBase):
    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: Any = 1
    activation: ActivationField = "tanh"
    recurrent_activation: ActivationField = "sigmoid"
    use_bias: bool = True
    kernel_initializer: InitializerField = "glorot_uniform"
    recurrent_initializer: InitializerField = "orthogonal"
    bias_initializer: InitializerField = "zeros"
    unit_forget_bias: bool = True
    kernel_regularizer: RegularizerField = None
    recurrent_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    recurrent_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: Any = None

    gates = 4

    def validate(self) -> None:
        self.check_filters()
        self.units = self.filters
        self.check_window()
        self.check_units()
        self.state_size = [self.filters, self.filters]
        self._sizes: Any = None

    def build(self, input_shape: Any) -> None:
        sizes = input_shape[2:] if self.channel_axis == 1 else input_shape[1:-1]
        if None in sizes:
            raise ValueError(
                "Convolutional LSTMs need images whose size is known, for their state. "
                f"Received: images of shape {tuple(input_shape)}."
            )
        start = forget_gate_open(self) if self.unit_forget_bias else None
        self.build_weights(
            self.channels_of(input_shape), bias_initializer=start, window=self.kernel_size
        )
        self._sizes = tuple(
            _size_after(*each, self.padding)
            for each in zip(sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        )

    def project(self, images: Any) -> Any:
        """The inputs' part of the four gates, the bias added: ``(count, …, 4 * filters)``."""
        found = ops.conv(
            images,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        if self.bias is None:
            return found
        shape = [1] * (self.rank + 2)
        shape[self.channel_axis] = -1
        return found + ops.reshape(self.bias, shape)

    def call(self, inputs: Any, states: Any, training: Any = False) -> Any:
        inputs, hidden = self.dropped(inputs, states[0], training)
        return self.recur(self.project(inputs), [hidden, states[1]])

    def recur(self, z: Any, states: Any) -> Any:
        """The rest of a step, from the projected inputs."""
        hidden, carry = states
        z = z + ops.conv(
            hidden, self.recurrent_kernel, padding="same", data_format=self.data_format
        )
        return gated(self, z, carry, axis=self.channel_axis)

    def _state_shape(self, inputs: Any, units: int) -> tuple[int, ...]:
        return (units, *self._sizes) if self.channel_axis == 1 else (*self._sizes, units)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros for the output and the carry."""
        shape = (batch_size, *self._state_shape(None, self.filters))
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(2)]


def _size_after(size: int, window: int, stride: int, dilation: int, padding: str) -> int:
    """How many places a window has along an axis."""
    if padding == "valid":
        size -= dilation * (window - 1)
    return -(-size // stride)


class _ConvLSTMCell1D(_ConvLSTMCell):
    rank: ClassVar[int] = 1


class _ConvLSTMCell3D(_ConvLSTMCell):
    rank: ClassVar[int] = 3


@declared
class _ConvLSTM(GatedRNN):
    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: Any = 1
    activation: ActivationField = "tanh"
    recurrent_activation: ActivationField = "sigmoid"
    use_bias: bool = True
    kernel_initializer: InitializerField = "glorot_uniform"
    recurrent_initializer: InitializerField = "orthogonal"
    bias_initializer: InitializerField = "zeros"
    unit_forget_bias: bool = True
    kernel_regularizer: RegularizerField = None
    recurrent_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    activity_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    recurrent_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: Any = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False

    unroll = False

    def validate(self) -> None:
        self.make_cell()
        self.input_spec = InputSpec(ndim=self.cell.rank + 3)

    def name_of_cell(self) -> str:
        return "conv_lstm_cell"

    def projected(self, steps: Any) -> Any:
        """All steps of all sequences through one convolution."""
        count, batch, *image = steps.shape
        found = self.cell.project(ops.reshape(steps, (count * batch, *image)))
        return ops.reshape(found, (count, batch, *found.shape[1:]))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"unroll": self.unroll}

    @classmethod
    def from_config(cls, config: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        settings = {key: value for key, value in config.items() if key != "unroll"}
        return super().from_config(settings, *args, **kwargs)


@declared
class ConvLSTM1D(_ConvLSTM):
    """LSTM over rows: ``(batch, time, size, channels) -> (batch, new size, filters)``.

    Args:
        filters: the number of output channels.
        kernel_size: the size of the windows.
        strides: how far the window over the inputs moves; that over the state moves by 1.
        padding: "valid" or "same", for the inputs; the state keeps its size.
        data_format: "channels_last" or "channels_first", of an image.
        dilation_rate: how far apart the points of the window over the inputs are.
        activation: of the carry and the candidate.
        recurrent_activation: of the gates.
        use_bias: whether the gates have biases.
        kernel_initializer: of the kernel ``(size, channels, 4 * filters)``.
        recurrent_initializer: of the recurrent kernel ``(size, filters, 4 * filters)``.
        bias_initializer: of the bias ``(4 * filters,)``.
        unit_forget_bias: whether the forget gate's bias begins at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the outputs.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after updates.
        dropout: the share of the inputs that is dropped in training.
        recurrent_dropout: the share of the state that is dropped in training.
        seed: for the dropout.
        return_sequences, return_state, go_backwards, stateful: as in ``RNN``.

    >>> kerasette.layers.ConvLSTM1D(4, 3)(ops.zeros((2, 5, 8, 3))).shape
    (2, 6, 4)

    Raises: ValueError for images of unknown size.
    """

    cell_class = _ConvLSTMCell1D


@declared
class ConvLSTM2D(_ConvLSTM):
    """LSTM over images: ``(batch, time, rows, columns, channels) -> (batch, …, filters)``.

    Args: those of ``ConvLSTM1D``, with one number or two for each of ``kernel_size``, ``strides``
    and ``dilation_rate``.

    >>> kerasette.layers.ConvLSTM2D(4, 3, padding="same")(ops.zeros((2, 5, 8, 8, 3))).shape
    (2, 8, 8, 4)
    """

    cell_class = _ConvLSTMCell


@declared
class ConvLSTM3D(_ConvLSTM):
    """LSTM over volumes: ``(batch, time, depth, rows, columns, channels) -> (batch, …, filters)``.

    Args: those of ``ConvLSTM1D``, with one number or three for each of ``kernel_size``,
    ``strides`` and ``dilation_rate``.

    >>> kerasette.layers.ConvLSTM3D(4, 2)(ops.zeros((2, 5, 4, 4, 4, 3))).shape
    (2, 3, 3, 3, 4)
    """

    cell_class = _ConvLSTMCell3D
