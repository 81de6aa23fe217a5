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
    on to more epochs with --set fit.epochs=N.
    """
    from ..config.dump import resolved_yaml
    from ..config.load import load
    from ..run.folder import find_run
    from ..run.reopen import check_can_go_on, load_run_config
    from ..run.settings import set_threads
    from ..run.statefile import write_text

    folder = find_run(run)
    loaded = load_run_config(folder)
    if settings:
        name = loaded.name
        loaded = load([str(folder.resolved)], settings)
        loaded.name = name
    check_can_go_on(folder, loaded)
    set_threads(loaded.config.threads)

    from ..model.code import load_code
    from ..run.session import resume
    from ..run.training import set_up

    setup = set_up(loaded, load_code(code))
    if settings:
        write_text(folder.resolved, resolved_yaml(loaded))
    resume(setup, folder, output)
