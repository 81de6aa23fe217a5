"""Weights in several files of limited size, with an index that says what is where.

The index, ``name.weights.json``, is Keras's: ``weight_map`` gives for the variables of each object
the file beside it (or the files) that they are in.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import FileError
from kerasette.saving import hdf5
from kerasette.saving.atomic import written_whole
from kerasette.saving.walk import variables_at

_INDEX = ".weights.json"


def save_shards(weights: Iterable[tuple[str, str | None, Any]], path: Path, limit: float) -> None:
    """Write weights ``(path, name, values)`` into files of at most ``limit`` GB, and the index.

    The index is written last: until then, an older one stands for the older files.

    Raises: ValueError for a variable that is larger than the limit by itself.
    """
    if not limit > 0:
        raise ValueError(f"`max_shard_size` must be positive. Received: max_shard_size={limit}.")
    largest = limit * 2**30
    shards: list[list[tuple[str, str | None, str, Any]]] = [[]]
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
            _note(weight_map, f"/{variables_at(place)}", _shard(path, len(shards) - 1))
    for number, shard in enumerate(shards):
        target = path.with_name(_shard(path, number))
        with written_whole(target) as part, hdf5.open_file(part, "w") as file:
            for place, name, key, value in shard:
                group = file.require_group(variables_at(place))
                group.attrs["name"] = str(name or "")
                hdf5.write(group, key, value)
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    with written_whole(path) as part:
        part.write_text(json.dumps(index, indent=4), encoding="utf-8")


def _shard(path: Path, number: int) -> str:
    return f"{path.name.removesuffix(_INDEX)}_{number:05d}.weights.h5"


def _note(weight_map: dict[str, Any], place: str, shard: str) -> None:
    known = weight_map.get(place)
    files = [known] if isinstance(known, str) else known or []
    if shard not in files:
        files = [*files, shard]
    weight_map[place] = files[0] if len(files) == 1 else files


@contextmanager
def open_shards(path: Path) -> Iterator[list[Any]]:
    """The open files that an index names.

    Raises: FileError for an index that is none, or names files elsewhere than beside it.
    """
    try:
        weight_map = dict(json.loads(path.read_text(encoding="utf-8"))["weight_map"])
        listed = [n for v in weight_map.values() for n in ([v] if isinstance(v, str) else v)]
        names = sorted(set(listed))
    except FileNotFoundError:
        raise FileError(f"There is no file {str(path)!r}.") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{str(path)!r} is no index of weights: {error}.") from None
    for name in names:
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".weights.h5"):
            raise FileError(f"{str(path)!r} names a file that is no shard beside it: {name!r}.")
    if not names:
        raise FileError(f"{str(path)!r} names no files.")
    with ExitStack() as stack:
        yield [stack.enter_context(hdf5.open_file(path.with_name(name))) for name in names]
