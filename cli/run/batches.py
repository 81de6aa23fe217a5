"""Training batches that tell how long training waited for them."""

import time
from collections.abc import Iterator
from typing import Any

from kerasette.training.data import ArrayBatches


class TimedBatches(ArrayBatches):
    """``ArrayBatches`` whose ``waited`` is the seconds that their making has taken."""

    waited = 0.0

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        batches = super().epoch(epoch, start)
        while True:
            before = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - before
            if batch is None:
                return
            yield batch
