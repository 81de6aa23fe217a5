"""Beam search over the beginnings of labels, on arrays."""

from typing import Any, NamedTuple

import numpy as np

from kerasette.arrays import device as devices

__all__: list[str] = []


class _Beam(NamedTuple):
    """The beginnings that are gone on with, the likeliest first."""

    labels: np.ndarray  # (count, steps), -1 after the last label
    lengths: np.ndarray
    names: np.ndarray  # a number for each beginning,
    parents: np.ndarray  # and that of the beginning without the last label
    said: np.ndarray  # log chance that the last step was the last label,
    silent: np.ndarray  # and that it was a blank


def beam_search(
    xp: Any, scores: Any, lengths: Any, width: int, paths: int, blank: int
) -> tuple[Any, Any]:
    """The likeliest labels of each sequence, and the logarithms of their chances.

    Each beginning has one name throughout, so that two ways to the same one are found and added up.
    It runs on the CPU: it goes step by step, with decisions in between.
    """
    host, ends = devices.to_numpy(scores), devices.to_numpy(lengths)
    batch, steps, _ = host.shape
    labels = np.full((paths, batch, steps), -1, np.int32)
    found = np.full((batch, paths), -np.inf, host.dtype)
    for index in range(batch):
        beam = _search(host[index, : ends[index]], steps, width, blank)
        count = min(paths, len(beam.labels))
        labels[:count, index] = beam.labels[:count]
        found[index, :count] = np.logaddexp(beam.said, beam.silent)[:count]
    return xp.asarray(labels), xp.asarray(found)


def _search(scores: np.ndarray, steps: int, width: int, blank: int) -> _Beam:
    nothing = np.full(1, -np.inf, scores.dtype)
    beam = _Beam(
        np.full((1, steps), -1, np.int32),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.full(1, -1),
        nothing,
        np.zeros(1, scores.dtype),
    )
    names: dict[tuple[int, int], int] = {}
    for chances in scores:
        beam = _step(beam, chances, width, blank, names)
    return beam


def _step(
    beam: _Beam, chances: np.ndarray, width: int, blank: int, names: dict[tuple[int, int], int]
) -> _Beam:
    count, classes = len(beam.labels), len(chances)
    rows = np.arange(count)
    last = np.where(beam.lengths > 0, beam.labels[rows, beam.lengths - 1], blank)
    total = np.logaddexp(beam.said, beam.silent)
    # A beginning stays as it is by a blank, or by its last label once more,
    silent = total + chances[blank]
    said = beam.said + chances[last]
    # or gets another label; the same one once more only after a blank.
    longer = total[:, None] + chances
    longer[rows, last] = beam.silent + chances[last]
    longer[:, blank] = -np.inf
    # Where the longer one is in the beam already, it is that one.
    place = {int(name): row for row, name in enumerate(beam.names)}
    for index, parent in enumerate(beam.parents):
        if int(parent) in place:
            at = place[int(parent)], int(last[index])
            said[index] = np.logaddexp(said[index], longer[at])
            longer[at] = -np.inf
    every = np.concatenate([np.logaddexp(said, silent), longer.reshape(-1)])
    best = np.argsort(-every, kind="stable")[:width]
    best = best[every[best] > -np.inf]
    new = best >= count
    source, label = np.where(new, (best - count) // classes, best), (best - count) % classes
    labels, lengths = beam.labels[source], beam.lengths[source]
    own, parents = beam.names[source], beam.parents[source]
    for index in map(int, np.flatnonzero(new)):
        labels[index, lengths[index]] = label[index]
        key = int(own[index]), int(label[index])
        own[index], parents[index] = names.setdefault(key, len(names) + 1), own[index]
    return _Beam(
        labels,
        lengths + new,
        own,
        parents,
        np.where(new, every[best], said[source]),
        np.where(new, -np.inf, silent[source]).astype(chances.dtype),
    )
