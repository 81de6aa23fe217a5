"""Small files in the formats of the real data sets."""

import gzip
import io
import pickle
import struct
import tarfile

import numpy as np

IDX_CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx_bytes(array):
    """An array in the IDX format."""
    header = struct.pack(">BBBB", 0, 0, IDX_CODES[array.dtype.name], array.ndim)
    lengths = struct.pack(f">{array.ndim}I", *array.shape)
    return header + lengths + array.astype(array.dtype.newbyteorder(">")).tobytes()


def images(count, shape=(28, 28), seed=0):
    random = np.random.RandomState(seed)
    return random.randint(0, 256, (count, *shape)).astype("uint8")


def labels(count, classes=10, seed=0):
    return np.random.RandomState(seed).randint(0, classes, count).astype("uint8")


def mnist_arrays():
    return {
        "x_train": images(6),
        "y_train": labels(6),
        "x_test": images(3, seed=1),
        "y_test": labels(3, seed=1),
    }


def mnist_files(dot=False):
    """The four IDX files of ``mnist_arrays()`` by name, without the ending .gz."""
    mark = "." if dot else "-"
    arrays = mnist_arrays()
    return {
        f"train-images{mark}idx3-ubyte": idx_bytes(arrays["x_train"]),
        f"train-labels{mark}idx1-ubyte": idx_bytes(arrays["y_train"]),
        f"t10k-images{mark}idx3-ubyte": idx_bytes(arrays["x_test"]),
        f"t10k-labels{mark}idx1-ubyte": idx_bytes(arrays["y_test"]),
    }


def zipped(files):
    return {f"{name}.gz": gzip.compress(content) for name, content in files.items()}


def npz_bytes(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def ragged(*sequences):
    """A one-dimensional array of lists."""
    array = np.empty(len(sequences), dtype=object)
    for index, sequence in enumerate(sequences):
        array[index] = sequence
    return array


class _Python2Pickler(pickle._Pickler):
    """Writes bytes and text as Python 2 wrote its ``str``."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, value):
        value = value.encode("ascii") if isinstance(value, str) else value
        self.write(pickle.BINSTRING + struct.pack("<i", len(value)) + value)

    dispatch[bytes] = dispatch[str] = save_str


def python2_pickle(value):
    """A pickle of protocol 2 as Python 2 wrote it, which is what the CIFAR archives hold."""
    buffer = io.BytesIO()
    _Python2Pickler(buffer, 2).dump(value)
    return buffer.getvalue()


def cifar_batch(count, keys, classes, seed=0):
    content = {b"data": images(count, (3072,), seed), b"batch_label": b"a batch"}
    for key in keys:
        content[key] = labels(count, classes, seed).tolist()
    return python2_pickle(content)


def tar_bytes(files, mode="w:gz"):
    """A tar archive of files ``{name: content}``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
