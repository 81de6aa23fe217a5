"""``LambdaCallback``: a callback made of functions."""

from collections.abc import Callable
from typing import Any

from kerasette.callbacks.callback import Callback
from kerasette.registry import register


class LambdaCallback(Callback):
    """Calls the functions it was given.

    Args:
        on_epoch_begin: ``f(epoch, logs)``.
        on_epoch_end: ``f(epoch, logs)``.
        on_train_begin: ``f(logs)``.
        on_train_end: ``f(logs)``.
        on_train_batch_begin: ``f(batch, logs)``.
        on_train_batch_end: ``f(batch, logs)``.
        **kwargs: functions for any other method of Callback, such as ``on_test_end``.

    >>> tell = kerasette.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))

    Raises: TypeError for a name that is no method of Callback.
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        } | kwargs
        for name, function in given.items():
            if name.startswith("on_") and not hasattr(Callback, name):
                raise TypeError(f"LambdaCallback() got an unknown hook {name!r}.")
            if function is not None:
                setattr(self, name, function)
        self.wants_batches = any("_batch_" in n and f is not None for n, f in given.items())


register("callback", LambdaCallback)
