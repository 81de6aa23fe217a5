"""Weights in files that end in ``.weights.h5``, laid out as Keras lays them out."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import FileError, nearest
from kerasette.saving import hdf5
from kerasette.saving.atomic import written_whole
from kerasette.saving.walk import stored

_SUFFIX = ".weights.h5"
_INDEX = ".weights.json"


def save_weights(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    **kwargs: Any,
) -> None:
    """Save a model's weights (and its optimizer's state, where it has one).

    Args:
        model: a model or layer.
        filepath: a path that ends in ``.weights.h5`` (``.weights.json`` with shards).
        overwrite: whether an existing file is replaced.
        max_shard_size: the largest size of one file, in GB; more weights go into several files.

    Raises: ValueError for another ending; FileError where the file cannot be written.
    """
    path = Path(filepath)
    if kwargs:
        raise ValueError(f"save_weights() got unknown arguments: {sorted(kwargs)}.")
    ending = _SUFFIX if max_shard_size is None else _INDEX
    if not path.name.endswith(ending):
        raise ValueError(f"`filepath` must end in {ending!r}. Received: filepath={str(path)!r}.")
    refuse_overwriting(path, overwrite)
    if max_shard_size is None:
        with written_whole(path) as part, hdf5.open_file(part, "w") as file:
            write_weights(model, file)
        return
    _save_shards(model, path, max_shard_size)


def refuse_overwriting(path: Path, overwrite: bool) -> None:
    """Where ``overwrite`` is false, an existing file is an error."""
    if not overwrite and path.exists():
        raise ValueError(f"{str(path)!r} exists. Give overwrite=True to replace it.")


def write_weights(root: Any, file: Any) -> None:
    """Put everything that ``root`` stores into an open HDF5 file."""
    for path, obj in stored(root):
        values: dict[str, Any] = {}
        obj.save_own_variables(values)
        group = file.require_group(f"{path}/vars" if path else "vars")
        group.attrs["name"] = str(getattr(obj, "name", ""))
        for name, value in values.items():
            hdf5.write(group, name, value)


def read_weights(root: Any, file: Any, skip_mismatch: bool = False, strict: bool = True) -> None:
    """Set everything that ``root`` stores from an open HDF5 file, or several that are one.

    Raises: FileError, naming the first of what is missing or does not fit, and how many there are.
    """
    failed: list[str] = []
    files = file if isinstance(file, list) else [file]
    for path, obj in stored(root):
        groups = (hdf5.at(one, f"{path}/vars" if path else "vars") for one in files)
        group = next((one for one in groups if one is not None), None)
        try:
            if group is None and _has_own(obj):
                raise FileError(f"there is nothing for it in the file (at {path or '/'})")
            if group is not None:
                obj.load_own_variables(_Values(group))
        except (ValueError, KeyError, FileError) as error:
            failed.append(f"{type(obj).__name__} {getattr(obj, 'name', path)!r}: {error}")
    if not failed:
        return
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    message = f"The file's weights do not fit the model. {failed[0]}{more}"
    if skip_mismatch:
        warnings.warn(f"{message} They keep the values they have.", stacklevel=3)
    elif strict:
        raise ValueError(message)


def _has_own(obj: Any) -> bool:
    values: dict[str, Any] = {}
    obj.save_own_variables(values)
    return bool(values)


class _Values:
    """A group's data sets as a dict of arrays, each read when it is asked for."""

    def __init__(self, group: Any):
        self._group = group

    def keys(self) -> list[str]:
        return hdf5.names(self._group)

    def __contains__(self, name: str) -> bool:
        return name in self.keys()

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Any:
        return iter(self.keys())

    def __getitem__(self, name: str) -> np.ndarray:
        return hdf5.read(self._group, name)


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Load what ``save_weights`` or ``save`` wrote; legacy ``.h5`` weights, too.

    Args:
        model: a built model or layer.
        filepath: a ``.weights.h5``, ``.weights.json``, ``.keras`` or legacy ``.h5`` file.
        skip_mismatch: whether what does not fit is left as it is, with a warning.
        by_name: for legacy files, whether layers are found by their names.
        objects_to_skip: layers that are left as they are.

    Raises: ValueError where the weights do not fit; FileError for a damaged file.
    """
    path = Path(filepath)
    by_name = kwargs.pop("by_name", False)
    skipped = kwargs.pop("objects_to_skip", None)
    if kwargs:
        raise ValueError(f"load_weights() got unknown arguments: {sorted(kwargs)}.")
    before = [(layer, layer.get_weights()) for layer in skipped or ()]
    if path.name.endswith(_INDEX):
        _load_shards(model, path, skip_mismatch)
    elif path.suffix == ".keras":
        from kerasette.saving.model_file import weights_of_archive

        with weights_of_archive(path) as file:
            read_weights(model, file, skip_mismatch)
    elif path.name.endswith(_SUFFIX):
        if by_name:
            raise ValueError("`by_name` goes with legacy .h5 files only.")
        with hdf5.open_file(path) as file:
            if "layer_names" in file.attrs:
                _load_legacy(model, file, skip_mismatch, by_name)
            else:
                read_weights(model, file, skip_mismatch)
    elif path.suffix in (".h5", ".hdf5"):
        with hdf5.open_file(path) as file:
            _load_legacy(model, file, skip_mismatch, by_name)
    else:
        endings = [_SUFFIX, _INDEX, ".keras", ".h5", ".hdf5"]
        raise ValueError(
            f"Weights are in files that end in one of {endings}. "
            f"Received: filepath={str(path)!r}.{nearest(path.suffix, endings)}"
        )
    for layer, values in before:
        layer.set_weights(values)


def _load_legacy(model: Any, file: Any, skip_mismatch: bool, by_name: bool) -> None:
    from kerasette.saving.legacy_weights import load_legacy_weights

    load_legacy_weights(model, file, skip_mismatch=skip_mismatch, by_name=by_name)


def _save_shards(model: Any, path: Path, max_shard_size: float) -> None:
    """Several files, none above the limit, and an index that says where each path is."""
    limit = max_shard_size * 2**30
    stem = path.name.removesuffix(_INDEX)
    shards: list[list[tuple[str, dict[str, Any], str]]] = [[]]
    size = total = 0
    for place, obj in stored(model):
        values: dict[str, Any] = {}
        obj.save_own_variables(values)
        own = sum(np.asarray(value).nbytes for value in values.values())
        if shards[-1] and size + own > limit:
            shards.append([])
            size = 0
        shards[-1].append((place, values, str(getattr(obj, "name", ""))))
        size, total = size + own, total + own
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards):
        name = f"{stem}_{number:05d}{_SUFFIX}"
        with written_whole(path.with_name(name)) as part, hdf5.open_file(part, "w") as file:
            for place, values, own_name in shard:
                group = file.require_group(f"{place}/vars" if place else "vars")
                group.attrs["name"] = own_name
                for key, value in values.items():
                    hdf5.write(group, key, value)
                weight_map[f"/{place}/vars".replace("//", "/")] = name
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    with written_whole(path) as part:
        part.write_text(json.dumps(index, indent=4), encoding="utf-8")


def _load_shards(model: Any, path: Path, skip_mismatch: bool) -> None:
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        weight_map = dict(index["weight_map"])
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(f"{str(path)!r} is no index of weights: {error}.") from None
    names = {n for v in weight_map.values() for n in (v if isinstance(v, list) else [v])}
    files: dict[str, Any] = {}
    try:
        for name in names:
            if Path(name).name != name:  # an index names files beside it, nothing else
                raise FileError(f"{str(path)!r} names a file elsewhere: {name!r}.")
            files[name] = hdf5.open_file(path.with_name(name))
        read_weights(model, list(files.values()), skip_mismatch)
    finally:
        for file in files.values():
            file.close()
