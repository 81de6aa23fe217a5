"""``Hashing`` and ``HashedCrossing``: values of any kind as the numbers of bins, by a hash."""

from typing import Any

import numpy as np

from kerasette.declared import declared
from kerasette.layers.preprocessing.encoding import MODES, check_mode, encode, encoded_shape
from kerasette.layers.preprocessing.hashes import fingerprint, joined, keyed
from kerasette.layers.preprocessing.host_layer import HostLayer, host_array

_CROSSING_START = 0xDECAFCAFFE  # what Keras's crossings begin with


class _HashLayer(HostLayer):
    num_bins: int
    output_mode: str

    def check_bins(self, modes: tuple[str, ...], sparse: bool) -> None:
        kind = type(self).__name__
        if not isinstance(self.num_bins, int) or self.num_bins < 1:
            raise ValueError(
                f"`num_bins` of {kind} must be a positive integer. "
                f"Received: num_bins={self.num_bins!r}."
            )
        self.output_mode = check_mode(kind, self.output_mode, modes, sparse)
        if self.output_mode == "int" and self.dtype not in ("int32", "int64"):
            self.dtype_policy = "int64"

    def encoded(self, bins: Any) -> Any:
        return encode(bins, self.output_mode, self.num_bins, self.compute_dtype)


@declared
class Hashing(_HashLayer):
    """The bin of each value, of any shape, by the hash of its text.

    Works by Python on the host: use it on data, or in models that run eagerly.

    Args:
        num_bins: how many bins there are.
        mask_value: a value that has bin 0 for itself.
        salt: a number or two that choose another hash, strong against chosen collisions.
        output_mode: "int", or how bins are encoded: as in ``CategoryEncoding``.
        sparse: must be False.

    >>> kerasette.layers.Hashing(3)([["A"], ["B"], ["E"]]).numpy().tolist()
    [[1], [0], [2]]

    Raises: ValueError for ``num_bins`` below 1, or a salt that is no number or two.
    """

    num_bins: int
    mask_value: Any = None
    salt: Any = None
    output_mode: str = "int"
    sparse: bool = False

    def validate(self) -> None:
        self.check_bins(MODES, self.sparse)
        if isinstance(self.salt, int):
            self.salt = [self.salt, self.salt]
        if self.salt is not None:
            if not isinstance(self.salt, (tuple, list)) or len(self.salt) != 2:
                raise ValueError(
                    "`salt` of Hashing must be an integer, or two of them. "
                    f"Received: salt={self.salt!r}."
                )
            self.salt = list(self.salt)

    def call(self, inputs: Any) -> Any:
        values = host_array(inputs)
        distinct, places = np.unique(values, return_inverse=True)
        found = [self._bin(value) for value in distinct.tolist()]
        return self.encoded(np.array(found, "int64")[places].reshape(values.shape))

    def _bin(self, value: Any) -> int:
        apart = self.mask_value is not None and self.num_bins > 1
        if apart and value == self.mask_value:
            return 0
        text = str(int(value) if isinstance(value, float) else value).encode()
        number = fingerprint(text) if self.salt is None else keyed(text, tuple(self.salt))
        return number % (self.num_bins - 1) + 1 if apart else number % self.num_bins

    def compute_output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)


@declared
class HashedCrossing(_HashLayer):
    """The bin of each pair (or more) of values: called on a list of tensors of one shape.

    The shape is ``()``, ``(batch,)`` or ``(batch, 1)``; the values are texts or integers.

    Args:
        num_bins: how many bins there are.
        output_mode: "int" or "one_hot".
        sparse: must be False.

    >>> layer = kerasette.layers.HashedCrossing(5)
    >>> layer([["A", "B"], np.array([101, 101])]).numpy().tolist()
    [1, 4]

    Raises: ValueError for fewer than two inputs, or inputs of other shapes or kinds.
    """

    num_bins: int
    output_mode: str = "int"
    sparse: bool = False
    name: Any = None
    dtype: Any = None

    def validate(self) -> None:
        self.check_bins(("int", "one_hot"), self.sparse)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ValueError(
                "HashedCrossing is called on a list of two or more inputs. "
                f"Received: {type(inputs).__name__}."
            )
        columns = [host_array(x) for x in inputs]
        shape = columns[0].shape
        kinds = {column.dtype.kind for column in columns}
        wide = len(shape) > 2 or (len(shape) == 2 and shape[1] != 1)
        if wide or any(column.shape != shape for column in columns) or not kinds <= set("iuU"):
            raise ValueError(
                "The inputs of HashedCrossing must be texts or integers, all of one shape: (), "
                "(batch,) or (batch, 1). Received: "
                + ", ".join(f"{c.dtype} {c.shape}" for c in columns)
                + "."
            )
        rows = zip(*(column.ravel().tolist() for column in columns), strict=True)
        bins = np.array([self._bin(row) for row in rows], "int64")
        return self.encoded(bins.reshape(shape))

    def _bin(self, values: tuple[Any, ...]) -> int:
        number = _CROSSING_START
        for value in values:
            number = joined(
                number, fingerprint(value.encode()) if isinstance(value, str) else value % 2**64
            )
        return number % self.num_bins

    def compute_output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(input_shape[0], self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["trainable"]  # Keras's files have no more than this
        return config | {"dtype": self.dtype}
