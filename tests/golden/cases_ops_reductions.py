"""keras.ops, reductions, scans along an axis, order statistics and counting."""

import numpy as np

from tests.golden.harness import (
    Cases,
    bools,
    distinct,
    integers,
    positive,
    real,
    tensor_of,
    uniform,
    words,
)

CASES = Cases("ops_reductions")


TALLY, PAIRED = integers(0, 4, 9), integers(0, 2, 6, 2)


def op(name: str, *args, **kwargs) -> None:
    """A case of ``keras.ops.name``."""
    CASES.call(f"ops.{name}", *args, **kwargs)


def with_holes(*shape: int) -> np.ndarray:
    """Distinct numbers, every fifth of them NaN."""
    values = distinct(*shape)
    values.flat[1::5] = np.nan
    return values


AXES = (
    {},
    {"axis": 0},
    {"axis": -1, "keepdims": True},
    {"axis": (0, 2)},
    {"axis": (1, -1), "keepdims": True},
)
SINGLE = ({}, {"axis": 0}, {"axis": -1, "keepdims": True})
KINDS = (
    integers(-4, 5, 2, 3),
    integers(-4, 5, 2, 3, dtype="int8"),
    bools(2, 3),
    real(2, 3, dtype="float16"),
)

for name in words("sum mean var std max min amax amin"):
    for arguments in AXES:
        op(name, distinct(2, 3, 4), **arguments)
    for values in KINDS:
        op(name, values)
        op(name, values, axis=1)
for arguments in (*SINGLE, {"axis": (0, 2)}):
    op("prod", positive(2, 3, 4), **arguments)
    op("logsumexp", real(2, 3, 4), **arguments)
    op("median", distinct(2, 3, 5), **arguments)
    op("ptp", distinct(2, 3, 4), **arguments)
    for name in words("any all"):
        op(name, bools(2, 3, 4), **arguments)
        op(name, integers(0, 2, 2, 3, 4), **arguments)
for values in KINDS:
    op("prod", values, axis=1)
    op("median", values, axis=1)
    op("any", values, axis=1)
op("prod", integers(1, 4, 2, 3), dtype="float32")
op("prod", positive(3), dtype="float16", _gradient=False)
op("prod", np.array([2.0, 0.0, 3.0], "float32"))
op("median", distinct(4))
op("max", distinct(2, 3), initial=1.0)
op("min", distinct(2, 3), axis=1, initial=-0.2)
op("max", np.array([1.0, 3.0, 3.0], "float32"))
# Sums and such of float64 have no case: Keras on torch gives some of them in float32.
FAR = {"_tolerance": 1e-3, "_because": "float32 has steps of a thousandth at ten thousand"}
op("logsumexp", np.array([1e4, -1e4, 1e4], "float32"), **FAR)
for axis in (None, 0, -1):
    op("count_nonzero", integers(0, 2, 3, 4), axis=axis)  # torch turns higher ranks around
op("logsumexp", np.full(3, -np.inf, "float32"), _gradient=False)
op("std", np.full((2, 3), 1e3, "float32"), axis=1, _gradient=False)
op("sum", np.zeros((0, 3), "float32"), axis=0)
op("mean", real(2, 3, 4), axis=())
op("sum", real(2, 3), axis=[0, 1])

for name in words("argmax argmin"):
    for arguments in SINGLE:
        op(name, distinct(2, 3, 4), **arguments)
    op(name, np.array([[1, 3, 3], [0, 0, 2]], "int32"), axis=1)
    op(name, np.array([1.0, np.nan, 3.0], "float32"))
for name in words("nanargmax nanargmin"):
    for arguments in SINGLE:
        op(name, with_holes(2, 3, 4), **arguments)
for name in words("nansum nanmean nanvar nanstd nanmax nanmin nanprod nanmedian"):
    for arguments in (*SINGLE, {"axis": (0, 2)}):
        op(name, with_holes(2, 3, 4), _gradient=False, **arguments)
    op(name, integers(-3, 4, 2, 3), axis=1)
for name in words("nansum nanmean nanmax nanmin"):
    op(name, distinct(2, 3), axis=1)
    op(name, np.full((2, 2), np.nan, "float32"), axis=1, _gradient=False)

op("average", real(2, 3, 4))
op("average", real(2, 3, 4), axis=1)
op("average", real(3, 4), axis=1, weights=positive(3, 4))
op("average", real(3, 4), axis=1, weights=positive(4))  # other axes: torch does not broadcast
op("average", integers(0, 9, 2, 3), axis=1)
op("moments", real(2, 3, 4), axes=[0])
op("moments", real(2, 3, 4), axes=[1, 2], keepdims=True)
op("moments", real(2, 3, 4, dtype="float16"), axes=[0, 1, 2])

METHODS = words("linear lower higher midpoint nearest")
for method in METHODS:
    op("quantile", distinct(3, 5), 0.3, axis=1, method=method)
    op("percentile", distinct(3, 5), 30.0, axis=1, method=method)
op("quantile", distinct(3, 5), 0.5)
op("quantile", distinct(3, 5), np.array([0.1, 0.6], "float32"), axis=0, keepdims=True)
op("quantile", distinct(2, 3, 5), 0.25, axis=(0, 2))
op("quantile", integers(0, 9, 7), 0.4)
op("percentile", distinct(3, 5), np.array([10.0, 60.0], "float32"), axis=-1)
op("percentile", distinct(3, 5), 75, keepdims=True)
op("nanquantile", with_holes(3, 7), 0.4, axis=1, _gradient=False)
op("nanquantile", with_holes(3, 7), np.array([0.2, 0.8], "float32"), _gradient=False)
op("nanpercentile", with_holes(3, 7), 40.0, axis=0, keepdims=True, _gradient=False)
op("nanpercentile", with_holes(3, 7), 35.0, axis=1, method="lower", _gradient=False)

for name in words("cumsum cumprod"):
    op(name, positive(2, 3, 4))
    op(name, positive(2, 3, 4), axis=1)
    op(name, integers(1, 4, 2, 3), axis=-1, dtype="float32")
    op(name, integers(1, 4, 2, 3), axis=1)
    op(name, bools(4))
op("cumprod", np.array([2.0, 0.0, 3.0, 4.0], "float32"), axis=0)
for name in words("nancumsum nancumprod"):
    op(name, with_holes(2, 7), axis=1, _gradient=False)
    op(name, with_holes(2, 4), _gradient=False)
    op(name, integers(1, 4, 2, 3), axis=0, dtype="float32")
op("diff", real(3, 5))
op("diff", real(3, 5), n=2, axis=0)
op("diff", integers(0, 9, 6))
op("trapezoid", real(3, 5))
op("trapezoid", real(3, 5), dx=0.5, axis=0)
op("trapezoid", real(5), x=np.array([0.0, 1.0, 1.5, 3.0, 4.0], "float32"))

for axis in (0, -1):
    op("sort", distinct(3, 5), axis=axis)
    op("argsort", distinct(3, 5), axis=axis)
op("sort", distinct(3, 5), axis=None)
op("argsort", distinct(3, 5), axis=None)
op("sort", integers(0, 4, 8))
op("argsort", integers(0, 3, 8))
op("sort", bools(6))
op("in_top_k", integers(0, 5, 4), distinct(4, 5), 2)
op("in_top_k", integers(0, 5, 4), np.ones((4, 5), "float32"), 1)
op("in_top_k", np.array([0, 1], "int32"), np.array([[np.nan, 1.0], [2.0, np.inf]], "float32"), 1)
for side in ("left", "right"):
    op("searchsorted", np.arange(0.0, 5.0, dtype="float32"), uniform(-1, 6, 2, 4), side=side)
    op("searchsorted", np.array([1, 2, 2, 4], "int32"), integers(0, 6, 6), side=side)
op("digitize", uniform(-1, 6, 2, 4), np.arange(0.0, 5.0, dtype="float32"))
op("digitize", integers(0, 6, 6), np.array([1, 2, 4], "int32"))
op("bincount", integers(0, 5, 9))
op("bincount", integers(0, 5, 9), minlength=8)
op("bincount", integers(0, 5, 9), weights=real(9), minlength=6, _gradient=False)
# Rows need minlength: without it torch makes rows of different lengths and fails.
op("bincount", integers(0, 5, 2, 6), minlength=5)
op("bincount", integers(0, 5, 2, 6), weights=real(2, 6), minlength=7, _gradient=False)
# Torch counts floats only, and has no derivative.
op("histogram", uniform(0, 4, 20), bins=5, _gradient=False)
op("histogram", uniform(0, 4, 20), bins=4, range=(0.0, 5.0), _gradient=False)
op("histogram", uniform(0, 4, 20), _gradient=False)
op("unique", integers(0, 4, 9))
op("unique", integers(0, 4, 9), size=6, fill_value=-1)
op("unique", integers(0, 4, 9), size=2)
op("isin", integers(0, 9, 3, 4), integers(0, 9, 3))
op("isin", integers(0, 9, 6), integers(0, 9, 3), invert=True)
op("isin", real(3), real(3), assume_unique=True)


@CASES.case("ops.top_k", "ops.unique")
def places_as_int32(keras):
    """Places and counts have type int32 by Keras's own rule; on torch they come as int64."""

    def cast(results):
        values, *places = results
        return [values, *(keras.ops.cast(place, "int32") for place in places)]

    rows, line, whole = (tensor_of(keras, a) for a in (distinct(3, 6), distinct(6), TALLY))
    everything = {"return_index": True, "return_inverse": True, "return_counts": True}
    return [
        cast(keras.ops.top_k(rows, 2)),
        cast(keras.ops.top_k(line, 6)),
        cast(keras.ops.top_k(tensor_of(keras, integers(0, 90, 6)), 3, sorted=True)),
        cast(keras.ops.unique(whole, **everything)),
        cast(keras.ops.unique(tensor_of(keras, PAIRED), axis=0, return_counts=True)),
    ]


for name in words("segment_sum segment_max segment_min segment_prod"):
    ids = np.array([0, 0, 1, 3, 3, 3], "int32")
    op(name, positive(6), ids)
    op(name, positive(6, 2), ids, num_segments=5)
    op(name, positive(6, 2), np.array([2, 0, 1, 0, 2, 0], "int32"), num_segments=3)
    op(name, positive(6), ids, num_segments=4, sorted=True)
    op(name, integers(1, 9, 6), np.array([0, 0, 1, 2, 2, 2], "int32"))
op("segment_sum", real(5), np.array([0, 1, -1, 1, 7], "int32"), num_segments=3)
CASES.leave_out("on torch the parts are not always a partition", "ops.argpartition")
