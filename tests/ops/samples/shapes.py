"""Samples: shapes, slices, joining."""

import numpy as np

from kerasette import ops
from tests.ops.samples import Sample, flags, normal, whole

X = normal(3, 4, 2)
PARTS = ((2, 2, -1), (1, 2, 2), (0, 2, 1))


def _sliced(x, parts):
    return x[np.ix_(*(start + step * np.arange(size) for start, size, step in parts))]


def _unsliced(x, shape, parts):
    out = np.zeros(shape, x.dtype)
    out[np.ix_(*(start + step * np.arange(size) for start, size, step in parts))] = x
    return out


def _block(starts, sizes, shape):
    starts = np.clip(starts, 0, np.subtract(shape, sizes))
    return tuple(slice(a, a + n) for a, n in zip(starts, sizes, strict=True))


def _updated(x, updates, starts):
    out = x.copy()
    out[_block(starts, updates.shape, x.shape)] = updates
    return out


def _joined(*xs, axis):
    return np.concatenate(xs, axis)


def _transposed(x, axes):
    return np.transpose(x, axes)


def _reshaped(x, shape):
    return np.reshape(x, shape)


SAMPLES = [
    Sample("reshape", X, shape=(6, 4), reference=_reshaped),
    Sample(
        "reshape",
        X,
        shape=(3, 8),
        reference=_reshaped,
        Unknown=(0,),
        Public=lambda x: ops.reshape(x, (-1, 8)),
    ),
    Sample("reshape", flags(4), shape=(2, 2), reference=_reshaped),
    Sample("transpose", X, axes=(2, 0, 1), reference=_transposed, Unknown=(0,)),
    Sample("transpose", normal(), axes=(), reference=_transposed),
    Sample("broadcast_to", normal(3, 1), shape=(2, 3, 4), reference=np.broadcast_to),
    Sample("broadcast_to", whole(0, 9), shape=(2, 3), reference=np.broadcast_to),
    Sample("slice", X, parts=PARTS, reference=_sliced),
    Sample("slice", whole(0, 9, 5), parts=((4, 5, -1),), reference=_sliced),
    Sample("slice", X, parts=((0, 3, 1), (1, 0, 1), (0, 2, 1)), reference=_sliced),
    Sample(
        "slice",
        X,
        parts=((0, 3, 1), (1, 2, 1), (0, 2, 1)),
        reference=_sliced,
        Unknown=(0,),
        Public=lambda x: x[:, 1:3],
    ),
    Sample("unslice", normal(2, 2, 2), shape=(3, 4, 2), parts=PARTS, reference=_unsliced),
    Sample("unslice", flags(2), shape=(5,), parts=((3, 2, -2),), reference=_unsliced),
    Sample(
        "dynamic_slice",
        X,
        np.array([1, 9, -3], "int32"),
        sizes=(2, 2, 1),
        reference=lambda x, starts, sizes: x[_block(starts, sizes, x.shape)],
    ),
    Sample("slice_update", X, normal(2, 2, 1), np.array([1, 9, -3], "int32"), reference=_updated),
    Sample(
        "slice_update", whole(0, 9, 5), whole(0, 9, 2), np.array([2], "int32"), reference=_updated
    ),
    Sample("slice_update", normal(), normal(seed=1), np.zeros(0, "int32"), reference=_updated),
    Sample("concatenate", X, normal(3, 1, 2), X, axis=1, reference=_joined),
    Sample("concatenate", X, X + 1, axis=1, reference=_joined, Unknown=(0, 1)),
    Sample("concatenate", X, X + 1, axis=0, reference=_joined, Unknown=(0,)),
    Sample("concatenate", whole(0, 9, 2), normal(3), axis=0, reference=_joined, Half=False),
]
