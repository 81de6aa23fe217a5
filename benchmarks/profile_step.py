"""Where a training step's time goes: ``python benchmarks/profile_step.py mnist_cnn``.

Each step of the plan is run by itself, many times, on the memory that the plan gave it; the table
has the medians, and how many bytes each reads and writes.
"""

import argparse
import collections
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "workloads")]
os.environ["KERAS_MODULE"] = "kerasette"

import keras_programs  # noqa: E402 (it must find kerasette)
import measuring  # noqa: E402

from kerasette.graph.execution import NativeExecution  # noqa: E402
from kerasette.kernels.cpu import threads  # noqa: E402
from kerasette.kernels.loop import Table  # noqa: E402

LONG = 1e-4  # seconds: what is shorter is run several times in one call


def repeated(table: Any) -> tuple[Callable[[], Any], int]:
    """How to run a part, and how often that runs it: long enough for the clock."""
    if not isinstance(table, Table):
        return table, 1
    table.run()
    began = time.perf_counter()
    table.run()
    count = max(1, int(LONG / (time.perf_counter() - began)))
    return lambda: table.run(count), count


def seconds(run: Callable[[], Any], count: int) -> float:
    """Seconds of a single run."""
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) / count


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workload", choices=list(keras_programs.MODELS))
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    x, y, batch, _ = measuring.data(options.workload)
    model = keras_programs.MODELS[options.workload]()
    model.fit(x[: 2 * batch], y[: 2 * batch], batch_size=batch, verbose=0)
    (compiled,) = [
        c
        for found in model.train_function._run._compiled.values()
        for c in found
        if c.fits() and isinstance(c.execution, NativeExecution)
    ][-1:]
    execution = compiled.execution
    instance = execution.instance()
    for place, array in zip(instance.inputs, (x, y), strict=True):
        place[...] = array[: len(place)]
    threads.prepare()
    address = instance._address()
    times: dict[int, list[float]] = collections.defaultdict(list)
    parts = instance._parts
    made = [part.make(address) for part in parts]
    tables = [Table(records) if isinstance(records, list) else records for records in made]
    whole = []
    runs = [repeated(table) for table in tables]
    step = repeated(instance.table) if instance.table else (instance.run, 1)
    for _ in range(options.rounds):
        whole.append(seconds(*step))
        for number, run in enumerate(runs):
            times[number].append(seconds(*run))
    rows = []
    for number, part in enumerate(parts):
        node = getattr(part, "node", None)
        name = "copy" if node is None else node.op.name
        if name == "cluster":
            inside = collections.Counter(n.op.name for n in node.attributes["body"].nodes)
            name += " " + " ".join(inside)
        size = sum(s.size for s in {id(s): s for s in (*part.reads, *part.writes)}.values())
        shape = "" if node is None else str(node.outputs[0].spec.shape)
        rows.append((statistics.median(times[number]), name, size, shape))
    total = sum(row[0] for row in rows)
    print(f"whole step {statistics.median(whole) * 1e6:.2f} us; its parts {total * 1e6:.2f} us")
    by_kind: dict[str, float] = collections.defaultdict(float)
    for took, name, _, _ in rows:
        by_kind[name.split()[0]] += took
    for name, took in sorted(by_kind.items(), key=lambda item: -item[1]):
        print(f"{took * 1e6:10.2f} us {took / total:7.1%} of all: {name}")
    for took, name, size, shape in sorted(rows, reverse=True)[:40]:
        rate = size / max(took, 1e-9) / 1e9
        print(f"{took * 1e6:10.2f} us {rate:7.1f} GB/s {shape:22} {name[:100]}")


if __name__ == "__main__":
    main()
