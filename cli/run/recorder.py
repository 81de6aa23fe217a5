"""What is kept while a model trains: history, log, the best model, checkpoints."""

import math
import time
from typing import Any

from kerasette.callbacks.callback import Callback
from kerasette.training.checkpoint_folder import CheckpointFolder

from ..config.schema import Config
from ..errors import CheckpointProblem, TrainingFailed
from ..output import Output, number
from .batches import HeldBatches, ReadBatches
from .folder import RunFolder
from .history import HistoryFile

_MORE_IS_BETTER = ("acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "r2", "cosine",
                   "correlation", "true_")  # fmt: skip
_BETWEEN_WRITES = 1.0  # seconds: short epochs are not worth a write each


class Recorder(Callback):
    """Writes a run's folder while it trains. It is the last callback, and sees what others did."""

    content_with_some = True  # it need not see every batch
    comes_last = True

    def __init__(
        self,
        config: Config,
        run: RunFolder,
        output: Output,
        batches: HeldBatches | ReadBatches,
        monitor: str,
    ):
        super().__init__()
        self.config, self.run, self.output = config, run, output
        self.batches = batches
        self.monitor = monitor
        self.checkpoints = CheckpointFolder(run.checkpoints, config.output.keep_checkpoints)
        self.history = HistoryFile(run.history)
        self.more_is_better = is_better_when_more(monitor, config.output.mode)
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.best_weights: list[Any] | None = None
        self.logs: dict[str, Any] = {}
        self.epochs = 0  # that are complete
        self.seconds = 0.0
        self.is_new_best = False
        self._resumed: dict[str, Any] | None = None
        self._written = time.perf_counter()
        self._first_step = 0  # of the epoch, where it was begun before this run was resumed

    # Hooks

    def on_train_begin(self, logs: Any = None) -> None:
        self.model.fitting.remember_fingerprint()
        if self._resumed is not None:
            try:
                self.model.fitting.load_state(self._resumed)
            except ValueError as error:
                raise CheckpointProblem(str(error)) from error
            self._resumed = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._started = self._last_step = time.perf_counter()
        self._steps = 0
        self.batches.waited = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._last_step, self._steps = time.perf_counter(), batch + 1 - self._first_step

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        took = time.perf_counter() - self._started
        self.logs = dict(logs or {})
        self.epochs, self.seconds = epoch + 1, self.seconds + took
        row = {"epoch": epoch + 1, **self.logs, "learning_rate": self._learning_rate()}
        row |= {
            "seconds": round(took, 4),
            "step_ms": round(1000 * (self._last_step - self._started) / max(1, self._steps), 4),
            "waited_ms": round(1000 * self.batches.waited / max(1, self._steps), 4),
        }
        self._first_step = 0
        self.history.add(row)
        self.output.event("epoch", of=self.config.fit.epochs, **row)
        loss = self.logs.get("loss")
        if loss is not None and not math.isfinite(loss):
            raise TrainingFailed(
                f"The loss is {loss} after epoch {epoch + 1}: training has come apart.",
                "What helps most often: a smaller compile.optimizer.learning_rate, scaled data.",
            )
        self._note_best(epoch)
        if self._is_checkpoint_due(epoch + 1):
            self.write_checkpoint()

    def on_stop(self) -> None:
        self.write_checkpoint()

    def _is_checkpoint_due(self, epochs: int) -> bool:
        every = self.config.output.checkpoint_every
        if every and (self.model.stop_training or epochs >= self.config.fit.epochs):
            return True  # the last one, for those who want more epochs
        is_late = time.perf_counter() - self._written > _BETWEEN_WRITES
        return bool(every) and epochs % every == 0 and is_late

    # What goes on when training is resumed

    def state(self) -> dict[str, Any]:
        return {
            "epochs": self.epochs,
            "seconds": self.seconds,
            "logs": self.logs,
            "best": self.best,
            "best_epoch": self.best_epoch,
        }

    def load_state(self, saved: dict[str, Any]) -> None:
        for name, value in saved.items():
            setattr(self, name, value)
        self.history.trim(self.epochs)

    # The best model

    def _note_best(self, epoch: int) -> None:
        value = self.logs.get(self.monitor)
        if value is None or not math.isfinite(value):
            return
        better = self.best is None or (
            value > self.best if self.more_is_better else value < self.best
        )
        if better:
            self.best, self.best_epoch = float(value), epoch + 1
            self.best_weights = self.model.get_weights()
            self.is_new_best = True

    def write_best(self) -> None:
        """Save the best model so far, if it is not saved already."""
        if not self.is_new_best or self.best_weights is None:
            return
        now = self.model.get_weights()
        self.model.set_weights(self.best_weights)
        self.model.save(self.run.best)
        self.model.set_weights(now)
        self.is_new_best = False

    # Checkpoints

    def write_checkpoint(self) -> None:
        """Save all that going on needs."""
        self.write_best()
        self.checkpoints.write(self.model.fitting.state())
        self._written = time.perf_counter()

    def resume(self, saved: dict[str, Any], best_weights: list[Any] | None) -> None:
        """Go on from what ``write_checkpoint`` wrote, when training begins."""
        self._resumed, self._first_step = saved, saved["batch"]
        self.best_weights = best_weights

    # Words

    def _learning_rate(self) -> float:
        return float(self.model.optimizer.learning_rate)

    @property
    def best_text(self) -> str:
        """The best epoch in words."""
        if self.best is None:
            return "no epoch had a value to be best in"
        return f"best {self.monitor} {number(self.best)} in epoch {self.best_epoch}"


def is_better_when_more(monitor: str, mode: str) -> bool:
    """Whether a metric is the better the more it is, by its name where ``mode`` is auto."""
    if mode != "auto":
        return mode == "max"
    name = monitor.removeprefix("val_").lower()
    return any(part in name for part in _MORE_IS_BETTER)
