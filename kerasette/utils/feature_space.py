"""``FeatureSpace``: columns of a table, of different kinds, as one vector a row."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from kerasette import layers, ops, saving
from kerasette.core.naming import auto_name
from kerasette.core.tensor import TensorBase
from kerasette.errors import nearest
from kerasette.layers.layer import Layer
from kerasette.registry import register

_KINDS = (
    "float", "float_normalized", "float_rescaled", "float_discretized", "integer_categorical",
    "string_categorical", "integer_hashed", "string_hashed",
)  # fmt: skip


class Feature:
    """How one column is prepared.

    Args:
        dtype: the column's dtype.
        preprocessor: the layer that prepares it.
        output_mode: "int", "one_hot" or "float".
    """

    keras_module = "keras.src.layers.preprocessing.feature_space"

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str):
        _check_mode(output_mode, ("int", "one_hot", "float"))
        if isinstance(preprocessor, dict):
            preprocessor = saving.deserialize_keras_object(preprocessor)
        self.dtype = dtype
        self.preprocessor = preprocessor
        self.output_mode = output_mode

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return {
            "dtype": self.dtype,
            "preprocessor": saving.serialize_keras_object(self.preprocessor),
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Feature":
        """A Feature made of what ``get_config`` gave."""
        return cls(**config)


class Cross:
    """Columns whose values count together.

    Args:
        feature_names: the columns' names.
        crossing_dim: how many bins the pairs are hashed into.
        output_mode: "int" or "one_hot".
    """

    keras_module = "keras.src.layers.preprocessing.feature_space"

    def __init__(self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot"):
        _check_mode(output_mode, ("int", "one_hot"))
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = output_mode

    @property
    def name(self) -> str:
        """The columns' names, joined."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return {
            "feature_names": self.feature_names,
            "crossing_dim": self.crossing_dim,
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Cross":
        """A Cross made of what ``get_config`` gave."""
        return cls(**config)


class FeatureSpace(Layer):
    """Prepares the columns of a table: numbers, categories, texts, and pairs of them.

    Args:
        features: the columns' names with their kinds, by name (such as "float_normalized") or as
            made by the methods of the same names: "float", "float_normalized", "float_rescaled",
            "float_discretized", "integer_categorical", "string_categorical", "integer_hashed",
            "string_hashed".
        output_mode: "concat" gives one vector a row, "dict" a dict of the columns.
        crosses: tuples of columns that count together, or what ``cross`` makes.
        crossing_dim: how many bins those are hashed into.
        hashing_dim: how many bins hashed columns have.
        num_discretization_bins: how many bins discretized columns have.
        name: the name.

    It is called on a dict of columns ``(rows,)`` or ``(rows, 1)``, or of single values.

    >>> table = {"size": [1.0, 2.0, 3.0], "kind": ["a", "b", "a"]}
    >>> space = kerasette.utils.FeatureSpace({"size": "float", "kind": "string_categorical"})
    >>> space.adapt(table)
    >>> space(table).shape
    (3, 4)

    Raises: ValueError for unknown kinds or columns, or before ``adapt`` where it is needed.
    """

    def __init__(
        self,
        features: dict[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ):
        super().__init__(name=name)
        if not features:
            raise ValueError("`features` must name at least one column. Received: none.")
        _check_mode(output_mode, ("concat", "dict"))
        self.output_mode = output_mode
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.features = {key: self._feature(key, value) for key, value in features.items()}
        self.crosses = [self._cross(one) for one in crosses or ()]
        self.crosses_by_name = {cross.name: cross for cross in self.crosses}
        self.preprocessors = {key: f.preprocessor for key, f in self.features.items()}
        self.crossers = {
            cross.name: layers.HashedCrossing(cross.crossing_dim, name=cross.name)
            for cross in self.crosses
        }
        self.one_hot_encoders: dict[str, Any] = {}
        self.inputs = {
            key: layers.Input(shape=(1,), dtype=feature.dtype, name=key)
            for key, feature in self.features.items()
        }
        self.encoded_features: Any = None
        self._is_adapted = not self._adaptable()

    # The kinds of columns

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A column that a layer of one's own prepares."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def cross(cls, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Columns whose values count together."""
        return Cross(feature_names, crossing_dim, output_mode=output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Numbers as they are."""
        return Feature("float32", layers.Identity(name=_named(name, "float")), "float")

    @classmethod
    def float_rescaled(
        cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None
    ) -> Feature:
        """Numbers times ``scale`` plus ``offset``."""
        layer = layers.Rescaling(scale, offset, name=_named(name, "float_rescaled"))
        return Feature("float32", layer, "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Numbers with mean 0 and variance 1."""
        layer = layers.Normalization(axis=-1, name=_named(name, "float_normalized"))
        return Feature("float32", layer, "float")

    @classmethod
    def float_discretized(
        cls,
        num_bins: int,
        bin_boundaries: Any = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The bins that numbers fall into."""
        name = _named(name, "float_discretized")
        given = {"num_bins": num_bins} if bin_boundaries is None else {}
        layer = layers.Discretization(bin_boundaries=bin_boundaries, name=name, **given)
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Categories that are integers."""
        layer = layers.IntegerLookup(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            name=_named(name, "integer_categorical"),
        )
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Categories that are texts."""
        layer = layers.StringLookup(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            name=_named(name, "string_categorical"),
        )
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Texts hashed into bins."""
        layer = layers.Hashing(num_bins=num_bins, name=_named(name, "string_hashed"))
        return Feature("string", layer, output_mode)

    @classmethod
    def integer_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Integers hashed into bins."""
        layer = layers.Hashing(num_bins=num_bins, name=_named(name, "integer_hashed"))
        return Feature("int32", layer, output_mode)

    def _feature(self, name: str, value: Any) -> Feature:
        if isinstance(value, dict):
            value = saving.deserialize_keras_object(value)
        if isinstance(value, Feature):
            return value
        if value not in _KINDS:
            raise ValueError(f"Unknown kind of feature: {value!r}.{nearest(value, _KINDS)}")
        made = getattr(type(self), value)
        if value == "float_discretized":
            return made(self.num_discretization_bins, name=name)
        return made(self.hashing_dim, name=name) if "hashed" in value else made(name=name)

    def _cross(self, value: Any) -> Cross:
        if isinstance(value, dict):
            value = saving.deserialize_keras_object(value)
        cross = value if isinstance(value, Cross) else Cross(value, self.crossing_dim)
        unknown = [name for name in cross.feature_names if name not in self.features]
        if unknown:
            raise ValueError(
                f"`crosses` names {unknown}, but the features are {list(self.features)}."
            )
        return cross

    # Learning from data

    def _adaptable(self) -> list[str]:
        """The columns whose layers learn from data, and have not been told beforehand."""
        found = []
        for name, layer in self.preprocessors.items():
            told = (
                getattr(layer, "input_mean", None) is not None
                or getattr(layer, "vocabulary", None) is not None
                or getattr(layer, "bin_boundaries", None) is not None
            )
            if hasattr(layer, "adapt") and not told:
                found.append(name)
        return found

    def adapt(self, dataset: Any) -> None:
        """Learn from data what the columns' layers need to know: means, categories, bins.

        Args:
            dataset: a dict of columns, or an iterable of such (batches or single rows).
        """
        if isinstance(dataset, dict):
            tables = [dataset]
        elif isinstance(dataset, Iterable) and not isinstance(dataset, (str, TensorBase)):
            tables = list(dataset)
        else:
            raise ValueError(
                "adapt() takes a dict of columns, or an iterable of such. "
                f"Received: {type(dataset).__name__}."
            )
        for name in self._adaptable():
            parts = [np.atleast_1d(np.asarray(table[name])) for table in tables]
            column = np.concatenate([p if p.ndim > 1 else p[:, None] for p in parts])
            self.preprocessors[name].adapt(column)
        self._is_adapted = True
        self.built = True

    def get_inputs(self) -> dict[str, Any]:
        """Symbolic inputs, one for each column."""
        self._check_adapted()
        return self.inputs

    def get_encoded_features(self) -> Any:
        """What the symbolic inputs are prepared to, for a model that begins with them."""
        self._check_adapted()
        if self.encoded_features is None:
            self.encoded_features = self._encoded(self.inputs)
        return self.encoded_features

    def _check_adapted(self) -> None:
        if not self._is_adapted:
            raise ValueError(
                f"The columns {self._adaptable()} need to see data: call adapt() beforehand."
            )

    # Preparing

    def __call__(self, data: Any) -> Any:
        """The columns of ``data``, prepared."""
        self._check_adapted()
        if not isinstance(data, dict):
            raise ValueError(f"A FeatureSpace is called on a dict. Received: {data!r}.")
        missing = [name for name in self.features if name not in data]
        if missing:
            raise ValueError(f"The data miss the columns {missing}. They have {list(data)}.")
        columns = {name: _column(data[name]) for name in self.features}
        single = any(np.ndim(data[name]) == 0 for name in self.features)
        found = self._encoded(columns)
        if not single:
            return found
        if isinstance(found, dict):
            return {name: ops.squeeze(value, axis=0) for name, value in found.items()}
        return ops.squeeze(found, axis=0)

    def _encoded(self, columns: dict[str, Any]) -> Any:
        prepared = {name: self.preprocessors[name](columns[name]) for name in self.features}
        crossed = {
            cross.name: self.crossers[cross.name]([prepared[n] for n in cross.feature_names])
            for cross in self.crosses
        }
        everything = {name: prepared[name] for name in sorted(prepared)}
        everything |= {name: crossed[name] for name in sorted(crossed)}
        specs: dict[str, Any] = self.features | self.crosses_by_name
        for name, value in everything.items():
            if specs[name].output_mode == "one_hot":
                everything[name] = self._one_hot(name)(value)
        if self.output_mode == "dict":
            return everything
        for name, value in everything.items():
            if not str(value.dtype).startswith(("float", "bfloat")):
                raise ValueError(
                    f"Column {name!r} gives {value.dtype}, which cannot stand in one vector with "
                    'the others: use output_mode="dict", or encode it as "one_hot".'
                )
        values = list(everything.values())
        return values[0] if len(values) == 1 else ops.concatenate(values, axis=-1)

    def _one_hot(self, name: str) -> Any:
        if name not in self.one_hot_encoders:
            layer: Any = self.preprocessors.get(name) or self.crossers[name]
            if hasattr(layer, "vocabulary_size"):
                count = layer.vocabulary_size()
            elif getattr(layer, "num_bins", None) is not None:
                count = layer.num_bins
            elif getattr(layer, "bin_boundaries", None) is not None:
                count = len(layer.bin_boundaries) + 1
            else:
                raise ValueError(
                    f"Column {name!r} cannot be one-hot: it is not known how many values "
                    f'{type(layer).__name__} gives. Use output_mode="int".'
                )
            self.one_hot_encoders[name] = layers.CategoryEncoding(count, output_mode="multi_hot")
        return self.one_hot_encoders[name]

    # Files

    def get_config(self) -> dict[str, Any]:
        return {
            "features": saving.serialize_keras_object(self.features),
            "output_mode": self.output_mode,
            "crosses": saving.serialize_keras_object(self.crosses),
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FeatureSpace":
        """A FeatureSpace made of what ``get_config`` gave."""
        return cls(**config)

    def get_build_config(self) -> dict[str, Any]:
        return {name: layer.get_build_config() for name, layer in self.preprocessors.items()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        for name, found in config.items():
            layer = self.preprocessors[name]
            if found and not layer.built:
                layer.build_from_config(found)
        self._is_adapted = self.built = True

    def save(self, filepath: Any) -> None:
        """Save to a ``.keras`` file; ``saving.load_model`` reads it."""
        saving.save_model(self, filepath)

    def save_own_variables(self, store: Any) -> None:
        """Nothing: the columns' layers save theirs."""

    def load_own_variables(self, store: Any) -> None:
        """Nothing: the columns' layers load theirs."""


def _named(name: str | None, kind: str) -> str:
    return f"{name or auto_name(kind)}_preprocessor"


def _check_mode(mode: str, known: tuple[str, ...]) -> None:
    if mode not in known:
        raise ValueError(f"`output_mode` must be one of {known}. Received: output_mode={mode!r}.")


def _column(values: Any) -> Any:
    """A column as ``(rows, 1)``."""
    if isinstance(values, TensorBase):
        rank = len(values.shape)
        return ops.reshape(values, (-1, 1)) if rank < 2 else values
    array = np.asarray(values)
    return array.reshape(-1, 1) if array.ndim < 2 else array


for _kind in (FeatureSpace, Feature, Cross):
    register("feature", _kind)
