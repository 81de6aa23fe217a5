"""``Masking``: skips steps that hold nothing."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.layers.layer import Layer


@declared
class Masking(Layer):
    """Has later layers skip steps in which every feature is ``mask_value``.

    ``(batch, steps, ...) -> (batch, steps, ...)``; masked steps become 0.

    Args:
        mask_value: what stands for nothing.

    >>> layer = kerasette.layers.Masking()
    >>> layer.compute_mask(ops.array([[[1.0], [0.0]]]), None).numpy()
    array([[ True, False]])
    """

    mask_value: Any = 0.0

    def validate(self) -> None:
        self.supports_masking = True

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        kept = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return inputs * ops.cast(kept, inputs.dtype)
