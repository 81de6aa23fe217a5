"""``BackupAndRestore``: training that goes on where it was interrupted."""

import os
import shutil
from typing import Any

from kerasette.callbacks.checkpoints import Checkpoints
from kerasette.registry import register


class BackupAndRestore(Checkpoints):
    """Keeps the state of training on the disk; ``fit`` goes on from it after an interruption.

    It is Checkpoints under Keras's name and with Keras's arguments: the same program, run again,
    goes on to the same bits, with the whole History. The folder goes when training is done.

    Args:
        backup_dir: a folder for this alone.
        save_freq: "epoch", a number of batches, or ``False`` for when training is interrupted only.
        double_checkpoint: whether the state before is kept too, for when the last one is damaged.
        delete_checkpoint: whether the folder is removed when training has come to its end.

    >>> keep = kerasette.callbacks.BackupAndRestore("backup", save_freq=100)

    Raises: ValueError for an empty ``backup_dir`` or another ``save_freq``; in training what
    Checkpoints raises.
    """

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        if not backup_dir:
            raise ValueError("`backup_dir` must name a folder. Received: an empty value.")
        super().__init__(backup_dir, save_freq=save_freq, keep=2 if double_checkpoint else 1)
        self.backup_dir = os.fspath(backup_dir)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint

    def on_train_end(self, logs: Any = None) -> None:
        if self.delete_checkpoint:
            shutil.rmtree(self.backup_dir, ignore_errors=True)


register("callback", BackupAndRestore)
