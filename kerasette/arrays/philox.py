"""Philox4x32-10: random bits that are a function of a key and a counter, and of nothing else.

A block cipher in the sense of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
1, 2, 3" (SC 2011): four 32-bit words of counter are mixed with two words of key in ten rounds. Any
word of a stream can be had without those before it, in any order, on any device, to the same bits.
"""

from typing import Any

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)  # the golden ratio, and the square root of 3 minus 1
ROUNDS = 10
_LOW = 0xFFFFFFFF
_AT_ONCE = 1 << 14  # blocks whose words stay in the processor's cache through all rounds


def philox(xp: Any, counter: tuple[Any, ...], key: Any) -> tuple[Any, ...]:
    """Four words of random bits for each counter.

    Args:
        xp: numpy or cupy.
        counter: four arrays (or scalars) of uint64 of one shape, each value below 2**32.
        key: the two words of the key, uint32 or uint64 of shape ``(2,)``.

    Returns: four arrays of uint64, each value below 2**32.
    """
    c0, c1, c2, c3 = counter
    low, shift = xp.uint64(_LOW), xp.uint64(32)
    first, second = (xp.uint64(factor) for factor in MULTIPLIERS)
    steps = xp.arange(ROUNDS, dtype=xp.uint64)[:, None] * xp.asarray(KEY_STEPS, xp.uint64)
    keys = (key.astype(xp.uint64) + steps) & low
    for turn in range(ROUNDS):
        # A product of two 32-bit words fits into 64 bits; both of its halves are used.
        left, right = first * c0, second * c2
        c0, c1 = (right >> shift) ^ c1 ^ keys[turn, 0], right & low
        c2, c3 = (left >> shift) ^ c3 ^ keys[turn, 1], left & low
    return c0, c1, c2, c3


def words(xp: Any, key: Any, count: int, stream: int = 0) -> Any:
    """The first ``count`` words of a stream: uint32 of shape ``(count,)``.

    Word ``p`` is word ``p % 4`` of the block whose counter is ``(p // 4, stream)``, each as two
    32-bit words: it does not depend on ``count``.
    """
    blocks = -(-count // 4)
    out = xp.empty((blocks, 4), xp.uint32)
    for start in range(0, blocks, _AT_ONCE):
        stop = min(start + _AT_ONCE, blocks)
        position = xp.arange(start, stop, dtype=xp.uint64)
        counter = _counter(xp, position, stream)
        for column, word in enumerate(philox(xp, counter, key)):
            out[start:stop, column] = word
    return out.reshape(-1)[:count]


def words_at(xp: Any, key: Any, positions: Any, stream: int = 0) -> tuple[Any, ...]:
    """The four words of the blocks at ``positions`` (uint64) of a stream, as uint64 arrays."""
    return philox(xp, _counter(xp, positions, stream), key)


def _counter(xp: Any, position: Any, stream: int) -> tuple[Any, ...]:
    low, high = (xp.uint64(part) for part in (stream & _LOW, stream >> 32))
    return position & xp.uint64(_LOW), position >> xp.uint64(32), low, high
