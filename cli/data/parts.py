"""What reading data gives: parts to train, validate and test with, and what the targets are."""

from dataclasses import dataclass, field
from typing import Any

from .blame import DataProblems
from .scaling import Scaler

_TOLD = 10  # files that cannot be read; the others are counted only


@dataclass
class Part:
    """Samples and targets: arrays, or dicts of arrays by the names of inputs and outputs.

    In place of an array of samples there may be something that reads them when rows of it are asked
    for: ``len``, ``shape``, ``dtype`` and ``[rows]`` are all that is used of it.
    """

    x: Any
    y: Any

    def __len__(self) -> int:
        return len(next(iter(self.y.values())) if isinstance(self.y, dict) else self.y)

    def take(self, rows: Any) -> "Part":
        """Some of the rows, read into arrays."""
        return Part(rows_of(self.x, rows), rows_of(self.y, rows))


def rows_of(arrays: Any, rows: Any) -> Any:
    """Rows of an array, or of each array of a dict."""
    if isinstance(arrays, dict):
        return {name: array[rows] for name, array in arrays.items()}
    return arrays[rows]


@dataclass
class Target:
    """What the targets are: classes with names, or numbers, perhaps scaled.

    Where a model has several outputs with targets of their own, these are ``parts``, by output.
    """

    name: str = "target"
    labels: list[str] | None = None
    scaler: Scaler | None = None
    one_hot: bool = False
    parts: dict[str, "Target"] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names that the targets have in a file."""
        return [part.name for part in self.parts.values()] or [self.name]

    def describe(self) -> str:
        """In a few words."""
        if self.parts:
            return ", ".join(f"{name}: {part.describe()}" for name, part in self.parts.items())
        return f"{len(self.labels)} classes" if self.labels else "targets are numbers"

    def to_json(self) -> dict[str, Any]:
        """The description as plain values."""
        return {
            "name": self.name,
            "labels": self.labels,
            "scaler": self.scaler.to_json() if self.scaler else None,
            "one_hot": self.one_hot,
            "parts": {name: part.to_json() for name, part in self.parts.items()},
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "Target":
        scaler = Scaler.from_json(saved["scaler"]) if saved["scaler"] else None
        parts = {name: cls.from_json(part) for name, part in saved["parts"].items()}
        return cls(saved["name"], saved["labels"], scaler, saved["one_hot"], parts)


@dataclass
class Prepared:
    """Data ready to train with."""

    train: Part
    validation: Part | None
    test: Part | None
    processing: Any
    target: Target
    notes: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """The inputs by name: the shape of one sample, and the dtype."""
        x = self.train.x
        parts = x if isinstance(x, dict) else {"input": x}
        return {name: (array.shape[1:], str(array.dtype)) for name, array in parts.items()}

    def verify(self) -> None:
        """Read what is otherwise read when it is needed. Raises ``DataProblem``."""
        parts = [part.x for part in (self.train, self.validation, self.test) if part is not None]
        found = [p for x in parts if hasattr(x, "unreadable") for p in x.unreadable()]
        if len(found) > _TOLD:
            last = found[_TOLD]
            last.message = f"{len(found) - _TOLD} more cannot be read."
        if found:
            raise DataProblems(found[: _TOLD + 1])

    def describe(self) -> str:
        """Sizes and shape in a line."""
        sizes = [f"{len(self.train):,} train"]
        sizes += [f"{len(self.validation):,} validation"] if self.validation else []
        sizes += [f"{len(self.test):,} test"] if self.test else []
        shapes = [
            (f"{name} " if len(self.inputs) > 1 else "") + ("x".join(map(str, shape)) or "1")
            for name, (shape, _) in self.inputs.items()
        ]
        return f"{', '.join(sizes)} · shape {', '.join(shapes)} · {self.target.describe()}"
