"""Arrays as they are: reshaped, scaled, and targets as class numbers or rows of zeros and a one."""

import math
from typing import Any

import numpy as np

from ..config.schema_data import ArraySource
from .blame import Blame
from .parts import Part, Prepared, Target
from .scaling import Scaler
from .splitting import Splitter

Pair = tuple[np.ndarray, np.ndarray]


class ArrayProcessing:
    """Reshapes and scales arrays."""

    kind = "arrays"

    def __init__(self, shape: tuple[int, ...], scaler: Scaler | None, keep_integers: bool):
        self.shape, self.scaler, self.keep_integers = shape, scaler, keep_integers

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Samples as the model takes them.

        Raises ``ValueError`` for samples of another size than those trained with.
        """
        if math.prod(x.shape[1:]) != math.prod(self.shape):
            raise ValueError(f"a sample has the shape {x.shape[1:]}; the model takes {self.shape}")
        x = x.reshape(len(x), *self.shape)
        if self.scaler is not None:
            return self.scaler.apply(x)
        return x.astype("int32" if self.keep_integers else "float32")

    def to_json(self) -> dict[str, Any]:
        scaler = self.scaler.to_json() if self.scaler else None
        return {"shape": list(self.shape), "scaler": scaler, "keep_integers": self.keep_integers}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "ArrayProcessing":
        scaler = Scaler.from_json(saved["scaler"]) if saved["scaler"] else None
        return cls(tuple(saved["shape"]), scaler, saved["keep_integers"])


def prepare_arrays(
    train: Pair,
    test: Pair | None,
    source: ArraySource,
    seed: int,
    blame: Blame,
    names: list[str] | None = None,
) -> Prepared:
    """Split, reshape and scale. The scale is that of the training samples alone.

    ``names`` are those of the classes, where the data set has names for them.
    """
    for x, y in filter(None, (train, test)):
        _check(x, y, blame)
    labels = _labels(train[1], test[1] if test else None)
    if source.one_hot and labels is None:
        blame.fail("one_hot", f"is for class numbers; the targets are {_dtype_shape(train[1])}.")
    shape = _shape(train[0].shape[1:], source.reshape, blame)
    splitter = Splitter(source.split, seed, blame)
    if test is None and source.split.test != 0:
        rows, held_back = splitter.test(len(train[1]), train[1] if labels else None)
        train, test = _rows(train, rows), _rows(train, held_back)
    rows, held_back = splitter.validation(len(train[1]), train[1] if labels else None)
    train, validation = _rows(train, rows), _rows(train, held_back)
    if source.limit is not None:
        train, validation = _first(train, source.limit), _first(validation, source.limit)
        test = _first(test, source.limit) if test else None
    scaler = Scaler.fit(source.scale, train[0].reshape(len(train[0]), *shape))
    wide = train[0].dtype.kind in "iu" and train[0].dtype.itemsize > 1
    processing = ArrayProcessing(shape, scaler, keep_integers=wide)

    def part(pair: Pair | None) -> Part | None:
        if pair is None or not len(pair[1]):
            return None
        y = _targets(pair[1], labels, source.one_hot)
        return Part(processing.transform(pair[0]), y)

    parts = [part(pair) for pair in (train, validation, test)]
    assert parts[0] is not None
    if names is not None and labels is not None:
        labels = names
    target = Target(labels=labels, one_hot=source.one_hot)
    return Prepared(parts[0], parts[1], parts[2], processing, target)


def _check(x: np.ndarray, y: np.ndarray, blame: Blame) -> None:
    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind not in "biuf" or not array.ndim:
            blame.fail((), f"{name} must be an array of numbers; it is {_dtype_shape(array)}.")
    if len(x) != len(y):
        blame.fail((), f"x has {len(x)} samples and y has {len(y)}.")
    if not len(x):
        blame.fail((), "there is not one sample.")
    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            row = int(np.argwhere(~np.isfinite(array))[0][0])
            blame.fail((), f"{name} has a value that is no finite number, first in sample {row}.")


def _dtype_shape(array: np.ndarray) -> str:
    return f"{array.dtype} of the shape {array.shape}"


def _labels(y: np.ndarray, y_test: np.ndarray | None) -> list[str] | None:
    """Names of the classes where targets are class numbers, from 0 and without large gaps."""
    if y.dtype.kind not in "iub" or y.ndim > 2 or (y.ndim == 2 and y.shape[1] != 1):
        return None
    highest = max(int(part.max()) for part in (y, y_test) if part is not None)
    lowest = min(int(part.min()) for part in (y, y_test) if part is not None)
    if lowest < 0 or highest > max(1000, 2 * len(np.unique(y))):
        return None
    return [str(label) for label in range(highest + 1)]


def _targets(y: np.ndarray, labels: list[str] | None, one_hot: bool) -> np.ndarray:
    if labels is None:
        return y.astype("float32") if y.dtype.kind == "f" else y
    numbers = y.reshape(len(y)).astype("int32")
    return np.eye(len(labels), dtype="float32")[numbers] if one_hot else numbers


def _shape(given: tuple[int, ...], reshape: list[int] | None, blame: Blame) -> tuple[int, ...]:
    if reshape is None:
        return given or (1,)
    try:
        return np.empty((1, *given), "bool").reshape(1, *reshape).shape[1:]
    except ValueError:
        blame.fail(
            "reshape",
            f"a sample of the shape {list(given)} has {math.prod(given)} values and does not fill "
            f"{reshape}.",
        )


def _rows(pair: Pair, rows: np.ndarray) -> Pair:
    return pair[0][rows], pair[1][rows]


def _first(pair: Pair, count: int) -> Pair:
    return pair[0][:count], pair[1][:count]
