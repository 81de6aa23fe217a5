"""``Flatten``: all axes but the batch's made one."""

from typing import Any

from kerasette import ops
from kerasette.arrays.settings import standardize_data_format
from kerasette.declared import declared
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer


@declared
class Flatten(Layer):
    """All axes but the first made one: ``(batch, ...) -> (batch, product)``.

    Args:
        data_format: with "channels_first" the channels are moved last before, so that both formats
            give the same order.

    >>> kerasette.layers.Flatten()(ops.zeros((2, 3, 4))).shape
    (2, 12)
    """

    data_format: str | None = None

    def validate(self) -> None:
        self.data_format = standardize_data_format(self.data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        rank = len(inputs.shape)
        if self.data_format == "channels_first" and rank > 2:
            inputs = ops.transpose(inputs, (0, *range(2, rank), 1))
        size = 1
        for one in inputs.shape[1:]:
            size *= one
        return ops.reshape(inputs, (inputs.shape[0], size))
