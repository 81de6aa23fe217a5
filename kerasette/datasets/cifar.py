"""What CIFAR-10 and CIFAR-100 share: batches of small colour images in archives of pickles."""

from pathlib import Path

import numpy as np

from kerasette.arrays.settings import image_data_format
from kerasette.datasets.pickles import load_pickle
from kerasette.datasets.sources import Pair, check_pair
from kerasette.utils.file_utils import get_file

ORIGIN = "https://www.cs.toronto.edu/~kriz/"


def find_folder(name: str, file_name: str, file_hash: str, inner: str) -> Path:
    """The folder with the batches of an archive, downloaded and unpacked once."""
    folder = Path(get_file(name, ORIGIN + file_name, extract=True, file_hash=file_hash), inner)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"There is no folder {folder}. Delete {folder.parent}, so that it is unpacked anew."
        )
    return folder


def load_batch(path: Path, label_key: str) -> Pair:
    """Images uint8 ``(n, 3, 32, 32)`` and labels int64 ``(n,)`` from one batch file."""
    with open(path, "rb") as file:
        batch = load_pickle(file, encoding="bytes")
    try:
        images, labels = batch[b"data"], np.array(batch[label_key.encode()], dtype=np.int64)
        return check_pair(images.astype(np.uint8, copy=False).reshape(-1, 3, 32, 32), labels, path)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no batch of images with {label_key}: {error}.") from error


def arrange(train: Pair, test: Pair) -> tuple[Pair, Pair]:
    """Channels where ``image_data_format()`` has them, and labels as columns ``(n, 1)``."""
    return _arrange(*train), _arrange(*test)


def _arrange(images: np.ndarray, labels: np.ndarray) -> Pair:
    if image_data_format() == "channels_last":
        images = images.transpose(0, 2, 3, 1)
    return images, labels[:, np.newaxis]
