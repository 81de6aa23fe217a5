"""``KerasFileEditor``: look into a file of weights, change it, and save it again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import FileError
from kerasette.saving import archive, hdf5
from kerasette.saving.atomic import written_whole
from kerasette.saving.blame import reading
from kerasette.saving.json_text import read_json
from kerasette.saving.walk import variables_at
from kerasette.saving.weights import weights_by_place

__all__ = ["KerasFileEditor"]

_DEPTH = 100


class KerasFileEditor:
    """Shows and changes what a file of weights holds, after a model's architecture has changed.

    Args:
        filepath: a ``.weights.h5`` or ``.keras`` file.

    ``weights_dict`` holds the weights: nested dicts by the parts of paths, with arrays at the ends.
    A ``.keras`` file's ``config`` and ``metadata`` are there, too.

    >>> model.save_weights("model.weights.h5")
    >>> editor = kerasette.saving.KerasFileEditor("model.weights.h5")
    Keras model file 'model.weights.h5'
    >>> editor.rename_object("layers/dense", "dense_1")
    >>> editor.save("changed.weights.h5")

    Raises: ValueError for another ending; FileError for a missing or damaged file.
    """

    def __init__(self, filepath: Any):
        path = Path(filepath)
        self.filepath = str(filepath)
        self.metadata: Any = None
        self.config: Any = None
        self.object_metadata: dict[str, dict[str, Any]] = {}  # by path
        self._seen: set[Any] = set()  # the objects of the file that were read
        if path.name.endswith(".weights.h5"):
            with reading(path, "the weights"), hdf5.open_file(path) as file:
                self.weights_dict = self._read(file, "")
        elif path.suffix == ".keras":
            with archive.opened(path) as opened:
                with reading(path, archive.CONFIG):
                    self.config = read_json(archive.read(opened, archive.CONFIG))
                with reading(path, archive.METADATA):
                    self.metadata = read_json(archive.read(opened, archive.METADATA))
                    if not isinstance(self.metadata, dict):
                        raise FileError("it must hold an object of JSON.")
                with reading(path, archive.WEIGHTS), archive.weights_file(opened) as file:
                    self.weights_dict = self._read(file, "")
        else:
            raise ValueError(
                "The file must end in '.weights.h5' or '.keras'. "
                f"Received: filepath={self.filepath!r}."
            )
        print(f"Keras model file '{self.filepath}'")
        if self.metadata is not None:
            version, date = self.metadata.get("keras_version"), self.metadata.get("date_saved")
            print(f"Saved with Keras {version} - date: {date}")

    def _read(self, group: Any, path: str) -> dict[str, Any]:
        """The weights of an object (from its group "vars") and those of the objects below it."""
        import h5py

        found: dict[str, Any] = {}
        if path.count("/") > _DEPTH:
            raise FileError("it is nested too deeply.")
        for name in hdf5.names(group):
            if not isinstance(self._new(group, name), h5py.Group):
                found[name] = hdf5.read(group, name)
            elif name == "vars":
                own = hdf5.subgroup(group, name)
                self.object_metadata[path] = hdf5.attributes(own)
                found.update({key: self._array(own, key) for key in hdf5.names(own)})
            elif below := self._read(hdf5.subgroup(group, name), f"{path}/{name}".lstrip("/")):
                found[name] = below
        return found

    def _array(self, group: Any, name: str) -> Any:
        self._new(group, name)
        return hdf5.read(group, name)

    def _new(self, group: Any, name: str) -> Any:
        """What stands at a name, the first time that it is come to: hard links could have it in
        many places, or within itself.
        """
        found = hdf5.member(group, name)
        place = hdf5.place_of(found)
        if place in self._seen:
            raise FileError(f"{group.name}/{name} stands in the file at another place, too.")
        self._seen.add(place)
        return found

    def summary(self) -> None:
        """Print what the file holds, as a tree: each object, its weights' shapes and dtypes."""
        print("Weights structure")
        for line in self._lines(self.weights_dict, "", ""):
            print(f"  {line}")

    def _lines(self, weights: dict[str, Any], path: str, indent: str) -> Iterator[str]:
        for index, (name, value) in enumerate(weights.items()):
            last = index == len(weights) - 1
            place = f"{path}/{name}".lstrip("/")
            start = f"{indent}{'└─ ' if last else '├─ '}{name}"
            if isinstance(value, dict):
                given = self.object_metadata.get(place, {}).get("name")
                yield f"{start} ('{given}')" if given else start
                yield from self._lines(value, place, indent + ("   " if last else "│  "))
            else:
                value = np.asarray(value)
                yield f"{start}: shape={value.shape}, dtype={value.dtype}"

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Print how the file and a model differ.

        Returns: ``{"status": "success" or "error", "error_count": int, "match_count": int}``.
        """
        model: dict[str, Any] = {}
        for path, _, values in weights_by_place(reference_model):
            for key, value in values.items():
                model["/".join(filter(None, (path, key)))] = tuple(np.shape(value))
        file = dict(_leaves(self.weights_dict, ""))
        errors = []
        for place in sorted(model.keys() | file.keys()):
            if place not in file:
                errors.append(f"Weight {place} is in the model, and not in the file")
            elif place not in model:
                errors.append(f"Weight {place} is in the file, and not in the model")
            elif model[place] != file[place]:
                errors.append(
                    f"Weight {place} has shape {model[place]} in the model, {file[place]} in the "
                    "file"
                )
        matches = sum(model.get(place) == shape for place, shape in file.items())
        for error in errors:
            print(f"...{error}")
        if errors:
            print(f"Found {len(errors)} error(s): the file does not fit the model")
        else:
            print(f"Success: the file fits the model; {matches} matching weight(s)")
        status = "error" if errors else "success"
        return {"status": status, "error_count": len(errors), "match_count": matches}

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Rename an object (a layer, say).

        Args:
            object_name: its name, or its path where the name occurs more than once.
            new_name: the last part of its new path.
        """
        if "/" in new_name:
            raise ValueError(
                f"`new_name` must be a name, not a path. Received: new_name={new_name!r}."
            )

        def rename(around: dict[str, Any], name: str) -> None:
            if new_name in around and new_name != name:
                raise ValueError(f"There is an object {new_name!r} already.")
            items = [(new_name if key == name else key, value) for key, value in around.items()]
            around.clear()
            around.update(items)

        self._edit(object_name, rename)

    def delete_object(self, object_name: str) -> None:
        """Remove an object, by its name or path."""
        self._edit(object_name, lambda around, name: around.pop(name))

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Add an object: its full path, and its weights by name (``{"0": kernel, "1": bias}``)."""
        _check_weights(weights)
        *scopes, name = object_path.split("/")
        around = self.weights_dict
        for scope in scopes:
            if not isinstance(around.get(scope), dict):
                raise ValueError(f"There is no path {'/'.join(scopes)!r} in the file.")
            around = around[scope]
        around[name] = dict(weights)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Remove one weight of an object."""

        def delete(around: dict[str, Any], name: str) -> None:
            if weight_name not in around[name]:
                raise ValueError(
                    f"{object_name!r} has no weight {weight_name!r}; it has {list(around[name])}."
                )
            del around[name][weight_name]

        self._edit(object_name, delete)

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Add weights to an object, or replace those of the same names."""
        _check_weights(weights)
        self._edit(object_name, lambda around, name: around[name].update(weights))

    def _edit(self, wanted: str, edit: Callable[[dict[str, Any], str], Any]) -> None:
        """Call ``edit`` with the dict that the object is in, and its name there."""
        path = wanted.split("/")
        found = [
            (around, place)
            for around, place in _objects(self.weights_dict, ())
            if (place == tuple(path) if len(path) > 1 else place[-1] == wanted)
        ]
        if not found:
            raise ValueError(
                f"There is no object {wanted!r} in the file; `summary()` lists them all."
            )
        if len(found) > 1:
            paths = ["/".join(place) for _, place in found]
            raise ValueError(f"The name {wanted!r} occurs more than once. Give a path of {paths}.")
        around, place = found[0]
        edit(around, place[-1])

    def save(self, filepath: Any) -> None:
        """Write the weights, changed as they are, to a ``.weights.h5`` file."""
        path = Path(filepath)
        if not path.name.endswith(".weights.h5"):
            raise ValueError(
                f"The file must end in '.weights.h5'. Received: filepath={str(filepath)!r}."
            )
        with written_whole(path) as part, hdf5.open_file(part, "w") as file:
            self._write(file, self.weights_dict, "")

    def resave_weights(self, filepath: Any) -> None:
        """Same as ``save``."""
        self.save(filepath)

    def _write(self, file: Any, weights: dict[str, Any], path: str) -> None:
        own = {name: value for name, value in weights.items() if not isinstance(value, dict)}
        kept = self.object_metadata.get(path)
        if own or kept is not None:
            group = file.require_group(variables_at(path))
            for key, value in (kept or {}).items():
                group.attrs[key] = value
            for name, value in own.items():
                hdf5.write(group, name, value)
        for name, value in weights.items():
            if isinstance(value, dict):
                self._write(file, value, f"{path}/{name}".lstrip("/"))


def _check_weights(weights: Any) -> None:
    if not isinstance(weights, dict):
        raise ValueError(
            "`weights` must be a dict of arrays by name (usually '0', '1'...). "
            f"Received: weights={weights!r}."
        )


def _objects(
    weights: dict[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """``(dict that it is in, path)`` of every object."""
    for name, value in weights.items():
        if isinstance(value, dict):
            yield weights, (*path, name)
            yield from _objects(value, (*path, name))


def _leaves(weights: dict[str, Any], path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, value in weights.items():
        place = f"{path}/{name}".lstrip("/")
        if isinstance(value, dict):
            yield from _leaves(value, place)
        else:
            yield place, tuple(np.shape(value))
