"""Writing a model's files with one framework and reading them with the other.

A *row* makes a model from the ``keras`` module it is given, real Keras or kerasette, without asking
which. The writer saves the model in every format, then goes on: predicts, evaluates, trains.
What it got is stored beside the files, and the reader of the files must get the same.
"""

import dataclasses
import json
import pathlib
import traceback
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

FORMATS = ("keras", "h5", "weights.h5")
EXPECTED = "expected.npz"
TOLERANCE = 1e-5
_TRAINING = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0}


@dataclasses.dataclass(frozen=True)
class Row:
    """One model: ``make(keras)`` gives it built, and compiled where there are targets ``y``.

    ``without`` says for a format why Keras itself cannot write it, ``unread`` why it cannot read
    it, not even its own. ``trains`` is false where training in Keras goes by other numbers.
    """

    group: str
    name: str
    make: Callable[[Any], Any]
    x: Any
    y: Any = None
    without: dict[str, str] = dataclasses.field(default_factory=dict)
    unread: dict[str, str] = dataclasses.field(default_factory=dict)
    trains: bool = True
    tolerance: float = TOLERANCE

    @property
    def folder(self) -> str:
        """The name of the row's folder."""
        return f"{self.group}.{self.name}".replace(" ", "_").replace("/", "_")


def write(keras: Any, row: Row, folder: pathlib.Path) -> None:
    """Make the row's model, save it in every format, and store what it does afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(1)
    keras.utils.clear_session(free_memory=False)
    model = row.make(keras)
    _randomize(model)
    if row.y is not None:
        model.fit(row.x, row.y, **_TRAINING)
    for ending in FORMATS:
        if ending == "weights.h5":
            model.save_weights(folder / "model.weights.h5")
        elif ending not in row.without:
            model.save(folder / f"model.{ending}")
    np.savez_compressed(folder / EXPECTED, **_behaviour(keras, model, row))


def read(keras: Any, row: Row, folder: pathlib.Path, ending: str) -> str:
    """Load one file of the row; an empty text, or what is not as it should be."""
    keras.utils.set_random_seed(2)
    keras.utils.clear_session(free_memory=False)
    if ending == "weights.h5":
        model = row.make(keras)
        if row.y is not None:
            model.optimizer.build(model.trainable_variables)
        model.load_weights(folder / "model.weights.h5")
    else:
        row.make(keras)  # registers the row's own classes and functions
        keras.utils.clear_session(free_memory=False)
        model = keras.saving.load_model(folder / f"model.{ending}")
    if ending == "h5" and row.y is not None and keras.__name__ == "keras":
        _complete(keras, model, folder / "model.h5")
    got = _behaviour(keras, model, row)
    with np.load(folder / EXPECTED) as expected:
        return _difference({name: expected[name] for name in expected.files}, got, row.tolerance)


def _complete(keras: Any, model: Any, file: pathlib.Path) -> None:
    """Give real Keras's optimizer the file's state, which its own loader does not.

    It builds the optimizer over the model's own variables without those of its layers, a mistake.
    """
    import h5py

    with h5py.File(file) as opened:
        group = opened["optimizer_weights"]
        names = [
            name if isinstance(name, str) else name.decode() for name in group.attrs["weight_names"]
        ]
        values = [group[name][()] for name in names]
    model.optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    model.optimizer.build(model.trainable_variables)
    model.optimizer.set_weights(values)


def write_all(keras: Any, rows: Iterable[Row], folder: pathlib.Path) -> dict[str, str]:
    """Write every row; what failed, by the row's folder."""
    failed = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row in rows:
            try:
                write(keras, row, folder / row.folder)
            except Exception:
                failed[row.folder] = traceback.format_exc(limit=-3)
    return failed


def read_all(keras: Any, rows: Iterable[Row], folder: pathlib.Path) -> dict[str, str]:
    """Read every file of every row that is there; the outcome by ``folder/format``."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row in rows:
            for ending in FORMATS:
                if keras.__name__ == "keras" and ending in row.unread:
                    continue
                if (folder / row.folder / f"model.{ending}").exists():
                    try:
                        outcome = read(keras, row, folder / row.folder, ending)
                    except Exception:
                        outcome = traceback.format_exc(limit=-3)
                    found[f"{row.folder}/{ending}"] = outcome
    return found


def _randomize(model: Any) -> None:
    """Weights that begin as zeros or ones get other numbers, so that each counts in the outputs."""
    random = np.random.RandomState(3)
    for variable in model.weights:
        value = np.asarray(variable)
        if value.dtype.kind == "f" and value.size and np.ptp(value) == 0:
            variable.assign(value + random.uniform(0.1, 0.4, value.shape).astype(value.dtype))


def _behaviour(keras: Any, model: Any, row: Row) -> dict[str, np.ndarray]:
    """Outputs; for a compiled model its optimizer, arguments, losses, and how it trains on."""
    found = dict(_leaves(model.predict(row.x, verbose=0), "outputs"))
    if row.y is None:
        return found
    found |= {
        f"optimizer {index}": np.asarray(variable)
        for index, variable in enumerate(_numpy(keras, v) for v in model.optimizer.variables)
    }
    found["compiled"] = np.asarray(_compiled(model))
    found |= _logs(model.evaluate(row.x, row.y, verbose=0, return_dict=True), "evaluated")
    if not row.trains:
        return found
    history = model.fit(row.x, row.y, **_TRAINING).history
    found |= _logs(history, "trained")
    found |= dict(_leaves(model.predict(row.x, verbose=0), "outputs after"))
    return found


def _numpy(keras: Any, value: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(value))


def _logs(logs: dict[str, Any], title: str) -> dict[str, np.ndarray]:
    return {f"{title} {name}": np.asarray(value, "float64") for name, value in logs.items()}


def _leaves(tree: Any, name: str) -> Iterable[tuple[str, np.ndarray]]:
    if isinstance(tree, dict):
        for key in sorted(tree):
            yield from _leaves(tree[key], f"{name} {key}")
    elif isinstance(tree, (list, tuple)):
        for index, part in enumerate(tree):
            yield from _leaves(part, f"{name} {index}")
    else:
        yield name, np.asarray(tree)


def _compiled(model: Any) -> str:
    """The loss, its weights and the metrics as text, alike however they were given."""
    config = model.get_compile_config()
    parts = ("loss", "loss_weights", "metrics", "weighted_metrics")
    return json.dumps({part: _plain(config.get(part)) for part in parts}, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and "class_name" in value:
        inner = value["config"]
        if value["class_name"] == "function":
            return inner
        return [value["class_name"], inner.get("name")]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return _FULL.get(value, value) if isinstance(value, str) else value


# How .h5 files name what was given by a short name.
_FULL = {"mse": "mean_squared_error", "mae": ["MeanAbsoluteError", "mae"]}


def _difference(
    expected: dict[str, np.ndarray], got: dict[str, np.ndarray], tolerance: float
) -> str:
    if expected.keys() != got.keys():
        return (
            f"expected {sorted(expected.keys() - got.keys())}, got {sorted(got.keys() - expected)}"
        )
    for name, wanted in expected.items():
        found = got[name]
        if wanted.dtype.kind in "US" or found.dtype.kind in "US":
            if str(wanted) != str(found):
                return f"{name}: expected {wanted}, got {found}"
            continue
        if wanted.shape != found.shape:
            return f"{name}: expected shape {wanted.shape}, got {found.shape}"
        wanted, found = (
            np.asarray(a, "complex128" if a.dtype.kind == "c" else "float64")
            for a in (wanted, found)
        )
        if not np.allclose(wanted, found, rtol=tolerance, atol=tolerance, equal_nan=True):
            worst = float(np.max(np.abs(wanted - found)))
            return f"{name}: differs by {worst:.3g}"
    return ""
