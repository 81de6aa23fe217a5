"""Whether memory grows with use: ``python benchmarks/reliability/growth.py``.

Calls ``fit`` and ``predict`` of one model 10,000 times each, and builds, trains and drops 1,000
models; prints by how many megabytes the process grew meanwhile, after a warm-up. It fails above 5.
"""

import argparse
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

import kerasette

LIMIT = 5.0  # MB
X = np.random.RandomState(0).rand(30, 4).astype("float32")
Y = np.random.RandomState(1).randint(0, 3, 30)


def resident() -> float:
    """The memory that the process has, in MB, with nothing left to be collected."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def model() -> kerasette.Model:
    """A small one."""
    layers = kerasette.layers
    made = kerasette.Sequential(
        [
            kerasette.Input((4,)),
            layers.Dense(8, activation="relu"),
            layers.Dropout(0.1),
            layers.Dense(3, activation="softmax"),
        ]
    )
    made.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


def grown(what: Callable[[], object], times: int, warm_up: int) -> float:
    """By how much the process grows while something is done so many times."""
    for _ in range(warm_up):
        what()
    before = resident()
    for _ in range(times):
        what()
    return resident() - before


def built_and_dropped() -> None:
    made = model()
    made.fit(X, Y, batch_size=15, verbose=0)
    made.predict(X, verbose=0)


def main() -> int:
    """Print the growth of each kind of use."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--models", type=int, default=1_000)
    options = parser.parse_args()
    one = model()
    found = {
        f"{options.calls} calls of fit": grown(
            lambda: one.fit(X, Y, batch_size=15, verbose=0), options.calls, 500
        ),
        f"{options.calls} calls of predict": grown(
            lambda: one.predict(X, batch_size=15, verbose=0), options.calls, 500
        ),
        f"{options.calls} calls of the model": grown(lambda: one(X), options.calls, 500),
        f"{options.models} models": grown(built_and_dropped, options.models, 50),
    }
    for what, megabytes in found.items():
        print(f"{what}: {megabytes:+.2f} MB")
    return int(max(found.values()) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
