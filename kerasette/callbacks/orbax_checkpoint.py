"""``OrbaxCheckpoint``: numbered checkpoints in a folder, of which the last few are kept."""

import os
import shutil
import threading
import warnings
from pathlib import Path
from typing import Any

from kerasette.callbacks.messages import say
from kerasette.callbacks.monitor_callback import MonitorCallback
from kerasette.callbacks.save_frequency import SaveFrequency
from kerasette.registry import register
from kerasette.saving.state_file import save_state


class OrbaxCheckpoint(MonitorCallback):
    """Saves into numbered folders, ``directory/<step>``, and keeps the last few.

    A folder holds ``model.keras``, or with ``save_weights_only`` ``model.weights.h5``, and
    ``variables.state``, the tree of ``model.get_state_tree("numpy_array")``. These are kerasette's
    and Keras's own formats: the Orbax library is not needed, and does not read them.

    Args:
        directory: the folder of all checkpoints.
        monitor: the name of the number by which "best" is told.
        verbose: 1 to say what is saved.
        save_best_only: save only what is better than everything before.
        mode: "min" where less is better, "max" where more is, "auto" to go by the metric.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: a value that the first one must be better than.
        max_to_keep: how many checkpoints are kept; ``None`` for all.
        save_on_background: whether the variables are written by a thread, while training goes on.
        save_weights_only: save the weights alone.

    >>> keep = kerasette.callbacks.OrbaxCheckpoint("checkpoints", max_to_keep=3)
    """

    def __init__(
        self,
        directory: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.directory = os.fspath(directory)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_freq = save_freq
        self.max_to_keep = max_to_keep
        self.save_on_background = save_on_background
        self.save_weights_only = save_weights_only
        self._frequency = SaveFrequency(save_freq)
        self.wants_batches = self._frequency.by_batches
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._batches = 0

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        optimizer = getattr(model, "optimizer", None)
        self._batches = 0 if optimizer is None else int(optimizer.iterations)

    def is_multihost_enabled(self) -> bool:
        """Whether several machines save together: never."""
        return False

    def is_primary_host(self) -> bool:
        """Whether this is the machine that saves: always."""
        return True

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._frequency.is_due(batch) and self._is_wanted(logs):
            self._save(self._batches + self._steps_done(batch))

    def _steps_done(self, batch: int) -> int:
        optimizer = self.model.optimizer
        return batch + 1 if optimizer is None else int(optimizer.iterations) - self._batches

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch" and self._is_wanted(logs):
            self._save(epoch)

    def _is_wanted(self, logs: Any) -> bool:
        if not self.save_best_only:
            return True
        value = self.monitored(logs)
        if value is None or not self.is_improvement(value, self.best):
            return False
        self.best = value
        return True

    def _save(self, step: int) -> None:
        self.wait_until_finished()
        folder = Path(self.directory) / str(step)
        folder.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(folder / "model.weights.h5", overwrite=True)
        else:
            self.model.save(folder / "model.keras", overwrite=True)
        tree = self.model.get_state_tree("numpy_array")
        self._thread = threading.Thread(target=self._write, args=(folder, tree))
        self._thread.start()
        if not self.save_on_background:
            self.wait_until_finished()
        if self.verbose:
            say(f"Step {step}: a checkpoint is saved in {folder}")

    def _write(self, folder: Path, tree: Any) -> None:
        try:
            save_state(folder / "variables.state", tree)
            self._drop_old()
        except BaseException as error:  # told in the thread that waits
            self._error = error

    def _drop_old(self) -> None:
        if self.max_to_keep is None:
            return
        there = [p for p in Path(self.directory).iterdir() if p.is_dir() and p.name.isdigit()]
        there.sort(key=lambda path: int(path.name))
        for path in there[: max(0, len(there) - self.max_to_keep)]:
            shutil.rmtree(path, ignore_errors=True)

    def wait_until_finished(self) -> None:
        """Wait until what is being written is there.

        Raises: what went wrong in writing.
        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        error, self._error = self._error, None
        if error is not None:
            raise error

    def on_train_end(self, logs: Any = None) -> None:
        self.wait_until_finished()

    def on_interruption(self) -> None:
        try:
            self.wait_until_finished()
        except OSError as error:
            warnings.warn(f"The last checkpoint could not be written: {error}", stacklevel=2)

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "frequency": self._frequency.state()}

    def load_state(self, saved: dict[str, Any]) -> None:
        self.best = saved["best"]
        self._frequency.load_state(saved["frequency"])


register("callback", OrbaxCheckpoint)
