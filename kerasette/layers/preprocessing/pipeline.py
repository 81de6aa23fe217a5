"""``Pipeline``: layers one after the other, as one layer."""

from typing import Any

from kerasette import tree
from kerasette.declared import declared
from kerasette.layers.layer import Layer
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


@declared
class Pipeline(Layer):
    """Applies layers in turn; each gets the masks and ``training`` that it can take.

    Args:
        layers: the layers.

    >>> layers = kerasette.layers
    >>> pipeline = layers.Pipeline([layers.Rescaling(0.5), layers.Flatten()])
    >>> pipeline(ops.ones((2, 3, 4))).shape
    (2, 12)

    Raises: ValueError for anything but a list of layers.
    """

    layers: Any
    name: Any = None

    def validate(self) -> None:
        listed = isinstance(self.layers, (list, tuple))
        if not listed or not all(isinstance(layer, Layer) for layer in self.layers):
            raise ValueError(
                f"`layers` of Pipeline must be a list of layers. Received: layers={self.layers!r}."
            )
        self.layers = list(self.layers)

    def _converted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return args, kwargs  # each layer converts for itself

    def call(self, inputs: Any, training: Any = True, mask: Any = None) -> Any:
        for layer in self.layers:
            signature = layer._call_signature
            kwargs: dict[str, Any] = {"mask": mask} if "mask" in signature.masks else {}
            if signature.takes_training and training is not None:
                kwargs["training"] = training
            inputs = layer(inputs, **kwargs)
            mask = tree.map_structure(lambda x: getattr(x, "_keras_mask", None), inputs)
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {
            "layers": [serialize_keras_object(layer) for layer in self.layers],
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Pipeline":
        layers = config.get("layers")
        if not isinstance(layers, (list, tuple)):
            raise ValueError(f"A config of Pipeline needs a list of layers. Received: {layers!r}.")
        made = [deserialize_keras_object(x, custom_objects=custom_objects) for x in layers]
        return cls(**{**config, "layers": made})
