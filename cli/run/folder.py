"""A run's folder: what is in it, and how one is made and found."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import CheckpointProblem, UsageProblem
from .statefile import write_json

STATE = "state.json"


class RunFolder:
    """The paths of a run."""

    def __init__(self, path: Path):
        self.path = path
        self.written = path / "config"  # the config files as written
        self.resolved = path / "config.yaml"
        self.environment = path / "environment.json"
        self.log = path / "log.jsonl"
        self.history = path / "history.csv"
        self.processing = path / "processing.json"
        self.checkpoints = path / "checkpoints"
        self.best = path / "best.keras"
        self.last = path / "last.keras"
        self.facts = path / "facts.json"  # what the report tells of model and predictions
        self.report = path / "report.html"
        self.state = path / STATE

    def read_state(self) -> dict[str, Any]:
        """The run's state: status, metrics, times."""
        try:
            return json.loads(self.state.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointProblem(f"{self.state} cannot be read: {error}.") from error

    def write_state(self, **values: Any) -> None:
        """Change entries of the run's state."""
        before = self.read_state() if self.state.exists() else {}
        write_json(self.state, {**before, **values})

    @property
    def latest_checkpoint(self) -> Path | None:
        """The newest file to go on from."""
        from kerasette.training.checkpoint_folder import CheckpointFolder

        return CheckpointFolder(self.checkpoints).latest

    @property
    def shown(self) -> str:
        """The path as one would type it."""
        return shown_path(self.path)


def shown_path(path: Path) -> str:
    """A path relative to the current folder, where it lies in it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def new_run(folder: Path, name: str) -> RunFolder:
    """Make the folder ``<date>-<name>-<n>`` with the first ``n`` that is free."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    stem = f"{datetime.now():%Y-%m-%d}-{plain}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = {entry.name for entry in folder.iterdir()}
        for number in range(1, 1_000_000):
            if f"{stem}-{number}" in taken:
                continue
            try:
                (folder / f"{stem}-{number}").mkdir()
            except FileExistsError:
                continue
            return RunFolder(folder / f"{stem}-{number}")
    except OSError as error:
        raise UsageProblem(f"No run folder can be made in {folder}: {error.strerror}.") from None
    raise UsageProblem(f"{folder} has a million runs of that name already.")


def find_run(given: str) -> RunFolder:
    """The run of a path, or of a name under ``runs``; ``last`` is the newest there.

    Raises ``CheckpointProblem`` where there is none.
    """
    if given == "last":
        runs = list_runs(Path("runs"))
        if not runs:
            raise CheckpointProblem("There is no run in the folder runs.")
        return runs[-1]
    for path in (Path(given), Path("runs") / given):
        if (path / STATE).is_file():
            return RunFolder(path.resolve())
    if Path(given).is_dir():
        raise CheckpointProblem(f"{given} is no run folder: it has no {STATE}.")
    from kerasette.errors import nearest

    names = [run.path.name for run in list_runs(Path("runs"))]
    hint = nearest(Path(given).name, names)
    raise CheckpointProblem(f"There is no run {given}.{hint}")


def list_runs(folder: Path) -> list[RunFolder]:
    """The runs in a folder, the oldest first."""
    if not folder.is_dir():
        return []
    found = [RunFolder(path.resolve()) for path in folder.iterdir() if (path / STATE).is_file()]
    return sorted(found, key=lambda run: (run.read_state().get("started", ""), run.path.name))


def is_run(given: str) -> bool:
    """Whether a command's argument names a run rather than a file."""
    if given == "last":
        return True
    return any((path / STATE).is_file() for path in (Path(given), Path("runs") / given))
