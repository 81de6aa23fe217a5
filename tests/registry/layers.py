"""Every layer with the arguments and inputs that other suites have for it, and with some more."""

import inspect
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

import kerasette
from kerasette import tree
from tests.golden.harness import families, integers, map_arrays
from tests.golden.layer_case import LayerCases, Sample, set_weights
from tests.saving.interchange import layer_rows

HERE = "tests/golden/cases_layers_*.py (compared with Keras) or tests/registry/layers.py"
BASES = {"Layer", "Wrapper", "InputLayer"}  # they compute nothing by themselves
WORDS = np.array([["a", "b"], ["c", "a"]])


def more() -> Iterator[Sample]:
    """Samples of layers that work on texts and categories, which Keras does by TensorFlow."""
    whole = integers(0, 50, 3, 4)
    vocabulary = {"vocabulary": ["a", "b"]}
    for name, config, x in (
        ("Hashing", {"num_bins": 5}, whole),
        ("Hashing", {"num_bins": 5, "salt": 3, "output_mode": "multi_hot"}, whole),
        ("Hashing", {"num_bins": 4}, WORDS),
        ("HashedCrossing", {"num_bins": 5}, [whole[:, 0], whole[:, 1]]),
        ("HashedCrossing", {"num_bins": 5, "output_mode": "one_hot"}, [whole[:, 0], whole[:, 1]]),
        ("IntegerLookup", {"vocabulary": [3, 7, 11]}, whole),
        ("IntegerLookup", {"vocabulary": [3, 7], "output_mode": "count"}, whole),
        ("StringLookup", vocabulary, WORDS),
        ("StringLookup", {**vocabulary, "output_mode": "multi_hot"}, WORDS),
        ("TextVectorization", {**vocabulary, "output_sequence_length": 3}, np.array(["a c", "b"])),
        ("TextVectorization", {**vocabulary, "output_mode": "count"}, np.array(["a c", "b"])),
    ):
        yield Sample(name, config, (x,), {}, f"{name}({config})")


SAMPLES = [
    sample
    for table in families().values()
    if isinstance(table, LayerCases)
    for sample in table.samples
]
SAMPLES += [*layer_rows.SAMPLES, *more()]
SAMPLES = [sample for sample in SAMPLES if hasattr(kerasette.layers, sample.name)]
BY_NAME = {
    name: list(group)
    for name, group in itertools.groupby(sorted(SAMPLES, key=lambda s: s.name), lambda s: s.name)
}


def classes() -> dict[str, type]:
    """The public layers, by their own names."""
    found = vars(kerasette.layers) | {
        n: getattr(kerasette.layers, n) for n in dir(kerasette.layers)
    }
    return {
        getattr(cls, "keras_name", cls.__name__): cls
        for cls in found.values()
        if inspect.isclass(cls) and issubclass(cls, kerasette.layers.Layer)
    }


def spread(count: int, keep: Any = lambda sample: True) -> list[Any]:
    """Of every layer up to ``count`` samples, from all over its list."""
    found = []
    for group in BY_NAME.values():
        group = [sample for sample in group if keep(sample)]
        places = np.linspace(0, len(group) - 1, min(count, len(group))).astype(int)
        found += [group[place] for place in dict.fromkeys(places.tolist())]
    return found


def named(samples: list[Sample]) -> dict[str, Any]:
    """Arguments of ``parametrize``."""
    return {"argnames": "sample", "argvalues": samples, "ids": [s.title for s in samples]}


def own_dtype(sample: Sample) -> bool:
    """Whether the sample says in which dtype it computes."""
    return isinstance(sample.config, dict) and "dtype" in sample.config


def is_text(sample: Sample) -> bool:
    """Whether its inputs are texts."""
    return any(
        isinstance(leaf, np.ndarray) and leaf.dtype.kind in "UO"
        for leaf in tree.flatten([sample.inputs, sample.call])
    )


def tensors(values: Any, dtype: str | None = None) -> Any:
    """Arrays as tensors, float ones in the given dtype."""

    def convert(array: np.ndarray) -> Any:
        if array.dtype.kind in "UO":
            return array
        tensor = kerasette.ops.convert_to_tensor(array)
        return kerasette.ops.cast(tensor, dtype) if dtype and array.dtype.kind == "f" else tensor

    return map_arrays(convert, values)


def symbols(values: Any, batch: int | None, length: bool = False) -> Any:
    """Arrays as symbols of their shapes; the batch, and the length too, are unknown."""

    def convert(array: np.ndarray) -> Any:
        shape = (batch, *array.shape[1:])
        if length and array.ndim > 1:
            shape = (batch, None, *array.shape[2:])
        dtype = "string" if array.dtype.kind in "UO" else array.dtype.name
        return kerasette.KerasTensor(shape, dtype)

    return map_arrays(convert, values)


def built(sample: Sample, dtype: str | None = None, weights: Any = None) -> Any:
    """The layer with its fixed weights, or with those of another one like it."""
    layer = sample.make(kerasette)
    if not layer.built:
        layer(*tensors(sample.inputs, dtype), **tensors(sample.call, dtype))
    if weights is None:
        set_weights(layer)
        forget(layer)
    else:
        take(layer, weights)
    return layer


def forget(layer: Any) -> None:
    """Begin again, where the layer goes on with the states of the last batch."""
    if getattr(layer, "stateful", False):
        layer.reset_states()


def take(layer: Any, source: Any) -> None:
    """Give the layer all that another one like it holds."""
    for mine, other in zip(layer.variables, source.variables, strict=True):
        mine.assign(other)
    forget(layer)


def arrays(outputs: Any) -> list[np.ndarray]:
    """The leaves of a result as arrays."""
    return [np.asarray(leaf) for leaf in tree.flatten(outputs) if leaf is not None]


def same(found: Any, expected: Any, close: float = 0.0) -> None:
    """Assert that two results have equal leaves, or close ones."""
    found, expected = arrays(found), arrays(expected)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        if close and one.dtype.kind in "fcV":
            wide = "complex128" if one.dtype.kind == "c" else "float64"
            np.testing.assert_allclose(one.astype(wide), other.astype(wide), rtol=close, atol=close)
        else:
            np.testing.assert_array_equal(one, other)
