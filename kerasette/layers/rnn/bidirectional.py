"""``Bidirectional``: a recurrent layer run both ways (Schuster and Paliwal, 1997)."""

from typing import Any

from kerasette import ops
from kerasette.layers.layer import Layer
from kerasette.registry import register
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object

_MODES = ("sum", "mul", "ave", "concat", None)


class Bidirectional(Layer):
    """A recurrent layer and its mirror image: ``(batch, steps, features) -> (batch, 2 * units)``.

    Args:
        layer: the recurrent layer; new ones like it are made.
        merge_mode: how the two outputs are joined: "concat", "sum", "mul", "ave", or ``None`` for
            both.
        weights: values for the weights of both, to begin with.
        backward_layer: the layer that reads backwards, where it differs.

    >>> layer = kerasette.layers.Bidirectional(kerasette.layers.LSTM(4))
    >>> layer(ops.zeros((2, 7, 3))).shape
    (2, 8)

    Raises: ValueError for layers that do not go together, or an unknown ``merge_mode``.
    """

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ):
        for name, value in (("layer", layer), ("backward_layer", backward_layer)):
            if not isinstance(value, Layer) and (name == "layer" or value is not None):
                raise ValueError(f"`{name}` must be a layer. Received: {name}={value!r}.")
        if merge_mode not in _MODES:
            raise ValueError(
                f"`merge_mode` must be one of {_MODES}. Received: merge_mode={merge_mode!r}."
            )
        super().__init__(**kwargs)
        self.forward_layer = _copy(layer, "forward_", layer.go_backwards)
        if backward_layer is None:
            backward_layer = _copy(layer, "backward_", not layer.go_backwards)
        self.backward_layer = backward_layer
        self._check_pair()
        for one in (self.forward_layer, self.backward_layer):
            if hasattr(one, "zero_output_for_mask"):
                one.zero_output_for_mask = one.return_sequences
        self.merge_mode = merge_mode
        self.initial_weights = weights
        self.stateful = layer.stateful
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec

    def _check_pair(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError("One of the two layers must have go_backwards=True, the other not.")
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(forward, name) != getattr(backward, name):
                raise ValueError(
                    f"Both layers must have the same `{name}`. Received: {getattr(forward, name)} "
                    f"forward, {getattr(backward, name)} backward."
                )

    @property
    def layer(self) -> Any:
        """The layer that reads forwards."""
        return self.forward_layer

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        for one in (self.forward_layer, self.backward_layer):
            if not one.built:
                one.build(sequences_shape)
        if self.initial_weights is not None:
            half = len(self.initial_weights) // 2
            self.forward_layer.set_weights(self.initial_weights[:half])
            self.backward_layer.set_weights(self.initial_weights[half:])

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        states: list[Any] = [None, None]
        if initial_state is not None:
            half = len(initial_state) // 2
            states = [list(initial_state[:half]), list(initial_state[half:])]
        found = []
        for one, state in zip((self.forward_layer, self.backward_layer), states, strict=True):
            found.append(one(sequences, initial_state=state, mask=mask, training=training))
        last: tuple[Any, ...] = ()
        if self.return_state:
            last = (*found[0][1:], *found[1][1:])
            found = [found[0][0], found[1][0]]
        ahead, back = (ops.cast(x, self.compute_dtype) for x in found)
        if self.return_sequences:
            back = ops.flip(back, axis=1)
        merged = self._merged(ahead, back)
        if not self.return_state:
            return merged
        return (*merged, *last) if self.merge_mode is None else (merged, *last)

    def _merged(self, ahead: Any, back: Any) -> Any:
        if self.merge_mode == "concat":
            return ops.concatenate([ahead, back], axis=-1)
        if self.merge_mode == "sum":
            return ahead + back
        if self.merge_mode == "ave":
            return (ahead + back) / 2
        return ahead * back if self.merge_mode == "mul" else (ahead, back)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        from kerasette import tree

        mask = tree.flatten(previous_mask)[0] if self.return_sequences else None
        own = [mask, mask] if self.merge_mode is None else [mask]
        if not self.return_state:
            return own if self.merge_mode is None else mask
        count = len(self.forward_layer.state_size) + len(self.backward_layer.state_size)
        return own + [None] * count

    def reset_states(self) -> None:
        """Set the states of both layers to zeros."""
        self.reset_state()

    def reset_state(self) -> None:
        """Set the states of both layers to zeros."""
        if not self.stateful:
            raise AttributeError("Only a stateful layer has states to reset.")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    @property
    def states(self) -> Any:
        """The states of both layers; ``None`` before they have any."""
        if not self.forward_layer.states or not self.backward_layer.states:
            return None
        return tuple(self.forward_layer.states) + tuple(self.backward_layer.states)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["merge_mode"] = self.merge_mode
        config["layer"] = serialize_keras_object(self.forward_layer)
        config["backward_layer"] = serialize_keras_object(self.backward_layer)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        for name in ("layer", "backward_layer"):
            if isinstance(config.get(name), dict):
                config[name] = deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)


def _copy(layer: Any, prefix: str, go_backwards: bool) -> Any:
    """A new layer like another, with its direction in its name."""
    config = serialize_keras_object(layer)
    config["config"]["name"] = prefix + layer.name.removeprefix(prefix)
    config["config"]["go_backwards"] = go_backwards
    config.pop("build_config", None)
    made = deserialize_keras_object(config, custom_objects={type(layer).__name__: type(layer)})
    if hasattr(layer, "use_cudnn"):
        made.use_cudnn = layer.use_cudnn
    return made


register("layer", Bidirectional)
