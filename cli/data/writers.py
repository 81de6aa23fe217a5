"""Predictions into CSV, JSON lines or NPZ, as they come."""

import csv
import json
from pathlib import Path
from typing import IO, Any

import numpy as np

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
    """One array for each column, written at the end."""

    def __init__(self, path: Path):
        self.path = path
        self.parts: list[Columns] = []

    def write(self, columns: Columns) -> None:
        self.parts.append(columns)

    def close(self) -> None:
        arrays = {
            name: np.concatenate([np.asarray(part[name]) for part in self.parts])
            for name in (self.parts[0] if self.parts else ())
        }
        plain = {k: a.astype(str) if a.dtype == object else a for k, a in arrays.items()}
        np.savez_compressed(self.path, **plain)  # type: ignore[arg-type]


def _short(value: Any) -> Any:
    """Floats with the seven digits that float32 has."""
    return f"{value:.7g}" if isinstance(value, float | np.floating) else value


def _json(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(f"{value:.7g}")
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
