"""``History``: the losses and metrics of each epoch."""

from typing import Any

from kerasette.callbacks.callback import Callback
from kerasette.registry import register


class History(Callback):
    """Keeps what each epoch ended with; ``fit`` returns it.

    ``history`` is a dict of lists, ``{"loss": [...], "val_loss": [...]}``; ``epoch`` the epochs'
    numbers.

    >>> model = kerasette.Sequential([kerasette.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> history = model.fit(ops.ones((4, 2)), ops.ones((4, 1)), epochs=2, verbose=0)
    >>> len(history.history["loss"])
    2
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch = []
        self.history = {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        if self.model.history is not self:
            self.model.history = self

    def state(self) -> dict[str, Any]:
        return {"epoch": list(self.epoch), "history": {k: list(v) for k, v in self.history.items()}}

    def load_state(self, saved: dict[str, Any]) -> None:
        self.epoch = list(saved["epoch"])
        self.history = {name: list(values) for name, values in saved["history"].items()}


register("callback", History)
