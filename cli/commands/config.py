"""``kerasette config``."""

import click

from .. import options


@click.group(name="config")
def command() -> None:
    """Look at configs."""


@command.command()
@click.argument("config", nargs=-1, type=click.Path())
@options.settings
@click.option("--resolved", is_flag=True, help="With all defaults, and paths in full.")
@click.option("--origin", is_flag=True, help="Say of each value where it comes from.")
@options.debug
def show(config: tuple[str, ...], settings: tuple[str, ...], resolved: bool, origin: bool) -> None:
    """Show one config made of all CONFIG files and --set, as YAML."""
    from ..config.dump import to_yaml
    from ..config.load import load
    from ..config.nodes import KeyPath, plain

    loaded = load(config, settings)

    def said(path: KeyPath) -> str:
        return str(loaded.place(path)) if origin else ""

    values = loaded.resolved() if resolved else plain(loaded.root)
    click.echo(to_yaml(values, said), nl=False)
