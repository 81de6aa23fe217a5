"""``kerasette train``."""

import click

from .. import options
from ..output import Output


@click.command()
@click.argument("config", nargs=-1, type=click.Path())
@click.option(
    "--resume", type=click.Choice(["never", "auto", "must"]), default="never", show_default=True,
    help="Go on with the newest run of this config's name, to the same bits: if it is not done, "
    "or as an error if there is none to go on with.",
)  # fmt: skip
@options.settings
@options.code
@options.output
@options.debug
def command(
    config: tuple[str, ...],
    resume: str,
    settings: tuple[str, ...],
    code: str | None,
    output: Output,
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
    from ..run import session

    if resume != "never":
        from ..run.reopen import run_to_go_on_with

        run = run_to_go_on_with(loaded, must=resume == "must")
        if run is not None:
            session.resume(loaded, load_code(code), run, output)
            return
    session.train(loaded, load_code(code), output)
