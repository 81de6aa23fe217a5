"""The batches of a part of the data, which tell how long they were waited for."""

import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from kerasette.training.data import ArrayBatches, Batches

from ..data.parts import Part

_AHEAD = 3  # batches that are read while another one is trained
_READERS = min(4, os.cpu_count() or 1)

Batch = tuple[Any, Any, Any]


class HeldBatches(ArrayBatches):
    """Batches of arrays in memory. ``waited`` is the seconds that their making has taken."""

    waited = 0.0

    def rows_of(self, rows: Any) -> Batch:
        before = time.perf_counter()
        found = super().rows_of(rows)
        self.waited += time.perf_counter() - before
        return found


class ReadBatches(Batches):
    """Batches of samples that are read when they are needed, by threads, ahead of training.

    They come in the order in which those of arrays would. ``waited`` is the seconds that whoever
    asks for batches has waited for them.
    """

    def __init__(self, part: Part, **options: Any):
        self._source = part.x
        self._numbers = ArrayBatches(np.arange(len(part)), part.y, **options)
        self.rows, self.count = self._numbers.rows, self._numbers.count
        self.waited = 0.0

    def fingerprint(self) -> dict[str, Any]:
        return self._numbers.fingerprint() | {"x": self._source.fingerprint()}

    def state(self) -> dict[str, Any]:
        return self._numbers.state()

    def load_state(self, saved: dict[str, Any]) -> None:
        self._numbers.load_state(saved)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        batches = self._read_ahead(self._numbers.epoch(epoch, start))
        while True:
            before = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - before
            if batch is None:
                return
            yield batch

    def _read(self, batch: Batch) -> Batch:
        rows, y, weight = batch
        return self._source[rows], y, weight

    def _read_ahead(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        waiting: deque[Future[Batch]] = deque()
        with ThreadPoolExecutor(_READERS) as readers:
            for batch in batches:
                waiting.append(readers.submit(self._read, batch))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def batches_of(part: Part, **options: Any) -> HeldBatches | ReadBatches:
    """The batches of a part; ``options`` are those of ``ArrayBatches``."""
    if isinstance(part.x, np.ndarray | dict):
        return HeldBatches(part.x, part.y, **options)
    return ReadBatches(part, **options)
