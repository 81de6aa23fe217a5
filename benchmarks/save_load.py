"""Saving and loading a model of 100 MB: kerasette against real Keras.

    python benchmarks/save_load.py --keras PYTHON [--runs 7]

``PYTHON`` is the interpreter of an environment with Keras and PyTorch. The two take turns, each run
in a fresh process that does each thing several times and counts the best, so that a busy machine
slows both; medians of the runs are compared. Times are wall-clock seconds; kerasette's saves are
flushed to the disk, Keras's are not. Memory is what the process had at its highest while loading,
over what it had before, as a multiple of the weights' size; a small model was loaded before, so
that the libraries themselves do not count (Linux only).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKER = """
import importlib, json, math, re, sys, time, warnings
warnings.simplefilter("ignore")
keras = importlib.import_module(sys.argv[1])
folder, found = sys.argv[2], {}

def model(units, layers):
    dense = [keras.layers.Dense(units) for _ in range(layers)]
    return keras.Sequential([keras.Input((units,)), *dense])

def timed(name, action, times=4):
    for _ in range(times):
        start = time.perf_counter()
        result = action()
        passed = time.perf_counter() - start
        found[name] = min(passed, found.get(name, passed))
    return result

def memory(field):
    try:
        return int(re.search(field + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
    except OSError:
        return 0

small = model(2, 1)
small.save(folder + "/small.keras")
keras.saving.load_model(folder + "/small.keras")
if sys.argv[3] == "save":
    large = model(1024, 25)
    timed("save .keras", lambda: large.save(folder + "/large.keras"))
    timed("save .weights.h5", lambda: large.save_weights(folder + "/large.weights.h5"))
    timed("load .weights.h5", lambda: large.load_weights(folder + "/large.weights.h5"))
else:
    before = memory("VmRSS")
    try:
        open("/proc/self/clear_refs", "w").write("5")
    except OSError:
        pass
    load = lambda: keras.saving.load_model(folder + "/large.keras")
    large = timed("load .keras", load, times=1)
    size = sum(4 * math.prod(w.shape) for w in large.weights)
    found["memory while loading"] = (memory("VmHWM") - before) / size
    del large
    timed("load .keras", load)
print(json.dumps(found))
"""


def run(python: str, framework: str, folder: Path, task: str) -> dict[str, float]:
    """One process: what it measured."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "torch"}
    done = subprocess.run(
        [python, "-c", WORKER, framework, str(folder), task],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure in turns and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", required=True, help="an interpreter with Keras and PyTorch")
    parser.add_argument("--runs", type=int, default=7, help="processes of each (default: 7)")
    given = parser.parse_args()
    pythons = {"kerasette": sys.executable, "keras": given.keras}
    measured: dict[str, dict[str, list[float]]] = {name: {} for name in pythons}
    with tempfile.TemporaryDirectory() as temporary:
        for turn in range(given.runs + 1):
            for task in ("save", "load"):
                for framework, python in pythons.items():
                    folder = Path(temporary) / framework
                    folder.mkdir(exist_ok=True)
                    for name, value in run(python, framework, folder, task).items():
                        if turn:  # the first one fills caches
                            measured[framework].setdefault(name, []).append(value)
    print(f"{'':22}{'kerasette':>12}{'Keras':>12}{'ratio':>10}")
    for name, values in measured["kerasette"].items():
        ours, theirs = (statistics.median(v) for v in (values, measured["keras"][name]))
        print(f"{name:22}{ours:12.3f}{theirs:12.3f}{ours / theirs:10.2f}")


if __name__ == "__main__":
    main()
