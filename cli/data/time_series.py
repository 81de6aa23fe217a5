"""Windows over a table's rows in the order of time, and the value to come."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import nearest

from ..config.schema_data import TimeSeries
from .blame import Blame
from .columns import CannotEncode, as_numbers
from .frame import Fail, Frame, read_frame
from .incoming import Incoming, frames
from .parts import Part, Prepared, Target
from .scaling import Scaler

_MISSING = ["", "NA", "NaN", "nan", "null"]


class WindowProcessing:
    """Windows ``(n, window, columns)`` of scaled values."""

    kind = "time_series"

    def __init__(
        self, columns: list[str], window: int, horizon: int, scaler: Scaler | None,
        delimiter: str | None,
    ):  # fmt: skip
        self.columns, self.window, self.horizon = columns, window, horizon
        self.scaler, self.delimiter = scaler, delimiter

    def values(self, frame: Frame) -> np.ndarray:
        """The columns ``(rows, columns)``, scaled. Raises ``ValueError``."""
        values = numbers_of(frame, self.columns)
        return self.scaler.apply(values) if self.scaler else values.astype("float32")

    def windows(self, values: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """The windows that begin with the rows ``starts``."""
        return values[starts[:, None] + np.arange(self.window)]

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": self.columns,
            "window": self.window,
            "horizon": self.horizon,
            "scaler": self.scaler.to_json() if self.scaler else None,
            "delimiter": self.delimiter,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "WindowProcessing":
        scaler = Scaler.from_json(saved["scaler"]) if saved["scaler"] else None
        return cls(saved["columns"], saved["window"], saved["horizon"], scaler, saved["delimiter"])


def prepare_time_series(source: TimeSeries, blame: Blame) -> Prepared:
    """Read a series, and part it in the order of time: training, validation, test.

    A part's windows lie wholly in it, so that nothing of the future is known in training. The
    scale is that of the training rows.
    """
    frame = read_frame(
        Path(source.path), source.delimiter, _MISSING, lambda m: blame.fail("path", m)
    )
    targets = [source.target] if isinstance(source.target, str) else source.target
    columns = source.columns or _numeric(frame)
    for field, names in (("target", targets), ("columns", columns)):
        for name in names:
            if name not in frame.columns:
                hint = nearest(name, frame.columns) or f" It has: {', '.join(frame.columns)}."
                blame.add(field, f"{Path(source.path).name} has no column {name!r}.{hint}")
    blame.check()
    try:
        values, aims = numbers_of(frame, columns), numbers_of(frame, targets)
    except ValueError as error:
        blame.fail("path", f"{error}.")
    bounds = _bounds(frame.rows, source, blame)
    train = slice(*bounds[0])
    scaler = Scaler.fit(source.scale, values[train])
    aim_scaler = Scaler.fit(source.scale, aims[train])
    processing = WindowProcessing(columns, source.window, source.horizon, scaler, source.delimiter)
    scaled = scaler.apply(values) if scaler else values.astype("float32")
    aimed = aim_scaler.apply(aims) if aim_scaler else aims.astype("float32")

    def part(first: int, end: int) -> Part | None:
        last = end - source.window - source.horizon + 1
        starts = np.arange(first, last, source.stride)[: source.limit]
        if not len(starts):
            return None
        y = aimed[starts + source.window + source.horizon - 1]
        return Part(processing.windows(scaled, starts), y)

    parts = [part(*bound) for bound in bounds]
    if parts[0] is None:
        blame.fail(
            "window",
            f"the {bounds[0][1]} training rows give no window of {source.window} rows with a value "
            f"{source.horizon} later.",
        )
    target = Target(", ".join(targets), None, aim_scaler)
    return Prepared(parts[0], parts[1], parts[2], processing, target)


def numbers_of(frame: Frame, names: list[str]) -> np.ndarray:
    """Columns as float64 ``(rows, columns)``. Raises ``ValueError`` for what is no number."""
    parts = []
    for name in names:
        if name not in frame.columns:
            raise ValueError(f"there is no column {name!r}.{nearest(name, frame.columns)}")
        try:
            column = as_numbers(frame.columns[name])
        except CannotEncode as error:
            raise ValueError(f"column {name!r}, row {frame.numbers[error.row]}: {error}") from None
        missing = np.flatnonzero(np.isnan(column))
        if len(missing):
            raise ValueError(f"column {name!r}, row {frame.numbers[missing[0]]}: there is no value")
        parts.append(column)
    return np.stack(parts, axis=1)


def _numeric(frame: Frame) -> list[str]:
    found = []
    for name, column in frame.columns.items():
        try:
            as_numbers(column)
        except CannotEncode:
            continue
        found.append(name)
    return found


def _bounds(rows: int, source: TimeSeries, blame: Blame) -> list[tuple[int, int]]:
    """First row and end of training, validation and test."""
    shares = [source.split.validation, 0.1 if source.split.test is None else source.split.test]
    counts = [share if isinstance(share, int) else round(share * rows) for share in shares]
    train = rows - sum(counts)
    if train <= 0:
        blame.fail("split", f"{rows} rows leave none to train with.")
    first = train + counts[0]
    return [(0, train), (train, first), (first, rows)]


class _Series:
    """A series that comes in pieces: its rows from the next window on, and their targets."""

    def __init__(self, processing: WindowProcessing, targets: list[str]):
        self.processing, self.targets = processing, targets
        self.values = np.zeros((0, len(processing.columns)), "float32")
        self.aims = np.zeros((0, len(targets)))
        self.passed = 0  # rows before them

    def add(self, frame: Frame) -> None:
        """Append rows. Raises ``ValueError``."""
        self.values = np.concatenate([self.values, self.processing.values(frame)])
        if self.targets:
            self.aims = np.concatenate([self.aims, numbers_of(frame, self.targets)])

    def take(self, count: int, target: Target) -> Incoming:
        """The next ``count`` windows, and the targets of those whose time has come."""
        after = self.processing.window + self.processing.horizon - 1
        windows = self.processing.windows(self.values, np.arange(count))
        numbers = self.passed + 1 + after + np.arange(count)
        aims = self.aims[after : after + count]
        told, y = None, None
        if self.targets:
            unknown = np.full((count - len(aims), len(self.targets)), np.nan)
            columns = np.concatenate([aims, unknown]).T
            names = ["target"] if len(self.targets) == 1 else [f"{n} target" for n in self.targets]
            told = dict(zip(names, columns, strict=True))
        if self.targets and len(aims) == count:
            y = target.scaler.apply(aims) if target.scaler else aims.astype("float32")
        self.values, self.aims = self.values[count:], self.aims[count:]
        self.passed += count
        return Incoming(windows, numbers.tolist(), y, told)


def incoming_windows(
    processing: WindowProcessing, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    """A window that ends with each row of a new series; named by the row that is predicted.

    Where the series has the targets, the windows whose target is still to come are the last ones.
    """
    series = None
    for frame in frames(source, processing.delimiter, _MISSING, fail, chunk):
        if series is None:
            wanted = target.name.split(", ")
            series = _Series(processing, wanted if set(wanted) <= set(frame.columns) else [])
        series.add(frame)
        ahead = processing.horizon if series.targets else 0
        if (ready := len(series.values) - processing.window - ahead + 1) > 0:
            yield series.take(ready, target)
    left = len(series.values) - processing.window + 1 if series else 0
    if series and left > 0:
        yield series.take(left, target)
    elif not series or not series.passed:
        rows = len(series.values) if series else 0
        fail(f"a prediction needs {processing.window} rows; there are {rows}.")
