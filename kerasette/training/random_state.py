"""The state of every source of random numbers that is not part of a model."""

import random as python_random
from typing import Any

import numpy as np

from kerasette.random.seed_generator import global_seed_generator


def state() -> dict[str, Any]:
    """Draws without a seed, Python's generator and numpy's, as plain values and arrays."""
    version, words, spare = python_random.getstate()
    kind, keys, position, has_gauss, gauss = np.random.get_state()  # type: ignore[misc]
    return {
        "draws": np.asarray(global_seed_generator().state),
        "python": [version, list(words), spare],
        "numpy": [kind, np.asarray(keys), int(position), int(has_gauss), float(gauss)],
    }


def load_state(saved: dict[str, Any]) -> None:
    """Put back what ``state`` gave."""
    global_seed_generator().state.assign(saved["draws"])
    version, words, spare = saved["python"]
    python_random.setstate((version, tuple(words), spare))
    np.random.set_state(tuple(saved["numpy"]))
