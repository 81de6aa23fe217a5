"""Special functions, elementwise: the error function and its relatives, Bessel functions.

The tables are coefficients of Chebyshev polynomials, found by interpolation with 40 digits. They
give float64 to within a few units in the last place; narrower floats are computed in float64 and
rounded, but for ``erf``, which is in the way of every exact GELU.
"""

import math
from typing import Any

from kerasette.core.primitive import primitive
from kerasette.core.rules import same_float
from kerasette.ops.arithmetic import square
from kerasette.ops.comparison import equal
from kerasette.ops.exponential import exp
from kerasette.ops.logic import where
from kerasette.ops.random_bits import normal_quantile

__all__ = ["erf", "erfc", "erfinv", "i0"]

# erf(x) / x of t = 2 x**2 - 1, for |x| <= 1
_ERF = (
    0.9754769393826541, -0.14226120510371365, 0.010035582187599796, -0.0005768764699767485,
    2.741993125219606e-05, -1.1043175507344507e-06, 3.8488755420345036e-08,
    -1.1808582533875466e-09, 3.2334215826050907e-11, -7.991015947004549e-13,
    1.7990725113961456e-14, -3.718635487818693e-16,
)  # fmt: skip
# (1 + 2 x) exp(x**2) erfc(x) of t = (x - 3.75) / (x + 3.75), for x >= 0: after Shepherd and
# Laframboise, Mathematics of Computation 36 (1981).
_ERFC = (
    1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189,
    -0.026658668435305753, 0.009074997670705265, -0.002413163540417608, 0.0004907758365258086,
    -6.916973302501207e-05, 4.13902798607301e-06, 7.74038306619849e-07, -2.1886401049234397e-07,
    1.076499946567091e-08, 4.521959811218287e-09, -7.754400208831351e-10,
    -6.318088340886684e-11, 2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13,
    3.25254814814874e-14, 3.3478119482868056e-14, -1.864562880419313e-15,
    -1.2507950530688648e-15, 7.418235256624044e-17, 5.068148904796111e-17,
)  # fmt: skip
# arctanh(erf(x)) / x as a polynomial of x**2, lowest power first, for |x| <= 3.92: with it, tanh
# gives erf to 3 units in the last place of float32.
_ERF_BY_TANH = (
    1.1283792, 0.102771315, -0.000202149915, -0.000603684337, 7.64921738e-05, -1.8620532e-06,
    -5.14900072e-07, 5.38980546e-08, -1.64008984e-09,
)  # fmt: skip
# exp(-x) i0(x) of t = x / 4 - 1, for 0 <= x <= 8
_I0_NEAR = (
    0.33839763720473803, -0.3046826723431984, 0.17162090152220877, -0.09490109704804764,
    0.04930528423967071, -0.02373741480589947, 0.010546460394594998, -0.004324309995050576,
    0.0016394756169413357, -0.0005763755745385824, 0.00018850288509584165,
    -5.754195010082104e-05, 1.6448448070728896e-05, -4.4167383584587505e-06,
    1.1173875391201037e-06, -2.670793853940612e-07, 6.046995022541919e-08,
    -1.300025009986248e-08, 2.6598237246823866e-09, -5.189795601635263e-10,
    9.675809035373237e-11, -1.726826291441556e-11, 2.95505266312964e-12, -4.856446783111929e-13,
    7.676185498604936e-14, -1.1685332877993451e-14, 1.715391285555133e-15,
    -2.431279846547955e-16, 3.3307945188222384e-17,
)  # fmt: skip
# exp(-x) sqrt(x) i0(x) of t = 16 / x - 1, for x >= 8
_I0_FAR = (
    0.4022452055070544, 0.0033691164782556943, 6.889758346916825e-05, 2.8913705208347567e-06,
    2.0489185894690638e-07, 2.266668990498178e-08, 3.3962320257083865e-09, 4.94060238822497e-10,
    1.1889147107846439e-11, -3.1499165279632416e-11, -1.3215811840447713e-11,
    -1.7941785315068062e-12, 7.180124451383666e-13, 3.8527783827421426e-13,
    1.54008621752141e-14, -4.150569347287222e-14, -9.554846698828307e-15,
    3.8116806693526224e-15, 1.7725601330565263e-15, -3.425485619677219e-16,
    -2.8276239805165836e-16, 3.461222867697461e-17, 4.46562142029676e-17,
)  # fmt: skip
# exp(-x) i1(x) / x of t = x / 4 - 1, for 0 <= x <= 8
_I1_NEAR = (
    0.12629359322181682, -0.17641651835783406, 0.1026436586898471, -0.05294598120809499,
    0.024726449030626516, -0.010564084894626197, 0.004156422944312888, -0.0015135724506312532,
    0.0005122859561685758, -0.00016176081582589674, 4.781565107550054e-05,
    -1.3273163656039436e-05, 3.4702513081376785e-06, -8.568720264695455e-07,
    2.0032947535521353e-07, -4.445059128796328e-08, 9.381537386495773e-09,
    -1.8872497517228294e-09, 3.625590281552117e-10, -6.663489723502027e-11,
    1.1736186298890901e-11, -1.9839743977649436e-12, 3.223793365945575e-13,
    -5.042185504727912e-14, 7.600684294735408e-15, -1.1055969477353862e-15,
    1.5536319577362005e-16, -2.111421214358166e-17,
)  # fmt: skip
# exp(-x) sqrt(x) i1(x) of t = 16 / x - 1, for x >= 8
_I1_FAR = (
    0.38928811750914005, -0.009761097491361469, -0.00011058893876262371, -3.882564808877691e-06,
    -2.512236237870209e-07, -2.6314688468895196e-08, -3.835380385964237e-09,
    -5.589743462196584e-10, -1.8974958123505413e-11, 3.2526035830154884e-11,
    1.4125807436613782e-11, 2.0356285441470896e-12, -7.198551776245908e-13,
    -4.0835511110921974e-13, -2.1015418427726643e-14, 4.272440016711951e-14,
    1.0420276984128802e-14, -3.8144030724370075e-15, -1.8803547755107825e-15,
    3.3082023109209285e-16, 2.96262899764595e-16, -3.209525921993424e-17,
    -4.6503053684893586e-17,
)  # fmt: skip


def _chebyshev(coefficients: tuple[float, ...], t: Any) -> Any:
    """The sum of ``c[k] T_k(t)``, by Clenshaw's recurrence."""
    twice = 2 * t
    above, here = 0 * t, coefficients[-1] + 0 * t
    following = twice * here
    for coefficient in coefficients[-2:0:-1]:
        following -= above
        following += coefficient
        above, here = here, following
        following = twice * here
    return t * here - above + coefficients[0]


def _complement(xp: Any, x: Any) -> Any:
    """``erfc(x)`` for float64 ``x >= 0``."""
    x = xp.minimum(x, 30.0)  # where it is 0 already
    scaled = _chebyshev(_ERFC, (x - 3.75) / (x + 3.75)) / (1 + 2 * x)
    # The square of the 24 leading bits is exact: so is the exponent, however large.
    lead = x.astype(xp.float32).astype(xp.float64)
    return xp.exp(-lead * lead) * xp.exp((lead - x) * (lead + x)) * scaled


@primitive(same_float)
def erf(xp: Any, x: Any) -> Any:
    """The error function: ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to ``x``.

    Elementwise: ``(...) -> (...)``; integers give floatx.

    >>> ops.erf([0.0, 1.0]).numpy().round(3)
    array([0.   , 0.843], dtype=float32)
    """
    if x.dtype == xp.float32:
        squared = xp.minimum(x * x, xp.float32(3.92**2))
        slope = xp.full_like(squared, _ERF_BY_TANH[-1])
        for coefficient in _ERF_BY_TANH[-2::-1]:
            slope = slope * squared + xp.float32(coefficient)
        return xp.tanh(x * slope)
    size = xp.abs(x)
    near = xp.minimum(size, 1.0)
    inside = x * _chebyshev(_ERF, 2 * near * near - 1)
    return xp.where(size < 1, inside, xp.copysign(1 - _complement(xp, size), x))


@primitive(same_float)
def erfc(xp: Any, x: Any) -> Any:
    """``1 - erf(x)``, exact for large ``x`` too, elementwise: ``(...) -> (...)``.

    >>> float(ops.erfc(9.0)) > 0, float(1 - ops.erf(9.0))
    (True, 0.0)
    """
    wide = x.astype(xp.float64)
    right = _complement(xp, xp.abs(wide))
    return xp.where(wide < 0, 2 - right, right).astype(x.dtype)


_SLOPE = 2 / math.sqrt(math.pi)

erf.defvjp(x=lambda g, x: g * (_SLOPE * exp(-square(x))))
erfc.defvjp(x=lambda g, x: g * (-_SLOPE * exp(-square(x))))


@primitive(same_float)
def erfinv(xp: Any, x: Any) -> Any:
    """The number whose ``erf`` is ``x``, elementwise: ``(...) -> (...)``.

    It is infinite at -1 and 1, and NaN outside.

    >>> ops.erfinv([0.0, 0.8427008]).numpy().round(3)
    array([0., 1.], dtype=float32)
    """
    half = x.astype(xp.float64).reshape(-1) / 2
    found = normal_quantile(xp, half) / math.sqrt(2.0)
    found = xp.where(xp.abs(half) == 0.5, xp.copysign(xp.inf, half), found)
    return found.astype(x.dtype).reshape(x.shape)


erfinv.defvjp(x=lambda g, out: g * (exp(square(out)) / _SLOPE))


def _scaled_bessel(xp: Any, size: Any, near: tuple[float, ...], far: tuple[float, ...]) -> Any:
    """The two expansions of a Bessel function over exp(x), without the factor x near 0."""
    inside = _chebyshev(near, xp.minimum(size, 8.0) / 4 - 1)
    outside = xp.clip(size, 8.0, 800.0)  # beyond, it is infinite
    return inside, _chebyshev(far, 16 / outside - 1) / xp.sqrt(outside)


@primitive(same_float)
def i0(xp: Any, x: Any) -> Any:
    """The modified Bessel function of the first kind, of order 0: ``(...) -> (...)``.

    >>> ops.i0([0.0, 1.0]).numpy().round(3)
    array([1.   , 1.266], dtype=float32)
    """
    size = xp.abs(x.astype(xp.float64))
    near, far = _scaled_bessel(xp, size, _I0_NEAR, _I0_FAR)
    return (xp.where(size < 8, near, far) * xp.exp(size)).astype(x.dtype)


@primitive(same_float)
def i1(xp: Any, x: Any) -> Any:
    """The modified Bessel function of the first kind, of order 1: ``(...) -> (...)``."""
    size = xp.abs(x.astype(xp.float64))
    near, far = _scaled_bessel(xp, size, _I1_NEAR, _I1_FAR)
    found = xp.where(size < 8, near * size, far) * xp.exp(size)
    return xp.copysign(found, x).astype(x.dtype)


def _i1_gradient(g: Any, x: Any, out: Any) -> Any:
    middle = equal(x, 0)  # where out / x tends to 1 / 2
    return g * (i0(x) - where(middle, 0.5, out / where(middle, 1, x)))


i0.defvjp(x=lambda g, x: g * i1(x))
i1.defvjp(x=_i1_gradient)
