"""``Wrapper``: the base of layers that hold one other layer."""

from typing import Any

from kerasette.layers.layer import Layer
from kerasette.registry import register
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


class Wrapper(Layer):
    """A layer around another one. Subclasses write ``call``, and use ``self.layer`` in it.

    Args:
        layer: the layer that is wrapped.

    Raises: ValueError for what is no layer.
    """

    def __init__(self, layer: Any, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise ValueError(f"`layer` must be a layer. Received: layer={layer!r}.")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        if isinstance(config.get("layer"), dict):
            config["layer"] = deserialize_keras_object(
                config["layer"], custom_objects=custom_objects
            )
        return cls(**config)


register("layer", Wrapper)
