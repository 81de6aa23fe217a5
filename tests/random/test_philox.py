"""Philox against the known answers of its authors, and what it promises about positions."""

import numpy as np
import pytest

from kerasette.arrays.philox import philox, words, words_at

# The known-answer vectors of Random123 (Salmon et al.): counter, key, result.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip


def numbers(text):
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN)
def test_known_answers(counter, key, result):
    counter = tuple(np.array([word], np.uint64) for word in numbers(counter))
    found = philox(np, counter, np.array(numbers(key), np.uint32))
    assert [int(word[0]) for word in found] == numbers(result)


def plain_philox(counter, key):
    """The cipher once more, on Python's integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        left, right = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [
            (right >> 32) ^ c[1] ^ k[0],
            right & 0xFFFFFFFF,
            (left >> 32) ^ c[3] ^ k[1],
            left & 0xFFFFFFFF,
        ]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def test_words_are_blocks_by_position():
    key = np.array([7, 3], np.uint32)
    found = words(np, key, 11, stream=(5 << 32) + 2)
    expected = [word for block in range(3) for word in plain_philox((block, 0, 2, 5), (7, 3))]
    assert found.dtype == np.uint32
    assert found.tolist() == expected[:11]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 70_000])
def test_words_do_not_depend_on_how_many_are_asked_for(count):
    key = np.array([123, 456], np.uint32)
    assert np.array_equal(words(np, key, count), words(np, key, 80_000)[:count])


def test_words_at_far_positions():
    key = np.array([1, 2], np.uint32)
    positions = np.array([0, 3, 2**32 + 5, 2**63], np.uint64)
    found = np.stack(words_at(np, key, positions, stream=9), axis=1)
    for row, position in zip(found, positions.tolist(), strict=True):
        counter = (position & 0xFFFFFFFF, position >> 32, 9, 0)
        assert row.tolist() == plain_philox(counter, (1, 2))


def test_keys_and_streams_differ():
    first = words(np, np.array([0, 0], np.uint32), 64)
    for key, stream in (([1, 0], 0), ([0, 1], 0), ([0, 0], 1)):
        other = words(np, np.array(key, np.uint32), 64, stream)
        assert (first == other).sum() == 0


def test_every_bit_is_set_half_of_the_time():
    found = words(np, np.array([5, 0], np.uint32), 1 << 16)
    ones = np.unpackbits(found.view(np.uint8)).reshape(-1, 32).sum(axis=0, dtype="int64")
    assert np.all(np.abs(ones - (1 << 15)) < 5 * 128)  # five standard deviations
