"""Run every example, each in a fresh interpreter and a fresh folder.

    python scripts/run_examples.py
    python scripts/run_examples.py --data ~/data
    python scripts/run_examples.py --full iris mnist

``examples/*.py`` are run as they are, ``examples/configs/*.yaml`` by ``kerasette train``; words
on the command line choose those whose names contain one of them. A config must reach what its
comment says: ``Reaches: test accuracy above 0.98``. Where another comment gives settings and what
is reached with these (``In small: data.limit=5000 gives test accuracy above 0.9``), it is trained
with them, unless ``--full`` is given.

``--data`` names a folder that has the folders ``mnist`` and ``fashion_mnist``, with the four files
of these data sets. An example that needs one of them is left out, with a line saying so, where it
is not there; else a script gets the path of that folder as its argument, a config as ``data.path``.
Ends with status 1 where an example fails.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
PROMISE = re.compile(
    r"^# (?P<kind>Reaches|In small): (?:(?P<settings>.+) gives )?"
    r"test (?P<metric>\w+) (?P<side>above|below) (?P<bound>[\d.]+)$",
    re.M,
)
NEEDED = re.compile(r"\b(?:type: |datasets\.)(fashion_mnist|mnist)\b")


def needed_data(example: Path) -> str | None:
    """The name of the data set that an example needs and that does not come with kerasette."""
    found = NEEDED.search(example.read_text(encoding="utf-8"))
    return found[1] if found else None


@dataclass
class Promise:
    """What a config reaches, and the settings with which it does."""

    settings: list[str]
    metric: str
    side: str
    bound: float

    def is_kept(self, test: dict[str, float]) -> bool:
        """Whether the metrics on the test data are what was promised."""
        value = test[self.metric]
        return value > self.bound if self.side == "above" else value < self.bound


def promise(config: Path, full: bool) -> Promise:
    """What the comments of a config say that it reaches: in small, or in full."""
    found = {one["kind"]: one for one in PROMISE.finditer(config.read_text(encoding="utf-8"))}
    one = found.get("Reaches") if full else found.get("In small") or found.get("Reaches")
    if one is None:
        raise ValueError(f"{config} does not say what it reaches")
    return Promise((one["settings"] or "").split(), one["metric"], one["side"], float(one["bound"]))


def command(example: Path, data: Path | None, full: bool) -> list[str]:
    """What runs an example, with the folder of its data."""
    if example.suffix == ".py":
        return [str(example), *([str(data)] if data else [])]
    settings = [*promise(example, full).settings, *([f"data.path={data}"] if data else [])]
    given = [part for setting in settings for part in ("--set", setting)]
    return ["-m", "kerasette.cli", "train", str(example), *given]


def problem(example: Path, folder: Path, full: bool) -> str:
    """What a config that was trained in ``folder`` did not reach; nothing where all is well."""
    if example.suffix == ".py":
        return ""
    wanted = promise(example, full)
    (state,) = folder.glob("runs/*/state.json")
    test = json.loads(state.read_text(encoding="utf-8"))["test"]
    if wanted.is_kept(test):
        return ""
    return f"did not reach {wanted.metric} {wanted.side} {wanted.bound}: {test[wanted.metric]:.4f}"


def run(example: Path, data: Path | None, full: bool) -> bool:
    """Run one example and print its output; whether it succeeded."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    print(f"--- {example.name}", flush=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, *command(example, data, full)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
        )
        if ran.returncode:
            wrong = f"failed with status {ran.returncode}"
        else:
            wrong = problem(example, Path(folder), full)
    took = time.perf_counter() - start
    print(f"--- {example.name} {wrong or 'passed'} in {took:.1f} s\n", flush=True)
    return not wrong


def main() -> None:
    """Run the examples and print how they ended."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", help="run those with one of these in their names")
    parser.add_argument("--data", type=Path, help="folder with one folder for each data set")
    parser.add_argument("--full", action="store_true", help="train the large configs in full")
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
        elif run(example, folder, options.full):
            passed.append(example.name)
        else:
            failed.append(example.name)
    print(f"examples: {len(passed)} ran well, {len(failed)} failed, {len(left_out)} left out")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
