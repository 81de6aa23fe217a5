"""The older whole-model files: ``.h5`` as Keras 2 and Keras 3 write them."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import FileError
from kerasette.saving import hdf5
from kerasette.saving.atomic import written_whole
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object

_KERAS_VERSION = "3.15.1"


def save_legacy_model(model: Any, path: Path, include_optimizer: bool = True) -> None:
    """Write a whole model as an ``.h5`` file."""
    config = serialize_keras_object(model)
    with written_whole(path) as part, hdf5.open_file(part, "w") as file:
        file.attrs["keras_version"] = _KERAS_VERSION
        file.attrs["backend"] = "kerasette"
        file.attrs["model_config"] = json.dumps(
            {"class_name": config["class_name"], "config": config["config"]}
        )
        write_legacy_weights(model, file.create_group("model_weights"))
        compiled = model.get_compile_config() if getattr(model, "compiled", False) else None
        if compiled and include_optimizer:
            optimizer = compiled.pop("optimizer")
            if compiled.get("jit_compile"):
                compiled["jit_compile"] = "auto"
            compiled["optimizer_config"] = {key: optimizer[key] for key in ("class_name", "config")}
            file.attrs["training_config"] = json.dumps(compiled)
            group = file.create_group("optimizer_weights")
            _write_list(group, model.optimizer.variables)


def write_legacy_weights(model: Any, group: Any) -> None:
    """The weights of each layer in a group of its name."""
    layers = [layer for layer in model.layers if layer.weights]
    group.attrs["layer_names"] = np.array([layer.name.encode() for layer in model.layers])
    group.attrs["backend"] = "kerasette"
    group.attrs["keras_version"] = _KERAS_VERSION
    for layer in model.layers:
        own = group.create_group(layer.name)
        _write_list(own, layer.weights if layer in layers else [])
    top = group.create_group("top_level_model_weights")
    mine = {id(w) for layer in model.layers for w in layer.weights}
    _write_list(top, [w for w in model.weights if id(w) not in mine])


def _write_list(group: Any, variables: list[Any]) -> None:
    names = [variable.path for variable in variables]
    group.attrs["weight_names"] = np.array([name.encode() for name in names], dtype="S")
    for name, variable in zip(names, variables, strict=True):
        *scopes, last = name.split("/")
        place = group.require_group("/".join(scopes)) if scopes else group
        hdf5.write(place, last, variable.numpy())


def load_legacy_model(path: Path, custom_objects: Any = None, compile: bool = True) -> Any:
    """The model of a whole-model ``.h5`` file."""
    with hdf5.open_file(path) as file:
        text = hdf5.text(file, "model_config")
        if text is None:
            raise FileError(
                f"{str(path)!r} holds no model, only weights perhaps: make the model, then call "
                "its `load_weights`."
            )
        model = _model_of(_json(text), custom_objects)
        group = hdf5.subgroup(file, "model_weights")
        load_legacy_weights(model, file if group is None else group)
        training = hdf5.text(file, "training_config")
        if compile and training is not None:
            _compile(model, _json(training), file, custom_objects)
    return model


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(f"The model's config is no JSON: {error}.") from None


def _model_of(config: Any, custom_objects: Any) -> Any:
    if not isinstance(config, dict) or "class_name" not in config:
        raise FileError("The model's config names no class.")
    if config["class_name"] == "Model":
        config = {**config, "class_name": "Functional"}
    if isinstance(config.get("config"), list):  # Keras before 2.2: a Sequential's list of layers
        config = {**config, "config": {"layers": config["config"]}}
    return deserialize_keras_object(config, custom_objects=custom_objects)


def _compile(model: Any, training: dict[str, Any], file: Any, custom_objects: Any) -> None:
    """Compile as the file says, with its optimizer's state where it fits."""
    try:
        optimizer = deserialize_keras_object(
            training.pop("optimizer_config"), custom_objects=custom_objects
        )
        known = (
            "loss",
            "metrics",
            "loss_weights",
            "weighted_metrics",
            "run_eagerly",
            "steps_per_execution",
        )
        given = {
            key: deserialize_keras_object(value, custom_objects=custom_objects)
            for key, value in training.items()
            if key in known and value is not None
        }
        model.compile(optimizer=optimizer, **given)
    except (KeyError, TypeError, ValueError) as error:
        warnings.warn(f"The model is not compiled: {error}", stacklevel=3)
        return
    group = hdf5.subgroup(file, "optimizer_weights")
    if group is None:
        return
    optimizer.build(model.trainable_variables)
    values = _read_list(group)
    if [v.shape for v in values] == [v.shape for v in optimizer.variables]:
        optimizer.set_weights(values)
    else:
        warnings.warn(
            "The optimizer's state in the file does not fit; it begins anew.", stacklevel=3
        )


def _read_list(group: Any) -> list[np.ndarray]:
    found = []
    for name in hdf5.texts(group, "weight_names"):
        *scopes, last = name.split("/")
        place = hdf5.at(group, "/".join(scopes))
        if place is None:
            raise FileError(f"The weight {name!r} is missing from the file.")
        found.append(hdf5.read(place, last))
    return found


def load_legacy_weights(
    model: Any, group: Any, skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Set the weights of each layer from the group of its name, or in the file's order.

    Raises: ValueError where the layers or shapes differ.
    """
    inner = hdf5.subgroup(group, "model_weights") if "layer_names" not in group.attrs else None
    group = group if inner is None else inner
    listed = [
        (name, _read_list(found))
        for name in hdf5.texts(group, "layer_names")
        if (found := hdf5.subgroup(group, name)) is not None
    ]
    stored = [(name, values) for name, values in listed if values]
    pairs: list[tuple[Any, str, list[np.ndarray]]] = []
    if by_name:
        layers = {layer.name: layer for layer in model.layers}
        pairs = [(layers[name], name, values) for name, values in stored if name in layers]
    else:
        layers_with = [layer for layer in model.layers if layer.weights]
        if len(layers_with) != len(stored):
            raise ValueError(
                f"The file has weights for {len(stored)} layers, the model has {len(layers_with)} "
                "with weights."
            )
        pairs = [(l, n, v) for l, (n, v) in zip(layers_with, stored, strict=True)]  # noqa: E741
    for layer, name, values in pairs:
        shapes = [v.shape for v in layer.weights]
        if shapes != [v.shape for v in values]:
            problem = (
                f"Layer {layer.name!r} has weights of shapes {shapes}, the file's {name!r} has "
                f"{[v.shape for v in values]}."
            )
            if not skip_mismatch:
                raise ValueError(problem)
            warnings.warn(f"{problem} They keep the values they have.", stacklevel=3)
            continue
        layer.set_weights(values)
    top = hdf5.subgroup(group, "top_level_model_weights")
    if top is not None and not by_name:
        mine = {id(w) for layer in model.layers for w in layer.weights}
        rest = [w for w in model.weights if id(w) not in mine]
        for variable, value in zip(rest, _read_list(top), strict=False):
            variable.assign(value)
