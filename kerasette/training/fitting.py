"""``Fitting``: one run of ``fit``, from its first epoch to its last, which can be resumed."""

import warnings
from typing import Any

from kerasette.errors import NonFiniteError
from kerasette.training import random_state
from kerasette.training.data import Batches
from kerasette.training.loop import Loop
from kerasette.training.nan_guard import NaNGuard


class Fitting:
    """Trains a model over epochs, validates, and tells the callbacks.

    ``state()`` is everything that the rest of the run depends on. A run of the same program that
    begins with ``load_state`` goes on to the same bits, from the middle of an epoch too.
    Callbacks reach it as ``model.fitting``, and may load a state in ``on_train_begin``.

    Args:
        model: a compiled model.
        batches: what it is trained on.
        callbacks: a CallbackList.
        epochs: train up to this epoch.
        initial_epoch: the epoch to begin with.
        steps: batches in an epoch, where it is not all of them.
        validation: batches, or ``None``.
        validation_steps: batches of validation, where it is not all of them.
        validation_freq: validate every so many epochs, or after those in a list.
    """

    def __init__(
        self,
        model: Any,
        batches: Batches,
        callbacks: Any,
        epochs: int,
        initial_epoch: int = 0,
        steps: int | None = None,
        validation: Batches | None = None,
        validation_steps: int | None = None,
        validation_freq: Any = 1,
    ):
        self.model = model
        self.callbacks = callbacks
        self.epochs = epochs
        self.validation = validation
        self.validation_steps = validation_steps
        self.validation_freq = validation_freq
        self.epoch, self._start = initial_epoch, 0
        self._callback_states: dict[str, Any] = {}
        self._guarded: NaNGuard | None = None
        step = model.make_train_function()
        if model.nan_guard or any(
            getattr(c, "guards_against_nan", False) for c in callbacks.callbacks
        ):
            step = self._guarded = NaNGuard(model, step, self.position)
        self.loop = Loop(
            "train",
            step,
            batches,
            callbacks,
            steps=steps,
            together=model.steps_per_execution,
            stop=self._is_to_stop,
        )

    def position(self) -> tuple[int, int]:
        """The epoch, and the number of batches done in it."""
        return self.epoch, self.loop.done

    @property
    def nan_message(self) -> str | None:
        """Where a value that is not finite came from, once there was one."""
        return None if self._guarded is None else self._guarded.message

    def _is_to_stop(self) -> bool:
        if self.nan_message is not None and not self.model.stop_training:
            raise NonFiniteError(f"{self.nan_message} The weights are those from before it.")
        return bool(self.model.stop_training)

    def run(self) -> None:
        """All epochs."""
        model, callbacks = self.model, self.callbacks
        logs: dict[str, Any] = {}
        try:
            callbacks.on_train_begin()
            self._resume_callbacks()
            while self.epoch < self.epochs and not model.stop_training:
                logs = self._one_epoch()
            if model.optimizer is not None and model.trainable_weights and model.optimizer.built:
                model.optimizer.finalize_variable_values(model.trainable_weights)
            callbacks.on_train_end(logs)
        except BaseException:
            callbacks.on_interruption()
            raise
        finally:
            self.loop.close()

    def _one_epoch(self) -> dict[str, Any]:
        epoch, start, self._start = self.epoch, self._start, 0
        if not start:
            self.model.reset_metrics()
        self.callbacks.on_epoch_begin(epoch)
        logs, _ = self.loop.epoch(epoch, start)
        if self.loop.ran_out and epoch + 1 < self.epochs:
            warnings.warn(
                f"The data ended in epoch {epoch + 1}, after {self.loop.done} of "
                f"{self.loop.steps} steps: training ends here. Let the generator go on, or give "
                "fewer steps or epochs.",
                stacklevel=4,
            )
            self.model.stop_training = True
        if self.validation is not None and _is_due(epoch, self.validation_freq):
            found = self.model._validate(self.validation, self.callbacks, self.validation_steps)
            logs |= {f"val_{name}": value for name, value in found.items()}
        self.epoch, self.loop.done = epoch + 1, 0
        self.callbacks.on_epoch_end(epoch, logs)
        return logs

    # State

    def state(self) -> dict[str, Any]:
        """Where training is, and everything that it goes on from; plain values and numpy arrays."""
        return {
            "epoch": self.epoch,
            "batch": self.loop.done,
            "logs": dict(self.loop.logs),
            "batches": self.loop.batches.state(),
            "model": self.model.state(),
            "callbacks": {key: callback.state() for key, callback in self._named_callbacks()},
            "random": random_state.state(),
        }

    def load_state(self, saved: dict[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        self.epoch, self._start = saved["epoch"], saved["batch"]
        self.loop.logs, self.loop.resumed = dict(saved["logs"]), True
        self.loop.batches.load_state(saved["batches"])
        self.model.load_state(saved["model"])
        random_state.load_state(saved["random"])
        self._callback_states = saved["callbacks"]

    def _resume_callbacks(self) -> None:
        """Callbacks begin anew in ``on_train_begin``: what they knew is put back after that."""
        for key, callback in self._named_callbacks():
            if key in self._callback_states:
                callback.load_state(self._callback_states[key])

    def _named_callbacks(self) -> list[tuple[str, Any]]:
        """The callbacks by their classes, numbered: a resumed run may have others besides."""
        counts: dict[str, int] = {}
        found = []
        for callback in self.callbacks.callbacks:
            name = type(callback).__name__
            counts[name] = counts.get(name, 0) + 1
            if hasattr(callback, "load_state"):
                found.append((f"{name}_{counts[name]}", callback))
        return found


def _is_due(epoch: int, frequency: Any) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return (epoch + 1) in frequency
