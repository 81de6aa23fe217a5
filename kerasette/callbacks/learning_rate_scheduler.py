"""``LearningRateScheduler``: sets the learning rate at the beginning of each epoch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette.callbacks.callback import Callback
from kerasette.callbacks.messages import say
from kerasette.registry import register


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch; the logs hold it at the end.

    Args:
        schedule: ``f(epoch, learning_rate) -> float``, or ``f(epoch) -> float``.
        verbose: 1 to say what it is set to.

    >>> halve = kerasette.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)

    Raises: ValueError where ``schedule`` gives something else than a float.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        optimizer = self.model.optimizer
        try:
            rate = self.schedule(epoch, float(optimizer.learning_rate))
        except TypeError:  # a function of the epoch alone
            rate = self.schedule(epoch)
        if not isinstance(rate, (float, np.floating)):
            raise ValueError(f"`schedule` must give a float. Received: {rate!r} for epoch {epoch}.")
        optimizer.learning_rate = float(rate)
        if self.verbose:
            say(f"Epoch {epoch + 1}: the learning rate is {rate}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


register("callback", LearningRateScheduler)
