"""Random samples of distributions with parameters: gamma, beta, binomial, categorical.

Gamma and binomial samples are found by rejection. Each position of the result has its own stream of
rounds, so that a sample depends on state, position and parameters alone, however many rounds its
neighbours take. All is computed in float64. There are no gradients for the parameters.
"""

import math
from typing import Any

from kerasette.arrays import dtypes
from kerasette.arrays.philox import words_at
from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast_shapes
from kerasette.core.spec import Spec
from kerasette.ops.random_bits import UNIFORM_BITS, check_state, count_of, normal_quantile

__all__: list[str] = []  # the public names are those of kerasette.random


def _sampled(state: Spec, *parameters: Spec, shape: tuple[int, ...], dtype: str) -> Spec:
    check_state(state)
    if dtype not in UNIFORM_BITS:
        raise ValueError(f"`dtype` must be a float type. Received: dtype={dtype}.")
    for parameter in parameters:
        if broadcast_shapes(parameter.shape, shape) != shape:
            raise ValueError(
                f"a parameter of shape {parameter.shape} does not broadcast to {shape}."
            )
    return Spec(tuple(shape), dtypes.ALL[dtype])


def _spread(xp: Any, parameter: Any, shape: tuple[int, ...]) -> Any:
    """A parameter for each position, in float64: ``(count,)``."""
    return xp.broadcast_to(parameter, shape).astype(xp.float64).reshape(-1)


def _open_uniforms(xp: Any, state: Any, positions: Any, stream: int) -> tuple[Any, Any]:
    """Two numbers of 52 bits in (0, 1) for each position."""
    a, b, c, d = words_at(xp, state, positions.astype(xp.uint64), stream)
    shift, drop = xp.uint64(20), xp.uint64(12)
    pairs = ((a << shift) | (b >> drop), (c << shift) | (d >> drop))
    first, second = ((whole.astype(xp.float64) + 0.5) * 2.0**-52 for whole in pairs)
    return first, second


def _log_gamma_samples(xp: Any, state: Any, alpha: Any, purpose: int) -> Any:
    """The logarithm of gamma samples: Marsaglia and Tsang, "A simple method for generating gamma
    variables", ACM TOMS 26 (2000); below 1 with ``gamma(alpha + 1) * uniform ** (1 / alpha)``.
    """
    boosted = xp.where(alpha < 1.0, alpha + 1.0, alpha)
    d = boosted - 1.0 / 3.0
    out = xp.where(alpha == 0.0, -math.inf, xp.where(alpha > 0.0, alpha, math.nan))
    pending = xp.nonzero((alpha > 0.0) & (alpha < math.inf))[0]
    turn = 0
    while pending.size:
        u, v = _open_uniforms(xp, state, pending, (purpose << 32) + turn)
        x, shape = normal_quantile(xp, u - 0.5), d[pending]
        cube = (1.0 + x / xp.sqrt(9.0 * shape)) ** 3
        limit = 0.5 * x * x + shape * (1.0 - cube + xp.log(cube))
        accepted = (cube > 0.0) & (xp.log(v) < limit)
        out[pending[accepted]] = xp.log(shape[accepted] * cube[accepted])
        pending = pending[~accepted]
        turn += 1
    below = xp.nonzero((alpha > 0.0) & (alpha < 1.0))[0]
    u, _ = _open_uniforms(xp, state, below, (purpose + 1) << 32)
    out[below] += xp.log(u) / alpha[below]
    return out


@primitive(_sampled, native=True)
def random_gamma(xp: Any, state: Any, alpha: Any, *, shape: tuple[int, ...], dtype: str) -> Any:
    """Gamma samples of shape parameter ``alpha`` and scale 1; NaN where ``alpha`` is negative."""
    logs = _log_gamma_samples(xp, state, _spread(xp, alpha, shape), purpose=1)
    return xp.exp(logs).astype(dtypes.numpy_dtype(dtype)).reshape(shape)


random_gamma.nograd()


@primitive(_sampled, native=True)
def random_beta(
    xp: Any, state: Any, alpha: Any, beta: Any, *, shape: tuple[int, ...], dtype: str
) -> Any:
    """Beta samples, from two gamma samples each, by their logarithms: small parameters, whose gamma
    samples underflow, are no trouble.
    """
    left = _log_gamma_samples(xp, state, _spread(xp, alpha, shape), purpose=1)
    right = _log_gamma_samples(xp, state, _spread(xp, beta, shape), purpose=3)
    part = 1.0 / (1.0 + xp.exp(right - left))
    return part.astype(dtypes.numpy_dtype(dtype)).reshape(shape)


random_beta.nograd()


def _stirling_rest(k: float) -> float:
    return math.lgamma(k + 1) - (
        (k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi)
    )


_RESTS = tuple(_stirling_rest(k) for k in range(10))


def _log_factorial_rest(xp: Any, k: Any) -> Any:
    """What ``log(k!)`` has over ``(k + 1/2) log(k + 1) - (k + 1) + log(2 pi) / 2``."""
    inverse = 1.0 / (k + 1.0)
    square = inverse * inverse
    series = (1.0 / 12.0 - (1.0 / 360.0 - square / 1260.0) * square) * inverse
    table = xp.asarray(_RESTS)
    return xp.where(k < 10.0, table[xp.clip(k, 0.0, 9.0).astype(xp.int64)], series)


def _few(xp: Any, state: Any, where: Any, n: Any, p: Any) -> Any:
    """Binomial samples of small mean: the cumulative distribution, summed up to a uniform."""
    rest, _ = _open_uniforms(xp, state, where, 1 << 32)
    odds, term = p / (1.0 - p), xp.exp(n * xp.log1p(-p))
    out = xp.zeros_like(rest)
    pending = xp.nonzero((rest > term) & (n > 0.0))[0]
    while pending.size:
        rest[pending] -= term[pending]
        out[pending] += 1.0
        k, total = out[pending], n[pending]
        term[pending] *= odds[pending] * (total - k + 1.0) / k
        pending = pending[(rest[pending] > term[pending]) & (k < total)]
    return out


def _many(xp: Any, state: Any, where: Any, n: Any, p: Any) -> Any:
    """Binomial samples of mean 10 or more: Hörmann, "The generation of binomial random variates",
    Journal of Statistical Computation and Simulation 46 (1993), transformed rejection (BTRS).
    """
    odds, deviation = p / (1.0 - p), xp.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    mode = xp.floor((n + 1.0) * p)
    fixed = xp.stack(
        [n, odds, a, b, n * p + 0.5, (2.83 + 5.1 / b) * deviation, 0.92 - 4.2 / b, mode]
    )
    out = xp.empty_like(n)
    pending = xp.arange(n.size)
    turn = 0
    while pending.size:
        n, odds, a, b, c, scale, quick, m = fixed[:, pending]
        u, v = _open_uniforms(xp, state, where[pending], (2 << 32) + turn)
        u = u - 0.5
        edge = 0.5 - xp.abs(u)
        k = xp.floor((2.0 * a / edge + b) * u + c)
        inside = (k >= 0.0) & (k <= n)
        bound = (
            (m + 0.5) * xp.log((m + 1.0) / (odds * (n - m + 1.0)))
            + (n + 1.0) * xp.log((n - m + 1.0) / (n - k + 1.0))
            + (k + 0.5) * xp.log(odds * (n - k + 1.0) / (k + 1.0))
            + _log_factorial_rest(xp, m)
            + _log_factorial_rest(xp, n - m)
            - _log_factorial_rest(xp, k)
            - _log_factorial_rest(xp, n - k)
        )
        slow = inside & (xp.log(v * scale / (a / (edge * edge) + b)) <= bound)
        accepted = ((edge >= 0.07) & (v <= quick)) | slow
        out[pending[accepted]] = k[accepted]
        pending = pending[~accepted]
        turn += 1
    return out


@primitive(_sampled, native=True)
def random_binomial(
    xp: Any, state: Any, counts: Any, probabilities: Any, *, shape: tuple[int, ...], dtype: str
) -> Any:
    """The number of successes in ``counts`` trials; NaN for impossible parameters."""
    n = xp.floor(_spread(xp, counts, shape))
    p = _spread(xp, probabilities, shape)
    out = xp.full(count_of(shape), math.nan)
    flipped = p > 0.5
    small = xp.where(flipped, 1.0 - p, p)
    possible = (n >= 0.0) & (n < math.inf) & (p >= 0.0) & (p <= 1.0)
    for method, chosen in ((_few, n * small < 10.0), (_many, n * small >= 10.0)):
        where = xp.nonzero(possible & chosen)[0]
        if where.size:
            out[where] = method(xp, state, where, n[where], small[where])
    out = xp.where(flipped, n - out, out)
    return out.astype(dtypes.numpy_dtype(dtype)).reshape(shape)


random_binomial.nograd()


def _chosen(state: Spec, logits: Spec, *, num_samples: int, dtype: str) -> Spec:
    check_state(state)
    return Spec((logits.shape[0], num_samples), dtypes.ALL[dtype])


@primitive(_chosen)
def random_categorical(xp: Any, state: Any, logits: Any, *, num_samples: int, dtype: str) -> Any:
    """Classes drawn by unnormalised log-probabilities: ``(batch, classes) -> (batch, samples)``.

    A uniform number is looked up among the cumulative probabilities, by halving.
    """
    logits = logits.astype(xp.float64)
    batch, classes = logits.shape
    top = xp.max(logits, axis=1, keepdims=True)
    weights = xp.where(logits == top, 1.0, xp.exp(logits - top))  # an infinite one takes it all
    cumulative = xp.cumsum(weights, axis=1)
    u, _ = _open_uniforms(xp, state, xp.arange(batch * num_samples), 0)
    target = u.reshape(batch, num_samples) * cumulative[:, -1:]
    low = xp.zeros((batch, num_samples), xp.int64)
    high = xp.full((batch, num_samples), classes - 1)
    for _ in range(classes.bit_length()):
        middle = (low + high) // 2
        above = xp.take_along_axis(cumulative, middle, axis=1) > target
        high = xp.where(above, middle, high)
        low = xp.minimum(xp.where(above, low, middle + 1), high)
    return low.astype(dtypes.numpy_dtype(dtype))


random_categorical.nograd()
