"""The command ``kerasette``: its subcommands, each loaded when it is used."""

import importlib
import os
import sys
from typing import Any

import click

from .errors import FAILED, INTERRUPTED, CommandError

COMMANDS = {  # name: what --help says of it; the module of that name has the command
    "init": "Write a config for your data, to be trained as it is.",
    "check": "Check a config, its data and its model, without training.",
    "train": "Train from a config file, and keep all of it in a run folder.",
    "resume": "Go on with a run that was stopped.",
    "evaluate": "Measure a run's model on its test data.",
    "predict": "Predict for new samples with a run's model.",
    "summary": "Show the model of a config or of a run, layer by layer.",
    "inspect": "Show what is in a model or checkpoint file, without running anything.",
    "runs": "List the runs in a folder.",
    "report": "Write the report of a run, a page to be read in a browser.",
    "config": "Show a config with all defaults, and where each value comes from.",
    "schema": "Print the JSON schema of config files, for editors.",
    "doctor": "Say what is installed and in use, and what would make it faster.",
    "run": "Run a Keras script with kerasette in Keras's place.",
    "completion": "Print the script that completes commands in your shell.",
}


class Commands(click.Group):
    """Subcommands by name; the module of one is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"{__package__}.commands.{name}")
        return module.command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from kerasette.errors import nearest

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = nearest(args[0], COMMANDS)
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from kerasette._version import __version__

        click.echo(f"kerasette {__version__}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Print the version.",
)  # fmt: skip
def group() -> None:
    """Train Keras models from config files.

    \b
    kerasette train                              the digits that come with kerasette
    kerasette train my.yaml --set fit.epochs=20  a config of your own, with a value changed
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line, and end the process with the exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code. Errors are one message, without a traceback."""
    debug = "--debug" in arguments or bool(os.environ.get("KERASETTE_DEBUG"))
    try:
        result = group.main(arguments, prog_name="kerasette", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except CommandError as error:
        if debug:
            _traceback()
        show_error(error.message, error.hint, is_failure=error.exit_code != INTERRUPTED)
        return error.exit_code
    except Exception as error:
        if debug:
            _traceback()
        from kerasette.errors import FileError

        if isinstance(error, FileError):  # says all that there is to say
            show_error(str(error))
            return FAILED
        hint = "" if debug else "With --debug you see where it happened."
        show_error(f"{type(error).__name__}: {error}", hint)
        return FAILED


def show_error(message: str, hint: str = "", is_failure: bool = True) -> None:
    """Print an error for people."""
    head = click.style("Error: ", fg="red", bold=True) if is_failure else ""
    click.echo(head + message, err=True)
    if hint:
        click.echo(hint, err=True)


def _traceback() -> None:
    import traceback

    traceback.print_exc()
