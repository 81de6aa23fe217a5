"""Samples: Fourier transforms, pieces of signals, segments."""

import numpy as np

from tests.ops.samples import Sample, distinct, normal, whole

NUMBERS = np.array([0, 2, 2, -1, 5, 0, 1], "int32")  # -1 and 5 are outside of 4 segments


def _fourier(real, imag, axes, inverse):
    values, over = real + 1j * imag, tuple(range(-axes, 0))
    scale = np.prod(real.shape[-axes:])
    out = np.fft.ifftn(values, axes=over) * scale if inverse else np.fft.fftn(values, axes=over)
    return out.real, out.imag


def _matrix(length, bins, size):
    """The transform of real signals as a matrix ``(bins, size)``, 0 beyond ``length``."""
    place, bin_ = np.arange(size)[None, :], np.arange(bins)[:, None]
    matrix = np.exp(-2j * np.pi * place * bin_ / length)
    return np.where((place < length) & (bin_ <= length // 2), matrix, 0)


def _real_fourier(x, length, bins):
    out = x @ _matrix(length, bins, x.shape[-1]).T
    return out.real, out.imag


def _adjoint(real, imag, length, size):
    return ((real + 1j * imag) @ _matrix(length, real.shape[-1], size).conj()).real


def _pieces(x, length, stride):
    starts = range(0, x.shape[-1] - length + 1, stride)
    return np.stack([x[..., start : start + length] for start in starts], axis=-2)


def _overlapped(x, stride, size):
    out = np.zeros((*x.shape[:-2], max(size, x.shape[-2] * stride + x.shape[-1])))
    for piece in range(x.shape[-2]):
        out[..., piece * stride : piece * stride + x.shape[-1]] += x[..., piece, :]
    return out[..., :size]


def _section(x, start, stop):
    wide = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(20, 20)])
    return wide[..., 20 + start : 20 + stop]


def _segments(reduce):
    def apply(data, numbers, count):
        return np.stack([reduce(data[numbers == number], axis=0) for number in range(count)])

    return apply


def _rows(values, numbers):
    return np.stack([values[n] if 0 <= n < len(values) else 0 * values[0] for n in numbers])


FULL = np.array([0, 2, 2, 1, 0, 3], "int32")  # each of 4 segments has a row
PAIR = (normal(2, 6), normal(2, 6, seed=1))
PLANES = (normal(2, 3, 4), normal(2, 3, 4, seed=1))

SAMPLES = [
    Sample("fourier", *PAIR, axes=1, inverse=False, reference=_fourier, Unknown=(0, 1)),
    Sample("fourier", *PAIR, axes=1, inverse=True, reference=_fourier),
    Sample("fourier", *PLANES, axes=2, inverse=False, reference=_fourier),
    Sample("fourier", *PLANES, axes=2, inverse=True, reference=_fourier),
    *(
        Sample("real_fourier", normal(2, 7), length=length, bins=bins, reference=_real_fourier)
        for length, bins in ((7, 4), (8, 5), (5, 3), (8, 3), (4, 6))
    ),
    Sample("real_fourier", normal(3, 6), length=6, bins=4, reference=_real_fourier, Unknown=(0,)),
    *(
        Sample("real_fourier_adjoint", *PAIR, length=length, size=size, reference=_adjoint)
        for length, size in ((10, 10), (11, 11), (9, 5), (4, 4), (14, 14), (6, 9))
    ),
    Sample("pieces", normal(2, 11), length=4, stride=3, reference=_pieces, Unknown=(0,)),
    Sample("pieces", whole(0, 9, 7), length=2, stride=3, reference=_pieces),
    Sample("overlapped", normal(2, 3, 4), stride=2, size=8, reference=_overlapped, Unknown=(0,)),
    Sample("overlapped", normal(2, 3, 4), stride=3, size=13, reference=_overlapped),
    Sample("overlapped", normal(3, 4), stride=5, size=9, reference=_overlapped),
    Sample("section", normal(2, 5), start=1, stop=4, reference=_section, Unknown=(0,)),
    Sample("section", normal(2, 5), start=-2, stop=8, reference=_section),
    Sample("section", normal(5), start=7, stop=9, reference=_section),
    Sample("segment_sum", normal(7, 3), NUMBERS, count=4, reference=_segments(np.sum)),
    Sample("segment_sum", whole(0, 9, 7), NUMBERS, count=4, reference=_segments(np.sum)),
    Sample("segment_max", distinct(6, 3), FULL, count=4, reference=_segments(np.max)),
    Sample("segment_max", whole(0, 99, 6), FULL, count=4, reference=_segments(np.max)),
    Sample("segment_min", distinct(6, 3), FULL, count=4, reference=_segments(np.min)),
    Sample("segment_min", whole(0, 99, 6), FULL, count=4, reference=_segments(np.min)),
    Sample("segment_prod", normal(7, 3), NUMBERS, count=4, reference=_segments(np.prod)),
    Sample("segment_prod", whole(1, 9, 7), NUMBERS, count=4, reference=_segments(np.prod)),
    Sample("segment_rows", normal(4, 3), NUMBERS, reference=_rows),
]
