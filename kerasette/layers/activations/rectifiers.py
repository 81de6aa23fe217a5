"""Rectifiers: ReLU and its kin as layers."""

from typing import Any

from kerasette import ops
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.regularizers import RegularizerField


@declared
class ReLU(Layer):
    """``x`` above the threshold, at most ``max_value``; ``negative_slope * (x - threshold)`` below.

    Args:
        max_value: the largest result; none by default.
        negative_slope: the slope below the threshold.
        threshold: where the rectifier begins.

    >>> kerasette.layers.ReLU()(ops.array([-1.0, 2.0])).numpy()
    array([0., 2.], dtype=float32)

    Raises: ValueError for negative arguments.
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def validate(self) -> None:
        for name in ("max_value", "negative_slope", "threshold"):
            value = getattr(self, name)
            if (value is None and name != "max_value") or (value is not None and value < 0):
                raise ValueError(f"`{name}` must be at least 0. Received: {name}={value!r}.")
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        from kerasette import activations

        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )


@declared
class LeakyReLU(Layer):
    """``x`` where it is positive, ``negative_slope * x`` elsewhere (Maas et al., 2013).

    Args:
        negative_slope: the slope for negative inputs.

    >>> kerasette.layers.LeakyReLU(0.5)(ops.array([-1.0, 2.0])).numpy()
    array([-0.5,  2. ], dtype=float32)
    """

    negative_slope: float = 0.3

    def validate(self) -> None:
        if self.negative_slope is None or self.negative_slope < 0:
            raise ValueError(
                "`negative_slope` must be at least 0. "
                f"Received: negative_slope={self.negative_slope!r}."
            )
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.leaky_relu(inputs, negative_slope=self.negative_slope)


@declared
class PReLU(Layer):
    """``x`` where it is positive, ``alpha * x`` elsewhere, with ``alpha`` learnt (He et al., 2015).

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: of the slopes.
        shared_axes: the axes along which one slope serves all.

    >>> kerasette.layers.PReLU()(ops.array([[-1.0, 2.0]])).numpy()
    array([[0., 2.]], dtype=float32)
    """

    alpha_initializer: InitializerField = "Zeros"
    alpha_regularizer: RegularizerField = None
    alpha_constraint: ConstraintField = None
    shared_axes: Any = None

    def validate(self) -> None:
        axes = self.shared_axes
        self.shared_axes = (
            None if axes is None else list(axes if hasattr(axes, "__iter__") else [axes])
        )
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            name="alpha",
            shape=tuple(shape),
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        sizes = {
            i: size for i, size in enumerate(input_shape) if i and i not in (self.shared_axes or ())
        }
        self.input_spec = InputSpec(ndim=len(input_shape), axes=sizes)

    def call(self, inputs: Any) -> Any:
        return ops.relu(inputs) - ops.convert_to_tensor(self.alpha) * ops.relu(-inputs)


@declared
class ELU(Layer):
    """``x`` where it is positive, ``alpha * (exp(x) - 1)`` elsewhere (Clevert et al., 2015).

    Args:
        alpha: the scale for negative inputs.

    >>> kerasette.layers.ELU()(ops.array([0.0, 2.0])).numpy()
    array([0., 2.], dtype=float32)
    """

    alpha: float = 1.0

    def validate(self) -> None:
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.elu(inputs, alpha=self.alpha)
