"""``Callback``: what is told of each step of training, evaluation and prediction."""

from typing import Any


class Callback:
    """The base of callbacks: subclasses write the methods that they want to be called by.

    ``logs`` holds the loss and the metrics by name. ``params`` holds "verbose", "epochs" and
    "steps".

    >>> class Stop(kerasette.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         self.model.stop_training = logs["loss"] < 0.1
    """

    registry_kind = "callback"
    params: dict[str, Any]
    wants_batches: bool | None = None  # None: where it has a method for single batches
    comes_last = False  # whether it must be told after the others, as it saves their state too

    def __init__(self) -> None:
        self.params = {}
        self._model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._model = model

    @property
    def model(self) -> Any:
        """The model that is being trained."""
        return self._model

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """An older name of ``on_train_batch_begin``."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """An older name of ``on_train_batch_end``."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Called before an epoch of training."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Called after an epoch, with the losses and metrics of training and validation."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Called before a batch of training."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called after a batch of training."""
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Called before a batch of evaluation, in validation too."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called after a batch of evaluation, in validation too."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Called before a batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called after a batch of prediction; ``logs["outputs"]`` is what it gave."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Called at the beginning of training."""

    def on_train_end(self, logs: Any = None) -> None:
        """Called at the end of training."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Called at the beginning of evaluation, in validation too."""

    def on_test_end(self, logs: Any = None) -> None:
        """Called at the end of evaluation, in validation too."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Called at the beginning of prediction."""

    def on_predict_end(self, logs: Any = None) -> None:
        """Called at the end of prediction."""

    def on_stop(self) -> None:
        """Called where a signal ends training between two batches: save what is to be saved."""

    def on_interruption(self) -> None:
        """Called where an error or a signal ends training: close what is open."""

    def state(self) -> dict[str, Any]:
        """What this callback remembers, as plain values, for resuming."""
        return {}

    def load_state(self, saved: dict[str, Any]) -> None:
        """Put back what ``state`` gave."""
