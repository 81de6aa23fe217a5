"""``kerasette doctor``."""

import json

import click

from .. import options


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@options.debug
def command(as_json: bool) -> None:
    """Say what is installed and in use on this machine, and what would make it faster."""
    from ..doctor import examine
    from ..output import folded

    found = examine()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    width = max(len(name) for section in found["facts"].values() for name in section)
    for title, section in found["facts"].items():
        click.secho(title, bold=True)
        for name, value in section.items():
            first, *more = folded(value, width + 4)
            click.echo(f"  {name.ljust(width)}  {first}")
            for line in more:
                click.echo(f"  {' ' * width}  {line}")
    click.secho("Advice", bold=True)
    for line in found["advice"] or ["Nothing to mend."]:
        click.echo(f"  {line}")
