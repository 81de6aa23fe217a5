"""keras.ops for networks: activations, convolution, pooling, norms, attention, cross-entropy."""

import numpy as np

from tests.golden.harness import (
    Cases,
    bools,
    distinct,
    integers,
    positive,
    probabilities,
    real,
    uniform,
    words,
)

CASES = Cases("ops_nn")


def op(name: str, *args, **kwargs) -> None:
    """A case of ``keras.ops.name``."""
    CASES.call(f"ops.{name}", *args, **kwargs)


FAR = np.array([-1e4, -90.0, -20.0, -3.1, -0.2, 0.3, 3.2, 20.0, 90.0, 1e4], "float32")

# --- activations ----------------------------------------------------------------------------------

PLAIN = words("""celu elu gelu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu
log_sigmoid relu relu6 selu sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid
squareplus swish tanh_shrink""")
for name in PLAIN:
    op(name, real(3, 4, scale=2.0))
    op(name, FAR)
    op(name, real(2, 3, dtype="float16"))
# Whole numbers: the activations that torch takes them in.
for name in words("hard_tanh relu sigmoid softsign sparse_plus sparse_sigmoid squareplus"):
    op(name, integers(-3, 4, 5))
for name, arguments in {
    "celu": {"alpha": 0.5},
    "elu": {"alpha": 0.5},
    "gelu": {"approximate": False},
    "hard_shrink": {"threshold": 1.0},
    "leaky_relu": {"negative_slope": 0.1},
    "soft_shrink": {"threshold": 1.0},
    "squareplus": {"b": 1},
}.items():
    op(name, real(3, 4, scale=2.0), **arguments)
    op(name, FAR, **arguments)
op("threshold", real(3, 4), 0.3, -1.0)
op("threshold", FAR, 0.0, 5.0)
op("glu", real(3, 4))
op("glu", real(4, 3), axis=0)
MASKED = np.where(bools(3, 4), real(3, 4), -np.inf).astype("float32")
MASKED[:, 0] = 0.5
for name in words("softmax log_softmax"):
    op(name, real(3, 4))
    op(name, real(2, 3, 4), axis=1)
    op(name, FAR)
    op(name, real(2, 3, dtype="float16"))
op("softmax", real(2, 3, 4), axis=(1, 2))
op("softmax", real(2, 3, 4), axis=None)
op("softmax", MASKED)
# Keras's sparsemax adds up partial sums, and is right only where one weight takes all.
op("sparsemax", FAR)
op("sparsemax", distinct(3, 5) * 8)
op("sparsemax", distinct(5, 3) * 8, axis=0)

# --- convolution ----------------------------------------------------------------------------------

SPATIAL = {1: (9,), 2: (7, 6), 3: (5, 4, 6)}
KERNEL = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}


def image(
    rank: int, channels: int, data_format: str = "channels_last", batch: int = 2
) -> np.ndarray:
    """A batch of signals, images or volumes."""
    inside = SPATIAL[rank]
    last = data_format == "channels_last"
    return real(batch, *inside, channels) if last else real(batch, channels, *inside)


VARIANTS = (
    {},
    {"padding": "same"},
    {"strides": 2},
    {"strides": 2, "padding": "same"},
    {"dilation_rate": 2},
    {"dilation_rate": 2, "padding": "same"},
    {"data_format": "channels_first"},
    {"data_format": "channels_first", "padding": "same", "strides": 2},
)
for rank in (1, 2, 3):
    for variant in VARIANTS:
        if rank == 3 and "dilation_rate" in variant:
            continue
        form = variant.get("data_format", "channels_last")
        op("conv", image(rank, 4, form), real(*KERNEL[rank], 4, 3), **variant)
        op("conv", image(rank, 4, form), real(*KERNEL[rank], 2, 4), **variant)  # two groups
        if rank < 3:
            op("depthwise_conv", image(rank, 3, form), real(*KERNEL[rank], 3, 2), **variant)
            filters = real(*KERNEL[rank], 3, 2), real(*(1,) * rank, 6, 4)
            op("separable_conv", image(rank, 3, form), *filters, **variant)
op("conv", image(2, 3), real(3, 3, 3, 2), strides=(2, 1))
op("conv", image(2, 3), real(1, 1, 3, 2))
op("conv", image(2, 3), real(3, 3, 3, 2), dilation_rate=(1, 2))
op("conv", image(3, 2), real(2, 2, 2, 2, 3), strides=(1, 2, 1), padding="same")
op("depthwise_conv", image(2, 3), real(3, 3, 3, 1), strides=(2, 2))
for rank in (1, 2, 3):
    for variant in (
        {},
        {"padding": "same"},
        {"strides": 2},
        {"strides": 2, "padding": "same"},
        {"strides": 3, "padding": "same"},
        {"strides": 2, "output_padding": 1},
        {"strides": 2, "padding": "same", "output_padding": 1},
        {"data_format": "channels_first", "strides": 2},
    ):
        form = variant.get("data_format", "channels_last")
        op("conv_transpose", image(rank, 3, form), real(*KERNEL[rank], 2, 3), **variant)
op("conv_transpose", image(1, 3), real(3, 2, 3), dilation_rate=2)
op("conv_transpose", image(2, 3), real(3, 3, 2, 3), dilation_rate=2, padding="same")
op("conv_transpose", image(2, 3), real(3, 3, 2, 3), strides=(2, 3))

# --- pooling --------------------------------------------------------------------------------------

for rank in (1, 2, 3):
    for name in words("max_pool average_pool"):
        shape, odd = SPATIAL[rank], (9, 7, 5)[:rank]
        two, three = (2,) * rank, (3,) * rank
        op(name, distinct(2, *shape, 2), 2)
        op(name, distinct(2, *shape, 2), two)
        op(name, distinct(2, *shape, 2), three, strides=2)
        op(name, distinct(2, *odd, 2), three, strides=2, padding="same")
        op(name, distinct(2, *odd, 2), three, strides=1, padding="same")
        op(name, distinct(2, 2, *shape), two, data_format="channels_first")
        if name == "max_pool":  # torch takes padding on one side alone into the average
            op(name, distinct(2, *shape, 2), two, padding="same")
            op(name, distinct(2, *shape, 2), two, strides=1, padding="same")
    for name in words("adaptive_max_pool adaptive_average_pool"):
        op(name, distinct(2, *SPATIAL[rank], 2), 3)
        op(name, distinct(2, 2, *SPATIAL[rank]), 2, data_format="channels_first")
op("max_pool", distinct(2, 7, 6, 2), (3, 2), strides=(1, 2))
op("average_pool", distinct(2, 7, 6, 2), (3, 2), strides=(1, 2), padding="same")
op("adaptive_average_pool", distinct(2, 7, 6, 2), (3, 1))
op("adaptive_max_pool", distinct(2, 7, 6, 2), (1, 4))
op("max_pool", -positive(1, 5, 5, 1), (2, 2), padding="same")

# --- patches and blocks ---------------------------------------------------------------------------

op("space_to_depth", real(2, 4, 6, 3), 2)
op("space_to_depth", real(2, 3, 4, 6), 2, data_format="channels_first")
op("depth_to_space", real(2, 2, 3, 8), 2)
op("depth_to_space", real(2, 8, 2, 3), 2, data_format="channels_first")
op("unfold", real(2, 3, 5, 6), 2)
op("unfold", real(2, 3, 5, 6), (2, 3), dilation=(2, 1), padding=1, stride=(1, 2))
op("fold", real(2, 12, 20), (5, 6), 2)
op("fold", real(2, 8, 12), (6, 5), 2, padding=1, stride=2)

# --- normalisation --------------------------------------------------------------------------------

op("batch_normalization", real(4, 3), real(3), positive(3), axis=-1)
op(
    "batch_normalization",
    real(4, 3),
    real(3),
    positive(3),
    -1,
    real(3, seed=1),
    positive(3, seed=1),
)
op("batch_normalization", real(2, 3, 4, 4), real(3), positive(3), axis=1, epsilon=0.1)
op("batch_normalization", real(2, 4, 3), real(3), positive(3), axis=2, scale=positive(3, seed=1))
op("layer_normalization", real(3, 4))
op("layer_normalization", real(3, 4), positive(4), real(4))
op("layer_normalization", real(2, 3, 4), axis=(1, 2), epsilon=1e-5)
op("layer_normalization", real(2, 3, 4), positive(3, 4), real(3, 4), axis=(1, 2))
# An axis that is not last has no case here: torch normalises the last ones only.
op("layer_normalization", real(2, 3, dtype="float16"))
op("rms_normalization", real(3, 4))
op("rms_normalization", real(3, 4), positive(4))
op("rms_normalization", real(2, 3, 4), axis=-1, epsilon=1e-3)
op("rms_normalization", real(2, 3, 4), positive(3, 4), axis=(1, 2))
op("rms_normalization", real(2, 3, dtype="float16"))

# --- attention ------------------------------------------------------------------------------------

QKV = real(2, 3, 2, 4), real(2, 5, 2, 4, seed=1), real(2, 5, 2, 4, seed=2)
SQUARE = real(2, 4, 2, 4), real(2, 4, 2, 4, seed=1), real(2, 4, 2, 4, seed=2)
SOME = bools(2, 1, 3, 5)
SOME[..., 0] = True
op("dot_product_attention", *QKV)
op("dot_product_attention", *QKV, scale=0.3)
op("dot_product_attention", *QKV, bias=real(2, 2, 3, 5))
op("dot_product_attention", *QKV, mask=SOME)
op("dot_product_attention", *SQUARE, is_causal=True)
# Mask together with bias, and the soft cap, have no case: torch refuses them.

# --- classes and cross-entropy --------------------------------------------------------------------

op("one_hot", integers(0, 4, 5), 4)
op("one_hot", integers(0, 4, 2, 3), 4, axis=1)
op("one_hot", integers(0, 4, 5), 4, dtype="int32")
op("one_hot", np.array([-1, 0, 3], "int32"), 4)
op("multi_hot", integers(0, 4, 2, 3), 4)
op("multi_hot", integers(0, 4, 3), 4)
op("multi_hot", integers(0, 4, 2, 3), 4, dtype="int32")
TARGETS = np.array([[1.0, 0.0, 1.0], [0.0, 0.3, 1.0]], "float32")
op("binary_crossentropy", TARGETS, uniform(0, 1, 2, 3))
op("binary_crossentropy", TARGETS, real(2, 3), from_logits=True)
op("binary_crossentropy", TARGETS, np.array([[0.0, 0.0, 1.0], [1.0, 0.5, 0.0]], "float32"))
op("binary_crossentropy", TARGETS, FAR[[0, 1, 9, 8, 0, 9]].reshape(2, 3), from_logits=True)
op("categorical_crossentropy", probabilities(3, 4), probabilities(3, 4, seed=1))
op("categorical_crossentropy", probabilities(3, 4), positive(3, 4))
op("categorical_crossentropy", probabilities(3, 4), real(3, 4), from_logits=True)
op("categorical_crossentropy", probabilities(2, 3, 4), probabilities(2, 3, 4, seed=1), axis=1)
op("categorical_crossentropy", np.eye(3, dtype="float32"), np.eye(3, dtype="float32")[[0, 2, 1]])
op("sparse_categorical_crossentropy", integers(0, 4, 3), probabilities(3, 4))
op("sparse_categorical_crossentropy", integers(0, 4, 3), real(3, 4), from_logits=True)
op("sparse_categorical_crossentropy", integers(0, 4, 2, 3), real(2, 3, 4), from_logits=True)
op("sparse_categorical_crossentropy", integers(0, 3, 2, 4), probabilities(2, 3, 4), axis=1)
LENGTHS = np.array([2, 3], "int32"), np.array([6, 5], "int32")
LABELS = np.array([[1, 2, 0], [3, 3, 1]], "int32")
op("ctc_loss", LABELS, real(2, 6, 4), *LENGTHS)
op("ctc_loss", np.where(LABELS == 0, 3, LABELS - 1), real(2, 6, 4), *LENGTHS, mask_index=3)
SCORES = real(2, 6, 4)
op("ctc_decode", SCORES, LENGTHS[1], _gradient=False)
op("ctc_decode", SCORES, LENGTHS[1], merge_repeated=False, mask_index=3, _gradient=False)
beam = {"strategy": "beam_search", "beam_width": 5, "top_paths": 2}
op("ctc_decode", SCORES, LENGTHS[1], _gradient=False, **beam)
op("psnr", uniform(0, 1, 2, 4, 4, 3), uniform(0, 1, 2, 4, 4, 3, seed=1), 1.0)
op("psnr", uniform(0, 9, 5), uniform(0, 9, 5, seed=1), max_val=9.0)
