"""``Checkpoints``: the state of training on the disk, from which ``fit`` goes on."""

import os
import warnings
from typing import Any

from kerasette.callbacks.messages import say
from kerasette.callbacks.monitor_callback import MonitorCallback
from kerasette.callbacks.save_frequency import SaveFrequency
from kerasette.errors import FileError
from kerasette.registry import register
from kerasette.training import environment, fingerprint
from kerasette.training.checkpoint_folder import CheckpointFolder

_RESUME = ("auto", "must", "never")


class Checkpoints(MonitorCallback):
    """Keeps the state of training in a folder; ``fit`` goes on from it after an interruption.

    ``fit(resume="folder")`` stands for ``fit(resume=Checkpoints("folder"))`` (not in Keras).

    All that the rest of training depends on is kept: weights, optimizer, metrics, random numbers,
    the other callbacks with the History, the place in the data. The same program, run again, goes
    on to the same bits as if it had not been stopped; when training was done, it only gives back
    the same model and History. Data from a generator are passed over up to the place.

    Ctrl-C and SIGTERM finish the batch, save, and end ``fit``: by KeyboardInterrupt, and by
    ``SystemExit(75)``, which says "saved, run me again".

    Another model, compilation or other data than those of the checkpoint are refused; only
    ``epochs`` may change. Other versions, another processor or number of threads are warned of.

    Args:
        folder: a folder for this run alone.
        resume: "auto" goes on where there is a checkpoint and begins where there is none; "must"
            raises where there is none; "never" begins anew and removes what is there.
        save_freq: "epoch", a number of batches, or ``False`` for when training is interrupted only.
        keep: how many of the last checkpoints are kept. Where the newest is damaged, training
            goes on from the one before.
        monitor: a number in the logs; the checkpoint of the epoch where it is best is kept, too.
        mode: "min" where less is better, "max" where more is, "auto" to go by the metric.

    >>> model.compile("adam", loss="mse")
    >>> keep = kerasette.callbacks.Checkpoints("run", keep=3, monitor="loss")
    >>> history = model.fit(x, y, epochs=2, verbose=0, resume=keep)
    >>> history = model.fit(x, y, epochs=3, verbose=0, resume=keep)
    >>> history.epoch
    [0, 1, 2]

    Raises: ValueError for arguments that cannot be, another run's checkpoint, or a model that is
    not built when there is a state to go on from; FileError where files cannot be read or written.
    """

    comes_last = True

    def __init__(
        self,
        folder: Any,
        resume: str = "auto",
        save_freq: Any = "epoch",
        keep: int = 2,
        monitor: str | None = None,
        mode: str = "auto",
    ):
        super().__init__(monitor or "", mode)
        if resume not in _RESUME:
            raise ValueError(f"`resume` must be one of {_RESUME}. Received: resume={resume!r}.")
        if not folder:
            raise ValueError("`folder` must name a folder. Received: an empty value.")
        self.resume = resume
        self.save_freq = save_freq
        self.folder = CheckpointFolder(os.fspath(folder), keep)
        self._frequency = SaveFrequency(save_freq)
        self.wants_batches = self._frequency.by_batches
        self._saved_at: tuple[int, int] | None = None

    @classmethod
    def of(cls, resume: Any) -> "Checkpoints":
        """What ``fit`` was given as ``resume``."""
        if isinstance(resume, Checkpoints):
            return resume
        if not isinstance(resume, (str, os.PathLike)):
            raise ValueError(
                "`resume` must be a folder or a kerasette.callbacks.Checkpoints. "
                f"Received: resume={resume!r}."
            )
        return cls(resume)

    def on_train_begin(self, logs: Any = None) -> None:
        fitting = self.model.fitting
        fitting.remember_fingerprint()
        self.best, self._saved_at = None, None
        if self.resume == "never":
            self.folder.clear()
        saved = self.folder.read()
        if saved is not None:
            fitting.load_state(saved)
            self._saved_at = fitting.position()
            self._tell(saved)
        elif self.resume == "must":
            raise FileError(
                f"There is no checkpoint in {str(self.folder.path)!r} to go on from, and resume is "
                '"must". With "auto" training would begin.'
            )

    def _tell(self, saved: dict[str, Any]) -> None:
        changed = environment.differences(saved["environment"], environment.describe())
        if changed:
            warnings.warn(
                "The last bits of the results may differ from those of a run in one piece, as the "
                f"surroundings have changed: {fingerprint.told(changed)}.",
                stacklevel=2,
            )
        if self.params.get("verbose"):
            epoch, batch = self.model.fitting.position()
            say(f"Training goes on after {epoch} epochs and {batch} batches.")
            for what in fingerprint.unknowns(self.model.fitting.remember_fingerprint()):
                say(f"Whether they are the same as before cannot be known: {what}.")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._frequency.is_due(batch):
            self._write()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        is_best = bool(self.monitor) and self._is_best(logs)
        if self.save_freq == "epoch" or is_best:
            self._write(is_best)

    def _is_best(self, logs: Any) -> bool:
        value = self.monitored(logs)
        if value is None or not self.is_improvement(value, self.best):
            return False
        self.best = value
        return True

    def _write(self, is_best: bool = False) -> None:
        self.folder.write(self.model.fitting.state(), is_best)
        self._saved_at = self.model.fitting.position()

    def on_stop(self) -> None:
        """Called where training stops between two batches, to go on another time."""
        if self._saved_at != self.model.fitting.position():
            self._write()

    def load_best(self, model: Any) -> None:
        """Put the state that the best checkpoint has of the model into ``model``.

        Raises: FileError where there is none.
        """
        model.load_state(self.folder.read_best()["model"])

    def state(self) -> dict[str, Any]:
        return {"frequency": self._frequency.state(), "best": self.best}

    def load_state(self, saved: dict[str, Any]) -> None:
        self._frequency.load_state(saved["frequency"])
        self.best = saved["best"]


register("callback", Checkpoints)
