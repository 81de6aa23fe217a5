"""``TextVectorization``: texts cut into words, and the words' numbers."""

import re
import string
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kerasette import ops
from kerasette.declared import declared
from kerasette.layers.preprocessing.batches import batches_of
from kerasette.layers.preprocessing.encoding import encoded_shape
from kerasette.layers.preprocessing.host_layer import HostLayer, host_array
from kerasette.layers.preprocessing.string_lookup import StringLookup
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object

# ASCII alone, as in Keras: a vocabulary in a file must meet the words that it was learnt from.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"[^ \t\n\v\f\r]+")


@declared
class TextVectorization(HostLayer):
    """Texts ``(batch,)`` or ``(batch, 1)`` as the numbers of their words, ``(batch, words)``.

    Works by Python on the host: use it on data, or in models that run eagerly. 0 fills up shorter
    texts, 1 stands for unknown words.

    Args:
        max_tokens: how many numbers there are at most.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", ``None``, or a
            function from an array of texts to one.
        split: "whitespace", "character", ``None`` (the inputs are words), or a function from an
            array of texts to lists of words.
        ngrams: with n, sequences of up to n words are words too; a tuple names the lengths.
        output_mode: "int", or "multi_hot", "count", "tf_idf": vectors ``(batch, vocabulary)``.
        output_sequence_length: in mode "int", to how many words texts are filled up or cut.
        pad_to_max_tokens: whether vectors are of size ``max_tokens`` whatever the vocabulary.
        vocabulary: the words, or the path of a file with one on each line; or call ``adapt``.
        idf_weights: their inverse document frequencies, for mode "tf_idf".
        sparse, ragged: must be False.
        encoding: accepted as Keras does; texts are UTF-8.

    >>> layer = kerasette.layers.TextVectorization()
    >>> layer.adapt(["The dog, the cat.", "The dog"])
    >>> layer(["the cat and the dog"]).numpy().tolist()
    [[2, 4, 1, 2, 3]]

    Raises: ValueError for settings that do not fit together.
    """

    max_tokens: int | None = None
    standardize: Any = "lower_and_strip_punctuation"
    split: Any = "whitespace"
    ngrams: Any = None
    output_mode: str = "int"
    output_sequence_length: int | None = None
    pad_to_max_tokens: bool = False
    vocabulary: Any = None
    idf_weights: Any = None
    sparse: bool = False
    ragged: bool = False
    encoding: str = "utf-8"
    name: Any = None

    def validate(self) -> None:
        words = {
            "standardize": ("lower_and_strip_punctuation", "lower", "strip_punctuation"),
            "split": ("whitespace", "character"),
        }
        for name, known in words.items():
            value = getattr(self, name)
            if not (value is None or callable(value) or value in known):
                raise ValueError(
                    f"`{name}` of TextVectorization must be a function, None or one of {known}. "
                    f"Received: {name}={value!r}."
                )
        if isinstance(self.ngrams, list):
            self.ngrams = tuple(self.ngrams)
        lengths = self.ngrams if isinstance(self.ngrams, tuple) else (self.ngrams or 1,)
        if not all(isinstance(n, int) and n > 0 for n in lengths):
            raise ValueError(
                "`ngrams` of TextVectorization must be a positive integer or a tuple of them. "
                f"Received: ngrams={self.ngrams!r}."
            )
        if self.ragged:
            raise ValueError("TextVectorization has no ragged outputs: leave `ragged` False.")
        self._lookup_layer = StringLookup(
            max_tokens=self.max_tokens,
            vocabulary=self.vocabulary,
            idf_weights=self.idf_weights,
            pad_to_max_tokens=self.pad_to_max_tokens,
            mask_token="",
            output_mode=self.output_mode,
            sparse=self.sparse,
        )
        self.output_mode = self._lookup_layer.output_mode
        if self.output_mode != "int" and self.output_sequence_length is not None:
            raise ValueError(
                "`output_sequence_length` of TextVectorization goes with output_mode='int' alone. "
                f"Received: output_mode={self.output_mode!r}."
            )
        self.vocabulary = self._lookup_layer.vocabulary
        self.idf_weights = self._lookup_layer.idf_weights

    # Vocabulary

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learn the vocabulary: what is most frequent comes first, ties in falling order.

        Args:
            data: an array or a list of texts, or an iterable of batches of them.
            batch_size: accepted as Keras does; it changes no result.
            steps: how many batches are taken at most.

        Raises: ValueError for a layer that was given its vocabulary.
        """
        self.reset_state()
        if isinstance(data, (list, tuple)):
            data = host_array(data)
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the words of a batch of texts."""
        self._lookup_layer.count_rows(self._documents(host_array(data)))

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget what ``update_state`` was given."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The words in the order of their numbers."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary; see ``StringLookup``."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def vocabulary_size(self) -> int:
        """How many numbers there are, those of padding and of unknown words among them."""
        return self._lookup_layer.vocabulary_size()

    # Words

    def _documents(self, texts: np.ndarray) -> list[list[str]]:
        """The words of each text."""
        if callable(self.standardize):
            texts = host_array(self.standardize(texts))
        elif self.standardize is not None:
            plain = [self._standardized(text) for text in texts.ravel().tolist()]
            texts = np.array(plain, dtype=str).reshape(texts.shape)
        if self.split is None:
            rows: Iterable[Any] = np.atleast_1d(texts)
            if texts.ndim < 2:
                rows = [[word] for word in np.ravel(texts).tolist()]
        else:
            if texts.ndim > 2 or (texts.ndim == 2 and texts.shape[1] != 1):
                raise ValueError(
                    "TextVectorization is called on texts of shape (batch,) or (batch, 1). "
                    f"Received: shape {texts.shape}; with split=None, words may have any."
                )
            rows = self._split_texts(texts.ravel())
        return [self._with_ngrams([str(word) for word in row]) for row in rows]

    def _standardized(self, text: str) -> str:
        if self.standardize.startswith("lower"):
            text = text.translate(_LOWER)
        return text.translate(_NO_PUNCTUATION) if "strip" in self.standardize else text

    def _split_texts(self, texts: np.ndarray) -> Iterable[Any]:
        if callable(self.split):
            return self.split(texts)
        cut: Any = _WORD.findall if self.split == "whitespace" else list
        return [cut(text) for text in texts.tolist()]

    def _with_ngrams(self, words: list[str]) -> list[str]:
        if self.ngrams is None:
            return words
        lengths = self.ngrams if isinstance(self.ngrams, tuple) else range(1, self.ngrams + 1)
        return [
            " ".join(words[start : start + n])
            for n in lengths
            for start in range(len(words) - n + 1)
        ]

    def call(self, inputs: Any) -> Any:
        texts = host_array(inputs)
        rows = [self._lookup_layer.numbers_of(row or [""]) for row in self._documents(texts)]
        as_numbers = self.output_mode == "int"
        length = self.output_sequence_length
        if length is None:
            length = max((len(row) for row in rows), default=0)
        numbers = np.full((len(rows), length), 0 if as_numbers else -1, "int64")
        for place, row in enumerate(rows):
            numbers[place, : len(row)] = row[:length]
        if self.split is None and texts.ndim < 2 and not self.ngrams and as_numbers:
            numbers = numbers if self.output_sequence_length is not None else numbers[:, 0]
        found = self._lookup_layer.encoded(numbers)
        return ops.squeeze(found, 0) if texts.ndim == 0 else found

    # Shapes, files

    @property
    def output_dtype(self) -> str:
        return self._lookup_layer.output_dtype

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_mode == "int":
            return (input_shape[0], self.output_sequence_length)
        return encoded_shape((input_shape[0], None), self.output_mode, self._lookup_layer._depth)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("standardize", "split"):
            config[name] = serialize_keras_object(getattr(self, name))
        return config | {"vocabulary_size": self.vocabulary_size()}

    @classmethod
    def from_config(cls, config: dict[str, Any], *args: Any, **kwargs: Any) -> "TextVectorization":
        config = {key: value for key, value in config.items() if key != "vocabulary_size"}
        for name in ("standardize", "split"):
            if isinstance(config.get(name), dict):
                config[name] = deserialize_keras_object(config[name])
        if isinstance(config.get("vocabulary"), str):
            raise ValueError(
                "A config of TextVectorization names a file outside of it: "
                f"{config['vocabulary']!r}. Read it yourself and call `set_vocabulary`."
            )
        return super().from_config(config, *args, **kwargs)

    def save_own_variables(self, store: Any) -> None:
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        self._lookup_layer.load_own_variables(store)

    def save_assets(self, dir_path: Any) -> None:
        """Write a learnt vocabulary into a folder."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: Any) -> None:
        """Read what ``save_assets`` wrote."""
        self._lookup_layer.load_assets(dir_path)

    def read_assets(self, read: Callable[[str], bytes]) -> None:
        """Take what ``save_assets`` wrote; ``read`` gives a file's content by its name."""
        self._lookup_layer.read_assets(read)
