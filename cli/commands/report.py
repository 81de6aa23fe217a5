"""``kerasette report``."""

import click

from .. import options


@click.command()
@options.run
@options.debug
def command(run: str) -> None:
    """Write the report of a RUN (a folder, or `last`) anew: report.html in its folder.

    It is one page without outside resources: curves, predictions, the model, the config.
    """
    from ..report.page import write_report
    from ..run.folder import find_run, shown_path

    folder = find_run(run)
    write_report(folder)
    click.echo(f"Wrote {shown_path(folder.report)}")
