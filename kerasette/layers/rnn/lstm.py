"""``LSTM`` and its cell (Hochreiter and Schmidhuber, 1997)."""

from typing import Any

from kerasette import ops
from kerasette.activations import ActivationField
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.layers.rnn.gated_layer import GatedRNN
from kerasette.layers.rnn.gated_weights import CellWeights
from kerasette.regularizers import RegularizerField


def forget_gate_open(cell: Any) -> Any:
    """An initializer of the four gates' biases: ones for the second (Jozefowicz et al., 2015)."""
    own, units = cell.bias_initializer, cell.units

    def start(shape: Any, dtype: Any = None) -> Any:
        parts = [own((units,), dtype=dtype), ops.ones((units,), dtype)]
        return ops.concatenate([*parts, own((2 * units,), dtype=dtype)])

    return start


def gated(cell: Any, z: Any, carry: Any, axis: int = -1) -> Any:
    """The end of a step: output and states from the four gates before their activations."""
    i, f, c, o = ops.split(z, 4, axis=axis)
    gate = cell.recurrent_activation
    carry = gate(f) * carry + gate(i) * cell.activation(c)
    hidden = gate(o) * cell.activation(carry)
    return hidden, [hidden, carry]


@declared
class LSTMCell(CellWeights, Layer):
    """One step of an LSTM: ``(batch, features), [h, c] -> (batch, units), [h, c]``.

    Args: those of ``LSTM`` that speak of weights, activations and dropout.

    >>> cell = kerasette.layers.LSTMCell(4)
    >>> output, states = cell(ops.zeros((2, 3)), cell.get_initial_state(2))
    """

    units: int
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
        self.check_units()
        self.state_size = [self.units, self.units]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        start = forget_gate_open(self) if self.unit_forget_bias else None
        self.build_weights(input_shape[-1], bias_initializer=start)

    def call(self, inputs: Any, states: Any, training: Any = False) -> Any:
        inputs, hidden = self.dropped(inputs, states[0], training)
        z = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            z = z + self.bias
        return self.recur(z, [hidden, states[1]])

    def recur(self, z: Any, states: Any) -> Any:
        """The rest of a step, from the projected inputs ``(batch, 4 * units)``."""
        hidden, carry = states
        z = z + ops.matmul(hidden, self.recurrent_kernel)
        return gated(self, z, carry)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros for the output and the carry."""
        return [self.zeros_for(batch_size), self.zeros_for(batch_size)]


@declared
class LSTM(GatedRNN):
    """Long short-term memory: ``(batch, steps, features) -> (batch, units)``.

    Args:
        units: the size of the output.
        activation: of the carry and the candidate.
        recurrent_activation: of the gates.
        use_bias: whether the gates have biases.
        kernel_initializer: of the kernel ``(features, 4 * units)``: input, forget, cell, output.
        recurrent_initializer: of the recurrent kernel ``(units, 4 * units)``.
        bias_initializer: of the bias ``(4 * units,)``.
        unit_forget_bias: whether the forget gate's bias begins at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the outputs.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after updates.
        dropout: the share of the inputs that is dropped in training.
        recurrent_dropout: the share of the state that is dropped in training.
        seed: for the dropout.
        return_sequences, return_state, go_backwards, stateful, unroll: as in ``RNN``.
        use_cudnn: accepted as Keras does; kernels are chosen by themselves.

    >>> kerasette.layers.LSTM(4, return_sequences=True)(ops.zeros((2, 7, 3))).shape
    (2, 7, 4)
    """

    units: int
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
    unroll: bool = False
    use_cudnn: Any = "auto"

    cell_class = LSTMCell

    def validate(self) -> None:
        self.make_cell()
        self.input_spec = InputSpec(ndim=3)
