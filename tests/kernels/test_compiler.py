"""Code compiled in the background: by many threads at once, with errors where it is wanted."""

import ctypes
import os
import threading

import numpy as np
import pytest

pytest.importorskip("llvmlite", reason="machine code needs llvmlite, the extra [fast]")

from kerasette.kernels.cpu.llvm import compiler, jobs
from kerasette.kernels.native import arena

_TIMES = """
define i64 @times(i64 %x) nounwind {{
  %found = mul i64 %x, {number}
  ret i64 %found
}}
"""


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setenv("KERASETTE_CACHE", "0")


def times(number):
    return compiler.function_later(_TIMES.format(number=number), "times")


def called(address, x):
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(address)(x)


def test_many_at_once():
    wanted = {number: times(number) for number in range(100, 120)}
    assert all(called(later(), 3) == 3 * number for number, later in wanted.items())


def test_from_several_threads():
    found = []

    def work(first):
        laters = {number: times(number) for number in range(first, first + 8)}
        found.extend(called(later(), 2) == 2 * number for number, later in laters.items())

    threads = [threading.Thread(target=work, args=(200 + 4 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 32


def test_an_error_comes_where_the_address_is_asked_for():
    later = compiler.function_later("define i64 @times(i64 %x) { nonsense }", "times")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="parsing error"):
            later()


def test_a_forked_child_compiles_what_was_in_the_making():
    laters = [times(number) for number in range(300, 308)]
    child = os.fork()
    if child == 0:
        good = all(called(later(), 1) == 300 + i for i, later in enumerate(laters))
        os._exit(0 if good else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert [called(later(), 1) for later in laters] == list(range(300, 308))


@pytest.mark.parametrize("size", [0, 100, 5_000_001])
def test_an_arena_is_aligned_and_can_be_written_to(size):
    block = arena(size)
    assert block.nbytes >= size and (not size or block.ctypes.data % 64 == 0)
    block[:] = 7
    assert np.all(block == 7)


def test_who_waits_works_too(monkeypatch):
    """Without threads beside, jobs are done by the one that waits, the awaited one first."""
    monkeypatch.setattr(jobs, "_most_workers", lambda: 0)
    done = []
    first, second = (jobs.Job(lambda size=size: done.append(size), size) for size in (1, 2))
    first.wait()
    assert done == [1]
    first.wait()
    second.wait()
    assert done == [1, 2]


def test_an_interruption_leaves_the_job_to_be_done(monkeypatch):
    monkeypatch.setattr(jobs, "_most_workers", lambda: 0)
    calls = []

    def work():
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt

    job = jobs.Job(work, 1)
    with pytest.raises(KeyboardInterrupt):
        job.wait()
    job.wait()
    assert len(calls) == 2


def test_nothing_is_in_the_making_when_a_process_forks():
    laters = [times(number) for number in range(300, 312)]
    jobs.finish()
    assert not jobs._waiting and not jobs._workers
    assert all(called(later(), 1) == 300 + n for n, later in enumerate(laters))
