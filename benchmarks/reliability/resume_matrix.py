"""Breaks training runs off at many places, and sees that they go on to the same bits.

    python benchmarks/reliability/resume_matrix.py --places 6 --write

Each optimizer and schedule with each set of callbacks, broken off at some places, drawn anew for
each; and some of them at every place there is: before and after each batch, within validation,
between epochs, with checkpoints each epoch, each batch and each third batch. ``--write`` puts the
result into ``benchmarks/reliability/README.md``.
"""

import argparse
import random
import re
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.reliability.resuming import CALLBACKS, OPTIMIZERS, Case, Place, places

README = Path(__file__).with_name("README.md")
AT_EVERY_PLACE = [
    Case("dense", "Adam", "several"),
    Case("dense", "averages", "SwapEMAWeights"),
    Case("dense", "accumulation", "LearningRateScheduler"),
    Case("recurrent", "LossScaleOptimizer", "several"),
]


def cells() -> Iterator[Case]:
    """All cells of the matrix that can be."""
    for optimizer in OPTIMIZERS:
        for callbacks in CALLBACKS:
            yield Case("dense", optimizer, callbacks)
        yield Case("recurrent", optimizer, "none")


def broken_off(case: Case, chosen: list[Place]) -> tuple[int, int]:
    """How many runs were broken off, and how many of them did not go on to the same bits."""
    straight = case.straight()
    results = {place: case.goes_on(straight, place) for place in chosen}
    wrong = {place: found for place, found in results.items() if found}
    for place, found in wrong.items():
        print(f"{case} {place}: {found}", flush=True)
    return sum(found is not None for found in results.values()), len(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--places", type=int, default=6, help="in each cell")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    draw, everywhere = random.Random(given.seed), list(places())
    plan = [(case, draw.sample(everywhere, given.places)) for case in cells() if case.fits()]
    plan += [(case, everywhere) for case in AT_EVERY_PLACE]
    start, total, wrong = time.perf_counter(), 0, 0
    for number, (case, chosen) in enumerate(plan):
        runs, differ = broken_off(case, chosen)
        total, wrong = total + runs, wrong + differ
        took = time.perf_counter() - start
        print(f"{number + 1} of {len(plan)} cells, {took:.0f} s: {case}", flush=True)
    result = (
        f"{date.today()}: {total} runs broken off, in {len(plan)} cells ({len(OPTIMIZERS)} "
        f"optimizers and schedules, {len(CALLBACKS)} sets of callbacks, {len(everywhere)} places), "
        f"{time.perf_counter() - start:.0f} seconds: {wrong} differ."
    )
    print(result)
    if given.write:
        text = README.read_text(encoding="utf-8")
        mark = r"(?<=<!-- resume_matrix -->\n).*"
        README.write_text(re.sub(mark, result, text), encoding="utf-8")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
