"""Tables with columns of any kind: encoders fitted to the training rows, one matrix of features."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from kerasette.errors import nearest

from ..config.fields import of_name
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
    """Encodes a table's columns into one matrix ``(rows, features)``, or one for each input.

    ``inputs`` are the columns by input, ``None`` where there is but one input.
    """

    kind = "table"

    def __init__(
        self,
        encoders: dict[str, Encoder],
        missing: list[str],
        delimiter: str | None,
        inputs: dict[str, list[str]] | None = None,
    ):
        self.encoders, self.missing, self.delimiter = encoders, missing, delimiter
        self.inputs = inputs

    def names(self) -> list[str]:
        """The features' names."""
        return [name for column, encoder in self.encoders.items() for name in encoder.names(column)]

    def transform(self, frame: Frame) -> Any:
        """The features of a table's rows, float32; a dict of them where there are several inputs.

        Raises ``ValueError`` with all columns that are not there, or have a value not of their
        kind.
        """
        parts, wrong = {}, []
        for name, encoder in self.encoders.items():
            if name not in frame.columns:
                hint = nearest(name, frame.columns).removeprefix(" Did you mean ").rstrip("?")
                is_it = f" (is it {hint}?)" if hint else ""
                wrong.append(f"there is no column {name!r}, with which was trained{is_it}")
                continue
            try:
                parts[name] = encoder.encode(frame.columns[name])
            except CannotEncode as error:
                wrong.append(f"column {name!r}, row {frame.numbers[error.row]}: {error}")
        if wrong:
            raise ValueError("; ".join(wrong))

        def joined(names: Iterable[str]) -> np.ndarray:
            return np.concatenate([parts[name] for name in names], axis=1, dtype="float32")

        if self.inputs is None:
            return joined(parts)
        return {name: joined(columns) for name, columns in self.inputs.items()}

    def to_json(self) -> dict[str, Any]:
        encoders = [
            {"column": name, "type": encoder.kind, **encoder.to_json()}
            for name, encoder in self.encoders.items()
        ]
        return {
            "encoders": encoders,
            "missing": self.missing,
            "delimiter": self.delimiter,
            "inputs": self.inputs,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "TableProcessing":
        encoders = {
            entry["column"]: ENCODERS[entry["type"]].from_json(entry) for entry in saved["encoders"]
        }
        return cls(encoders, saved["missing"], saved["delimiter"], saved["inputs"])


def prepare_table(source: Table, seed: int, blame: Blame) -> Prepared:
    """Read, split and encode a table. What is learnt is learnt from the training rows alone."""
    notes: list[str] = []
    frame = _read(source.path, "path", source, blame)
    test = _read(source.test, "test", source, blame) if source.test is not None else None
    blame.check()
    assert frame is not None
    _check_names(source, frame, test, blame)
    frame = _with_targets(frame, source, notes, blame)
    test = _with_targets(test, source, notes, blame) if test is not None else None
    blame.check()
    columns = _targets(source)
    labels = {name: _class_names(frame, test, name, source, blame) for name in columns}
    blame.check()

    def strata(rows: Frame) -> np.ndarray | None:
        is_one = len(columns) == 1 and labels[columns[0]] is not None
        return as_texts(rows.columns[columns[0]]).astype(str) if is_one else None

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
        _fit_encoders(frame, source, notes, blame),
        source.missing,
        source.delimiter,
        source.inputs,
    )
    target = _fit_targets(frame, source, labels, blame)
    blame.check()

    def part(rows: Frame | None) -> Part | None:
        if rows is None or not rows.rows:
            return None
        x = None
        try:
            x = processing.transform(rows)
        except ValueError as error:
            blame.add("path", f"{error}.")
        return Part(x, table_targets(rows, target, lambda m: blame.fail("target", m)))

    parts = [part(rows) for rows in (frame, validation, test)]
    blame.check()
    assert parts[0] is not None
    return Prepared(parts[0], parts[1], parts[2], processing, target, notes)


def _read(path: str, field: str, source: Table, blame: Blame) -> Frame | None:
    """A file's rows; ``None`` where it cannot be read."""

    def fail(message: str) -> NoReturn:
        raise _CannotRead(message)

    try:
        return read_frame(Path(path), source.delimiter, source.missing, fail)
    except _CannotRead as error:
        blame.add(field, str(error))
        return None


class _CannotRead(Exception):
    """A file that cannot be read."""


def _targets(source: Table) -> list[str]:
    return source.target if isinstance(source.target, list) else [source.target]


def _check_names(source: Table, frame: Frame, test: Frame | None, blame: Blame) -> None:
    """All names in the config must be those of columns."""
    is_list = isinstance(source.target, list)
    named: list[tuple[KeyPath | str, str]] = [
        (("target", index) if is_list else "target", name)
        for index, name in enumerate(_targets(source))
    ]
    named += [(("columns", name), name) for name in source.columns]
    named += [(("ignore", index), name) for index, name in enumerate(source.ignore)]
    groups = source.inputs or {}
    for group, names in groups.items():
        named += [(("inputs", group, index), name) for index, name in enumerate(names)]
    for path, name in named:
        if name not in frame.columns:
            hint = nearest(name, frame.columns)
            hint = hint or f" It has: {', '.join(list(frame.columns)[:12])}."
            blame.add(path, f"{Path(source.path).name} has no column {name!r}.{hint}")
    for name in _targets(source) if test is not None else ():
        if test is not None and name in frame.columns and name not in test.columns:
            blame.add("test", f"{source.test} has no column {name!r}, the target.")
    for field in ("target_type", "target_scale"):
        given = getattr(source, field)
        for name in set(given) - set(_targets(source)) if isinstance(given, dict) else ():
            hint = nearest(name, _targets(source))
            blame.add((field, name), f"{name!r} is no target.{hint}")
    for group, names in groups.items():
        out = {*_targets(source), *source.ignore}
        for index, name in enumerate(names):
            if name in out:
                blame.add(("inputs", group, index), f"{name!r} is a target or ignored.")
        if not names:
            blame.add(("inputs", group), "must have at least one column.")
    blame.check()
    if set(frame.columns) <= {*_targets(source), *source.ignore}:
        blame.fail("path", "there is no column beside the target to predict it from.")


def _with_targets(frame: Frame, source: Table, notes: list[str], blame: Blame) -> Frame:
    """The rows whose targets are all known."""
    known = np.ones(frame.rows, bool)
    for name in _targets(source):
        known &= np.array([text is not None for text in as_texts(frame.columns[name])])
    names = " and ".join(map(repr, _targets(source)))
    if not known.any():
        blame.add("target", f"no row has a value of {names}.")
        return frame
    if not known.all():
        notes.append(f"{int((~known).sum()):,} rows without a value of {names} are left out")
    return frame.take(np.flatnonzero(known))


def _class_names(
    frame: Frame, test: Frame | None, target: str, source: Table, blame: Blame
) -> list[str] | None:
    column = frame.columns[target]
    names = set(as_texts(column))
    kind = of_name(source.target_type, target) or "auto"
    is_category = kind == "category"
    if kind == "auto":
        try:
            numbers = as_numbers(column)
        except CannotEncode:
            is_category = True
        else:
            is_category = len(names) <= _MOST_CLASSES and bool((numbers % 1 == 0).all())
    if not is_category:
        return None
    if test is not None:
        names |= set(as_texts(test.columns[target]))
    if len(names) < 2:
        blame.add("target", f"the column {target!r} has one value only: {min(names)!r}.")
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def _fit_targets(
    frame: Frame, source: Table, labels: dict[str, list[str] | None], blame: Blame
) -> Target:
    found = {}
    for name, classes in labels.items():
        scaler = None
        if classes is None:
            try:
                numbers = as_numbers(frame.columns[name])
                scaler = Scaler.fit(of_name(source.target_scale, name), numbers)
            except CannotEncode as error:
                row = frame.numbers[error.row]
                blame.add("target", f"column {name!r}, row {row}: {error}.")
        found[name] = Target(name, classes, scaler)
    return found[source.target] if isinstance(source.target, str) else Target(parts=found)


def _fit_encoders(
    frame: Frame, source: Table, notes: list[str], blame: Blame
) -> dict[str, Encoder]:
    encoders: dict[str, Encoder] = {}
    wanted = None
    if source.inputs is not None:
        wanted = {name for names in source.inputs.values() for name in names}
    for name, column in frame.columns.items():
        if name in _targets(source) or name in source.ignore:
            continue
        if wanted is not None and name not in wanted:
            notes.append(f"column {name!r} is left out: no input takes it")
            continue
        options = source.columns.get(name)
        if options is None:
            kind, why = find_kind(column)
            options = Column(type=kind)
            if kind == "ignore" and wanted is not None:
                blame.add("inputs", f"column {name!r} is of no use: {why}. Give it a type.")
            elif kind == "ignore":
                notes.append(f"column {name!r} is left out: {why}")
        if options.type == "ignore":
            continue
        try:
            encoders[name] = ENCODERS[options.type].fit(column, options)
        except CannotEncode as error:
            row = frame.numbers[error.row]
            blame.add(
                ("columns", name),
                f"row {row}: {error}. Is the column of another type than {options.type}?",
            )
    blame.check()
    if not encoders:
        blame.fail("path", "no column is left to predict the target from.")
    return encoders


def _numbers(frame: Frame, name: str, fail: Fail) -> np.ndarray:
    try:
        return as_numbers(frame.columns[name])
    except CannotEncode as error:
        fail(f"column {name!r}, row {frame.numbers[error.row]}: {error}.")


def table_targets(frame: Frame, target: Target, fail: Fail) -> Any:
    """The targets of a table's rows as the model takes them; a dict of them by output."""
    if target.parts:
        return {name: table_targets(frame, part, fail) for name, part in target.parts.items()}
    if target.labels is None:
        numbers = _numbers(frame, target.name, fail)[:, None]
        missing = np.flatnonzero(np.isnan(numbers))
        if len(missing):
            fail(f"column {target.name!r}, row {frame.numbers[missing[0]]}: there is no value.")
        return target.scaler.apply(numbers) if target.scaler else numbers.astype("float32")
    index = {label: number for number, label in enumerate(target.labels)}
    texts = as_texts(frame.columns[target.name])
    for row, text in enumerate(texts):
        if text not in index:
            where = f"column {target.name!r}, row {frame.numbers[row]}"
            said = "there is no value" if text is None else f"{text!r} is none of the classes"
            fail(f"{where}: {said}.")
    return np.array([index[text] for text in texts], "int32")
