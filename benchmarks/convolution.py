"""How fast convolution is in plain NumPy: forward, and both gradients, against PyTorch.

    python benchmarks/convolution.py --threads 2

Each case is timed as the best of several runs; where PyTorch is installed, the ratio to its time is
printed (above 1: NumPy takes longer). PyTorch computes in its own layout, channels first. A busy
machine disturbs threads of both; ``--threads 1`` counts the processor's time of one thread instead.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported when the number of threads is set
    import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

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
}
STEPS = ("forward", "for the input", "for the kernel")


def milliseconds(call: Callable[[], Any], runs: int, clock: Callable[[], float]) -> float:
    """The best of several runs, after one that does not count."""
    call()
    times = []
    for _ in range(runs):
        start = clock()
        call()
        times.append(clock() - start)
    return min(times) * 1e3


def ours(case: tuple[int, ...], x: "np.ndarray", kernel: "np.ndarray") -> list[Callable[[], Any]]:
    """The three steps in kerasette."""
    import numpy as np

    import kerasette
    from kerasette.ops import convolution
    from kerasette.ops.sliding import padding_of

    _, size, _, _, window, stride, groups = case
    sizes, windows, strides = (size,) * 2, (window,) * 2, (stride,) * 2
    how: dict[str, Any] = {
        "strides": strides,
        "padding": padding_of("same", sizes, windows, strides, (1, 1)),
        "dilation": (1, 1),
        "groups": groups,
    }
    values, weights = kerasette.constant(x), kerasette.constant(kernel)
    g = kerasette.constant(np.ones(convolution.slide(values, weights, **how).shape, "float32"))
    return [
        lambda: convolution.slide(values, weights, **how),
        lambda: convolution.conv_input_gradient(g, weights, sizes=sizes, **how),
        lambda: convolution.conv_kernel_gradient(values, g, window=windows, **how),
    ]


def theirs(case: tuple[int, ...], x: "np.ndarray", kernel: "np.ndarray") -> list[Callable[[], Any]]:
    """The three steps in PyTorch."""
    import numpy as np
    import torch
    from torch.nn import functional, grad

    _, _, _, _, window, stride, groups = case
    values = torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1)))
    weights = torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
    more = (stride, window // 2, 1, groups)
    g = torch.ones_like(functional.conv2d(values, weights, None, *more))
    return [
        lambda: functional.conv2d(values, weights, None, *more),
        lambda: grad.conv2d_input(values.shape, weights, g, *more),
        lambda: grad.conv2d_weight(values, weights.shape, g, *more),
    ]


def main() -> None:
    """Time all cases and print them as a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(options.threads)
    import numpy as np

    try:
        import torch

        torch.set_num_threads(options.threads)
    except ImportError:
        torch = None  # type: ignore[assignment]
    clock = time.thread_time if options.threads == 1 else time.perf_counter
    print(f"{options.threads} threads, milliseconds, best of {options.runs} runs")
    print(f"{'':30}" + "".join(f"{step:>24}" for step in STEPS))
    for name, case in CASES.items():
        batch, size, channels, filters, window, _, groups = case
        random = np.random.RandomState(0)
        x = random.standard_normal((batch, size, size, channels)).astype("float32")
        kernel = random.standard_normal((window, window, channels // groups, filters))
        kernel = kernel.astype("float32")
        cells = []
        reference = theirs(case, x, kernel) if torch is not None else [None] * 3
        for call, other in zip(ours(case, x, kernel), reference, strict=True):
            mine = milliseconds(call, options.runs, clock)
            if other is None:
                cells.append(f"{mine:.2f}")
                continue
            torchs = milliseconds(other, options.runs, clock)
            cells.append(f"{mine:.2f} / {torchs:.2f} = {mine / torchs:.1f}")
        print(f"{name:30}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
