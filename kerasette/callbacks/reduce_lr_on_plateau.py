"""``ReduceLROnPlateau``: a smaller learning rate when a number gets no better."""

from typing import Any

import numpy as np

from kerasette.callbacks.messages import say
from kerasette.callbacks.monitor_callback import MonitorCallback
from kerasette.registry import register


class ReduceLROnPlateau(MonitorCallback):
    """Makes the learning rate smaller when the number that is watched gets no better.

    Args:
        monitor: the name of the number in the logs.
        factor: what the learning rate is multiplied by, less than 1.
        patience: after how many epochs without a better value.
        verbose: 1 to say so.
        mode: "min" where less is better, "max" where more is, "auto" to go by the metric.
        min_delta: the least change that counts as better.
        cooldown: epochs after a reduction that do not count.
        min_lr: the least learning rate.

    >>> slower = kerasette.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.2, patience=5)

    Raises: ValueError for a factor of 1 or more.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ):
        if kwargs:
            raise TypeError(f"ReduceLROnPlateau() got unknown arguments: {sorted(kwargs)}.")
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"`factor` must be less than 1. Received: factor={factor}.")
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self._begin()

    def _begin(self) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        value = self.monitored(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        optimizer = self.model.optimizer
        before = float(optimizer.learning_rate)
        if before <= np.float32(self.min_lr):
            return
        rate = max(before * self.factor, self.min_lr)
        optimizer.learning_rate = rate
        if self.verbose:
            say(f"Epoch {epoch + 1}: the learning rate is reduced to {rate}")
        self.cooldown_counter = self.cooldown
        self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether a reduction is too recent for another one."""
        return self.cooldown_counter > 0

    def state(self) -> dict[str, Any]:
        return {
            "best": self.best,
            "cooldown_counter": self.cooldown_counter,
            "wait": self.wait,
        }

    def load_state(self, saved: dict[str, Any]) -> None:
        for name, value in saved.items():
            setattr(self, name, value)


register("callback", ReduceLROnPlateau)
