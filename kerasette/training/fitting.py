"""``Fitting``: one run of ``fit``, from its first epoch to its last, which can be resumed."""

import json
import warnings
from typing import Any

from kerasette import tree
from kerasette.callbacks.callback import Callback
from kerasette.errors import NonFiniteError
from kerasette.training import environment, fingerprint, random_state
from kerasette.training.data import ArrayBatches, Batches
from kerasette.training.interruption import Interruption
from kerasette.training.loop import Loop
from kerasette.training.nan_guard import NaNGuard
from kerasette.training.steps import as_tensor

_PARTS = {"epoch": int, "batch": int, "epochs": int, "stopped": bool, "logs": dict,
          "batches": dict, "model": dict, "fingerprint": str, "environment": dict,
          "callbacks": dict, "random": dict}  # fmt: skip


class Fitting:
    """Trains a model over epochs, validates, and tells the callbacks.

    ``state()`` is everything that the rest of the run depends on. A run of the same program that
    begins with ``load_state`` goes on to the same bits, from the middle of an epoch too.
    Callbacks reach it as ``model.fitting``, and may load a state in ``on_train_begin``.

    Ctrl-C ends it after the batch that is being done. Where a callback saves (it has a method
    ``on_stop`` of its own), SIGTERM does so too, and the callback is told before training ends.

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
        self._resumed: dict[str, Any] | None = None  # the state that was gone on from, for a while
        self._fingerprint: dict[str, Any] | None = None
        saves = any(_saves(callback) for callback in callbacks.callbacks)
        self.interruption = Interruption(["SIGINT", "SIGTERM"] if saves else ["SIGINT"])
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
        return bool(self.model.stop_training) or self.interruption.wanted is not None

    def run(self) -> None:
        """All epochs."""
        with self.interruption:
            try:
                self._run()
            except BaseException:
                self.callbacks.on_interruption()
                raise
            finally:
                self.loop.close()

    def _run(self) -> None:
        model, callbacks = self.model, self.callbacks
        logs: dict[str, Any] = {}
        callbacks.on_train_begin()
        self._resume_callbacks()
        while self.epoch < self.epochs and (self._start or not model.stop_training):
            logs = self._one_epoch()
        if model.optimizer is not None and model.optimizer.built:
            weights = model.trainable_weights
            if weights:
                model.optimizer.finalize_variable_values(weights)
        callbacks.on_train_end(logs)

    def _one_epoch(self) -> dict[str, Any]:
        epoch, start, self._start = self.epoch, self._start, 0
        if not start:
            self.model.reset_metrics()
        self.callbacks.on_epoch_begin(epoch)
        if start:
            self._resume_within_epoch()
        logs, _ = self.loop.epoch(epoch, start)
        self._stop_if_wanted()
        if self.loop.ran_out and epoch + 1 < self.epochs:
            warnings.warn(
                f"The data ended in epoch {epoch + 1}, after {self.loop.done} of "
                f"{self.loop.steps} steps: training ends here. Let the generator go on, or give "
                "fewer steps or epochs.",
                stacklevel=5,
            )
            self.model.stop_training = True
        if self.validation is not None and _is_due(epoch, self.validation_freq):
            found = self._validated(self.validation)
            logs |= {f"val_{name}": value for name, value in found.items()}
        self.epoch, self.loop.done = epoch + 1, 0
        self.callbacks.on_epoch_end(epoch, logs)
        self._stop_if_wanted()
        return logs

    def _validated(self, batches: Batches) -> dict[str, Any]:
        """The validation of an epoch. A signal ends it after a batch; it is as if it had not begun
        then, and is done again when training goes on.
        """
        model = self.model
        changing = [*model.non_trainable_variables, *model._passing_variables]
        values, other = [variable.numpy() for variable in changing], self._other_state()

        def stop() -> bool:
            return self.interruption.wanted is not None

        logs, cut = model._validate(batches, self.callbacks, self.validation_steps, stop)
        if cut:
            for variable, value in zip(changing, values, strict=True):
                variable.assign(value)
            self._load_other_state(other)
            self._stop_if_wanted()
        return logs

    def _stop_if_wanted(self) -> None:
        """Where a signal came: have all saved that is to be gone on from, and end training."""
        if self.interruption.wanted is not None:
            self.callbacks.on_stop()
            raise self.interruption.ending()

    # State

    def state(self) -> dict[str, Any]:
        """Where training is, and everything that it goes on from; plain values and numpy arrays."""
        return {
            "epoch": self.epoch,
            "batch": self.loop.done,
            "epochs": self.epochs,
            "stopped": bool(self.model.stop_training),
            "logs": dict(self.loop.logs),
            "batches": self.loop.batches.state(),
            "model": self.model.state(),
            "fingerprint": json.dumps(self.remember_fingerprint()),
            "environment": environment.describe(),
        } | self._other_state()

    def _other_state(self) -> dict[str, Any]:
        """That of the callbacks and of the random numbers outside of the model."""
        return {
            "callbacks": {key: callback.state() for key, callback in self._named_callbacks()},
            "random": random_state.state(),
        }

    def load_state(self, saved: dict[str, Any]) -> None:
        """Go on from what ``state`` gave.

        A callback that had ended training has ended it still, unless there are other epochs to do.

        Raises: ValueError where that was of another model, compilation or other data, or the model
        is not built, or it is no state of a run; nothing has changed then.
        """
        for part, kind in _PARTS.items():
            if not isinstance(saved.get(part), kind):
                raise ValueError(
                    f"What was saved is no state of a run: its {part!r} is no {kind.__name__}. "
                    f"Received: {part}={str(saved.get(part))[:100]}."
                )
        before = json.loads(saved["fingerprint"])
        changed = fingerprint.differences(before, self.remember_fingerprint())
        if changed:
            raise ValueError(
                "Training cannot go on from the state that was saved, for it is that of another "
                f"run: {fingerprint.told(changed)}. Change that back, or begin anew (in another "
                'folder, or with resume="never").'
            )
        self._build()
        self.epoch, self._start = saved["epoch"], saved["batch"]
        self.loop.logs, self.loop.resumed = dict(saved["logs"]), True
        self.loop.done = self._start
        self.loop.batches.load_state(saved["batches"])
        self.model.load_state(saved["model"])
        self.model.stop_training = saved["stopped"] and saved["epochs"] == self.epochs
        random_state.load_state(saved["random"])
        self._resumed = saved

    def remember_fingerprint(self) -> dict[str, Any]:
        """What this run is made of, as it was when this was called for the first time."""
        if self._fingerprint is None:
            self._fingerprint = fingerprint.of_run(
                self.model,
                self.loop.batches,
                self.validation,
                steps_per_epoch=self.loop.steps,
                validation_steps=self.validation_steps,
                validation_freq=self.validation_freq,
            )
        return self._fingerprint

    def _build(self) -> None:
        model, batches = self.model, self.loop.batches
        if not model.built and isinstance(batches, ArrayBatches):
            model(tree.map_structure(as_tensor, batches.rows_of(slice(0, 1))[0]))
        if not model.built:
            raise ValueError(
                f"Model {model.name!r} must be built before training can go on: give it an Input, "
                "or call it on data."
            )

    def _resume_callbacks(self) -> None:
        """Callbacks begin anew in ``on_train_begin``: what they knew is put back after that."""
        if self._resumed is not None:
            self._load_callbacks(self._resumed["callbacks"])
            if not self._start:
                self._resumed = None

    def _resume_within_epoch(self) -> None:
        """``on_epoch_begin`` was called for this epoch before: what it does twice is undone."""
        if self._resumed is not None:
            self.model.load_state(self._resumed["model"])
            self._load_other_state(self._resumed)
            self._resumed = None

    def _load_other_state(self, saved: dict[str, Any]) -> None:
        self._load_callbacks(saved["callbacks"])
        random_state.load_state(saved["random"])

    def _load_callbacks(self, saved: dict[str, Any]) -> None:
        for key, callback in self._named_callbacks():
            if key in saved:
                callback.load_state(saved[key])

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


def _saves(callback: Any) -> bool:
    own = getattr(type(callback), "on_stop", None)
    return own is not None and own is not Callback.on_stop


def _is_due(epoch: int, frequency: Any) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return (epoch + 1) in frequency
