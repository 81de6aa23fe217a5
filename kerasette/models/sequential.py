"""``Sequential``: a model that is a stack of layers."""

from typing import Any

from kerasette import saving, tree
from kerasette.core.infer import graph_scope
from kerasette.core.naming import name_scope
from kerasette.core.tensor import KerasTensor, TensorBase
from kerasette.layers.core.input_layer import InputLayer
from kerasette.layers.edits import edits
from kerasette.layers.layer import Layer
from kerasette.models.functional import Functional
from kerasette.models.model import Model
from kerasette.registry import register
from kerasette.saving import serialization


class Sequential(Model):
    """A stack of layers, each with one input and one output.

    Args:
        layers: the layers, in order; more by ``add``.
        trainable: whether training changes the weights.
        name: the model's name.

    It is built by an ``Input`` (or an ``input_shape=`` of its first layer), or by its first call.

    >>> model = kerasette.Sequential([kerasette.layers.Dense(8), kerasette.layers.Dense(1)])
    >>> model(ops.ones((4, 3))).shape
    (4, 1)
    """

    registry_kind = "model"
    keras_module = "keras"
    lists_layers_first = True  # in weight files
    untracked = (*Model.untracked, "_functional")

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None):
        super().__init__(trainable=trainable, name=name)
        self._stack: list[Any] = []
        self._functional: Any = None
        if layers is not None:
            for layer in layers if isinstance(layers, (list, tuple)) else [layers]:
                self.add(layer, rebuild=False)
            self._connect_if_known()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer (or an ``Input``) on top of the stack.

        Raises: ValueError for what is no layer, a second input, or a name that is there already.
        """
        if isinstance(layer, KerasTensor):
            history = layer._keras_history
            if history is None or not isinstance(history.operation, InputLayer):
                raise ValueError(f"Only an Input may be added as a tensor. Received: {layer!r}.")
            layer = history.operation
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only layers can be added to a Sequential model. "
                f"Received: {layer!r} (of type {type(layer).__name__})."
            )
        if isinstance(layer, InputLayer) and self._stack:
            if isinstance(self._stack[0], InputLayer):
                raise ValueError(
                    f"Sequential model {self.name!r} has an input already. Received: {layer!r}."
                )
            raise ValueError("An Input must be the first layer of a Sequential model.")
        if not self._stack and not isinstance(layer, InputLayer):
            shape = getattr(layer, "_batch_input_shape", None)
            if shape is not None:
                dtype = layer.compute_dtype
                self._stack.append(InputLayer(batch_shape=shape, dtype=dtype))
        if any(other.name == layer.name for other in self._stack):
            raise ValueError(
                "All layers of a Sequential model should have unique names. Name "
                f"{layer.name!r} is there already: give the layer another `name`."
            )
        self._stack.append(layer)
        if rebuild:
            self._connect_if_known()
        else:
            self._functional, self.built = None, False

    def pop(self, rebuild: bool = True) -> Any:
        """Take the top layer off the stack, and return it."""
        if not self._stack:
            raise ValueError(f"Sequential model {self.name!r} has no layers to pop.")
        layer = self._stack.pop()
        self._functional, self.built = None, False
        if rebuild:
            self._connect_if_known()
        return layer

    def _connect_if_known(self) -> None:
        """Connect the layers where the input's shape is known."""
        self._functional, self.built = None, False
        if len(self._stack) > 1 and isinstance(self._stack[0], InputLayer):
            self._connect(self._stack[0].batch_shape, self._stack[0].dtype)

    def _connect(self, batch_shape: Any, dtype: Any) -> None:
        first = self._stack[0]
        if isinstance(first, InputLayer):
            entry = first
        else:
            entry = InputLayer(batch_shape=batch_shape, dtype=dtype)
            self._stack.insert(0, entry)
        value: Any = entry.output
        with graph_scope(), name_scope(self.name, caller=self):
            for layer in self._stack[1:]:
                value = layer(value)
                if len([x for x in tree.flatten(value) if x is not None]) != 1:
                    raise ValueError(
                        "Layers of a Sequential model give one output each. "
                        f"Layer {layer.name!r} gave {len(tree.flatten(value))}."
                    )
            self._functional = Functional(entry.output, value, name=self.name)
        self._functional.sizes_are_fixed = False  # the layers know best which sizes they take
        edits.count += 1
        self.built = True

    def build(self, input_shape: Any = None) -> None:
        """Connect the layers for inputs of ``input_shape`` (batch size first).

        Raises: ValueError where neither ``input_shape`` nor an ``Input`` tells the shape.
        """
        if self._functional is not None or not self._stack:
            self.built = bool(self._stack)
            return
        if input_shape is None:
            if not isinstance(self._stack[0], InputLayer):
                raise ValueError(
                    f"Sequential model {self.name!r} needs `input_shape` to be built: give it, "
                    "or begin the model with an Input."
                )
            input_shape = self._stack[0].batch_shape
        if not isinstance(input_shape, (list, tuple)) or not all(
            size is None or isinstance(size, int) for size in input_shape
        ):
            raise ValueError(
                "A Sequential model has one input, so `input_shape` is one shape. "
                f"Received: input_shape={input_shape}."
            )
        if not isinstance(self._stack[0], InputLayer):
            dtype = self._stack[0].compute_dtype
            input_shape = (None, *input_shape[1:])
            self._connect(input_shape, dtype)
        else:
            self._connect(self._stack[0].batch_shape, self._stack[0].dtype)

    def _build_for(self, tensors: dict[str, Any]) -> None:
        from kerasette.layers.call_signature import known_shape

        first = next(iter(tensors.values()), None)
        if first is None or not self._stack or self._functional is not None:
            return
        if isinstance(first, TensorBase):
            dtype = str(first.dtype)
            if not isinstance(self._stack[0], InputLayer):
                self._connect((None, *known_shape(first)[1:]), dtype)
            else:
                self.build()

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        if self._functional is not None and not kwargs:
            return self._functional.call(inputs, training=training, mask=mask)
        value = inputs
        for layer in self.layers:
            signature = layer._call_signature
            given = {k: v for k, v in kwargs.items() if k in signature.names}
            if signature.takes_training and training is not None:
                given["training"] = training
            value = layer(value, **given)
        return value

    @property
    def layers(self) -> list[Any]:
        """The layers, without the input."""
        if self._stack and isinstance(self._stack[0], InputLayer):
            return self._stack[1:]
        return self._stack[:]

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError("`Sequential.layers` cannot be set. Use `add` and `pop`.")

    def _graph(self) -> Any:
        if self._functional is None:
            raise AttributeError(
                f"Sequential model {self.name!r} has no input yet. Call it on data, or `build` it."
            )
        return self._functional

    @property
    def inputs(self) -> Any:
        return self._graph().inputs

    @property
    def outputs(self) -> Any:
        return self._graph().outputs

    @property
    def input(self) -> Any:
        return self._graph().input

    @property
    def output(self) -> Any:
        return self._graph().output

    @property
    def input_shape(self) -> Any:
        return self._graph().input_shape

    @property
    def output_shape(self) -> Any:
        return self._graph().output_shape

    @property
    def input_dtype(self) -> str:
        layers = self._stack
        return layers[0].compute_dtype if layers else super().input_dtype

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The layers' configs, and the input's shape where it is known."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": super(Model, self).get_config()["dtype"],
            "layers": [serialization.serialize_keras_object(layer) for layer in self._stack],
        }
        if self._functional is not None:
            config["build_input_shape"] = self._functional.input_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        if "layers" not in config:
            return cls(**config)
        model = cls(name=config.get("name"))
        for entry in config["layers"]:
            with saving.custom_object_scope(custom_objects or {}):
                layer = serialization.deserialize_keras_object(entry)
            model.add(layer, rebuild=False)
        model._connect_if_known()
        shape = config.get("build_input_shape")
        if model._functional is None and shape is not None and model._stack:
            model.build(tuple(shape))
        if config.get("trainable") is False:
            model.trainable = False
        return model


register("model", Sequential)
register("model", Functional)
