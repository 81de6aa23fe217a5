"""Random numbers as operations: functions of a state and of the position in the result.

The state is a uint32 tensor of shape ``(2,)``: a seed and a count of draws, which together are the
key of the Philox cipher. Position ``p`` of a result takes its bits from counter ``p``. So eager
code, a compiled function and a GPU give the same bits, in one piece or in several, and the first
values of a longer draw are those of a shorter one.

Bits, integers, uniforms and masks are exact. Normals are computed in float64 and rounded once, so
that devices whose logarithms differ in the last place agree within one unit in the last place.
"""

import math
from typing import Any

from kerasette.arrays import dtypes
from kerasette.arrays.philox import words
from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast_shapes
from kerasette.core.spec import Spec

__all__: list[str] = []  # the public names are those of kerasette.random


def check_state(state: Spec) -> None:
    """Refuse what is no state of a random number generator."""
    if state.shape != (2,) or state.dtype != "uint32":
        raise ValueError(
            "the state of a random number generator is a uint32 tensor of shape (2,). "
            f"Received: shape={state.shape}, dtype={state.dtype}."
        )


def count_of(shape: tuple[int, ...]) -> int:
    """The number of elements of a shape."""
    return math.prod(int(size) for size in shape)


def wide_words(xp: Any, state: Any, count: int, stream: int = 0) -> Any:
    """``count`` words of 64 random bits: uint64 of shape ``(count,)``."""
    pairs = words(xp, state, 2 * count, stream).reshape(-1, 2).astype(xp.uint64)
    return pairs[:, 0] << xp.uint64(32) | pairs[:, 1]


def _bits(state: Spec, *, shape: tuple[int, ...]) -> Spec:
    check_state(state)
    return Spec(tuple(shape), dtypes.ALL["uint32"])


@primitive(_bits)
def random_bits(xp: Any, state: Any, *, shape: tuple[int, ...]) -> Any:
    """32 random bits in each element: uint32 of ``shape``."""
    return words(xp, state, count_of(shape)).reshape(shape)


random_bits.nograd()


def _mask(state: Spec, *, shape: tuple[int, ...], rate: float) -> Spec:
    check_state(state)
    return Spec(tuple(shape), dtypes.ALL["bool"])


@primitive(_mask)
def random_mask(xp: Any, state: Any, *, shape: tuple[int, ...], rate: float) -> Any:
    """True with probability ``1 - rate``, to a multiple of ``2**-32``: bool of ``shape``."""
    threshold = round(rate * 2**32)
    if threshold >= 2**32:
        return xp.zeros(shape, bool)
    return words(xp, state, count_of(shape)).reshape(shape) >= xp.uint32(threshold)


random_mask.nograd()

# How many random bits a uniform number has: as many as its significand, so that each is exact.
UNIFORM_BITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def _float(state: Spec, *, shape: tuple[int, ...], dtype: str, **attributes: Any) -> Spec:
    check_state(state)
    if dtype not in UNIFORM_BITS:
        raise ValueError(f"`dtype` must be a float type. Received: dtype={dtype}.")
    return Spec(tuple(shape), dtypes.ALL[dtype])


@primitive(_float)
def random_uniform(
    xp: Any, state: Any, *, shape: tuple[int, ...], dtype: str, low: float = 0.0, high: float = 1.0
) -> Any:
    """Uniform in ``[low, high)``: floats of ``shape``.

    In ``[0, 1)`` each is a multiple of ``2**-b``, exactly, ``b`` the bits of the significand. Other
    ranges are scaled in float64 and rounded once, towards ``low`` where that would reach ``high``.
    """
    count, bits = count_of(shape), UNIFORM_BITS[dtype]
    target = dtypes.numpy_dtype(dtype)
    if bits > 32:
        whole = wide_words(xp, state, count) >> xp.uint64(64 - bits)
    else:
        whole = words(xp, state, count) >> xp.uint32(32 - bits)
    if (low, high) == (0.0, 1.0):
        if target.itemsize == 2:  # 11 or 8 bits: exact in float32, and then in the target
            return (whole.astype(xp.float32) * xp.float32(2.0**-bits)).astype(target).reshape(shape)
        return (whole.astype(target) * target.type(2.0**-bits)).reshape(shape)
    scaled = whole.astype(xp.float64) * ((high - low) * 2.0**-bits) + low
    rounded = scaled.astype(target)
    below = xp.nextafter(target.type(high), target.type(low))
    return xp.where(rounded < target.type(high), rounded, below).reshape(shape)


random_uniform.nograd()


@primitive(_float)
def random_normal(
    xp: Any, state: Any, *, shape: tuple[int, ...], dtype: str, bound: float | None = None
) -> Any:
    """Standard normal numbers, within ``[-bound, bound]`` where it is given: floats of ``shape``.

    Each is the quantile of one uniform number, which has 32 bits (52 for float64).
    """
    count = count_of(shape)
    out = xp.empty(count, dtypes.numpy_dtype(dtype))
    mass = 1.0 if bound is None else math.erf(bound / math.sqrt(2.0))
    if dtype == "float64":
        whole, width = wide_words(xp, state, count) >> xp.uint64(12), 52
    else:
        whole, width = words(xp, state, count), 32
    for start in range(0, count, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        # The middle of each of the intervals of (0, 1), less a half: exact in float64.
        centred = (whole[part].astype(xp.float64) + 0.5) * 2.0**-width - 0.5
        out[part] = normal_quantile(xp, centred * mass)
    return out.reshape(shape)


random_normal.nograd()

_AT_ONCE = 1 << 14  # numbers whose intermediate results stay in the processor's cache

# Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics
# 37 (1988): rational approximations to 16 digits, numerator and denominator, lowest power first.
_CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3),
)  # fmt: skip
_TAIL = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
_FAR_TAIL = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15),
)  # fmt: skip


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Any) -> Any:
    over, under = coefficients
    top, bottom = over[-1] * x + over[-2], under[-1] * x + under[-2]
    for a, b in zip(over[-3::-1], under[-3::-1], strict=True):
        top, bottom = top * x + a, bottom * x + b
    return top / bottom


def normal_quantile(xp: Any, centred: Any) -> Any:
    """The normal number that has the probability ``0.5 + centred`` below it, in float64."""
    size = xp.abs(centred)
    out = centred * _ratio(_CENTRE, 0.180625 - centred * centred)
    outside = xp.nonzero(size > 0.425)[0]  # one in seven
    if outside.size:
        far = xp.sqrt(-xp.log(0.5 - size[outside]))
        value = _ratio(_TAIL, far - 1.6)
        value = xp.where(far > 5.0, _ratio(_FAR_TAIL, far - 5.0), value)
        out[outside] = xp.copysign(value, centred[outside])
    return out


def _integers(state: Spec, span: Spec, *, shape: tuple[int, ...], wide: bool) -> Spec:
    check_state(state)
    if broadcast_shapes(span.shape, shape) != shape:
        raise ValueError(f"bounds of shape {span.shape} do not broadcast to {shape}.")
    return Spec(tuple(shape), dtypes.ALL["uint64"])


@primitive(_integers)
def random_integers(
    xp: Any, state: Any, span: Any, *, shape: tuple[int, ...], wide: bool = False
) -> Any:
    """Uniform integers in ``[0, span)``: uint64 of ``shape``, to which ``span`` broadcasts.

    ``span`` times a fraction of 64 bits (``wide``: 128 bits), rounded down: the probability of a
    value is right to ``span / 2**64`` (``span / 2**128``) of itself.
    """
    count = count_of(shape)
    if not wide:
        return high_half(xp, wide_words(xp, state, count).reshape(shape), span)
    pairs = wide_words(xp, state, 2 * count).reshape(*shape, 2)
    below = pairs[..., 0] * span
    carried = below + high_half(xp, pairs[..., 1], span)
    return high_half(xp, pairs[..., 0], span) + (carried < below)


random_integers.nograd()


def high_half(xp: Any, x: Any, y: Any) -> Any:
    """The upper 64 bits of the product of two uint64 values, elementwise."""
    low, shift = xp.uint64(0xFFFFFFFF), xp.uint64(32)
    x0, x1, y0, y1 = x & low, x >> shift, y & low, y >> shift
    middle = x1 * y0 + (x0 * y0 >> shift)  # cannot overflow: (2**32 - 1)**2 + 2**32 - 1 < 2**64
    other = x0 * y1 + (middle & low)
    return x1 * y1 + (middle >> shift) + (other >> shift)


def _permutation(state: Spec, *, count: int) -> Spec:
    check_state(state)
    return Spec((count,), dtypes.ALL["int32" if count < 2**31 else "int64"])


@primitive(_permutation)
def random_permutation(xp: Any, state: Any, *, count: int) -> Any:
    """The numbers ``0 … count - 1`` in random order: int32 of shape ``(count,)``.

    They are sorted by 64 random bits each.
    """
    order = xp.argsort(wide_words(xp, state, count), kind="stable")
    return order.astype(xp.int32 if count < 2**31 else xp.int64)


random_permutation.nograd()
