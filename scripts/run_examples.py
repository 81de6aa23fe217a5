"""Run every example, each in a fresh interpreter and a fresh folder.

    python scripts/run_examples.py
    python scripts/run_examples.py --data ~/data
    python scripts/run_examples.py iris mnist

``examples/*.py`` are run as they are, ``examples/configs/*.yaml`` by ``kerasette train``; words
on the command line choose those whose names contain one of them. ``--data`` names a folder that
has the folders ``mnist`` and ``fashion_mnist``, with the four files of these data sets. An
example that needs one of them is left out, with a line saying so, where it is not there; else a
script gets the path of that folder as its argument, a config as ``data.path``. Ends with status 1
where an example fails.
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
NEEDED = re.compile(r"\b(?:type: |datasets\.)(fashion_mnist|mnist)\b")


def needed_data(example: Path) -> str | None:
    """The name of the data set that an example needs and that does not come with kerasette."""
    found = NEEDED.search(example.read_text(encoding="utf-8"))
    return found[1] if found else None


def command(example: Path, data: Path | None) -> list[str]:
    """What runs an example, with the folder of its data."""
    if example.suffix == ".py":
        return [str(example), *([str(data)] if data else [])]
    setting = ["--set", f"data.path={data}"] if data else []
    return ["-m", "kerasette.cli", "train", str(example), *setting]


def run(example: Path, data: Path | None) -> bool:
    """Run one example and print its output; whether it succeeded."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    print(f"--- {example.name}", flush=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, *command(example, data)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
        )
    outcome = f"failed with status {ran.returncode}" if ran.returncode else "passed"
    print(f"--- {example.name} {outcome} in {time.perf_counter() - start:.1f} s\n", flush=True)
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
        name = needed_data(example)
        folder = data / name if data and name else None
        if name and not (folder and folder.is_dir()):
            print(f"--- {example.name} left out: it needs --data FOLDER with {name}/ in it\n")
            left_out.append(example.name)
        elif run(example, folder):
            passed.append(example.name)
        else:
            failed.append(example.name)
    print(f"examples: {len(passed)} ran well, {len(failed)} failed, {len(left_out)} left out")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
