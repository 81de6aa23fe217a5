"""What an eager operation costs beyond numpy's own call: small float32 tensors, no tape.

    python benchmarks/dispatch.py
    python benchmarks/dispatch.py --repeat 9

Both sides in one run, alternated; the median of the differences, in microseconds.
"""

import argparse
import statistics
import timeit

import numpy as np

import kerasette as keras
from kerasette import ops

x = keras.constant(np.ones((4, 4), "float32"))
n = np.ones((4, 4), "float32")
CALLS = {
    "x + x": (lambda: x + x, lambda: n + n),
    "ops.multiply(x, x)": (lambda: ops.multiply(x, x), lambda: np.multiply(n, n)),
    "ops.matmul(x, x)": (lambda: ops.matmul(x, x), lambda: np.matmul(n, n)),
    "ops.tanh(x)": (lambda: ops.tanh(x), lambda: np.tanh(n)),
    "ops.maximum(x, x)": (lambda: ops.maximum(x, x), lambda: np.maximum(n, n)),
    "x * 2.0": (lambda: x * 2.0, lambda: n * 2.0),
    "ops.sum(x, axis=1)": (lambda: ops.sum(x, axis=1), lambda: np.sum(n, axis=1)),
    "ops.reshape(x, (16,))": (lambda: ops.reshape(x, (16,)), lambda: np.reshape(n, (16,))),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeat", type=int, default=7, help="rounds (default 7)")
    options.add_argument("--calls", type=int, default=20_000, help="calls in a round")
    said = options.parse_args()
    print(f"{'call':24}{'kerasette':>11}{'numpy':>9}{'beyond':>9}   microseconds, medians")
    for name, (ours, theirs) in CALLS.items():
        ours(), theirs()  # bound and warm
        rows = []
        for _ in range(said.repeat):
            a = timeit.timeit(ours, number=said.calls) / said.calls * 1e6
            b = timeit.timeit(theirs, number=said.calls) / said.calls * 1e6
            rows.append((a, b, a - b))
        a, b, beyond = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{name:24}{a:11.2f}{b:9.2f}{beyond:9.2f}")


if __name__ == "__main__":
    main()
