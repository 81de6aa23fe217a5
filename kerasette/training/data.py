"""Every kind of input to ``fit``, ``evaluate`` and ``predict``, made one: ``Batches``."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.arrays import staging
from kerasette.arrays.settings import floatx
from kerasette.core.tensor import Tensor, TensorBase
from kerasette.errors import DataError
from kerasette.training import fingerprint


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """A batch as ``(x, y, sample_weight)``, ``None`` for what it does not have.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "A batch is `x`, `(x, y)` or `(x, y, sample_weight)`. "
            f"Received: a tuple of {len(data)} parts."
        )
    padded = (*data, None, None)
    return padded[0], padded[1], padded[2]


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The opposite of ``unpack_x_y_sample_weight``."""
    if sample_weight is not None:
        return (x, y, sample_weight)
    if y is not None:
        return (x, y)
    return (x,) if isinstance(x, (tuple, list)) else x


class Batches:
    """Batches ``(x, y, sample_weight)``, epoch after epoch.

    ``count`` is the number of batches of an epoch, ``None`` where it is not known before its end.
    """

    count: int | None = None
    once = False  # whether there is but one pass over the data
    seed: int | None = None  # of the order, where there is chance in it

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        """The batches of one epoch, from batch ``start`` on."""
        raise NotImplementedError

    def begin_epoch(self) -> None:
        """Called before each epoch."""

    def end_epoch(self) -> None:
        """Called after each epoch."""

    def fingerprint(self) -> dict[str, Any]:
        """What these data are, by which a resumed run knows them again; plain values."""
        what = type(getattr(self, "dataset", getattr(self, "source", self))).__name__
        return {
            "batches": self.count,
            "content": fingerprint.unknown(f"the batches of a {what}"),
        }

    def state(self) -> dict[str, Any]:
        """What the order of the batches depends on, besides the epoch's number."""
        return {"seed": self.seed}

    def load_state(self, saved: dict[str, Any]) -> None:
        """Put back what ``state`` gave."""
        self.seed = saved["seed"]


class ArrayBatches(Batches):
    """Rows of arrays, a batch at a time, in a new order each epoch where they are shuffled.

    The order of an epoch depends on the seed and the epoch's number alone, so that a resumed run
    sees what the run that was not stopped would have seen.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        shuffle: bool | str = False,
        class_weight: dict[int, float] | None = None,
        seed: int = 0,
    ):
        if batch_size is None:
            batch_size = 32
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ValueError(
                f"`batch_size` must be a positive integer. Received: batch_size={batch_size!r}."
            )
        if shuffle not in (True, False, "batch"):
            raise ValueError(
                f'`shuffle` must be True, False or "batch". Received: shuffle={shuffle!r}.'
            )
        if class_weight is not None and sample_weight is None:
            sample_weight = class_weights(y, class_weight)
        elif class_weight is not None:
            raise ValueError("Give `class_weight` or `sample_weight`, not both.")
        self.data = (_arrays(x, "x"), _arrays(y, "y"), _arrays(sample_weight, "sample_weight"))
        self.rows = _common_length(self.data)
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.seed = seed
        self.count = -(-self.rows // self.batch_size)
        self._stream: tuple[int, Any, Any, Any] | None = None
        self._passes = 0
        self._near: Any = None  # the data where the current device has them at hand

    def fingerprint(self) -> dict[str, Any]:
        parts = zip(("x", "y", "sample_weight"), self.data, strict=True)
        found = {name: fingerprint.of_arrays(part) for name, part in parts if part is not None}
        return {"batch_size": self.batch_size, "shuffle": self.shuffle} | found

    def order(self, epoch: int) -> np.ndarray | None:
        """The rows in the order of an epoch; ``None`` where they stay as they are."""
        if not self.shuffle:
            return None
        generator = self._chance(epoch)
        if self.shuffle == "batch":
            full = self.rows // self.batch_size
            starts = generator.permutation(full) * self.batch_size
            rows = (starts[:, None] + np.arange(self.batch_size)).reshape(-1)
            return np.concatenate([rows, np.arange(full * self.batch_size, self.rows)])
        return generator.permutation(self.rows)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        order = self.order(epoch)
        self._passes += 1
        if self._passes == 2:  # it is worth it
            self._near = self._kept_near()
        for first in range(start * self.batch_size, self.rows, self.batch_size):
            last = min(first + self.batch_size, self.rows)
            yield self.rows_of(slice(first, last) if order is None else order[first:last])

    def _chance(self, epoch: int) -> np.random.Generator:
        """Random numbers that are the epoch's own: a place far along the stream of the seed."""
        seed = self.seed or 0
        if self._stream is None or self._stream[0] != seed:
            bits = np.random.PCG64(seed)
            self._stream = (seed, bits, bits.state, np.random.Generator(bits))
        _, bits, begin, generator = self._stream
        bits.state = begin
        bits.advance(epoch << 64)
        return generator

    def rows_of(self, rows: Any) -> tuple[Any, Any, Any]:
        """The batch of these rows: their numbers, or a slice."""
        if self._near is not None:
            near: tuple[Any, Any, Any] = tree.map_structure(
                lambda a: None if a is None else Tensor(staging.rows(a, rows)), self._near
            )
            return near
        found: tuple[Any, Any, Any] = tree.map_structure(
            lambda a: None if a is None else a[rows], self.data
        )
        return found

    def _kept_near(self) -> Any:
        """The data as arrays of the device, where it has a memory of its own with room for them."""
        arrays = staging.kept([leaf for leaf in tree.flatten(self.data) if leaf is not None])
        if arrays is None:
            return None
        each = iter(arrays)
        return tree.map_structure(lambda leaf: None if leaf is None else next(each), self.data)


class DatasetBatches(Batches):
    """The batches of a ``PyDataset``, fetched by index, by its workers where it has some."""

    def __init__(
        self, dataset: Any, shuffle: bool | str = False, class_weight: Any = None, seed: int = 0
    ):
        self.dataset = dataset
        self.shuffle = bool(shuffle)
        self.class_weight = class_weight
        self.seed = seed
        self.count = dataset.num_batches
        if self.count is not None and self.count < 1:
            raise DataError("The dataset has no batches (num_batches is 0).")

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        if self.count is None:
            order: Iterable[int] = _forever(start)
        elif self.shuffle:
            order = np.random.default_rng([self.seed or 0, epoch]).permutation(self.count)[start:]
        else:
            order = range(start, self.count)
        for batch in self.dataset.fetch(order):
            yield _weighted(batch, self.class_weight)

    def state(self) -> dict[str, Any]:
        own = self.dataset.state() if hasattr(self.dataset, "state") else None
        return super().state() | {"dataset": own}

    def load_state(self, saved: dict[str, Any]) -> None:
        super().load_state(saved)
        if saved.get("dataset") is not None:
            self.dataset.load_state(saved["dataset"])

    def begin_epoch(self) -> None:
        self.dataset.on_epoch_begin()

    def end_epoch(self) -> None:
        self.dataset.on_epoch_end()


class StreamBatches(Batches):
    """Batches from a Python iterable; a generator goes on where the last epoch left it."""

    def __init__(self, source: Any, class_weight: Any = None):
        self.source = source
        self.class_weight = class_weight
        self.once = isinstance(source, Iterator)
        try:
            self.count = None if self.once else len(source)
        except TypeError:
            self.count = None
        self._open: Iterator[Any] | None = None

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        if self._open is None or not self.once:
            self._open = iter(self.source)
        source = self._open
        for _ in range(start):
            next(source)
        for batch in source:
            yield _weighted(batch, self.class_weight)


def _forever(start: int) -> Iterator[int]:
    while True:
        yield start
        start += 1


def make_batches(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    shuffle: bool | str = False,
    class_weight: Any = None,
    seed: int = 0,
) -> Batches:
    """The ``Batches`` of what was given to ``fit``, ``evaluate`` or ``predict``.

    Raises: ValueError or DataError for data that make no batches, in one sentence.
    """
    if isinstance(x, Batches):
        return x
    if hasattr(x, "num_batches") and hasattr(x, "__getitem__"):
        _refuse("a PyDataset", y=y, sample_weight=sample_weight, batch_size=batch_size)
        return DatasetBatches(x, shuffle, class_weight, seed)
    if _is_stream(x):
        _refuse("a generator or iterable", y=y, sample_weight=sample_weight, batch_size=batch_size)
        return StreamBatches(x, class_weight)
    return ArrayBatches(x, y, sample_weight, batch_size, shuffle, class_weight, seed)


def single_batch(x: Any, batch_size: int | None) -> tuple[Any, Any, Any] | None:
    """The batch of data that are one array and one batch; ``None`` for all other data."""
    rows = 32 if batch_size is None else batch_size
    fits = type(x) is np.ndarray and type(rows) is int and x.ndim and 0 < len(x) <= rows
    if fits and x.dtype.kind in "fiub" and x.dtype != np.float64:
        return x, None, None
    return None


def _is_stream(x: Any) -> bool:
    if isinstance(x, (np.ndarray, TensorBase, list, tuple, dict, str)) or hasattr(x, "__array__"):
        return False
    return isinstance(x, Iterable) and not hasattr(x, "iloc")


def _refuse(kind: str, **given: Any) -> None:
    extra = [name for name, value in given.items() if value is not None]
    if extra:
        raise ValueError(
            f"With {kind} as `x`, its batches hold everything: do not give {', '.join(extra)}."
        )


def _arrays(data: Any, name: str) -> Any:
    """A structure of arrays; lists of plain numbers are arrays too."""
    if data is None:
        return None
    if isinstance(data, (list, tuple)) and data and not _holds_arrays(data):
        data = np.asarray(data)
    return tree.map_structure(lambda leaf: None if leaf is None else _array(leaf, name), data)


def _holds_arrays(data: Any) -> bool:
    return any(hasattr(leaf, "shape") for leaf in tree.flatten(data))


def _array(leaf: Any, name: str) -> Any:
    if isinstance(leaf, TensorBase):
        leaf = np.asarray(leaf) if not isinstance(leaf, Tensor) else leaf.__array__(copy=False)
    elif hasattr(leaf, "to_numpy"):  # a pandas series or table
        leaf = leaf.to_numpy()
    array = np.asarray(leaf)
    if array.ndim == 0:
        raise DataError(f"`{name}` must hold samples along its first axis. Received: {leaf!r}.")
    if array.dtype == object:
        raise DataError(
            f"`{name}` holds Python objects, not numbers (rows of different lengths, or missing "
            f"values?). Received: an array of shape {array.shape} and dtype object."
        )
    if array.dtype == np.float64:
        array = array.astype(floatx() if floatx() != "bfloat16" else "float32")
    return array


def _common_length(data: Any) -> int:
    named = zip(("x", "y", "sample_weight"), data, strict=True)
    lengths = {
        name: {leaf.shape[0] for leaf in tree.flatten(part) if leaf is not None}
        for name, part in named
    }
    found = set().union(*lengths.values())
    if len(found) > 1:
        said = ", ".join(f"{k}: {sorted(v)}" for k, v in lengths.items() if v)
        raise DataError(
            f"All arrays must have the same number of samples. Received lengths of {said}."
        )
    if not found or found == {0}:
        raise DataError("The data are empty: there is not one sample in `x`.")
    return int(found.pop())


def _weighted(batch: Any, class_weight: Any) -> tuple[Any, Any, Any]:
    x, y, weight = unpack_x_y_sample_weight(batch)
    if class_weight is not None:
        if weight is not None:
            raise ValueError("Give `class_weight` or sample weights in the batches, not both.")
        weight = class_weights(np.asarray(y), class_weight)
    return x, y, weight


def class_weights(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """The weight of each sample by its class: integer labels ``(n,)``, or one-hot ``(n, k)``.

    A class that the dict does not name has weight 1.

    Raises: ValueError where there are several targets, or the keys are no class numbers.
    """
    if tree.is_nested(y) or y is None:
        raise ValueError("`class_weight` needs one array of targets. Received several, or none.")
    labels = np.asarray(y)
    if labels.ndim > 1 and labels.shape[-1] > 1:
        labels = labels.argmax(axis=-1)
    labels = labels.reshape(len(labels), -1)[:, 0].astype("int64")
    try:
        weights = {int(key): float(value) for key, value in class_weight.items()}
    except (TypeError, ValueError, AttributeError):
        raise ValueError(
            "`class_weight` must be a dict of class numbers to weights. "
            f"Received: class_weight={class_weight!r}."
        ) from None
    found, places = np.unique(labels, return_inverse=True)
    return np.array([weights.get(int(label), 1.0) for label in found], floatx())[places]


def train_validation_split(
    arrays: tuple[Any, ...], validation_split: float
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The first part of the rows for training, the last for validation (before any shuffling).

    Raises: ValueError where either part would be empty.
    """
    arrays = tuple(_arrays(a, n) for a, n in zip(arrays, ("x", "y", "sample_weight"), strict=False))
    rows = _common_length((*arrays, *(None,) * (3 - len(arrays))))
    first = int(np.floor(rows * (1.0 - validation_split)))
    if first in (0, rows):
        raise ValueError(
            f"{rows} samples do not give a training and a validation part with "
            f"validation_split={validation_split}. Give more data, or another share."
        )

    def rows_of(part: slice) -> tuple[Any, ...]:
        return tree.map_structure(lambda a: None if a is None else a[part], arrays)

    return rows_of(slice(0, first)), rows_of(slice(first, rows))
