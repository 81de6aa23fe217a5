"""How fast convolution is: forward, and both gradients, against PyTorch.

    python benchmarks/convolution.py --threads 2 --torch ~/venv-with-torch/bin/python

Each side runs in a process of its own; they take turns, and of several turns the median counts.
Where a Python with PyTorch is given (or this one has it), the ratio is printed: above 1, PyTorch
takes longer. It computes with channels last too, its faster layout, and its threads are bound
(OMP_PROC_BIND), for otherwise they get into one another's way. ``--plain`` leaves out the kernels
of oneDNN. A busy machine disturbs threads of both; ``--threads 1`` counts processor time.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

CASES = {  # batch, height and width, channels, filters, window, stride, groups; "same" padding
    "first of a digit classifier": (128, 28, 1, 32, 3, 1, 1),
    "second of a digit classifier": (128, 14, 32, 64, 3, 1, 1),
    "32 x 32, 16 channels": (128, 32, 16, 16, 3, 1, 1),
    "28 x 28, 32 channels": (128, 28, 32, 32, 3, 1, 1),
    "first of a photo classifier": (16, 112, 3, 64, 7, 2, 1),
    "deep and small": (128, 7, 128, 128, 3, 1, 1),
    "with stride 2": (128, 14, 64, 128, 3, 2, 1),
    "1 x 1": (128, 14, 64, 128, 1, 1, 1),
    "depthwise": (128, 14, 32, 32, 3, 1, 32),
    "one small image": (1, 14, 32, 32, 3, 1, 1),
}
STEPS = ("forward", "for the input", "for the kernel")


def ours(case: tuple[int, ...]) -> list[Callable[[], Any]]:
    """The three steps in kerasette."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import numpy as np

    import kerasette
    from kerasette.ops import convolution
    from kerasette.ops.sliding import padding_of

    batch, size, channels, filters, window, stride, groups = case
    sizes, windows, strides = (size,) * 2, (window,) * 2, (stride,) * 2
    how: dict[str, Any] = {
        "strides": strides,
        "padding": padding_of("same", sizes, windows, strides, (1, 1)),
        "dilation": (1, 1),
        "groups": groups,
    }
    random = np.random.default_rng(0)
    x = kerasette.constant(random.standard_normal((batch, size, size, channels), "float32"))
    kernel = random.standard_normal((window, window, channels // groups, filters), "float32")
    weights = kerasette.constant(kernel)
    g = kerasette.constant(np.ones(convolution.slide(x, weights, **how).shape, "float32"))
    return [
        lambda: convolution.slide(x, weights, **how),
        lambda: convolution.conv_input_gradient(g, weights, sizes=sizes, **how),
        lambda: convolution.conv_kernel_gradient(x, g, window=windows, **how),
    ]


def theirs(case: tuple[int, ...]) -> list[Callable[[], Any]]:
    """The three steps in PyTorch."""
    import torch

    batch, size, channels, filters, window, stride, groups = case
    last: dict[str, Any] = {"memory_format": torch.channels_last}
    x = torch.randn(batch, channels, size, size).contiguous(**last)
    weights = torch.randn(filters, channels // groups, window, window).contiguous(**last)
    how = ((stride,) * 2, (window // 2,) * 2, (1, 1), False, (0, 0), groups)
    out = torch.nn.functional.conv2d(x, weights, None, *how[:3], groups)
    g = torch.ones_like(out).contiguous(**last)

    def gradient(which: list[bool]) -> Any:
        return torch.ops.aten.convolution_backward(g, x, weights, None, *how, which)

    return [
        lambda: torch.nn.functional.conv2d(x, weights, None, *how[:3], groups),
        lambda: gradient([True, False, False]),
        lambda: gradient([False, True, False]),
    ]


def work(side: str, threads: int) -> None:
    """Time what standard input names, line by line: numbers of a case, of a step, and of runs."""
    if side == "theirs":
        import torch

        torch.set_num_threads(threads)
    clock = time.thread_time if threads == 1 else time.perf_counter
    known: dict[int, list[Callable[[], Any]]] = {}
    print("ready", flush=True)
    for line in sys.stdin:
        number, step, runs = map(int, line.split())
        if number not in known:
            case = list(CASES.values())[number]
            known = {number: ours(case) if side == "ours" else theirs(case)}
        call = known[number][step]
        call()
        times = []
        for _ in range(runs):
            start = clock()
            call()
            times.append(clock() - start)
        print(min(times) * 1e3, flush=True)


class Worker:
    """A process that times one side."""

    def __init__(self, python: str, side: str, threads: int, plain: bool):
        variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = os.environ | dict.fromkeys(variables, str(threads))
        if side == "theirs":
            environment["OMP_PROC_BIND"] = "true"
        if plain:
            environment["KERASETTE_KERNELS"] = "0"
        self._process = subprocess.Popen(
            [python, __file__, "--side", side, "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.ready = self._pipe(self._process.stdout).readline() == "ready\n"

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe

    def time(self, case: int, step: int, runs: int) -> float:
        """Milliseconds, the best of several runs."""
        target = self._pipe(self._process.stdin)
        target.write(f"{case} {step} {runs}\n")
        target.flush()
        return float(self._pipe(self._process.stdout).readline())


def main() -> None:
    """Time all cases and print them as a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--torch", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--plain", action="store_true", help="without kernels: NumPy alone")
    parser.add_argument("--side", choices=["ours", "theirs"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        work(options.side, options.threads)
        return
    mine = Worker(sys.executable, "ours", options.threads, options.plain)
    other = Worker(options.torch, "theirs", options.threads, False)
    sides = [mine, other] if other.ready else [mine]
    print(f"{options.threads} threads, milliseconds, medians of {options.rounds} rounds")
    print(f"{'':30}" + "".join(f"{step:>24}" for step in STEPS))
    for number, name in enumerate(CASES):
        cells = []
        for step in range(len(STEPS)):
            rounds = [
                [side.time(number, step, options.runs) for side in sides]
                for _ in range(options.rounds)
            ]
            medians = [statistics.median(times) for times in zip(*rounds, strict=True)]
            text = " / ".join(f"{median:.2f}" for median in medians)
            if len(medians) == 2:
                text += f" = {medians[1] / medians[0]:.2f}"
            cells.append(text)
        print(f"{name:30}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
