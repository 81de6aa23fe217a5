"""``Model``: a layer that can be trained, saved and summarised."""

import json
from typing import Any

from kerasette import saving, tree
from kerasette.core.tensor import KerasTensor
from kerasette.errors import nearest
from kerasette.layers.call_signature import shape_of
from kerasette.layers.edits import edits
from kerasette.layers.layer import Layer
from kerasette.models.direct_call import DirectCall, is_direct
from kerasette.registry import register
from kerasette.training.trainer import Trainer


class Model(Trainer, Layer):
    """A layer with training: made of symbolic inputs and outputs, or by subclassing.

    Args:
        inputs: a KerasTensor, or a list or dict of them.
        outputs: a KerasTensor, or a structure of them, made from the inputs.
        name: the model's name.

    >>> x = kerasette.Input(shape=(4,))
    >>> model = kerasette.Model(x, kerasette.layers.Dense(1)(x))
    >>> model.compile(loss="mse")

    A subclass makes its layers in ``__init__`` and computes in ``call(self, inputs)``.
    """

    registry_kind = "model"
    untracked: tuple[str, ...] = (
        "optimizer", "history", "fitting", "loss", "_compile_config", "_compiled_loss",
        "_compiled_metrics", "_direct", "_known_layer_metrics",
    )  # fmt: skip
    counts_edits = False  # training sets many, and a change of the layers says so itself
    _direct: Any = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_functional(args, kwargs):
            from kerasette.models.functional import Functional

            # Python goes on with this object's own `__init__`.
            return Layer.__new__(Functional, *args, **kwargs)
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any):
        if _is_functional(args, kwargs):
            self._become_functional(args, kwargs)
            return
        Layer.__init__(self, *args, **kwargs)

    def _become_functional(self, args: Any, kwargs: Any) -> None:
        """A subclass that gives ``super().__init__(inputs, outputs)`` is a Functional model."""
        from kerasette.models.functional import Functional

        cls = type(self)
        if not isinstance(self, Functional):
            # Files know the object by the class that was written.
            own = {"__module__": cls.__module__, "written_class": cls}
            self.__class__ = type(cls.__name__, (cls, Functional), own)
        Functional.__init__(self, *args, **kwargs)  # type: ignore[arg-type]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_direct(self, args, kwargs):
            if self._direct is None or (self._direct.plain and self._direct.edits != edits.count):
                self._direct = DirectCall(self, super().__call__)
            found = self._direct(args[0], kwargs.get("training"))
            if found is not None:
                return found
        return super().__call__(*args, **kwargs)

    def rematerialized_call(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        """Layers for themselves compute again what they need, not the whole model at once, unless
        it is named.
        """
        mode = self._remat_mode
        named = mode is not None and mode.mode == "list_of_layers"
        return super().rematerialized_call(fn, *args, **kwargs) if named else fn

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"Model {type(self).__name__} has no `call` method: write it.")

    def build(self, input_shape: Any) -> None:
        """Make the weights of all layers for an input of ``input_shape`` (or a structure of them).

        The model is called on a KerasTensor of that shape; a subclass may write its own ``build``.
        """
        self._run_symbolically({str(self._call_signature.first): input_shape})

    def _run_symbolically(self, shapes: dict[str, Any]) -> None:
        def run(dtype: str) -> None:
            symbols = {
                name: tree.map_shape_structure(lambda shape: KerasTensor(shape, dtype), shape)
                for name, shape in shapes.items()
            }
            first = symbols.pop(str(self._call_signature.first))
            self.compute_output_spec(first, **symbols)

        try:
            run(self.input_dtype)
        except (TypeError, ValueError):  # perhaps these are indices
            run("int32")

    def _build_for(self, tensors: dict[str, Any]) -> None:
        if type(self).build is not Model.build:
            super()._build_for(tensors)
            return
        # The call that goes on builds the layers as it comes to them.
        self._build_shapes = {f"{name}_shape": shape_of(value) for name, value in tensors.items()}
        self.built = True

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build for the shapes that ``get_build_config`` gave."""
        shapes = config.get("shapes_dict")
        if shapes is None or type(self).build is not Model.build:
            super().build_from_config(config)
            return
        self._run_symbolically({k.removesuffix("_shape"): shape for k, shape in shapes.items()})
        self._build_shapes, self.built = shapes, True

    @property
    def layers(self) -> list[Any]:
        """The layers directly below this model."""
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError("`Model.layers` cannot be set. Use another name for the attribute.")

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """A layer by its name, or by its place in ``layers``.

        Raises: ValueError where there is none.
        """
        if (name is None) == (index is None):
            raise ValueError(f"Give one of `name` and `index`. Received: {name=}, {index=}.")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"The model has {len(layers)} layers. Received: index={index}.")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in layers]
        raise ValueError(f"No layer named {name!r}; there are {names}.{nearest(name, names)}")

    @property
    def metrics(self) -> list[Any]:
        return Trainer.metrics.fget(self)  # type: ignore[attr-defined]

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers: kind, output shape, number of weights.

        Args:
            line_length: the table's width in characters.
            positions: where columns end, as shares of the width.
            print_fn: takes each line in place of ``print``.
            expand_nested: whether layers of nested models are listed.
            show_trainable: whether a column tells which layers are trainable.
            layer_range: the first and last layer's name, to show a part.
        """
        from kerasette.utils.summary import print_summary

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    def to_device(self, device: str, /) -> Any:
        """Move the model to ``device``, such as "gpu:0", with its optimizer and metrics; itself is
        returned.

        >>> model = kerasette.Sequential([layers.Input((2,)), layers.Dense(1)])
        >>> model.to_device("cpu:0").variables[0].device
        'cpu:0'

        Raises: DeviceError for a device that is not there.
        """
        super().to_device(device)
        optimizer = [] if self.optimizer is None else self.optimizer.variables
        for variable in (*optimizer, *self.metrics_variables):
            variable.to_device(device)
        return self

    def save(
        self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
    ) -> None:
        """Save the whole model: ``.keras``, or by the ending ``.h5`` the older HDF5 file."""
        saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(
        self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None
    ) -> None:
        """Save the weights alone, to a file that ends in ``.weights.h5``."""
        saving.save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Load what ``save_weights`` or ``save`` wrote."""
        saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs: Any) -> str:
        """The architecture as JSON, for ``model_from_json``."""
        return json.dumps(saving.serialize_keras_object(self), **kwargs)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: Any = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write the model for inference elsewhere, in the format named."""
        from kerasette import export

        export.export_model(self, filepath, format, verbose, input_signature, **kwargs)

    def get_compile_config(self) -> dict[str, Any] | None:
        """What ``compile`` was given, as plain values."""
        if not self.compiled or self._compile_config is None:
            return None
        return {k: saving.serialize_keras_object(v) for k, v in self._compile_config.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """``compile`` with what ``get_compile_config`` gave."""
        found = {k: saving.deserialize_keras_object(v) for k, v in config.items()}
        self.compile(**found)
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """All variables in nested dicts that follow their paths.

        Args:
            value_format: "backend_tensor" or "numpy_array".
        """
        if value_format not in ("backend_tensor", "numpy_array"):
            raise ValueError(
                '`value_format` must be "backend_tensor" or "numpy_array". '
                f"Received: {value_format!r}."
            )
        return {
            part: _nested(variables, value_format)
            for part, variables in self._state_parts().items()
        }

    def _state_parts(self) -> dict[str, list[Any]]:
        parts = {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
        }
        if self.compiled:
            optimizer = self.optimizer
            parts["optimizer_variables"] = [] if optimizer is None else list(optimizer.variables)
            parts["metrics_variables"] = self.metrics_variables
        return parts

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Set variables from what ``get_state_tree`` gave."""
        for part, values in state_tree.items():
            mine = self._state_parts().get(part)
            if mine is None:
                raise ValueError(f"`state_tree` has an unknown part {part!r}.")
            flat = dict(_paths(values))
            for variable in mine:
                if variable.path in flat:
                    variable.assign(flat[variable.path])

    def get_quantization_layer_structure(self, mode: str | None = None) -> Any:
        """How quantization is to walk over this model; ``None``: layer by layer."""
        return None

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Quantize every layer that can be."""
        done = False
        for layer in self._flatten_layers(include_self=False):
            if type(layer).quantize is not Layer.quantize and not isinstance(layer, Model):
                layer.quantize(mode, type_check=type_check, config=config)
                done = True
        if done:
            self._forget_steps()

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from kerasette.models.functional import Functional

        if cls is Model and "input_layers" in config:
            return Functional.from_config(config, custom_objects)
        return cls(**config)

    def state(self) -> dict[str, Any]:
        """Everything that changes in training: variables, optimizer and metrics."""
        saved = super().state()
        saved["optimizer"] = None if self.optimizer is None else self.optimizer.state()
        saved["metrics"] = self.metrics_state()
        return saved

    def load_state(self, saved: dict[str, Any]) -> None:
        super().load_state(saved)
        if saved.get("optimizer") is not None and self.optimizer is not None:
            if not self.optimizer.built:
                self.optimizer.build(self.trainable_variables)
            self.optimizer.load_state(saved["optimizer"])
        if saved.get("metrics") is not None:
            self.load_metrics_state(saved["metrics"])


def _is_functional(args: Any, kwargs: Any) -> bool:
    """Whether a constructor's arguments are inputs and outputs."""
    if len(args) >= 2:
        return _symbolic(args[0])
    return ("outputs" in kwargs and (bool(args) or "inputs" in kwargs)) and _symbolic(
        args[0] if args else kwargs["inputs"]
    )


def _symbolic(value: Any) -> bool:
    return any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(value))


def _nested(variables: list[Any], value_format: str) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for variable in variables:
        *scopes, name = variable.path.split("/")
        place = root
        for scope in scopes:
            place = place.setdefault(scope, {})
        place[name] = variable.numpy() if value_format == "numpy_array" else variable.value
    return root


def _paths(values: Any, prefix: str = "") -> Any:
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _paths(value, f"{path}/")
        else:
            yield path, value


register("model", Model)
