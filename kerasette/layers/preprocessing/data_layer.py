"""``DataLayer``: the base of layers that prepare numbers, in a model or ahead of it."""

from typing import Any

from kerasette import ops
from kerasette.layers.layer import Layer


class DataLayer(Layer):
    """Works on arrays as on tensors, so that a pipeline of data may call it."""

    def convert_weight(self, weight: Any) -> Any:
        """A weight as a tensor to compute with."""
        return ops.convert_to_tensor(weight)
