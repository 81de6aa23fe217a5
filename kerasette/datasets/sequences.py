"""Texts as sequences of word ranks, with the marks and cuts that Keras's text data sets offer."""

from collections.abc import Iterable

import numpy as np

from kerasette.datasets.splits import shuffled


def prepare(
    sequences: np.ndarray,
    labels: np.ndarray,
    random: np.random.RandomState,
    start_char: int | None,
    index_from: int | None,
    maxlen: int | None,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Shuffle, mark, and drop what is long.

    ``index_from`` is added to every rank, ``start_char`` put before it all unless it is ``None``;
    then sequences of ``maxlen`` or more are left out unless it is ``None``.
    """
    order = shuffled(len(sequences), random)
    start = [] if start_char is None else [start_char]
    marked = []
    for sequence in sequences[order]:
        numbers = np.array([*start, *sequence], dtype=np.int64)
        numbers[len(start) :] += index_from or 0
        marked.append(numbers)
    if not maxlen:
        return marked, labels[order]
    kept = [index for index, numbers in enumerate(marked) if len(numbers) < maxlen]
    if not kept:
        raise ValueError(f"No sequence is shorter than `maxlen`. Received: maxlen={maxlen}")
    return [marked[index] for index in kept], labels[order[kept]]


def largest(sequences: Iterable[np.ndarray]) -> int:
    """The largest number in any of the sequences, 0 if there is none."""
    return max((int(numbers.max(initial=0)) for numbers in sequences), default=0)


def keep_words(
    sequences: list[np.ndarray], num_words: int, skip_top: int, oov_char: int | None
) -> np.ndarray:
    """Keep what is in ``[skip_top, num_words)``; the rest becomes ``oov_char`` or is left out.

    Returns a one-dimensional array of lists.
    """

    def kept(numbers: np.ndarray) -> list[int]:
        known = (skip_top <= numbers) & (numbers < num_words)
        return (numbers[known] if oov_char is None else np.where(known, numbers, oov_char)).tolist()

    # np.array would make a matrix of sequences that happen to be of one length.
    return np.fromiter(map(kept, sequences), dtype=object, count=len(sequences))
