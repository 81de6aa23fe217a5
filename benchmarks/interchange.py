"""Which files travel between kerasette and real Keras, both ways: ``docs/interchange.md``.

    python benchmarks/interchange.py --keras PYTHON [--only TEXT] [--write]

``PYTHON`` is the interpreter of an environment with Keras and PyTorch. Each row of
``tests/saving/interchange`` is made, trained and saved by one of the two and loaded by the other,
in every format. The reader must get equal outputs, compile arguments and optimizer states, and
train on to equal losses and outputs. With ``--write`` the table in the docs is written anew.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.saving.interchange.exchange import FORMATS, TOLERANCE, Row
from tests.saving.interchange.rows import LEFT_OUT, TABLES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "interchange.md"
OTHER = {"keras": "kerasette", "kerasette": "keras"}
HEAD = """# Interchange with Keras

Made by `python benchmarks/interchange.py --keras PYTHON --write` on {date}, with Keras {keras} on
PyTorch.

Every row is a model that was made, trained and saved by one side and loaded by the other.

* ✓: the loaded model gives the same outputs (to {tolerance:g} of the value, unless a row says
  otherwise); where it was compiled, the same compile arguments, optimizer state and evaluation, and
  training goes on to the same losses, metrics and outputs.
* ✗: it does not.
* –: Keras itself cannot write or read that file; a note says why.

`.h5` is the older whole-model file. Keras's own loader of it does not give the optimizer its state
(it builds it over no variables), so there the state is read from the file beside it.

"""
COLUMNS = (
    "| {group} | Keras → kerasette `.keras` | `.h5` | `.weights.h5` "
    "| kerasette → Keras `.keras` | `.h5` | `.weights.h5` |\n|---|:-:|:-:|:-:|:-:|:-:|:-:|\n"
)


def run(python: str, task: str, framework: str, folder: Path, only: str) -> dict[str, str]:
    """One side's work in its own interpreter."""
    command = [python, "-m", "tests.saving.interchange", task, framework, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "torch"}
    done = subprocess.run(
        [*command, "--only", only],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def outcomes(pythons: dict[str, str], only: str) -> dict[tuple[str, str], str]:
    """What came of each file, by the writer and ``folder/format``; an empty text: all equal."""
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        for writer, reader in OTHER.items():
            folder = Path(temporary) / writer
            failed = run(pythons[writer], "write", writer, folder, only)
            for name, why in failed.items():
                found.update({(writer, f"{name}/{ending}"): why for ending in FORMATS})
            read = run(pythons[reader], "read", reader, folder, only)
            found |= {
                (writer, name): why for name, why in read.items() if (writer, name) not in found
            }
    return found


def table(rows: list[Row], found: dict[tuple[str, str], str], notes: list[str]) -> str:
    """The rows of one group, with marks for their notes."""
    lines = [COLUMNS.format(group=rows[0].group)]
    for row in rows:
        places = [(writer, ending) for writer in OTHER for ending in FORMATS]
        cells = [_cell(row, *place, found, notes) for place in places]
        name = row.name + (
            "" if row.trains else _mark("trained on by other numbers: " + LATER, notes)
        )
        if row.tolerance != TOLERANCE:
            name += _mark(f"to {row.tolerance:g}: its numbers have 8 bits", notes)
        lines.append(f"| {name} | {' | '.join(cells)} |\n")
    return "".join(lines) + "\n"


LATER = "on PyTorch Keras overwrites a value that the step still needs"


def _cell(row: Row, writer: str, ending: str, found: Any, notes: list[str]) -> str:
    why = row.without.get(ending) if writer == "keras" else row.unread.get(ending)
    if ending in row.without:
        why = row.without[ending]
    outcome = found.get((writer, f"{row.folder}/{ending}"))
    if outcome is None:
        return "–" + _mark(why or "not run", notes)
    return "✗" if outcome else "✓"


def _mark(note: str, notes: list[str]) -> str:
    if note not in notes:
        notes.append(note)
    return f" [{notes.index(note) + 1}]"


def main() -> int:
    """Run, print what failed, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", required=True, help="an interpreter with Keras and PyTorch")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    parser.add_argument("--write", action="store_true", help="write docs/interchange.md")
    given = parser.parse_args()
    pythons = {"keras": given.keras, "kerasette": sys.executable}
    found = outcomes(pythons, given.only)
    bad = {name: why for name, why in found.items() if why}
    for (writer, name), why in sorted(bad.items()):
        print(f"{writer} → {OTHER[writer]}: {name}: {why.strip().splitlines()[-1]}")
    print(f"{len(found)} files, {len(bad)} that do not travel")
    if given.write:
        ask = [given.keras, "-c", "import keras; print(keras.__version__)"]
        version = subprocess.run(
            ask, env={**os.environ, "KERAS_BACKEND": "torch"}, capture_output=True, text=True
        )
        notes: list[str] = []
        text = HEAD.format(
            date=date.today(), keras=version.stdout.strip(), tolerance=TOLERANCE
        ) + "".join(table(list(rows.values()), found, notes) for rows in TABLES)
        text += "".join(f"[{i}] {note}.\n\n" for i, note in enumerate(notes, 1))
        text += "Without a row:\n\n"
        text += "".join(f"* `{name}`: {why}.\n" for name, why in sorted(LEFT_OUT.items()))
        DOCS.write_text(text, encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
