"""Samples: reductions, cumulations, and what stands where."""

import functools

import numpy as np
import scipy.special

from kerasette import ops
from tests.ops.samples import Sample, between, complexes, distinct, flags, normal, whole

X = distinct(3, 4, 2)
LAST = {"axis": (2,), "keepdims": False}
FIRST = {"axis": (0,), "keepdims": False}
TWO = {"axis": (0, 2), "keepdims": True}
ALL = {"axis": (0, 1, 2), "keepdims": False}
NONE = {"axis": (), "keepdims": False}
ZEROS = np.array([[2.0, 0.0, 3.0, 4.0], [0.0, 0.0, 3.0, 4.0], [1.0, 2.0, 3.0, 0.5]])
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])


def reduction(primitive, reference, *operands):
    """Samples over each kind of axes; without the first size, over the last axis and over it."""
    public = getattr(ops, primitive)
    unknown = {"Unknown": (0,), "Public": functools.partial(public, axis=2)}
    return [
        Sample(primitive, x, reference=reference, **how)
        for x in operands
        for how in (LAST, TWO, ALL, NONE, {**LAST, **unknown})
    ]


def _recurrence(a, b, axis, reverse):
    out = np.zeros_like(b)
    order = range(b.shape[axis])
    last = np.zeros(np.delete(b.shape, axis))
    for index in reversed(order) if reverse else order:
        at = (slice(None),) * axis + (index,)
        last = a[at] * last + b[at]
        out[at] = last
    return out


def _scan(how):
    def scanned(x, axis, reverse):
        return np.flip(how(np.flip(x, axis), axis), axis) if reverse else how(x, axis)

    return scanned


def _logsumexp(x, axis, keepdims):
    return scipy.special.logsumexp(x, axis, keepdims=keepdims) if axis else x


def _zero(x, axis, keepdims):
    return np.zeros(x.shape[0])


ALONG = ({"axis": 0, "reverse": False}, {"axis": 1, "reverse": True})

SAMPLES = [
    *reduction("sum", np.sum, X),
    Sample("sum", flags(3, 4), axis=(1,), keepdims=False, reference=np.sum),
    Sample("sum", complexes(3, 4), axis=(1,), keepdims=False, reference=np.sum),
    Sample("sum", np.zeros((0, 3)), **FIRST, reference=np.sum),
    *reduction("mean", np.mean, X),
    Sample("mean", whole(0, 9, 3, 4), axis=(1,), keepdims=False, reference=np.mean, Rtol=1e-6),
    Sample("mean", complexes(3, 4), axis=(1,), keepdims=False, reference=np.mean),
    *reduction("max", np.max, X),
    *reduction("min", np.min, X),
    Sample("max", whole(0, 9, 3, 4), **FIRST, reference=np.max),
    Sample("min", flags(3, 4), **FIRST, reference=np.min),
    Sample("max", np.array([[np.nan, 1.0]]), axis=(1,), keepdims=True, reference=np.max, Order=0),
    Sample("max", TIES, axis=(1,), keepdims=True, reference=np.max, Order=0),
    *reduction("any", np.any, flags(3, 4, 2), X),
    *reduction("all", np.all, flags(3, 4, 2), X),
    *reduction("prod", np.prod, X),
    Sample("prod", ZEROS, axis=(1,), keepdims=False, reference=np.prod),
    Sample("prod", complexes(3, 3), axis=(1,), keepdims=False, reference=np.prod),
    Sample("prod", whole(1, 4, 3, 4), axis=(1,), keepdims=False, reference=np.prod),
    *reduction("var", np.var, X),
    Sample("var", np.full((2, 5), 1e8 / 3), axis=(1,), keepdims=False, reference=_zero, Order=1),
    Sample("var", whole(0, 9, 5), **FIRST, reference=np.var, Rtol=1e-5),
    Sample("deviation", X, axis=(0, 2), reference=lambda x, axis: x - x.mean(axis, keepdims=True)),
    Sample("deviation", complexes(4), axis=(0,), reference=lambda x, axis: x - x.mean()),
    *reduction("logsumexp", _logsumexp, X),
    Sample("logsumexp", whole(0, 5, 3, 4), **FIRST, reference=_logsumexp, Rtol=1e-6),
    Sample("logsumexp", np.full((2, 3), -np.inf), **FIRST, reference=_logsumexp, Order=0),
    *(
        Sample(f"arg{name}", x, axis=axis, reference=reference)
        for name, reference in (("max", np.argmax), ("min", np.argmin))
        for x in (X, whole(0, 3, 3, 4), flags(4, 3))
        for axis in (0, 1)
    ),
    *(
        Sample("cumsum", x, **how, reference=_scan(np.cumsum))
        for x in (X, whole(0, 9, 3, 4), flags(3, 4), complexes(2, 3))
        for how in ALONG
    ),
    *(
        Sample("cumprod", x, **how, reference=_scan(np.cumprod))
        for x in (between(0.5, 2.0, 3, 4), ZEROS, whole(1, 4, 3, 4), complexes(2, 3))
        for how in ALONG
    ),
    *(
        Sample("recurrence", normal(3, 4), normal(3, 4, seed=1), **how, reference=_recurrence)
        for how in ALONG
    ),
    Sample("recurrence", np.zeros((0, 2)), np.zeros((0, 2)), **ALONG[0], reference=_recurrence),
]
