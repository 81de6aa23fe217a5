"""Samples: comparisons, logic, bits, rounding, exponentials, trigonometry, special functions."""

import numpy as np
import scipy.special

from tests.ops.samples import (
    Sample,
    between,
    complexes,
    distinct,
    elementwise,
    flags,
    normal,
    whole,
)

ODD = np.array([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan, 1e300, -1e-300])
COUNTS = whole(0, 3, 3, 4).astype(float)

COMPARISONS = [
    elementwise(name, x, y, reference=getattr(np, name))
    for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    for x, y in (
        (COUNTS, whole(0, 3, 4, seed=1).astype(float)),
        (whole(0, 3, 6), whole(0, 3, 6, seed=1)),
        (ODD, ODD[::-1]),
    )
]
TESTS = [
    elementwise(name, x, reference=getattr(np, name), Half=x is not ODD)
    for name in ("isfinite", "isinf", "isnan", "signbit")
    for x in (ODD, normal(3, 4))
] + [elementwise("signbit", flags(4), reference=lambda x: np.zeros(4, bool))]

LOGIC = [
    *(
        elementwise(name, x, y, reference=getattr(np, name))
        for name in ("logical_and", "logical_or", "logical_xor")
        for x, y in ((flags(3, 4), flags(4, seed=1)), (COUNTS, whole(0, 2, 3, 4, seed=1)))
    ),
    elementwise("logical_not", COUNTS, reference=np.logical_not),
    elementwise("where", flags(3, 4), normal(3, 4), normal(4), reference=np.where),
    elementwise("where", whole(0, 2, 5), whole(0, 9, 5), whole(0, 9, 1), reference=np.where),
]

BITS = [
    *(
        elementwise(name, x, y, reference=getattr(np, name))
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
        for x, y in ((whole(-99, 99, 3, 4), whole(0, 99, 4)), (flags(6), flags(6, seed=1)))
    ),
    elementwise("bitwise_not", whole(-99, 99, 6), reference=np.bitwise_not),
    elementwise("bitwise_not", flags(6), reference=np.logical_not),
    elementwise("bitwise_left_shift", whole(0, 99, 6), whole(0, 9, 6), reference=np.left_shift),
    elementwise("bitwise_right_shift", whole(-99, 99, 6), whole(0, 9, 6), reference=np.right_shift),
    elementwise("gcd", whole(0, 99, 3, 4), whole(1, 99, 4), reference=np.gcd),
    elementwise("lcm", whole(0, 99, 3, 4), whole(1, 99, 4), reference=np.lcm),
]

ROUNDING = [
    elementwise("floor", distinct(3, 4), reference=np.floor),
    elementwise("ceil", distinct(3, 4), reference=np.ceil),
    elementwise("trunc", distinct(3, 4), reference=np.trunc),
    elementwise("round", normal(3, 4) * 9, decimals=1, reference=np.round, Half=False),
    elementwise("round", np.array([0.5, 1.5, -2.5, 0.4]), decimals=0, reference=np.round),
    elementwise("round", whole(-99, 99, 6), decimals=-1, reference=np.round),
    elementwise("clip", distinct(3, 4), np.array(-0.7), np.array(0.8), reference=np.clip),
    elementwise("clip", distinct(12), normal(12) - 1, normal(12) + 1, reference=np.clip),
    elementwise("clip", normal(4), np.array(1.0), np.array(-1.0), reference=np.clip),
    elementwise("ldexp", normal(3, 4), whole(-5, 5, 4), reference=np.ldexp),
    elementwise("nextafter", normal(3, 4), normal(3, 4, seed=1), reference=np.nextafter),
]

POSITIVE, INNER = between(0.3, 3, 3, 4), between(-0.9, 0.9, 3, 4)
SMOOTH = [
    *(
        elementwise(name, x, reference=getattr(np, name))
        for name, x in {
            "exp": normal(3, 4), "exp2": normal(3, 4), "expm1": normal(3, 4), "log": POSITIVE,
            "log1p": INNER, "log2": POSITIVE, "log10": POSITIVE, "sin": normal(3, 4),
            "cos": normal(3, 4), "tan": INNER, "arcsin": INNER, "arccos": INNER,
            "arctan": normal(3, 4), "sinh": normal(3, 4), "cosh": normal(3, 4),
            "tanh": normal(3, 4), "arcsinh": normal(3, 4), "arccosh": POSITIVE + 1,
            "arctanh": INNER,
        }.items()
    ),
    *(
        elementwise(name, complexes(5), reference=getattr(np, name))
        for name in ("exp", "log", "sin", "cos", "tanh")
    ),
    elementwise("logaddexp", normal(3, 4), normal(3, 1, seed=1), reference=np.logaddexp),
    elementwise("logaddexp2", normal(3, 4), normal(3, 1, seed=1), reference=np.logaddexp2),
    elementwise("arctan2", normal(3, 4), normal(4, seed=1), reference=np.arctan2),
    elementwise("hypot", normal(3, 4), normal(4, seed=1), reference=np.hypot),
]  # fmt: skip

SPECIAL = [
    elementwise("erf", normal(3, 4) * 2, reference=scipy.special.erf),
    elementwise(
        "erf", np.array([0, np.inf, -np.inf, np.nan]), reference=scipy.special.erf, Order=0
    ),
    elementwise("erfc", normal(3, 4) * 3, reference=scipy.special.erfc),
    elementwise("erfc", np.linspace(0, 9, 10), reference=scipy.special.erfc),
    elementwise("erfinv", INNER, reference=scipy.special.erfinv),
    elementwise("erfinv", np.array([-1, 0, 1, 2]), reference=scipy.special.erfinv, Order=0),
    elementwise("i0", normal(3, 4) * 6, reference=scipy.special.i0),
    elementwise("i0", np.array([0, 8.0, 20]), reference=scipy.special.i0, Order=0, Half=False),
    elementwise("i1", normal(3, 4) * 6, reference=scipy.special.i1),
    elementwise("i1", np.array([0, 1e-9, -1e-9]), reference=scipy.special.i1, Half=False),
]

COMPLEX = [
    elementwise("complex_of", normal(3, 4), normal(4), reference=lambda x, y: x + 1j * y),
    *(elementwise(name, complexes(3, 4), reference=getattr(np, name)) for name in ("real", "imag")),
    *(elementwise(name, normal(3, 4), reference=getattr(np, name)) for name in ("real", "imag")),
    elementwise("conj", complexes(3, 4), reference=np.conj),
    elementwise("conj", normal(3), reference=np.conj),
]

STORED = [
    Sample("cast", normal(3, 4), dtype="int32", reference=lambda x, dtype: x.astype(dtype)),
    Sample("cast", normal(3), dtype="float32", reference=lambda x, dtype: x.astype(dtype), Order=0),
    Sample("cast", normal(3), dtype="complex128", reference=lambda x, dtype: x.astype(dtype)),
    Sample("cast", complexes(3), dtype="float64", reference=lambda x, dtype: x.real),
    elementwise("identity_of", normal(3, 4), reference=lambda x: x),
    elementwise("recall", normal(3, 4), normal(2), reference=lambda x, after: x),
    elementwise("stop_gradient", normal(3, 4), reference=lambda x: x),
    Sample(
        "view", normal(3, 4), dtype="int64", reference=lambda x, dtype: x.view(dtype), Half=False
    ),
    Sample(
        "view", normal(3, 4), dtype="uint8", reference=lambda x, dtype: x.view(dtype), Half=False
    ),
    Sample("view", whole(0, 9, 2, 4), dtype="int64", reference=lambda x, dtype: x.view(dtype)),
]

CREATED = [
    Sample("zeros", shape=(2, 0, 3), dtype="float16", reference=np.zeros),
    Sample("zeros", shape=(2, 3), dtype="int8", reference=np.zeros),
    Sample("full", np.array(2.5), shape=(2, 3), reference=lambda x, shape: np.full(shape, x)),
    *(
        Sample("arange", **dict(zip(("start", "stop", "step", "dtype"), given, strict=True)),
               reference=lambda **given: np.arange(**given))
        for given in (
            (0, 5, 1, "int32"), (7, -2, -3, "int64"), (0.0, 1.0, 0.1, "float64"),
            (3, 3, 1, "float32"), (1, 9, 2, "bfloat16"),
        )
    ),
]  # fmt: skip

SAMPLES = [
    *COMPARISONS, *TESTS, *LOGIC, *BITS, *ROUNDING, *SMOOTH, *SPECIAL, *COMPLEX, *STORED, *CREATED,
]  # fmt: skip
