"""Convolution and pooling as they are defined: loops over places, with no thought of speed."""

import itertools

import numpy as np


def _windows(x, window, strides, dilation, counts):
    """For each output place, the places of its window: ``(output place, [input places])``."""
    for place in np.ndindex(*counts):
        yield (
            place,
            [
                tuple(
                    p * s + o * d for p, s, o, d in zip(place, strides, at, dilation, strict=True)
                )
                for at in itertools.product(*map(range, window))
            ],
        )


def padded(x, padding, fill=0):
    """``x`` with its spatial axes padded; negative padding crops."""
    grown = np.pad(
        x,
        [(0, 0), *((max(b, 0), max(a, 0)) for b, a in padding), (0, 0)],
        constant_values=fill,
    )
    cut = (
        slice(max(-b, 0), size - max(-a, 0))
        for size, (b, a) in zip(grown.shape[1:-1], padding, strict=True)
    )
    return grown[(slice(None), *cut)]


def counts_of(sizes, window, strides, padding, dilation):
    """How many windows there are along each axis."""
    return tuple(
        (size + sum(pair) - (width - 1) * step - 1) // stride + 1
        for size, width, stride, pair, step in zip(
            sizes, window, strides, padding, dilation, strict=True
        )
    )


def same_padding(sizes, window, strides, dilation):
    """The padding that "same" stands for."""
    pairs = []
    for size, width, stride, step in zip(sizes, window, strides, dilation, strict=True):
        count = (size + stride - 1) // stride
        total = max((count - 1) * stride + (width - 1) * step + 1 - size, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def conv(x, kernel, strides, padding, dilation, groups=1):
    """The convolution of ``(n, *spatial, c)`` with ``(*window, c / groups, f)``."""
    *window, depth, filters = kernel.shape
    counts = counts_of(x.shape[1:-1], window, strides, padding, dilation)
    x = padded(x, padding)
    out = np.zeros((x.shape[0], *counts, filters))
    width = filters // groups
    offsets = list(itertools.product(*map(range, window)))
    for place, sources in _windows(x, window, strides, dilation, counts):
        for offset, source in zip(offsets, sources, strict=True):
            values = x[(slice(None), *source)]
            for group in range(groups):
                to = slice(group * width, (group + 1) * width)
                ours = values[:, group * depth : (group + 1) * depth]
                out[(slice(None), *place, to)] += ours @ kernel[offset][:, to]
    return out


def transposed(linear, shape, gradient):
    """The transpose of a linear function of arrays of ``shape``, applied to ``gradient``."""
    out = np.zeros(shape)
    for index in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[index] = 1
        out[index] = np.sum(linear(unit) * gradient)
    return out


def pool(x, window, strides, padding, how):
    """``how`` (of arrays ``(count, channels)``) over each window, padding left out."""
    ones = (1,) * len(window)
    counts = counts_of(x.shape[1:-1], window, strides, padding, ones)
    out = np.zeros((x.shape[0], *counts, x.shape[-1]), x.dtype)
    sizes = x.shape[1:-1]
    for place, sources in _windows(x, window, strides, ones, counts):
        inside = []
        for source in sources:
            at = tuple(s - before for s, (before, _) in zip(source, padding, strict=True))
            if all(0 <= a < size for a, size in zip(at, sizes, strict=True)):
                inside.append(at)
        for image in range(x.shape[0]):
            out[(image, *place)] = how(np.stack([x[(image, *at)] for at in inside]))
    return out


def first_greatest(x, window, strides, padding):
    """For each window and channel, the flat place in ``x`` of its first greatest value."""
    places = np.arange(x.size).reshape(x.shape)
    both = np.concatenate([x, places.astype(float)], axis=-1)
    channels = x.shape[-1]

    def choose(values):
        best = np.argmax(values[:, :channels], axis=0)
        found = values[best, np.arange(channels, 2 * channels)]
        return np.concatenate([found, found])

    return pool(both, window, strides, padding, choose)[..., :channels].astype(int)
