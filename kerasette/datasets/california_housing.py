"""California housing: house prices by block group, from the census of 1990."""

import os

from kerasette.datasets.npz import load_npz_pair
from kerasette.datasets.sources import Pair, find_file
from kerasette.datasets.splits import shuffled_split

FILE_HASH = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
SMALL = 600


def load_data(
    version: str = "large",
    path: str | os.PathLike = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> tuple[Pair, Pair]:
    """20,640 block groups of California: eight features and the median house price.

    The features, in this order: longitude, latitude, median age of the houses, rooms, bedrooms,
    population, households, median income. Scale them before use; they differ by magnitudes.

    Source: R. K. Pace, R. Barry, Statistics & Probability Letters 33, 291, 1997; StatLib.

    Args:
        version: "large", or "small" for the first 600.
        path: a bare name, under which the data are kept in the cache folder and downloaded if they
            are not there; or an ``.npz`` file on this machine, with a folder in its path.
        test_split: share of the samples to test with, at least 0 and below 1.
        seed: of the shuffling before the split.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: features, floats ``(samples, 8)``; prices in
        dollars, floats ``(samples,)``, about 15,000 to 500,000.

    Raises:
        ConnectionError: when the data could not be downloaded.
        ValueError: for another ``version`` or ``test_split``, and when the data are damaged.

    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train.shape, y_test.shape  # doctest: +SKIP
    ((16512, 8), (4128,))
    """
    if version not in ("small", "large"):
        raise ValueError(f"`version` must be 'small' or 'large'. Received: version={version!r}")
    x, y = load_npz_pair(find_file(path, "california_housing.npz", FILE_HASH))
    count = SMALL if version == "small" else len(x)
    return shuffled_split(x[:count], y[:count], test_split, seed)
