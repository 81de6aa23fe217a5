"""``Dense``: every output from every input."""

from typing import Any

from kerasette import ops
from kerasette.activations import ActivationField
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.core.low_rank import LowRankKernel
from kerasette.layers.input_spec import InputSpec
from kerasette.regularizers import RegularizerField


@declared
class Dense(LowRankKernel):
    """``activation(x @ kernel + bias)``: ``(batch, ..., in) -> (batch, ..., units)``.

    Args:
        units: the size of the outputs' last axis.
        activation: applied last; none by default.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel ``(in, units)``.
        bias_initializer: of the bias ``(units,)``.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the outputs.
        kernel_constraint: applied to the kernel after updates.
        bias_constraint: applied to the bias after updates.
        lora_rank: the rank of low-rank updates trained in place of the kernel (Hu et al., 2021).
        lora_alpha: their scale is ``lora_alpha / lora_rank``.
        quantization_config: how ``quantize`` is to work.

    >>> kerasette.layers.Dense(3)(ops.ones((2, 5))).shape
    (2, 3)

    Raises: ValueError for ``units`` below 1, or inputs of another size than it was built for.
    """

    units: int
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
    quantization_config: Any = None

    def validate(self) -> None:
        if not isinstance(self.units, int) or isinstance(self.units, bool) or self.units < 1:
            raise ValueError(f"`units` must be a positive integer. Received: units={self.units!r}.")
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        size = input_shape[-1]
        if size is None:
            raise ValueError(
                f"Dense layer {self.name!r} needs inputs whose last size is known. "
                f"Received: input_shape={input_shape}."
            )
        self.make_low_rank(
            (size, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})

    def call(self, inputs: Any, training: Any = None) -> Any:
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return x if self.activation is None else self.activation(x)
