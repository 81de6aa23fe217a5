"""What the golden cases share: arrays from fixed seeds, gradients, and tables of cases.

A *case* is a function that takes the ``keras`` module and gives named numpy arrays. The same
function runs under real Keras, when ``make.py`` writes the golden files, and under kerasette, when
``test_golden.py`` compares. Nothing here or in the tables may ask which of the two it got; only
the gradient differs, and real Keras's way of it is handed in by ``make.py``.
"""

import dataclasses
import importlib
import pathlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

HERE = pathlib.Path(__file__).parent
DATA = HERE / "data"
TOLERANCE = {"float64": 1e-7, "float16": 2e-3, "bfloat16": 1.6e-2}  # others: the case's own
Arrays = dict[str, np.ndarray]


# --- arrays: the same numbers everywhere; RandomState's streams are frozen by numpy ---------------


def _random(kind: str, shape: tuple[int, ...], seed: int) -> np.random.RandomState:
    return np.random.RandomState(zlib.crc32(f"{kind}{shape}{seed}".encode()))


def real(*shape: int, seed: int = 0, dtype: str = "float32", scale: float = 1.0) -> np.ndarray:
    """Normal numbers."""
    return np.asarray(_random("real", shape, seed).standard_normal(shape) * scale).astype(dtype)


def uniform(
    low: float, high: float, *shape: int, seed: int = 0, dtype: str = "float32"
) -> np.ndarray:
    """Numbers between two bounds, kept off them."""
    drawn = _random("uniform", shape, seed).random_sample(shape)
    return np.asarray(low + (high - low) * (0.05 + 0.9 * drawn)).astype(dtype)


def positive(*shape: int, seed: int = 0, dtype: str = "float32") -> np.ndarray:
    """Numbers from 0.5 to 2."""
    return uniform(0.5, 2.0, *shape, seed=seed, dtype=dtype)


def integers(low: int, high: int, *shape: int, seed: int = 0, dtype: str = "int32") -> np.ndarray:
    """Whole numbers from ``low`` up to ``high - 1``."""
    return np.asarray(_random("integers", shape, seed).randint(low, high, shape)).astype(dtype)


def bools(*shape: int, seed: int = 0) -> np.ndarray:
    """True or false, evenly."""
    return np.asarray(_random("bools", shape, seed).random_sample(shape) < 0.5)


def distinct(*shape: int, seed: int = 0, dtype: str = "float32") -> np.ndarray:
    """Numbers of which no two are near each other: no ties in an order, no doubt in a gradient."""
    count = int(np.prod(shape))
    ranks = _random("distinct", shape, seed).permutation(count)
    return ((ranks - count / 2) * 0.25 + 0.1).astype(dtype).reshape(shape)


def probabilities(*shape: int, seed: int = 0, dtype: str = "float32") -> np.ndarray:
    """Positive rows that sum to one."""
    drawn = uniform(0.0, 1.0, *shape, seed=seed, dtype="float64")
    return (drawn / drawn.sum(-1, keepdims=True)).astype(dtype)


def definite(size: int, *batch: int, seed: int = 0, dtype: str = "float32") -> np.ndarray:
    """Symmetric positive definite matrices, well conditioned."""
    root = real(*batch, size, size, seed=seed, dtype="float64")
    return (root @ np.swapaxes(root, -1, -2) / size + np.eye(size)).astype(dtype)


def words(text: str) -> list[str]:
    """The words of a text: names in a table, without quotes and commas."""
    return text.split()


# --- values in and out ----------------------------------------------------------------------------


def map_arrays(function: Callable[[Any], Any], tree: Any) -> Any:
    """``tree`` with ``function`` over its numpy arrays; lists, tuples and dicts are walked."""
    if isinstance(tree, np.ndarray):
        return function(tree)
    if type(tree) in (list, tuple):
        return type(tree)(map_arrays(function, item) for item in tree)
    if type(tree) is dict:
        return {key: map_arrays(function, item) for key, item in tree.items()}
    return tree


def named_leaves(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The leaves of nested lists, tuples and dicts by dotted path; ``None`` is no leaf."""
    if isinstance(tree, (list, tuple)) and tree and all(isinstance(item, str) for item in tree):
        yield name, np.asarray(tree)
    elif isinstance(tree, dict):
        for key in sorted(tree):
            yield from named_leaves(tree[key], f"{name}.{key}")
    elif isinstance(tree, (list, tuple)):
        for index, item in enumerate(tree):
            yield from named_leaves(item, f"{name}.{index}")
    elif tree is not None:
        yield name, tree


def tensor_of(keras: Any, array: np.ndarray) -> Any:
    """A tensor with a copy of the numbers: some functions on torch write into what they get."""
    return keras.ops.convert_to_tensor(array.copy())


def to_numpy(keras: Any, value: Any) -> np.ndarray:
    """A copy of a tensor, variable, array or Python value, of the same element type."""
    if isinstance(value, (np.ndarray, np.generic, bool, int, float, complex, str)):
        return np.array(value)
    array = np.array(keras.ops.convert_to_numpy(value))  # torch's shares the variable's memory
    dtype = keras.ops.dtype(value)
    if dtype == "bfloat16":
        import ml_dtypes

        return array.astype(ml_dtypes.bfloat16)
    return array


def frozen(keras: Any, tree: Any) -> Any:
    """A nested result as numpy copies, which no later step changes."""
    if isinstance(tree, (list, tuple)):
        return [frozen(keras, item) for item in tree]
    if isinstance(tree, dict):
        return {key: frozen(keras, item) for key, item in tree.items()}
    return to_numpy(keras, tree)


def record(keras: Any, name: str, tree: Any) -> Arrays:
    """Every leaf of ``tree`` as an array, named by its path under ``name``."""
    return {path: to_numpy(keras, leaf) for path, leaf in named_leaves(tree, name)}


def pack(outputs: Arrays) -> Arrays:
    """Arrays as a plain npz file holds them: bfloat16 goes as float32 under a marked name."""
    return {
        (f"{name}@bfloat16" if array.dtype.name == "bfloat16" else name): (
            array.astype("float32") if array.dtype.name == "bfloat16" else array
        )
        for name, array in outputs.items()
    }


# --- gradients ------------------------------------------------------------------------------------


def tape_gradients(keras: Any, forward: Callable, tensors: list, variables: list) -> tuple:
    """``forward``'s outputs, and gradients of its weighted sum, by kerasette's tape."""
    with keras.GradientTape() as tape:
        for tensor in tensors:
            tape.watch(tensor)
        outputs, total = forward(*tensors)
    sources = [*tensors, *variables]
    return outputs, [None] * len(sources) if total is None else tape.gradient(total, sources)


gradients: Callable[..., tuple] = tape_gradients  # make.py puts real Keras's in its place


def weighted_sum(keras: Any, outputs: Any) -> Any:
    """The sum of all real outputs, each element with a weight of its own; None if there is none."""
    total = None
    for _, output in named_leaves(outputs, ""):
        if not keras.ops.is_tensor(output):
            continue
        dtype = keras.ops.dtype(output)
        if "float" in dtype:
            size = int(np.prod(output.shape))
            weights = np.cos(np.arange(size)).reshape(tuple(output.shape)).astype("float32")
            part = keras.ops.sum(output * keras.ops.convert_to_tensor(weights, dtype=dtype))
            total = part if total is None else total + part
    return total


def differentiate(
    keras: Any, function: Callable, inputs: Any, variables: Any = (), name: str = "gradient"
) -> tuple[Any, Arrays]:
    """``function(*inputs)`` and the gradients of its weighted sum by float inputs and variables.

    A source that the output does not depend on counts as having a gradient of zeros.
    """
    places: list[Any] = []

    def take(array: np.ndarray) -> Any:
        tensor = tensor_of(keras, array)
        if array.dtype in ("float32", "float64"):
            places.append(tensor)
            return _Place(len(places) - 1)
        return tensor

    tree = map_arrays(take, list(inputs))
    named = named_leaves(tree[0] if len(tree) == 1 else tree, name)
    labels = [path for path, leaf in named if isinstance(leaf, _Place)]

    def forward(*tensors: Any) -> tuple[Any, Any]:
        outputs = function(*_fill(tree, tensors))
        return outputs, weighted_sum(keras, outputs)

    labels += [f"{name} {index} {v.name}" for index, v in enumerate(variables)]
    outputs, found = gradients(keras, forward, places, list(variables))
    sources = [*places, *variables]
    return outputs, {
        label: np.zeros(tuple(source.shape), "float32").astype(to_numpy(keras, source).dtype)
        if gradient is None
        else to_numpy(keras, gradient)
        for label, source, gradient in zip(labels, sources, found, strict=True)
    }


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where in the nested inputs a differentiated tensor goes."""

    index: int


def _fill(tree: Any, tensors: tuple) -> Any:
    if isinstance(tree, _Place):
        return tensors[tree.index]
    if type(tree) in (list, tuple):
        return type(tree)(_fill(item, tensors) for item in tree)
    if type(tree) is dict:
        return {key: _fill(item, tensors) for key, item in tree.items()}
    return tree


# --- tables of cases ------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Case:
    """One program and the public names that it exercises."""

    name: str
    run: Callable[[Any], Arrays]
    covers: tuple[str, ...]
    tolerance: float = 1e-5
    because: str = ""


class Cases:
    """The cases of one family; and the names that have none, each with the reason."""

    def __init__(self, family: str) -> None:
        self.family = family
        self.cases: dict[str, Case] = {}
        self.exempt: dict[str, str] = {}

    def add(self, name: str, run: Callable[[Any], Arrays], *covers: str, **how: Any) -> None:
        """Enter a case; ``tolerance=`` other than 1e-5 needs ``because=``."""
        assert "tolerance" not in how or how.get("because"), f"{name}: say why the tolerance"
        name, count = name.replace("/", "|"), 2
        unique = name
        while unique in self.cases:
            unique, count = f"{name} #{count}", count + 1
        self.cases[unique] = Case(unique, run, covers, **how)

    def case(self, *covers: str, **how: Any) -> Callable[[Callable], Callable]:
        """Decorator: a function ``keras -> nested outputs`` becomes the case of its name."""

        def enter(function: Callable) -> Callable:
            def run(keras: Any) -> Arrays:
                return record(keras, "out", function(keras))

            self.add(function.__name__, run, *covers, **how)
            return function

        return enter

    def call(
        self,
        path: str,
        *args: Any,
        _gradient: bool | tuple[int, ...] = True,
        _tolerance: float = 1e-5,
        _because: str = "",
        _covers: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        """A case: the function at ``path`` on these arguments, and its gradient.

        ``_gradient`` names the positions of the arguments to differentiate by; True stands for all
        float arrays, also in nested and named arguments, False for none.
        """

        def run(keras: Any) -> Arrays:
            function = find(keras, path)

            places = range(len(args)) if _gradient is True else _gradient or ()
            watched = {str(i): args[i] for i in places} | (kwargs if _gradient is True else {})
            fixed = {str(i): item for i, item in enumerate(args)} | kwargs
            fixed = {key: item for key, item in fixed.items() if key not in watched}
            fixed = map_arrays(lambda array: tensor_of(keras, array), fixed)

            def forward(free: dict[str, Any]) -> Any:
                named = free | fixed
                positional = [named.pop(str(index)) for index in range(len(args))]
                return function(*positional, **named)

            outputs, slopes = differentiate(keras, forward, [watched])
            return record(keras, "out", outputs) | slopes

        how = {"tolerance": _tolerance, "because": _because} if _because else {}
        self.add(f"{path}{describe(args, kwargs)}", run, path, *_covers, **how)

    def leave_out(self, reason: str, *names: str) -> None:
        """Say why public names have no case here."""
        self.exempt.update(dict.fromkeys(names, reason))


def find(keras: Any, path: str) -> Any:
    """The object at a dotted path below the keras module."""
    found = keras
    for part in path.split("."):
        found = getattr(found, part)
    return found


def describe(args: Any, kwargs: dict[str, Any]) -> str:
    """Arguments as a short text: arrays by type and shape, the rest as written."""
    shown = [_show(item) for item in args] + [f"{k}={_show(v)}" for k, v in kwargs.items()]
    text = ", ".join(shown)
    if len(text) > 90:
        text = f"{text[:80]}~{zlib.crc32(text.encode()):08x}"
    return f"({text})"


def _show(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype.name}{list(value.shape)}".replace(" ", "")
    if isinstance(value, (list, tuple)):
        inside = ",".join(_show(item) for item in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    return repr(value)


def families() -> dict[str, Cases]:
    """Every table, by family, from the files ``cases_*.py`` beside this one."""
    found = {}
    for path in sorted(HERE.glob("cases_*.py")):
        table: Cases = importlib.import_module(f"tests.golden.{path.stem}").CASES
        assert f"cases_{table.family}" == path.stem, f"{path.name} names family {table.family}"
        found[table.family] = table
    return found


def stored(family: str) -> dict[str, Arrays]:
    """A family's golden outputs by case; under ``""`` the version of Keras."""
    found: dict[str, Arrays] = {}
    with np.load(DATA / f"{family}.npz") as arrays:
        for key in arrays.files:
            name, _, output = key.rpartition("/")
            found.setdefault(name, {})[output] = arrays[key]
    return found


# --- comparison -----------------------------------------------------------------------------------


def difference(expected: Arrays, got: Arrays, tolerance: float) -> str:
    """What differs between two packed results, in words; empty when they agree.

    A string ``"-"`` in the golden array stands for what real Keras cannot do: anything goes there.
    """
    if expected.keys() != got.keys():
        missing, extra = sorted(expected.keys() - got.keys()), sorted(got.keys() - expected.keys())
        return f"outputs differ: missing {missing}, unexpected {extra}"
    return "; ".join(
        f"{name}: {text}"
        for name in expected
        if (text := _differs(name, expected[name], got[name], tolerance))
    )


def _differs(name: str, expected: np.ndarray, got: np.ndarray, tolerance: float) -> str:
    if expected.dtype.kind == "U" and got.dtype.kind == "U":
        if expected.shape != got.shape:
            return f"shape {got.shape}, expected {expected.shape}"
        wrong = [
            (str(e), str(g))
            for e, g in zip(expected.flat, got.flat, strict=True)
            if e not in ("-", g)
        ]
        return f"{len(wrong)} differ, (expected, got): {_apart(wrong)}" if wrong else ""
    if expected.dtype != got.dtype:
        return f"dtype {got.dtype}, expected {expected.dtype}"
    if expected.shape != got.shape:
        return f"shape {got.shape}, expected {expected.shape}"
    if expected.dtype.kind not in "fc":
        wrong_count = int(np.sum(expected != got))
        return f"{wrong_count} of {got.size} differ" if wrong_count else ""
    half = "bfloat16" if name.endswith("@bfloat16") else expected.dtype.name
    close = TOLERANCE.get(half, tolerance) if tolerance == 1e-5 else tolerance
    far = ~np.isclose(got, expected, rtol=close, atol=close, equal_nan=True)
    if not far.any():
        return ""
    place = tuple(int(i) for i in np.argwhere(far)[0])
    return (
        f"{int(far.sum())} of {got.size} beyond {close:g}, first at {place}: "
        f"{got[place]!r}, expected {expected[place]!r}"
    )


def _apart(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first few pairs; long texts from a little before where they part."""
    found = []
    for expected, got in pairs[:8]:
        same = (a == b for a, b in zip(expected, got, strict=False))
        start = next((i for i, equal in enumerate(same) if not equal), 0)
        cut = slice(max(0, start - 40), start + 60)
        found.append((expected[cut], got[cut]) if len(expected) > 60 else (expected, got))
    return found
