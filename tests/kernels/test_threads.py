"""Threads of kernels: their number, their pool, forks; each in a process of its own."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

import kerasette
from kerasette import config
from kerasette.kernels.cpu import threads

ROOT = Path(__file__).resolve().parents[2]

if threads.openmp() is None:
    pytest.skip("libgomp.so.1 is not on this system", allow_module_level=True)

# The library of the pool, and what a thread of a team sees: its number, its processors, and whether
# denormal numbers are 0 to it.
_PRELUDE = """
import ctypes, os, platform, threading
import kerasette
from kerasette.kernels.cpu import threads

def team():
    seen = {}
    def look(_):
        number = threads.openmp().library.omp_get_thread_num()
        state = ctypes.create_string_buffer(64)
        ctypes.CDLL("libm.so.6").fegetenv(state)
        size, place, bits = threads._FENV[platform.machine()]
        register = int.from_bytes(state.raw[place : place + 4], "little")
        seen[number] = (os.sched_getaffinity(0), register & bits == bits)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(look)
    threads.openmp().run(call, None, threads.prepare())
    return seen
"""


def said(script, **environment):
    """What a script prints in a fresh process, in which 2 threads are used unless told."""
    names = ("OMP_PROC_BIND", "OMP_NUM_THREADS", "KERASETTE_NUM_THREADS")
    inherited = {key: value for key, value in os.environ.items() if key not in names}
    ran = subprocess.run(
        [sys.executable, "-c", _PRELUDE + textwrap.dedent(script)],
        env=inherited | {"PYTHONPATH": str(ROOT), "KERASETTE_NUM_THREADS": "2"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_environment_gives_number():
    assert said("print(threads.prepare(), len(team()))", KERASETTE_NUM_THREADS="3") == ["3", "3"]


def test_the_pool_leaves_the_environment_as_it_was():
    script = "threads.openmp(); print(os.environ.get('GOMP_SPINCOUNT'))"
    assert said(script) == ["None"]
    assert said(script, GOMP_SPINCOUNT="77") == ["77"]


def test_number_of_openmp_counts_where_there_is_none_of_ours():
    script = "print(kerasette.config.threads())"
    assert said(script, KERASETTE_NUM_THREADS="", OMP_NUM_THREADS="3,1") == ["3"]


def test_affinity_mask_counts():
    script = """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(kerasette.config.threads())
    """
    assert said(script, KERASETTE_NUM_THREADS="") == ["1"]


def test_number_can_be_set_and_reset():
    script = """
    kerasette.config.set_threads(3)
    print(kerasette.config.threads(), threads.prepare(), len(team()))
    kerasette.config.set_threads(None)
    print(kerasette.config.threads(), threads.prepare(), len(team()))
    """
    assert said(script) == ["3", "3", "3", "2", "2", "2"]


@pytest.mark.parametrize("number", [0, -1, 1.5, "2"])
def test_number_must_be_positive(number):
    with pytest.raises(ValueError, match="`threads` must be a positive integer"):
        config.set_threads(number)


def test_workers_flush_denormals_and_caller_does_not():
    assert said("print(*[flush for _, flush in dict(sorted(team().items())).values()])") == [
        "False",
        "True",
    ]


def test_caller_keeps_its_mask_and_workers_stay_within_it():
    script = """
    mask = os.sched_getaffinity(0)
    seen = team()
    print(seen[0][0] == mask, all(places <= mask for places, _ in seen.values()))
    """
    assert said(script, KERASETTE_NUM_THREADS="") == ["True", "True"]


@pytest.mark.parametrize(
    "environment",
    [
        {"KERASETTE_PIN_THREADS": "0"},
        {"PMI_RANK": "0"},
        {"KERASETTE_NUM_THREADS": str(threads.available_cores() + 1)},
    ],
    ids=["switched off", "under MPI", "not a thread for each core"],
)
def test_workers_are_not_pinned_where_others_may_want_their_cores(environment):
    script = "print(all(places == os.sched_getaffinity(0) for places, _ in team().values()))"
    assert said(script, **environment) == ["True"]


@pytest.mark.skipif(threads.available_cores() < 2, reason="there is one core only")
def test_worker_makes_way_for_caller():
    script = """
    count = threads.prepare()
    mask = os.sched_getaffinity(0)
    shared = []
    for core in [*threads._cores()] * 2:
        os.sched_setaffinity(0, core)  # as if the system had moved it
        threads.prepare()
        seen = team()
        shared += [places & core for number, (places, _) in seen.items() if number]
    print(any(shared))
    """
    assert said(script, KERASETTE_NUM_THREADS="") == ["False"]


@pytest.mark.skipif(threads.available_cores() < 2, reason="there is one core only")
def test_worker_makes_way_within_the_native_loop():
    pytest.importorskip("llvmlite", reason="llvmlite is not installed")
    script = """
    from kerasette.kernels.loop import Table
    from kerasette.kernels.native import Record
    cores = threads._cores()
    threads.prepare()
    move = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * 4)(
        lambda number, *_: os.sched_setaffinity(0, cores[number]) or 0
    )
    address = ctypes.cast(move, ctypes.c_void_p).value
    count = len(cores)
    records = [Record(address, (number, 0, 0, 0)) for number in range(count) for _ in range(8)]
    table = Table([*records, records[0]])
    failed = table.run(2)
    places = [next(iter(places)) for number, (places, _) in team().items() if number]
    print(failed, threads.placement[1], len(set(places)) == count - 1, 0 in places)
    """
    assert said(script, KERASETTE_NUM_THREADS="") == ["0", "0", "True", "False"]


def test_child_and_parent_have_teams_after_fork():
    script = """
    print(len(team()))
    child = os.fork()
    if child == 0:
        os._exit(len(team()))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(team()))
    """
    assert said(script) == ["2", "2", "2"]


def test_threads_of_python_have_pools_of_their_own():
    script = """
    found = []
    many = [threading.Thread(target=lambda: found.append(len(team()))) for _ in range(4)]
    [thread.start() for thread in many]
    [thread.join() for thread in many]
    print(*found)
    """
    assert said(script) == ["2"] * 4


def test_quotas_of_control_groups(monkeypatch):
    files = {
        "/proc/self/cgroup": "5:cpu,cpuacct:/\n0::/outer/inner",
        "/sys/fs/cgroup/outer/inner/cpu.max": "max 100000",
        "/sys/fs/cgroup/outer/cpu.max": "150000 100000",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
    }
    monkeypatch.setattr(threads, "_read", lambda path: files.get(path, ""))
    assert threads._quotas() == [1.5]


def test_hyper_threads_of_one_core_count_once(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 5})
    siblings = {0: "0,4", 1: "1,5", 2: "2-3", 5: "1,5"}
    monkeypatch.setattr(threads, "_read", lambda path: siblings[int(path.split("/")[5][3:])])
    assert threads._cores.__wrapped__() == [{0}, {1, 5}, {2}]


def test_preparing_twice_costs_nothing():
    first = threads.prepare()
    before = threading.active_count()
    assert threads.prepare() == first and threading.active_count() == before


def test_models_trained_in_several_threads_at_once_get_the_same_bits():
    """Each thread has a pool, a trace and a plan of its own."""
    layers = kerasette.layers
    x = np.random.RandomState(0).rand(64, 8, 8, 1).astype("float32")
    y = np.random.RandomState(1).randint(0, 3, 64)

    def made(number):
        kerasette.utils.set_random_seed(number)
        model = kerasette.Sequential(
            [
                kerasette.Input((8, 8, 1)),
                layers.Conv2D(4, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dropout(0.2, seed=number),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    def trained(model):
        return model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0).history["loss"]

    expected = [trained(made(number)) for number in range(4)]
    models = [made(number) for number in range(4)]
    found: dict = {}
    workers = [
        threading.Thread(target=lambda n=n: found.update({n: trained(models[n])})) for n in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [found[n] for n in range(4)] == expected
