"""IMDB: film reviews as word ranks, to be told apart into kind and unkind ones."""

import json
import os
from typing import Any

import numpy as np

from kerasette.datasets.npz import load_npz_splits
from kerasette.datasets.sequences import keep_words, largest, prepare
from kerasette.datasets.sources import Pair, find_file
from kerasette.errors import nearest

FILE_HASH = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
WORD_INDEX_HASH = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str | os.PathLike = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: Any,
) -> tuple[Pair, Pair]:
    """50,000 film reviews, each a list of word ranks, with the judgement as label.

    A word is the number ``rank + index_from``, rank 1 being the most frequent word; with the
    defaults, 0 is free for padding, 1 begins every review and 2 stands for a word left out.

    Source: A. L. Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011.

    Args:
        path: a bare name, under which the data are kept in the cache folder and downloaded if they
            are not there; or an ``.npz`` file on this machine, with a folder in its path.
        num_words: keep numbers below this one; ``None``: below the largest in the data.
        skip_top: keep numbers from this one on.
        maxlen: leave out reviews of this length or more; ``None`` keeps all.
        seed: of the shuffling.
        start_char: put before every review; ``None`` for nothing. Cut like a word.
        oov_char: stands for what was cut; ``None``: nothing stands for it.
        index_from: added to every rank.
        **kwargs: none; there because Keras has it.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: arrays of 25,000 lists of numbers each; labels
        int64 ``(25000,)``, 1 for a kind review, 0 for an unkind one.

    Raises:
        ConnectionError: when the data could not be downloaded.
        TypeError: for an unknown argument.
        ValueError: when no review is shorter than ``maxlen``, and when the data are damaged.

    >>> (x_train, y_train), (x_test, y_test) = load_data(num_words=10_000)  # doctest: +SKIP
    >>> x_train[0][:5]  # doctest: +SKIP
    [1, 14, 22, 16, 43]
    """
    for name in kwargs:
        known = ("num_words", "skip_top", "maxlen", "start_char", "oov_char", "index_from")
        raise TypeError(f"imdb.load_data has no argument {name!r}.{nearest(name, known)}")
    train, test = load_npz_splits(find_file(path, "imdb.npz", FILE_HASH))
    random = np.random.RandomState(seed)  # goes on from training to test data
    x_train, y_train = prepare(*train, random, start_char, index_from, maxlen)
    x_test, y_test = prepare(*test, random, start_char, index_from, maxlen)
    # So Keras has it: without `num_words` the rarest word of all is cut.
    num_words = num_words or max(largest(x_train), largest(x_test))
    return (
        (keep_words(x_train, num_words, skip_top, oov_char), y_train),
        (keep_words(x_test, num_words, skip_top, oov_char), y_test),
    )


def get_word_index(path: str | os.PathLike = "imdb_word_index.json") -> dict[str, int]:
    """The rank of every word; in the data it is the number ``rank + index_from``.

    Args:
        path: a bare name in the cache folder, or a JSON file with a folder in its path.

    Raises:
        ConnectionError: when the words could not be downloaded.

    >>> get_word_index()["the"]  # doctest: +SKIP
    1
    """
    found = find_file(path, "imdb_word_index.json", WORD_INDEX_HASH)
    return json.loads(found.read_text(encoding="utf-8"))
