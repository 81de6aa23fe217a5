"""Tables with columns of any kind: encoders fitted to the training rows, one matrix of features."""

from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import nearest

from ..config.nodes import KeyPath
from ..config.schema_data import Column, Table
from .blame import Blame
from .columns import ENCODERS, CannotEncode, Encoder, as_numbers, as_texts, find_kind
from .frame import Fail, Frame, read_frame
from .parts import Part, Prepared, Target
from .scaling import Scaler
from .splitting import Splitter

_MOST_CLASSES = 20  # whole numbers with more values than this are numbers


class TableProcessing:
    """Encodes a table's columns into one matrix ``(rows, features)``."""

    kind = "table"

    def __init__(self, encoders: dict[str, Encoder], missing: list[str], delimiter: str | None):
        self.encoders, self.missing, self.delimiter = encoders, missing, delimiter

    def names(self) -> list[str]:
        """The features' names."""
        return [name for column, encoder in self.encoders.items() for name in encoder.names(column)]

    def transform(self, frame: Frame) -> np.ndarray:
        """The features of a table's rows, float32.

        Raises ``ValueError`` for a column that is not there, or a value not of its kind.
        """
        parts = []
        for name, encoder in self.encoders.items():
            if name not in frame.columns:
                hint = nearest(name, frame.columns)
                raise ValueError(f"there is no column {name!r}, with which was trained.{hint}")
            try:
                parts.append(encoder.encode(frame.columns[name]))
            except CannotEncode as error:
                row = frame.numbers[error.row]
                raise ValueError(f"column {name!r}, row {row}: {error}") from None
        return np.concatenate(parts, axis=1, dtype="float32")

    def to_json(self) -> dict[str, Any]:
        encoders = [
            {"column": name, "type": encoder.kind, **encoder.to_json()}
            for name, encoder in self.encoders.items()
        ]
        return {"encoders": encoders, "missing": self.missing, "delimiter": self.delimiter}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "TableProcessing":
        encoders = {
            entry["column"]: ENCODERS[entry["type"]].from_json(entry) for entry in saved["encoders"]
        }
        return cls(encoders, saved["missing"], saved["delimiter"])


def prepare_table(source: Table, seed: int, blame: Blame) -> Prepared:
    """Read, split and encode a table. What is learnt is learnt from the training rows alone."""
    frame = read_frame(
        Path(source.path), source.delimiter, source.missing, lambda m: blame.fail("path", m)
    )
    _check_names(source, frame, blame)
    notes: list[str] = []
    frame = _with_target(frame, source, notes, blame)
    test = None
    if source.test is not None:
        test = read_frame(
            Path(source.test), source.delimiter, source.missing, lambda m: blame.fail("test", m)
        )
        if source.target not in test.columns:
            blame.fail("test", f"{source.test} has no column {source.target!r}, the target.")
        test = _with_target(test, source, notes, blame)
    labels = _class_names(frame, test, source, blame)

    def strata(rows: Frame) -> np.ndarray | None:
        return as_texts(rows.columns[source.target]).astype(str) if labels else None

    splitter = Splitter(source.split, seed, blame)
    if test is None and source.split.test != 0:
        rows, held_back = splitter.test(frame.rows, strata(frame))
        frame, test = frame.take(rows), frame.take(held_back)
    rows, held_back = splitter.validation(frame.rows, strata(frame))
    frame, validation = frame.take(rows), frame.take(held_back)
    if source.limit is not None:
        most = slice(0, source.limit)
        frame, validation = frame.take(most), validation.take(most)
        test = test.take(most) if test else None
    processing = TableProcessing(
        _fit_encoders(frame, source, notes, blame), source.missing, source.delimiter
    )
    scaler = None
    if labels is None:
        numbers = _numbers(frame, source.target, lambda message: blame.fail("target", message))
        scaler = Scaler.fit(source.target_scale, numbers)
    target = Target(source.target, labels, scaler)

    def part(rows: Frame | None) -> Part | None:
        if rows is None or not rows.rows:
            return None
        try:
            x = processing.transform(rows)
        except ValueError as error:
            blame.fail("path", f"{error}.")
        return Part(x, table_targets(rows, target, lambda m: blame.fail("target", m)))

    parts = [part(rows) for rows in (frame, validation, test)]
    assert parts[0] is not None
    return Prepared(parts[0], parts[1], parts[2], processing, target, notes)


def _check_names(source: Table, frame: Frame, blame: Blame) -> None:
    named: list[tuple[KeyPath | str, str]] = [("target", source.target)]
    named += [(("columns", name), name) for name in source.columns]
    named += [(("ignore", index), name) for index, name in enumerate(source.ignore)]
    wrong: list[tuple[KeyPath | str, str]] = []
    for path, name in named:
        if name not in frame.columns:
            hint = nearest(name, frame.columns)
            hint = hint or f" It has: {', '.join(list(frame.columns)[:12])}."
            wrong.append((path, f"{Path(source.path).name} has no column {name!r}.{hint}"))
    if wrong:
        blame.fail_all(wrong)
    if set(frame.columns) <= {source.target, *source.ignore}:
        blame.fail("path", "there is no column beside the target to predict it from.")


def _with_target(frame: Frame, source: Table, notes: list[str], blame: Blame) -> Frame:
    """The rows whose target is known."""
    known = np.array([text is not None for text in as_texts(frame.columns[source.target])])
    if not known.any():
        blame.fail("target", f"the column {source.target!r} has no values.")
    if not known.all():
        count = int((~known).sum())
        notes.append(f"{count:,} rows without a value of {source.target!r} are left out")
    return frame.take(np.flatnonzero(known))


def _class_names(frame: Frame, test: Frame | None, source: Table, blame: Blame) -> list[str] | None:
    column = frame.columns[source.target]
    texts = as_texts(column)
    names = set(texts)
    is_category = source.target_type == "category"
    if source.target_type == "auto":
        try:
            numbers = as_numbers(column)
        except CannotEncode:
            is_category = True
        else:
            is_category = len(names) <= _MOST_CLASSES and bool((numbers % 1 == 0).all())
    if not is_category:
        return None
    if test is not None:
        names |= set(as_texts(test.columns[source.target]))
    if len(names) < 2:
        blame.fail("target", f"the column {source.target!r} has one value only: {min(names)!r}.")
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def _fit_encoders(
    frame: Frame, source: Table, notes: list[str], blame: Blame
) -> dict[str, Encoder]:
    encoders: dict[str, Encoder] = {}
    for name, column in frame.columns.items():
        if name == source.target or name in source.ignore:
            continue
        options = source.columns.get(name)
        if options is None:
            kind, why = find_kind(column)
            options = Column(type=kind)
            if kind == "ignore":
                notes.append(f"column {name!r} is left out: {why}")
        if options.type == "ignore":
            continue
        try:
            encoders[name] = ENCODERS[options.type].fit(column, options)
        except CannotEncode as error:
            row = frame.numbers[error.row]
            blame.fail(
                ("columns", name),
                f"row {row}: {error}. Is the column of another type than {options.type}?",
            )
    if not encoders:
        blame.fail("path", "no column is left to predict the target from.")
    return encoders


def _numbers(frame: Frame, name: str, fail: Fail) -> np.ndarray:
    try:
        return as_numbers(frame.columns[name])
    except CannotEncode as error:
        fail(f"column {name!r}, row {frame.numbers[error.row]}: {error}.")


def table_targets(frame: Frame, target: Target, fail: Fail) -> np.ndarray:
    """The targets of a table's rows as the model takes them."""
    if target.labels is None:
        numbers = _numbers(frame, target.name, fail)[:, None]
        return target.scaler.apply(numbers) if target.scaler else numbers.astype("float32")
    index = {label: number for number, label in enumerate(target.labels)}
    texts = as_texts(frame.columns[target.name])
    for row, text in enumerate(texts):
        if text not in index:
            where = f"column {target.name!r}, row {frame.numbers[row]}"
            fail(f"{where}: {text!r} is none of the classes.")
    return np.array([index[text] for text in texts], "int32")
