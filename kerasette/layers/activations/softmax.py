"""``Softmax``."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.layers.layer import Layer


@declared
class Softmax(Layer):
    """Weights that add up to 1 along an axis: ``(...) -> (...)``.

    Called with a ``mask``, places where it is false get the weight 0.

    Args:
        axis: an axis, or several.

    >>> kerasette.layers.Softmax()(ops.array([0.0, 0.0])).numpy()
    array([0.5, 0.5], dtype=float32)
    """

    axis: Any = -1

    def validate(self) -> None:
        self.axis = tuple(self.axis) if isinstance(self.axis, (tuple, list)) else self.axis
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            large = 3e4 if inputs.dtype == "float16" else 1e9
            inputs = inputs - large * ops.cast(
                ops.logical_not(ops.cast(mask, "bool")), inputs.dtype
            )
        out = ops.softmax(inputs, axis=self.axis)
        if mask is not None:  # a row without any place is 0, not even shares
            out = out * ops.cast(mask, out.dtype)
        return out
