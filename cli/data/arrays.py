"""Arrays as they are: reshaped, scaled, and targets as class numbers or rows of zeros and a one."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasette.errors import nearest

from ..config.fields import of_name
from ..config.schema_data import ArraySource
from .blame import Blame
from .parts import Part, Prepared, Target, rows_of
from .scaling import Scaler
from .splitting import Splitter

Named = dict[str, np.ndarray]
"""Arrays by input or output; the only one has the name ``ONLY``."""

ONLY = ""
Pair = tuple[Any, Any]
"""Samples and targets, each an array or a dict of arrays by name."""


class ArrayProcessing:
    """Reshapes and scales an array. ``name`` is the array's in the file, where it is in one."""

    kind = "arrays"

    def __init__(
        self, shape: tuple[int, ...], scaler: Scaler | None, keep_integers: bool, name: str = "x"
    ):
        self.shape, self.scaler, self.keep_integers = shape, scaler, keep_integers
        self.name = name

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
        return {
            "shape": list(self.shape),
            "scaler": self.scaler.to_json() if self.scaler else None,
            "keep_integers": self.keep_integers,
            "name": self.name,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "ArrayProcessing":
        scaler = Scaler.from_json(saved["scaler"]) if saved["scaler"] else None
        return cls(tuple(saved["shape"]), scaler, saved["keep_integers"], saved["name"])


class InputsProcessing:
    """Several inputs, each an array with a processing of its own."""

    kind = "inputs"

    def __init__(self, parts: dict[str, ArrayProcessing]):
        self.parts = parts

    def transform(self, x: Mapping[str, np.ndarray]) -> Named:
        """Samples as the model takes them. Raises ``ValueError`` for what does not fit."""
        found = {}
        for name, part in self.parts.items():
            try:
                found[name] = part.transform(x[name])
            except ValueError as error:
                raise ValueError(f"input {name!r}: {error}") from None
        return found

    def to_json(self) -> dict[str, Any]:
        return {"parts": {name: part.to_json() for name, part in self.parts.items()}}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "InputsProcessing":
        return cls({n: ArrayProcessing.from_json(part) for n, part in saved["parts"].items()})


def named(arrays: Any) -> Named:
    """A dict of arrays as it is; a single array under the name ``ONLY``."""
    return arrays if isinstance(arrays, dict) else {ONLY: arrays}


def prepare_arrays(
    train: Pair,
    test: Pair | None,
    source: ArraySource,
    seed: int,
    blame: Blame,
    class_names: list[str] | None = None,
    stored: Mapping[str, str] | None = None,
) -> Prepared:
    """Split, reshape and scale. The scale is that of the training samples alone.

    ``class_names`` are those of the classes, where the data set has names for them; ``stored`` the
    names in the file of the arrays: ``x`` or ``x.left``, ``y`` or ``y.price``.
    """
    for pair in filter(None, (train, test)):
        _check(pair, blame)
    xs, ys = named(train[0]), named(train[1])
    _check_fields(source, xs, blame)
    blame.check()
    tests = named(test[1]) if test else {}
    labels = {name: _labels(y, tests.get(name)) for name, y in ys.items()}
    if source.one_hot and not any(labels.values()):
        told = _dtype_shape(next(iter(ys.values())))
        blame.add("one_hot", f"is for class numbers; the targets are {told}.")
    shapes = {n: _shape(x.shape[1:], of_name(source.reshape, n), n, blame) for n, x in xs.items()}
    blame.check()
    train, validation, test = _split(train, test, labels, source, seed, blame)
    stored = stored or {}
    processings = {}
    for name, x in named(train[0]).items():
        scaler = Scaler.fit(of_name(source.scale, name), x.reshape(len(x), *shapes[name]))
        wide = x.dtype.kind in "iu" and x.dtype.itemsize > 1
        told = stored.get(_key("x", name), name or "x")
        processings[name] = ArrayProcessing(shapes[name], scaler, wide, told)
    if class_names is not None and labels.get(ONLY) is not None:
        labels[ONLY] = class_names
    targets = {
        name: Target(
            stored.get(_key("y", name), name or "y"),
            found,
            one_hot=source.one_hot and found is not None,
        )
        for name, found in labels.items()
    }
    alone = processings.get(ONLY)
    processing = alone or InputsProcessing(processings)

    def part(pair: Pair | None) -> Part | None:
        if pair is None or not len(next(iter(named(pair[1]).values()))):
            return None
        y = {n: _targets(array, targets[n]) for n, array in named(pair[1]).items()}
        return Part(processing.transform(pair[0]), y.get(ONLY, y))

    parts = [part(pair) for pair in (train, validation, test)]
    assert parts[0] is not None
    target = targets[ONLY] if ONLY in targets else Target(parts=targets)
    return Prepared(parts[0], parts[1], parts[2], processing, target)


def _key(field: str, name: str) -> str:
    return f"{field}.{name}" if name else field


def _split(
    train: Pair,
    test: Pair | None,
    labels: Mapping[str, list[str] | None],
    source: ArraySource,
    seed: int,
    blame: Blame,
) -> tuple[Pair, Pair, Pair | None]:
    """Training, validation and test samples; of a single target's classes each gives its share."""
    splitter = Splitter(source.split, seed, blame)

    def strata(pair: Pair) -> np.ndarray | None:
        return pair[1].reshape(-1) if labels.get(ONLY) else None

    def rows(pair: Pair, chosen: Any) -> Pair:
        return rows_of(pair[0], chosen), rows_of(pair[1], chosen)

    if test is None and source.split.test != 0:
        kept, held_back = splitter.test(_length(train), strata(train))
        train, test = rows(train, kept), rows(train, held_back)
    kept, held_back = splitter.validation(_length(train), strata(train))
    train, validation = rows(train, kept), rows(train, held_back)
    if source.limit is not None:
        most = slice(0, source.limit)
        train, validation = rows(train, most), rows(validation, most)
        test = rows(test, most) if test else None
    return train, validation, test


def _length(pair: Pair) -> int:
    return len(next(iter(named(pair[1]).values())))


def _check(pair: Pair, blame: Blame) -> None:
    lengths = {}
    for field, arrays in zip(("x", "y"), pair, strict=True):
        for name, array in named(arrays).items():
            told = _key(field, name)
            if array.dtype.kind not in "biuf" or not array.ndim:
                blame.add((), f"{told} must be an array of numbers; it is {_dtype_shape(array)}.")
                continue
            lengths[told] = len(array)
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                blame.add(
                    (), f"{told} has a value that is no finite number, first in sample {row}."
                )
    if len(set(lengths.values())) > 1:
        (first, count), *others = lengths.items()
        said = " and ".join(f"{name} has {number}" for name, number in others)
        blame.add((), f"{first} has {count} samples and {said}.")
    elif set(lengths.values()) == {0}:
        blame.add((), "there is not one sample.")


def _check_fields(source: ArraySource, xs: Named, blame: Blame) -> None:
    """The names in mappings must be those of inputs."""
    for field in ("scale", "reshape"):
        given = getattr(source, field)
        for name in given if isinstance(given, dict) else ():
            if name not in xs:
                hint = nearest(name, xs) or f" Inputs: {', '.join(xs) or 'one, without a name'}."
                blame.add((field, name), f"there is no input {name!r}.{hint}")


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


def _targets(y: np.ndarray, target: Target) -> np.ndarray:
    if target.labels is None:
        return y.astype("float32") if y.dtype.kind == "f" else y
    numbers = y.reshape(len(y)).astype("int32")
    return np.eye(len(target.labels), dtype="float32")[numbers] if target.one_hot else numbers


def _shape(
    given: tuple[int, ...], reshape: list[int] | None, name: str, blame: Blame
) -> tuple[int, ...]:
    if reshape is None:
        return given or (1,)
    try:
        return np.empty((1, *given), "bool").reshape(1, *reshape).shape[1:]
    except ValueError:
        blame.add(
            ("reshape", name) if name else "reshape",
            f"a sample of the shape {list(given)} has {math.prod(given)} values and does not fill "
            f"{reshape}.",
        )
        return given
