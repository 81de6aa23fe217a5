"""``HostLayer``: a layer that works on texts, by Python, outside of compiled functions."""

from typing import Any

import numpy as np

from kerasette.core.tensor import KerasTensor, TensorBase
from kerasette.layers.layer import Layer


class HostLayer(Layer):
    """Takes texts or numbers as they are, with no cast; subclasses give shape and dtype."""

    def _converted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return args, kwargs

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        if isinstance(inputs, (list, tuple)):
            shape = self.compute_output_shape([x.shape for x in inputs])
        else:
            shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, self.output_dtype)

    @property
    def output_dtype(self) -> str:
        """The outputs' dtype."""
        return self.compute_dtype


def host_array(values: Any) -> np.ndarray:
    """Texts or numbers as a numpy array; bytes are read as UTF-8."""
    found = values.numpy() if isinstance(values, TensorBase) else np.asarray(values)  # type: ignore[attr-defined]
    if found.dtype.kind == "O":
        found = np.array(
            [x.decode() if isinstance(x, bytes) else x for x in found.ravel()]
        ).reshape(found.shape)
    return np.char.decode(found, "utf-8") if found.dtype.kind == "S" else found
