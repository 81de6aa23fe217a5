"""Texts as rows of word numbers, by a vocabulary of the training texts."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import nearest

from ..config.schema_data import Text
from .blame import Blame
from .columns import as_texts
from .folders import read_class_folders
from .frame import Fail, read_frame
from .incoming import Incoming, frame_targets, frames
from .parts import Part, Prepared, Target
from .splitting import Splitter
from .words import words_of

PADDING, UNKNOWN = 0, 1
_TABLES = (".csv", ".tsv", ".parquet", ".gz")
_MISSING = [""]


class TextProcessing:
    """Numbers of words, from 2 by how frequent they are; 0 fills up, 1 is any other word."""

    kind = "text"

    def __init__(self, words: list[str], length: int, lower: bool, column: str):
        self.words, self.length, self.lower, self.column = words, length, lower, column
        self.index = {word: number for number, word in enumerate(words, 2)}

    @classmethod
    def fit(cls, texts: list[str], source: Text) -> "TextProcessing":
        counts = Counter(word for text in texts for word in words_of(text, source.lower))
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(ordered[: source.vocabulary], source.length, source.lower, source.text)

    def transform(self, texts: list[str]) -> np.ndarray:
        """Word numbers ``(n, length)``, int32; longer texts are cut at their end."""
        rows = np.full((len(texts), self.length), PADDING, "int32")
        for row, text in enumerate(texts):
            words = words_of(text, self.lower)[: self.length]
            rows[row, : len(words)] = [self.index.get(word, UNKNOWN) for word in words]
        return rows

    def to_json(self) -> dict[str, Any]:
        return {
            "words": self.words,
            "length": self.length,
            "lower": self.lower,
            "column": self.column,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "TextProcessing":
        return cls(saved["words"], saved["length"], saved["lower"], saved["column"])


def prepare_text(source: Text, seed: int, blame: Blame) -> Prepared:
    """Read and split texts; the vocabulary is that of the training texts."""
    (texts, classes), test, names = _read(source, blame)
    splitter = Splitter(source.split, seed, blame)
    rows = np.arange(len(texts))
    rows_test = rows[:0]
    if test is None and source.split.test != 0:
        rows, rows_test = splitter.test(len(texts), classes)
    chosen, held_back = splitter.validation(len(rows), classes[rows])
    parts = [rows[chosen], rows[held_back], rows_test]
    if source.limit is not None:
        parts = [part[: source.limit] for part in parts]
    processing = TextProcessing.fit([texts[row] for row in parts[0]], source)

    def part(chosen_texts: list[str], y: np.ndarray) -> Part | None:
        return Part(processing.transform(chosen_texts), y) if chosen_texts else None

    train, validation, tested = (part([texts[r] for r in rows], classes[rows]) for rows in parts)
    if test is not None:
        tested = part(test[0][: source.limit], test[1][: source.limit])
    assert train is not None
    target = Target(source.target, names)
    notes = [f"the vocabulary has {len(processing.words):,} words"]
    return Prepared(train, validation, tested, processing, target, notes)


_Texts = tuple[list[str], np.ndarray]


def _read(source: Text, blame: Blame) -> tuple[_Texts, _Texts | None, list[str]]:
    path = Path(source.path)
    if path.is_dir():
        train, test, names = read_class_folders(path, (".txt",), blame)
        read = [
            (_contents(files, blame), classes) for files, classes in filter(None, (train, test))
        ]
        return read[0], (read[1] if test else None), names
    if path.suffix.lower() not in _TABLES:
        blame.fail("path", f"{path} is neither a folder nor a table (.csv, .tsv, .parquet).")
    frame = read_frame(path, None, _MISSING, lambda message: blame.fail("path", message))
    for field in ("text", "target"):
        name = getattr(source, field)
        if name not in frame.columns:
            hint = nearest(name, frame.columns) or f" It has: {', '.join(frame.columns)}."
            default = field not in source.model_fields_set
            said = f" Name the column: data.{field}." if default else ""
            blame.add(field, f"{path.name} has no column {name!r}.{hint}{said}")
    blame.check()
    labels = as_texts(frame.columns[source.target])
    known = np.array([label is not None for label in labels])
    texts = [text or "" for text in as_texts(frame.columns[source.text])[known]]
    found, classes = np.unique(labels[known].astype(str), return_inverse=True)
    if len(found) < 2:
        blame.fail("target", f"the column {source.target!r} has fewer than two classes.")
    return (texts, classes.astype("int32")), None, found.tolist()


def _contents(files: list[Path], blame: Blame) -> list[str]:
    texts = []
    for file in files:
        try:
            texts.append(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            blame.fail("path", f"{file} is not text in UTF-8.")
    return texts


def incoming_texts(
    processing: TextProcessing, target: Target, source: str, fail: Fail, chunk: int
) -> Iterator[Incoming]:
    """New texts: the column of a table, a ``.txt`` file, a folder of these, or a text a line."""
    path = Path(source)
    if path.is_dir() or path.suffix.lower() == ".txt":
        files = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
        if not path.exists() or not files:
            fail("there is no such text.")
        for first in range(0, len(files), chunk):
            part = files[first : first + chunk]
            texts = [file.read_text(encoding="utf-8", errors="replace") for file in part]
            yield Incoming(processing.transform(texts), [str(file) for file in part])
        return
    if source == "-":
        yield from _lines(processing, chunk)
        return
    for frame in frames(source, None, _MISSING, fail, chunk):
        if processing.column not in frame.columns:
            hint = nearest(processing.column, frame.columns)
            fail(f"there is no column {processing.column!r}, with which was trained.{hint}")
        texts = [text or "" for text in as_texts(frame.columns[processing.column])]
        known = frame_targets(frame, target, fail)
        yield Incoming(processing.transform(texts), frame.numbers.tolist(), *known)


def _lines(processing: TextProcessing, chunk: int) -> Iterator[Incoming]:
    import itertools
    import sys

    count = 0
    while lines := list(itertools.islice(sys.stdin, chunk)):
        texts = [line.rstrip("\n") for line in lines]
        yield Incoming(processing.transform(texts), list(range(count + 1, count + 1 + len(texts))))
        count += len(texts)
