"""``Activation``: an activation function as a layer."""

from typing import Any

from kerasette.activations import ActivationField
from kerasette.declared import declared
from kerasette.layers.layer import Layer


@declared
class Activation(Layer):
    """Applies an activation function: ``(...) -> (...)``.

    Args:
        activation: its name, or a function.

    >>> kerasette.layers.Activation("relu")(ops.array([-1.0, 1.0])).numpy()
    array([0., 1.], dtype=float32)
    """

    activation: ActivationField

    def validate(self) -> None:
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)
