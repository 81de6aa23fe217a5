"""What the programs of all libraries share: the data, the clock, the report."""

import json
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np

# Workload: shape of a sample, how many classes (0: two, as a float), batch, steps of an epoch.
SIZES = {
    "iris": ((4,), 3, 15, 10),
    "tabular": ((30,), 2, 256, 100),
    "mnist_mlp": ((784,), 10, 128, 100),
    "mnist_cnn": ((28, 28, 1), 10, 128, 20),
    "resnet": ((32, 32, 3), 10, 64, 4),
    "lstm": ((200,), 0, 32, 5),
    "gpt": ((128,), 2000, 16, 5),
}
EPOCHS = {"iris": 20}  # of one call of `fit`, where it is not one: 10 steps make a short training
WORDS = {"lstm": 20000, "gpt": 2000}  # vocabularies


def data(name: str) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Inputs, targets, the batch size, and the steps of an epoch."""
    shape, classes, batch, steps = SIZES[name]
    random = np.random.RandomState(0)
    rows = batch * min(steps, 20)
    if name in WORDS:
        x = random.randint(0, WORDS[name], (rows, *shape)).astype("int32")
    else:
        x = random.standard_normal((rows, *shape)).astype("float32")
    if name == "gpt":
        y = np.roll(x, -1, axis=1)
    elif classes:
        y = random.randint(0, classes, rows).astype("int32")
    else:
        y = random.randint(0, 2, (rows, 1)).astype("float32")
    return x, y, batch, steps


def median(run: Callable[[], object], seconds: float) -> float:
    """The median time of a call, in seconds, over as many as fit into so many seconds."""
    run()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def report(found: dict[str, float]) -> None:
    """Print the figures as one line, with the peak of the memory that the process had."""
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("RESULT " + json.dumps(found))
