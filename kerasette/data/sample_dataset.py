"""``SampleDataset``: samples by number, put into batches; files and windows come as this."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.data.py_dataset import PyDataset


class SampleDataset(PyDataset):
    """Batches of samples that a function makes by their number.

    Args:
        make: makes sample number ``i``: an array, or a tuple or dict of arrays.
        count: how many samples there are.
        batch_size: samples in a batch; ``None`` gives them one by one.
        shuffle: whether they come in a new order each epoch.
        seed: of the order.
        workers: how many batches are made at a time.

    What is made of files also has ``class_names`` and ``file_paths``.
    """

    class_names: list[str] | None = None
    file_paths: list[str] | None = None
    fill_up = False  # whether shorter samples of a batch are filled up with zeros

    def __init__(
        self,
        make: Callable[[int], Any],
        count: int,
        batch_size: int | None = 32,
        shuffle: bool = False,
        seed: int | None = None,
        workers: int = 1,
    ):
        super().__init__(workers=workers)
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise ValueError(
                f"`batch_size` must be a positive integer or None. Received: {batch_size!r}."
            )
        self.make = make
        self.count = count
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = int(np.random.randint(2**31)) if shuffle and seed is None else seed
        self.epoch = 0
        self._order: tuple[int, np.ndarray] | None = None

    def __len__(self) -> int:
        return self.count if self.batch_size is None else -(-self.count // self.batch_size)

    def _rows(self) -> np.ndarray:
        """The samples' numbers in the order of this epoch."""
        if self._order is None or self._order[0] != self.epoch:
            rows = np.arange(self.count)
            if self.shuffle:
                rows = np.random.default_rng([self.seed or 0, self.epoch]).permutation(self.count)
            self._order = (self.epoch, rows)
        return self._order[1]

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"There are {len(self)} batches. Received: index={index}.")
        index %= len(self)
        rows = self._rows()
        if self.batch_size is None:
            return self.make(int(rows[index]))
        chosen = rows[index * self.batch_size : (index + 1) * self.batch_size]
        samples = [self.make(int(row)) for row in chosen]
        return stacked(filled_up(samples) if self.fill_up else samples)

    def on_epoch_end(self) -> None:
        self.epoch += 1

    def __iter__(self) -> Iterator[Any]:
        self.on_epoch_begin()
        yield from self.fetch(range(len(self)))
        self.on_epoch_end()

    def batch(self, batch_size: int) -> "SampleDataset":
        """The same samples in batches of another size."""
        other = SampleDataset(
            self.make, self.count, batch_size, self.shuffle, self.seed, self.workers
        )
        other.fill_up = self.fill_up
        other.class_names, other.file_paths = self.class_names, self.file_paths
        return other

    def state(self) -> dict[str, Any]:
        """What the order depends on, for resuming."""
        return {"seed": self.seed, "epoch": self.epoch}

    def load_state(self, saved: dict[str, Any]) -> None:
        """Put back what ``state`` gave."""
        self.seed, self.epoch = saved["seed"], saved["epoch"]


def filled_up(samples: list[Any]) -> list[Any]:
    """Samples whose leaves have the longest first axis, zeros at the end of shorter ones."""

    def filled(*leaves: Any) -> list[np.ndarray]:
        arrays = [np.asarray(leaf) for leaf in leaves]
        if not arrays[0].ndim:
            return arrays
        longest = max(len(array) for array in arrays)
        return [np.pad(a, [(0, longest - len(a)), *[(0, 0)] * (a.ndim - 1)]) for a in arrays]

    columns = [filled(*leaves) for leaves in zip(*map(tree.flatten, samples), strict=True)]
    rows = zip(*columns, strict=True)
    return [tree.pack_sequence_as(s, list(row)) for s, row in zip(samples, rows, strict=True)]


def stacked(samples: list[Any]) -> Any:
    """Samples put together along a new first axis, leaf by leaf.

    Raises: ValueError where their shapes differ.
    """
    try:
        return tree.map_structure(lambda *leaves: np.stack(leaves), *samples)
    except ValueError:
        shapes = sorted({np.shape(leaf) for sample in samples for leaf in tree.flatten(sample)})
        raise ValueError(
            f"Samples of a batch must have the same shapes. Received: {shapes}."
        ) from None
