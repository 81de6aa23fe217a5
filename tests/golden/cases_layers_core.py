"""keras.layers: dense, embedding, activation, regularisation, shape and merging layers."""

import numpy as np

from tests.golden.harness import (
    bools,
    distinct,
    integers,
    positive,
    real,
    tensor_of,
    uniform,
    words,
)
from tests.golden.layer_case import LayerCases, set_weights

CASES = LayerCases("layers_core")
layer = CASES.layer

# --- dense and embedding --------------------------------------------------------------------------

layer("Dense", {"units": 3}, real(2, 4))
layer("Dense", {"units": 3, "use_bias": False, "activation": "relu"}, real(2, 4))
layer("Dense", {"units": 3, "activation": "softmax"}, real(2, 5, 4))
layer("Dense", {"units": 3, "kernel_regularizer": "l2", "bias_regularizer": "l1"}, real(2, 4))
layer("Dense", {"units": 3, "activity_regularizer": "l2"}, real(2, 4))
layer("Dense", {"units": 3, "dtype": "float64"}, real(2, 4, dtype="float64"))
layer("Dense", {"units": 3, "dtype": "mixed_bfloat16"}, integers(-4, 5, 2, 4).astype("float32"))
layer("Dense", {"units": 3, "dtype": "float16"}, real(2, 4, dtype="float16"))
layer("Dense", {"units": 3, "trainable": False}, real(2, 4))
for equation, shape, inside, bias in (
    ("abc,cd->abd", (None, 3), (2, 4, 5), "d"),
    ("ab,bcd->acd", (3, 2), (2, 4), "cd"),
    ("...x,xy->...y", 3, (2, 4, 5), "y"),
    ("ab...,bc->ac...", (3, None), (2, 4, 5), "c"),
):
    config = {"equation": equation, "output_shape": shape, "bias_axes": bias}
    layer("EinsumDense", config, real(*inside))
layer(
    "EinsumDense",
    {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c", "activation": "tanh"},
    real(2, 4),
)
layer("Embedding", {"input_dim": 5, "output_dim": 3}, integers(0, 5, 2, 4))
layer("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, integers(0, 5, 2, 4))
layer("Embedding", {"input_dim": 5, "output_dim": 3}, integers(0, 5, 4).astype("float32"))
layer(
    "Embedding",
    {"input_dim": 5, "output_dim": 3, "embeddings_regularizer": "l2"},
    integers(0, 5, 2, 4, dtype="int64"),
)
for tie in (True, False):
    config = {"input_dim": 5, "output_dim": 3, "tie_weights": tie}
    layer("ReversibleEmbedding", config, integers(0, 5, 2, 4))
    layer("ReversibleEmbedding", config, real(2, 4, 3), reverse=True)
layer(
    "ReversibleEmbedding",
    {"input_dim": 5, "output_dim": 3, "logit_soft_cap": 0.5},
    real(2, 4, 3),
    reverse=True,
)

# --- activation layers ----------------------------------------------------------------------------

for name in words("relu gelu softmax linear"):
    layer("Activation", {"activation": name}, distinct(3, 4))
layer("ReLU", {}, distinct(3, 4))
layer("ReLU", {"max_value": 1.0, "negative_slope": 0.2, "threshold": 0.5}, distinct(3, 4))
layer("LeakyReLU", {}, distinct(3, 4))
layer("LeakyReLU", {"negative_slope": 0.05}, distinct(3, 4))
layer("ELU", {"alpha": 0.5}, distinct(3, 4))
layer("PReLU", {}, distinct(2, 3, 4))
layer("PReLU", {"shared_axes": [1]}, distinct(2, 3, 4))
layer("Softmax", {}, real(3, 4))
layer("Softmax", {"axis": 1}, real(2, 3, 4))
layer("Softmax", {"axis": [1, 2]}, real(2, 3, 4))
KEPT = bools(3, 4)
KEPT[:, 1] = True
layer("Softmax", {}, real(3, 4), mask=KEPT)
layer("ActivityRegularization", {"l1": 0.3, "l2": 0.2}, real(3, 4))
layer("Identity", {}, real(3, 4))

# --- noise: what it does when not training, and at rate zero --------------------------------------

for name, config, shape in (
    ("Dropout", {"rate": 0.5}, (3, 4)),
    ("AlphaDropout", {"rate": 0.5}, (3, 4)),
    ("GaussianDropout", {"rate": 0.5}, (3, 4)),
    ("GaussianNoise", {"stddev": 0.5}, (3, 4)),
    ("SpatialDropout1D", {"rate": 0.5}, (2, 3, 4)),
    ("SpatialDropout2D", {"rate": 0.5}, (2, 3, 4, 2)),
    ("SpatialDropout3D", {"rate": 0.5}, (2, 3, 4, 2, 2)),
):
    layer(name, config, real(*shape), training=False)
    layer(name, {key: 0.0 for key in config}, real(*shape), training=True)


def dropped(name: str, config: dict, shape: tuple[int, ...], alike: tuple[int, ...]) -> None:
    """A case: what is kept is scaled, and whole slices along ``alike`` go together."""

    def run(keras):
        made = getattr(keras.layers, name)(0.5, seed=7, **config)
        ones = tensor_of(keras, np.ones(shape, "float32"))
        out = keras.ops.convert_to_numpy(made(ones, training=True))
        same = np.ptp(out, axis=alike) if alike else np.zeros(())
        share = (out == 0).mean() * 2
        return {
            "values": np.unique(out),
            "alike": np.asarray(float(np.max(same)), "float32"),
            "share": np.asarray(share, "float32"),
        }

    how = {"tolerance": 0.1, "because": "the dropped share is an estimate from random numbers"}
    CASES.add(f"{name} while training {config}", run, f"layers.{name}", **how)


dropped("Dropout", {}, (200, 100), ())
dropped("Dropout", {"noise_shape": (200, 1, 40)}, (200, 5, 40), (1,))
dropped("SpatialDropout1D", {}, (100, 5, 40), (1,))
dropped("SpatialDropout2D", {}, (100, 3, 3, 40), (1, 2))
dropped("SpatialDropout2D", {"data_format": "channels_first"}, (100, 40, 3, 3), (2, 3))
dropped("SpatialDropout3D", {}, (100, 2, 2, 2, 40), (1, 2, 3))

# --- shapes ---------------------------------------------------------------------------------------

layer("Flatten", {}, real(2, 3, 4))
layer("Flatten", {}, real(3))
layer("Flatten", {"data_format": "channels_first"}, real(2, 3, 4, 5))
layer("Reshape", {"target_shape": (3, 4)}, real(2, 12))
layer("Reshape", {"target_shape": (-1, 2)}, real(2, 3, 4))
layer("Permute", {"dims": (2, 1)}, real(2, 3, 4))
layer("Permute", {"dims": (3, 1, 2)}, real(2, 3, 4, 5))
layer("RepeatVector", {"n": 3}, real(2, 4))
layer("ZeroPadding1D", {}, real(2, 3, 4))
layer("ZeroPadding1D", {"padding": (2, 1)}, real(2, 3, 4))
layer("ZeroPadding1D", {"padding": 2, "data_format": "channels_first"}, real(2, 3, 4))
layer("ZeroPadding2D", {}, real(2, 3, 4, 2))
layer("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}, real(2, 3, 4, 2))
layer("ZeroPadding2D", {"padding": (1, 2), "data_format": "channels_first"}, real(2, 2, 3, 4))
layer("ZeroPadding3D", {"padding": ((1, 0), (0, 2), (1, 1))}, real(2, 2, 3, 2, 2))
layer("ZeroPadding3D", {"padding": 1, "data_format": "channels_first"}, real(2, 2, 2, 3, 2))
layer("Cropping1D", {"cropping": (1, 2)}, real(2, 6, 3))
layer("Cropping2D", {"cropping": ((1, 0), (2, 1))}, real(2, 4, 6, 3))
layer("Cropping2D", {"cropping": 1, "data_format": "channels_first"}, real(2, 3, 4, 6))
layer("Cropping3D", {}, real(2, 4, 4, 5, 2))
layer("Cropping3D", {"cropping": (1, 1, 2), "data_format": "channels_first"}, real(2, 2, 4, 4, 5))
layer("UpSampling1D", {"size": 3}, real(2, 3, 4))
layer("UpSampling2D", {}, real(2, 3, 4, 2))
layer("UpSampling2D", {"size": (2, 3), "data_format": "channels_first"}, real(2, 2, 3, 4))
layer("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, real(2, 3, 4, 2))
layer("UpSampling3D", {"size": (1, 2, 3)}, real(2, 2, 3, 2, 2))
layer("UpSampling3D", {"size": 2, "data_format": "channels_first"}, real(2, 2, 2, 3, 2))

# --- merging --------------------------------------------------------------------------------------

PAIR = [distinct(2, 3, 4), distinct(2, 3, 4, seed=1)]
for name in words("Add Average Maximum Minimum Multiply"):
    layer(name, {}, PAIR)
    layer(name, {}, [*PAIR, distinct(2, 1, 4, seed=2)])
    layer(name, {}, [distinct(2, 4), distinct(2, 3, 4)])
layer("Subtract", {}, PAIR)
layer("Concatenate", {}, [real(2, 3), real(2, 4)])
layer("Concatenate", {"axis": 1}, [real(2, 3, 4), real(2, 1, 4), real(2, 2, 4)])
layer("Dot", {"axes": 1}, [real(2, 4), real(2, 4, seed=1)])
layer("Dot", {"axes": (2, 1)}, [real(2, 3, 4), real(2, 4, 5)])
layer("Dot", {"axes": 2, "normalize": True}, [real(2, 3, 4), real(2, 5, 4)])
layer("Dot", {"axes": -1}, [real(2, 3, 4), real(2, 5, 4)])


def merged(name: str, inputs: list, **arguments) -> None:
    """A case of the lower-case function."""
    CASES.call(f"layers.{name}", inputs, **arguments)


for name in words("add average maximum minimum multiply subtract"):
    merged(name, PAIR)
merged("concatenate", PAIR, axis=1)
merged("dot", [real(2, 4), real(2, 4, seed=1)], axes=1)

# --- masks ----------------------------------------------------------------------------------------

STEPS = real(2, 4, 3)
STEPS[0, 1] = STEPS[1, 3] = 0.0
layer("Masking", {}, STEPS)
layer("Masking", {"mask_value": 0.5}, np.where(STEPS == 0, 0.5, STEPS).astype("float32"))


@CASES.case("layers.Masking", "layers.Embedding")
def computed_masks(keras):
    """``compute_mask`` of the layers that make masks."""
    masking = keras.layers.Masking()
    embedding = keras.layers.Embedding(5, 3, mask_zero=True)
    plain = keras.layers.Embedding(5, 3)
    ids = tensor_of(keras, integers(0, 5, 2, 4))
    none = plain.compute_mask(ids) is None
    return [masking.compute_mask(tensor_of(keras, STEPS)), embedding.compute_mask(ids), none]


@CASES.case("layers.Masking", "layers.LSTM", "layers.Dense", "layers.TimeDistributed")
def mask_reaches_the_recurrent_layer(keras):
    """A mask passes through dense and time-distributed layers to the LSTM."""
    inputs = keras.Input((4, 3))
    x = keras.layers.Masking()(inputs)
    x = keras.layers.Dense(3)(x)
    x = keras.layers.TimeDistributed(keras.layers.Dense(2))(x)
    x = keras.layers.Dropout(0.5)(x)
    model = keras.Model(inputs, keras.layers.LSTM(2, return_sequences=True)(x))
    set_weights(model)
    return model(tensor_of(keras, STEPS))


@CASES.case("layers.Concatenate", "layers.Add", "layers.GlobalAveragePooling1D")
def masks_of_merging_layers(keras):
    """Merged sequences carry a merged mask to the pooling."""
    first, second = keras.Input((4,), dtype="int32"), keras.Input((4,), dtype="int32")
    embed = keras.layers.Embedding(5, 3, mask_zero=True)
    pool = keras.layers.GlobalAveragePooling1D()
    one, two = embed(first), embed(second)
    outputs = [
        pool(keras.layers.Concatenate(axis=1)([one, two])),
        pool(keras.layers.Concatenate()([one, two])),
        pool(keras.layers.Add()([one, two])),
        pool(keras.layers.Multiply()([one, two])),
    ]
    model = keras.Model([first, second], outputs)
    set_weights(model)
    ids = [tensor_of(keras, integers(0, 3, 2, 4, seed=i)) for i in range(2)]
    return model(ids)


# --- own layers, inputs, wrappers -----------------------------------------------------------------

layer("Lambda", lambda keras: keras.layers.Lambda(lambda x: x**2 + 1), real(2, 3))
layer(
    "Lambda",
    lambda keras: keras.layers.Lambda(lambda x, k: x * k, arguments={"k": 3.0}),
    real(2, 3),
    _label="with arguments",
)
layer(
    "TimeDistributed",
    lambda keras: keras.layers.TimeDistributed(keras.layers.Dense(3)),
    real(2, 4, 5),
)
layer(
    "TimeDistributed",
    lambda keras: keras.layers.TimeDistributed(keras.layers.Conv2D(2, 2)),
    real(2, 2, 4, 4, 2),
)
layer("Pipeline", lambda keras: keras.layers.Pipeline([keras.layers.Rescaling(2.0)]), real(2, 3))


@CASES.case("layers.Layer", "layers.Wrapper")
def own_layers(keras):
    """A layer of one's own with weights of each kind, and a wrapper around it."""

    class Scaled(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), name="scale")
            self.calls = self.add_weight(name="calls", initializer="zeros", trainable=False)

        def call(self, inputs):
            self.calls.assign_add(1.0)
            self.add_loss(keras.ops.sum(self.scale**2))
            return inputs * self.scale

    class Doubled(keras.layers.Wrapper):
        def call(self, inputs):
            return self.layer(self.layer(inputs))

    inner = Scaled()
    outer = Doubled(inner)
    x = tensor_of(keras, real(2, 3))
    outer(x)
    inner.scale.assign(real(3))
    inner.calls.assign(0.0)
    out = outer(x)
    names = [v.name for v in outer.trainable_weights] + [v.name for v in outer.weights]
    return [out, inner.calls, names, outer.losses]


@CASES.case("layers.Input", "layers.InputLayer", "layers.InputSpec")
def inputs(keras):
    """What an input promises: shape, type, name; and a layer's demands on it."""
    made = [
        keras.Input((3, None), name="a"),
        keras.layers.Input(shape=(2,), batch_size=5, dtype="int32", name="b"),
        keras.layers.InputLayer(shape=(4,), name="c").output,
        keras.layers.Input(batch_shape=(None, 2, 3), name="d"),
    ]
    spec = keras.layers.InputSpec(ndim=3, axes={-1: 4})
    layer = keras.layers.Dense(2)
    layer.build((None, 4))
    refused = []
    for shape in ((2, 4), (2, 5), (4,)):
        try:
            layer(tensor_of(keras, real(*shape)))
            refused.append(False)
        except ValueError:
            refused.append(True)
    shown = [f"{tuple(t.shape)} {t.dtype} {t.name}" for t in made]
    return [shown, str((spec.ndim, spec.axes, layer.input_spec.min_ndim)), refused]


@CASES.case("layers.serialize", "layers.deserialize")
def there_and_back(keras):
    """A layer's configuration makes the same layer."""
    first = keras.layers.Dense(3, activation="tanh", kernel_regularizer="l2", name="mine")
    again = keras.layers.deserialize(keras.layers.serialize(first))
    x = tensor_of(keras, real(2, 4))
    again(x)
    set_weights(again)
    return [again(x), again.name, again.losses]


# --- numbers, not images or texts: the preprocessing that is arithmetic ---------------------------

layer("Rescaling", {"scale": 0.5, "offset": -1.0}, real(2, 3))
layer("Rescaling", {"scale": 1 / 255}, integers(0, 255, 2, 3, dtype="uint8"))
layer("Rescaling", {"scale": [0.5, 1.0, 2.0], "offset": [0.0, 1.0, 2.0]}, real(2, 3))
layer("Normalization", {"mean": 0.5, "variance": 4.0}, real(2, 3))
layer("Normalization", {"mean": [0.1, 0.2, 0.3], "variance": [1.0, 2.0, 3.0]}, real(2, 3))
layer("Normalization", {"mean": 0.5, "variance": 4.0, "invert": True}, real(2, 3))
layer("Normalization", {"axis": None, "mean": 0.5, "variance": 4.0}, real(2, 3, 2))


@CASES.case("layers.Normalization")
def adapted_normalization(keras):
    """Mean and variance learnt from data, over several axes."""
    found = []
    for axis in (-1, None, 1, (1, 2)):
        made = keras.layers.Normalization(axis=axis)
        made.adapt(real(6, 3, 2) * 2 + 1)
        x = tensor_of(keras, real(2, 3, 2, seed=1))
        found.append([made.mean, made.variance, made(x)])
    return found


BINS = [-1.0, 0.0, 1.5]
for mode in words("int one_hot multi_hot count"):
    shape = (5,) if mode == "one_hot" else (3, 4)
    config = {"bin_boundaries": BINS, "output_mode": mode}
    layer("Discretization", config, uniform(-2, 3, *shape))
for mode in words("one_hot multi_hot count"):
    shape = (5,) if mode == "one_hot" else (3, 4)
    layer("CategoryEncoding", {"num_tokens": 4, "output_mode": mode}, integers(0, 4, *shape))
layer(
    "CategoryEncoding",
    {"num_tokens": 4, "output_mode": "count"},
    integers(0, 4, 3, 4),
    count_weights=positive(3, 4),
)


# Discretization.adapt has no case: Keras does it by TensorFlow.
SOUND = real(2, 60)
layer(
    "MelSpectrogram",
    {"fft_length": 16, "sequence_stride": 8, "num_mel_bins": 6, "sampling_rate": 4000},
    SOUND,
    _tolerance=1e-3,
    _because="decibels: a logarithm of small powers, of the order of tens",
)
layer(
    "MelSpectrogram",
    {"fft_length": 16, "sequence_stride": 8, "num_mel_bins": 6, "power_to_db": False},
    SOUND,
    _tolerance=1e-4,
    _because="sums of squares over a window",
)
for mode in words("log magnitude psd real imag angle stft"):
    config = {"mode": mode, "frame_length": 16, "frame_step": 8}
    layer(
        "STFTSpectrogram",
        config,
        real(2, 60, 1),
        _tolerance=1e-3,
        _because="logarithms and angles of small numbers",
    )
layer(
    "STFTSpectrogram",
    {"mode": "magnitude", "frame_length": 12, "fft_length": 16, "padding": "same"},
    real(2, 60, 2),
    _tolerance=1e-4,
    _because="roots of sums of squares",
)

# --- further arguments, types and sizes -----------------------------------------------------------

layer("ReLU", {"max_value": 0.7}, distinct(2, 3, 4))
layer("LeakyReLU", {"negative_slope": 0.5}, distinct(2, 3, 4))
layer("ELU", {}, distinct(3, 4))
layer("ELU", {"alpha": 2.0}, distinct(2, 3, 4))
layer("PReLU", {"shared_axes": [1, 2], "alpha_regularizer": "l2"}, distinct(2, 3, 4))
layer("ActivityRegularization", {"l1": 0.3}, real(2, 3, 4))
layer("Identity", {}, integers(0, 9, 2, 3))
layer("Identity", {}, real(2, 3, dtype="float16"))
layer("ActivityRegularization", {"l2": 0.2}, real(2, 5))
layer("Reshape", {"target_shape": (2, -1, 2)}, real(2, 12))
layer("Permute", {"dims": (2, 3, 1)}, real(2, 3, 4, 5))
layer("RepeatVector", {"n": 1}, real(2, 4))
layer("RepeatVector", {"n": 2}, integers(0, 9, 2, 4))
layer("ZeroPadding3D", {}, real(2, 2, 3, 2, 2))
layer("Cropping1D", {}, real(2, 6, 3))
layer("Cropping1D", {"cropping": (0, 3)}, real(2, 6, 3))
layer("Cropping2D", {"cropping": (1, 2)}, real(2, 4, 6, 3))
layer("Cropping3D", {"cropping": ((1, 0), (0, 2), (1, 1))}, real(2, 4, 4, 5, 2))
layer("UpSampling1D", {}, real(2, 3, 4))
layer("UpSampling1D", {"size": 1}, real(2, 3, 4))
layer("UpSampling3D", {"size": (1, 2, 3)}, real(2, 2, 3, 2, 2))
layer("Subtract", {}, [real(2, 3, 4), real(2, 1, 4)])
layer("Subtract", {}, [real(2, 4), real(2, 3, 4)])
layer("AlphaDropout", {"rate": 0.5, "noise_shape": (3, 1)}, real(3, 4), training=False)
layer("GaussianDropout", {"rate": 0.3, "seed": 1}, real(2, 3, 4), training=False)
layer("GaussianNoise", {"stddev": 0.1, "seed": 1}, real(2, 3, 4), training=False)
layer(
    "Pipeline",
    lambda keras: keras.layers.Pipeline(
        [keras.layers.Rescaling(2.0, offset=1.0), keras.layers.Rescaling(0.5)]
    ),
    real(2, 3),
    _label="of two",
)
layer(
    "MelSpectrogram",
    {
        "fft_length": 16,
        "sequence_stride": 4,
        "num_mel_bins": 5,
        "sequence_length": 12,
        "window": "hamming",
        "power_to_db": False,
        "mag_exp": 1.0,
        "min_freq": 10.0,
        "sampling_rate": 4000,
    },
    SOUND,
    _tolerance=1e-4,
    _because="sums over a window",
)
merged("concatenate", [real(2, 3), real(2, 4)])
merged("dot", [real(2, 3, 4), real(2, 5, 4)], axes=2, normalize=True)
for name in words("add average maximum minimum multiply subtract"):
    merged(name, [distinct(2, 1, 4), distinct(2, 3, 4)])

# --- names ----------------------------------------------------------------------------------------

ALIASES = {
    **{f"AvgPool{n}D": f"AveragePooling{n}D" for n in (1, 2, 3)},
    **{f"MaxPool{n}D": f"MaxPooling{n}D" for n in (1, 2, 3)},
    **{f"GlobalAvgPool{n}D": f"GlobalAveragePooling{n}D" for n in (1, 2, 3)},
    **{f"GlobalMaxPool{n}D": f"GlobalMaxPooling{n}D" for n in (1, 2, 3)},
    **{f"Convolution{n}D": f"Conv{n}D" for n in (1, 2, 3)},
    **{f"Convolution{n}DTranspose": f"Conv{n}DTranspose" for n in (1, 2, 3)},
    **{f"SeparableConvolution{n}D": f"SeparableConv{n}D" for n in (1, 2)},
}


@CASES.case(*(f"layers.{name}" for name in ALIASES))
def aliases(keras):
    """Second names are the same classes."""
    pairs = ALIASES.items()
    return [getattr(keras.layers, a) is getattr(keras.layers, b) for a, b in pairs]


CASES.leave_out(
    "a bridge to another framework",
    *(f"layers.{name}" for name in words("FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper")),
)
CASES.leave_out(
    "preprocessing of images",
    *(
        f"layers.{name}"
        for name in words("""AugMix AutoContrast CenterCrop
            ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization MaxNumBoundingBoxes
            MixUp RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter
            RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip
            RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
            RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
            RandomTranslation RandomZoom Resizing Solarization""")
    ),
)
CASES.leave_out(
    "preprocessing of texts and categories, which Keras does by TensorFlow alone",
    *(
        f"layers.{name}"
        for name in words("HashedCrossing Hashing IntegerLookup StringLookup TextVectorization")
    ),
)
