"""Generated CUDA C, run without a GPU: the threads of a block take turns on one processor.

Each thread is a fiber that runs until it must wait for the others. The harness finds threads that
wait where others do not, and launches that no GPU takes; run a second time with the threads in the
opposite order, what nothing separates gives other results.
"""

import ctypes
import re
import subprocess
from collections.abc import Sequence

import numpy as np

from kerasette.kernels.gpu.cuda.launch import Launch
from kerasette.kernels.gpu.cuda.prelude import PRELUDE
from kerasette.kernels.gpu.driver import ALIGNED

_BEFORE = r"""
#include <math.h>
#include <string.h>
#include <stdlib.h>
#include <ucontext.h>
#define DEVICE inline
#define __device__
#define __global__
#define __shared__ static
struct Dim { int x, y; };
static Dim threadIdx, blockIdx, blockDim, gridDim;
static const int MOST = 256, STACK = 1 << 16;
static ucontext_t fibers[MOST], scheduler;
static char stacks[MOST][STACK];
enum State { WARP, BLOCK, ENDED };  // for whom a thread waits
static State states[MOST];
static int current;
static int slots[MOST];
static void (*job)(const long long *);
static const long long *job_words;

static void wait_for(State whom) {
  states[current] = whom;
  swapcontext(&fibers[current], &scheduler);
}
static void __syncthreads() { wait_for(BLOCK); }
static int __shfl_xor_sync(unsigned int mask, int value, int distance) {
  slots[current] = value;
  wait_for(WARP);
  int other = slots[current ^ distance];
  wait_for(WARP);
  return other;
}
static unsigned int __float_as_uint(float x) { unsigned int y; memcpy(&y, &x, 4); return y; }
static float __uint_as_float(unsigned int x) { float y; memcpy(&y, &x, 4); return y; }
static float from_float16(unsigned short x) { _Float16 y; memcpy(&y, &x, 2); return (float)y; }
static unsigned short to_float16(float x) {
  _Float16 y = (_Float16)x; unsigned short z; memcpy(&z, &y, 2); return z;
}

static void begin() { job(job_words); wait_for(ENDED); }

static void prepare(int thread) {
  getcontext(&fibers[thread]);
  fibers[thread].uc_stack.ss_sp = stacks[thread];
  fibers[thread].uc_stack.ss_size = STACK;
  fibers[thread].uc_link = &scheduler;
  makecontext(&fibers[thread], begin, 0);
}

// 0, or 1 where threads part ways: 32 threads of a warp wait for one another, warps for the block.
// A warp runs as far as it can before another one does.
static int run_grid(void (*function)(const long long *), const long long *words, int grid,
                    int across, int down, int backwards) {
  const int count = across * down;
  job = function; job_words = words;
  gridDim = {grid, 1}; blockDim = {across, down};
  for (int block = 0; block < grid; ++block) {
    blockIdx = {block, 0};
    for (int t = 0; t < count; ++t) prepare(t);
    do {
      for (int i = 0; i < count / 32; ++i) {
        const int first = 32 * (backwards ? count / 32 - 1 - i : i);
        do {
          for (int j = 0; j < 32; ++j) {
            current = first + (backwards ? 31 - j : j);
            threadIdx = {current % across, current / across};
            swapcontext(&scheduler, &fibers[current]);
          }
          for (int t = first; t < first + 32; ++t) if (states[t] != states[first]) return 1;
        } while (states[first] == WARP);
      }
      for (int t = 0; t < count; ++t) if (states[t] != states[0]) return 1;
    } while (states[0] != ENDED);
  }
  return 0;
}
"""

_ENTRY = re.compile(r'extern "C" __global__ void (\w+)\(const Words<(\d+)> given\)')


class Emulator:
    """Sources, compiled together by a compiler of C++; ``launch`` runs a kernel of one."""

    def __init__(self, sources: Sequence[str], folder):
        parts = [_BEFORE, PRELUDE]
        for number, source in enumerate(sources):
            parts.append(f"namespace case{number} {{")
            parts.append(_ENTRY.sub(lambda m: f"void {m[1]}(Words<{m[2]}> given)", source))
            parts.append("}")
            for name, count in _ENTRY.findall(source):
                call = f"call{number}_{name}"
                parts.append(
                    f"static void {call}(const long long *words) {{\n"
                    f"  Words<{count}> given;\n  memcpy(given.word, words, sizeof given.word);\n"
                    f"  case{number}::{name}(given);\n}}\n"
                    f'extern "C" int launch{number}_{name}(const long long *words, int grid,\n'
                    "    int across, int down, int backwards) {\n"
                    f"  return run_grid({call}, words, grid, across, down, backwards);\n}}"
                )
        path = folder / "clusters.cpp"
        path.write_text("\n".join(parts))
        flags = ["-O0", "-std=c++17", "-ffp-contract=off", "-fwrapv", "-fPIC", "-shared", "-w"]
        made = subprocess.run(
            ["g++", *flags, str(path), "-o", str(folder / "clusters.so")],
            capture_output=True, text=True,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr[:4000]
        self._library = ctypes.CDLL(str(folder / "clusters.so"))

    def launch(self, number: int, name: str, launch: Launch, words, backwards=False) -> None:
        """Run a kernel of the source ``number``.

        Raises: AssertionError where a launch is none that a GPU takes, or threads part ways.
        """
        threads = launch.lanes * launch.teams
        assert 0 < launch.grid < 2**31 and 0 < threads <= 256 and threads % 32 == 0, launch
        assert launch.lanes & (launch.lanes - 1) == 0, launch
        given = np.array(words, np.int64)
        run = getattr(self._library, f"launch{number}_{name}")
        where = given.ctypes.data_as(ctypes.c_void_p)
        apart = run(where, launch.grid, launch.lanes, launch.teams, int(backwards))
        assert not apart, "threads of a block do not wait for one another"


class EmulatedDriver:
    """In a GPU's place: compiles each source for this processor, and remembers what was launched.

    The memory is that of the stand-in for cupy, which is the host's.
    """

    def __init__(self, folder):
        self._folder = folder
        self._sources = {}
        self.launches = []

    def function(self, source, name):
        if source not in self._sources:
            place = self._folder / str(len(self._sources))
            place.mkdir()
            self._sources[source] = Emulator([source], place)
        return self._sources[source], name

    def launch(self, function, launch, words):
        emulator, name = function
        self.launches.append((name, launch, len(words)))
        emulator.launch(0, name, launch, words)

    def stream(self):
        return 7

    def empty(self, spec):
        from kerasette.arrays import device, dtypes

        return device.cupy_module().empty(spec.shape, dtypes.numpy_dtype(spec.dtype))

    def scratch(self, size):
        from kerasette.arrays import device

        return device.cupy_module().empty(size, "uint8")

    def contiguous(self, array):
        from kerasette.arrays import device

        return array if array.flags.c_contiguous else device.cupy_module().ascontiguousarray(array)

    def aligned(self, array):
        array = self.contiguous(array)
        return array.copy() if array.data.ptr % ALIGNED else array
