"""``kerasette resume``."""

import click

from .. import options
from ..output import Output


@click.command()
@options.run
@options.settings
@options.code
@options.output
@options.debug
def command(run: str, settings: tuple[str, ...], code: str | None, output: Output) -> None:
    """Go on with a RUN (a folder, or `last`) from its last checkpoint.

    What comes out is the same, to the bit, as if it had not been stopped. A run that is done goes
    on to more epochs with --set fit.epochs=N. Another model or other data are refused.
    """
    from ..config.load import load
    from ..run.folder import find_run
    from ..run.reopen import check_can_go_on, check_unchanged, load_run_config
    from ..run.settings import set_threads

    folder = find_run(run)
    loaded = load_run_config(folder)
    if settings:
        name = loaded.name
        loaded = load([str(folder.resolved)], settings)
        loaded.name = name
    check_can_go_on(folder, loaded)
    set_threads(loaded.config.threads)
    check_unchanged(folder, loaded)

    from ..model.code import load_code
    from ..run.session import resume

    resume(loaded, load_code(code), folder, output)
