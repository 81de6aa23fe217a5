"""``kerasette summary``."""

from typing import Any

import click

from .. import options


@click.command()
@click.argument("source", metavar="[CONFIG or RUN]", nargs=-1)
@options.settings
@options.which
@options.code
@options.debug
def command(
    source: tuple[str, ...], settings: tuple[str, ...], which: str, code: str | None
) -> None:
    """Show a model layer by layer: that of a CONFIG, of a RUN, or in a .keras or .h5 file."""
    from ..model.code import load_code
    from ..run.folder import is_run

    own = load_code(code)
    if len(source) == 1 and is_run(source[0]):
        from ..run.folder import find_run
        from ..run.reopen import load_run_model

        model = load_run_model(find_run(source[0]), which, own)
    elif len(source) == 1 and source[0].endswith((".keras", ".h5")):
        from ..model.build import load_saved

        model = load_saved(source[0], own)
    else:
        model = _of_config(source, settings, own)
    model.summary(print_fn=lambda text, **_: click.echo(text))


def _of_config(source: tuple[str, ...], settings: tuple[str, ...], code: Any) -> Any:
    from ..config.load import load
    from ..data.load import load_data
    from ..model.build import build_model
    from ..run.settings import apply_settings

    loaded = load(source, settings)
    apply_settings(loaded.config, loaded.problems)
    loaded.problems.check()
    data = load_data(loaded, code)
    model = build_model(loaded.config, data.inputs, loaded.problems, code)  # type: ignore[arg-type]
    loaded.problems.check()
    return model
