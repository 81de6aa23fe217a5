"""Threads of native kernels: how many there are, and the OpenMP pool that all kernels share.

The pool is that of GCC's libgomp, which oneDNN uses too, and for that reason code generated here:
two pools, each spinning while it waits, take the processor from one another. libgomp keeps a pool
for each thread that calls it. ``prepare`` makes the calling thread's pool fit for our kernels.
"""

import contextlib
import ctypes
import functools
import glob
import math
import os
import platform
import sys
import threading
from collections.abc import Iterator
from typing import Any

from kerasette.arrays.switches import switches

# Of a C library's fenv_t: its bytes, where the register stands that has them, and the bits with
# which denormal numbers are 0 as operands and as results.
_FENV = {"x86_64": (32, 28, 0x8040), "aarch64": (8, 0, 1 << 24)}
_SPINS = 5000  # turns of a waiting thread
_MOST_PROCESSORS = 1024
_MASK_BYTES = _MOST_PROCESSORS // 8
_USER_PLACES = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY")
_MPI = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS")


def count() -> int:
    """How many threads a kernel may use: what ``kerasette.config.set_threads`` was given, else the
    environment's KERASETTE_NUM_THREADS or OMP_NUM_THREADS, else the cores that this process has.
    Never more than the pool can have; 1 where there is no pool, and for what is made ``alone``.
    """
    pool = openmp()
    if pool is None or _local.alone:
        return 1
    wanted = switches.threads or _environment_count() or available_cores()
    return max(1, min(wanted, pool.limit))


@functools.cache
def _environment_count() -> int:
    for name in ("KERASETTE_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").partition(",")[0].strip()
        if text.isdecimal() and int(text):
            return int(text)
    return 0


@functools.cache
def available_cores() -> int:
    """The cores that this process may keep busy: those in its affinity mask, hyper-threads of one
    core counted once, and no more than the CPU time that its control group gets.
    """
    cores = len(_cores())
    quota = min(_quotas(), default=math.inf)
    return max(1, min(cores, math.ceil(quota) if quota < cores else cores))


@functools.cache
def _cores() -> list[frozenset[int]]:
    """The processors of the inherited affinity mask, core by core."""
    if not hasattr(os, "sched_getaffinity"):
        return [frozenset([number]) for number in range(os.cpu_count() or 1)]
    allowed = os.sched_getaffinity(0)
    cores: dict[frozenset[int], None] = {}
    for number in sorted(allowed):
        folder = f"/sys/devices/system/cpu/cpu{number}/topology"
        siblings = _read(f"{folder}/thread_siblings_list") or str(number)
        cores[frozenset(_numbers(siblings) & allowed) or frozenset([number])] = None
    return list(cores)


def _numbers(text: str) -> set[int]:
    """``"0-2,5"`` as the set of 0, 1, 2 and 5."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def _quotas() -> list[float]:
    """The limits of CPU time, in cores, of this process's control groups and all above them."""
    found = []
    for line in _read("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "cpu", "cpu,cpuacct", "cpuacct,cpu"):
            continue
        root = f"/sys/fs/cgroup/{controllers}" if controllers else "/sys/fs/cgroup"
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts) + 1):
            folder = "/".join([root, *parts[:depth]])
            limit = _read(f"{folder}/cpu.max").split() or [
                _read(f"{folder}/cpu.cfs_quota_us"),
                _read(f"{folder}/cpu.cfs_period_us"),
            ]
            if len(limit) == 2 and limit[0].isdecimal() and limit[1].isdecimal():
                found.append(int(limit[0]) / max(int(limit[1]), 1))
    return found


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""


class OpenMP:
    """libgomp, for calls from Python and for generated code.

    Attributes:
        parallel: the address of ``GOMP_parallel(void (*f)(void *), void *data, unsigned threads,
            unsigned flags)``: runs ``f(data)`` on every thread of a team, and waits for all.
        thread_number: the address of ``int omp_get_thread_num(void)``.
        team_size: the address of ``int omp_get_num_threads(void)``.
        limit: the most threads that a team can have.
        path: which file it is.
    """

    def __init__(self, library: ctypes.CDLL, path: str):
        self.library = library
        self.path = path
        self.parallel = _address(library, "GOMP_parallel")
        self.thread_number = _address(library, "omp_get_thread_num")
        self.team_size = _address(library, "omp_get_num_threads")
        self.limit = int(library.omp_get_thread_limit())
        library.GOMP_parallel.argtypes = [ctypes.c_void_p] * 2 + [ctypes.c_uint] * 2
        library.GOMP_parallel.restype = None

    def run(self, function: Any, data: Any, threads: int) -> None:
        """Call a C function with one pointer on each thread of a team."""
        address = ctypes.cast(function, ctypes.c_void_p)
        self.library.GOMP_parallel(address, data, threads, 0)

    def release(self) -> None:
        """End the calling thread's pool; the next team makes another one."""
        self.library.omp_pause_resource_all(1)  # softly: settings stay


def _address(library: ctypes.CDLL, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


@functools.cache
def openmp() -> OpenMP | None:
    """The pool's library; ``None`` where there is none, or a too old one (GCC 9's is needed)."""
    if not sys.platform.startswith("linux"):
        return None
    for path in ("libgomp.so.1", *_carried()):
        try:
            with _short_spinning():
                library = ctypes.CDLL(path)
            library.omp_pause_resource_all  # noqa: B018, without it no child could be forked
        except (OSError, AttributeError):
            continue
        found = OpenMP(library, path)
        # A forked child has none of its parent's threads, and would wait for them for ever. So the
        # forking thread's pool ends before: afterwards both sides make new ones when they want.
        os.register_at_fork(before=_release)
        return found
    return None


@contextlib.contextmanager
def _short_spinning() -> Iterator[None]:
    """A library loaded meanwhile has threads that wait for some 0.1 ms before they sleep, unless
    the user said otherwise. libgomp's own several milliseconds are lost, over and over, where two
    processes share the cores: each then waits for a thread that the other keeps from running.
    """
    if any(name in os.environ for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")):
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = str(_SPINS)
    try:
        yield
    finally:
        del os.environ["GOMP_SPINCOUNT"]


def _carried() -> list[str]:
    """Copies of libgomp that other packages brought along."""
    patterns = ("torch/lib/libgomp.so*", "scikit_learn.libs/libgomp*", "*.libs/libgomp*")
    return [path for p in patterns for s in sys.path for path in glob.glob(f"{s}/{p}")]


class _Local(threading.local):
    threads = 0  # what this thread's pool is prepared for; 0 if it is not
    asked: int | None = None  # what was asked for then
    placement: "_Placement | None" = None  # of its workers, where they are pinned
    alone = False  # whether what is made now is for one thread


_local = _Local()
_pinning = threading.Lock()
_tables: list["_Placement"] = []
# The thread whose pool is pinned, of which there is one at most, or 0; the number of the core that
# is left to it; and the addresses of tables: a processor's core, a core's worker, a core's mask.
placement = (ctypes.c_int64 * 5)()


def prepare() -> int:
    """Make the calling thread's pool ready, where it is not so already: as many threads as
    ``count`` says, which take denormal numbers for 0. The calling thread itself stays as it is.

    Returns: the number of threads.
    """
    if _local.threads and _local.asked == switches.threads:
        if _local.placement is not None:
            _local.placement.make_way()
        return _local.threads
    threads = count()
    pool = openmp()
    if pool is not None and threads != _local.threads:
        if pool.library.omp_get_max_threads() != threads:
            pool.library.omp_set_num_threads(threads)
        _local.placement = None
        if placement[0] == threading.get_ident():
            placement[0] = 0
        if threads > 1:
            _flush_denormals(pool, threads)
            _local.placement = _pinned_workers(pool, threads)
    _local.threads, _local.asked = threads, switches.threads
    return threads


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """What is made meanwhile is for one thread: work that is done before others would begin, or
    that runs beside other work.
    """
    threads, pool = prepare(), openmp()
    if pool is None or threads == 1 or _local.alone:
        yield
        return
    pool.library.omp_set_num_threads(1)
    _local.alone = True
    try:
        yield
    finally:
        _local.alone = False
        pool.library.omp_set_num_threads(threads)


def _release() -> None:
    """Before a fork."""
    pool = openmp()
    if pool is not None and _local.threads > 1:
        pool.release()
    _local.threads, _local.placement = 0, None
    if placement[0] == threading.get_ident():
        placement[0] = 0


def _flush_denormals(pool: OpenMP, threads: int) -> None:
    """Denormal numbers take a hundred times as long: Adam's moments become such ones in time."""
    if platform.machine() not in _FENV:
        return
    size, place, bits = _FENV[platform.machine()]
    libm = ctypes.CDLL("libm.so.6")
    mine = ctypes.create_string_buffer(size)
    libm.fegetenv(mine)
    theirs = ctypes.create_string_buffer(mine.raw, size)
    register = ctypes.c_uint32.from_buffer(theirs, place)
    register.value |= bits
    pool.run(libm.fesetenv, theirs, threads)
    libm.fesetenv(mine)


def _pinned_workers(pool: OpenMP, threads: int) -> "_Placement | None":
    """Give each worker a core of its own within the mask that the process was given.

    Otherwise a worker often shares the caller's core for a while, and each team waits for it. With
    fewer threads than cores the workers stay free: another process may have chosen the same ones.
    """
    cores = _cores()
    unwanted = os.environ.get("KERASETTE_PIN_THREADS", "1") == "0"
    elsewhere = any(name in os.environ for name in (*_USER_PLACES, *_MPI))
    known = max(map(max, cores)) < _MOST_PROCESSORS
    if unwanted or elsewhere or threads != len(cores) or not known:
        return None
    with _pinning:
        others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
        if placement[0] in others:
            return None
        _tables.append(_Placement(pool, cores))
        del _tables[:-1]  # a thread that is gone has left its tables to native code until now
        return _tables[0]


class _Placement:
    """Which worker has which core. One core is the caller's; the caller itself is not pinned."""

    def __init__(self, pool: OpenMP, cores: list[frozenset[int]]):
        self._where = ctypes.CDLL(None).sched_getcpu
        self._cores = cores
        self._core_of = (ctypes.c_int64 * _MOST_PROCESSORS)(*[-1] * _MOST_PROCESSORS)
        self._workers = (ctypes.c_int64 * len(cores))()  # the system's numbers of threads
        self._masks = (ctypes.c_uint8 * (_MASK_BYTES * len(cores)))()
        for number, core in enumerate(cores):
            for processor in core:
                self._core_of[processor] = number
                self._masks[_MASK_BYTES * number + processor // 8] |= 1 << processor % 8
        free = max(self._core_of[self._where()], 0)
        order = sorted(range(len(cores)), key=lambda core: core != free)

        def settle(data: Any) -> None:
            number = pool.library.omp_get_thread_num()
            if number:
                self._put(threading.get_native_id(), order[number])

        pool.run(ctypes.CFUNCTYPE(None, ctypes.c_void_p)(settle), None, len(cores))
        tables = [ctypes.addressof(t) for t in (self._core_of, self._workers, self._masks)]
        placement[:] = [threading.get_ident(), free, *tables]

    def _put(self, worker: int, core: int) -> None:
        with contextlib.suppress(OSError):  # the mask may have become smaller
            os.sched_setaffinity(worker, self._cores[core])
        self._workers[core] = worker

    def make_way(self) -> None:
        """Where the system has moved the caller to a worker's core, the worker gets the free one:
        the two would wait for each other in turns of the scheduler, some milliseconds each. The
        native loop does the same, in the middle of its work.
        """
        free, core = placement[1], self._core_of[self._where()]
        if core in (free, -1):
            return
        worker = self._workers[core]
        if worker and os.path.exists(f"/proc/self/task/{worker}"):
            self._put(worker, free)
            self._workers[core], placement[1] = 0, core
