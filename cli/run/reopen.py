"""A finished run opened again: its config, its model, its data's processing."""

from pathlib import Path
from typing import Any

from ..config.load import Loaded, load
from ..errors import CheckpointProblem
from ..model.build import load_saved
from ..model.code import Code
from ..output import counted
from .folder import RunFolder


def load_run_config(run: RunFolder) -> Loaded:
    """The run's whole config."""
    if not run.resolved.exists():
        raise CheckpointProblem(f"{run.shown} has no config.yaml: it is no complete run.")
    loaded = load([str(run.resolved)])
    loaded.name = run.read_state().get("name", loaded.name)
    return loaded


def model_path(run: RunFolder, which: str) -> Path:
    """The file of the best or the last model; the last where no best one was kept."""
    path = run.best if which == "best" and run.best.exists() else run.last
    if path.exists():
        return path
    status = run.read_state().get("status")
    hint = f" Its status is {status}." + (
        f" Go on with it: kerasette resume {run.shown}" if run.latest_checkpoint else ""
    )
    raise CheckpointProblem(f"{run.shown} has no saved model.{hint}")


def load_run_model(run: RunFolder, which: str, code: Code | None, compile: bool = False) -> Any:
    """The run's best or last model."""
    return load_saved(model_path(run, which), code, compile)


def check_can_go_on(run: RunFolder, loaded: Loaded) -> None:
    """Raise ``CheckpointProblem`` where there is nothing to go on from, or nothing left to do."""
    if run.latest_checkpoint is None:
        raise CheckpointProblem(
            f"{run.shown} has no checkpoint to go on from: it was stopped before the first one, "
            "or output.checkpoint_every is 0."
        )
    state = run.read_state()
    done = state.get("epochs", 0)
    if state.get("status") == "done" and done >= loaded.config.fit.epochs:
        raise CheckpointProblem(
            f"{run.shown} is done: it has trained its {counted(done, 'epoch')}.",
            f"For more: kerasette resume {run.shown} --set fit.epochs={done + 10}",
        )
