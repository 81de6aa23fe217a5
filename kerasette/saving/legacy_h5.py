"""The older whole-model files: ``.h5`` as Keras 2 and Keras 3 write them."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerasette import registry
from kerasette.core.budget import budget
from kerasette.errors import FileError
from kerasette.saving import hdf5
from kerasette.saving.atomic import written_whole
from kerasette.saving.blame import reading
from kerasette.saving.custom_objects import (
    CustomObjectScope,
    get_registered_name,
    known_objects,
)
from kerasette.saving.json_text import read_json
from kerasette.saving.legacy_weights import (
    KERAS_VERSION,
    list_shapes,
    load_legacy_weights,
    read_list,
    write_legacy_weights,
    write_list,
)
from kerasette.saving.serialization import (
    deserialize_keras_object,
    from_identifier,
    object_of,
    serialize_keras_object,
)

# Names that `compile` reads by the shapes of outputs; every other name stands for one thing.
_DIGESTED = (("model_config", "training_config"), ("model_weights",))
_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")


def save_legacy_model(model: Any, path: Path, include_optimizer: bool = True) -> None:
    """Write a whole model as an ``.h5`` file."""
    config = serialize_keras_object(model)
    with written_whole(path) as part, hdf5.open_file(part, "w") as file:
        file.attrs["keras_version"] = KERAS_VERSION
        file.attrs["backend"] = "kerasette"
        model_config = {"class_name": _name_of(config), "config": config["config"]}
        file.attrs["model_config"] = json.dumps(model_config)
        write_legacy_weights(model, file.create_group("model_weights"))
        optimizer = getattr(model, "optimizer", None)
        if include_optimizer and optimizer is not None and model.compiled:
            file.attrs["training_config"] = json.dumps(_training_config(model))
            write_list(file.create_group("optimizer_weights"), optimizer.variables)
        hdf5.write_digest(file, *_DIGESTED)


def _name_of(config: dict[str, Any]) -> str:
    registered = config.get("registered_name")
    return registered if registered and ">" in registered else config["class_name"]


# How the model was compiled


def _training_config(model: Any) -> dict[str, Any]:
    """``compile``'s arguments in the words of older files."""
    given = dict(model._compile_config)
    optimizer = serialize_keras_object(given.pop("optimizer"))
    found = {
        "loss": _mapped(_old_loss, given.pop("loss")),
        "loss_weights": given.pop("loss_weights"),
        "metrics": _mapped(_old_metric, given.pop("metrics")),
        "weighted_metrics": _mapped(_old_metric, given.pop("weighted_metrics")),
        **{key: serialize_keras_object(value) for key, value in given.items()},
        "optimizer_config": {"class_name": _name_of(optimizer), "config": optimizer["config"]},
    }
    if found.get("jit_compile"):
        found["jit_compile"] = "auto"  # true makes others compile for minutes
    return found


def _mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """``value`` with ``function`` over what is no list and no plain dict."""
    if isinstance(value, (list, tuple)):
        return [_mapped(function, item) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _mapped(function, item) for key, item in value.items()}
    return None if value is None else function(value)


def _old_loss(loss: Any) -> Any:
    """A loss; Keras reads full names of functions in these files, and no short ones."""
    if isinstance(loss, str):
        if loss in _BY_SHAPE or loss in known_objects():
            return loss
        return getattr(from_identifier(loss, "loss"), "__name__", loss)
    return _old_object(loss)


def _old_metric(metric: Any) -> Any:
    """A metric; one given by its name is written whole, so that it keeps that name."""
    if isinstance(metric, str):
        found = None if metric in _BY_SHAPE else registry.find(metric, "metric")
        if not isinstance(found, type) or metric in known_objects():
            return metric
        metric = found(name=metric)
    return _old_object(metric)


def _old_object(value: Any) -> Any:
    if callable(value) and not hasattr(value, "get_config"):
        return get_registered_name(value)
    config = serialize_keras_object(value)
    if not isinstance(config, dict) or "class_name" not in config:
        return config
    return {"class_name": _name_of(config), "config": config["config"]}


# Reading


def load_legacy_model(path: Path, custom_objects: Any = None, compile: bool = True) -> Any:
    """The model of a whole-model ``.h5`` file."""
    with hdf5.open_file(path) as file:
        with reading(path, "model_config"):
            text = hdf5.text(file, "model_config")
        if text is None:
            raise FileError(
                f"{str(path)!r} holds no model, only weights perhaps: make the model, then call "
                "its `load_weights`."
            )
        with reading(path, "the file's description"):
            hdf5.check_digest(file, *_DIGESTED)
        with CustomObjectScope(custom_objects), budget(2**26 + 8 * path.stat().st_size):
            with reading(path, "model_config"):
                model = _model_of(_json(text))
            with reading(path, "model_weights"):
                group = hdf5.subgroup(file, "model_weights")
                load_legacy_weights(model, file if group is None else group)
            with reading(path, "training_config"):
                training = hdf5.text(file, "training_config")
                if compile and training is not None:
                    _compile(model, _json(training), file)
    return model


def _json(text: str) -> Any:
    try:
        return read_json(text)
    except ValueError as error:
        raise FileError(f"it is no JSON that is read: {error}.") from None


def _model_of(config: Any) -> Any:
    if not isinstance(config, dict) or "class_name" not in config:
        raise FileError("it names no class.")
    if config["class_name"] == "Model":
        config = {**config, "class_name": "Functional"}
    if isinstance(config.get("config"), list):  # Keras before 2.2: a Sequential's list of layers
        config = {**config, "config": {"layers": config["config"]}}
    model = deserialize_keras_object(config)
    if not hasattr(model, "weights"):
        raise FileError(f"it describes no model, but {type(model).__name__}.")
    return model


def _compile(model: Any, training: dict[str, Any], file: Any) -> None:
    """Compile as the file says, with its optimizer's state where it fits."""
    try:
        model.compile(
            optimizer=object_of(_new_optimizer(training["optimizer_config"]), ("optimizer",)),
            loss=_mapped(_reader("loss"), training.get("loss")),
            loss_weights=training.get("loss_weights"),
            metrics=_mapped(_reader("metric"), training.get("metrics")),
            weighted_metrics=_mapped(_reader("metric"), training.get("weighted_metrics")),
            run_eagerly=bool(training.get("run_eagerly")),
            steps_per_execution=int(training.get("steps_per_execution") or 1),
        )
    except (KeyError, TypeError, ValueError) as error:
        warnings.warn(f"The model is not compiled: {error}", stacklevel=3)
        return
    group = hdf5.subgroup(file, "optimizer_weights")
    if group is None:
        return
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    if list_shapes(group) == [v.shape for v in optimizer.variables]:
        optimizer.set_weights(read_list(group))
    else:
        warnings.warn(
            "The optimizer's state in the file does not fit; it begins anew.", stacklevel=3
        )


def _new_optimizer(config: dict[str, Any]) -> dict[str, Any]:
    """An optimizer's config without what older versions had in it."""
    inner = dict(config["config"])
    if "lr" in inner:
        inner.setdefault("learning_rate", inner.pop("lr"))
    for gone in ("decay", "jit_compile", "is_legacy_optimizer"):
        inner.pop(gone, None)
    return {**config, "class_name": config["class_name"].removeprefix("Custom>"), "config": inner}


def _reader(kind: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") != "function":
            return object_of(value, (kind,))
        found = deserialize_keras_object(value)
        return known_objects().get(found, found) if isinstance(found, str) else found

    return read
