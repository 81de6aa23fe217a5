"""What reading data gives: parts to train, validate and test with, and what the targets are."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .scaling import Scaler


@dataclass
class Part:
    """Samples and targets; ``x`` an array, or a dict of arrays by the inputs' names."""

    x: Any
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)


@dataclass
class Target:
    """What the targets are: classes with names, or numbers, perhaps scaled."""

    name: str = "target"
    labels: list[str] | None = None
    scaler: Scaler | None = None
    one_hot: bool = False

    def to_json(self) -> dict[str, Any]:
        """The description as plain values."""
        return {
            "name": self.name,
            "labels": self.labels,
            "scaler": self.scaler.to_json() if self.scaler else None,
            "one_hot": self.one_hot,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "Target":
        scaler = Scaler.from_json(saved["scaler"]) if saved["scaler"] else None
        return cls(saved["name"], saved["labels"], scaler, saved["one_hot"])


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

    def describe(self) -> str:
        """Sizes and shape in a line."""
        sizes = [f"{len(self.train):,} train"]
        sizes += [f"{len(self.validation):,} validation"] if self.validation else []
        sizes += [f"{len(self.test):,} test"] if self.test else []
        shapes = [
            (f"{name} " if len(self.inputs) > 1 else "") + ("x".join(map(str, shape)) or "1")
            for name, (shape, _) in self.inputs.items()
        ]
        kind = f"{len(self.target.labels)} classes" if self.target.labels else "targets are numbers"
        return f"{', '.join(sizes)} · shape {', '.join(shapes)} · {kind}"
