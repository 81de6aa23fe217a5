"""Iris: three species of a flower by four measures, the classic of classification."""

from importlib.resources import files

import numpy as np

from kerasette.datasets.sources import Pair
from kerasette.datasets.splits import stratified_split


def load_data(test_size: float = 0.2, seed: int = 113) -> tuple[Pair, Pair]:
    """150 flowers of three species of Iris, with four lengths each. Needs no network.

    Source: R. A. Fisher, The Use of Multiple Measurements in Taxonomic Problems, Annals of Eugenics
    7, 179, 1936, https://doi.org/10.24432/C56C76; licence CC BY 4.0. The values are those of the
    article: two flowers of the copy in the UCI repository differ.

    Args:
        test_size: share of the flowers to test with, a float at least 0 and below 1, or their
            number, an int. Every species gives the same share.
        seed: of the shuffling; the same seed gives the same split everywhere.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: lengths and widths in centimetres, float32
        ``(n, 4)``, in the order of ``get_feature_names()``; species uint8 ``(n,)``, 0 to 2, in the
        order of ``get_label_names()``.

    Raises:
        ValueError: for a ``test_size`` that leaves nothing to train with.

    >>> (x_train, y_train), (x_test, y_test) = load_data(test_size=1 / 3)
    >>> x_train.shape, y_train.shape, x_test.shape, y_test.shape
    ((100, 4), (100,), (50, 4), (50,))
    """
    with files("kerasette.datasets").joinpath("data/iris.csv").open(encoding="ascii") as file:
        table = np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.float32)
    return stratified_split(table[:, :4], table[:, 4].astype(np.uint8), test_size, seed)


def get_feature_names() -> tuple[str, ...]:
    """The names of the four measures, in the order of the columns.

    >>> get_feature_names()
    ('sepal length', 'sepal width', 'petal length', 'petal width')
    """
    return ("sepal length", "sepal width", "petal length", "petal width")


def get_label_names() -> tuple[str, ...]:
    """The names of the three species, in the order of the labels.

    >>> get_label_names()
    ('setosa', 'versicolor', 'virginica')
    """
    return ("setosa", "versicolor", "virginica")
