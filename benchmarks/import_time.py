"""How much longer ``import kerasette`` takes than ``import numpy`` alone.

    python benchmarks/import_time.py --runs 21

Each run is a fresh interpreter; the two imports take turns, so that a busy machine slows both, and
the medians are compared. The first pair, which fills the file cache and writes byte code, is not
counted. Times are wall-clock milliseconds of the import statement, without the interpreter's start.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIMED = """
import time
start = time.perf_counter()
import {module}
print((time.perf_counter() - start) * 1e3)
"""


def milliseconds(module: str) -> float:
    """Import ``module`` in a fresh interpreter and return the time that it took."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ran = subprocess.run(
        [sys.executable, "-c", TIMED.format(module=module)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=21, help="imports of each (default: 21)")
    runs = parser.parse_args().runs
    if runs < 1:
        parser.error(f"--runs must be at least 1. Received: {runs}")
    times: dict[str, list[float]] = {"numpy": [], "kerasette": []}
    for run in range(runs + 1):
        for module, measured in times.items():
            passed = milliseconds(module)
            if run:
                measured.append(passed)
    print(f"Python {sys.version.split()[0]}, {runs} runs\n")
    print(f"{'import':<12}{'median':>10}{'least':>10}{'most':>10}   ms")
    for module, measured in times.items():
        figures = (statistics.median(measured), min(measured), max(measured))
        print(f"{module:<12}" + "".join(f"{figure:>10.1f}" for figure in figures))
    plain, ours = (statistics.median(measured) for measured in times.values())
    print(f"\nkerasette - numpy: {ours - plain:.1f} ms; kerasette / numpy: {ours / plain:.2f}")


if __name__ == "__main__":
    main()
