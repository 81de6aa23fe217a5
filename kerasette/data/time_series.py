"""``timeseries_dataset_from_array``: windows that slide over a series."""

from typing import Any

import numpy as np

from kerasette.data.sample_dataset import SampleDataset


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> SampleDataset:
    """Batches of windows ``(batch, sequence_length, ...)`` of a series, with their targets.

    The target of the window that begins at time ``i`` is ``targets[i]``.

    Args:
        data: the series ``(times, ...)``.
        targets: one for each window's beginning; ``None`` for none.
        sequence_length: times in a window.
        sequence_stride: times between the beginnings of two windows.
        sampling_rate: times between two that follow each other in a window.
        batch_size: windows in a batch; ``None`` gives them one by one.
        shuffle: whether they come in a new order each epoch.
        seed: of the order.
        start_index: times before it are left out.
        end_index: times from it on are left out.
        format: taken as in Keras; what is given is kerasette's own kind of dataset.

    >>> series = np.arange(10.0)
    >>> dataset = kerasette.utils.timeseries_dataset_from_array(series[:-1], series[3:], 3)
    >>> windows, targets = dataset[0]
    >>> windows[0], float(targets[0])
    (array([0., 1., 2.]), 3.0)

    Raises: ValueError for arguments that leave no window.
    """
    data = np.asarray(data)
    times = len(data)
    for name, value in (
        ("sequence_length", sequence_length),
        ("sequence_stride", sequence_stride),
        ("sampling_rate", sampling_rate),
    ):
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")
        if name != "sequence_length" and value >= times:
            raise ValueError(
                f"`{name}` must be less than the length of the data, {times}. Received: {value}."
            )
    start, end = start_index or 0, times if end_index is None else end_index
    if not 0 <= start < end <= times:
        raise ValueError(
            f"`start_index` and `end_index` must be in order and within 0 and {times}. "
            f"Received: start_index={start_index}, end_index={end_index}."
        )
    data = data[start:end]
    aims = None if targets is None else np.asarray(targets)[start:end]
    windows = len(data) - (sequence_length - 1) * sampling_rate
    if aims is not None:
        windows = min(windows, len(aims))
    if windows < 1:
        raise ValueError(
            f"The data have {len(data)} times: too few for a window of {sequence_length} with "
            f"sampling_rate={sampling_rate}."
        )
    firsts = np.arange(0, windows, sequence_stride)
    offsets = np.arange(sequence_length) * sampling_rate

    def make(number: int) -> Any:
        first = firsts[number]
        window = data[first + offsets]
        return window if aims is None else (window, aims[first])

    return SampleDataset(make, len(firsts), batch_size, shuffle, seed)
