"""``TimeDistributed``: a layer applied to each step of a sequence."""

from typing import Any

from kerasette import ops
from kerasette.layers.core.wrapper import Wrapper
from kerasette.registry import register


class TimeDistributed(Wrapper):
    """Applies a layer to every step: ``(batch, steps, ...) -> (batch, steps, ...)``.

    Args:
        layer: the layer.

    >>> layer = kerasette.layers.TimeDistributed(kerasette.layers.Dense(4))
    >>> layer(ops.zeros((2, 7, 3))).shape
    (2, 7, 4)

    Raises: ValueError for inputs without a step axis, or a mask that does not fit them.
    """

    def __init__(self, layer: Any, **kwargs: Any):
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        if len(input_shape) < 3:
            raise ValueError(
                f"TimeDistributed layer {self.name!r} needs inputs (batch, steps, ...). "
                f"Received: shape {input_shape}."
            )
        if not self.layer.built:
            self.layer.build((input_shape[0], *input_shape[2:]))

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if mask is not None and tuple(mask.shape[:2]) != tuple(inputs.shape[:2]):
            raise ValueError(
                f"The mask of TimeDistributed layer {self.name!r} must begin with the inputs' "
                f"sizes {tuple(inputs.shape[:2])}. Received: a mask of shape {tuple(mask.shape)}."
            )
        signature = self.layer._call_signature
        steps = ops.swapaxes(inputs, 0, 1)
        masks = None if mask is None else ops.swapaxes(mask, 0, 1)
        wants_mask = masks is not None and "mask" in signature.masks

        def one(given: Any) -> Any:
            kwargs: dict[str, Any] = {}
            if signature.takes_training:
                kwargs["training"] = training
            if wants_mask:
                given, kwargs["mask"] = given
            return self.layer(given, **kwargs)

        outputs = ops.map(one, (steps, masks) if wants_mask else steps)
        return ops.swapaxes(outputs, 0, 1)


register("layer", TimeDistributed)
