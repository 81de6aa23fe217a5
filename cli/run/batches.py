"""Training batches that know how far they are, and can begin and stop within an epoch."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from kerasette.training.data import ArrayBatches


class StoppedHere(Exception):
    """Raised between two batches when training is to stop."""


class CountedBatches(ArrayBatches):
    """``ArrayBatches`` that count, and ask between two batches whether to stop.

    ``done`` is the number of batches of the current epoch that were trained on, ``waited`` the
    seconds that the epoch waited for data. The first epoch begins with batch ``first``. ``stop`` is
    asked before each batch but an epoch's first; where it says yes, ``on_stop`` is called and
    ``StoppedHere`` raised.

    With ``steps`` an epoch has so many batches, over as many passes through the data as it takes;
    an epoch goes on where the last one ended, also when training was stopped between them.
    """

    def __init__(
        self,
        *args: Any,
        stop: Callable[[], bool],
        on_stop: Callable[[], None],
        steps: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.stop, self.on_stop = stop, on_stop
        self.pass_length = self.count or 1
        self.count = steps or self.pass_length
        self.first = self.done = 0
        self.waited = 0.0

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        start, self.first = start or self.first, 0
        self.waited = 0.0
        batches = self._from(epoch * (self.count or 0) + start)
        for number in range(start, self.count or 0):
            self.done = number
            if number > start and self.stop():
                self.on_stop()
                raise StoppedHere
            before = time.perf_counter()
            batch = next(batches)
            self.waited += time.perf_counter() - before
            yield batch
        self.done = self.count or 0

    def _from(self, step: int) -> Iterator[tuple[Any, Any, Any]]:
        """All batches from a step of the whole training on."""
        number, start = divmod(step, self.pass_length)
        while True:
            yield from super().epoch(number, start)
            number, start = number + 1, 0
