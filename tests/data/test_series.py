"""Windows over series, and datasets made two."""

import numpy as np
import pytest

import kerasette as keras
from kerasette.utils import split_dataset, timeseries_dataset_from_array

SERIES = np.arange(20.0)


def windows(**how):
    given = {"data": SERIES, "targets": None, "sequence_length": 4, "batch_size": 100} | how
    return timeseries_dataset_from_array(**given)[0]


@pytest.mark.parametrize(
    ("how", "firsts", "count"),
    [
        ({}, [0, 1, 2, 3], 17),
        ({"sequence_stride": 3}, [0, 1, 2, 3], 6),
        ({"sampling_rate": 2}, [0, 2, 4, 6], 14),
        ({"start_index": 5, "end_index": 12}, [5, 6, 7, 8], 4),
        ({"sequence_length": 20}, list(range(20)), 1),
    ],
)
def test_windows(how, firsts, count):
    found = windows(**how)
    assert found[0].tolist() == firsts and len(found) == count


def test_targets_are_those_of_the_beginnings():
    x, y = windows(targets=SERIES * 10)
    assert y.tolist() == (x[:, 0] * 10).tolist()
    x, y = windows(targets=SERIES[:9])  # fewer targets, fewer windows
    assert len(x) == len(y) == 9
    x, y = windows(targets=SERIES * 10, start_index=3)
    assert y[0] == 30 and x[0, 0] == 3


def test_batches_and_order():
    dataset = timeseries_dataset_from_array(SERIES, SERIES, 4, batch_size=5)
    assert [len(x) for x, _ in dataset] == [5, 5, 5, 2]
    mixed = timeseries_dataset_from_array(SERIES, SERIES, 4, batch_size=5, shuffle=True, seed=1)
    epochs = [np.concatenate([y for _, y in mixed]).tolist() for _ in range(2)]
    assert epochs[0] != epochs[1] and sorted(epochs[0]) == sorted(epochs[1])
    several = timeseries_dataset_from_array(np.stack([SERIES, SERIES], 1), None, 3)
    assert several[0].shape == (18, 3, 2)
    single = timeseries_dataset_from_array(SERIES, None, 4, batch_size=None)
    assert single[0].shape == (4,) and len(single) == 17


@pytest.mark.parametrize(
    "how",
    [
        {"sequence_length": 0}, {"sequence_length": 21}, {"sequence_stride": 0},
        {"sampling_rate": 20}, {"start_index": -1}, {"end_index": 40},
        {"start_index": 5, "end_index": 5},
    ],
)  # fmt: skip
def test_refused(how):
    with pytest.raises(ValueError, match=r"`|too few"):
        windows(**how)


def test_training_on_windows():
    dataset = timeseries_dataset_from_array(SERIES[:-4, None], SERIES[4:], 4, batch_size=4)
    model = keras.Sequential([keras.Input((4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    losses = model.fit(dataset, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_split():
    left, right = split_dataset(np.arange(10), left_size=0.7)
    assert [int(x) for x in left] == list(range(7)) and [int(x) for x in right] == [7, 8, 9]
    left, right = split_dataset(np.arange(10), right_size=4)
    assert len(left) == 6 and len(right) == 4
    left, right = split_dataset(np.arange(10), left_size=3, right_size=2)
    assert [int(x) for x in left] == [0, 1, 2] and [int(x) for x in right] == [8, 9]
    left, right = split_dataset(
        (np.arange(10), np.arange(10) * 2), left_size=5, shuffle=True, seed=1
    )
    pairs = [(int(x), int(y)) for x, y in [*left, *right]]
    assert sorted(pairs) == [(i, 2 * i) for i in range(10)] and pairs != sorted(pairs)
    (x, y), *_ = list(left.batch(4))
    assert x.shape == (4,) and y.tolist() == (x * 2).tolist()
    inner, _ = split_dataset(timeseries_dataset_from_array(SERIES, None, 4, batch_size=None), 0.5)
    assert len(inner) in (8, 9)
    for sizes in ({}, {"left_size": 1.5}, {"left_size": 11}, {"left_size": 6, "right_size": 6}):
        with pytest.raises(ValueError, match=r"size|samples"):
            split_dataset(np.arange(10), **sizes)
    with pytest.raises(TypeError, match="`dataset`"):
        split_dataset(3, left_size=0.5)
