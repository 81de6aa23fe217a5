"""When a callback saves: each epoch, or every so many batches."""

from typing import Any


class SaveFrequency:
    """Counts batches over epochs for ``save_freq``.

    Args:
        save_freq: "epoch", a number of batches, or ``False`` for never.
    """

    def __init__(self, save_freq: Any):
        whole = isinstance(save_freq, int) and (save_freq is False or save_freq > 0)
        if save_freq != "epoch" and not whole:
            raise ValueError(
                '`save_freq` must be "epoch" or a positive number of batches. '
                f"Received: save_freq={save_freq!r}."
            )
        self.every = save_freq if isinstance(save_freq, int) else 0
        self.by_batches = save_freq != "epoch" and save_freq is not False
        self._seen = 0  # batches since the last time
        self._last = -1  # the number of the last batch of this epoch

    def is_due(self, batch: int) -> bool:
        """Whether it is time to save after ``batch``; some batches may have been passed over."""
        if not self.by_batches:
            return False
        self._seen += batch + 1 if batch <= self._last else batch - self._last
        self._last = batch
        if self._seen < self.every:
            return False
        self._seen = 0
        return True

    def state(self) -> dict[str, Any]:
        return {"seen": self._seen, "last": self._last}

    def load_state(self, saved: dict[str, Any]) -> None:
        self._seen, self._last = saved["seen"], saved["last"]
