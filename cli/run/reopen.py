"""A finished run opened again: its config, its model, its data's processing."""

from pathlib import Path
from typing import Any

from ..config.load import Loaded, load
from ..errors import CheckpointProblem
from ..model.build import load_saved
from ..model.code import Code
from ..output import counted
from .folder import RunFolder, list_runs

# What may change between two parts of a run; the last bits may depend on device and threads.
_FREE = (("name",), ("device",), ("threads",), ("fit", "epochs"), ("output", "folder"),
         ("output", "checkpoint_every"), ("output", "keep_checkpoints"))  # fmt: skip


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


def check_unchanged(run: RunFolder, loaded: Loaded) -> None:
    """Raise ``CheckpointProblem``, with the differences, where the run was begun with another
    config. It may go on to other ``fit.epochs``.
    """
    from kerasette.training import fingerprint

    before, now = load_run_config(run).resolved(), loaded.resolved()
    for values in (before, now):
        for *sections, key in _FREE:
            part = values
            for section in sections:
                part = part[section]
            part.pop(key, None)
    changed = fingerprint.differences(before, now)
    if changed:
        raise CheckpointProblem(
            f"{run.shown} was begun with another config: {fingerprint.told(changed)}.",
            "Change that back to go on with it, or begin a new run: kerasette train --resume never",
        )


def run_to_go_on_with(loaded: Loaded, must: bool) -> RunFolder | None:
    """The newest run of a config's name, where it is not done; ``None`` where there is none.

    Raises ``CheckpointProblem`` where there must be one, or it was begun with another config.
    """
    folder = Path(loaded.config.output.folder)
    runs = [run for run in list_runs(folder) if run.read_state().get("name") == loaded.name]
    why = f"There is no run named {loaded.name} in {folder}"
    if runs:
        run = runs[-1]
        if run.latest_checkpoint is None:
            why = f"{run.shown}, the newest run of that name, has no checkpoint"
        elif _is_done(run, loaded):
            why = f"{run.shown}, the newest run of that name, is done"
        else:
            check_unchanged(run, loaded)
            return run
    if must:
        raise CheckpointProblem(f"{why}: there is nothing to go on with.")
    return None


def _is_done(run: RunFolder, loaded: Loaded) -> bool:
    if run.read_state().get("status") != "done" or not run.resolved.exists():
        return False
    return loaded.config.fit.epochs <= load_run_config(run).config.fit.epochs
