"""The history of a run: a CSV file with a row for each epoch."""

import csv
import io
from pathlib import Path
from typing import Any

from .statefile import write_text

Row = dict[str, Any]


class HistoryFile:
    """Grows by a row an epoch; a column that comes later is added to all rows."""

    def __init__(self, path: Path):
        self.path = path
        rows = self.read()
        self._names = list(rows[0]) if rows else []

    def read(self) -> list[Row]:
        """The rows, values as texts; none where there is no file.

        A last line without an end is left out: a process died while writing it.
        """
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            del lines[-1]
        return list(csv.DictReader(lines))

    def add(self, row: Row) -> None:
        """Append a row."""
        row = {name: rounded(value) for name, value in row.items()}
        if not set(row) <= set(self._names):
            self._write([*self.read(), row], list(dict.fromkeys([*self._names, *row])))
            return
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, self._names, restval="", lineterminator="\n").writerow(row)

    def trim(self, epochs: int) -> None:
        """Drop the rows after an epoch, from which training goes on."""
        rows = self.read()
        if rows:
            self._write([row for row in rows if int(row["epoch"]) <= epochs], list(rows[0]))

    def _write(self, rows: list[Row], names: list[str]) -> None:
        self._names = names
        text = io.StringIO()
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path, text.getvalue())


def rounded(value: Any) -> Any:
    """A float with the seven digits that float32 has."""
    return float(f"{value:.7g}") if isinstance(value, float) else value
