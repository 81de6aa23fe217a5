"""Samples: arithmetic, elementwise."""

import numpy as np

from tests.ops.samples import (
    between,
    complexes,
    distinct,
    elementwise,
    flags,
    normal,
    whole,
)

FAR = between(0.5, 2.0, 3, 4)  # away from 0
SIGNED = FAR * np.where(flags(3, 4), 1, -1)


def _no_nan(x1, x2):
    return np.divide(x1, x2, out=np.zeros(np.broadcast_shapes(x1.shape, x2.shape)), where=x2 != 0)


SAMPLES = [
    elementwise("add", normal(3, 4), normal(4, seed=1), reference=np.add),
    elementwise("add", flags(5), flags(5, seed=1), reference=np.logical_or),
    elementwise("add", complexes(3), normal(2, 3), reference=np.add),
    elementwise("subtract", normal(3, 1), normal(3, 4, seed=1), reference=np.subtract),
    elementwise("subtract", whole(0, 9, 6), whole(0, 9, 6, seed=1), reference=np.subtract),
    elementwise("subtract", flags(6), flags(6, seed=1), reference=np.logical_xor),
    elementwise("multiply", normal(3, 4), normal(2, 1, 4, seed=1), reference=np.multiply),
    elementwise("multiply", complexes(3), complexes(3, seed=5), reference=np.multiply),
    elementwise("divide", normal(3, 4), SIGNED, reference=np.divide),
    elementwise("divide", complexes(3), complexes(3, seed=5), reference=np.divide),
    elementwise("divide_no_nan", normal(3, 4), SIGNED, reference=_no_nan),
    elementwise("divide_no_nan", normal(4), np.array([0.0, 1, 0, 2]), reference=_no_nan, Order=0),
    elementwise("floor_divide", normal(3, 4) * 5, SIGNED, reference=np.floor_divide),
    elementwise("floor_divide", whole(-9, 9, 8), whole(1, 4, 8), reference=np.floor_divide),
    elementwise("mod", normal(3, 4) * 5, SIGNED, reference=np.mod),
    elementwise("mod", whole(-9, 9, 8), whole(1, 4, 8), reference=np.mod),
    elementwise("fmod", normal(3, 4) * 5, SIGNED, reference=np.fmod),
    elementwise("fmod", whole(-9, 9, 8), whole(1, 4, 8), reference=np.fmod),
    elementwise("power", FAR, normal(3, 4), reference=np.power),
    elementwise("power", whole(-3, 4, 8), whole(0, 4, 8), reference=np.power),
    elementwise("negative", normal(3, 4), reference=np.negative),
    elementwise("absolute", SIGNED, reference=np.abs),
    elementwise("absolute", complexes(5), reference=np.abs),
    elementwise("absolute", whole(-5, 5, 6), reference=np.abs),
    elementwise("sign", normal(3, 4), reference=np.sign),
    elementwise("sign", np.array([-0.0, 0.0, np.inf]), reference=np.sign),
    elementwise("maximum", distinct(3, 4), distinct(3, 4, seed=1) + 0.05, reference=np.maximum),
    elementwise("maximum", np.array([np.nan, 1]), np.ones(2), reference=np.maximum, Order=0),
    elementwise("minimum", distinct(3, 4), distinct(4, seed=1) + 0.05, reference=np.minimum),
    elementwise("square", normal(3, 4), reference=np.square),
    elementwise("square", complexes(3), reference=np.square),
    elementwise("square", flags(4), reference=lambda x: x.astype(int)),
    elementwise("sqrt", FAR, reference=np.sqrt),
    elementwise("rsqrt", FAR, reference=lambda x: 1 / np.sqrt(x)),
    elementwise("reciprocal", SIGNED, reference=np.reciprocal),
    elementwise("cbrt", SIGNED, reference=np.cbrt),
    elementwise("heaviside", SIGNED, normal(3, 4), reference=np.heaviside, Fixed=(0,)),
    elementwise("heaviside", np.zeros(3), normal(3), reference=np.heaviside, Fixed=(0,), Order=0),
]
