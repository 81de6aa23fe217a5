"""``kerasette train``."""

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
    """Train from a CONFIG file (YAML, TOML or JSON).

    Of several files the later ones change the earlier ones. Without any, a small convolutional
    network learns the 8x8 digits that come with kerasette.
    """
    from ..config.load import load
    from ..run.settings import set_threads

    loaded = load(config, settings)
    set_threads(loaded.config.threads)

    from ..model.code import load_code
    from ..run.session import train

    train(loaded, load_code(code), output)
