"""``kerasette predict``."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from .. import options


@click.command()
@options.run
@click.argument("source", required=False, metavar="[INPUT]", type=click.Path(allow_dash=True))
@click.option(
    "-o", "--output", "target", type=click.Path(), metavar="FILE",
    help="Write to a .csv, .jsonl or .npz file. Default: CSV to standard output.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "npz"]),
    help="The form of the output. Default: by the suffix of FILE.",
)  # fmt: skip
@click.option("--probabilities", is_flag=True, help="Give a column for each class.")
@click.option(
    "--chunk", type=click.IntRange(1), default=1024, show_default=True, metavar="ROWS",
    help="How many samples to read before their predictions are written.",
)  # fmt: skip
@options.which
@options.code
@options.debug
def command(
    run: str, source: str | None, target: str | None, form: str | None, probabilities: bool,
    chunk: int, which: str, code: str | None,
) -> None:  # fmt: skip
    """Predict with the model of a RUN (a folder, or `last`) for the samples in INPUT.

    INPUT is a file of the kind that the run was trained with (CSV, Parquet, NPZ, pictures, texts),
    a folder of pictures, or - for standard input. Without it, the run's test data are predicted.
    """
    from ..config.problems import Problems
    from ..data.decoding import Decoder
    from ..data.saved import load_processing
    from ..model.code import load_code
    from ..model.outputs import logits_by_output
    from ..run.folder import find_run
    from ..run.reopen import load_run_config, load_run_model
    from ..run.settings import apply_settings

    folder = find_run(run)
    loaded = load_run_config(folder)
    problems = Problems(loaded.root)
    apply_settings(loaded.config, problems)
    problems.check()
    own = load_code(code)
    processing, kind = load_processing(folder.processing)
    model = load_run_model(folder, which, own)
    decoder = Decoder(kind, logits_by_output(model, loaded.config.compile.loss), probabilities)
    if source is None:
        batches, name = _test_data(loaded, own, chunk), "sample"
    else:
        from ..data.incoming import read_incoming

        batches = read_incoming(processing, kind, source, chunk)
        is_pictures = processing.kind == "images" or Path(source).is_dir()
        name = "file" if is_pictures else "row"
    _predict(model, batches, decoder, name, target, form)


def _predict(
    model: Any,
    batches: Iterator[Any],
    decoder: Any,
    name: str,
    target: str | None,
    form: str | None,
) -> None:
    import numpy as np

    from ..model.outputs import by_output

    first = next(batches)
    with _writer(target, form) as writer:
        for batch in _again(first, batches):
            columns = {name: np.array(batch.names)}
            outputs = model.predict(batch.x, batch_size=256, verbose=0)
            columns |= decoder.decode(by_output(model, outputs))
            if batch.told is not None:
                columns |= batch.told
            elif batch.y is not None:
                columns |= decoder.target_columns(batch.y)
            writer.write(columns)
        writer.close()


def _again(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _test_data(loaded: Any, code: Any, chunk: int) -> Iterator[Any]:
    from ..data.incoming import Incoming
    from ..data.load import load_data

    prepared = load_data(loaded, code)
    part = prepared.test or prepared.validation or prepared.train
    for first in range(0, len(part), chunk):
        some = part.take(slice(first, first + chunk))
        yield Incoming(some.x, list(range(first + 1, first + 1 + len(some))), some.y)


@contextmanager
def _writer(target: str | None, form: str | None) -> Iterator[Any]:
    """What predictions are written by. A file is there whole, at the end, or not at all."""
    from kerasette.errors import FileError
    from kerasette.saving.atomic import written_whole

    from ..data.writers import FORMATS, CsvWriter, JsonLinesWriter, NpzWriter
    from ..errors import UsageProblem

    if target is not None and form is None:
        form = FORMATS.get(Path(target).suffix.lower())
        if form is None:
            raise UsageProblem(
                f"--output {target}: end it in .csv, .jsonl or .npz, or say --format."
            )
    if form == "npz":
        if target is None:
            raise UsageProblem("--format npz needs a file: give it as --output FILE.")
        try:
            writer = NpzWriter(Path(target))
        except OSError as error:
            raise UsageProblem(f"--output {target}: {error.strerror}.") from None
        try:
            yield writer
        finally:
            writer.discard()
        return
    make = JsonLinesWriter if form == "jsonl" else CsvWriter
    if target is None:
        yield make(sys.stdout)
        return
    with ExitStack() as stack:
        path = Path(target)
        try:
            if path.is_file() or not path.exists():  # else a pipe, or another device
                path = stack.enter_context(written_whole(path))
            file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
        except FileError as error:
            raise UsageProblem(f"--output {target}: {error}") from None
        except OSError as error:
            raise UsageProblem(f"--output {target}: {error.strerror}.") from None
        yield make(file)
