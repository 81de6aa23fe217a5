"""``SwapEMAWeights``: evaluates, and saves, with the moving averages of the weights."""

from typing import Any

import numpy as np

from kerasette.callbacks.callback import Callback
from kerasette.registry import register


class SwapEMAWeights(Callback):
    """Puts the moving averages that the optimizer keeps into the model for evaluation.

    The optimizer must have been made with ``use_ema=True``.

    Args:
        swap_on_epoch: whether they are in the model from an epoch's end to the next one's
            beginning too, so that callbacks that come after this one, such as ModelCheckpoint,
            save them.

    >>> model.compile(kerasette.optimizers.SGD(use_ema=True), loss="mse")
    >>> history = model.fit(x, y, callbacks=[kerasette.callbacks.SwapEMAWeights()], verbose=0)

    Raises: ValueError where the optimizer keeps no averages.
    """

    def __init__(self, swap_on_epoch: bool = False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._averages_in_model = False
        self._values: list[Any] = []  # the averages, while they are in the model between epochs

    def _pairs(self) -> list[tuple[Any, Any]]:
        """The trainable variables with their averages."""
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        if not getattr(optimizer, "use_ema", False):
            raise ValueError(
                "SwapEMAWeights needs an optimizer that was made with `use_ema=True`. "
                f"Received: {optimizer!r}."
            )
        if not optimizer.built:
            return []
        pairs = zip(optimizer._trainable_variables, optimizer._averages, strict=True)
        return [(variable, average) for variable, average in pairs if average is not None]

    def _swap(self, averages_in_model: bool) -> None:
        if averages_in_model == self._averages_in_model:
            return
        for variable, average in self._pairs():
            value = variable.numpy()
            variable.assign(average)
            average.assign(value)
        self._averages_in_model = averages_in_model

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self.swap_on_epoch:
            return
        self._swap(True)
        self._values = [variable.numpy() for variable, _ in self._pairs()]

    def on_train_end(self, logs: Any = None) -> None:
        """``fit`` ends by putting into the model what stands for the averages: set that right."""
        if not self._averages_in_model:
            return
        for (variable, average), value in zip(self._pairs(), self._values, strict=True):
            if np.array_equal(variable, average):  # nobody has chosen other weights since
                variable.assign(value)
            average.assign(value)
        self._averages_in_model = False

    def on_test_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: Any = None) -> None:
        self._swap(False)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_predict_end(self, logs: Any = None) -> None:
        self._swap(False)

    def state(self) -> dict[str, Any]:
        return {"averages_in_model": self._averages_in_model, "values": self._values}

    def load_state(self, saved: dict[str, Any]) -> None:
        self._averages_in_model = saved["averages_in_model"]
        self._values = saved["values"]


register("callback", SwapEMAWeights)
