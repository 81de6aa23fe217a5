"""``kerasette evaluate``."""

from typing import Any

import click

from .. import options
from ..output import Output, metrics_line


@click.command()
@click.argument("run")
@click.argument("data", required=False, metavar="[INPUT]", type=click.Path(allow_dash=True))
@click.option(
    "--on", "part", type=click.Choice(["test", "validation", "train"]), default="test",
    show_default=True, help="Which part of the run's data to measure on, without an INPUT.",
)  # fmt: skip
@options.which
@options.code
@options.output
@options.debug
def command(
    run: str, data: str | None, part: str, which: str, code: str | None, output: Output
) -> None:
    """Measure the model of a RUN (a folder, or `last`) on its test data, or on those in INPUT."""
    from ..config.problems import Problems
    from ..model.code import load_code
    from ..model.compiling import compile_model
    from ..run.folder import find_run
    from ..run.reopen import load_run_config, load_run_model
    from ..run.settings import apply_settings

    folder = find_run(run)
    loaded = load_run_config(folder)
    problems = Problems(loaded.root)
    apply_settings(loaded.config, problems)
    own = load_code(code)
    model = load_run_model(folder, which, own)
    compile_model(model, loaded.config, problems, own)
    problems.check()
    if data is None:
        x, y = _part_of_run(folder, loaded, own, part, output)
        what = f"{part} data"
    else:
        x, y = _given(folder, data)
        what = data
    batch = loaded.config.fit.validation_batch_size or loaded.config.fit.batch_size
    found = model.evaluate(x, y, batch_size=batch, verbose=0, return_dict=True)
    output.say(f"{metrics_line(found)} · {len(y):,} samples of {what}, {which} model")
    output.event("end", run=str(folder.path), data=what, samples=len(y), metrics=found)


def _part_of_run(folder: Any, loaded: Any, code: Any, part: str, output: Output) -> Any:
    from ..data.load import load_data
    from ..data.saved import processing_json
    from ..errors import DataProblem

    prepared = load_data(loaded, code)
    import json

    kept = json.loads(folder.processing.read_text(encoding="utf-8"))
    if json.loads(json.dumps(processing_json(prepared))) != kept:
        output.say("Note: the data have changed since this run was trained.")
        output.event("note", text="the data have changed since this run was trained")
    chosen = getattr(prepared, part)
    if chosen is None:
        raise DataProblem(f"The run has no {part} data: see data.split in its config.")
    return chosen.x, chosen.y


def _given(folder: Any, source: str) -> Any:
    import numpy as np

    from ..data.incoming import read_incoming
    from ..data.saved import load_processing
    from ..errors import DataProblem

    processing, target = load_processing(folder.processing)
    parts = list(read_incoming(processing, target, source))
    known = [part.y for part in parts if part.y is not None]
    if len(known) != len(parts):
        raise DataProblem(f"{source} has no targets ({target.name}) to measure with.")
    return np.concatenate([part.x for part in parts]), np.concatenate(known)
