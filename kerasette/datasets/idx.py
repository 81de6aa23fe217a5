"""The IDX file format of MNIST and its kin: ``http://yann.lecun.com/exdb/mnist``.

Two zero bytes, a byte for the dtype, a byte for the number of axes, each axis's length as a
big-endian 32-bit integer, then the values, big-endian, last axis fastest.
"""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np

from kerasette.datasets.sources import Pair, check_pair

_DTYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_GZIP_MAGIC = b"\x1f\x8b"
_MOST_PER_BYTE = 1032  # no byte of a deflate stream stands for more
_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte",
          "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")  # fmt: skip


def read_idx(path: str | os.PathLike) -> np.ndarray:
    """The array in an IDX file, plain or compressed by gzip, in the machine's byte order.

    Raises ``ValueError`` for a file of another format, cut short, too long or damaged.
    """
    path = Path(path)
    with open(path, "rb") as plain:
        packed = plain.read(2) == _GZIP_MAGIC
        plain.seek(0)
        most = path.stat().st_size * (_MOST_PER_BYTE if packed else 1)
        try:
            with gzip.open(plain) if packed else plain as file:
                magic = file.read(4)
                if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES:
                    raise ValueError(f"it begins with {magic!r} in place of an IDX header")
                dtype, axes = np.dtype(_DTYPES[magic[2]]), magic[3]
                header = file.read(4 * axes)
                if len(header) < 4 * axes:
                    raise ValueError("its header is cut short")
                shape = [int(length) for length in np.frombuffer(header, ">u4")]
                size = math.prod(shape) * dtype.itemsize
                # Asking for no more than there can be keeps a lie in the header from taking memory.
                content = bytearray(file.read(min(size, most)))
                if len(content) < size or file.read(1):
                    many = "fewer" if len(content) < size else "more"
                    raise ValueError(f"it has {many} values than its shape {shape} asks for")
        except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path} is no IDX file, or is damaged: {error}.") from error
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def load_idx_folder(folder: Path) -> tuple[Pair, Pair]:
    """Training and test images and labels from the four files that MNIST is published as.

    The files may be plain or end in ``.gz``; their names may have a dot before "idx".
    """
    x_train, y_train, x_test, y_test = (read_idx(_find(folder, name)) for name in _FILES)
    return check_pair(x_train, y_train, folder), check_pair(x_test, y_test, folder)


def _find(folder: Path, name: str) -> Path:
    dotted = name.replace("-idx", ".idx")
    for candidate in (name, f"{name}.gz", dotted, f"{dotted}.gz"):
        if (folder / candidate).is_file():
            return folder / candidate
    raise FileNotFoundError(f"The folder {folder} has no file {name} or {name}.gz.")
