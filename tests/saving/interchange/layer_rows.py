"""A small model for every layer: what it is made of, and what goes in."""

from typing import Any

import numpy as np

from tests.golden.harness import integers, real, uniform
from tests.golden.layer_case import Sample
from tests.saving.interchange.exchange import Row

LAYERS: dict[str, Row] = {}
SAMPLES: list[Sample] = []
TENSORFLOW = "Keras does it by TensorFlow alone"


def layer(name: str, config: Any, *inputs: Any, _how: Any = None, **call: Any) -> None:
    """A row: the layer by its arguments, or made by ``keras -> layer``, called on these arrays."""
    sample = Sample(name, config, inputs, call, f"{name} as a model")
    SAMPLES.append(sample)

    def make(keras: Any) -> Any:
        made = sample.make(keras)
        arguments = [_symbols(keras, value) for value in inputs]
        named = {key: _symbols(keras, value) for key, value in call.items()}
        outputs = made(*arguments, **named)
        symbols = [s for s in _flat([*arguments, *named.values()]) if hasattr(s, "shape")]
        return keras.Model(symbols[0] if len(symbols) == 1 else symbols, outputs)

    arrays = [a for a in _flat([*inputs, *call.values()]) if isinstance(a, np.ndarray)]
    x = arrays[0] if len(arrays) == 1 else arrays
    LAYERS[name] = Row("layers", name, make, x, **(_how or {}))


def _symbols(keras: Any, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        dtype = "string" if value.dtype.kind in "UO" else value.dtype.name
        return keras.Input(value.shape[1:], dtype=dtype)
    return [_symbols(keras, one) for one in value] if isinstance(value, list) else value


def _flat(value: Any) -> list[Any]:
    return [leaf for one in value for leaf in _flat(one)] if isinstance(value, list) else [value]


ROWS, STEPS, IMAGES = real(3, 4), real(3, 5, 4), real(3, 6, 6, 2)
VOLUMES, FILMS = real(2, 4, 4, 4, 2), real(2, 3, 5, 5, 2)
PICTURES = uniform(0, 255, 2, 8, 8, 3)

# --- core -----------------------------------------------------------------------------------------

layer("Dense", {"units": 3, "activation": "tanh", "kernel_regularizer": "l2"}, ROWS)
layer(
    "EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}, STEPS
)
layer("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, integers(0, 5, 3, 4))
layer(
    "ReversibleEmbedding",
    {"input_dim": 5, "output_dim": 3, "tie_weights": False},
    integers(0, 5, 3, 4),
)
layer("Activation", {"activation": "gelu"}, ROWS)
layer("Identity", {}, ROWS)
layer("Masking", {"mask_value": 0.5}, STEPS)
layer("Lambda", lambda keras: keras.layers.Lambda(doubled(keras), output_shape=(4,)), ROWS)
layer("ReLU", {"max_value": 1.0, "negative_slope": 0.1}, ROWS)
layer("LeakyReLU", {"negative_slope": 0.1}, ROWS)
layer("ELU", {"alpha": 0.5}, ROWS)
layer("PReLU", {"shared_axes": [1]}, STEPS)
layer("Softmax", {"axis": 1}, STEPS)
layer("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, ROWS)


def doubled(keras: Any) -> Any:
    """A function of one's own, known to files by its registered name."""

    @keras.saving.register_keras_serializable("interchange")
    def double(x: Any) -> Any:
        return x * 2

    return double


# --- dropout and noise (as in prediction: nothing; their seeds are in the files) ------------------

for name in ("Dropout", "AlphaDropout", "GaussianDropout"):
    layer(name, {"rate": 0.5, "seed": 7}, ROWS)
layer("GaussianNoise", {"stddev": 0.5}, ROWS)
for rank, array in ((1, STEPS), (2, IMAGES), (3, VOLUMES)):
    layer(f"SpatialDropout{rank}D", {"rate": 0.5}, array)

# --- shapes ---------------------------------------------------------------------------------------

layer("Flatten", {}, STEPS)
layer("Reshape", {"target_shape": (-1, 2)}, STEPS)
layer("Permute", {"dims": (2, 1)}, STEPS)
layer("RepeatVector", {"n": 3}, ROWS)
layer("ZeroPadding1D", {"padding": (2, 1)}, STEPS)
layer("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}, IMAGES)
layer("ZeroPadding3D", {"padding": 1}, VOLUMES)
layer("Cropping1D", {"cropping": (1, 2)}, STEPS)
layer("Cropping2D", {"cropping": ((1, 0), (2, 1))}, IMAGES)
layer("Cropping3D", {"cropping": (1, 1, 1)}, VOLUMES)
layer("UpSampling1D", {"size": 3}, STEPS)
layer("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, IMAGES)
layer("UpSampling3D", {"size": (1, 2, 3)}, VOLUMES)

# --- merging --------------------------------------------------------------------------------------

PAIR = [real(3, 4), real(3, 4, seed=1)]
for name in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"):
    layer(name, {}, PAIR)
layer("Dot", {"axes": 1, "normalize": True}, PAIR)

# --- convolution and pooling ----------------------------------------------------------------------

for rank, array in ((1, STEPS), (2, IMAGES), (3, VOLUMES)):
    layer(f"Conv{rank}D", {"filters": 3, "kernel_size": 2, "padding": "same"}, array)
    layer(f"Conv{rank}DTranspose", {"filters": 3, "kernel_size": 2, "strides": 2}, array)
    for kind in ("Average", "Max"):
        layer(f"{kind}Pooling{rank}D", {"pool_size": 2}, array)
        layer(f"Adaptive{kind}Pooling{rank}D", {"output_size": 2}, array)
        layer(f"Global{kind}Pooling{rank}D", {"keepdims": True}, array)
for rank, array in ((1, STEPS), (2, IMAGES)):
    layer(f"DepthwiseConv{rank}D", {"kernel_size": 2, "depth_multiplier": 2}, array)
    layer(f"SeparableConv{rank}D", {"filters": 3, "kernel_size": 2}, array)

# --- normalisation and attention ------------------------------------------------------------------

layer("BatchNormalization", {"momentum": 0.9}, STEPS)
layer("LayerNormalization", {"epsilon": 0.01}, STEPS)
layer("GroupNormalization", {"groups": 2}, STEPS)
layer("RMSNormalization", {}, STEPS)
layer("UnitNormalization", {"axis": 1}, STEPS)
layer(
    "SpectralNormalization",
    lambda keras: keras.layers.SpectralNormalization(keras.layers.Dense(3)),
    ROWS,
)
layer("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, STEPS, real(3, 6, 4))
layer(
    "GroupQueryAttention",
    {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
    STEPS,
    real(3, 6, 4),
)
layer("Attention", {"use_scale": True, "score_mode": "concat"}, [STEPS, real(3, 6, 4)])
layer("AdditiveAttention", {}, [STEPS, real(3, 6, 4)])

# --- recurrent ------------------------------------------------------------------------------------

for name, count in (("SimpleRNN", 1), ("GRU", 1), ("LSTM", 2)):
    layer(name, {"units": 4, "return_sequences": True, "dropout": 0.2, "seed": 3}, STEPS)
    layer(f"{name}Cell", {"units": 4}, ROWS, [real(3, 4, seed=i) for i in range(count)])
for rank, array in ((1, real(2, 3, 5, 2)), (2, FILMS), (3, real(2, 2, 4, 4, 4, 2))):
    layer(f"ConvLSTM{rank}D", {"filters": 2, "kernel_size": 2, "return_sequences": True}, array)
layer(
    "RNN",
    lambda keras: keras.layers.RNN([keras.layers.LSTMCell(4), keras.layers.GRUCell(3)]),
    STEPS,
)
layer(
    "StackedRNNCells",
    lambda keras: keras.layers.RNN(
        keras.layers.StackedRNNCells([keras.layers.GRUCell(4), keras.layers.SimpleRNNCell(2)]),
        return_sequences=True,
    ),
    STEPS,
)
layer(
    "Bidirectional",
    lambda keras: keras.layers.Bidirectional(
        keras.layers.LSTM(3, return_sequences=True),
        backward_layer=keras.layers.GRU(3, return_sequences=True, go_backwards=True),
    ),
    STEPS,
)
layer("TimeDistributed", lambda keras: keras.layers.TimeDistributed(keras.layers.Dense(3)), STEPS)

# --- preprocessing --------------------------------------------------------------------------------

layer("Rescaling", {"scale": [0.5, 1.0, 2.0, 3.0], "offset": 1.0}, ROWS)
layer("Normalization", lambda keras: adapted(keras.layers.Normalization(), ROWS), ROWS)
layer("Discretization", {"bin_boundaries": [-1.0, 0.0, 1.5], "output_mode": "multi_hot"}, ROWS)
layer("CategoryEncoding", {"num_tokens": 5, "output_mode": "count"}, integers(0, 5, 3, 4))
layer(
    "MelSpectrogram",
    {"fft_length": 16, "sequence_stride": 8, "num_mel_bins": 6, "power_to_db": False},
    real(2, 60),
)
layer("STFTSpectrogram", {"mode": "magnitude", "frame_length": 16, "frame_step": 8}, real(2, 60, 1))
layer(
    "Pipeline",
    lambda keras: keras.layers.Pipeline(
        [keras.layers.Rescaling(2.0), keras.layers.Rescaling(0.5, offset=1.0)]
    ),
    ROWS,
)
layer("Resizing", {"height": 5, "width": 7, "interpolation": "bilinear"}, PICTURES)
layer("CenterCrop", {"height": 5, "width": 6}, PICTURES)


def adapted(layer: Any, *data: Any) -> Any:
    """The layer, with what it learns from data."""
    layer.adapt(*data)
    return layer


WITHIN = {"value_range": (0, 255)}
AUGMENTING: dict[str, dict[str, Any]] = {
    "AugMix": WITHIN,
    "AutoContrast": WITHIN,
    "ContrastLimitedAdaptiveHistogramEqualization": WITHIN,
    "CutMix": {},
    "MixUp": {},
    "RandAugment": WITHIN,
    "RandomColorJitter": {**WITHIN, "brightness_factor": 0.2},
    "RandomContrast": {"factor": 0.2, **WITHIN},
    "RandomCrop": {"height": 5, "width": 6},
    "RandomElasticTransform": WITHIN,
    "RandomErasing": {},
    "RandomFlip": {"mode": "horizontal"},
    "RandomGaussianBlur": {"kernel_size": 3, **WITHIN},
    "RandomGrayscale": {"factor": 0.5},
    "RandomHue": {"factor": 0.2, **WITHIN},
    "RandomInvert": {"factor": 0.5, **WITHIN},
    "RandomPerspective": {"factor": 0.2},
    "RandomRotation": {"factor": 0.2},
    "RandomShear": {"x_factor": 0.2, "y_factor": 0.2},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
    "RandomZoom": {"height_factor": 0.2},
}
for name, config in AUGMENTING.items():
    layer(name, config, PICTURES)

# Layers without a row: not models by themselves, or not there in Keras on this backend.
LEFT_OUT = {
    "InputLayer": "every row begins with one",
    "Wrapper": "a base class: it computes nothing",
    "MaxNumBoundingBoxes": "gives boxes, not numbers for a model",
    "Equalization": "Keras makes no graph with it: its output is its input",
    **dict.fromkeys(
        "RandomBrightness RandomColorDegeneration RandomPosterization RandomSaturation "
        "RandomSharpness Solarization".split(),
        "Keras cannot save it",
    ),
    **dict.fromkeys(
        ("HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"),
        TENSORFLOW,
    ),
}
