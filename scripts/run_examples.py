"""Run every example, each in a fresh interpreter and a fresh folder.

    python scripts/run_examples.py
    python scripts/run_examples.py --data ~/data
    python scripts/run_examples.py iris mnist

``examples/*.py`` are run as they are, ``examples/configs/*.yaml`` by ``kerasette train``; words on
the command line choose those whose names contain one of them. An example that needs more data than
kerasette ships says so in its first lines, ``# needs: mnist``; it is run where ``--data`` names a
folder that has a folder of that name, and left out, with a line saying so, where not. The examples
are told the folder by the environment variable ``KERASETTE_DATA``. Ends with status 1 where an
example fails.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"


def missing_data(example: Path, data: Path | None) -> list[str]:
    """The data sets that an example says it needs and that are not there."""
    head = "\n".join(example.read_text(encoding="utf-8").splitlines()[:15])
    needed = re.findall(r"^# needs: (\w+)$", head, re.MULTILINE)
    return [name for name in needed if data is None or not (data / name).is_dir()]


def run(example: Path, data: Path | None) -> bool:
    """Run one example and print its output; whether it succeeded."""
    code = (
        [str(example)]
        if example.suffix == ".py"
        else ["-m", "kerasette.cli", "train", str(example)]
    )
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    )
    if data is not None:
        environment["KERASETTE_DATA"] = str(data)
    name = example.relative_to(EXAMPLES)
    print(f"--- {name}", flush=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run([sys.executable, *code], cwd=folder, env=environment)
    outcome = f"failed with status {ran.returncode}" if ran.returncode else "passed"
    print(f"--- {name} {outcome} in {time.perf_counter() - start:.1f} s\n", flush=True)
    return not ran.returncode


def main() -> None:
    """Run the examples and print how they ended."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", help="run those with one of these in their names")
    parser.add_argument("--data", type=Path, help="folder with one folder for each data set")
    options = parser.parse_args()
    data = options.data.expanduser().resolve() if options.data else None
    examples = [*sorted(EXAMPLES.glob("*.py")), *sorted(EXAMPLES.glob("configs/*.yaml"))]
    chosen = [
        example
        for example in examples
        if not options.words or any(word in example.name for word in options.words)
    ]
    if not chosen:
        parser.error(f"no example in {EXAMPLES} has one of these in its name: {options.words}")
    passed, failed, left_out = [], [], []
    for example in chosen:
        if missing := missing_data(example, data):
            print(f"--- {example.name} left out: no data for {', '.join(missing)} in {data}\n")
            left_out.append(example.name)
        elif run(example, data):
            passed.append(example.name)
        else:
            failed.append(example.name)
    print(f"examples: {len(passed)} ran well, {len(failed)} failed, {len(left_out)} left out")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
