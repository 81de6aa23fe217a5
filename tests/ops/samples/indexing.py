"""Samples: gathers, scatters, order and counting."""

import functools

import numpy as np

from tests.ops.samples import Sample, distinct, flags, normal, whole

X = distinct(3, 4, 2)
PLACES = np.array([[3, 0, -1], [1, 1, 3]], "int32")
ALONG = np.array([[[0, 2]], [[2, -1]], [[1, 1]]], "int32").reshape(3, 1, 2)
ROWS = np.array([4, 0, 2, 0], "int32")
ONCE = np.array([4, 0, 2, 3], "int32")


def _added(x, indices, axis, size):
    shape = (*x.shape[:axis], size, *x.shape[axis + indices.ndim :])
    out = np.zeros(shape, x.dtype)
    np.add.at(out, (slice(None),) * axis + (indices,), x)
    return out


def _added_along(x, indices, axis, size):
    out = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype)
    grid = list(np.indices(x.shape))
    grid[axis] = indices
    np.add.at(out, tuple(grid), x)
    return out


def _put(x, indices, updates):
    out = x.copy()
    out[indices] = updates
    return out


def _combined(x, indices, updates, reduction):
    out = x.copy()
    how = {"max": np.maximum, "min": np.minimum, "mul": np.multiply}[reduction]
    how.at(out, indices, updates)
    return out


def _flat(*indices, sizes):
    wrapped = [index % size for index, size in zip(indices, sizes, strict=True)]
    return np.ravel_multi_index(np.broadcast_arrays(*wrapped), sizes)


def _nonzero(x, size):
    return np.argwhere(x).T.reshape(x.ndim, size)


def _top(x, k):
    return np.argsort(-x, axis=-1, kind="stable")[..., :k]


def _unique(x, axis, size):
    _, first, inverse, counts = np.unique(x, True, True, True, axis)
    count = min(size, len(first))
    room = (0, size - count)
    return (
        np.pad(first[:count], room, constant_values=1),
        inverse,
        np.pad(counts[:count], room),
        len(first),
    )


def _unraveled(indices, shape):
    return tuple(np.unravel_index(indices % np.prod(shape), shape))


WITH_ZEROS = np.array([1.5, 0.0, 2.0, 3.0, 0.0])
FACTORS = np.array([2.0, 3.0, 0.0, 0.5])

SAMPLES = [
    Sample("take", X, PLACES, axis=1, reference=np.take, Unknown=(0,)),
    Sample("take", X, PLACES % 3, axis=0, reference=np.take, Unknown=(1,)),
    Sample("take", flags(5), np.array(2), axis=0, reference=np.take),
    Sample("add_at", normal(3, 2, 3, 2), PLACES, axis=1, size=4, reference=_added),
    Sample("add_at", normal(2, 3), PLACES, axis=0, size=5, reference=_added),
    Sample("add_at", normal(4, 3), ROWS, axis=0, size=6, reference=_added),
    Sample("add_at", whole(0, 9, 3, 4), ROWS, axis=1, size=6, reference=_added),
    Sample("add_at", normal(3), np.array(1), axis=0, size=2, reference=_added),
    Sample("take_along_axis", X, np.tile(ALONG, (1, 4, 1)), axis=0, reference=np.take_along_axis),
    Sample("take_along_axis", X, ALONG, axis=1, reference=np.take_along_axis, Unknown=(0, 1)),
    Sample("add_along", normal(3, 1, 2), ALONG, axis=1, size=4, reference=_added_along),
    Sample("add_along", normal(3, 4), whole(0, 3, 3, 4), axis=0, size=3, reference=_added_along),
    Sample("flat_places", PLACES, np.array([1, -1, 0]), sizes=(4, 2), reference=_flat),
    Sample("put_at", normal(5, 2), ROWS, normal(4, 2), reference=_put),
    Sample("put_at", whole(0, 9, 5), ROWS, whole(0, 9, 4), reference=_put),
    *(
        Sample("combine_at", x, ROWS, updates, reduction=reduction, reference=_combined)
        for reduction in ("max", "min", "mul")
        for x, updates in (
            (distinct(5, 2), distinct(4, 2, seed=1) + 0.03),
            (whole(1, 9, 5), whole(1, 9, 4)),
        )
    ),
    Sample("combine_at", WITH_ZEROS, ROWS, FACTORS, reduction="mul", reference=_combined, Order=1),
    Sample("nonzero", whole(0, 2, 3, 4), size=int(whole(0, 2, 3, 4).sum()), reference=_nonzero),
    Sample("nonzero", normal(4), size=4, reference=_nonzero),
    Sample("nonzero", np.array(True), size=1, reference=lambda x, size: np.zeros((0, 1))),
    Sample("unravel_index", whole(-24, 24, 5), shape=(3, 4, 2), reference=_unraveled, Unknown=(0,)),
    Sample("searchsorted", np.arange(5.0), normal(2, 3), side="left", reference=np.searchsorted),
    Sample(
        "searchsorted",
        np.array([1, 2, 2, 5], "int32"),
        whole(0, 6, 4),
        side="right",
        reference=np.searchsorted,
        Unknown=(1,),
    ),
    *(
        Sample(name, x, axis=axis, reference=reference)
        for x in (X, whole(0, 3, 4, 3), flags(3, 4))
        for axis in (0, 1)
        for name, reference in (
            ("sort", np.sort),
            ("argsort", functools.partial(np.argsort, kind="stable")),
        )
    ),
    Sample("sort", X, axis=1, reference=np.sort, Unknown=(0,)),
    Sample("sort", np.array([np.nan, 2.0, 1.0]), axis=0, reference=np.sort, Order=0),
    Sample(
        "argpartition",
        distinct(3),
        axis=0,
        kth=(0, 1),
        reference=lambda x, axis, kth: np.argsort(x),
    ),
    Sample("top_k", X, k=2, reference=_top, Unknown=(0,)),
    Sample("top_k", X, k=1, reference=_top),
    Sample("top_k", whole(0, 3, 2, 6), k=4, reference=_top),
    Sample("unique_count", whole(0, 4, 9), axis=None, reference=lambda x, axis: len(np.unique(x))),
    Sample(
        "unique_count", flags(6, 2), axis=0, reference=lambda x, axis: len(np.unique(x, axis=0))
    ),
    Sample("unique", whole(0, 4, 3, 3), axis=None, size=6, reference=_unique),
    Sample("unique", whole(0, 4, 9), axis=None, size=2, reference=_unique),
    Sample("unique", whole(0, 2, 2, 7), axis=1, size=4, reference=_unique),
    Sample("unique", normal(4), axis=None, size=4, reference=_unique),
]
