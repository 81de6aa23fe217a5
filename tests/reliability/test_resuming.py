"""A short matrix of runs that are broken off and go on; the long one is in ``benchmarks``."""

import pytest

from .resuming import Case, Place, difference, places

PLACES = list(places())
CASES = [
    Case("dense", "Adam", "several"),
    Case("dense", "ScheduleFreeAdamW", "EarlyStopping"),
    Case("dense", "Muon", "ModelCheckpoint, CSVLogger"),
    Case("dense", "Adafactor", "ReduceLROnPlateau"),
    Case("dense", "Ftrl", "LearningRateScheduler"),
    Case("dense", "averages", "SwapEMAWeights"),
    Case("dense", "averages", "several"),
    Case("dense", "accumulation", "LearningRateScheduler"),
    Case("dense", "LossScaleOptimizer", "ReduceLROnPlateau"),
    Case("dense", "MultiOptimizer", "EarlyStopping"),
    Case("dense", "CosineDecay", "none"),
    Case("recurrent", "Adam", "several"),
]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[str(case) for case in CASES])
def test_the_same_bits(number):
    case = CASES[number]
    straight = case.straight()
    place = PLACES[(number * 59 + 7) % len(PLACES)]  # all over them
    assert case.goes_on(straight, place) == "", place


def test_the_end_of_a_run_that_puts_averages_into_the_model():
    case, place = Case("dense", "averages", "SwapEMAWeights"), Place("on_train_end", 1, "epoch")
    assert case.goes_on(case.straight(), place) == ""


def test_differences_are_seen():
    case = CASES[0]
    straight = case.straight()
    assert difference(straight, straight) == ""
    weights = straight["model"]["variables"]
    for changed in (weights[:-1], [*weights[:-1], weights[-1] + 1e-7]):
        other = {**straight, "model": {**straight["model"], "variables": changed}}
        assert difference(straight, other).startswith("/model/variables")
