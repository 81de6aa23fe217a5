"""Samples: products, activations, softmax, convolution, pooling, normalisation, labels."""

import numpy as np
import scipy.special

from kerasette import ops
from tests.ops import naive
from tests.ops.samples import Sample, distinct, elementwise, normal, whole

X = normal(2, 5, 6, 4)
LINE, IMAGE, VOLUME = normal(2, 9, 4), normal(2, 6, 5, 4), normal(1, 4, 3, 4, 2)
FINE = {"Rtol": 1e-10, "Atol": 1e-10}


def _how(rank, strides=1, padding=(0, 0), dilation=1, groups=1):
    return {
        "strides": (strides,) * rank,
        "padding": (padding,) * rank,
        "dilation": (dilation,) * rank,
        "groups": groups,
    }


HOWS = (
    (LINE, normal(3, 4, 3), _how(1)),
    (LINE, normal(3, 2, 6), _how(1, strides=2, padding=(1, 1), groups=2)),
    (IMAGE, normal(3, 2, 4, 5), _how(2, padding=(1, 2))),
    (IMAGE, normal(2, 3, 4, 3), _how(2, strides=2, padding=(0, 1), dilation=2)),
    (IMAGE, normal(2, 2, 1, 8), _how(2, strides=3, padding=(2, 1), groups=4)),  # depthwise
    (IMAGE, normal(3, 3, 4, 2), _how(2, strides=1, padding=(0, -1))),  # cropped
    (IMAGE[..., :1], normal(3, 3, 1, 2), _how(2)),  # few channels are copied another way
    (VOLUME, normal(2, 2, 3, 2, 3), _how(3, padding=(1, 0))),
    (VOLUME, normal(2, 1, 2, 2, 2), _how(3, strides=2, padding=(1, 1))),
)


def _public(x, kernel, how):
    """The public function where only its batch is unknown: padding is then known, too."""
    if how["padding"] != ((0, 0),) * len(how["padding"]):
        return {}
    return {
        "Unknown": (0,),
        "Public": lambda x, kernel: ops.conv(x, kernel, how["strides"], "valid"),
    }


def _convolutions(x, kernel, how):
    out = naive.conv(x, kernel, **how)
    gradient = normal(*out.shape)

    def for_input(gradient, kernel, sizes, **how):
        shape = (x.shape[0], *sizes, x.shape[-1])
        return naive.transposed(lambda z: naive.conv(z, kernel, **how), shape, gradient)

    def for_kernel(x, gradient, window, **how):
        return naive.transposed(lambda k: naive.conv(x, k, **how), kernel.shape, gradient)

    return [
        Sample("conv", x, kernel, reference=naive.conv, **how, **FINE, **_public(x, kernel, how)),
        Sample(
            "conv_input_gradient",
            gradient,
            kernel,
            reference=for_input,
            sizes=x.shape[1:-1],
            **how,
            **FINE,
        ),
        Sample(
            "conv_kernel_gradient",
            x,
            gradient,
            reference=for_kernel,
            window=kernel.shape[:-2],
            **how,
            **FINE,
        ),
    ]


def _pooling(window, strides, padding=(0, 0)):
    rank = len(window)
    return {"window": window, "strides": strides, "padding": (padding,) * rank}


POOLS = (
    (distinct(2, 9, 3), _pooling((2,), (2,))),
    (distinct(2, 6, 5, 3), _pooling((2, 3), (2, 1))),
    (distinct(2, 5, 5, 2), _pooling((3, 3), (2, 2), (1, 1))),
    (distinct(2, 5, 5, 2), _pooling((2, 2), (2, 2), (0, 1))),
    (distinct(1, 4, 3, 4, 2), _pooling((2, 2, 2), (2, 1, 2))),
)


def _greatest(x, **how):
    return naive.pool(x, how=lambda values: values.max(axis=0), **how)


def _mean(x, **how):
    return naive.pool(x, how=lambda values: values.mean(axis=0), **how)


def _scatter(x, out, gradient, **how):
    places = naive.first_greatest(x, **how)
    result = np.zeros(x.size)
    np.add.at(result, places.reshape(-1), gradient.reshape(-1))
    return result.reshape(x.shape)


def _gather(x, out, value, **how):
    return value.reshape(-1)[naive.first_greatest(x, **how)]


def _pools(x, how):
    out = _greatest(x, **how)
    gradient, value = normal(*out.shape), normal(*x.shape)

    def spread(gradient, sizes, **how):
        return naive.transposed(lambda z: _mean(z, **how), x.shape, gradient)

    fixed = {"Fixed": (0, 1), **how}
    unknown = {
        "Unknown": (0,),
        "Public": lambda x: ops.max_pool(x, how["window"], how["strides"]),
    }
    plain = not any(map(any, how["padding"]))
    return [
        Sample("max_pool", x, reference=_greatest, **how, **(unknown if plain else {})),
        Sample("max_pool_gradient", x, out, gradient, reference=_scatter, Half=False, **fixed),
        Sample("max_pool_gather", x, out, value, reference=_gather, Half=False, **fixed),
        Sample("average_pool", x, reference=_mean, **how, **FINE),
        Sample(
            "average_pool_gradient",
            gradient,
            reference=spread,
            sizes=x.shape[1:-1],
            **how,
            **FINE,
        ),
    ]


def _standardized(x, axis, epsilon):
    scale = 1 / np.sqrt(np.var(x, axis, keepdims=True) + epsilon)
    return (x - np.mean(x, axis, keepdims=True)) * scale, scale


def _attention(query, key, value, scale, causal):
    out = np.zeros((*query.shape[:3], value.shape[-1]))
    each = query.shape[2] // key.shape[2]
    for b, t, h in np.ndindex(query.shape[:3]):
        end = t + 1 if causal else key.shape[1]
        logits = key[b, :end, h // each] @ query[b, t, h] * scale
        out[b, t, h] = scipy.special.softmax(logits) @ value[b, :end, h // each]
    return out


def _attention_gradient(gradient, query, key, value, scale, causal):
    """By differences."""
    found = []
    operands = [query, key, value]
    for number, x in enumerate(operands):
        slope = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            sides = []
            for step in (1e-6, -1e-6):
                moved = x.copy()
                moved[place] += step
                given = [*operands[:number], moved, *operands[number + 1 :]]
                sides.append((_attention(*given, scale, causal) * gradient).sum())
            slope[place] = (sides[0] - sides[1]) / 2e-6
        found.append(slope)
    return tuple(found)


def _attentions():
    found = []
    for key_heads, causal in ((2, False), (1, True)):
        q, k, v = normal(2, 3, 2, 4), normal(2, 5, key_heads, 4), normal(2, 5, key_heads, 3)
        how = {"scale": 0.4, "causal": causal}
        found.append(Sample("attend", q, k, v, reference=_attention, **how))
        near = {"Rtol": 1e-7, "Atol": 1e-7}
        g = normal(2, 3, 2, 3)
        found.append(
            Sample("attend_gradient", g, q, k, v, reference=_attention_gradient, **how, **near)
        )
    return found


def _beams(scores, lengths, width, paths, blank):
    """All ways to say something, added up: right where the beam is wide enough to lose none."""
    batch, steps, classes = scores.shape
    labels = np.full((paths, batch, steps), -1, "int32")
    found = np.full((batch, paths), -np.inf)
    for index in range(batch):
        sums = {}
        for way in np.ndindex(*(classes,) * lengths[index]):
            merged = [c for i, c in enumerate(way) if i == 0 or c != way[i - 1]]
            said = tuple(c for c in merged if c != blank)
            score = sum(scores[index, step, c] for step, c in enumerate(way))
            sums[said] = np.logaddexp(sums.get(said, -np.inf), score)
        best = sorted(sums, key=lambda said: -sums[said])[:paths]
        for place, said in enumerate(best):
            labels[place, index, : len(said)] = said
            found[index, place] = sums[said]
    return labels, found


SCORES = np.log(scipy.special.softmax(normal(2, 4, 3), axis=-1))

SAMPLES = [
    Sample("matmul", normal(3, 4), normal(4, 2), reference=np.matmul, Unknown=(0,)),
    Sample("matmul", normal(2, 3, 4), normal(4, 5), reference=np.matmul, Unknown=(0,)),
    Sample("matmul", normal(2, 3, 4), normal(2, 4, 5), reference=np.matmul),
    Sample("matmul", normal(3, 1, 2, 4), normal(2, 4, 2), reference=np.matmul),
    Sample("matmul", normal(4, 3), normal(2, 3, 5), reference=np.matmul),
    Sample("matmul", normal(4), normal(4), reference=np.matmul),
    Sample("matmul", normal(4), normal(4, 3), reference=np.matmul),
    Sample("matmul", normal(4), normal(2, 4, 3), reference=np.matmul),
    Sample("matmul", normal(2, 3, 4), normal(4), reference=np.matmul),
    Sample("matmul", whole(-9, 9, 3, 4), whole(-9, 9, 4, 2), reference=np.matmul),
    elementwise("relu", distinct(3, 4), reference=lambda x: np.maximum(x, 0)),
    elementwise("relu", whole(-5, 5, 3, 4), reference=lambda x: np.maximum(x, 0)),
    elementwise("sigmoid", normal(3, 4) * 4, reference=scipy.special.expit),
    elementwise("softplus", normal(3, 4) * 4, reference=lambda x: np.log1p(np.exp(x))),
    elementwise("softmax", normal(3, 4), axis=(1,), reference=scipy.special.softmax),
    elementwise("softmax", normal(3, 4, 2), axis=(1, 2), reference=scipy.special.softmax),
    elementwise("log_softmax", normal(3, 4), axis=(1,), reference=scipy.special.log_softmax),
    elementwise("log_softmax", normal(3, 4, 2), axis=(0, 2), reference=scipy.special.log_softmax),
    *(sample for case in HOWS for sample in _convolutions(*case)),
    *(sample for case in POOLS for sample in _pools(*case)),
    *_attentions(),
    elementwise("standardize", normal(3, 5), axis=(1,), epsilon=1e-3, reference=_standardized),
    elementwise("standardize", X, axis=(1, 2), epsilon=1e-3, reference=_standardized),
    elementwise("checked_labels", whole(0, 5, 3, 2), classes=5, reference=lambda x, classes: x),
    Sample(
        "ctc_beam_search",
        SCORES,
        np.array([4, 3], "int32"),
        width=64,
        paths=3,
        blank=0,
        reference=_beams,
        Half=False,
    ),
]
