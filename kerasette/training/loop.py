"""The epoch loop: the only one, for training, evaluation and prediction."""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.errors import DataError
from kerasette.training.data import Batches

_REFRESH = 0.1  # seconds between two looks at the metrics where nobody asks for each batch


class Loop:
    """Runs a step over batches, and tells the callbacks.

    Args:
        mode: "train", "test" or "predict": which hooks are called.
        step: what is done with a batch ``(x, y, sample_weight)``.
        batches: where they come from.
        callbacks: who is told.
        logs: the metrics so far; asked for only when somebody wants to know.
        steps: at most so many batches an epoch.
    """

    def __init__(
        self,
        mode: str,
        step: Callable[[Any], Any],
        batches: Batches,
        callbacks: Any,
        logs: Callable[[Any], dict[str, Any]],
        steps: int | None = None,
        stop: Callable[[], bool] = lambda: False,
    ):
        self.mode = mode
        self.step = step
        self.batches = batches
        self.callbacks = callbacks
        self.logs = logs
        self.stop = stop
        self.steps = batches.count if steps is None else steps
        self._stream: Iterator[Any] | None = None
        self._passes = 0

    def epoch(self, epoch: int) -> tuple[dict[str, Any], list[Any]]:
        """One pass: the metrics at its end, and for "predict" what each batch gave.

        Raises: DataError where not one batch comes.
        """
        outputs: list[Any] = []
        each = self.callbacks.wants_batches(self.mode)
        begin = getattr(self.callbacks, f"on_{self.mode}_batch_begin")
        end = getattr(self.callbacks, f"on_{self.mode}_batch_end")
        last_look, result, done = time.perf_counter(), None, 0
        for number, data in enumerate(self._limited(epoch)):
            if each:
                begin(number)
            result = self.step(data)
            done = number + 1
            if self.mode == "predict":
                outputs.append(tree.map_structure(_host, result))
            now = time.perf_counter()
            if each and (self._wants_all or now - last_look > _REFRESH or done == self.steps):
                logs = {"outputs": result} if self.mode == "predict" else self.logs(result)
                last_look = now
                end(number, logs=logs)
            if self.stop():
                break
        if not done:
            raise DataError(
                "The data gave no batch. A generator may be used up: give a fresh one, or fewer "
                "steps per epoch."
            )
        if self.steps is None:
            self.steps = done
            self.callbacks.params["steps"] = done
        return ({} if self.mode == "predict" else self.logs(result)), outputs

    @property
    def _wants_all(self) -> bool:
        """Whether a callback must see every batch (a progress bar is content with some)."""
        return self.callbacks.wants_every_batch(self.mode)

    def _limited(self, epoch: int) -> Iterator[Any]:
        """The batches of one epoch: all of them, or ``steps``, over several passes if need be."""
        known = self.batches.count
        if self.steps is None or (known is not None and self.steps == known):
            self.batches.begin_epoch()
            yield from self.batches.epoch(epoch)
            self.batches.end_epoch()
            return
        for _ in range(self.steps):
            if self._stream is None:
                self._stream = self._endless()
            batch = next(self._stream, None)
            if batch is None:
                return
            yield batch

    def _endless(self) -> Iterator[Any]:
        """Pass after pass over the data, for epochs that do not end where a pass does."""
        for number in itertools.count():
            some = False
            self.batches.begin_epoch()
            for batch in self.batches.epoch(number):
                some = True
                yield batch
            self.batches.end_epoch()
            if not some or getattr(self.batches, "once", False):
                return


def _host(value: Any) -> Any:
    return value if value is None else np.asarray(value)


def joined(outputs: list[Any]) -> Any:
    """What ``predict`` returns: the batches' outputs put together along the first axis."""
    return tree.map_structure(
        lambda *parts: None if parts[0] is None else np.concatenate(parts), *outputs
    )
