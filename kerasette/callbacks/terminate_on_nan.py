"""``TerminateOnNaN``: ends training at a loss that is not finite, and says where it came from."""

from typing import Any

import numpy as np

from kerasette.callbacks.callback import Callback
from kerasette.callbacks.messages import say
from kerasette.registry import register


class TerminateOnNaN(Callback):
    """Ends training when the loss, or a weight, becomes NaN or infinite.

    The weights stay those from before the batch that did it, and the layer and operation are named
    from which the first such value came, with the rows of the batch.

    Args:
        raise_error: whether to raise an error, in place of stopping.

    >>> model.compile(loss="mse")
    >>> history = model.fit(x, y, callbacks=[kerasette.callbacks.TerminateOnNaN()], verbose=0)

    Raises: RuntimeError with ``raise_error``.
    """

    guards_against_nan = True  # fit watches each batch

    def __init__(self, raise_error: bool = False):
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        fitting = getattr(self.model, "fitting", None)
        message = None if fitting is None else fitting.nan_message
        if message is None:
            if loss is None or np.all(np.isfinite(loss)):
                return
            message = f"The loss is {loss} at batch {batch}."
        if self.raise_error:
            raise RuntimeError(message)
        say(f"{message} Training ends.")
        self.model.stop_training = True


register("callback", TerminateOnNaN)
