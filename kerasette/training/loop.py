"""The epoch loop: the only one, for training, evaluation and prediction."""

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.arrays import staging
from kerasette.arrays.switches import switches
from kerasette.errors import DataError
from kerasette.training.data import ArrayBatches, Batches
from kerasette.training.feeding import fed
from kerasette.training.steps import plain_logs

Work = Callable[[], tuple[Any, int]]
_REFRESH = 0.1  # seconds between two looks at the metrics where nobody asks for each batch


class Loop:
    """Runs a step over batches, and tells the callbacks.

    Args:
        mode: "train", "test" or "predict": which hooks are called.
        step: what is done with a batch ``(x, y, sample_weight)``: a Step, or a function.
        batches: where they come from.
        callbacks: who is told.
        steps: so many batches an epoch; by default as many as there are.
        together: how many batches are run between two calls of the callbacks.
        stop: asked after each batch whether to end the epoch here.
    """

    def __init__(
        self,
        mode: str,
        step: Any,
        batches: Batches,
        callbacks: Any,
        steps: int | None = None,
        together: int = 1,
        stop: Callable[[], bool] = lambda: False,
    ):
        self.mode = mode
        self._step = step
        self._stepping: Any = None  # the step over rows of arrays; False where there is none
        self._together = 1  # so many of its steps are run in one call
        self.run: Callable[[Any], Any] = getattr(step, "run", step)
        self.results: Callable[[Any], Any] = getattr(step, "results", lambda result: result)
        self.batches = batches
        self.callbacks = callbacks
        self.steps = steps
        self.together = together
        self.stop = stop
        self.done = 0  # batches of this epoch
        self.logs: dict[str, Any] = {}  # as they were last looked at
        self.ran_out = False  # whether the data ended before the epoch did
        self.cut = False  # whether `stop` ended the epoch
        self.resumed = False  # whether what came before the first epoch is to be passed over
        self._stream: Iterator[Any] | None = None

    @property
    def expected(self) -> int | None:
        """The number of batches of an epoch, where it is known beforehand."""
        return self.batches.count if self.steps is None else self.steps

    def epoch(self, epoch: int, start: int = 0) -> tuple[dict[str, Any], list[Any]]:
        """One pass: the metrics at its end, and for "predict" what each batch gave.

        Args:
            epoch: its number.
            start: how many of its batches were done before, when training is resumed.

        Raises: DataError where not one batch comes.
        """
        outputs: list[Any] = []
        result: Any = None
        listeners = self.callbacks.wants_batches(self.mode)
        all_of_them = listeners and self.callbacks.wants_every_batch(self.mode)
        begin = getattr(self.callbacks, f"on_{self.mode}_batch_begin")
        end = getattr(self.callbacks, f"on_{self.mode}_batch_end")
        expected, last_look, first = self.expected, time.perf_counter(), start
        self.done, self.ran_out, self.cut = start, False, start > 0 and self.stop()
        many = not all_of_them and self.together == 1 and self.mode != "predict"
        for work in () if self.cut else self._work(epoch, start, many):
            if all_of_them and self.done == first:
                begin(first)
            result, count = work()
            self.done += count
            if self.mode == "predict":
                outputs.append(tree.map_structure(_host, result))
            if self.done - first < self.together and self.done != expected:
                continue
            if listeners:
                now = time.perf_counter()
                if all_of_them or now - last_look > _REFRESH or self.done == expected:
                    end(self.done - 1, logs=self._look(result, outputs[first - start :]))
                    last_look = now
            first = self.done
            if self.stop():
                self.cut = self.done != expected
                break
        if first != self.done and all_of_them:  # the last few of a number that was not known
            end(self.done - 1, logs=self._look(result, outputs[first - start :]))
        if not self.done:
            raise DataError(
                "The data gave no batch. A generator may be used up: give a fresh one, or fewer "
                "steps per epoch."
            )
        if expected is None:
            self.callbacks.params["steps"] = self.done
        if self.mode != "predict" and self.done > start:
            self.logs = plain_logs(self.results(result))
        return dict(self.logs), outputs

    def close(self) -> None:
        """No more epochs: give back what was held for them."""
        if self._stepping:
            self._stepping.close()
        self._stepping = None

    def _look(self, result: Any, outputs: list[Any]) -> dict[str, Any]:
        if self.mode == "predict":
            return {"outputs": joined(outputs)}
        self.logs = plain_logs(self.results(result))
        return dict(self.logs)

    def _work(self, epoch: int, start: int, many: bool) -> Iterator[Work]:
        """What is to be done, piece by piece: one batch, or where it can be many in one call.

        Each gives its last result and the number of batches.
        """
        over_rows = getattr(self._step, "over_rows", None)
        whole = self.steps is None or self.steps == self.batches.count
        many = many and whole and not staging.apart()
        if not (many and over_rows and isinstance(self.batches, ArrayBatches)):
            for data in fed(self._limited(epoch, start)):
                yield lambda: (self.run(data), 1)  # noqa: B023
            return
        yield from self._chunks(self.batches, epoch, start, over_rows)

    def _chunks(
        self, batches: ArrayBatches, epoch: int, start: int, over_rows: Callable[..., Any]
    ) -> Iterator[Work]:
        """Batches of in-memory arrays: the first by itself, for it builds what is not built yet,
        then as many in a call as take a tenth of a second, then a last, smaller one.
        """
        size, full = batches.batch_size, batches.rows // batches.batch_size
        order = batches.order(epoch)
        order = np.arange(batches.rows) if order is None else order.astype(np.int64, copy=False)
        stepping: Any = self._stepping if self._stepping and self._stepping.fits() else None
        number = start
        while number < batches.count:  # type: ignore[operator]
            if stepping is None and start < number < full:
                stepping = self._stepping = over_rows(batches.data, size) or False
            if not stepping or number >= full:
                data = batches.rows_of(order[number * size : (number + 1) * size])
                yield lambda: (self.run(data), 1)  # noqa: B023
                number += 1
                continue
            count = min(self._together, full - number)
            rows = order[number * size : (number + count) * size]
            began = time.perf_counter()
            yield lambda: (stepping.run(rows), count)  # noqa: B023
            took = max(time.perf_counter() - began, 1e-7)
            self._together = max(1, int(count * min(_REFRESH / took, 16)))
            number += count

    def _limited(self, epoch: int, start: int) -> Iterator[Any]:
        """The batches of one epoch: all of them, or ``steps``, over several passes if need be."""
        if self.steps is None or self.steps == self.batches.count:
            self.batches.begin_epoch()
            limit = switches.max_steps_per_epoch if self.steps is None else None
            yield from islice(self.batches.epoch(epoch, start), limit and max(0, limit - start))
            self.batches.end_epoch()
            return
        if self._stream is None:
            self._stream = self._endless(epoch * self.steps + start)
        for _ in range(start, self.steps):
            batch = next(self._stream, None)
            if batch is None:
                self.ran_out = True
                return
            yield batch

    def _endless(self, first: int) -> Iterator[Any]:
        """Pass after pass over the data, from batch ``first`` of the whole training on."""
        count = self.batches.count
        number, start = (0, first if self.resumed else 0) if count is None else divmod(first, count)
        while True:
            passed = 0
            self.batches.begin_epoch()
            for batch in self.batches.epoch(number, 0 if count is None else start):
                passed += 1
                if count is None and passed <= start:
                    continue
                yield batch
            self.batches.end_epoch()
            if not passed or self.batches.once:
                return
            number, start = number + 1, 0 if count is not None else max(0, start - passed)


def _host(value: Any) -> Any:
    return value if value is None else np.asarray(value)


def joined(outputs: list[Any]) -> Any:
    """What ``predict`` returns: the batches' outputs put together along the first axis."""
    if len(outputs) == 1:
        return outputs[0]
    return tree.map_structure(
        lambda *parts: None if parts[0] is None else np.concatenate(parts), *outputs
    )
