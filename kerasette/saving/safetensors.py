"""Weights in SafeTensors files, the format of the Hugging Face hub.

Eight bytes with the header's length, the header (JSON: each tensor's dtype, shape and place in the
data), then the data, little-endian. Names are those of ``.weights.h5`` with dots:
``layers.dense.0`` is the first variable of the first Dense layer.

Described at https://huggingface.co/docs/safetensors.
"""

import json
import math
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.errors import FileError
from kerasette.saving.atomic import written_whole
from kerasette.saving.json_text import read_json

_HEADER_LIMIT = 100 * 2**20
_NAMES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32",
    "int32": "I32", "uint64": "U64", "int64": "I64", "float16": "F16", "bfloat16": "BF16",
    "float32": "F32", "float64": "F64", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
    "complex64": "C64",
}  # fmt: skip
_DTYPES = {name: dtype for dtype, name in _NAMES.items()}


def save_tensors(weights: Iterable[tuple[str, str | None, Any]], path: Path) -> None:
    """Write weights ``(path, name, values)``.

    Raises: ValueError for a dtype that the format does not have.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "keras"}}
    arrays = []
    end = 0
    for place, _, values in weights:
        for key, value in values.items():
            array = np.asarray(value, order="C")
            dtype = str(dtypes.name_of(array.dtype))
            if dtype not in _NAMES:
                raise ValueError(f"SafeTensors files hold no {dtype} ({place or '/'}: {key!r}).")
            header[_name(place, key)] = {
                "dtype": _NAMES[dtype],
                "shape": list(array.shape),
                "data_offsets": [end, end + array.nbytes],
            }
            end += array.nbytes
            arrays.append(array)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the data is aligned
    with written_whole(path) as part, part.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays:
            file.write(_little(array).reshape(-1).view("u1").data)


def _name(place: str, key: str) -> str:
    return ".".join([*filter(None, place.split("/")), key])


def _little(array: np.ndarray) -> np.ndarray:
    return array.byteswap() if sys.byteorder == "big" else array


@contextmanager
def open_tensors(path: Path) -> Iterator[Callable[[str], Any]]:
    """A function from an object's path to its values, each read when it is asked for.

    Raises: FileError for a file that is missing, cut, or not what it says.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise FileError(f"There is no file {str(path)!r}.") from None
    with file:
        entries, start = _read_header(file, path)
        names: dict[str, dict[str, str]] = {}
        for full in entries:
            place, _, key = full.rpartition(".")
            names.setdefault(place, {})[key] = full

        def find(place: str) -> Any:
            mine = names.get(_name(place, "")[:-1] if place else "")
            return None if mine is None else _Tensors(file, start, entries, mine)

        yield find


def _read_header(file: Any, path: Path) -> tuple[dict[str, Any], int]:
    def damaged(why: str) -> FileError:
        return FileError(f"{str(path)!r} is no whole SafeTensors file: {why}.")

    size = path.stat().st_size
    first = file.read(8)
    length = struct.unpack("<Q", first)[0] if len(first) == 8 else size
    if length > min(size - 8, _HEADER_LIMIT):
        raise damaged("its header is longer than it may be")
    try:
        header = read_json(file.read(length))
        header.pop("__metadata__", None)
        entries = {name: _checked(entry) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(f"its header cannot be read ({error})") from None
    end = 0
    for begin, stop in sorted((e["begin"], e["end"]) for e in entries.values()):
        if begin != end:
            raise damaged("its tensors overlap, or leave gaps")
        end = stop
    if end != size - 8 - length:
        raise damaged("the data is not as long as the header says")
    return entries, 8 + length


def _checked(entry: dict[str, Any]) -> dict[str, Any]:
    shape = tuple(entry["shape"])
    begin, end = entry["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise ValueError(f"a size is no count: {entry}")
    if entry["dtype"] not in _DTYPES:
        raise ValueError(f"unknown dtype {entry['dtype']!r}")
    dtype = dtypes.numpy_dtype(_DTYPES[entry["dtype"]])
    if math.prod(shape) * dtype.itemsize != end - begin:
        raise ValueError(f"shape and bytes differ: {entry}")
    return {"dtype": dtype, "shape": shape, "begin": begin, "end": end}


class _Tensors(dict[str, str]):
    """The tensors of one object, by their keys."""

    def __init__(self, file: Any, start: int, entries: dict[str, Any], names: dict[str, str]):
        super().__init__(names)
        self._file, self._start, self._entries = file, start, entries

    def __getitem__(self, key: str) -> Any:
        entry = self._entries[super().__getitem__(key)]
        array = np.empty(entry["shape"], entry["dtype"])
        self._file.seek(self._start + entry["begin"])
        self._file.readinto(array.reshape(-1).view("u1").data)
        return _little(array)
