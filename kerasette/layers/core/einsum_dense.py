"""``EinsumDense``: a dense layer over the axes that an equation names."""

from typing import Any

from kerasette import ops
from kerasette.activations import ActivationField
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.core.low_rank import LowRankKernel
from kerasette.regularizers import RegularizerField


@declared
class EinsumDense(LowRankKernel):
    """``activation(einsum(equation, x, kernel) + bias)``.

    Args:
        equation: as of ``ops.einsum``, such as "abc,cd->abd"; may begin with "...".
        output_shape: the result's shape without the batch; ``None`` for sizes of the input.
        activation: applied last; none by default.
        bias_axes: the letters of the axes that the bias has; none by default.
        kernel_initializer, bias_initializer: what the weights begin with.
        kernel_regularizer, bias_regularizer: penalties.
        kernel_constraint, bias_constraint: applied after updates.
        lora_rank: the rank of low-rank updates trained in place of the kernel (Hu et al., 2021).
        lora_alpha: their scale is ``lora_alpha / lora_rank``.
        gptq_unpacked_column_size, quantization_config: how the layer is quantized.

    >>> layer = kerasette.layers.EinsumDense("abc,cd->abd", output_shape=(None, 6), bias_axes="d")
    >>> layer(ops.ones((2, 4, 3))).shape
    (2, 4, 6)

    Raises: ValueError for an equation or output shape that does not fit the inputs.
    """

    equation: str
    output_shape: Any
    activation: ActivationField = None
    bias_axes: str | None = None
    kernel_initializer: InitializerField = "glorot_uniform"
    bias_initializer: InitializerField = "zeros"
    kernel_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None
    lora_rank: int | None = None
    lora_alpha: float | None = None
    gptq_unpacked_column_size: int | None = None
    quantization_config: Any = None

    def validate(self) -> None:
        self.equation = self.equation.replace(" ", "")
        if self.equation.count("->") != 1 or self.equation.count(",") != 1:
            raise ValueError(
                "`equation` must have two operands and a result, such as 'ab,bc->ac'. "
                f"Received: equation={self.equation!r}."
            )
        shape = self.output_shape
        self.output_shape = (shape,) if isinstance(shape, int) else tuple(shape)
        self.supports_masking = True
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        kernel_shape, bias_shape = _weight_shapes(
            self.equation, self.bias_axes, tuple(input_shape), self.output_shape
        )
        self.make_low_rank(
            kernel_shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if bias_shape is not None:
            self.bias = self.add_weight(
                name="bias",
                shape=bias_shape,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def get_config(self) -> dict[str, Any]:
        return {
            "activity_regularizer": None
        } | super().get_config()  # in Keras's files even if None

    def call(self, inputs: Any, training: Any = None) -> Any:
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return x if self.activation is None else self.activation(x)


def _weight_shapes(
    equation: str, bias_axes: str | None, input_shape: tuple[Any, ...], output_shape: Any
) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """The shapes of the kernel and the bias, read off the equation and the sizes that are known."""
    left, result = equation.split("->")
    operand, kernel = left.split(",")
    output = (input_shape[0], *output_shape)
    dots = "..." in operand
    operand, result = operand.replace("...", ""), result.replace("...", "")
    if len(operand) > len(input_shape) or (not dots and len(operand) != len(input_shape)):
        raise ValueError(f"The equation {equation!r} does not fit inputs of shape {input_shape}.")
    sizes: dict[str, Any] = {}
    at_end = equation.startswith("...")
    ins = input_shape[-len(operand) :] if at_end or not dots else input_shape[: len(operand)]
    outs = output[-len(result) :] if at_end or not dots else output[: len(result)]
    sizes.update(zip(operand, ins, strict=False))
    output_sizes = dict(zip(result, outs, strict=False))
    for letter, size in output_sizes.items():
        known = sizes.get(letter)
        if size is not None and known is not None and size != known:
            raise ValueError(
                f"`output_shape` gives axis {letter!r} of {equation!r} the size {size}; the inputs "
                f"have {known}."
            )
        if known is None:
            sizes[letter] = size
    missing = [letter for letter in kernel if sizes.get(letter) is None]
    if missing:
        raise ValueError(
            f"The sizes of the kernel's axes {missing} in {equation!r} are not known from inputs "
            f"of shape {input_shape} and output_shape={output_shape}."
        )
    if bias_axes is None:
        return tuple(sizes[letter] for letter in kernel), None
    for letter in bias_axes:
        if letter not in result:
            raise ValueError(f"`bias_axes` names {letter!r}, which the result does not have.")
    first = min(result.index(letter) for letter in bias_axes)
    bias = tuple(output_sizes[c] if c in bias_axes else 1 for c in result[first:])
    bias = tuple(sizes[c] if s is None else s for s, c in zip(bias, result[first:], strict=True))
    if equation.endswith("..."):  # axes that no letter names come after the bias's own
        bias += (1,) * (len(input_shape) - len(operand))
    return tuple(sizes[letter] for letter in kernel), bias
