"""New samples for a trained model: from files, folders and standard input, some at a time."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..errors import DataProblem
from .array_sources import open_arrays
from .arrays import ArrayProcessing, InputsProcessing
from .frame import CHUNK, Frame, read_chunks, text_chunks
from .parts import Target, rows_of
from .pictures import SUFFIXES, find_pictures, read_pictures

Fail = Callable[[str], NoReturn]
ARRAYS = (".npz", ".npy", ".h5", ".hdf5")


@dataclass
class Incoming:
    """Some samples, what to call each of them, and their targets where these are known."""

    x: Any
    names: list[Any]
    y: Any = None


def read_incoming(
    processing: Any, target: Target, source: str, chunk: int = CHUNK
) -> Iterator[Incoming]:
    """Samples from a file, a folder, or ``-`` for standard input.

    Raises ``DataProblem`` where they cannot be read, or are not what the model was trained with.
    """

    def fail(message: str) -> NoReturn:
        raise DataProblem(f"{'standard input' if source == '-' else source}: {message}")

    readers: dict[str, Callable[..., Iterator[Incoming]]] = {
        "arrays": _arrays,
        "inputs": _inputs,
        "table": _table,
        "images": _images,
        "text": _texts,
        "time_series": _series,
    }
    read = readers[processing.kind]
    found = False
    try:
        for incoming in read(processing, target, source, fail, chunk):
            found = found or bool(incoming.names)
            yield incoming
    except ValueError as error:
        fail(f"{error}.")
    if not found:
        fail("there is not one sample.")


def frames(
    source: str, delimiter: str | None, missing: list[str], fail: Fail, chunk: int
) -> Iterator[Frame]:
    """A table's rows, some at a time."""
    if source == "-":
        return text_chunks(sys.stdin, "standard input", delimiter, missing, fail, chunk)
    return read_chunks(Path(source), delimiter, missing, fail, chunk)


def _table(
    processing: Any, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    from .table import table_targets

    for frame in frames(source, processing.delimiter, processing.missing, fail, chunk):
        x = processing.transform(frame)
        is_known = set(target.names) <= set(frame.columns)
        y = table_targets(frame, target, fail) if is_known else None
        yield Incoming(x, frame.numbers.tolist(), y)


def _arrays(
    processing: ArrayProcessing, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix in ARRAYS:
        yield from _array_file(processing, target, path, fail, chunk)
    elif path.is_dir() or suffix in SUFFIXES:
        yield from _pictures_as_arrays(processing, path, fail, chunk)
    else:
        for frame in frames(source, None, [""], fail, chunk):
            columns = list(frame.columns.values())
            rows = _numbers(columns, frame.numbers, fail)
            yield Incoming(processing.transform(rows), frame.numbers.tolist())


def _array_file(
    processing: ArrayProcessing, target: Target, path: Path, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    names, read = open_arrays(path, fail)
    usual = [name for name in (processing.name, "x", "x_test", "X") if name in names]
    if not usual and len(names) != 1:
        fail(
            f"which array are the samples? Name it {processing.name}. "
            f"The file has {', '.join(names)}."
        )
    name = usual[0] if usual else names[0]
    y = _known_targets(target, names, read, {"x_test": "y_test"}.get(name, "y"))
    for rows, numbers, targets in _pieces({name: read(name)}, y, fail, chunk):
        yield Incoming(processing.transform(rows[name]), numbers, targets)


def _inputs(
    processing: InputsProcessing, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    """The arrays of several inputs, by the names that they had in training, or the inputs'."""
    path = Path(source)
    if path.suffix.lower() not in ARRAYS:
        fail(f"the model has several inputs: give a file of arrays ({', '.join(ARRAYS)}).")
    names, read = open_arrays(path, fail)
    stored = {}
    for name, part in processing.parts.items():
        if part.name not in names and name not in names:
            fail(f"there is no array {part.name!r} for the input {name!r}: {', '.join(names)}.")
        stored[name] = part.name if part.name in names else name
    x = {name: read(array) for name, array in stored.items()}
    y = _known_targets(target, names, read, "y")
    for rows, numbers, targets in _pieces(x, y, fail, chunk):
        yield Incoming(processing.transform(rows), numbers, targets)


def _known_targets(target: Target, names: list[str], read: Any, usual: str) -> Any:
    """The targets where the file has all of them: an array, or a dict of arrays by output."""

    def one(part: Target, other: str) -> np.ndarray | None:
        name = next((n for n in (part.name, other) if n in names), None)
        y = read(name) if name is not None else None
        if y is not None and part.one_hot and y.ndim == 1:
            y = np.eye(len(part.labels or ()), dtype="float32")[y.astype(int)]
        return y

    if not target.parts:
        return one(target, usual)
    found = {output: one(part, output) for output, part in target.parts.items()}
    return None if any(y is None for y in found.values()) else found


def _pieces(
    x: dict[str, np.ndarray], y: Any, fail: Fail, chunk: int
) -> Iterator[tuple[dict[str, np.ndarray], list[int], Any]]:
    """``chunk`` rows at a time of arrays that must be of one length: with their numbers from 1."""
    arrays = x | (y if isinstance(y, dict) else {} if y is None else {"the targets": y})
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        fail(f"the arrays have different numbers of samples: {said}.")
    count = next(iter(lengths.values()))
    for first in range(0, count, chunk):
        rows = slice(first, first + chunk)
        numbers = list(range(first + 1, min(first + chunk, count) + 1))
        yield rows_of(x, rows), numbers, None if y is None else rows_of(y, rows)


def _pictures_as_arrays(
    processing: ArrayProcessing, path: Path, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    shape = processing.shape
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[-1] not in (1, 3, 4)):
        fail(f"the model takes samples of the shape {shape}, which are no pictures.")
    color = {1: "grey", 3: "rgb", 4: "rgba"}[shape[2] if len(shape) == 3 else 1]
    files = find_pictures(path, fail)
    for first in range(0, len(files), chunk):
        part = files[first : first + chunk]
        pixels = read_pictures(part, shape[0], shape[1], color, "stretch", fail)
        yield Incoming(processing.transform(pixels), [str(file) for file in part])


def _numbers(columns: list[np.ndarray], numbers: np.ndarray, fail: Fail) -> np.ndarray:
    from .columns import CannotEncode, as_numbers

    try:
        rows = np.stack([as_numbers(column) for column in columns], axis=1)
    except CannotEncode as error:
        fail(f"row {numbers[error.row]}: {error}.")
    missing = np.argwhere(np.isnan(rows))
    if len(missing):
        fail(f"row {numbers[missing[0][0]]}: a value is missing.")
    return rows


def _images(
    processing: Any, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    files = find_pictures(Path(source), fail)
    for first in range(0, len(files), chunk):
        part = files[first : first + chunk]
        x = processing.transform(part, fail)
        yield Incoming(x, [str(file) for file in part])


def _texts(
    processing: Any, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    from .text import incoming_texts

    return incoming_texts(processing, target, source, fail, chunk)


def _series(
    processing: Any, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    from .time_series import incoming_windows

    return incoming_windows(processing, target, source, fail, chunk)
