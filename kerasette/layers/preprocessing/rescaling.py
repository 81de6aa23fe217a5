"""``Rescaling``: inputs times a factor, plus an offset."""

from typing import Any

import numpy as np

from kerasette import ops
from kerasette.arrays import settings
from kerasette.declared import declared
from kerasette.layers.preprocessing.data_layer import DataLayer


@declared
class Rescaling(DataLayer):
    """``inputs * scale + offset``, of any shape.

    Args:
        scale: a number, or several for the last axis.
        offset: a number, or several for the last axis.

    >>> kerasette.layers.Rescaling(1 / 255)(ops.array([0, 255], "uint8")).numpy()
    array([0., 1.], dtype=float32)
    """

    scale: Any
    offset: Any = 0.0

    def validate(self) -> None:
        self.scale, self.offset = (_plain(x) for x in (self.scale, self.offset))
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        scale = ops.convert_to_tensor(self.scale, self.compute_dtype)
        offset = ops.convert_to_tensor(self.offset, self.compute_dtype)
        if scale.shape and settings.image_data_format() == "channels_first":
            scale = ops.reshape(scale, (*scale.shape, *(1,) * (3 - len(scale.shape))))
        return ops.cast(inputs, self.compute_dtype) * scale + offset


def _plain(value: Any) -> Any:
    """Arrays as lists, which files can hold."""
    return value if isinstance(value, (int, float, list)) else np.asarray(value).tolist()
