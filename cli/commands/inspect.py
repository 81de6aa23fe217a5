"""``kerasette inspect``."""

import dataclasses
import json
from pathlib import Path

import click

from .. import options


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@options.debug
def command(file: Path, as_json: bool) -> None:
    """Show what is in FILE: a model, weights, a checkpoint, arrays, or a run (`last` is one).

    Nothing in the file is run, and no class that it names is looked for.
    """
    from ..inspection import inspect_file, printable, total
    from ..run.folder import find_run, is_run
    from ..table import lines_of_table

    if is_run(str(file)):
        run = find_run(str(file))
        there = [path for path in (run.best, run.last) if path.exists()]
        file = next(iter(there), run.latest_checkpoint or run.last)
    found = inspect_file(file)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found), indent=2))
        return
    facts = {"file": str(file), "kind": found.kind, **found.facts, "holds": total(found.arrays)}
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{click.style(printable(name).ljust(width), bold=True)}  {printable(value)}")
    if found.layers:
        click.echo()
        head = ["layer", "class", "arguments"]
        for line in lines_of_table(head, [list(map(printable, row)) for row in found.layers]):
            click.echo(line)
    if found.arrays:
        click.echo()
        rows = [
            [
                printable(array.path),
                "x".join(map(str, array.shape)) or "1",
                array.dtype,
                f"{array.count:,}",
            ]
            for array in found.arrays
        ]
        for line in lines_of_table(["array", "shape", "dtype", "numbers"], rows, frozenset({3})):
            click.echo(line)
