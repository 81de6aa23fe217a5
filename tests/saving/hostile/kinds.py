"""The kinds of files that kerasette reads, each with a small one and what reading it gives."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import kerasette
from kerasette import layers
from kerasette.datasets.npz import load_npz
from kerasette.saving.state_file import load_state, save_state

REFUSED = (OSError, ValueError, TypeError)  # FileError is an OSError


@dataclass(frozen=True)
class Kind:
    """A kind of file: how one is written, and what is in it, as something to compare."""

    suffix: str
    write: Callable[[Path], None]
    read: Callable[[Path], Any]


def model() -> Any:
    """A small model, trained for a step, with a state of the optimizer."""
    kerasette.utils.set_random_seed(1)
    made = kerasette.Sequential(
        [
            kerasette.Input((3,), name="measured"),
            layers.Dense(4, activation="relu", name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.25, seed=1, name="drop"),
            layers.Dense(2, name="out"),
        ],
        name="small",
    )
    made.compile(optimizer=kerasette.optimizers.Adam(name="adam"), loss="mse")
    made.train_on_batch(np.ones((2, 3), "float32"), np.ones((2, 2), "float32"))
    return made


def lookup_model() -> Any:
    """A model with a vocabulary, which a ``.keras`` file holds as an asset."""
    lookup = layers.StringLookup(name="lookup")
    lookup.adapt(["red", "green", "green"])
    return kerasette.Sequential([kerasette.Input((1,), dtype="string"), lookup], name="words")


def content(made: Any) -> Any:
    """All that loading a model sets."""
    kept = [np.asarray(v).tolist() for v in made.variables]
    optimizer = getattr(made, "optimizer", None)
    state = [np.asarray(v).tolist() for v in optimizer.variables] if optimizer is not None else []
    words = [l.get_vocabulary() for l in made.layers if hasattr(l, "get_vocabulary")]  # noqa: E741
    return json.dumps([made.get_config(), made.get_compile_config(), kept, state, words])


def _read_weights(path: Path) -> Any:
    made = model()
    for variable in (*made.variables, *made.optimizer.variables):
        variable.assign(np.zeros(variable.shape))
    made.load_weights(path)
    return content(made)


_STATE = {"epoch": 3, "losses": [0.5, 0.25], "weights": [np.arange(12.0), np.ones((2, 3), "int8")]}


def _read_state(path: Path) -> Any:
    return repr(load_state(path))


def _write_npz(path: Path) -> None:
    np.savez(path, x=np.arange(60).reshape(20, 3), y=np.linspace(0, 1, 20))


KINDS = {
    "keras": Kind(".keras", lambda p: model().save(p), _load := (
        lambda p: content(kerasette.models.load_model(p))
    )),
    "assets": Kind(".keras", lambda p: lookup_model().save(p), _load),
    "weights": Kind(".weights.h5", lambda p: model().save_weights(p), _read_weights),
    "legacy": Kind(".h5", lambda p: model().save(p), _load),
    "state": Kind(".state", lambda p: save_state(p, _STATE), _read_state),
    "npz": Kind(".npz", _write_npz, lambda p: repr(load_npz(p, ("x", "y")))),
}  # fmt: skip


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """``data`` with some bits flipped, or cut, or with a part of it missing, doubled or zeroed."""
    changed = bytearray(data)
    kind = random.integers(10)
    if kind < 6:
        for place in random.integers(0, 8 * len(data), random.choice([1, 1, 1, 2, 8])):
            changed[place // 8] ^= 1 << (place % 8)
        return bytes(changed)
    start, end = sorted(random.integers(0, len(data), 2).tolist())
    end = min(end, start + int(random.choice([1, 64, 4096]))) + 1
    match kind:
        case 6:
            return bytes(changed[:start])
        case 7:
            return bytes(changed[:start] + changed[end:])
        case 8:
            return bytes(changed[:end] + changed[start:])
    changed[start:end] = bytes(end - start)
    return bytes(changed)


def try_damaged(kind: Kind, folder: Path, count: int, seed: int) -> dict[str, int]:
    """How many of ``count`` damaged files were refused, and how many read as if they were whole.

    Raises: AssertionError for one that was read wrongly, or led to another error than a refusal.
    """
    import warnings

    path = folder / f"file{kind.suffix}"
    kind.write(path)
    data, expected = path.read_bytes(), kind.read(path)
    random = np.random.default_rng(seed)
    found = {"refused": 0, "same": 0, "warned": 0}
    for number in range(count):
        changed = damaged(data, random)
        path.write_bytes(changed)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                read = kind.read(path)
            except REFUSED:
                found["refused"] += 1
                continue
            except BaseException as error:
                raise AssertionError(f"Case {number} of seed {seed}: {error!r}") from error
        if read != expected:
            assert told, f"Case {number} of seed {seed} was read wrongly, without a word."
            found["warned"] += 1
        else:
            found["same"] += 1
    return found


def npz_bytes(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()
