"""keras.ops: products of matrices, linear algebra, Fourier transforms, and signals in windows.

Factors that are free in sign or order are compared by what they rebuild, never as they come.
"""

import numpy as np

from tests.golden.harness import (
    Cases,
    bools,
    definite,
    differentiate,
    integers,
    real,
    record,
    words,
)

CASES = Cases("ops_linalg")


def op(name: str, *args, **kwargs) -> None:
    """A case of ``keras.ops.name``."""
    CASES.call(f"ops.{name}", *args, **kwargs)


# --- products -------------------------------------------------------------------------------------

for shapes in (
    [(3, 4), (4, 2)],
    [(4,), (4,)],
    [(3, 4), (4,)],
    [(4,), (4, 2)],
    [(2, 3, 4), (4, 2)],
    [(2, 1, 3, 4), (5, 4, 2)],
    [(3, 4), (2, 4, 2)],
):
    op("matmul", *(real(*shape, seed=i) for i, shape in enumerate(shapes)))
op("matmul", integers(-4, 5, 3, 4), integers(-4, 5, 4, 2))
op("matmul", integers(-4, 5, 3, 4, dtype="int8"), integers(-4, 5, 4, 2, dtype="int8"))
op("matmul", real(3, 4), integers(-4, 5, 4, 2))
op("matmul", real(3, 4, dtype="float16"), real(4, 2, dtype="float16"))
op("matmul", real(3, 4, dtype="float16"), real(4, 2))
op("matmul", bools(2, 3), bools(3, 2))
op("dot", real(3, 4), real(4, 2))
op("dot", real(4), real(4, seed=1))
op("dot", real(3, 4), 2.0)
op("dot", real(2, 3, 4), real(4))
# Two stacks in dot, vdot of matrices, and cross with axisa have no case: torch refuses them.
op("inner", real(4), real(4, seed=1))
op("inner", real(2, 3, 4), real(5, 4))
op("outer", real(3), real(4))
op("outer", real(2, 2), real(3))
op("outer", integers(1, 4, 2), integers(1, 4, 3))
op("vdot", real(4), real(4, seed=1))
op("kron", real(2, 2), real(2, 3))
op("kron", real(3), real(2))
op("cross", real(3), real(3, seed=1))
op("cross", real(4, 3), real(4, 3, seed=1))
op("cross", real(3, 4), real(3, 4, seed=1), axis=0)
op("tensordot", real(2, 3, 4), real(3, 4, 5))
op("tensordot", real(2, 3, 4), real(4, 5), axes=1)
op("tensordot", real(2, 3, 4), real(4, 2, 5), axes=[[0, 2], [1, 0]])
op("tensordot", real(2, 3), real(4), axes=0)
for equation, shapes in {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "bij,bjk": [(2, 3, 4), (2, 4, 2)],
    "ij->ji": [(2, 3)],
    "ij->": [(2, 3)],
    "ii->i": [(3, 3)],
    "ii": [(3, 3)],
    "i,j->ij": [(3,), (4,)],
    "...ij,...jk->...ik": [(2, 1, 3, 4), (5, 4, 2)],
    "b...d,de->b...e": [(2, 3, 4, 5), (5, 2)],
    "abc,cd,de->abe": [(2, 3, 4), (4, 2), (2, 3)],
    "btnh,bsnh->bnts": [(2, 3, 2, 4), (2, 5, 2, 4)],
}.items():
    op("einsum", equation, *(real(*shape, seed=i) for i, shape in enumerate(shapes)))
op("einsum", "ij,jk->ik", integers(-4, 5, 2, 3), integers(-4, 5, 3, 2))
op("trace", real(3, 4))
op("trace", real(2, 3, 4), offset=1, axis1=1, axis2=2)
op("trace", integers(0, 9, 3, 3))
op("corrcoef", real(3, 6))
op("corrcoef", real(6))
for mode in words("valid same full"):
    op("correlate", real(6), real(3), mode=mode)
op("correlate", integers(0, 9, 6), integers(0, 9, 3), mode="full")
op("cdist", real(3, 4), real(5, 4))
op("cdist", real(2, 3, 4), real(2, 5, 4))

# --- norms ----------------------------------------------------------------------------------------

for order in (None, 1, 2, 3, 0, -1, np.inf, -np.inf):
    op("norm", real(5), ord=order, _gradient=order != 0)
    op("norm", real(3, 4), ord=order, axis=1, keepdims=True, _gradient=order != 0)
for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
    op("norm", real(3, 4), ord=order, axis=(0, 1))
op("norm", real(2, 3, 4), ord="fro", axis=(1, 2), keepdims=True)
op("norm", real(2, 3, 4))
op("norm", integers(-4, 5, 6))
op("normalize", real(3, 4))
op("normalize", real(3, 4), axis=0, order=1)
op("normalize", real(3, 4), order=3)
op("normalize", np.zeros((2, 3), "float32"), _gradient=False)  # torch: NaN

# --- solving and factoring ------------------------------------------------------------------------

op("cholesky", definite(3))
op("cholesky", definite(3, 2), upper=True)
# Torch counts the half of the factor that is not read in the gradient.
op("cholesky_inverse", np.linalg.cholesky(definite(3)), _gradient=False)
op("cholesky_inverse", np.linalg.cholesky(definite(3)).T.copy(), upper=True, _gradient=False)
for name in words("det inv logdet slogdet"):
    op(name, definite(3))
    op(name, definite(3, 2))
    op(name, definite(3, dtype="float64"))
op("det", real(3, 3))
op("det", integers(-3, 4, 3, 3).astype("float32"), _gradient=False)  # torch: 0 at rank 2
op("slogdet", -definite(3))
op("inv", real(3, 3))
op("pinv", real(4, 3))
op("pinv", real(2, 3, 4))
op("solve", definite(3), real(3, 2))
op("solve", definite(3), real(3))
op("solve", definite(3, 2), real(2, 3, 2))
op("solve_triangular", np.triu(definite(3)), real(3, 2))
op("solve_triangular", np.tril(definite(3)), real(3, 2), lower=True)
op("solve_triangular", np.tril(definite(3)), real(3), lower=True)
op("lstsq", real(5, 3), real(5, 2), _gradient=False)
op("lstsq", real(5, 3), real(5), _gradient=False)
op("lu_factor", definite(3))
op("lu_factor", real(3, 3), _gradient=False)
op("matrix_rank", real(4, 3))
op("matrix_rank", np.ones((2, 3, 3), "float32"))
op("matrix_rank", np.diag([1.0, 1e-3, 1e-9]).astype("float32"), tol=1e-2)


@CASES.case("ops.qr")
def qr(keras):
    """Signs are free: the product, the orthogonality and the sizes of the diagonal count."""
    found = {}
    for mode in ("reduced", "complete"):
        matrix = real(4, 3)
        q, r = keras.ops.qr(keras.ops.convert_to_tensor(matrix), mode=mode)
        gram = keras.ops.matmul(keras.ops.transpose(q), q)
        found[mode] = [keras.ops.matmul(q, r), gram, keras.ops.abs(r)]
    return found


@CASES.case("ops.svd")
def svd(keras):
    """Singular values, shapes, and the matrix rebuilt."""
    x = keras.ops.convert_to_tensor(real(2, 4, 3))
    u, s, v = keras.ops.svd(x, full_matrices=False)
    full = [tuple(part.shape) for part in keras.ops.svd(x)]
    rebuilt = keras.ops.matmul(u * keras.ops.expand_dims(s, 1), v)
    return [s, rebuilt, str(full), keras.ops.svd(x, compute_uv=False)]


@CASES.case("ops.eigh")
def eigh(keras):
    """Eigenvalues in rising order, and the matrix rebuilt."""
    values, vectors = keras.ops.eigh(keras.ops.convert_to_tensor(definite(3, 2)))
    turned = keras.ops.transpose(vectors, (0, 2, 1))
    scaled = vectors * keras.ops.expand_dims(values, 1)
    return [values, keras.ops.matmul(scaled, turned)]


@CASES.case("ops.eig")
def eig(keras):
    """Eigenvalues sorted by angle, and ``x v - v w``, which is zero."""
    matrix = real(4, 4)
    values, vectors = keras.ops.eig(keras.ops.convert_to_tensor(matrix))
    values, vectors = (keras.ops.convert_to_numpy(part) for part in (values, vectors))
    rest = np.abs(matrix @ vectors - vectors * values).max() < 1e-4
    order = np.argsort(np.angle(values) + 1e-3 * np.abs(values))
    return [values[order], bool(rest), values.dtype.name]


for name, arguments in {
    "eigh": (definite(3),),
    "svd": (real(4, 3),),
    "qr": (real(4, 3),),
}.items():

    def invariant(keras, name=name, arguments=arguments):
        """The gradient of a sum that the free signs do not change."""

        def squares(x):
            if name == "svd":
                return keras.ops.svd(x, full_matrices=False)[1]
            parts = getattr(keras.ops, name)(x)
            return parts[0] if name == "eigh" else parts[1] * parts[1]

        outputs, slopes = differentiate(keras, squares, arguments)
        return record(keras, "out", outputs) | slopes

    CASES.add(f"{name}, gradient", invariant, f"ops.{name}")

# --- Fourier --------------------------------------------------------------------------------------

pair = (real(3, 8), real(3, 8, seed=1))
op("fft", pair)
op("fft", (real(2, 3, 5), real(2, 3, 5, seed=1)))
op("fft2", (real(2, 4, 6), real(2, 4, 6, seed=1)))
op("ifft2", (real(2, 4, 6), real(2, 4, 6, seed=1)))
op("rfft", real(3, 8))
op("rfft", real(3, 8), fft_length=6)
op("rfft", real(3, 7), fft_length=10)
op("irfft", (real(3, 5), real(3, 5, seed=1)))
op("irfft", (real(3, 5), real(3, 5, seed=1)), fft_length=7)
op("irfft", (real(3, 5), real(3, 5, seed=1)), fft_length=12)
op("extract_sequences", real(2, 10), 4, 2)
op("extract_sequences", real(10), 4, 3)
for window in ("hann", "hamming", None):
    for center in (True, False):
        op("stft", real(2, 20), 8, 4, 8, window=window, center=center)
op("stft", real(2, 20), 6, 3, 8)
op("stft", real(20), 8, 4, 8, window=np.linspace(0.5, 1.0, 8).astype("float32"))
spectrum = (real(2, 6, 5), real(2, 6, 5, seed=1))
op("istft", spectrum, 8, 4, 8)
op("istft", spectrum, 8, 4, 8, length=20)
op("istft", spectrum, 8, 4, 8, window=None)
# istft without center has no case: torch divides the ends by frames that are not there.
op("istft", spectrum, 6, 3, 8)
