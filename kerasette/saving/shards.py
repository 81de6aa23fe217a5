"""Weights in several files of limited size, with an index that says what is where.

The index, ``name.weights.json``, is Keras's: ``weight_map`` gives for the variables of each object
the file beside it (or the files) that they are in.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import FileError
from kerasette.saving import hdf5
from kerasette.saving.atomic import written_whole
from kerasette.saving.json_text import read_json
from kerasette.saving.walk import variables_at

_INDEX = ".weights.json"
_FILES = 500  # that may be open at once


def save_shards(weights: Iterable[tuple[str, str | None, Any]], path: Path, limit: float) -> None:
    """Write weights ``(path, name, values)`` into files of at most ``limit`` GB, and the index.

    The index is written last, and the files of an older one have other names: until then it stands
    for them, and they are removed afterwards.

    Raises: ValueError for a variable that is larger than the limit by itself, or too many files.
    """
    if not limit > 0:
        raise ValueError(f"`max_shard_size` must be positive. Received: max_shard_size={limit}.")
    largest = limit * 2**30
    shards: list[list[tuple[str, str | None, str, Any]]] = [[]]
    older = _named_before(path)
    mark = "-b" if _shard(path, 0) in older else ""
    size = total = 0
    weight_map: dict[str, Any] = {}
    for place, name, values in weights:
        for key, value in values.items():
            count = np.asarray(value, copy=False).nbytes
            if count > largest:
                raise ValueError(
                    f"The variable {key!r} of {name or place!r} has {count} bytes, more than one "
                    f"file may have. Received: max_shard_size={limit} (GB)."
                )
            if size + count > largest:
                shards.append([])
                size = 0
            size, total = size + count, total + count
            shards[-1].append((place, name, key, value))
            _note(weight_map, f"/{variables_at(place)}", _shard(path, len(shards) - 1, mark))
    if len(shards) > _FILES:
        raise ValueError(
            f"The weights would take {len(shards)} files; {_FILES} may be. "
            f"Received: max_shard_size={limit} (GB)."
        )
    written = [path.with_name(_shard(path, number, mark)) for number in range(len(shards))]
    for target, shard in zip(written, shards, strict=True):
        with written_whole(target) as part, hdf5.open_file(part, "w") as file:
            for place, name, key, value in shard:
                group = file.require_group(variables_at(place))
                group.attrs["name"] = str(name or "")
                hdf5.write(group, key, value)
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    with written_whole(path) as part:
        part.write_text(json.dumps(index, indent=4), encoding="utf-8")
    for name in older - {target.name for target in written}:
        with suppress(OSError):  # what cannot be removed is no harm
            path.with_name(name).unlink()


def _shard(path: Path, number: int, mark: str = "") -> str:
    return f"{path.name.removesuffix(_INDEX)}_{number:05d}{mark}.weights.h5"


def _named_before(path: Path) -> set[str]:
    """The shards of an index that is there already."""
    known = re.compile(re.escape(path.name.removesuffix(_INDEX)) + r"_\d{5}(-b)?\.weights\.h5")
    try:
        return {name for name in _named(path) if isinstance(name, str) and known.fullmatch(name)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _note(weight_map: dict[str, Any], place: str, shard: str) -> None:
    known = weight_map.get(place)
    files = [known] if isinstance(known, str) else known or []
    if shard not in files:
        files = [*files, shard]
    weight_map[place] = files[0] if len(files) == 1 else files


def _named(path: Path) -> list[str]:
    """The files that an index names."""
    weight_map = dict(read_json(path.read_text(encoding="utf-8"))["weight_map"])
    listed = [n for v in weight_map.values() for n in ([v] if isinstance(v, str) else v)]
    return sorted(set(listed))


@contextmanager
def open_shards(path: Path) -> Iterator[list[Any]]:
    """The open files that an index names.

    Raises: FileError for an index that is none, or names files elsewhere than beside it.
    """
    try:
        names = _named(path)
    except FileNotFoundError:
        raise FileError(f"There is no file {str(path)!r}.") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{str(path)!r} is no index of weights: {error}.") from None
    for name in names:
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".weights.h5"):
            raise FileError(f"{str(path)!r} names a file that is no shard beside it: {name!r}.")
        if path.with_name(name).exists() and not path.with_name(name).is_file():
            raise FileError(f"{str(path)!r} names what is no plain file: {name!r}.")
    if not 0 < len(names) <= _FILES:
        raise FileError(f"{str(path)!r} names {len(names)} files; 1 to {_FILES} may be.")
    with ExitStack() as stack:
        yield [stack.enter_context(hdf5.open_file(path.with_name(name))) for name in names]
