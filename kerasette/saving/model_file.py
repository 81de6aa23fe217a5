"""Whole models: ``save_model`` and ``load_model``."""

import datetime
import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kerasette.errors import FileError
from kerasette.saving import archive, hdf5
from kerasette.saving.atomic import written_whole
from kerasette.saving.serialization import (
    ObjectSharingScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from kerasette.saving.weights import read_weights, refuse_overwriting, write_weights

_KERAS_VERSION = "3.15.1"  # whose format this is


def save_model(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    zipped: bool | None = None,
    **kwargs: Any,
) -> None:
    """Save a model: its architecture, weights, and how it was compiled, optimizer state included.

    Args:
        model: the model.
        filepath: ``name.keras``; ``name.h5`` for the older whole-model file.
        overwrite: whether an existing file is replaced.
        zipped: ``False`` writes a folder in place of one file.

    Raises: ValueError for another ending; FileError where the file cannot be written.
    """
    include_optimizer = kwargs.pop("include_optimizer", True)
    kwargs.pop("save_format", None)
    if kwargs:
        raise ValueError(f"save_model() got unknown arguments: {sorted(kwargs)}.")
    path = Path(filepath)
    if path.suffix in (".h5", ".hdf5"):
        from kerasette.saving.legacy_h5 import save_legacy_model

        refuse_overwriting(path, overwrite)
        save_legacy_model(model, path, include_optimizer)
        return
    if path.suffix != ".keras" and zipped is not False:
        raise ValueError(
            "A model is saved to a file that ends in '.keras' (or '.h5', the older format). "
            f"Received: filepath={str(path)!r}."
        )
    refuse_overwriting(path, overwrite)
    members = _members(model)
    if zipped is False:
        _write_folder(path, members)
        return
    with written_whole(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as file:
        for name, data in members.items():
            file.writestr(name, data)


def _members(model: Any) -> dict[str, bytes]:
    """The members of a model file, by name."""
    with ObjectSharingScope():
        config = serialize_keras_object(model)
    if isinstance(config.get("compile_config"), dict) and config["compile_config"].get(
        "jit_compile"
    ):
        config["compile_config"]["jit_compile"] = "auto"  # true makes others compile for minutes
    metadata = {
        "keras_version": _KERAS_VERSION,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
    }
    buffer = io.BytesIO()
    with hdf5.open_file(buffer, "w") as file:
        write_weights(model, file)
    return {
        archive.METADATA: json.dumps(metadata).encode(),
        archive.CONFIG: json.dumps(config).encode(),
        archive.WEIGHTS: buffer.getvalue(),
        **_assets(model),
    }


def _assets(model: Any) -> dict[str, bytes]:
    """What layers store beside their variables (vocabularies), by path under ``assets/``."""
    import tempfile

    from kerasette.saving.walk import stored

    found: dict[str, bytes] = {}
    for path, obj in stored(model):
        if not hasattr(obj, "save_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            obj.save_assets(folder)
            for name in sorted(os.listdir(folder)):
                data = (Path(folder) / name).read_bytes()
                found["/".join(filter(None, ("assets", path, name)))] = data
    return found


def _write_folder(path: Path, members: dict[str, bytes]) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for name, data in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path / name) as part:
            part.write_bytes(data)


def load_model(
    filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Load a model that ``save_model``, here or in Keras, wrote.

    Args:
        filepath: a ``.keras`` file or folder, or a whole-model ``.h5`` file.
        custom_objects: your own classes and functions that it uses, by name.
        compile: whether it is compiled as it was, with its optimizer's state.
        safe_mode: accepted as Keras does; no file runs code here, whatever it is.

    Raises: FileError for a missing or damaged file; ValueError for an unknown class, or weights
    that do not fit.
    """
    path = Path(filepath)
    if path.is_dir():
        return _load_folder(path, custom_objects, compile)
    if path.suffix in (".h5", ".hdf5") and not archive.is_archive(path):
        from kerasette.saving.legacy_h5 import load_legacy_model

        return load_legacy_model(path, custom_objects, compile)
    if path.suffix != ".keras" and not (path.exists() and archive.is_archive(path)):
        if not path.exists():
            raise FileError(f"There is no file {str(path)!r}.")
        raise ValueError(
            "A model is in a file that ends in '.keras' or '.h5'. "
            f"Received: filepath={str(path)!r}."
        )
    with archive.opened(path) as file:
        model = _model_of(archive.read(file, archive.CONFIG), custom_objects, compile)
        _load_assets(model, file)
        with archive.weights_file(file) as weights:
            _load_all(model, weights)
    return model


def _load_folder(path: Path, custom_objects: Any, compile: bool) -> Any:
    config = path / archive.CONFIG
    if not config.is_file():
        raise FileError(f"The folder {str(path)!r} has no {archive.CONFIG}: it is no saved model.")
    model = _model_of(config.read_bytes(), custom_objects, compile)
    with hdf5.open_file(path / archive.WEIGHTS) as weights:
        _load_all(model, weights)
    return model


def _load_all(model: Any, weights: Any) -> None:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and not optimizer.built:
        optimizer.build(model.trainable_variables)
    read_weights(model, weights)


def _model_of(data: bytes, custom_objects: Any, compile: bool) -> Any:
    try:
        config = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FileError(f"The model's {archive.CONFIG} is no JSON: {error}.") from None
    if not isinstance(config, dict):
        raise FileError(f"The model's {archive.CONFIG} must hold an object of JSON.")
    if not compile:
        config.pop("compile_config", None)
    try:
        with ObjectSharingScope():
            model = deserialize_keras_object(config, custom_objects=custom_objects)
    except RecursionError:
        raise FileError(f"The model's {archive.CONFIG} is nested too deeply.") from None
    if not hasattr(model, "weights"):
        raise FileError(f"The file holds no model, but {type(model).__name__}.")
    return model


def _load_assets(model: Any, file: zipfile.ZipFile) -> None:
    import tempfile

    from kerasette.saving.walk import stored

    names = [n for n in file.namelist() if n.startswith("assets/") and not n.endswith("/")]
    if not names:
        return
    for path, obj in stored(model):
        if not hasattr(obj, "load_assets"):
            continue
        prefix = "/".join(filter(None, ("assets", path))) + "/"
        own = [n for n in names if n.startswith(prefix) and "/" not in n[len(prefix) :]]
        with tempfile.TemporaryDirectory() as folder:
            for name in own:
                data = archive.read(file, name, limit=2**30)
                (Path(folder) / name[len(prefix) :]).write_bytes(data)
            if own:
                obj.load_assets(folder)


@contextmanager
def weights_of_archive(path: Path) -> Iterator[Any]:
    """The weights in a ``.keras`` file, as an open HDF5 file."""
    with archive.opened(path) as file, archive.weights_file(file) as weights:
        yield weights
