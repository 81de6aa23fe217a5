"""Predictions into CSV, JSON lines or NPZ, as they come."""

import csv
import json
import math
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from kerasette.saving.atomic import written_whole

from .decoding import Columns

FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".npz": "npz"}


class CsvWriter:
    """Rows of text with a header."""

    def __init__(self, file: IO[str]):
        self.file = file
        self._writer: Any = None

    def write(self, columns: Columns) -> None:
        if self._writer is None:
            self._writer = csv.writer(self.file, lineterminator="\n")
            self._writer.writerow(columns)
        self._writer.writerows(
            zip(*(map(_short, column) for column in columns.values()), strict=True)
        )
        self.file.flush()

    def close(self) -> None:
        self.file.flush()


class JsonLinesWriter:
    """A JSON object a line."""

    def __init__(self, file: IO[str]):
        self.file = file

    def write(self, columns: Columns) -> None:
        for values in zip(*columns.values(), strict=True):
            row = {name: _json(value) for name, value in zip(columns, values, strict=True)}
            self.file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.file.flush()

    def close(self) -> None:
        self.file.flush()


class NpzWriter:
    """One array for each column. They grow in files beside the target, and are packed at the end:
    however many rows there are, memory holds some of them.
    """

    def __init__(self, path: Path):
        self.path = path
        self._folder = tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-")
        self._columns: dict[str, _GrowingArray] = {}

    def write(self, columns: Columns) -> None:
        for name, values in columns.items():
            if name not in self._columns:
                file = Path(self._folder.name) / str(len(self._columns))
                self._columns[name] = _GrowingArray(file)
            self._columns[name].add(np.asarray(values))

    def close(self) -> None:
        with (
            written_whole(self.path) as part,
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, column in self._columns.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    column.copy_to(member)

    def discard(self) -> None:
        """Remove what lies beside the target, and close the files."""
        for column in self._columns.values():
            column.file.close()
        self._folder.cleanup()


class _GrowingArray:
    """Rows in a file, whose texts may get longer as they come."""

    def __init__(self, path: Path):
        self.file = path.open("w+b")
        self.pieces: list[tuple[int, np.dtype[Any]]] = []  # rows and dtype of each
        self.shape: tuple[int, ...] = ()

    def add(self, values: np.ndarray) -> None:
        if values.dtype == object:
            values = np.array(["" if value is None else str(value) for value in values])
        self.pieces.append((len(values), values.dtype))
        self.shape = values.shape[1:]
        self.file.write(np.ascontiguousarray(values).tobytes())

    def copy_to(self, target: IO[bytes]) -> None:
        """Write all as one array in numpy's format."""
        dtype = np.result_type(*{kind for _, kind in self.pieces})
        header = {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": (sum(count for count, _ in self.pieces), *self.shape),
        }
        np.lib.format.write_array_header_1_0(target, header)
        self.file.seek(0)
        width = math.prod(self.shape)
        for count, kind in self.pieces:
            data = self.file.read(count * width * kind.itemsize)
            target.write(np.frombuffer(data, kind).astype(dtype).tobytes())


def _short(value: Any) -> Any:
    """Floats with the seven digits that float32 has; nothing for what is no number."""
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else f"{value:.7g}"
    return value


def _json(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else float(f"{value:.7g}")
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
