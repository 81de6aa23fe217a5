"""``StringLookup``: texts as numbers."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.layers.preprocessing.vocabulary import VocabularyLayer


@declared
class StringLookup(VocabularyLayer):
    """The numbers of texts in a vocabulary, of any shape.

    Works by Python on the host: use it on data, or in models that run eagerly.

    Args:
        max_tokens: how many numbers there are at most.
        num_oov_indices: how many numbers unknown texts share; 0 makes them an error.
        mask_token: a text that gets the number 0, or counts for nothing in other modes.
        oov_token: what stands for unknown texts; the inverse gives it.
        vocabulary: the texts, or the path of a file with one on each line; or call ``adapt``.
        idf_weights: their inverse document frequencies, for mode "tf_idf".
        invert: whether the layer gives the texts of numbers.
        output_mode: "int", or "one_hot", "multi_hot", "count", "tf_idf": as ``CategoryEncoding``.
        pad_to_max_tokens: whether vectors are of size ``max_tokens`` whatever the vocabulary.
        sparse: must be False.
        encoding: accepted as Keras does; texts are UTF-8.
        salt: a number or two that choose the hash of unknown texts.

    >>> layer = kerasette.layers.StringLookup(vocabulary=["a", "b"])
    >>> layer(["b", "c", "a"]).numpy()
    array([2, 0, 1])

    Raises: ValueError for repeated texts, or unknown ones with ``num_oov_indices=0``.
    """

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: str | None = None
    oov_token: str = "[UNK]"
    vocabulary: Any = None
    idf_weights: Any = None
    invert: bool = False
    output_mode: str = "int"
    pad_to_max_tokens: bool = False
    sparse: bool = False
    encoding: str = "utf-8"
    name: Any = None
    salt: Any = None

    kind = str

    def call(self, inputs: Any) -> Any:
        if self.invert:
            return ops.convert_to_tensor(self.values_of(inputs))
        return self.encoded(self.numbers_of(inputs))
