"""Weights in files: ``.weights.h5`` as Keras lays them out, in shards, or SafeTensors."""

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import FileError, nearest
from kerasette.saving import hdf5
from kerasette.saving.atomic import written_whole
from kerasette.saving.blame import reading
from kerasette.saving.walk import stored, variables_at

_SMALL = 2**26  # bytes that any object may store beside its variables
_SUFFIX, _INDEX, _SAFE = ".weights.h5", ".weights.json", ".safetensors"


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
        filepath: a path that ends in ``.weights.h5`` (``.weights.json`` with shards), or in
            ``.safetensors``, a file with the weights alone and nothing of the optimizer.
        overwrite: whether an existing file is replaced.
        max_shard_size: the largest size of one file, in GB; more weights go into several files.

    Raises: ValueError for another ending; FileError where the file cannot be written.
    """
    path = Path(filepath)
    if kwargs:
        raise ValueError(f"save_weights() got unknown arguments: {sorted(kwargs)}.")
    if max_shard_size is not None and path.name.endswith(_SUFFIX):
        path = path.with_suffix(".json")
        warnings.warn(f"Weights in shards have an index: {path.name!r}.", stacklevel=2)
    endings = (_SUFFIX, _SAFE) if max_shard_size is None else (_INDEX,)
    if not path.name.endswith(endings):
        wanted = " or ".join(repr(ending) for ending in endings)
        raise ValueError(f"`filepath` must end in {wanted}. Received: filepath={str(path)!r}.")
    refuse_overwriting(path, overwrite)
    if max_shard_size is not None:
        from kerasette.saving.shards import save_shards

        save_shards(weights_by_place(model), path, max_shard_size)
    elif path.name.endswith(_SAFE):
        from kerasette.saving.safetensors import save_tensors

        save_tensors(weights_by_place(model, optimizers=False), path)
    else:
        with written_whole(path) as part, hdf5.open_file(part, "w") as file:
            write_weights(model, file)


def refuse_overwriting(path: Path, overwrite: bool) -> None:
    """Where ``overwrite`` is false, an existing file is an error."""
    if not overwrite and path.exists():
        raise ValueError(f"{str(path)!r} exists. Give overwrite=True to replace it.")


def weights_by_place(
    root: Any, optimizers: bool = True
) -> Iterable[tuple[str, str | None, dict[str, Any]]]:
    """``(path, name, values)`` of everything that ``root`` stores."""
    for path, obj in stored(root):
        if optimizers or getattr(obj, "registry_kind", None) != "optimizer":
            values: dict[str, Any] = {}
            obj.save_own_variables(values)
            yield path, getattr(obj, "name", None), values


def write_weights(root: Any, file: Any) -> None:
    """Put everything that ``root`` stores into an open HDF5 file."""
    for path, name, values in weights_by_place(root):
        group = file.require_group(variables_at(path))
        group.attrs["name"] = str(name or "")
        for key, value in values.items():
            hdf5.write(group, key, value)


def read_weights(
    root: Any,
    source: Any,
    skip_mismatch: bool = False,
    skipped: Iterable[Any] = (),
    optimizers: bool = True,
) -> None:
    """Set everything that ``root`` stores.

    Args:
        root: a model or layer.
        source: an open HDF5 file, or a function from a path to the values there (``None``: none).
        skip_mismatch: whether what does not fit is left as it is, with a warning.
        skipped: objects that are left as they are, with all below them.
        optimizers: whether the source has optimizers' states.

    Raises: ValueError, naming the first of what is missing or does not fit, and how many there are;
    FileError for what is damaged, in any case. All variables are as they were then.
    """
    before = [(variable, variable._tensor) for _, obj in stored(root) for variable in _own(obj)]
    try:
        fill_weights(root, source, skip_mismatch, skipped, optimizers)
    except BaseException:
        for variable, tensor in before:
            variable._tensor = tensor
        raise


def _own(obj: Any) -> list[Any]:
    """The variables that an object stores itself, where it is one of kerasette's."""
    return getattr(obj, "_own_variables", None) or getattr(obj, "variables", [])


def fill_weights(
    root: Any,
    source: Any,
    skip_mismatch: bool = False,
    skipped: Iterable[Any] = (),
    optimizers: bool = True,
) -> None:
    """``read_weights`` for a model that nobody has yet: what it had is let go as it is replaced,
    so that the weights are in memory once; after an error it is of no use.
    """
    find: Callable[[str], Any] = source if callable(source) else lambda at: values_in([source], at)
    failed: list[str] = []
    for path, obj in stored(root, skipped):
        if not optimizers and getattr(obj, "registry_kind", None) == "optimizer":
            continue
        values = find(path)
        if isinstance(values, _Values):
            values.limit = _SMALL + sum(8 * variable.size for variable in _own(obj))
        try:
            if values is not None:
                obj.load_own_variables(values)
            elif _has_own(obj):
                raise ValueError(f"there is nothing for it in the file (at {path or '/'})")
        except (ValueError, KeyError) as error:
            failed.append(f"{type(obj).__name__} {getattr(obj, 'name', path)!r}: {error}")
    if not failed:
        return
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    message = f"The file's weights do not fit the model. {failed[0]}{more}"
    if not skip_mismatch:
        raise ValueError(message)
    warnings.warn(f"{message} They keep the values they have.", stacklevel=5)


def _has_own(obj: Any) -> bool:
    values: dict[str, Any] = {}
    obj.save_own_variables(values)
    return bool(values)


def values_in(files: list[Any], path: str) -> Any:
    """What several HDF5 files, which are one, hold for the object at a path, or ``None``."""
    groups = [hdf5.at(file, variables_at(path)) for file in files]
    found = [group for group in groups if group is not None]
    if not found and "_layer_checkpoint_dependencies" in files[0]:  # as Keras 2.13 named them
        older = variables_at(path.replace("layers", "_layer_checkpoint_dependencies"))
        found = [group for file in files if (group := hdf5.at(file, older)) is not None]
    return _Values(found) if found else None


class _Values:
    """The data sets of groups as a dict of arrays, each read when it is asked for."""

    limit: int | None = None  # the bytes that one may have

    def __init__(self, groups: list[Any]):
        self._homes = {name: group for group in groups for name in hdf5.names(group)}

    def keys(self) -> list[str]:
        return list(self._homes)

    def __contains__(self, name: str) -> bool:
        return name in self._homes

    def __len__(self) -> int:
        return len(self._homes)

    def __iter__(self) -> Any:
        return iter(self._homes)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._homes:
            raise KeyError(f"{name!r} is missing from the file")
        return hdf5.read(self._homes[name], name, limit=self.limit)


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Load what ``save_weights`` or ``save`` wrote; legacy ``.h5`` weights, too.

    Args:
        model: a built model or layer.
        filepath: a ``.weights.h5``, ``.weights.json``, ``.safetensors``, ``.keras`` or legacy
            ``.h5`` file.
        skip_mismatch: whether what does not fit is left as it is, with a warning.
        by_name: for legacy files, whether layers are found by their names.
        objects_to_skip: layers that are left as they are, in all but legacy files.

    Raises: ValueError where the weights do not fit; FileError for a damaged file.
    """
    path = Path(filepath)
    by_name = kwargs.pop("by_name", False)
    skipped = kwargs.pop("objects_to_skip", None) or ()
    if kwargs:
        raise ValueError(f"load_weights() got unknown arguments: {sorted(kwargs)}.")
    legacy = path.suffix in (".h5", ".hdf5") and not path.name.endswith(_SUFFIX)
    if by_name and not legacy:
        raise ValueError("`by_name` goes with legacy .h5 files only.")
    if skipped and legacy:
        raise ValueError("`objects_to_skip` does not go with legacy .h5 files.")
    endings = (_SUFFIX, _INDEX, _SAFE, ".keras", ".h5", ".hdf5")
    if not path.name.endswith(endings):
        raise ValueError(
            f"Weights are in files that end in one of {list(endings)}. "
            f"Received: filepath={str(path)!r}.{nearest(path.suffix, endings)}"
        )
    if not path.exists():
        raise FileError(f"There is no file {str(path)!r}.")
    with reading(path, "the weights"):
        _load_from(model, path, legacy, by_name, skip_mismatch, skipped)


def _load_from(
    model: Any, path: Path, legacy: bool, by_name: bool, skip_mismatch: bool, skipped: Any
) -> None:
    if path.name.endswith(_INDEX):
        from kerasette.saving.shards import open_shards

        with open_shards(path) as files:
            read_weights(model, lambda at: values_in(files, at), skip_mismatch, skipped)
    elif path.name.endswith(_SAFE):
        from kerasette.saving.safetensors import open_tensors

        with open_tensors(path) as find:
            read_weights(model, find, skip_mismatch, skipped, optimizers=False)
    elif path.suffix == ".keras":
        from kerasette.saving.model_file import weights_of_archive

        with weights_of_archive(path) as file:
            read_weights(model, file, skip_mismatch, skipped)
    else:
        from kerasette.saving.legacy_weights import load_legacy_weights

        with hdf5.open_file(path) as file:
            if legacy or "layer_names" in file.attrs:
                load_legacy_weights(model, file, skip_mismatch=skip_mismatch, by_name=by_name)
            else:
                read_weights(model, file, skip_mismatch, skipped)
