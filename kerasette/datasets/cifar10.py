"""CIFAR-10: small colour photographs of ten kinds of things."""

import numpy as np

from kerasette.datasets.cifar import arrange, find_folder, load_batch
from kerasette.datasets.sources import Pair

FILE_HASH = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data() -> tuple[Pair, Pair]:
    """60,000 colour images of ten kinds of things, 32 by 32 pixels.

    The labels: 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship,
    9 truck. A few in a thousand are known to be wrong.

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 ``(50000, 32, 32, 3)`` and
        ``(10000, 32, 32, 3)``, 0 to 255, or ``(..., 3, 32, 32)`` when ``image_data_format()`` is
        "channels_first"; labels uint8 ``(50000, 1)`` and ``(10000, 1)``, 0 to 9.

    Raises:
        ConnectionError: when the data could not be downloaded.
        ValueError: when they are damaged.

    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train.shape, y_test.shape  # doctest: +SKIP
    ((50000, 32, 32, 3), (10000, 1))
    """
    folder = find_folder(
        "cifar-10-batches-py-target", "cifar-10-python.tar.gz", FILE_HASH, "cifar-10-batches-py"
    )
    batches = [load_batch(folder / f"data_batch_{number}", "labels") for number in range(1, 6)]
    images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    x_test, y_test = load_batch(folder / "test_batch", "labels")
    return arrange((images, labels.astype(np.uint8)), (x_test, y_test.astype(np.uint8)))
