"""Samples: factorizations of matrices, solving, inverting, measuring."""

import numpy as np
import scipy.linalg
from scipy.spatial.distance import cdist

from tests.ops.samples import Sample, normal

ROOT = normal(2, 4, 4)
DEFINITE = ROOT @ np.swapaxes(ROOT, -1, -2) / 4 + np.eye(4)
SQUARE = normal(3, 4, 4, seed=1) + 3 * np.eye(4)
SINGULAR = np.concatenate([normal(2, 3), normal(2, 3)[:1]])  # its rows repeat
TALL, WIDE = normal(2, 5, 3, seed=2), normal(2, 3, 5, seed=3)


def batched(function):
    """A function of one matrix, or of one matrix each, over batches."""

    def apply(*operands, **attributes):
        batch = np.broadcast_shapes(*(x.shape[:-2] for x in operands))
        spread = [np.broadcast_to(x, batch + x.shape[-2:]) for x in operands]
        results = [
            function(*(x[index] for x in spread), **attributes) for index in np.ndindex(*batch)
        ]
        if not isinstance(results[0], tuple):
            return np.reshape(results, batch + np.shape(results[0]))
        parts = zip(*results, strict=True)
        return tuple(np.reshape(list(p), batch + np.shape(p[0])) for p in parts)

    return apply


def _eig_parts(x):
    values, vectors = np.linalg.eig(x)
    return values.astype("complex128"), vectors.astype("complex128")


def _lu(x):
    permutation, _, _ = scipy.linalg.lu(x)
    lu, pivots = scipy.linalg.lu_factor(x)
    return lu, pivots.astype("int32"), permutation


def _triangular(a, b, lower):
    return scipy.linalg.solve_triangular(a, b, lower=lower)


def _cofactors(x):
    minors = [
        [np.linalg.det(np.delete(np.delete(x, i, 0), j, 1)) for j in range(len(x))]
        for i in range(len(x))
    ]
    signs = (-1.0) ** np.add.outer(np.arange(len(x)), np.arange(len(x)))
    return np.array(minors) * signs


def _pinv(x, rcond):
    return scipy.linalg.pinv(x, rtol=rcond)


def _qr(x, complete):
    return tuple(np.linalg.qr(x, mode="complete" if complete else "reduced"))


def _svd(x, full):
    return tuple(np.linalg.svd(x, full_matrices=full))


def _singular_values(x):
    return np.linalg.svd(x, compute_uv=False)


SAMPLES = [
    Sample("cholesky", DEFINITE, reference=np.linalg.cholesky, Unknown=(0,)),
    Sample("eigh", DEFINITE, reference=np.linalg.eigh, Slack=1e-5, Unknown=(0,)),
    Sample("eig", np.triu(SQUARE), reference=batched(_eig_parts), Half=False, Unknown=(0,)),
    Sample("qr", TALL, complete=False, reference=_qr, Slack=1e-5, Unknown=(0,)),
    Sample("qr", WIDE, complete=False, reference=_qr, Slack=1e-5, Unknown=(0,)),
    Sample("qr", WIDE, complete=True, reference=_qr, Slack=1e-5),
    Sample("qr", TALL, complete=True, reference=_qr, Fixed=(0,)),
    Sample("svd", TALL, full=False, reference=_svd, Slack=1e-4, Unknown=(0,)),
    Sample("svd", WIDE, full=False, reference=_svd, Slack=1e-4, Unknown=(0,)),
    Sample("svd", SQUARE, full=True, reference=_svd, Slack=1e-4),
    Sample("svd", TALL, full=True, reference=_svd, Order=0),
    Sample("singular_values", TALL, reference=_singular_values, Slack=1e-5, Unknown=(0,)),
    Sample("singular_values", WIDE, reference=_singular_values, Slack=1e-5),
    Sample("lu_of", SQUARE, reference=batched(_lu), Slack=1e-5, Unknown=(0,)),
    Sample("lu_of", TALL, reference=batched(_lu), Slack=1e-5),
    Sample("lu_of", WIDE, reference=batched(_lu), Slack=1e-5),
    Sample("inv", SQUARE, reference=batched(scipy.linalg.inv), Unknown=(0,)),
    Sample("solve", SQUARE, normal(3, 4, 2), reference=np.linalg.solve, Unknown=(0, 1)),
    Sample("solve", SQUARE[0], normal(3, 4, 2), reference=np.linalg.solve, Unknown=(1,)),
    Sample(
        "solve_triangular",
        SQUARE,
        normal(3, 4, 2),
        lower=True,
        reference=batched(_triangular),
        Unknown=(0, 1),
    ),
    Sample(
        "solve_triangular", SQUARE[0], normal(3, 4, 2), lower=False, reference=batched(_triangular)
    ),
    Sample("cofactors", SQUARE, reference=batched(_cofactors), Slack=1e-5, Unknown=(0,)),
    Sample("cofactors", SINGULAR, reference=_cofactors, Order=0, Half=False),
    Sample("det", SQUARE, reference=np.linalg.det, Slack=1e-5, Unknown=(0,)),
    Sample("det", SINGULAR, reference=lambda x: np.zeros(()), Order=1),
    Sample("slogdet", -SQUARE, reference=np.linalg.slogdet, Unknown=(0,)),
    Sample("pinv", TALL, rcond=None, reference=batched(_pinv), Unknown=(0,)),
    Sample("pinv", WIDE, rcond=0.01, reference=batched(_pinv)),
    Sample("pinv", SINGULAR, rcond=0.01, reference=_pinv, Order=0),
    Sample("cdist", normal(3, 4), normal(5, 4), reference=cdist, Unknown=(0,)),
    Sample("cdist", normal(2, 3, 4), normal(5, 4), reference=batched(cdist), Unknown=(0,)),
    Sample("cdist", np.eye(3), np.eye(3), reference=cdist, Order=0),
]
