"""``Lambda``: a function as a layer."""

import inspect
from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.core.tensor import KerasTensor
from kerasette.layers.layer import Layer
from kerasette.registry import register
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


class Lambda(Layer):
    """Applies a function of tensors, without weights.

    Files can hold it where the function is named and registered with
    ``register_keras_serializable``; the code of a lambda is neither written nor read.

    Args:
        function: ``function(inputs, **arguments)``; it may take ``mask`` and ``training``.
        output_shape: the result's shape, or a function of the input's; inferred by default.
        mask: the mask of the result, or a function ``(inputs, mask)``.
        arguments: more arguments for the function.

    >>> float(kerasette.layers.Lambda(lambda x: x * 2)(ops.array(3.0)))
    6.0

    Raises: ValueError, on saving, for a function without a registered name.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise ValueError(f"`function` must be callable. Received: function={function!r}.")
        self.function = function
        self.arguments = dict(arguments or {})
        self.mask = mask
        self.supports_masking = mask is not None
        self._output_shape = output_shape
        self._takes = set(inspect.signature(function).parameters)

    def compute_output_spec(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        if self._output_shape is None:
            return super().compute_output_spec(inputs, mask=mask, training=training)
        shapes = tree.map_structure(lambda x: tuple(x.shape), inputs)
        return tree.map_shape_structure(
            lambda shape: KerasTensor(shape, self.compute_dtype), self._shape_of(shapes)
        )

    def _shape_of(self, shapes: Any) -> Any:
        if callable(self._output_shape):
            return self._output_shape(shapes)
        first = shapes if isinstance(shapes[0], (int, type(None))) else shapes[0]
        return (first[0], *self._output_shape)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        given = dict(self.arguments)
        given |= {"mask": mask} if "mask" in self._takes else {}
        given |= {"training": training} if "training" in self._takes else {}
        return self.function(inputs, **given)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["function"] = serialize_keras_object(self.function)
        if self._output_shape is not None:
            shape = self._output_shape
            config["output_shape"] = serialize_keras_object(shape) if callable(shape) else shape
        if self.mask is not None:
            config["mask"] = serialize_keras_object(self.mask)
        config["arguments"] = self.arguments
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: Any = None
    ) -> Any:
        config = dict(config)
        for name in ("function", "mask", "output_shape"):
            if isinstance(config.get(name), dict):
                config[name] = deserialize_keras_object(config[name], custom_objects=custom_objects)
        shape = config.get("output_shape")
        config["output_shape"] = tuple(shape) if isinstance(shape, list) else shape
        return cls(**config)


register("layer", Lambda)
