"""Ways to part samples into training and test data, the same for the same seed everywhere."""

import numpy as np

from kerasette.datasets.sources import Pair


def shuffled_split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> tuple[Pair, Pair]:
    """Shuffle as Keras does; the last ``test_split`` of the samples, in ``[0, 1)``, are the test.

    >>> (x_train, _), (x_test, _) = shuffled_split(np.arange(5), np.arange(5), 0.2, seed=0)
    >>> x_train.tolist(), x_test.tolist()
    ([2, 0, 1, 3], [4])
    """
    if not 0 <= test_split < 1:
        raise ValueError(
            f"`test_split` must be at least 0 and below 1. Received: test_split={test_split}"
        )
    order = shuffled(len(x), np.random.RandomState(seed))
    train, test = np.split(order, [int(len(x) * (1 - test_split))])
    return (x[train], y[train]), (x[test], y[test])


def stratified_split(
    x: np.ndarray, y: np.ndarray, test_size: float, seed: int
) -> tuple[Pair, Pair]:
    """Shuffle, and hold back the same share of every class of the labels ``y``.

    ``test_size`` is the share of the test data, a float in ``[0, 1)``, or their number, an int.
    Where a share is no whole number, the classes with the largest remainders give one more.
    """
    count = len(y)
    whole = isinstance(test_size, int | np.integer) and not isinstance(test_size, bool)
    inside = 0 <= test_size < (count if whole else 1)
    tests = round(test_size if whole else test_size * count) if inside else count
    if tests == count:
        raise ValueError(
            "`test_size` must be a share, a float at least 0 and below 1, or a number of samples,"
            f" an int, and leave one of the {count} to train with. Received: test_size={test_size}"
        )
    classes, sizes = np.unique(y, return_counts=True)
    shares, remainders = np.divmod(sizes * tests, count)
    shares[np.argsort(-remainders, kind="stable")[: tests - shares.sum()]] += 1

    order = shuffled(count, np.random.RandomState(seed))
    is_test = np.zeros(count, bool)
    for label, share in zip(classes, shares, strict=True):
        is_test[order[y[order] == label][:share]] = True
    train, test = order[~is_test[order]], order[is_test[order]]
    return (x[train], y[train]), (x[test], y[test])


def shuffled(count: int, random: np.random.RandomState) -> np.ndarray:
    """The indices below ``count``, in the order that Keras gives its data sets.

    Of all of numpy's generators RandomState is the one whose numbers are promised never to change.
    """
    order = np.arange(count)
    random.shuffle(order)
    return order
