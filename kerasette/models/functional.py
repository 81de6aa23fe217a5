"""``Functional``: a model that is the graph between symbolic inputs and outputs."""

from typing import Any

from kerasette import ops, tree
from kerasette.core.tensor import KerasTensor, TensorBase
from kerasette.layers.core.input_layer import InputLayer
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.models.functional_config import functional_config, functional_from_config
from kerasette.models.graph_function import Function
from kerasette.models.model import Model


class Functional(Function, Model):
    """A model between symbolic inputs and outputs; ``Model(inputs, outputs)`` makes it."""

    registry_kind = "model"
    keras_module = "keras.src.models.functional"
    lists_layers_first = True  # in weight files
    sizes_are_fixed = True  # whether inputs must have the sizes of their Inputs, or the rank alone

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any):
        trainable = kwargs.pop("trainable", None)
        Model.__init__(self, name=name, **kwargs)
        self._connect(_entered(inputs), outputs)
        if trainable is not None:
            self.trainable = trainable
        self.built = True

    def build(self, input_shape: Any = None) -> None:
        self.built = True

    @property
    def operations(self) -> list[Any]:
        """The operations and layers of the graph."""
        return self._operations[:]

    @property
    def layers(self) -> list[Any]:
        """The layers of the graph."""
        return [op for op in self._operations if isinstance(op, Layer)]

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError("`Model.layers` cannot be set. Use another name for the attribute.")

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, flat."""
        return [tensor._keras_history.operation.name for tensor in self._inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that make the outputs, flat."""
        return [tensor._keras_history.operation.name for tensor in self._outputs]

    @property
    def input_shape(self) -> Any:
        """The shape of the input, or of each of them in their structure."""
        return tree.map_structure(lambda tensor: tensor.shape, self._inputs_struct)

    @property
    def output_shape(self) -> Any:
        """The shape of the output, or of each of them in their structure."""
        return tree.map_structure(lambda tensor: tensor.shape, self._outputs_struct)

    @property
    def input_spec(self) -> Any:
        """What the inputs must look like; sizes of other axes than the batch's are checked."""
        if getattr(self, "_given_spec", None) is not None:
            return self._given_spec
        return None

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._given_spec = value

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The outputs for values in the structure of the inputs."""
        values = self._standardized(inputs)
        if mask is not None:
            for value, one in zip(values, tree.flatten(mask), strict=False):
                if one is not None:
                    value._keras_mask = one

        def applied(operation: Any) -> Any:
            if training is None or not isinstance(operation, Layer):
                return operation
            if not operation._call_signature.takes_training:
                return operation
            return lambda *args, **kwargs: operation(*args, **{"training": training, **kwargs})

        return self._run_graph(values, applied)

    def _standardized(self, inputs: Any) -> list[Any]:
        """The inputs flat, in order, with the dtype and rank that their places ask for."""
        if isinstance(inputs, dict) and not isinstance(self._inputs_struct, dict):
            names = self.input_names
            missing = [name for name in names if name not in inputs]
            if missing:
                raise ValueError(
                    f"Model {self.name!r} misses its input(s) {missing}. "
                    f"Received: inputs with the keys {sorted(inputs)}."
                )
            flat = [inputs[name] for name in names]
        elif isinstance(inputs, dict) and isinstance(self._inputs_struct, dict):
            missing = [name for name in self._inputs_struct if name not in inputs]
            if missing:
                raise ValueError(
                    f"Model {self.name!r} misses its input(s) {missing}. "
                    f"Received: inputs with the keys {sorted(inputs)}."
                )
            flat = tree.flatten({name: inputs[name] for name in self._inputs_struct})
        else:
            flat = self._flat_inputs(inputs)
        return [
            self._fitted(value, tensor) for value, tensor in zip(flat, self._inputs, strict=True)
        ]

    def _fitted(self, value: Any, place: KerasTensor) -> Any:
        """One input, cast and with an axis of size 1 added or dropped where its place asks it."""
        if value is None:
            return None
        mask = getattr(value, "_keras_mask", None)
        if not isinstance(value, TensorBase) or value.dtype != place.dtype:
            value = ops.convert_to_tensor(value, dtype=place.dtype)
        shape, wanted = tuple(value.shape), place.shape
        if len(shape) == len(wanted) + 1 and shape[-1] == 1:
            value = ops.squeeze(value, axis=-1)
        elif len(shape) == len(wanted) - 1 and wanted[-1] == 1:
            value = ops.expand_dims(value, axis=-1)
        spec = InputSpec(
            **({"shape": (None, *wanted[1:])} if self.sizes_are_fixed else {"ndim": len(wanted)})
        )
        problem = spec.problem(
            tuple(None if repr(s) == "None" else s for s in value.shape), str(value.dtype)
        )
        if problem:
            name = place._keras_history.operation.name
            raise ValueError(f"Input {name!r} of model {self.name!r} does not fit: {problem}.")
        if mask is not None:
            value._keras_mask = mask
        return value

    def compute_output_spec(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        return Layer.compute_output_spec(self, inputs, training=training, mask=mask)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return Function.compute_output_shape(self, input_shape)

    def get_config(self) -> dict[str, Any]:
        if type(self) is not Functional:
            return Model.get_config(self)
        return functional_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        if "layers" not in config or "input_layers" not in config:
            return cls(**config)
        return functional_from_config(cls, config, custom_objects)


def _entered(inputs: Any) -> Any:
    """The inputs; one in the middle of another graph gets an InputLayer of its own name."""
    for leaf in inputs if isinstance(inputs, (list, tuple)) else [inputs]:
        if isinstance(leaf, KerasTensor) and leaf._keras_history is None:
            InputLayer(batch_shape=leaf.shape, dtype=leaf.dtype, input_tensor=leaf, name=None)
    return inputs
