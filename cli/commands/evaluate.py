"""``kerasette evaluate``."""

from collections.abc import Iterator
from typing import Any

import click

from .. import options
from ..output import Output, metrics_line


@click.command()
@options.run
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
    size = loaded.config.fit.validation_batch_size or loaded.config.fit.batch_size
    if data is None:
        batches = _part_of_run(folder, loaded, own, part, size, output)
        what = f"{part} data"
    else:
        batches = _Given(folder, data, size)
        what = data
    found = model.evaluate(batches, verbose=0, return_dict=True)
    output.say(f"{metrics_line(found)} · {batches.rows:,} samples of {what}, {which} model")
    output.event("end", run=str(folder.path), data=what, samples=batches.rows, metrics=found)


def _part_of_run(folder: Any, loaded: Any, code: Any, part: str, size: int, output: Output) -> Any:
    from ..data.load import load_data
    from ..data.saved import processing_json
    from ..errors import DataProblem
    from ..run.batches import batches_of

    prepared = load_data(loaded, code)
    import json

    kept = json.loads(folder.processing.read_text(encoding="utf-8"))
    if json.loads(json.dumps(processing_json(prepared))) != kept:
        output.say("Note: the data have changed since this run was trained.")
        output.event("note", text="the data have changed since this run was trained")
    chosen = getattr(prepared, part)
    if chosen is None:
        raise DataProblem(f"The run has no {part} data: see data.split in its config.")
    return batches_of(chosen, batch_size=size)


class _Given:
    """The batches of a file with targets, read as they are needed; ``rows`` counts the samples."""

    def __init__(self, folder: Any, source: str, size: int):
        from ..data.saved import load_processing

        self.processing, self.target = load_processing(folder.processing)
        self.source, self.size, self.rows = source, size, 0

    def __iter__(self) -> Iterator[Any]:
        from ..data.incoming import read_incoming
        from ..errors import DataProblem

        for part in read_incoming(self.processing, self.target, self.source, self.size):
            y = part.targets()
            if y is not None:
                self.rows += len(part.names)
                yield part.x, y
            elif part.told is None:  # else the targets of these samples are still to come
                names = ", ".join(self.target.names)
                raise DataProblem(f"{self.source} has no targets ({names}) to measure with.")
        if not self.rows:
            raise DataProblem(f"{self.source} has no sample whose target is known.")
