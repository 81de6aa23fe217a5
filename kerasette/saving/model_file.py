"""Whole models: ``save_model`` and ``load_model``."""

import datetime
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kerasette.core.budget import budget
from kerasette.core.deferred import deferred_values
from kerasette.errors import FileError
from kerasette.saving import archive, hdf5
from kerasette.saving.assets import assets_of, load_assets
from kerasette.saving.atomic import written_whole
from kerasette.saving.blame import reading
from kerasette.saving.json_text import read_json
from kerasette.saving.serialization import (
    ObjectSharingScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from kerasette.saving.weights import fill_weights, refuse_overwriting, write_weights

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
        **assets_of(model),
    }


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
    with archive.opened(path) as file, _loading(archive.weights_size(file)):
        with reading(path, archive.CONFIG):
            model = _model_of(archive.read(file, archive.CONFIG), custom_objects, compile)
        with reading(path, "assets"):
            load_assets(model, file.namelist(), lambda name: archive.read(file, name, limit=2**30))
        with reading(path, archive.WEIGHTS), archive.weights_file(file) as weights:
            _load_all(model, weights)
    return model


@contextmanager
def _loading(size: int) -> Iterator[None]:
    """Variables may need as much as weights of ``size`` bytes, optimizers' slots, and a bit; their
    values are to come.
    """
    with budget(2**26 + 8 * size), deferred_values():
        yield


def _load_folder(path: Path, custom_objects: Any, compile: bool) -> Any:
    if not (path / archive.CONFIG).is_file():
        raise FileError(f"The folder {str(path)!r} has no {archive.CONFIG}: it is no saved model.")
    config, weights_path = _inside(path, archive.CONFIG), _inside(path, archive.WEIGHTS)
    size = weights_path.stat().st_size if weights_path.exists() else 0
    with _loading(size):
        with reading(path, archive.CONFIG):
            model = _model_of(config.read_bytes(), custom_objects, compile)
        with reading(path, "assets"):
            names = [
                file.relative_to(path).as_posix()
                for file in (path / "assets").rglob("*")
                if not file.is_dir()
            ]
            load_assets(model, names, lambda name: _inside(path, name).read_bytes())
        with reading(path, archive.WEIGHTS), hdf5.open_file(weights_path) as weights:
            _load_all(model, weights)
    return model


def _inside(folder: Path, name: str) -> Path:
    """A file of a folder.

    Raises: FileError where a link leads out of the folder, or it is no plain file.
    """
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise FileError(f"{str(folder / name)!r} is a link to a file elsewhere.")
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise FileError(f"{str(folder / name)!r} is no plain file.")
    return path


def _load_all(model: Any, weights: Any) -> None:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and not optimizer.built:
        optimizer.build(model.trainable_variables)
    fill_weights(model, weights)


def _model_of(data: bytes, custom_objects: Any, compile: bool) -> Any:
    try:
        config = read_json(data)
    except ValueError as error:
        raise FileError(f"it is no JSON that is read: {error}.") from None
    if not isinstance(config, dict):
        raise FileError("it must hold an object of JSON.")
    if not compile:
        config.pop("compile_config", None)
    with ObjectSharingScope():
        model = deserialize_keras_object(config, custom_objects=custom_objects)
    if not hasattr(model, "weights"):
        raise FileError(f"it describes no model, but {type(model).__name__}.")
    return model


@contextmanager
def weights_of_archive(path: Path) -> Iterator[Any]:
    """The weights in a ``.keras`` file, as an open HDF5 file."""
    with archive.opened(path) as file, archive.weights_file(file) as weights:
        yield weights
