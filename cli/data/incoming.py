"""New samples for a trained model: from files, folders and standard input, some at a time."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..errors import DataProblem
from .array_files import SUFFIXES as ARRAYS
from .array_files import ArrayFile
from .arrays import ArrayProcessing, InputsProcessing
from .frame import CHUNK, Frame, read_chunks, text_chunks
from .parts import Target
from .pictures import SUFFIXES, find_pictures, read_pictures

Fail = Callable[[str], NoReturn]


@dataclass
class Incoming:
    """Some samples, what to call each of them, and their targets where these are known.

    ``y`` are the targets as the model takes them, or what makes them: rows of a file may lack them,
    which matters only to those who want to measure. ``told`` are the columns as the file has them.
    """

    x: Any
    names: list[Any]
    y: Any = None
    told: dict[str, np.ndarray] | None = None

    def targets(self) -> Any:
        """The targets; ``None`` where there are none. Raises ``DataProblem`` for one missing."""
        return self.y() if callable(self.y) else self.y


def read_incoming(
    processing: Any, target: Target, source: str, chunk: int = CHUNK
) -> Iterator[Incoming]:
    """Samples from a file, a folder, or ``-`` for standard input.

    Raises ``DataProblem`` where they cannot be read, or are not what the model was trained with.
    """

    def fail(message: str) -> NoReturn:
        name = "standard input" if source == "-" else source
        if name not in message:
            message = f"{name}: {message}"
        elif not message.startswith(name):
            message = message[0].upper() + message[1:]
        raise DataProblem(message)

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
            if incoming.names:
                found = True
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
    for frame in frames(source, processing.delimiter, processing.missing, fail, chunk):
        x = processing.transform(frame)
        yield Incoming(x, frame.numbers.tolist(), *frame_targets(frame, target, fail))


def frame_targets(
    frame: Frame, target: Target, fail: Fail
) -> tuple[Callable[[], Any] | None, dict[str, np.ndarray] | None]:
    """What makes a table's targets, and their columns as they stand there; where it has all."""
    from .columns import CannotEncode, as_numbers, as_texts
    from .table import table_targets

    if not set(target.names) <= set(frame.columns):
        return None, None
    told = {}
    for output, part in (target.parts or {"": target}).items():
        column = frame.columns[part.name]
        try:
            values = as_texts(column) if part.labels else as_numbers(column)
        except CannotEncode:
            values = as_texts(column)
        told[f"{output} target".strip()] = values
    return lambda: table_targets(frame, target, fail), told


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
    file = ArrayFile(path, fail)
    names = file.names
    usual = [name for name in (processing.name, "x", "x_test", "X") if name in names]
    if not usual and len(names) != 1:
        fail(
            f"which array are the samples? Name it {processing.name}. "
            f"The file has {', '.join(names)}."
        )
    name = usual[0] if usual else names[0]
    stored = _stored_targets(target, names, {"x_test": "y_test"}.get(name, "y"))
    for x, y, numbers in _pieces(file, {"": name}, stored, target, chunk):
        yield Incoming(processing.transform(x[""]), numbers, y)


def _inputs(
    processing: InputsProcessing, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    """The arrays of several inputs, by the names that they had in training, or the inputs'."""
    path = Path(source)
    if path.suffix.lower() not in ARRAYS:
        fail(f"the model has several inputs: give a file of arrays ({', '.join(ARRAYS)}).")
    file = ArrayFile(path, fail)
    inputs = {}
    for name, part in processing.parts.items():
        if part.name not in file.names and name not in file.names:
            listed = ", ".join(file.names)
            fail(f"there is no array {part.name!r} for the input {name!r}. The file has {listed}.")
        inputs[name] = part.name if part.name in file.names else name
    stored = _stored_targets(target, file.names, "y")
    for x, y, numbers in _pieces(file, inputs, stored, target, chunk):
        yield Incoming(processing.transform(x), numbers, y)


def _stored_targets(target: Target, names: list[str], usual: str) -> dict[str, str]:
    """The targets' arrays by output (the only one: ""); none where the file has not all of them."""
    parts = target.parts or {"": target}
    found = {
        output: next((n for n in (part.name, output or usual) if n in names), "")
        for output, part in parts.items()
    }
    return found if all(found.values()) else {}


def _pieces(
    file: ArrayFile, inputs: dict[str, str], targets: dict[str, str], target: Target, chunk: int
) -> Iterator[tuple[dict[str, np.ndarray], Any, list[int]]]:
    """Some rows at a time of the arrays of all inputs and targets, with their numbers from 1."""
    streams = {name: file.pieces(name, chunk) for name in {*inputs.values(), *targets.values()}}
    first = 1
    while True:
        rows = {name: next(stream, None) for name, stream in streams.items()}
        lengths = {name: 0 if part is None else len(part) for name, part in rows.items()}
        if len(set(lengths.values())) > 1:
            short = min(lengths, key=lambda name: lengths[name])
            ends = first - 1 + lengths[short]
            file.fail(f"the array {short!r} ends after {ends} samples, and another one goes on.")
        count = next(iter(lengths.values()))
        if not count:
            return
        x = {name: rows[array] for name, array in inputs.items()}
        y: Any = {
            name: _as_trained(rows[array], target.parts.get(name, target))
            for name, array in targets.items()
        }
        yield x, y.get("", y) if y else None, list(range(first, first + count))  # type: ignore[misc]
        first += count


def _as_trained(y: Any, target: Target) -> np.ndarray:
    if target.one_hot and y.ndim == 1:
        return np.eye(len(target.labels or ()), dtype="float32")[y.astype(int)]
    return y


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
