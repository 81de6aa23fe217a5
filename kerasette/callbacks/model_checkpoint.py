"""``ModelCheckpoint``: saves the model as training goes on."""

import os
from pathlib import Path
from typing import Any

from kerasette.callbacks.messages import say
from kerasette.callbacks.monitor_callback import MonitorCallback
from kerasette.callbacks.save_frequency import SaveFrequency
from kerasette.registry import register


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, each epoch or every so many batches.

    Args:
        filepath: where to; ``{epoch:02d}``, ``{batch}`` and the names in the logs, such as
            ``{val_loss:.2f}``, stand for their values. It ends in ``.keras`` or ``.h5``, for
            weights alone in ``.weights.h5``. Missing folders are made.
        monitor: the name of the number by which "best" is told.
        verbose: 1 to say what is saved.
        save_best_only: save only what is better than everything before.
        save_weights_only: save the weights alone.
        mode: "min" where less is better, "max" where more is, "auto" to go by the metric.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: a value that the first one must be better than.

    >>> keep = kerasette.callbacks.ModelCheckpoint("{epoch:02d}-{loss:.2f}.keras", monitor="loss")

    Raises: ValueError for another ending or ``save_freq``; KeyError for a name not in the logs.
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.verbose = verbose
        self.filepath = os.fspath(filepath)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._frequency = SaveFrequency(save_freq)
        self.wants_batches = self._frequency.by_batches
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(
                f"`filepath` must end in {' or '.join(endings)} with "
                f"save_weights_only={save_weights_only}. Received: filepath={self.filepath!r}."
            )
        self._current_epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._frequency.is_due(batch):
            self._save(self._current_epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self._frequency.by_batches:
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        path = self._path(epoch, batch, logs)
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        if os.path.isdir(path):
            raise OSError(f"`filepath` must name a file. Received: {path!r}, which is a folder.")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose:
            say(f"Epoch {epoch + 1}: the model is saved in {path}")

    def _is_best(self, epoch: int, logs: dict[str, Any]) -> bool:
        """Whether to save; without a number to judge by, rather yes."""
        value = self.monitored(logs)
        if value is None:
            return True
        before = "nothing" if self.best is None else f"{self.best:.5f}"
        if not self.is_improvement(value, self.best):
            if self.verbose:
                say(f"Epoch {epoch + 1}: {self.monitor} is no better than {before}")
            return False
        if self.verbose:
            say(f"Epoch {epoch + 1}: {self.monitor} went from {before} to {value:.5f}")
        self.best = value
        return True

    def _path(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> str:
        values = {"epoch": epoch + 1} | ({} if batch is None else {"batch": batch + 1}) | logs
        try:
            return self.filepath.format(**values)
        except KeyError as error:
            raise KeyError(
                f"`filepath` {self.filepath!r} names {error}, which the logs do not hold; they "
                f"hold {sorted(values)}."
            ) from None

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "frequency": self._frequency.state()}

    def load_state(self, saved: dict[str, Any]) -> None:
        self.best = saved["best"]
        self._frequency.load_state(saved["frequency"])


register("callback", ModelCheckpoint)
