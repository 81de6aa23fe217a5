"""Samples: random numbers, worked out once more position by position on Python's integers."""

import math

import numpy as np
from scipy import stats

from tests.ops.samples import Sample, between
from tests.random.test_philox import plain_philox

STATE = np.array([123, 7], "uint32")


def _word(position, stream=0):
    block, index = divmod(position, 4)
    return plain_philox((block, 0, stream & 0xFFFFFFFF, stream >> 32), STATE.tolist())[index]


def _wide(position):
    return _word(2 * position) << 32 | _word(2 * position + 1)


def _each(value):
    """A value for each position, in the shape that is asked for."""

    def apply(state, *operands, shape, dtype="float64", **attributes):
        spread = [np.broadcast_to(x, shape).ravel().tolist() for x in operands]
        drawn = [value(p, *(x[p] for x in spread), **attributes) for p in range(math.prod(shape))]
        return np.array(drawn, dtype).reshape(shape)

    return apply


def _bits(state, shape):
    return _each(_word)(state, shape=shape, dtype="uint32")


def _mask(state, shape, rate):
    return _each(lambda p: _word(p) >= round(rate * 2**32))(state, shape=shape, dtype=bool)


def _uniform(p, low=0.0, high=1.0):
    return low + (_wide(p) >> 11) / 2**53 * (high - low)


def _uniform_half(p):
    return (_word(p) >> 21) / 2**11


def _normal(p, bound=math.inf):
    below = ((_wide(p) >> 12) + 0.5) / 2**52
    mass = stats.norm.cdf(bound) - stats.norm.cdf(-bound)
    return stats.norm.ppf(0.5 + (below - 0.5) * mass)


def _integers(state, span, shape, wide):
    def drawn(p, span):
        if wide:
            return span * (_wide(2 * p) << 64 | _wide(2 * p + 1)) >> 128
        return span * _wide(p) >> 64

    return _each(drawn)(state, span, shape=shape, dtype="uint64")


def _permutation(state, count):
    return np.array(sorted(range(count), key=_wide), "int32")


def _uniforms(p, stream):
    a, b, c, d = plain_philox((p, 0, stream & 0xFFFFFFFF, stream >> 32), STATE.tolist())
    return ((a << 20 | b >> 12) + 0.5) / 2**52, ((c << 20 | d >> 12) + 0.5) / 2**52


def _gamma(p, alpha, purpose=1):
    d, turn = alpha + (alpha < 1) - 1 / 3, 0
    while True:
        u, v = _uniforms(p, (purpose << 32) + turn)
        x = stats.norm.ppf(u)
        cube = (1 + x / math.sqrt(9 * d)) ** 3
        if cube > 0 and math.log(v) < x * x / 2 + d * (1 - cube + math.log(cube)):
            break
        turn += 1
    boost = _uniforms(p, (purpose + 1) << 32)[0] ** (1 / alpha) if alpha < 1 else 1.0
    return d * cube * boost


def _beta(p, alpha, beta):
    left, right = _gamma(p, alpha), _gamma(p, beta, 3)
    return left / (left + right)


def _binomial(p, count, probability):
    """By the quantile: what summing up the distribution gives, where the mean is below 10."""
    small = min(probability, 1 - probability)
    drawn = stats.binom.ppf(_uniforms(p, 1 << 32)[0], count, small)
    return count - drawn if probability > 0.5 else drawn


def _categorical(state, logits, num_samples, dtype):
    total = np.cumsum(np.exp(logits - logits.max(1, keepdims=True)), axis=1)
    out = np.empty((len(logits), num_samples), dtype)
    for row, sample in np.ndindex(*out.shape):
        u = _uniforms(row * num_samples + sample, 0)[0]
        out[row, sample] = np.searchsorted(total[row], u * total[row, -1], side="right")
    return out


SHAPE = (3, 5)
EXACT = {"Rtol": 0, "Atol": 0}
WIDE = {"shape": SHAPE, "dtype": "float64"}

SAMPLES = [
    Sample("random_bits", STATE, shape=SHAPE, reference=_bits, **EXACT),
    Sample("random_mask", STATE, shape=SHAPE, rate=0.3, reference=_mask, **EXACT),
    Sample("random_mask", STATE, shape=(4,), rate=1.0, reference=_mask, **EXACT),
    Sample("random_uniform", STATE, **WIDE, reference=_each(_uniform), **EXACT),
    Sample(
        "random_uniform",
        STATE,
        shape=(9,),
        dtype="float16",
        reference=_each(_uniform_half),
        **EXACT,
    ),
    Sample("random_uniform", STATE, **WIDE, low=-1.0, high=3.0, reference=_each(_uniform)),
    Sample("random_normal", STATE, **WIDE, reference=_each(_normal)),
    Sample("random_normal", STATE, **WIDE, bound=2.0, reference=_each(_normal)),
    Sample(
        "random_integers",
        STATE,
        np.array([1, 10, 2**40, 2**63, 2**64 - 1], "uint64"),
        shape=SHAPE,
        wide=False,
        reference=_integers,
        **EXACT,
    ),
    Sample(
        "random_integers",
        STATE,
        np.array([1, 10, 2**40, 2**63, 2**64 - 1], "uint64"),
        shape=SHAPE,
        wide=True,
        reference=_integers,
        **EXACT,
    ),
    Sample("random_permutation", STATE, count=20, reference=_permutation, **EXACT),
    Sample("random_gamma", STATE, between(0.1, 4.0, 5), **WIDE, reference=_each(_gamma)),
    Sample(
        "random_beta",
        STATE,
        between(0.1, 4.0, 5),
        between(0.5, 2.0, 3, 1),
        **WIDE,
        reference=_each(_beta),
    ),
    Sample(
        "random_binomial",
        STATE,
        np.array([1.0, 5.0, 9.0, 18.0, 19.0]),
        np.array([[0.5], [0.001], [0.999]]),
        **WIDE,
        reference=_each(_binomial),
        Half=False,
    ),
    Sample(
        "random_categorical",
        STATE,
        between(-2.0, 2.0, 2, 5),
        num_samples=7,
        dtype="int32",
        reference=_categorical,
        Half=False,
        Unknown=(1,),
    ),
]
