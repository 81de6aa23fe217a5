"""``ProgbarLogger``: shows how far training is: a bar in a terminal, lines in a log file."""

import sys
import time
from typing import Any

from kerasette.callbacks.callback import Callback
from kerasette.registry import register
from kerasette.utils.io_utils import is_interactive_logging_enabled

_REFRESH = 0.05  # seconds between two looks of the bar


class ProgbarLogger(Callback):
    """Shows the progress of ``fit``, ``evaluate`` and ``predict``.

    In a terminal or a notebook a tqdm bar; with ``verbose=2``, or where the output is a file, a
    line an epoch.
    """

    content_with_some = True  # it need not see every batch

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None
        self._epoch = 0
        self._shown = 0.0

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        verbose = params.get("verbose", 1)
        self._lines = verbose == 2 or not _somebody_watches()
        self._epochs = params.get("epochs")

    def on_train_begin(self, logs: Any = None) -> None:
        self._training = True

    def on_train_end(self, logs: Any = None) -> None:
        self._training = False
        self._close()

    def on_interruption(self) -> None:
        self._training = False
        self._close()

    _training = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch
        self._open(f"Epoch {epoch + 1}/{self._epochs}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._show(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_test_begin(self, logs: Any = None) -> None:
        if not self._training:
            self._open("Evaluate")

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._training:
            self._show(batch, logs)

    def on_test_end(self, logs: Any = None) -> None:
        if not self._training:
            self._finish(logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._open("Predict")

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._show(batch, None)

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(None)

    def _open(self, title: str) -> None:
        self._close()
        self._title = title
        self._started = time.perf_counter()
        if self._lines:
            return
        from tqdm.auto import tqdm

        width = "{bar}" if _in_notebook() else "{bar:16}"  # a notebook's bar is a picture
        self._bar = tqdm(
            total=self.params.get("steps"),
            desc=title,
            unit="step",
            file=sys.stdout,
            dynamic_ncols=True,
            leave=False,
            bar_format="{desc} {n_fmt}/{total_fmt} |" + width + "| {remaining} left{postfix}",
        )

    def _show(self, batch: int, logs: Any) -> None:
        now = time.perf_counter()
        if self._bar is None or now - self._shown < _REFRESH:
            return
        self._shown = now
        self._bar.n = batch + 1
        self._bar.set_postfix_str(_words(logs), refresh=False)
        self._bar.refresh()

    def _finish(self, logs: Any) -> None:
        was_shown = self._bar is not None
        self._close()
        if was_shown or self._lines:  # a line stays, the same in a terminal and in a file
            took = time.perf_counter() - self._started
            words = _words(logs)
            print(f"{self._title} - {took:.1f}s" + (f" - {words}" if words else ""), flush=True)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _words(logs: Any) -> str:
    """``loss: 0.1234 - accuracy: 0.9``"""
    shown = []
    for name, value in (logs or {}).items():
        if isinstance(value, (int, float)):
            small = 0 < abs(value) < 1e-3
            shown.append(f"{name}: {value:.2e}" if small else f"{name}: {value:.4f}")
    return " - ".join(shown)


def _somebody_watches() -> bool:
    """Whether the output is a terminal, or a notebook's, where a bar can move."""
    if not is_interactive_logging_enabled():
        return False
    return getattr(sys.stdout, "isatty", lambda: False)() or _in_notebook()


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "ZMQ" in type(shell).__name__


register("callback", ProgbarLogger)
