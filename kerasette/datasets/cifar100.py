"""CIFAR-100: small colour photographs of a hundred kinds of things in twenty groups."""

from kerasette.datasets.cifar import arrange, find_folder, load_batch
from kerasette.datasets.sources import Pair

FILE_HASH = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> tuple[Pair, Pair]:
    """60,000 colour images of a hundred kinds of things, 32 by 32 pixels.

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.

    Args:
        label_mode: "fine" for the hundred kinds, "coarse" for the twenty groups of them.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 ``(50000, 32, 32, 3)`` and
        ``(10000, 32, 32, 3)``, 0 to 255, or ``(..., 3, 32, 32)`` when ``image_data_format()`` is
        "channels_first"; labels int64 ``(50000, 1)`` and ``(10000, 1)``, 0 to 99 or 0 to 19.

    Raises:
        ConnectionError: when the data could not be downloaded.
        ValueError: for another ``label_mode``, and when the data are damaged.

    >>> (x_train, y_train), (x_test, y_test) = load_data("coarse")  # doctest: +SKIP
    >>> x_train.shape, y_test.shape  # doctest: +SKIP
    ((50000, 32, 32, 3), (10000, 1))
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(
            f"`label_mode` must be 'fine' or 'coarse'. Received: label_mode={label_mode!r}"
        )
    folder = find_folder(
        "cifar-100-python-target", "cifar-100-python.tar.gz", FILE_HASH, "cifar-100-python"
    )
    train, test = (load_batch(folder / name, f"{label_mode}_labels") for name in ("train", "test"))
    return arrange(train, test)
