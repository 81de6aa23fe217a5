"""``PyDataset``: batches by index, fetched ahead by workers."""

import concurrent.futures
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np


class PyDataset:
    """Batches that a subclass makes by their number, in ``__getitem__``.

    ``__len__`` gives the number of batches of an epoch; without it there is no end. ``fit`` asks
    for the batches in an order of its own, and gets them in that order however many workers there
    are. ``on_epoch_begin`` and ``on_epoch_end`` may be overridden.

    Args:
        workers: how many batches are made at a time, ahead of training; with 1 and no
            multiprocessing each is made when it is needed.
        use_multiprocessing: whether the workers are processes, not threads. They get the dataset
            once, as it is when an epoch begins, and seed ``np.random`` anew for each batch.
        max_queue_size: how many batches at most are made ahead.

    >>> class Squares(kerasette.utils.PyDataset):
    ...     def __len__(self):
    ...         return 10
    ...     def __getitem__(self, index):
    ...         x = np.full((4, 1), index, "float32")
    ...         return x, x**2
    >>> dataset = Squares(workers=2)

    Raises: ValueError for ``workers`` or ``max_queue_size`` that are no positive integers.
    """

    _workers = 1
    _use_multiprocessing = False
    _max_queue_size = 10

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @property
    def workers(self) -> int:
        """How many batches are made at a time."""
        return self._workers

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = _positive("workers", value)

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return self._use_multiprocessing

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = bool(value)

    @property
    def max_queue_size(self) -> int:
        """How many batches at most are made ahead."""
        return self._max_queue_size

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = _positive("max_queue_size", value)

    @property
    def num_batches(self) -> int | None:
        """The number of batches of an epoch; ``None`` where there is no end."""
        return len(self) if hasattr(self, "__len__") else None

    def __getitem__(self, index: int) -> Any:
        """Batch number ``index``: ``x``, ``(x, y)`` or ``(x, y, sample_weight)``."""
        raise NotImplementedError(f"{type(self).__name__} has no `__getitem__`: write it.")

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        index = 0
        while count is None or index < count:
            yield self[index]
            index += 1

    def fetch(self, order: Iterable[int]) -> Iterator[Any]:
        """The batches of these numbers, in this order, made ahead by the workers."""
        if self.workers <= 1 and not self.use_multiprocessing:
            for index in order:
                yield self[int(index)]
            return
        executor = self._executor()
        try:
            yield from self._ahead(executor, iter(order))
        finally:
            executor.shutdown(wait=not self.use_multiprocessing, cancel_futures=True)

    def _executor(self) -> concurrent.futures.Executor:
        if not self.use_multiprocessing:
            return concurrent.futures.ThreadPoolExecutor(self.workers)
        seed = int(np.random.randint(2**31))
        return concurrent.futures.ProcessPoolExecutor(
            self.workers, initializer=_begin_worker, initargs=(self, seed)
        )

    def _ahead(self, executor: concurrent.futures.Executor, order: Iterator[int]) -> Iterator[Any]:
        make: Any = _made_by_worker if self.use_multiprocessing else self.__getitem__
        waiting: deque[concurrent.futures.Future[Any]] = deque()
        for index in order:
            waiting.append(executor.submit(make, int(index)))
            if len(waiting) > max(self.max_queue_size, self.workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _positive(name: str, value: Any) -> int:
    if not isinstance(value, (int, np.integer)) or value < 1:
        if name == "workers" and value in (0, None):
            return 1  # Keras's way to say: no workers
        raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}.")
    return int(value)


Sequence = PyDataset  # its older name


# In a worker process

_dataset: Any = None
_seed = 0


def _begin_worker(dataset: Any, seed: int) -> None:
    global _dataset, _seed
    _dataset, _seed = dataset, seed


def _made_by_worker(index: int) -> Any:
    np.random.seed([_seed, index])
    return _dataset[index]
