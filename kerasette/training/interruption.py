"""``Interruption``: being asked to stop while training, by Ctrl-C or by a batch system."""

import signal
import threading
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any

SAVED = 75  # EX_TEMPFAIL of sysexits.h: what was reached is saved, and the same command goes on
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


class Interruption:
    """Within it a first signal is a wish to stop at the next good moment; a second stops now.

    Signals that the program handles in a way of its own are left to it. Inside another
    Interruption this one shares the wish of that, which decides how training ends.

    Args:
        names: of the signals. Only the main thread gets signals; in others nothing happens.
        ends_with: what is raised when training has stopped; by default KeyboardInterrupt after
            SIGINT and ``SystemExit(75)`` after any other signal.
    """

    _outermost: "Interruption | None" = None

    def __init__(self, names: Iterable[str], ends_with: type[BaseException] | None = None):
        self._names = [name for name in names if hasattr(signal, name)]
        self._ends_with = ends_with
        self._before: dict[int, Any] = {}
        self._wanted: str | None = None
        self._answered = False
        self._outer: Interruption | None = None

    @property
    def wanted(self) -> str | None:
        """The name of the signal that came, if one did."""
        return self._wanted if self._outer is None else self._outer.wanted

    def ending(self) -> BaseException:
        """What to raise now that training has stopped."""
        if self._outer is not None:
            return self._outer.ending()
        self._answered = True
        if self._ends_with is not None:
            return self._ends_with()
        return KeyboardInterrupt() if self._wanted == "SIGINT" else SystemExit(SAVED)

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is not threading.main_thread():
            return self
        self._outer = Interruption._outermost
        if self._outer is not None:
            return self
        Interruption._outermost = self
        for name in self._names:
            number = getattr(signal, name)
            if signal.getsignal(number) in _DEFAULTS:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if Interruption._outermost is not self:
            return
        Interruption._outermost = None
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if error is None and self._wanted and not self._answered and self._ends_with is None:
            signal.raise_signal(getattr(signal, self._wanted))  # it came when all was done

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._wanted is not None:
            raise KeyboardInterrupt
        self._wanted = signal.Signals(number).name
