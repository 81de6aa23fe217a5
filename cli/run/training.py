"""Training a config from beginning to end, or from where it was stopped."""

import contextlib
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import FileError
from kerasette.training.interruption import Interruption

from ..config.load import Loaded
from ..config.nodes import DEFAULT
from ..config.problems import Problem, Problems
from ..data.load import load_data
from ..data.parts import Part, Prepared
from ..errors import (
    FAILED,
    INTERRUPTED,
    CheckpointProblem,
    CommandError,
    DataProblem,
    Interrupted,
    TrainingFailed,
)
from ..model.agreement import check_agreement
from ..model.build import build_model, check_model
from ..model.code import Code
from ..model.compiling import compile_model, make_callbacks
from ..model.objects import sentence
from ..model.outputs import by_output
from ..output import Output, counted
from ..report.facts import analyse, model_facts
from .batches import batches_of
from .folder import RunFolder
from .introduction import introduction
from .recorder import Recorder
from .settings import apply_settings, reseed
from .statefile import write_json

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")


class StoppedHere(Exception):
    """Raised by ``fit`` when a signal has ended it; all is saved."""


@dataclass
class Setup:
    """A config made real: data, and a model compiled for them."""

    loaded: Loaded
    data: Prepared
    model: Any
    code: Code | None


@dataclass
class Outcome:
    """How training ended."""

    recorder: Recorder
    test: dict[str, float] | None
    interrupted: str | None


def set_up(loaded: Loaded, code: Code | None) -> Setup:
    """Data and compiled model of a config, checked against each other.

    What is wrong with data, model and all else is told together. Raises ``ConfigError``,
    ``DataProblem`` or ``CheckpointProblem``.
    """
    config, problems = loaded.config, loaded.problems
    failures: list[CommandError] = []
    data, model = None, None
    apply_settings(config, problems)
    try:
        data = load_data(loaded, code)
    except DataProblem as error:
        failures.append(error)
    try:
        if data is not None:
            model = build_model(config, data.inputs, problems, code)  # type: ignore[arg-type]
        else:
            check_model(config, problems, code)
    except CheckpointProblem as error:
        failures.append(error)
    if model is not None:
        compile_model(model, config, problems, code)
    else:
        _check_compile_alone(loaded, code)
    make_callbacks(config, Path(), problems, code)  # only to see that they can be made
    _raise(problems, failures)
    assert data is not None
    check_agreement(model, config, data, problems, own=code.objects if code else ())
    problems.check()
    return Setup(loaded, data, model, code)


def _raise(problems: Problems, failures: list[CommandError]) -> None:
    """Raise what was found: a failure that stands alone as it is, several things as one error."""
    if not problems and len(failures) == 1:
        raise failures[0]
    for failure in failures:
        problems.found += getattr(failure, "problems", [Problem(DEFAULT, (), failure.message)])
    problems.check()


def _check_compile_alone(loaded: Loaded, code: Code | None) -> None:
    """Find what is wrong with the section ``compile`` although there is no model."""
    import kerasette

    model = kerasette.Sequential([kerasette.Input((1,)), kerasette.layers.Dense(1)])
    compile_model(model, loaded.config, loaded.problems, code, is_whole=False)


def run_training(setup: Setup, run: RunFolder, output: Output, resumed: bool = False) -> Outcome:
    """Fit, keep what is to be kept, test. The run's state says how it ended, whatever happens."""
    config, problems = setup.loaded.config, setup.loaded.problems
    others = make_callbacks(config, run.path, problems, setup.code)
    problems.check()
    run.write_state(status="running", resumed=resumed)
    output.open_log(run.log)
    try:
        return _trained(setup, run, output, others, resumed)
    except CommandError as error:
        _note_failure(run, output, error.exit_code, error.message)
        raise
    except BaseException as error:
        _note_failure(run, output, FAILED, f"{type(error).__name__}: {error}")
        raise
    finally:
        output.close_log()


def _note_failure(run: RunFolder, output: Output, exit_code: int, message: str) -> None:
    """Where not even that can be written, the first error is the one to be told of."""
    with contextlib.suppress(OSError):
        run.write_state(status="failed", exit_code=exit_code, message=message)
        output.event("end", status="failed", exit_code=exit_code, message=message)


def _trained(
    setup: Setup, run: RunFolder, output: Output, others: list[Any], resumed: bool
) -> Outcome:
    config, data, model = setup.loaded.config, setup.data, setup.model
    reseed(config)
    with Interruption(SIGNALS, StoppedHere) as interruption:
        batches = batches_of(
            data.train,
            batch_size=config.fit.batch_size,
            shuffle=config.fit.shuffle,
            class_weight=_class_weight(setup),
            seed=config.seed,
        )
        monitor = config.output.monitor or ("val_loss" if data.validation else "loss")
        recorder = Recorder(config, run, output, batches, monitor)
        epoch = _load_checkpoint(setup, run, recorder) if resumed else 0
        output.event("begin", run=str(run.path), resumed=resumed, epoch=epoch)
        interrupted = _fit(setup, output, recorder, [*others, recorder], interruption)
        if interrupted is None and recorder.best is None and config.output.monitor is not None:
            output.say(f"Note: nothing named {monitor!r} was measured; there is no best model.")
        recorder.write_best()
        model.save(run.last)
        return _ended(setup, run, output, recorder, interrupted)


def _fit(
    setup: Setup,
    output: Output,
    recorder: Recorder,
    callbacks: list[Any],
    interruption: Interruption,
) -> str | None:
    """Run ``fit``; the name of the signal that stopped it, if one did."""
    data, fit = setup.data, setup.loaded.config.fit
    size = fit.validation_batch_size or fit.batch_size
    validation = batches_of(data.validation, batch_size=size) if data.validation else None
    try:
        setup.model.fit(
            recorder.batches,
            epochs=fit.epochs,
            verbose=output.verbose,
            callbacks=callbacks,
            validation_data=validation,
            steps_per_epoch=fit.steps_per_epoch,
            validation_steps=fit.validation_steps,
            validation_freq=fit.validation_freq,
        )
    except StoppedHere:
        return interruption.wanted
    except (ValueError, TypeError, FloatingPointError, RuntimeError, MemoryError) as error:
        from kerasette.errors import DataError

        kind = DataProblem if isinstance(error, DataError) else TrainingFailed
        raise kind(f"Training failed: {sentence(error)}") from error
    return None


def _ended(
    setup: Setup, run: RunFolder, output: Output, recorder: Recorder, interrupted: str | None
) -> Outcome:
    test = None
    if interrupted is None and setup.data.test is not None:
        if recorder.best_weights is not None:
            setup.model.set_weights(recorder.best_weights)
        test = evaluate_part(setup, setup.data.test)
    _keep_facts(setup, run)
    status = "done" if interrupted is None else "interrupted"
    values = {
        "status": status,
        "exit_code": 0 if interrupted is None else INTERRUPTED,
        "ended": datetime.now().astimezone().isoformat(timespec="seconds"),
        "epochs": recorder.epochs,
        "seconds": round(recorder.seconds, 3),
        "metrics": recorder.logs,
        "best": None
        if recorder.best is None
        else {"epoch": recorder.best_epoch, recorder.monitor: recorder.best},
        "test": test,
    }
    run.write_state(**values)
    output.event("end", run=str(run.path), **values)
    return Outcome(recorder, test, interrupted)


def _keep_facts(setup: Setup, run: RunFolder) -> None:
    """What the report tells of the model, and of how it predicts the validation data."""
    data = setup.data
    name = "validation" if data.validation else "test" if data.test else "training"
    part = data.validation or data.test or data.train
    batch_size = setup.loaded.config.fit.batch_size
    outputs = setup.model.predict(batches_of(part, batch_size=batch_size), verbose=0)
    analysis = analyse(by_output(setup.model, outputs), part, data.target)
    layers = model_facts(setup.model)
    about = introduction(setup.loaded.config, data, setup.model)
    facts = {"about": about, "layers": layers, "part": name, "analysis": analysis}
    write_json(run.facts, facts)


def evaluate_part(setup: Setup, part: Part, verbose: int = 0) -> dict[str, float]:
    """The loss and metrics on a part of the data."""
    fit = setup.loaded.config.fit
    batches = batches_of(part, batch_size=fit.validation_batch_size or fit.batch_size)
    return setup.model.evaluate(batches, verbose=verbose, return_dict=True)


def _load_checkpoint(setup: Setup, run: RunFolder, recorder: Recorder) -> int:
    """Have the recorder go on from the run's checkpoint; the number of epochs that are done."""
    saved = _read_checkpoint(recorder)
    train = setup.data.train
    first = train.take(slice(0, 1))
    setup.model.test_on_batch(first.x, first.y)  # makes the metrics' variables
    best_weights = None
    if run.best.exists():
        from ..model.build import load_saved

        best_weights = load_saved(run.best, setup.code).get_weights()
    recorder.resume(saved, best_weights)
    return saved["epoch"]


def _read_checkpoint(recorder: Recorder) -> Any:
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        try:
            saved = recorder.checkpoints.read()
        except FileError as error:
            raise CheckpointProblem(str(error)) from error
    for note in noted:
        recorder.output.say(f"Note: {note.message}")
    if saved is None:
        raise CheckpointProblem(f"{recorder.run.shown} has no checkpoint to go on from.")
    return saved


def _class_weight(setup: Setup) -> dict[int, float] | None:
    given = setup.loaded.config.fit.class_weight
    if given is None:
        return None
    y = setup.data.train.y
    if given != "balanced":
        return {int(label): float(weight) for label, weight in given.items()}
    labels = y.argmax(axis=-1) if setup.data.target.one_hot else y.reshape(-1)
    classes, counts = np.unique(labels, return_counts=True)
    return {
        int(label): float(len(labels) / (len(classes) * count))
        for label, count in zip(classes, counts, strict=True)
    }


def begin(run: RunFolder, loaded: Loaded) -> None:
    """The first entries of a run's state."""
    run.write_state(
        version=1,
        name=loaded.name,
        status="prepared",
        started=datetime.now().astimezone().isoformat(timespec="milliseconds"),
    )


def interrupted_error(run: RunFolder, outcome: Outcome) -> Interrupted:
    """What to end an interrupted command with."""
    epochs = outcome.recorder.epochs
    return Interrupted(
        f"Interrupted by {outcome.interrupted} after {counted(epochs, 'epoch')}; all is saved.",
        f"Go on with: kerasette resume {run.shown}",
    )
