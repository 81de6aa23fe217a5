"""MNIST: handwritten digits, the first data set of most courses."""

import os

from kerasette.datasets.idx import load_idx_folder
from kerasette.datasets.npz import load_npz_splits
from kerasette.datasets.sources import Pair, find_file, is_local, local_path

FILE_HASH = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str | os.PathLike = "mnist.npz") -> tuple[Pair, Pair]:
    """70,000 grey images of the ten digits, 28 by 28 pixels.

    Source: Y. LeCun, C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist; licence CC BY-SA 3.0.

    Args:
        path: a bare name, under which the data are kept in the cache folder and downloaded if they
            are not there; or an ``.npz`` file on this machine, with a folder in its path; or a
            folder with the four IDX files, plain or ``.gz``.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 ``(60000, 28, 28)`` and
        ``(10000, 28, 28)``, 0 to 255; labels uint8 ``(60000,)`` and ``(10000,)``, 0 to 9.

    Raises:
        ConnectionError: when the data could not be downloaded.
        FileNotFoundError: when ``path`` names a place where they are not.
        ValueError: when they are damaged.

    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train.shape, y_test.shape  # doctest: +SKIP
    ((60000, 28, 28), (10000,))
    """
    if is_local(path) and local_path(path).is_dir():
        return load_idx_folder(local_path(path))
    return load_npz_splits(find_file(path, "mnist.npz", FILE_HASH))
