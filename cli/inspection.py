"""What is in a model or checkpoint file, read without making anything of it."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kerasette.errors import FileError
from kerasette.saving import archive, hdf5

from .errors import CheckpointProblem
from .output import number, size


@dataclass
class Array:
    """An array in a file: its path there, shape and dtype."""

    path: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def count(self) -> int:
        total = 1
        for length in self.shape:
            total *= length
        return total


@dataclass
class Inspection:
    """What a file is, what it says of itself, its layers and its arrays."""

    kind: str
    facts: dict[str, str] = field(default_factory=dict)
    layers: list[tuple[str, str, str]] = field(default_factory=list)  # name, class, arguments
    arrays: list[Array] = field(default_factory=list)


def inspect_file(path: Path) -> Inspection:
    """Look into a ``.keras``, ``.h5``, ``.weights.h5`` or ``.npz`` file, or a run's checkpoint.

    Raises ``CheckpointProblem`` for a file that is none of these, or damaged.
    """
    if not path.is_file():
        raise CheckpointProblem(f"There is no file {path}.")
    try:
        if zipfile.is_zipfile(path):
            return _zip(path)
        with hdf5.open_file(path) as file:
            return _hdf5(file)
    except (FileError, ValueError, KeyError) as error:
        raise CheckpointProblem(f"{path} cannot be inspected: {error}") from error


def _zip(path: Path) -> Inspection:
    with zipfile.ZipFile(path) as file:
        names = set(file.namelist())
    if "tree.json" in names:
        return _state(path)
    if archive.CONFIG in names:
        return _keras(path)
    if names and all(name.endswith(".npy") for name in names):
        return _npz(path)
    raise ValueError(f"it is an archive of another kind, with {', '.join(sorted(names)[:3])}.")


def _keras(path: Path) -> Inspection:
    with archive.opened(path) as file:
        config = json.loads(archive.read(file, archive.CONFIG))
        found = Inspection("Keras model")
        if archive.METADATA in file.namelist():
            for name, value in json.loads(archive.read(file, archive.METADATA)).items():
                found.facts[name.replace("_", " ")] = str(value)
        _describe(config, found)
        if archive.WEIGHTS in file.namelist():
            with archive.weights_file(file) as weights:
                found.arrays = list(_datasets(weights))
    return found


def _hdf5(file: Any) -> Inspection:
    config = hdf5.text(file, "model_config")
    kind = "weights"
    if config is not None:
        kind = "Keras model in HDF5"
    elif hdf5.texts(file, "layer_names"):
        kind = "weights in Keras's older form"
    found = Inspection(kind)
    version = hdf5.text(file, "keras_version")
    if version:
        found.facts["keras version"] = version
    if config is not None:
        _describe(json.loads(config), found)
    found.arrays = list(_datasets(file))
    return found


def _state(path: Path) -> Inspection:
    from .run.statefile import load_state

    state = load_state(path)
    found = Inspection("checkpoint of a run")
    found.facts = {
        "epochs": str(state["epoch"]),
        "batches of the next epoch": str(state["batch"]),
    }
    recorder = state["callbacks"].get("Recorder_1", {})
    if recorder.get("best") is not None:
        found.facts["best"] = f"{number(recorder['best'])} in epoch {recorder['best_epoch']}"
    for name, value in _state_arrays(state["model"], "model"):
        found.arrays.append(Array(name, value.shape, value.dtype.name))
    return found


def _state_arrays(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _state_arrays(child, f"{path}/{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _state_arrays(child, f"{path}/{index}")
    elif hasattr(value, "dtype"):
        yield path, value


def _npz(path: Path) -> Inspection:
    import numpy as np

    found = Inspection("arrays")
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            array = arrays[name]
            found.arrays.append(Array(name, array.shape, array.dtype.name))
    return found


def _describe(config: dict[str, Any], found: Inspection) -> None:
    """The facts and layers of a model's config."""
    found.facts["class"] = str(config.get("class_name"))
    if config.get("registered_name") not in (None, config.get("class_name")):
        found.facts["registered as"] = str(config["registered_name"])
    inner = config.get("config", {})
    if isinstance(inner, dict):
        found.facts["name"] = str(inner.get("name"))
        for layer in inner.get("layers", ()):
            found.layers.append(_layer(layer))
    compiled = config.get("compile_config")
    if isinstance(compiled, dict):
        for name in ("optimizer", "loss", "metrics"):
            if compiled.get(name) is not None:
                found.facts[name] = _short(compiled[name])


def _layer(layer: dict[str, Any]) -> tuple[str, str, str]:
    config = layer.get("config", {})
    told = {
        name: value
        for name, value in config.items()
        if name not in ("name", "dtype", "trainable")
        and not (value is None or name.endswith(("_initializer", "_regularizer", "_constraint")))
        and isinstance(value, int | float | str | list)
        and not isinstance(value, bool)
    }
    arguments = ", ".join(f"{name}={_short(value)}" for name, value in told.items())
    name = config.get("name") or layer.get("name")
    return str(name), str(layer.get("class_name")), arguments


def _short(value: Any) -> str:
    if isinstance(value, dict) and "class_name" in value:
        value = value["class_name"]
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _datasets(group: Any, path: str = "") -> Iterator[Array]:
    for name in hdf5.names(group):
        found = hdf5.member(group, name)
        if hasattr(found, "shape"):
            shape = tuple(found.shape or ())
            yield Array(f"{path}{name}", shape, str(found.attrs.get("dtype", found.dtype)))
        else:
            yield from _datasets(found, f"{path}{name}/")


def total(arrays: list[Array]) -> str:
    """How many numbers, in how many bytes."""
    numbers = sum(array.count for array in arrays)
    held = sum(array.count * _itemsize(array.dtype) for array in arrays)
    return f"{len(arrays)} arrays, {numbers:,} numbers, {size(held)}"


def _itemsize(dtype: str) -> int:
    digits = "".join(c for c in dtype.partition("_")[0] if c.isdigit())
    return max(1, int(digits or 8) // 8)
