"""Tables as columns: read from CSV and Parquet files, as a whole or some rows at a time."""

import csv
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

Fail = Callable[[str], NoReturn]
CHUNK = 4096  # rows


class Frame:
    """Columns of equal length by name: each an object array of texts (``None``: missing) or a
    float64 array (NaN: missing). ``numbers`` are the rows' numbers in the file, for messages.
    """

    def __init__(self, columns: dict[str, np.ndarray], numbers: np.ndarray):
        self.columns, self.numbers = columns, numbers
        self.rows = len(numbers)

    def take(self, rows: np.ndarray | slice) -> "Frame":
        """Some of the rows, in that order."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Frame(columns, self.numbers[rows])


def read_frame(path: Path, delimiter: str | None, missing: list[str], fail: Fail) -> Frame:
    """A whole file. ``fail`` is called with a sentence where it cannot be read."""
    parts = list(read_chunks(path, delimiter, missing, fail, chunk=1 << 62))
    if not parts or not parts[0].rows:
        fail(f"{path} has no rows.")
    return parts[0]


def read_chunks(
    path: Path, delimiter: str | None, missing: list[str], fail: Fail, chunk: int = CHUNK
) -> Iterator[Frame]:
    """A file's rows, ``chunk`` at a time."""
    if not path.is_file():
        fail(f"there is no file {path}.")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".parquet"]:
        yield from _parquet(path, missing, fail, chunk)
        return
    if not {*suffixes[-2:]} & {".csv", ".tsv", ".txt"}:
        fail(f"a table ends in .csv, .tsv, .txt or .parquet, also with .gz. Received: {path.name}.")
    try:
        opener: Any = gzip.open if suffixes[-1] == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield from text_chunks(file, str(path), delimiter, missing, fail, chunk)
    except UnicodeDecodeError:
        fail(f"{path} is not text in UTF-8.")
    except (OSError, EOFError) as error:
        fail(f"{path} cannot be read: {error}.")


def text_chunks(
    file: IO[str],
    source: str,
    delimiter: str | None,
    missing: list[str],
    fail: Fail,
    chunk: int = CHUNK,
) -> Iterator[Frame]:
    """Rows of CSV text with a header; without one, where the first row holds only numbers."""
    head = file.readline()
    if not head.strip():
        fail(f"{source} is empty.")
    delimiter = delimiter or find_delimiter(head)
    lines = _chain(head, file)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        first = next(reader)
        names = [name.strip() for name in first]
        has_header = not all(_is_number(name) for name in names)
        if not has_header:
            names = [f"c{index + 1}" for index in range(len(first))]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            fail(f"{source} has two columns named {min(repeated)!r}.")
        rows: list[list[str]] = [] if has_header else [first]
        count, skip = 0, set(missing)
        for row in reader:
            if len(row) != len(names):
                if not row:
                    continue
                fail(
                    f"line {reader.line_num} of {source} has {_fields(len(row))}, the first line "
                    f"{_fields(len(names))} (parted by {delimiter!r})."
                )
            rows.append(row)
            if len(rows) >= chunk:
                yield _text_frame(names, rows, skip, count + 1)
                count, rows = count + len(rows), []
    except csv.Error as error:
        fail(f"line {reader.line_num} of {source} cannot be read: {error}.")
    if rows or not count:
        yield _text_frame(names, rows, skip, count + 1)


def _fields(count: int) -> str:
    return "one field" if count == 1 else f"{count} fields"


def find_delimiter(head: str) -> str:
    """What parts the fields: the most frequent of comma, semicolon, tab and bar."""
    return max(",;\t|", key=head.count)


def _chain(head: str, file: IO[str]) -> Iterator[str]:
    yield head
    yield from file


def _text_frame(names: list[str], rows: list[list[str]], missing: set[str], first: int) -> Frame:
    columns: dict[str, np.ndarray] = {}
    for name, values in zip(
        names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True
    ):
        texts = np.empty(len(rows), object)
        texts[:] = [None if text.strip() in missing else text.strip() for text in values]
        columns[name] = texts
    return Frame(columns, np.arange(first, first + len(rows)))


def _parquet(path: Path, missing: list[str], fail: Fail, chunk: int) -> Iterator[Frame]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        fail("Parquet files need the package pyarrow: pip install 'kerasette[data]'.")
    try:
        with parquet.ParquetFile(path) as file:
            if chunk > file.metadata.num_rows:
                yield _arrow_frame(file.read(), set(missing), 1)
                return
            count = 0
            for batch in file.iter_batches(chunk):
                yield _arrow_frame(arrow.Table.from_batches([batch]), set(missing), count + 1)
                count += batch.num_rows
    except arrow.ArrowException as error:
        fail(f"{path} cannot be read: {str(error).splitlines()[0]}")


def _arrow_frame(table: Any, missing: set[str], first: int) -> Frame:
    columns: dict[str, np.ndarray] = {}
    for name in table.column_names:
        values = table.column(name).to_pylist()
        numbers = all(v is None or isinstance(v, int | float) for v in values)
        if numbers and not any(isinstance(v, bool) for v in values):
            columns[name] = np.array([np.nan if v is None else v for v in values], "float64")
            continue
        texts = np.empty(len(values), object)
        texts[:] = [_text(v, missing) for v in values]
        columns[name] = texts
    return Frame(columns, np.arange(first, first + table.num_rows))


def _text(value: Any, missing: set[str]) -> str | None:
    if value is None:
        return None
    text = value.isoformat() if hasattr(value, "isoformat") else str(value).strip()
    return None if text in missing else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
