"""``kerasette check``."""

import click

from .. import options
from ..output import Output


@click.command()
@click.argument("config", nargs=-1, type=click.Path())
@options.settings
@options.code
@options.output
@options.debug
def command(
    config: tuple[str, ...], settings: tuple[str, ...], code: str | None, output: Output
) -> None:
    """Check a CONFIG without training: its keys and values, the data, the shapes, some steps.

    The steps also tell how long training would take, and how much memory.
    """
    from ..config.load import load
    from ..run.settings import set_threads

    loaded = load(config, settings)
    set_threads(loaded.config.threads)

    from ..model.code import load_code
    from ..run.estimate import estimate
    from ..run.introduction import introduction
    from ..run.training import set_up

    setup = set_up(loaded, load_code(code))
    output.pairs(introduction(loaded.config, setup.data, setup.model))
    for note in setup.data.notes:
        output.say(f"Note: {note}.")
    setup.data.verify()
    found = estimate(setup)
    output.pairs(found.rows())
    output.event("end", status="good", **found.values())
    output.say(click.style("All is well.", fg="green"))
