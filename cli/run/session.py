"""A run as the commands train and resume make it, with what they say to people."""

import json
import shutil
from pathlib import Path
from typing import Any

from kerasette.training.environment import differences

from ..config.dump import resolved_yaml
from ..config.load import EMBEDDED, Loaded
from ..data.saved import processing_json
from ..model.code import Code
from ..output import Output, counted, duration, metrics_line, number
from ..report.page import write_report
from . import environment
from .folder import RunFolder, new_run, shown_path
from .introduction import introduction
from .reopen import load_run_config
from .statefile import write_json, write_text
from .training import Outcome, Setup, begin, interrupted_error, run_training, set_up


def train(loaded: Loaded, code: Code | None, output: Output) -> RunFolder:
    """Train a config in a new run folder.

    Raises a ``CommandError`` where it cannot be trained, fails, or is interrupted.
    """
    setup = set_up(loaded, code)
    run = new_run(Path(loaded.config.output.folder), loaded.name)
    begin(run, loaded)
    _keep_config(loaded, code, run)
    write_json(run.environment, environment.describe())
    write_json(run.processing, processing_json(setup.data))
    _introduce(setup, run, output)
    return _finish(setup, run, output, run_training(setup, run, output))


def resume(loaded: Loaded, code: Code | None, run: RunFolder, output: Output) -> RunFolder:
    """Go on with a run that was stopped, from its last checkpoint.

    Raises what ``train`` raises, and ``CheckpointProblem`` where it is the checkpoint of another
    model or of other data.
    """
    setup = set_up(loaded, code)
    if loaded.config.fit.epochs != load_run_config(run).config.fit.epochs:
        write_text(run.resolved, resolved_yaml(loaded))
    _introduce(setup, run, output)
    changed = differences(_environment_of(run), environment.describe())
    if changed:
        text = f"{'; '.join(changed)}. The last bits of the results may differ."
        output.say(f"Note: {text}")
        output.event("note", text=text)
    return _finish(setup, run, output, run_training(setup, run, output, resumed=True))


def _environment_of(run: RunFolder) -> dict[str, Any]:
    try:
        return json.loads(run.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _keep_config(loaded: Loaded, code: Code | None, run: RunFolder) -> None:
    run.written.mkdir()
    for number_, file in enumerate(loaded.files or [EMBEDDED / "digits.yaml"], 1):
        prefix = f"{number_}-" if len(loaded.files) > 1 else ""
        shutil.copyfile(file, run.written / f"{prefix}{file.name}")
    if loaded.settings:
        write_text(run.written / "set.txt", "\n".join(loaded.settings) + "\n")
    if code is not None:
        shutil.copyfile(code.path, run.written / code.path.name)
    write_text(run.resolved, resolved_yaml(loaded))


def _introduce(setup: Setup, run: RunFolder, output: Output) -> None:
    output.pairs([*introduction(setup.loaded.config, setup.data, setup.model), ("Run", run.shown)])
    for note in setup.data.notes:
        output.say(f"Note: {note}.")
    output.say()


def _finish(setup: Setup, run: RunFolder, output: Output, outcome: Outcome) -> RunFolder:
    recorder = outcome.recorder
    write_report(run)
    if outcome.interrupted is not None:
        raise interrupted_error(run, outcome)
    output.say()
    files = [
        (run.best, f"the best model (epoch {recorder.best_epoch})"),
        (run.last, f"the model after epoch {recorder.epochs}"),
        (run.history, "losses and metrics of each epoch"),
        (run.resolved, "the whole config, with all defaults"),
        (run.report, "curves, predictions and model, for a browser"),
    ]
    done = f"{counted(recorder.epochs, 'epoch')} in {duration(recorder.seconds)}"
    rows = [("Trained", f"{done} · {recorder.best_text}")]
    if outcome.test is not None and setup.data.test is not None:
        count = len(setup.data.test)
        rows.append(("Test", f"{metrics_line(outcome.test)} · {number(count)} samples, best model"))
    kept = [(path, said) for path, said in files if path.exists()]
    width = max(len(shown_path(path)) for path, _ in kept)
    for index, (path, said) in enumerate(kept):
        rows.append(("Saved" if not index else "", f"{shown_path(path).ljust(width)}  {said}"))
    rows.append(("Next", f"kerasette predict {run.shown}"))
    output.pairs(rows)
    return run
