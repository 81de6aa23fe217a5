"""Fashion-MNIST: pictures of clothes in the form of MNIST, and harder."""

import os
from pathlib import Path

from kerasette.datasets.idx import load_idx_folder
from kerasette.datasets.npz import load_npz_splits
from kerasette.datasets.sources import KERAS_FILES, Pair, local_path
from kerasette.utils.file_utils import get_file

CACHE_SUBDIR = "datasets/fashion-mnist"
FILE_HASHES = {
    "train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    ),
}


def load_data(path: str | os.PathLike | None = None) -> tuple[Pair, Pair]:
    """70,000 grey images of ten kinds of clothes, 28 by 28 pixels.

    The labels: 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt,
    7 sneaker, 8 bag, 9 ankle boot.

    Source: H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747; copyright Zalando SE, licence MIT.

    Args:
        path: a folder on this machine with the four IDX files, plain or ``.gz``, or an ``.npz``
            file with x_train, y_train, x_test and y_test; ``None``: the data are downloaded once.

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
    if path is None:
        files = [
            get_file(name, KERAS_FILES + name, file_hash=file_hash, cache_subdir=CACHE_SUBDIR)
            for name, file_hash in FILE_HASHES.items()
        ]
        return load_idx_folder(Path(files[0]).parent)
    place = local_path(path)
    return load_idx_folder(place) if place.is_dir() else load_npz_splits(place)
