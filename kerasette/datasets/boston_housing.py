"""Boston housing: house prices by district, small and old."""

import os

from kerasette.datasets.npz import load_npz_pair
from kerasette.datasets.sources import Pair, find_file
from kerasette.datasets.splits import shuffled_split

FILE_HASH = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(
    path: str | os.PathLike = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Pair, Pair]:
    """506 districts around Boston in the 1970s: thirteen features and the median house price.

    One of the features assumes that racial segregation makes prices; the data are good for showing
    what is wrong with that. Elsewhere take ``california_housing``, ``version="small"``.

    Source: D. Harrison, D. L. Rubinfeld, J. Environ. Economics & Management 5, 81, 1978; StatLib.

    Args:
        path: a bare name, under which the data are kept in the cache folder and downloaded if they
            are not there; or an ``.npz`` file on this machine, with a folder in its path.
        test_split: share of the samples to test with, at least 0 and below 1.
        seed: of the shuffling before the split.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: features float64 ``(samples, 13)``; prices in
        thousand dollars, float64 ``(samples,)``, 5 to 50.

    Raises:
        ConnectionError: when the data could not be downloaded.
        ValueError: for another ``test_split``, and when the data are damaged.

    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train.shape, y_test.shape  # doctest: +SKIP
    ((404, 13), (102,))
    """
    x, y = load_npz_pair(find_file(path, "boston_housing.npz", FILE_HASH))
    return shuffled_split(x, y, test_split, seed)
