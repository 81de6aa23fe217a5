"""What is in a model or checkpoint file, read without making anything of it."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kerasette.errors import FileError
from kerasette.saving import archive, hdf5
from kerasette.saving.json_text import read_json

from .errors import CheckpointProblem
from .output import number, size

_HDF5, _NUMPY = b"\x89HDF\r\n\x1a\n", b"\x93NUMPY"  # how such files begin
_DEEPEST = 100


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
    """Look into a ``.keras``, ``.h5``, ``.weights.h5``, ``.npz`` or ``.npy`` file, or a run's
    checkpoint. Whatever is in it, nothing of it is run, and no array is read.

    Raises ``CheckpointProblem`` for a file that is none of these, or damaged.
    """
    if not path.is_file():
        raise CheckpointProblem(f"There is no file {path}.")
    try:
        return _inspected(path)
    except (FileError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise CheckpointProblem(f"{path} cannot be inspected: {printable(error)}") from error
    except Exception as error:  # damaged archives raise whatever they hit
        said = "it is damaged, or not what its form promises"
        raise CheckpointProblem(
            f"{path} cannot be inspected: {said} ({type(error).__name__})."
        ) from error


def _inspected(path: Path) -> Inspection:
    with path.open("rb") as file:
        start = file.read(len(_HDF5))
    if zipfile.is_zipfile(path):
        return _zip(path)
    if start.startswith(_NUMPY):
        with path.open("rb") as file:
            return Inspection("array", arrays=[_npy("x", file)])
    if start != _HDF5:
        kinds = ".keras, .h5, .weights.h5, .npz, .npy, .state"
        raise ValueError(f"it is none of the files that are known here ({kinds}), or damaged.")
    with hdf5.open_file(path) as opened:
        return _hdf5(opened)


def printable(text: Any) -> str:
    """A text without what would move a terminal's cursor or change its colours."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def _zip(path: Path) -> Inspection:
    with zipfile.ZipFile(path) as file:
        names = set(file.namelist())
    if "tree.json" in names:
        return _state(path)
    if archive.CONFIG in names:
        return _keras(path)
    if names and all(name.endswith(".npy") for name in names):
        return _npz(path)
    held = ", ".join(sorted(names)[:3]) or "nothing"
    raise ValueError(f"it is an archive of another kind, with {held} in it.")


def _keras(path: Path) -> Inspection:
    with archive.opened(path) as file:
        config = read_json(archive.read(file, archive.CONFIG))
        found = Inspection("Keras model")
        if archive.METADATA in file.namelist():
            for name, value in read_json(archive.read(file, archive.METADATA)).items():
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
        _describe(read_json(config), found)
    found.arrays = list(_datasets(file))
    return found


def _state(path: Path) -> Inspection:
    from .run.statefile import load_state

    state = load_state(path)
    if not isinstance(state, dict):
        raise ValueError("it holds no state of a run.")
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
    found = Inspection("arrays")
    with zipfile.ZipFile(path) as archive_:
        for name in archive_.namelist():
            with archive_.open(name) as file:
                found.arrays.append(_npy(name.removesuffix(".npy"), file))
    return found


def _npy(name: str, file: Any) -> Array:
    from kerasette.datasets.npz import read_header

    shape, _, dtype = read_header(file)
    return Array(name, shape, "Python objects" if dtype.hasobject else dtype.name)


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
    text = printable(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _datasets(group: Any) -> Iterator[Array]:
    return _datasets_below(group, "", 0, {hdf5.place_of(group)})


def _datasets_below(group: Any, path: str, depth: int, seen: set[Any]) -> Iterator[Array]:
    if depth > _DEEPEST:
        raise ValueError(f"its groups lie more than {_DEEPEST} deep in one another.")
    for name in hdf5.names(group):
        try:
            found = hdf5.member(group, name)
        except FileError:
            yield Array(f"{path}{name}", (0,), "a link, not followed")
            continue
        if hasattr(found, "shape"):
            shape = tuple(found.shape or ())
            yield Array(f"{path}{name}", shape, hdf5.text(found, "dtype") or str(found.dtype))
        elif (place := hdf5.place_of(found)) in seen:
            yield Array(f"{path}{name}", (0,), "another name of a group, not followed")
        else:
            seen.add(place)
            yield from _datasets_below(found, f"{path}{name}/", depth + 1, seen)


def total(arrays: list[Array]) -> str:
    """How many numbers, in how many bytes."""
    numbers = sum(array.count for array in arrays)
    held = sum(array.count * _itemsize(array.dtype) for array in arrays)
    return f"{len(arrays)} arrays, {numbers:,} numbers, {size(held)}"


def _itemsize(dtype: str) -> int:
    digits = "".join(c for c in dtype.partition("_")[0] if c.isdigit())
    return max(1, int(digits or 8) // 8)
