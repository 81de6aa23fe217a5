"""``split_dataset``: a dataset made two."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.core.tensor import TensorBase
from kerasette.data.sample_dataset import SampleDataset


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[SampleDataset, SampleDataset]:
    """A dataset split into a left and a right part.

    Args:
        dataset: an array, a tuple, list or dict of arrays of one length, or an iterable of
            samples, such as a PyDataset (whose batches then are the samples).
        left_size: the share (a float), or the number (an integer), of samples in the left part;
            by default those that are not in the right one.
        right_size: the same of the right part.
        shuffle: whether samples are shuffled before they are split.
        seed: of that order.
        preferred_backend: taken as in Keras, without a meaning here.

    Returns: two datasets that give samples one by one; ``.batch(n)`` puts them into batches.

    >>> left, right = kerasette.utils.split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), len(right)
    (8, 2)

    Raises: ValueError for sizes that do not fit; TypeError for another dataset.
    """
    make, count = _samples(dataset)
    left, right = _sizes(left_size, right_size, count)
    order = np.arange(count)
    if shuffle:
        order = np.random.default_rng(seed).permutation(count)

    def part(rows: np.ndarray) -> SampleDataset:
        return SampleDataset(lambda number: make(int(rows[number])), len(rows), None)

    return part(order[:left]), part(order[count - right :])


def _samples(dataset: Any) -> tuple[Any, int]:
    leaves = tree.flatten(dataset)
    if all(isinstance(leaf, (np.ndarray, TensorBase)) for leaf in leaves) and leaves:
        arrays = tree.map_structure(np.asarray, dataset)
        lengths = {len(array) for array in tree.flatten(arrays)}
        if len(lengths) > 1:
            raise ValueError(f"The arrays must have one length. Received: {sorted(lengths)}.")
        return lambda row: tree.map_structure(lambda a: a[row], arrays), lengths.pop()
    if isinstance(dataset, Iterable) and not isinstance(dataset, (str, dict)):
        samples = list(dataset)
        return samples.__getitem__, len(samples)
    raise TypeError(
        "`dataset` must be arrays of one length, or an iterable of samples. "
        f"Received: {type(dataset).__name__}."
    )


def _sizes(left: Any, right: Any, count: int) -> tuple[int, int]:
    if left is None and right is None:
        raise ValueError("Give at least one of `left_size` and `right_size`.")

    def number(name: str, size: Any) -> int | None:
        if size is None:
            return None
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        fits = 0 < size < count if whole else isinstance(size, float) and 0 < size < 1
        if not fits:
            raise ValueError(
                f"`{name}` must be a share between 0 and 1, or a number of samples less than "
                f"{count}. Received: {name}={size!r}."
            )
        return int(size) if whole else round(size * count)

    first, second = number("left_size", left), number("right_size", right)
    first = count - (second or 0) if first is None else first
    second = count - first if second is None else second
    if first + second > count:
        raise ValueError(
            f"`left_size` and `right_size` come to {first + second} samples; there are {count}."
        )
    if min(first, second) < 1:
        raise ValueError(f"{count} samples do not give two parts of {first} and {second}.")
    return first, second
