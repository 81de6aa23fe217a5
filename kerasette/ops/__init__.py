"""The operations: exactly the names of Keras's ``ops``.

A family of operations has a file; each declares in ``__all__`` which of its names are public. Like
everything here they take tensors, variables, KerasTensors, arrays and numbers.
"""
# isort: skip_file
# fmt: off

import warnings as _warnings

from kerasette import registry as _registry
from kerasette.core.history import class_name as _class_name
from kerasette.ops import image, linalg, nn, numpy
from kerasette.ops.activation import (
    celu, elu, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_swish, hard_tanh, leaky_relu,
    log_sigmoid, relu, relu6, selu, sigmoid, silu, soft_shrink, softplus, softsign, sparse_plus,
    sparse_sigmoid, squareplus, swish, tanh_shrink, threshold,
)
from kerasette.ops.arithmetic import (
    abs, absolute, add, cbrt, divide, divide_no_nan, fabs, floor_divide, fmax, fmin, fmod,
    heaviside, maximum, minimum, mod, multiply, negative, power, reciprocal, rsqrt, sign, sqrt,
    square, subtract, true_divide,
)
from kerasette.ops.arranging import flip, fliplr, flipud, pad, repeat, roll, rot90, tile
from kerasette.ops.attention import dot_product_attention
from kerasette.ops.bitwise import (
    bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift,
    bitwise_xor, gcd, lcm, left_shift, right_shift,
)
from kerasette.ops.comparison import (
    allclose, equal, greater, greater_equal, isclose, isfinite, isinf, isnan, isneginf, isposinf,
    less, less_equal, not_equal, signbit,
)
from kerasette.ops.complex import (
    conj, conjugate, imag, isreal, real, view_as_complex, view_as_real,
)
from kerasette.ops.control import (
    cond, fori_loop, map, scan, switch, vectorized_map, while_loop,
)
from kerasette.ops.conversion import (
    cast, convert_to_numpy, convert_to_tensor, dtype, is_tensor, shape, stop_gradient,
)
from kerasette.ops.convolution import conv, conv_transpose, depthwise_conv, separable_conv
from kerasette.ops.counting import bincount, histogram, isin, unique
from kerasette.ops.creation import (
    arange, array, empty, empty_like, eye, full, full_like, geomspace, identity, linspace,
    logspace, meshgrid, ones, ones_like, tri, zeros, zeros_like,
)
from kerasette.ops.cumulative import cumprod, cumsum, diff, nancumprod, nancumsum, trapezoid
from kerasette.ops.diagonals import diag, diagflat, diagonal, trace, tril, triu, vander
from kerasette.ops.distances import cdist
from kerasette.ops.crossentropy import (
    binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy,
)
from kerasette.ops.ctc import ctc_decode, ctc_loss
from kerasette.ops.encoding import multi_hot, one_hot
from kerasette.ops.exponential import (
    exp, exp2, expm1, log, log10, log1p, log2, logaddexp, logaddexp2,
)
from kerasette.ops.factorizations import cholesky, eig, eigh, lu_factor, qr, svd
from kerasette.ops.fourier import fft, fft2, ifft2, irfft, rfft
from kerasette.ops.linear import dot, einsum, inner, matmul, outer, tensordot, vdot
from kerasette.ops.linear_algebra import (
    cholesky_inverse, det, inv, logdet, lstsq, matrix_rank, pinv, slogdet, solve,
    solve_triangular,
)
from kerasette.ops.gathering import take, take_along_axis
from kerasette.ops.indexing import get_item, scatter, scatter_update
from kerasette.ops.joining import (
    append, array_split, concatenate, dsplit, dstack, hsplit, hstack, split, stack, unstack,
    vsplit, vstack,
)
from kerasette.ops.logic import (
    logical_and, logical_not, logical_or, logical_xor, select, where,
)
from kerasette.ops.nan_reductions import (
    nanargmax, nanargmin, nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar,
)
from kerasette.ops.norms import norm
from kerasette.ops.extremes import (
    amax, amin, argmax, argmin, logsumexp, max, min, ptp,
)
from kerasette.ops.measures import psnr
from kerasette.ops.normalization import (
    batch_normalization, layer_normalization, normalize, rms_normalization,
)
from kerasette.ops.patches import depth_to_space, fold, space_to_depth, unfold
from kerasette.ops.pooling import (
    adaptive_average_pool, adaptive_max_pool, average_pool, max_pool,
)
from kerasette.ops.products import cross, kron, prod
from kerasette.ops.quantiles import (
    median, nanmedian, nanpercentile, nanquantile, percentile, quantile,
)
from kerasette.ops.rearranging import rearrange
from kerasette.ops.reductions import all, any, count_nonzero, mean, sum
from kerasette.ops.representation import copy, ldexp, nextafter, view
from kerasette.ops.rounding import ceil, clip, floor, nan_to_num, round, saturate_cast, trunc
from kerasette.ops.searching import digitize, nonzero, searchsorted, unravel_index
from kerasette.ops.segments import segment_max, segment_min, segment_prod, segment_sum
from kerasette.ops.shaping import (
    broadcast_to, expand_dims, moveaxis, ndim, ravel, reshape, size, squeeze, swapaxes, transpose,
)
from kerasette.ops.signals import extract_sequences, istft, stft
from kerasette.ops.simplex import log_softmax, softmax, sparsemax
from kerasette.ops.slicing import slice, slice_update
from kerasette.ops.sorting import argpartition, argsort, in_top_k, sort, top_k
from kerasette.ops.special import erf, erfc, erfinv, i0
from kerasette.ops.statistics import average, corrcoef, correlate, moments, std, var
from kerasette.ops.transforms import associative_scan, custom_gradient, jvp, vectorize
from kerasette.ops.trigonometry import (
    angle, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, cos, cosh, deg2rad, hypot,
    polar, rad2deg, sin, sinc, sinh, tan, tanh,
)
from kerasette.ops.windows import bartlett, blackman, hamming, hanning, kaiser

# The operators of tensors are installed.
from kerasette.ops import operators as _operators

# fmt: on

__all__ = [
    *sorted(name for name, op in globals().items() if callable(op) and name[0] != "_"),
    *("image", "linalg", "nn", "numpy"),
]


def __dir__() -> list[str]:
    return __all__


def _finish() -> None:
    """Fill the namespaces, and make every operation known by the names that files use."""
    for space in (numpy, nn, linalg):
        vars(space).update((name, globals()[name]) for name in space.__all__ if name in globals())
    for name, op in (*globals().items(), *vars(image).items()):
        if callable(op) and (name in __all__ or name in image.__all__):
            _registry.register("operation", op, name, _class_name(name))


_finish()

# What a division by 0 or an overflow gives is part of each operation's meaning (IEEE 754); numpy's
# warnings about it are not, and would come from some devices and interpreters only.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"kerasette\.")
