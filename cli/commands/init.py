"""``kerasette init``."""

from pathlib import Path

import click

from .. import options


@click.command()
@click.option(
    "--data", "data", type=click.Path(path_type=Path), metavar="PATH",
    help="A table, a file of arrays, or a folder with a folder of pictures or texts for each "
    "class. Default: the digits that come with kerasette.",
)  # fmt: skip
@click.option("--target", metavar="COLUMN", help="The column to predict. Default: the last one.")
@click.option(
    "--series", is_flag=True, help="The rows of the table are moments in time, the oldest first."
)
@click.option(
    "-o", "--output", "target_file", type=click.Path(path_type=Path), metavar="FILE",
    help="The config to write. Default: the data's name with .yaml.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@options.debug
def command(
    data: Path | None, target: str | None, series: bool, target_file: Path | None, force: bool
) -> None:
    """Write a commented config for your data, which can be trained as it is."""
    from ..errors import UsageProblem
    from ..run.statefile import write_text
    from ..starter import starter

    name = data.name.partition(".")[0] if data else "digits"
    file = target_file or Path(f"{name}.yaml")
    if file.suffix not in (".yaml", ".yml"):
        raise UsageProblem(f"--output {file}: the config is written as YAML; end it in .yaml.")
    if file.exists() and not force:
        raise UsageProblem(f"{file} is there already; with --force it is replaced.")
    text, notes = starter(data, target, series, file.resolve().parent)
    write_text(file, text)
    for note in notes:
        click.echo(f"Note: {note}.")
    click.echo(f"Wrote {file}. Look at it, and then: kerasette train {file}")
