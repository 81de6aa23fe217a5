"""What the programs of all libraries share: sizes, data, the clock, the report."""

import dataclasses
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Size:
    """The sizes of a model and its batch; what a model does not have is 0."""

    batch: int
    width: int
    depth: int = 0
    length: int = 0
    words: int = 0
    classes: int = 0
    picture: int = 0


FULL = {
    "mlp": Size(batch=512, width=4096, depth=4, classes=1000),
    "resnet50": Size(batch=64, width=64, picture=224, classes=1000),
    "lstm": Size(batch=64, width=1024, depth=2, length=128, words=20000),
    "gpt": Size(batch=8, width=768, depth=12, length=1024, words=50257),
}
TINY = {  # for a rehearsal without a GPU
    "mlp": Size(batch=8, width=32, depth=4, classes=10),
    "resnet50": Size(batch=2, width=4, picture=32, classes=10),
    "lstm": Size(batch=4, width=16, depth=2, length=8, words=50),
    "gpt": Size(batch=2, width=24, depth=2, length=16, words=50),
}
SMALL = ("iris", "tabular", "mnist_mlp", "mnist_cnn", "resnet", "lstm_small", "gpt_small")
CPU_NAMES = {"lstm_small": "lstm", "gpt_small": "gpt"}  # as benchmarks/workloads has them
STAGES = (3, 4, 6, 3)  # blocks of ResNet-50
HEADS = 12


def size_of(name: str, rehearse: bool) -> Size:
    """The sizes of one of the large models."""
    return (TINY if rehearse else FULL)[name]


def batch_of(name: str, rehearse: bool) -> tuple[np.ndarray, np.ndarray]:
    """One batch of inputs and targets, pictures with channels last."""
    random = np.random.RandomState(0)
    if name in SMALL:
        from benchmarks.workloads import measuring

        x, y, batch, _ = measuring.data(CPU_NAMES.get(name, name))
        batch = min(batch, 8) if rehearse else batch
        return x[:batch], y[:batch]
    size = size_of(name, rehearse)
    if name in ("lstm", "gpt"):
        x = random.randint(0, size.words, (size.batch, size.length)).astype("int32")
        y = np.roll(x, -1, axis=1) if name == "gpt" else random.randint(0, 2, (size.batch, 1))
        return x, y.astype("int32" if name == "gpt" else "float32")
    shape = (size.picture, size.picture, 3) if size.picture else (size.width,)
    x = random.standard_normal((size.batch, *shape)).astype("float32")
    return x, random.randint(0, size.classes, size.batch).astype("int32")


def measured(
    step: Callable[[], Any], clock: Callable[[Callable[[], Any]], float], rehearse: bool
) -> float:
    """The median time of a step, in milliseconds, after those that compile it."""
    for _ in range(2 if rehearse else 10):
        step()
    times, end = [clock(step)], time.perf_counter() + (0.05 if rehearse else 5.0)
    while len(times) < 3 or (len(times) < 200 and time.perf_counter() < end):
        times.append(clock(step))
    return statistics.median(times)


def wall_clock(finish: Callable[[], Any]) -> Callable[[Callable[[], Any]], float]:
    """A clock for where there are no device events; ``finish`` waits for what was begun."""

    def clock(step: Callable[[], Any]) -> float:
        began = time.perf_counter()
        step()
        finish()
        return 1e3 * (time.perf_counter() - began)

    return clock


def report(**found: Any) -> None:
    """Print the figures as one line."""
    print("RESULT " + json.dumps(found))
