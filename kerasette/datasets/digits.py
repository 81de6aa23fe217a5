"""Digits: handwritten digits of 8 by 8 pixels, small enough to come with the package."""

from importlib.resources import files

from kerasette.datasets.npz import load_npz
from kerasette.datasets.sources import Pair
from kerasette.datasets.splits import stratified_split


def load_data(test_size: float = 0.2, seed: int = 113) -> tuple[Pair, Pair]:
    """1,797 grey images of the ten digits, 8 by 8 pixels. Needs no network.

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits (the test set), UCI
    Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49; licence CC BY 4.0.

    Args:
        test_size: share of the images to test with, a float at least 0 and below 1, or their
            number, an int. Every digit gives the same share.
        seed: of the shuffling; the same seed gives the same split everywhere.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 ``(n, 8, 8)``, 0 (paper) to 16
        (ink); labels uint8 ``(n,)``, 0 to 9.

    Raises:
        ValueError: for a ``test_size`` that leaves nothing to train with.

    >>> (x_train, y_train), (x_test, y_test) = load_data(test_size=300)
    >>> x_train.shape, y_train.shape, x_test.shape, y_test.shape
    ((1497, 8, 8), (1497,), (300, 8, 8), (300,))
    """
    with files("kerasette.datasets").joinpath("data/digits.npz").open("rb") as file:
        images, labels = load_npz(file, ("images", "labels"))
    return stratified_split(images, labels, test_size, seed)
