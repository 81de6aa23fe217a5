"""Jobs that threads do meanwhile, and that whoever waits for one of them does too."""

import os
import threading
from collections.abc import Callable

_lock = threading.Lock()
_waiting: list["Job"] = []
_workers: list[threading.Thread] = []


def _most_workers() -> int:
    """One processor is left for the thread that makes the jobs, and at last does them itself."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (len(affinity(0)) if affinity else os.cpu_count() or 1) - 1


class Job:
    """Something to do once, in any thread.

    Args:
        work: what is to be done; it keeps its errors to itself.
        size: how large it is compared with others; the largest are done first.
    """

    def __init__(self, work: Callable[[], None], size: int):
        self.size = size
        self._work = work
        self._done = threading.Event()
        with _lock:
            _waiting.append(self)
            if len(_workers) < _most_workers():
                # No daemon: LLVM must not be at work when the process takes it down.
                worker = threading.Thread(target=_work, name="kerasette compiler")
                _workers.append(worker)
                worker.start()

    def wait(self) -> None:
        """Return when it is done, and do what nobody has begun until then."""
        while not self._done.is_set():
            job = _taken(self)
            if job is None:
                self._done.wait()
            else:
                job.do()

    def do(self) -> None:
        """Do it; an interruption leaves it to be done."""
        try:
            self._work()
        except BaseException:
            with _lock:
                _waiting.append(self)
            raise
        self._done.set()


def _taken(first: Job | None = None) -> Job | None:
    """A job that nobody has begun, ``first`` before others."""
    with _lock:
        if not _waiting:
            return None
        job = first if first in _waiting else max(_waiting, key=lambda job: job.size)
        _waiting.remove(job)
        return job


def _work() -> None:
    while True:
        with _lock:
            if not _waiting:
                _workers.remove(threading.current_thread())
                return
        job = _taken()
        if job is not None:
            job.do()


def finish() -> None:
    """Do and wait for all: a child forked meanwhile would wait for ever for locks that nobody
    gives back.
    """
    while job := _taken():
        job.do()
    for worker in _workers:
        worker.join()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=finish)
