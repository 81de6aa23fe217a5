"""How long after its start a process has the first prediction of a ``.keras`` file.

    python benchmarks/first_prediction.py [--file MODEL.keras] [--runs 11]

The file is by default one of real Keras, from the tests: a small convolutional model, compiled.
Each run is a fresh process that imports kerasette, loads the model and predicts one sample. Of the
wall clock's times the best and the median are given, and those of the processor (user and system),
which other work on the machine does not lengthen. Byte code is cached, as an installed package has
it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests" / "saving" / "data" / "keras_written.zip"
MODEL = "models.convolutional/model.keras"
PREDICT = """
import sys
import numpy
import kerasette
model = kerasette.saving.load_model(sys.argv[1])
shape = [size or 1 for size in model.input_shape]
print(model.predict(numpy.zeros(shape, "float32"), verbose=0).shape)
"""


def measure(file: Path, runs: int, cache: Path) -> tuple[list[float], list[float]]:
    """Seconds of the wall clock and of the processor, of each run."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    wall, processor = [], []
    for turn in range(runs + 1):
        before, start = os.times(), time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", PREDICT, str(file)],
            env=environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        passed, after = time.perf_counter() - start, os.times()
        if turn:  # the first run writes the byte code
            wall.append(passed)
            used = after.children_user + after.children_system
            processor.append(used - before.children_user - before.children_system)
    return wall, processor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, help="a .keras file with one input")
    parser.add_argument("--runs", type=int, default=11, help="processes (default: 11)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        file = given.file
        if file is None:
            with zipfile.ZipFile(FIXTURES) as archive:
                file = Path(archive.extract(MODEL, temporary))
        wall, processor = measure(file, given.runs, Path(temporary) / "cache")
    for name, times in (("wall clock", wall), ("processor", processor)):
        print(f"{name}: best {min(times):.3f} s, median {statistics.median(times):.3f} s")


if __name__ == "__main__":
    main()
