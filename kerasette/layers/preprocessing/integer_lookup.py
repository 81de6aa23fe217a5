"""``IntegerLookup``: integers of any size as small numbers."""

from typing import Any

import numpy as np

from kerasette import ops
from kerasette.core.tensor import Traced
from kerasette.declared import declared
from kerasette.layers.preprocessing.vocabulary import VocabularyLayer


@declared
class IntegerLookup(VocabularyLayer):
    """The numbers of integers in a vocabulary, of any shape.

    Args: those of ``StringLookup``, with integers in place of texts, and
        vocabulary_dtype: must be "int64".
        oov_method: how several numbers of unknown integers are chosen: "floormod", or
            "farmhash", a hash of its digits.

    >>> layer = kerasette.layers.IntegerLookup(vocabulary=[12, 1000])
    >>> layer(np.array([1000, 7, 12])).numpy()
    array([2, 0, 1])

    Raises: ValueError for repeated integers, or unknown ones with ``num_oov_indices=0``.
    """

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: int | None = None
    oov_token: int = -1
    vocabulary: Any = None
    vocabulary_dtype: str = "int64"
    idf_weights: Any = None
    invert: bool = False
    output_mode: str = "int"
    sparse: bool = False
    pad_to_max_tokens: bool = False
    oov_method: str = "floormod"
    salt: Any = None
    name: Any = None

    kind = int

    def validate(self) -> None:
        if self.vocabulary_dtype != "int64":
            raise ValueError(
                "`vocabulary_dtype` of IntegerLookup must be 'int64'. "
                f"Received: vocabulary_dtype={self.vocabulary_dtype!r}."
            )
        if self.oov_method not in ("floormod", "farmhash"):
            raise ValueError(
                "`oov_method` of IntegerLookup must be 'floormod' or 'farmhash'. "
                f"Received: oov_method={self.oov_method!r}."
            )
        super().validate()

    def call(self, inputs: Any) -> Any:
        if isinstance(inputs, Traced):
            return self._traced(inputs)
        if self.invert:
            return ops.convert_to_tensor(self.values_of(inputs), "int64")
        return self.encoded(self.numbers_of(inputs))

    def _traced(self, inputs: Any) -> Any:
        """The same by operations, for compiled functions: a search in the sorted vocabulary."""
        hashed = self.num_oov_indices > 1 and self.oov_method == "farmhash"
        if self.invert or hashed or self.num_oov_indices == 0:
            raise ValueError(
                "IntegerLookup with `invert`, `num_oov_indices=0` or oov_method='farmhash' works "
                "outside of compiled functions alone: use it on the data, or run eagerly."
            )
        self._check_learnt()
        x = ops.cast(inputs, "int64")
        keys = np.sort(np.array(self._tokens, "int64"))
        places = np.array([self._places[int(key)] for key in keys], "int64")
        nearest = ops.minimum(ops.searchsorted(keys, ops.reshape(x, (-1,))), len(keys) - 1)
        nearest = ops.reshape(nearest, x.shape)
        unknown = ops.full_like(x, self._oov_start)
        if self.num_oov_indices > 1:
            unknown = unknown + ops.mod(x, self.num_oov_indices)
        found = ops.equal(ops.take(ops.convert_to_tensor(keys), nearest), x)
        numbers = ops.where(found, ops.take(ops.convert_to_tensor(places), nearest), unknown)
        if self.mask_token is not None:
            instead = ops.full_like(x, 0 if self.output_mode == "int" else -1)
            numbers = ops.where(ops.equal(x, self.mask_token), instead, numbers)
        return self.encoded(numbers)
