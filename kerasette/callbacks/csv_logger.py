"""``CSVLogger``: a line of a CSV file for each epoch."""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.callbacks.callback import Callback
from kerasette.registry import register


class CSVLogger(Callback):
    """Writes the logs of each epoch as a line of a CSV file, at once.

    The columns are "epoch" and the names of the first epoch's logs, sorted; where there is
    validation only now and then, its columns hold "NA" in between.

    Args:
        filename: the file; missing folders are made.
        separator: what stands between two columns.
        append: whether a file that is there is gone on with, not begun anew.

    >>> log = kerasette.callbacks.CSVLogger("history.csv")
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False):
        super().__init__()
        self.sep = separator
        self.filename = os.fspath(filename)
        self.append = append
        self.keys: list[str] | None = None
        self._file: Any = None
        self._writer: Any = None
        self._header = True
        self._kept: int | None = None  # the size up to which a resumed file holds

    def on_train_begin(self, logs: Any = None) -> None:
        self._close()
        self.keys = None
        self._kept = None

    def _open(self) -> None:
        """Open the file when there is something to write: resuming may come in between."""
        path = Path(self.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.stat().st_size if path.exists() else 0
        kept = there if self.append else 0
        if self._kept is not None:  # going on: what was written after that point is dropped
            kept = min(there, self._kept)
        elif kept:
            self.keys = self._columns_there(path)
        self._header = kept == 0
        self._file = open(path, "r+" if there else "w", newline="", encoding="utf-8")  # noqa: SIM115
        self._file.truncate(kept)
        self._file.seek(kept)

    def _columns_there(self, path: Path) -> list[str] | None:
        """The columns of a file that is gone on with: new lines keep to them."""
        with open(path, newline="", encoding="utf-8") as file:
            columns = next(csv.reader(file, delimiter=self.sep), [])
        return columns[1:] if columns[:1] == ["epoch"] else None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        if self._file is None:
            self._open()
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        if self._writer is None:
            self._writer = csv.writer(self._file, delimiter=self.sep)
            if self._header:
                self._writer.writerow(["epoch", *self.keys])
        self._writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        self._file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        self._close()

    def on_interruption(self) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._kept = self._file.tell()
            self._file.close()
        self._file = self._writer = None

    def state(self) -> dict[str, Any]:
        """The columns, and how long the file is."""
        size = self._kept if self._file is None else self._file.tell()
        return {"keys": self.keys, "size": size}

    def load_state(self, saved: dict[str, Any]) -> None:
        if saved["size"] is not None:
            self.keys, self._kept = saved["keys"], saved["size"]


def _cell(value: Any) -> Any:
    if not isinstance(value, str) and np.ndim(value) > 0:
        return f'"[{", ".join(map(str, value))}]"'
    return value


register("callback", CSVLogger)
