"""Trees of arrays and plain values in one file, such as the state of a training run.

The file is a zip archive that ends with the SHA-256 of all that comes before, as its comment.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kerasette.arrays import dtypes
from kerasette.errors import FileError
from kerasette.saving.atomic import written_whole
from kerasette.saving.json_text import read_json

_ARRAY = "__array__"
_DIGEST = 64  # characters
_CHUNK = 1 << 20
_CONTAINERS = 2**22  # dicts, their entries, lists


def save_state(path: str | os.PathLike[str], state: Any) -> None:
    """Write a tree of dicts, lists, arrays and plain values, whole or not at all.

    >>> save_state("run.state", {"epoch": 3, "weights": [np.zeros(2)]})
    >>> load_state("run.state")["epoch"]
    3

    Raises: TypeError for a dict's key that is no text or integer, or a value of another kind;
    ValueError for millions of dicts and lists.
    """
    arrays: list[np.ndarray] = []
    try:
        skeleton = json.dumps(_skeleton(state, arrays))
    except TypeError as error:
        raise TypeError(
            "A state holds dicts with texts or integers as keys, lists, arrays, texts and numbers. "
            f"Received: {_other_value(state) or error}."
        ) from None
    if skeleton.count("[") + skeleton.count("{") > _CONTAINERS:
        raise ValueError(f"A state has {_CONTAINERS} dicts, entries and lists at most.")
    with written_whole(path) as part:
        with zipfile.ZipFile(part, "w") as archive:
            archive.writestr("tree.json", skeleton)
            for index, array in enumerate(arrays):
                archive.writestr(f"{index}.bin", array.tobytes())
            archive.comment = bytes(_DIGEST)
        with open(part, "r+b") as file:
            digest = _digest(file)
            file.write(digest)


def load_state(path: str | os.PathLike[str]) -> Any:
    """What ``save_state`` wrote; tuples come back as lists.

    Raises: FileError for a file that is missing, damaged or something else.
    """
    try:
        with open(path, "rb") as file:
            if _digest(file) != file.read():
                raise ValueError("its checksum is not that of its content")
        with zipfile.ZipFile(Path(path)) as archive:
            _check_sizes(archive, Path(path).stat().st_size)
            skeleton = read_json(archive.read("tree.json"), _CONTAINERS)
            unread = set(archive.namelist())

            def read(index: int) -> bytes:
                name = f"{index}.bin"
                if name not in unread:  # read once: else a small file could fill the memory
                    raise ValueError(f"it has no member {name!r}, or asks for it twice")
                unread.remove(name)
                return archive.read(name)

            return _restored(skeleton, read)
    except FileNotFoundError:
        raise FileError(f"{path}: there is no such file.") from None
    except Exception as error:  # a damaged file raises whatever it hits
        raise FileError(f"{path} is damaged, or holds no state: {error}.") from error


def _digest(file: BinaryIO) -> bytes:
    """The checksum of a file's content, read up to the place where the checksum stands."""
    left = max(0, file.seek(0, os.SEEK_END) - _DIGEST)
    file.seek(0)
    found = hashlib.sha256()
    while left:
        chunk = file.read(min(left, _CHUNK))
        found.update(chunk)
        left -= len(chunk)
    return found.hexdigest().encode("ascii")


def _check_sizes(archive: zipfile.ZipFile, size: int) -> None:
    """Nothing is packed, so that what is read is never more than the file is."""
    for info in archive.infolist():
        size -= info.file_size
        if info.compress_type != zipfile.ZIP_STORED or size < 0:
            raise ValueError(f"its member {info.filename!r} is packed, or larger than the file")


def _skeleton(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        return {"dict": [[_key(k), _skeleton(v, arrays)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_skeleton(item, arrays) for item in value]
    if hasattr(value, "__array__"):  # numpy's, and tensors
        value = np.asarray(value)
        array = np.ascontiguousarray(value)
        arrays.append(array)
        return {_ARRAY: len(arrays) - 1, "dtype": array.dtype.name, "shape": list(np.shape(value))}
    return value


def _key(key: Any) -> Any:
    if not isinstance(key, (str, int)):
        raise TypeError(f"the key {key!r}")
    return key


def _other_value(value: Any, path: str = "") -> str:
    """The first value of a kind that a state may not hold, and where; "" where there is none."""
    if isinstance(value, dict):
        children: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, (list, tuple)):
        children = enumerate(value)
    elif value is None or isinstance(value, (str, int, float)) or hasattr(value, "__array__"):
        return ""
    else:
        return f"{value!r} at {path[1:]}"
    found = (_other_value(child, f"{path}/{key}") for key, child in children)
    return next((text for text in found if text), "")


def _restored(value: Any, read: Callable[[int], bytes]) -> Any:
    if isinstance(value, list):
        return [_restored(item, read) for item in value]
    if isinstance(value, dict) and _ARRAY in value:
        dtype = _dtype(value["dtype"])
        return np.frombuffer(bytearray(read(value[_ARRAY])), dtype).reshape(value["shape"])
    if isinstance(value, dict):
        return {key: _restored(item, read) for key, item in value["dict"]}
    return value


def _dtype(name: str) -> np.dtype:
    if name.startswith("str"):  # texts of a fixed length
        return np.dtype(f"U{int(name[3:]) // 32}")
    return dtypes.numpy_dtype(dtypes.standardize_dtype(name))
