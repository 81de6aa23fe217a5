"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .output import Output

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _runs(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """What completes a run: `last`, the names under ``runs``, else a path."""
    from click.shell_completion import CompletionItem

    from .run.folder import list_runs

    names = ["last", *(run.path.name for run in list_runs(Path("runs")))]
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="dir")]


run = click.argument("run", shell_complete=_runs)

settings = click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE",
    help="Change a value of the config, such as fit.epochs=20 or model.layers[2].units=64.",
)  # fmt: skip

code = click.option(
    "--code", metavar="FILE.py", type=click.Path(),
    help="Run this file first; its classes and functions may be named in the config.",
)  # fmt: skip

which = click.option(
    "--model", "which", type=click.Choice(["best", "last"]), default="best", show_default=True,
    help="The model of the best epoch, or of the last one.",
)  # fmt: skip

debug = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show a traceback where something fails."
)


def output(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--quiet`` and ``--json``, given to the command as one ``output``."""

    def with_output(*args: Any, quiet: bool, as_json: bool, **kwargs: Any) -> Any:
        return function(*args, output=Output(quiet, as_json), **kwargs)

    with_output.__doc__ = function.__doc__
    with_output.__name__ = function.__name__
    with_output.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    add_quiet = click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
    add_json = click.option(
        "--json", "as_json", is_flag=True, help="Print JSON, one object a line."
    )
    return add_quiet(add_json(with_output))
