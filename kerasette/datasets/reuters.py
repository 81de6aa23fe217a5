"""Reuters newswires as word ranks, to be told apart by topic."""

import json
import os

import numpy as np

from kerasette.datasets.npz import load_npz_pair
from kerasette.datasets.sequences import keep_words, largest, prepare
from kerasette.datasets.sources import Pair, find_file

FILE_HASH = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
WORD_INDEX_HASH = "4d44cc38712099c9e383dc6e5f11a921"
TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves"
    " ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin"
    " strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem"
    " dlr gas silver wpi hog lead"
)


def load_data(
    path: str | os.PathLike = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> tuple[Pair, Pair]:
    """11,228 newswires, each a list of word ranks, with one of 46 topics as label.

    A word is the number ``rank + index_from``, rank 1 being the most frequent word; with the
    defaults, 0 is free for padding, 1 begins every newswire and 2 stands for a word left out.

    Source: Reuters-21578, D. D. Lewis, 1997.

    Args:
        path: a bare name, under which the data are kept in the cache folder and downloaded if they
            are not there; or an ``.npz`` file on this machine, with a folder in its path.
        num_words: keep numbers below this one; ``None``: below the largest in the data.
        skip_top: keep numbers from this one on.
        maxlen: leave out newswires of this length or more; ``None`` keeps all.
        test_split: share of the newswires to test with, 0 to 1.
        seed: of the shuffling before the split.
        start_char: put before every newswire; ``None`` for nothing. Cut like a word.
        oov_char: stands for what was cut; ``None``: nothing stands for it.
        index_from: added to every rank.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: arrays of lists of numbers; labels int64
        ``(newswires,)``, 0 to 45.

    Raises:
        ConnectionError: when the data could not be downloaded.
        ValueError: for another ``test_split``, when no newswire is shorter than ``maxlen``, and
            when the data are damaged.

    >>> (x_train, y_train), (x_test, y_test) = load_data(num_words=10_000)  # doctest: +SKIP
    >>> len(x_train), len(x_test)  # doctest: +SKIP
    (8982, 2246)
    """
    if not 0 <= test_split <= 1:
        raise ValueError(f"`test_split` must be from 0 to 1. Received: test_split={test_split}")
    x, y = load_npz_pair(find_file(path, "reuters.npz", FILE_HASH))
    marked, y = prepare(x, y, np.random.RandomState(seed), start_char, index_from, maxlen)
    # So Keras has it: without `num_words` the rarest word of all is cut.
    words = keep_words(marked, num_words or largest(marked), skip_top, oov_char)
    border = int(len(words) * (1 - test_split))
    return (words[:border], y[:border]), (words[border:], y[border:])


def get_word_index(path: str | os.PathLike = "reuters_word_index.json") -> dict[str, int]:
    """The rank of every word; in the data it is the number ``rank + index_from``.

    Args:
        path: a bare name in the cache folder, or a JSON file with a folder in its path.

    Raises:
        ConnectionError: when the words could not be downloaded.

    >>> get_word_index()["the"]  # doctest: +SKIP
    1
    """
    found = find_file(path, "reuters_word_index.json", WORD_INDEX_HASH)
    return json.loads(found.read_text(encoding="utf-8"))


def get_label_names() -> tuple[str, ...]:
    """The names of the 46 topics, in the order of the labels.

    >>> get_label_names()[3]
    'earn'
    """
    return tuple(TOPICS.split())
