"""``CallbackList``: several callbacks called as one."""

from typing import Any

from kerasette import tree
from kerasette.callbacks.callback import Callback
from kerasette.callbacks.history import History

_BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class CallbackList:
    """Calls each of its callbacks in order; those that save all the others' state come last.

    Args:
        callbacks: a callback, or a list of them.
        add_history: whether to add a History where none is given.
        add_progbar: whether to add a ProgbarLogger where none is given.
        model: the model that they are told of.
        **params: "verbose", "epochs", "steps".
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ):
        self.callbacks: list[Any] = [c for c in tree.flatten(callbacks) if c is not None]
        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "set_model"):
                raise ValueError(
                    f"`callbacks` must be Callback objects. Received: {callback!r}"
                    + (" (a class: make an object of it)." if isinstance(callback, type) else ".")
                )
        if add_progbar and not self._has("ProgbarLogger"):
            from kerasette.callbacks.progbar_logger import ProgbarLogger

            self.callbacks.append(ProgbarLogger())
        if add_history and not self._has("History"):
            self.callbacks.append(History())
        self.callbacks.sort(key=lambda callback: getattr(callback, "comes_last", False))
        self._model: Any = None
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    @classmethod
    def of(cls, callbacks: Any, model: Any, mode: str, verbose: Any, **params: Any) -> Any:
        """The list for one run; History and progress come in unless it is a CallbackList."""
        if isinstance(callbacks, cls):
            callbacks.set_model(model)
            callbacks.set_params({"verbose": verbose} | params | callbacks.params)
            return callbacks
        return cls(
            callbacks,
            add_history=mode == "train",
            add_progbar=verbose not in (0, False),
            model=model,
            verbose=verbose,
            **params,
        )

    def _has(self, name: str) -> bool:
        return any(name in (k.__name__ for k in type(c).__mro__) for c in self.callbacks)

    @property
    def history(self) -> Any:
        """The History among the callbacks."""
        return next((c for c in self.callbacks if isinstance(c, History)), None)

    def append(self, callback: Any) -> None:
        self.callbacks.append(callback)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    @property
    def model(self) -> Any:
        """The model that the callbacks are told of."""
        return self._model

    def set_model(self, model: Any) -> None:
        self._model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def wants_batches(self, mode: str) -> bool:
        """Whether a callback has written a method for single batches of "train", "test"…"""
        return bool(self._listeners(mode))

    def wants_every_batch(self, mode: str) -> bool:
        """Whether one of those does something at each batch; showing progress is not that."""
        return any(not getattr(c, "content_with_some", False) for c in self._listeners(mode))

    def _listeners(self, mode: str) -> list[Any]:
        return [callback for callback in self.callbacks if _listens(callback, mode)]

    def _call(self, hook: str, *args: Any, logs: Any = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            getattr(callback, hook)(*args, logs)  # by place: a hook may call it anything

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call("on_batch_begin", batch, logs=logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call("on_batch_end", batch, logs=logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._call("on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._call("on_epoch_end", epoch, logs=logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call("on_train_batch_begin", batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call("on_train_batch_end", batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call("on_test_batch_begin", batch, logs=logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call("on_test_batch_end", batch, logs=logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call("on_predict_batch_begin", batch, logs=logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call("on_predict_batch_end", batch, logs=logs)

    def on_train_begin(self, logs: Any = None) -> None:
        self._call("on_train_begin", logs=logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._call("on_train_end", logs=logs)

    def on_test_begin(self, logs: Any = None) -> None:
        self._call("on_test_begin", logs=logs)

    def on_test_end(self, logs: Any = None) -> None:
        self._call("on_test_end", logs=logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._call("on_predict_begin", logs=logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._call("on_predict_end", logs=logs)

    def on_stop(self) -> None:
        for callback in self.callbacks:
            if hasattr(callback, "on_stop"):
                callback.on_stop()

    def on_interruption(self) -> None:
        for callback in self.callbacks:
            if hasattr(callback, "on_interruption"):
                callback.on_interruption()


def _listens(callback: Any, mode: str) -> bool:
    """Whether a callback is to be told of single batches."""
    own = getattr(callback, "wants_batches", None)
    if own is not None:
        return bool(own)
    return any(
        getattr(type(callback), hook, None) is not getattr(Callback, hook)
        for hook in _BATCH_HOOKS[mode]
    )


def with_checkpoints(callbacks: Any, resume: Any) -> Any:
    """``fit``'s callbacks, and among them what it was given as ``resume``."""
    from kerasette.callbacks.checkpoints import Checkpoints

    made = Checkpoints.of(resume)
    if isinstance(callbacks, CallbackList):
        callbacks.append(made)
        return callbacks
    return [*tree.flatten(callbacks), made]
