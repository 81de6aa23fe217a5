"""``VocabularyLayer``: what the layers share that turn known values into numbers and back."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.arrays import settings
from kerasette.core.budget import charge
from kerasette.layers.preprocessing.batches import batches_of
from kerasette.layers.preprocessing.encoding import check_mode, encode, encoded_shape
from kerasette.layers.preprocessing.hashes import fingerprint, keyed
from kerasette.layers.preprocessing.host_layer import HostLayer, host_array
from kerasette.saving.atomic import written_whole

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class VocabularyLayer(HostLayer):
    """The first numbers are the mask's (mode "int" only) and those of unknown values."""

    kind: Any = str  # of the values
    max_tokens: int | None
    num_oov_indices: int
    mask_token: Any
    oov_token: Any
    vocabulary: Any
    idf_weights: Any
    invert: bool
    output_mode: str
    sparse: bool
    pad_to_max_tokens: bool
    salt: Any
    oov_method = "floormod"

    def validate(self) -> None:
        layer = type(self).__name__
        self.output_mode = check_mode(layer, self.output_mode, MODES, self.sparse)
        if self.max_tokens is not None and self.max_tokens <= 1:
            raise ValueError(
                f"`max_tokens` of {layer} must be above 1. Received: max_tokens={self.max_tokens}."
            )
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError(f"`pad_to_max_tokens` of {layer} needs `max_tokens`.")
        if self.num_oov_indices < 0:
            raise ValueError(
                f"`num_oov_indices` of {layer} must not be negative. "
                f"Received: num_oov_indices={self.num_oov_indices}."
            )
        if self.invert and (self.output_mode != "int" or self.num_oov_indices > 1):
            raise ValueError(
                f"{layer} with `invert` needs output_mode='int' and at most one number of unknown "
                f"values. Received: output_mode={self.output_mode!r}, "
                f"num_oov_indices={self.num_oov_indices}."
            )
        charge((self.num_oov_indices,), 8, f"`num_oov_indices` of {layer}")
        if isinstance(self.salt, int):
            self.salt = (self.salt, self.salt)
        self._tokens: list[Any] = []
        self._places: dict[Any, int] = {}
        self._idf: np.ndarray | None = None
        self.reset_state()
        given, weights = self.vocabulary, self.idf_weights
        self.vocabulary = self.idf_weights = None
        if given is not None:
            self.set_vocabulary(given, weights)
            self.vocabulary = _listed(self._read(given))
            self.idf_weights = None if weights is None else _listed(weights)
        elif weights is not None:
            raise ValueError(f"`idf_weights` of {layer} need a `vocabulary`.")

    # Places

    @property
    def _oov_start(self) -> int:
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _token_start(self) -> int:
        return self._oov_start + self.num_oov_indices

    def vocabulary_size(self) -> int:
        """How many numbers there are, those of the mask and of unknown values among them."""
        return self._token_start + len(self._tokens)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The values in the order of their numbers."""
        special = [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices
        return [*special, *self._tokens] if include_special_tokens else list(self._tokens)

    # Vocabulary

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary.

        Args:
            vocabulary: values, or the path of a text file with one on each line; the special ones
                may stand first.
            idf_weights: for each value its inverse document frequency; for mode "tf_idf" alone.

        Raises: ValueError for no or repeated values, too many, or weights that do not fit.
        """
        layer = type(self).__name__
        values = self._read(vocabulary)
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            raise ValueError(
                f"`idf_weights` of {layer} go with output_mode='tf_idf', and it with them. "
                f"Received: output_mode={self.output_mode!r}, idf_weights={idf_weights}."
            )
        special = self.get_vocabulary()[: self._token_start]
        whole = bool(special) and values[: len(special)] == special
        tokens = values[len(special) :] if whole else values
        repeated = [value for value, count in Counter(tokens).items() if count > 1]
        reserved = [self.mask_token] if self.mask_token is not None else []
        if self.invert:
            reserved.append(self.oov_token)
        misplaced = [value for value in tokens if value in reserved]
        if not values or repeated or misplaced:
            reason = "is empty"
            reason = f"repeats {repeated[:5]}" if repeated else reason
            reason = f"has {misplaced[0]!r}, which is reserved, among it" if misplaced else reason
            raise ValueError(f"The vocabulary for {layer} {reason}.")
        if self.max_tokens is not None and self._token_start + len(tokens) > self.max_tokens:
            raise ValueError(
                f"The vocabulary for {layer} has {self._token_start + len(tokens)} entries, more "
                f"than max_tokens={self.max_tokens}."
            )
        if idf_weights is not None:
            weights = np.asarray(idf_weights, "float64")
            if weights.shape != (len(values),):
                raise ValueError(
                    f"`idf_weights` must be {len(values)} numbers, one for each entry of the "
                    f"vocabulary. Received: shape {weights.shape}."
                )
            if not whole:
                weights = np.concatenate([np.full(len(special), weights.mean()), weights])
            self._set_idf(weights)
        self._set_tokens(tokens)

    def _read(self, vocabulary: Any) -> list[Any]:
        if isinstance(vocabulary, (str, Path)):
            vocabulary = Path(vocabulary).read_text(encoding="utf-8").splitlines()
        return [self.kind(value) for value in host_array(vocabulary).ravel().tolist()]

    def _set_tokens(self, tokens: list[Any]) -> None:
        self._tokens = list(tokens)
        self._places = {token: self._token_start + i for i, token in enumerate(tokens)}

    def _set_idf(self, weights: np.ndarray) -> None:
        missing = (self.max_tokens or 0) - len(weights) if self.pad_to_max_tokens else 0
        charge((max(missing, 0),), 8, f"`max_tokens` of {type(self).__name__}")
        self._idf = np.pad(weights, (0, missing)).astype(settings.floatx())

    # Learning

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Learn the vocabulary: what is most frequent comes first, ties in falling order.

        Args:
            data: an array, a list of values, or an iterable of batches.
            steps: how many batches are taken at most.

        Raises: ValueError for a layer that was given its vocabulary.
        """
        self.reset_state()
        if isinstance(data, (list, tuple)):
            data = host_array(data)
        for batch in batches_of(data, steps):
            batch = host_array(batch)
            self.update_state(batch[:, None] if batch.ndim == 1 else batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget what ``update_state`` was given."""
        self._counts: Counter[Any] = Counter()
        self._documents: Counter[Any] = Counter()
        self._document_count = 0

    def update_state(self, data: Any) -> None:
        """Count the values of a batch, each row of which is a document."""
        self.count_rows(np.atleast_2d(host_array(data)).tolist())

    def count_rows(self, rows: Iterable[Any]) -> None:
        """Count the values of documents, which may differ in length."""
        if self.vocabulary is not None:
            raise ValueError(
                f"`adapt` cannot change the vocabulary that {type(self).__name__} was given."
            )
        for row in rows:
            values = np.ravel(row).tolist()
            self._counts.update(values)
            self._documents.update(set(values))
            self._document_count += 1

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted."""
        for special in (self.mask_token, self.oov_token):
            self._counts.pop(special, None)
        if not self._counts:
            return
        order = sorted(self._counts, key=lambda token: (self._counts[token], token), reverse=True)
        limit = None if self.max_tokens is None else max(self.max_tokens - self._token_start, 0)
        tokens = [self.kind(token) for token in order[:limit]]
        if self.output_mode == "tf_idf":
            idf = [math.log1p(self._document_count / (1 + self._documents[t])) for t in tokens]
            self._set_idf(np.array([float(np.mean(idf))] * self._token_start + idf))
        self._set_tokens(tokens)
        self.reset_state()

    # Looking up

    def encoded(self, numbers: Any) -> Any:
        """Numbers as the layer's mode says."""
        if self.output_mode == "int":
            return encode(numbers, "int", 0, "int64")
        self._check_learnt()
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        return encode(numbers, mode, self._depth, settings.floatx(), idf=self._idf)

    @property
    def _depth(self) -> int:
        return self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size()  # type: ignore[return-value]

    def _check_learnt(self) -> None:
        if not self._tokens:
            raise RuntimeError(
                f"{type(self).__name__} layer {self.name!r} has no vocabulary yet: give "
                "`vocabulary`, or call `adapt(data)`."
            )

    def unknown(self, value: Any) -> int:
        """The number of a value that is not in the vocabulary."""
        if self.num_oov_indices == 0:
            raise ValueError(
                f"{type(self).__name__} was called on {value!r}, which is not in its vocabulary. "
                "With `num_oov_indices=1` unknown values get a number of their own."
            )
        if self.num_oov_indices == 1:
            return self._oov_start
        if self.kind is int and self.oov_method != "farmhash":
            return self._oov_start + value % self.num_oov_indices
        data = str(value).encode()
        number = fingerprint(data) if self.salt is None else keyed(data, tuple(self.salt))
        return self._oov_start + number % self.num_oov_indices

    def numbers_of(self, values: Any) -> np.ndarray:
        """The numbers of values of any shape; -1 for the mask where it has no number."""
        values = host_array(values)
        distinct, places = np.unique(values, return_inverse=True)
        found = [self._number_of(self.kind(value)) for value in distinct.tolist()]
        return np.array(found, "int64")[places].reshape(values.shape)

    def _number_of(self, value: Any) -> int:
        if self.mask_token is not None and value == self.mask_token:
            return 0 if self.output_mode == "int" else -1
        place = self._places.get(value)
        return self.unknown(value) if place is None else place

    def values_of(self, numbers: Any) -> np.ndarray:
        """The values that have these numbers; ``oov_token`` where there is none."""
        known = self.get_vocabulary()
        distinct, places = np.unique(host_array(numbers), return_inverse=True)
        found = [known[i] if 0 <= i < len(known) else self.oov_token for i in distinct.tolist()]
        dtype = "int64" if self.kind is int else None
        return np.array(found, dtype)[places].reshape(np.shape(numbers))

    # Shapes, files

    @property
    def output_dtype(self) -> str:
        if self.invert:
            return "int64" if self.kind is int else "string"
        return "int64" if self.output_mode == "int" else settings.floatx()

    def compute_output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(input_shape, self.output_mode, self._depth)

    def get_config(self) -> dict[str, Any]:
        own = {"vocabulary_size": self.vocabulary_size() if self._tokens else None}
        return super().get_config() | own | {"oov_method": self.oov_method}

    @classmethod
    def from_config(cls, config: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        config = {k: v for k, v in config.items() if k not in ("vocabulary_size", "oov_method")}
        if isinstance(config.get("vocabulary"), str):
            raise ValueError(
                f"A config of {cls.__name__} names a file outside of it: "
                f"{config['vocabulary']!r}. Read it yourself and call `set_vocabulary`."
            )
        return super().from_config(config, *args, **kwargs)

    def save_own_variables(self, store: Any) -> None:
        if self._idf is not None:
            store["idf_weights"] = self._idf

    def load_own_variables(self, store: Any) -> None:
        if self.output_mode == "tf_idf":
            self._idf = np.asarray(store["idf_weights"]).astype(settings.floatx())

    def save_assets(self, dir_path: Any) -> None:
        """Write a learnt vocabulary into a folder, one value on each line."""
        if self.vocabulary is None:
            text = "\n".join(str(value) for value in self.get_vocabulary())
            with written_whole(Path(dir_path) / "vocabulary.txt") as part:
                part.write_text(text, encoding="utf-8")

    def load_assets(self, dir_path: Any) -> None:
        """Read what ``save_assets`` wrote."""
        self.read_assets(lambda name: (Path(dir_path) / name).read_bytes())

    def read_assets(self, read: Callable[[str], bytes]) -> None:
        """Take what ``save_assets`` wrote; ``read`` gives a file's content by its name."""
        if self.vocabulary is None:
            lines = read("vocabulary.txt").decode("utf-8").split("\n")
            values = [self.kind(line) for line in lines[self._token_start :] if line]
            if len(set(values)) < len(values):
                raise ValueError(f"The vocabulary for {type(self).__name__} repeats values.")
            if values:
                self._set_tokens(values)


def _listed(values: Any) -> list[Any]:
    return host_array(values).ravel().tolist()
