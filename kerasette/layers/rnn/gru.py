"""``GRU`` and its cell (Cho et al., 2014)."""

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
class GRUCell(CellWeights, Layer):
    """One step of a GRU: ``(batch, features), [h] -> (batch, units), [h]``.

    Args: those of ``GRU`` that speak of weights, activations and dropout.

    >>> cell = kerasette.layers.GRUCell(4)
    >>> output, states = cell(ops.zeros((2, 3)), cell.get_initial_state(2))
    """

    units: int
    activation: ActivationField = "tanh"
    recurrent_activation: ActivationField = "sigmoid"
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
    reset_after: bool = True
    seed: Any = None

    gates = 3

    def validate(self) -> None:
        self.check_units()
        self.state_size = self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        width = 3 * self.units
        self.build_weights(input_shape[-1], (2, width) if self.reset_after else (width,))

    @property
    def input_bias(self) -> Any:
        """The bias of the inputs' projection; with ``reset_after`` the state has one, too."""
        if self.bias is None:
            return None
        return self.bias[0] if self.reset_after else self.bias

    def call(self, inputs: Any, states: Any, training: Any = False) -> Any:
        before = states[0] if isinstance(states, (list, tuple)) else states
        inputs, _ = self.dropped(inputs, before, False)
        if training and self.dropout > 0:
            inputs = inputs * self.get_dropout_mask(inputs)
        z = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            z = z + self.input_bias
        noise = None
        if training and self.recurrent_dropout > 0:
            noise = self.get_recurrent_dropout_mask(before)
        output, after = self.recur(z, [before], noise)
        return output, after if isinstance(states, (list, tuple)) else output

    def recur(self, z: Any, states: Any, noise: Any = None) -> Any:
        """The rest of a step, from the projected inputs ``(batch, 3 * units)``."""
        before = states[0]
        hidden = before if noise is None else before * noise
        units, gate = self.units, self.recurrent_activation
        x_z, x_r, x_h = ops.split(z, 3, axis=-1)
        if self.reset_after:
            inner = ops.matmul(hidden, self.recurrent_kernel)
            if self.bias is not None:
                inner = inner + self.bias[1]
            h_z, h_r, h_h = ops.split(inner, 3, axis=-1)
            update, reset = gate(x_z + h_z), gate(x_r + h_r)
            candidate = self.activation(x_h + reset * h_h)
        else:
            kernel = ops.convert_to_tensor(self.recurrent_kernel)
            inner = ops.matmul(hidden, kernel[:, : 2 * units])
            h_z, h_r = ops.split(inner, 2, axis=-1)
            update, reset = gate(x_z + h_z), gate(x_r + h_r)
            h_h = ops.matmul(reset * hidden, kernel[:, 2 * units :])
            candidate = self.activation(x_h + h_h)
        output = update * before + (1 - update) * candidate
        return output, [output]

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros."""
        return [self.zeros_for(batch_size)]


@declared
class GRU(GatedRNN):
    """Gated recurrent unit: ``(batch, steps, features) -> (batch, units)``.

    Args:
        units: the size of the output.
        activation: of the candidate.
        recurrent_activation: of the gates.
        use_bias: whether there are biases.
        kernel_initializer: of the kernel ``(features, 3 * units)``: update, reset, candidate.
        recurrent_initializer: of the recurrent kernel ``(units, 3 * units)``.
        bias_initializer: of the bias, ``(2, 3 * units)`` with ``reset_after``.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the outputs.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after updates.
        dropout: the share of the inputs that is dropped in training.
        recurrent_dropout: the share of the state that is dropped in training.
        seed: for the dropout.
        return_sequences, return_state, go_backwards, stateful, unroll: as in ``RNN``.
        reset_after: whether the reset gate is applied after the product of matrices.
        use_cudnn: accepted as Keras does; kernels are chosen by themselves.

    >>> kerasette.layers.GRU(4)(ops.zeros((2, 7, 3))).shape
    (2, 4)
    """

    units: int
    activation: ActivationField = "tanh"
    recurrent_activation: ActivationField = "sigmoid"
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
    seed: Any = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    reset_after: bool = True
    use_cudnn: Any = "auto"

    cell_class = GRUCell

    def validate(self) -> None:
        self.make_cell()
        self.input_spec = InputSpec(ndim=3)

    def biased(self, projected: Any) -> Any:
        return projected if self.cell.bias is None else projected + self.cell.input_bias
