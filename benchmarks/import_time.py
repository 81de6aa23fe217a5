"""How much longer ``import kerasette`` takes than ``import numpy`` alone.

    python benchmarks/import_time.py --runs 21

Two imports of kerasette are measured: the plain one, which loads nothing that is not used, and one
that also loads what a model needs: operations, layers, models, losses, metrics and optimizers. Each
run is a fresh interpreter; the imports take turns, so that a busy machine slows all of them, and
the medians are compared. The first round, which fills the file cache and writes byte code, is not
counted. Times are wall-clock milliseconds of the import statement, without the interpreter's start.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MEASURED = {
    "numpy": "import numpy",
    "kerasette": "import kerasette",
    "for a model": "from kerasette import layers, losses, metrics, models, ops, optimizers",
}
TIMED = """
import time
start = time.perf_counter()
{statement}
print((time.perf_counter() - start) * 1e3)
"""


def milliseconds(statement: str) -> float:
    """Run an import in a fresh interpreter and return the time that it took."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ran = subprocess.run(
        [sys.executable, "-c", TIMED.format(statement=statement)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
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
    times: dict[str, list[float]] = {name: [] for name in MEASURED}
    for run in range(runs + 1):
        for name, measured in times.items():
            passed = milliseconds(MEASURED[name])
            if run:
                measured.append(passed)
    print(f"Python {sys.version.split()[0]}, {runs} runs, milliseconds\n")
    print(f"{'import':<14}{'median':>10}{'least':>10}{'most':>10}{'- numpy':>10}{'/ numpy':>10}")
    plain = statistics.median(times["numpy"])
    for name, measured in times.items():
        median = statistics.median(measured)
        figures = (median, min(measured), max(measured), median - plain)
        print(f"{name:<14}{''.join(f'{ms:>10.1f}' for ms in figures)}{median / plain:>10.2f}")


if __name__ == "__main__":
    main()
