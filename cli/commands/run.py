"""``kerasette run``."""

from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("script", type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(script: Path, arguments: tuple[str, ...]) -> int:
    """Run SCRIPT.py, a program written for Keras 3, with kerasette in Keras's place.

    In this process alone, `import keras` gives kerasette, and so do `from keras import layers` and
    `import keras.ops as ops`. KERAS_BACKEND has no meaning.
    """
    from ..errors import UsageProblem
    from ..script import run_script

    if not script.is_file():
        raise UsageProblem(f"There is no file {script}.")
    return run_script(script, list(arguments))
