"""``kerasette runs``."""

import json
from pathlib import Path
from typing import Any

import click

from .. import options


@click.command()
@click.argument("folder", default="runs", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a run.")
@options.debug
def command(folder: Path, as_json: bool) -> None:
    """List the runs in FOLDER (default: runs), the oldest first."""
    from ..errors import UsageProblem
    from ..run.folder import list_runs
    from ..table import lines_of_table

    if not folder.is_dir():
        raise UsageProblem(f"There is no folder {folder}.")
    found = [(run, run.read_state()) for run in list_runs(folder)]
    if as_json:
        for run, state in found:
            click.echo(json.dumps({"run": str(run.path), **state}))
        return
    if not found:
        click.echo(f"There are no runs in {folder}.")
        return
    rows = [_row(run.path.name, state) for run, state in found]
    for line in lines_of_table(["run", "status", "epochs", "time", "best", "test"], rows):
        click.echo(line)


def _row(name: str, state: dict[str, Any]) -> list[str]:
    from ..output import duration, metrics_line

    best = {k: v for k, v in (state.get("best") or {}).items() if k != "epoch"}
    seconds = state.get("seconds")
    return [
        name,
        state.get("status", "?"),
        str(state.get("epochs", "")),
        duration(seconds) if seconds is not None else "",
        metrics_line(best),
        metrics_line(state.get("test") or {}),
    ]
