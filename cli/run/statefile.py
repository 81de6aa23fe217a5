"""Trees of arrays and plain values in one file, written whole or not at all."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.saving.atomic import written_whole

from ..errors import CheckpointProblem

_ARRAY = "__array__"


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, whole or not at all."""
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write plain values as JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def save_state(path: Path, state: Any) -> None:
    """Write a tree of dicts, lists, arrays and plain values; ``load_state`` reads it."""
    arrays: list[np.ndarray] = []
    skeleton = json.dumps(_skeleton(state, arrays))
    with written_whole(path) as part, zipfile.ZipFile(part, "w") as archive:
        archive.writestr("tree.json", skeleton)
        for index, array in enumerate(arrays):
            archive.writestr(f"{index}.bin", array.tobytes())


def load_state(path: Path) -> Any:
    """What ``save_state`` wrote. Raises ``CheckpointProblem``."""
    try:
        with zipfile.ZipFile(path) as archive:
            skeleton = json.loads(archive.read("tree.json"))
            return _restored(skeleton, lambda index: archive.read(f"{index}.bin"))
    except FileNotFoundError:
        raise CheckpointProblem(f"{path}: there is no checkpoint.") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise CheckpointProblem(f"{path} is damaged or no checkpoint: {error}.") from error


def _skeleton(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        return {"dict": [[_key(k), _skeleton(v, arrays)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_skeleton(item, arrays) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        array = np.ascontiguousarray(value)
        arrays.append(array)
        return {_ARRAY: len(arrays) - 1, "dtype": array.dtype.name, "shape": list(np.shape(value))}
    return value


def _key(key: Any) -> Any:
    if not isinstance(key, str | int):
        raise TypeError(f"A state's keys are texts or integers. Received: {key!r}.")
    return key


def _restored(value: Any, read: Callable[[int], bytes]) -> Any:
    if isinstance(value, list):
        return [_restored(item, read) for item in value]
    if isinstance(value, dict) and _ARRAY in value:
        dtype = _dtype(value["dtype"])
        return np.frombuffer(bytearray(read(value[_ARRAY])), dtype).reshape(value["shape"])
    if isinstance(value, dict):
        return {key: _restored(item, read) for key, item in value["dict"]}
    return value


def _dtype(name: str) -> Any:
    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)
