"""Encoders of a table's columns: fitted to the training rows, each gives columns of numbers."""

import math
from collections import Counter
from datetime import datetime
from typing import Any, ClassVar

import numpy as np

from ..config.schema_data import Column
from .scaling import Scaler
from .words import words_of

_DATES = ("iso", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y %H:%M",
          "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M")  # fmt: skip


class CannotEncode(ValueError):
    """A value that is not of its column's kind. ``row`` counts from 0 in what was given."""

    def __init__(self, row: int, message: str):
        super().__init__(message)
        self.row = row


def as_numbers(column: np.ndarray) -> np.ndarray:
    """A column as float64, missing values as NaN. Raises ``CannotEncode``."""
    if column.dtype != object:
        return column
    try:
        filled = [math.nan if text is None else text for text in column]
        numbers = np.array(filled, "float64") if filled else np.zeros(0)
    except ValueError:
        for row, text in enumerate(column):
            try:
                float("nan" if text is None else text)
            except ValueError:
                raise CannotEncode(row, f"{text!r} is no number") from None
        raise
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise CannotEncode(int(infinite[0]), f"{column[infinite[0]]!r} is no finite number")
    return numbers


def as_texts(column: np.ndarray) -> np.ndarray:
    """A column as texts, missing values as ``None``; whole numbers without a decimal point."""
    if column.dtype == object:
        return column
    texts = np.empty(len(column), object)
    texts[:] = [None if math.isnan(v) else repr(int(v) if v == int(v) else v) for v in column]
    return texts


class NumberEncoder:
    """A number, scaled; a missing one is the mean, and a second column says that it was missing."""

    kind: ClassVar[str] = "number"

    def __init__(self, mean: float, scaler: Scaler | None, marks_missing: bool):
        self.mean, self.scaler, self.marks_missing = mean, scaler, marks_missing

    @classmethod
    def fit(cls, column: np.ndarray, options: Column) -> "NumberEncoder":
        numbers = as_numbers(column)
        there = numbers[~np.isnan(numbers)]
        mean = float(there.mean()) if len(there) else 0.0
        return cls(mean, Scaler.fit(options.scale, there), len(there) < len(numbers))

    def names(self, column: str) -> list[str]:
        return [column, f"{column} is missing"] if self.marks_missing else [column]

    def encode(self, column: np.ndarray) -> np.ndarray:
        numbers = as_numbers(column)
        is_missing = np.isnan(numbers)
        filled = np.where(is_missing, self.mean, numbers)
        scaled = self.scaler.apply(filled) if self.scaler else filled.astype("float32")
        return np.stack([scaled, is_missing], 1) if self.marks_missing else scaled[:, None]

    def to_json(self) -> dict[str, Any]:
        scaler = self.scaler.to_json() if self.scaler else None
        return {"mean": self.mean, "scaler": scaler, "marks_missing": self.marks_missing}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "NumberEncoder":
        scaler = Scaler.from_json(saved["scaler"]) if saved["scaler"] else None
        return cls(saved["mean"], scaler, saved["marks_missing"])


class CategoryEncoder:
    """A column for each of the most frequent values, with a one in that of the value at hand.

    Further columns stand for a missing value and for rarer values, where training had some. A value
    that training never saw is a row of zeros.
    """

    kind: ClassVar[str] = "category"
    usual_most = 50

    def __init__(self, values: list[str], has_missing: bool, has_others: bool):
        self.values, self.has_missing, self.has_others = values, has_missing, has_others
        self.index = {value: index for index, value in enumerate(values)}

    @classmethod
    def fit(cls, column: np.ndarray, options: Column) -> "CategoryEncoder":
        texts = as_texts(column)
        counts = Counter(text for text in texts if text is not None)
        most = options.most or cls.usual_most
        ordered = sorted(counts, key=lambda value: (-counts[value], value))
        return cls(sorted(ordered[:most]), any(t is None for t in texts), len(ordered) > most)

    def names(self, column: str) -> list[str]:
        names = [f"{column} = {value}" for value in self.values]
        names += [f"{column} is missing"] if self.has_missing else []
        return names + ([f"{column} is rarer"] if self.has_others else [])

    def encode(self, column: np.ndarray) -> np.ndarray:
        texts = as_texts(column)
        count = len(self.values)
        encoded = np.zeros((len(texts), count + self.has_missing + self.has_others), "float32")
        for row, text in enumerate(texts):
            if text is None:
                if self.has_missing:
                    encoded[row, count] = 1
            elif text in self.index:
                encoded[row, self.index[text]] = 1
            elif self.has_others:
                encoded[row, -1] = 1
        return encoded

    def to_json(self) -> dict[str, Any]:
        return {
            "values": self.values,
            "has_missing": self.has_missing,
            "has_others": self.has_others,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "CategoryEncoder":
        return cls(saved["values"], saved["has_missing"], saved["has_others"])


class DateEncoder:
    """A date: days (scaled), the place in the year, the week and, if told, the day on a circle."""

    kind: ClassVar[str] = "date"

    def __init__(self, form: str, scaler: Scaler, has_time: bool, mean: float):
        self.form, self.scaler, self.has_time, self.mean = form, scaler, has_time, mean

    @classmethod
    def fit(cls, column: np.ndarray, options: Column) -> "DateEncoder":
        texts = as_texts(column)
        form = options.format or find_date_format(texts)
        if form is None:
            row, text = next((r, t) for r, t in enumerate(texts) if t and not _is_date(t, "iso"))
            raise CannotEncode(row, f"{text!r} is no date such as 2024-12-31; give its format")
        days = _days(texts, form)
        there = days[~np.isnan(days)]
        scaler = Scaler.fit("standardize", there)
        assert scaler is not None
        mean = float(there.mean()) if len(there) else 0.0
        return cls(form, scaler, bool((there % 1 != 0).any()), mean)

    def names(self, column: str) -> list[str]:
        parts = ["year", "week"] + (["day"] if self.has_time else [])
        circles = [f"{column}: {f} of the {part}" for part in parts for f in ("sine", "cosine")]
        return [column, *circles, f"{column} is missing"]

    def encode(self, column: np.ndarray) -> np.ndarray:
        days = _days(as_texts(column), self.form)
        is_missing = np.isnan(days)
        days = np.where(is_missing, self.mean, days)
        parts = [self.scaler.apply(days)]
        for period in (365.2425, 7.0, 1.0)[: 2 + self.has_time]:
            angle = 2 * np.pi * days / period
            parts += [np.sin(angle), np.cos(angle)]
        return np.stack([*parts, is_missing], 1).astype("float32")

    def to_json(self) -> dict[str, Any]:
        return {
            "form": self.form,
            "scaler": self.scaler.to_json(),
            "has_time": self.has_time,
            "mean": self.mean,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "DateEncoder":
        scaler = Scaler.from_json(saved["scaler"])
        return cls(saved["form"], scaler, saved["has_time"], saved["mean"])


class TextEncoder:
    """A column for each of the most frequent words; a word counts by how rare it is (tf-idf)."""

    kind: ClassVar[str] = "text"
    usual_most = 100

    def __init__(self, words: list[str], weights: list[float]):
        self.words, self.weights = words, np.array(weights, "float32")
        self.index = {word: index for index, word in enumerate(words)}

    @classmethod
    def fit(cls, column: np.ndarray, options: Column) -> "TextEncoder":
        texts = as_texts(column)
        counts = Counter(word for text in texts for word in set(words_of(text)))
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        words = ordered[: options.most or cls.usual_most]
        weights = [math.log((1 + len(texts)) / (1 + counts[word])) + 1 for word in words]
        return cls(words, weights)

    def names(self, column: str) -> list[str]:
        return [f"{column} has {word!r}" for word in self.words]

    def encode(self, column: np.ndarray) -> np.ndarray:
        encoded = np.zeros((len(column), len(self.words)), "float32")
        for row, text in enumerate(as_texts(column)):
            for word in words_of(text):
                if word in self.index:
                    encoded[row, self.index[word]] += 1
        encoded *= self.weights
        return encoded / np.maximum(np.linalg.norm(encoded, axis=1, keepdims=True), 1e-9)

    def to_json(self) -> dict[str, Any]:
        return {"words": self.words, "weights": self.weights.tolist()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "TextEncoder":
        return cls(saved["words"], saved["weights"])


Encoder = NumberEncoder | CategoryEncoder | DateEncoder | TextEncoder
ENCODERS: dict[str, Any] = {
    encoder.kind: encoder for encoder in (NumberEncoder, CategoryEncoder, DateEncoder, TextEncoder)
}


def find_kind(column: np.ndarray) -> tuple[str, str]:
    """What a column looks like: number, category, date, text or ignore; and why, for the last."""
    texts = as_texts(column)
    there = [text for text in texts if text is not None]
    if not there:
        return "ignore", "it has no values"
    try:
        as_numbers(column)
    except CannotEncode:
        pass
    else:
        return "number", ""
    if find_date_format(texts) is not None:
        return "date", ""
    distinct = len(set(there))
    if sum(len(words_of(text)) for text in there) / len(there) >= 3 and distinct > 20:
        return "text", ""
    if distinct > max(50, 0.5 * len(there)) or distinct > max(20, 0.9 * len(there)):
        return "ignore", "nearly every row has another value"
    return "category", ""


def find_date_format(texts: np.ndarray) -> str | None:
    """The first known way of writing dates that fits all of the texts."""
    there = [text for text in texts if text is not None]
    for form in _DATES if there else ():
        if all(_is_date(text, form) for text in there):
            return form
    return None


def _is_date(text: str, form: str) -> bool:
    try:
        _parse_date(text, form)
    except ValueError:
        return False
    return True


def _parse_date(text: str, form: str) -> datetime:
    return datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)


def _days(texts: np.ndarray, form: str) -> np.ndarray:
    """Days since 2000, the time of day as a fraction; missing ones as NaN."""
    days = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if text is not None:
            try:
                moment = _parse_date(text, form).replace(tzinfo=None)
            except ValueError:
                wanted = "such as 2024-12-31" if form == "iso" else f"as {form}"
                raise CannotEncode(row, f"{text!r} is no date {wanted}") from None
            days[row] = (moment - datetime(2000, 1, 1)).total_seconds() / 86_400
    return days
