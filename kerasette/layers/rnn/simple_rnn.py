"""``SimpleRNN`` and its cell (Elman, 1990)."""

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


@declared
class SimpleRNNCell(CellWeights, Layer):
    """One step: ``activation(x @ kernel + h @ recurrent_kernel + bias)``.

    Args: those of ``SimpleRNN`` that speak of weights, activation and dropout.

    >>> cell = kerasette.layers.SimpleRNNCell(4)
    >>> output, states = cell(ops.zeros((2, 3)), cell.get_initial_state(2))
    """

    units: int
    activation: ActivationField = "tanh"
    use_bias: bool = True
    kernel_initializer: InitializerField = "glorot_uniform"
    recurrent_initializer: InitializerField = "orthogonal"
    bias_initializer: InitializerField = "zeros"
    kernel_regularizer: RegularizerField = None
    recurrent_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    recurrent_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: Any = None

    def validate(self) -> None:
        self.check_units()
        self.state_size = self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        self.build_weights(input_shape[-1])

    def call(self, inputs: Any, states: Any, training: Any = False) -> Any:
        before = states[0] if isinstance(states, (list, tuple)) else states
        inputs, hidden = self.dropped(inputs, before, training)
        z = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            z = z + self.bias
        output, after = self.recur(z, [hidden])
        return output, after if isinstance(states, (list, tuple)) else output

    def recur(self, z: Any, states: Any) -> Any:
        """The rest of a step, from the projected inputs ``(batch, units)``."""
        output = self.activation(z + ops.matmul(states[0], self.recurrent_kernel))
        return output, [output]

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros."""
        return [self.zeros_for(batch_size)]


@declared
class SimpleRNN(GatedRNN):
    """The plain recurrent layer: ``(batch, steps, features) -> (batch, units)``.

    Args:
        units: the size of the output.
        activation: of the state.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel ``(features, units)``.
        recurrent_initializer: of the recurrent kernel ``(units, units)``.
        bias_initializer: of the bias ``(units,)``.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the outputs.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after updates.
        dropout: the share of the inputs that is dropped in training.
        recurrent_dropout: the share of the state that is dropped in training.
        return_sequences, return_state, go_backwards, stateful, unroll: as in ``RNN``.
        seed: for the dropout.

    >>> kerasette.layers.SimpleRNN(4)(ops.zeros((2, 7, 3))).shape
    (2, 4)
    """

    units: int
    activation: ActivationField = "tanh"
    use_bias: bool = True
    kernel_initializer: InitializerField = "glorot_uniform"
    recurrent_initializer: InitializerField = "orthogonal"
    bias_initializer: InitializerField = "zeros"
    kernel_regularizer: RegularizerField = None
    recurrent_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    activity_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    recurrent_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    seed: Any = None

    cell_class = SimpleRNNCell

    def validate(self) -> None:
        self.make_cell()
        self.input_spec = InputSpec(ndim=3)
