"""``BackupAndRestore``: training that goes on where it was interrupted."""

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

from kerasette.callbacks.callback import Callback
from kerasette.callbacks.save_frequency import SaveFrequency
from kerasette.errors import FileError
from kerasette.registry import register
from kerasette.saving.state_file import load_state, save_state


class BackupAndRestore(Callback):
    """Keeps the state of training on the disk; ``fit`` goes on from it after an interruption.

    All that training depends on is kept: weights, optimizer, metrics, random numbers, the other
    callbacks, the place in the data. The same program, run again, goes on to the same bits as if
    it had not been stopped. Data from a generator are passed over up to the place.

    Args:
        backup_dir: a folder for this alone.
        save_freq: "epoch", a number of batches, or ``False`` for never.
        double_checkpoint: whether the state before is kept too, for when the last one is damaged.
        delete_checkpoint: whether the folder is removed when training has come to its end.

    >>> keep = kerasette.callbacks.BackupAndRestore("backup", save_freq=100)

    Raises: ValueError for an empty ``backup_dir``, another ``save_freq``, or a model that is not
    built when there is a state to go on from.
    """

    comes_last = True

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        super().__init__()
        if not backup_dir:
            raise ValueError("`backup_dir` must name a folder. Received: an empty value.")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._frequency = SaveFrequency(save_freq)
        self.wants_batches = self._frequency.by_batches
        self._latest = Path(self.backup_dir) / "latest.state"
        self._previous = Path(self.backup_dir) / "previous.state"

    def on_train_begin(self, logs: Any = None) -> None:
        saved = self._read()
        if saved is None:
            return
        if not self.model.built:
            raise ValueError(
                f"Model {self.model.name!r} must be built before training can go on from "
                f"{self.backup_dir!r}: give it an Input, or call it on data."
            )
        saved["callbacks"] = {  # as in Keras, the History is of this call of fit
            key: state for key, state in saved["callbacks"].items() if key != "History_1"
        }
        self.model.fitting.load_state(saved)

    def _read(self) -> Any:
        """The last state; the one before where that is damaged."""
        if not self._latest.exists() and not self._previous.exists():
            return None
        try:
            return load_state(self._latest)
        except FileError as error:
            if not self._previous.exists():
                raise
            warnings.warn(f"{error} Training goes on from the state before it.", stacklevel=2)
            return load_state(self._previous)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._frequency.is_due(batch):
            self._save()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            self._save()

    def _save(self) -> None:
        self._latest.parent.mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint and self._latest.exists():
            os.replace(self._latest, self._previous)
        save_state(self._latest, self.model.fitting.state())

    def on_train_end(self, logs: Any = None) -> None:
        if self.delete_checkpoint:
            shutil.rmtree(self.backup_dir, ignore_errors=True)

    def state(self) -> dict[str, Any]:
        return self._frequency.state()

    def load_state(self, saved: dict[str, Any]) -> None:
        self._frequency.load_state(saved)


register("callback", BackupAndRestore)
