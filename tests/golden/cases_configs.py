"""What ``get_config`` and ``serialize`` write, name by name: the layout of Keras's own files."""

import json
import re
from typing import Any

import numpy as np

from tests.golden.harness import Cases, describe, find, words

CASES = Cases("configs")
OWN_TO_TORCH = r'"keras\.src\.backend\.torch\.optimizers\.\w+", "registered_name": "\w+"'
EVERYWHERE = '"keras.optimizers", "registered_name": null'
# Keras's constructors take these, but its configurations do not keep them; kerasette's do.
KEPT = {
    "Dense": ("activity_regularizer",),
    "EinsumDense": ("gptq_unpacked_column_size",),
    "SimpleRNN": ("seed",),
    "CosineSimilarity": ("axis",),
    "SparseCategoricalCrossentropy": ("axis",),
    "Identity": ("gain",),
    "SparseTopKCategoricalAccuracy": ("from_sorted_ids",),
}


def text(class_name: str, config: dict[str, Any]) -> np.ndarray:
    """A configuration as JSON without what is in ``KEPT``; tuples are lists there."""
    found = shared({"class_name": class_name, "config": dict(config)})["config"]
    written = json.dumps(found, sort_keys=True)
    return np.asarray(re.sub(OWN_TO_TORCH, EVERYWHERE, written))


def shared(value: Any) -> Any:
    """Nested configurations without what kerasette keeps and Keras does not."""
    if isinstance(value, dict):
        dropped = KEPT.get(value.get("class_name", ""), ())
        inside = {key: shared(item) for key, item in value.items()}
        if dropped and isinstance(inside.get("config"), dict):
            kept = {key: item for key, item in inside["config"].items() if key not in dropped}
            inside["config"] = kept
        return inside
    return [shared(item) for item in value] if isinstance(value, (list, tuple)) else value


def config(path: str, **arguments: Any) -> None:
    """A case: the configuration of the class at ``path`` made with these arguments."""

    def run(keras):
        made = {key: build(keras, value) for key, value in arguments.items()}
        written = find(keras, path)(**made).get_config()
        return {"config": text(path.rpartition(".")[2], written)}

    CASES.add(f"{path}{describe((), arguments)}", run)  # covers no name: nothing is computed


def build(keras: Any, value: Any) -> Any:
    """``("LSTM", {...})`` as that layer, in lists too; anything else as it is."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict):
        return find(keras, value[0])(**value[1])
    return [build(keras, item) for item in value] if isinstance(value, list) else value


NAMED = {"name": "x"}
UNITS = {"units": 3}
FILTERS = {"filters": 2, "kernel_size": 3}
SOFT = {
    "kernel_initializer": "he_normal",
    "kernel_regularizer": "l2",
    "kernel_constraint": "NonNeg",
}

for name in words("""Add Average Concatenate Maximum Minimum Multiply Subtract Identity Flatten
    LeakyReLU ELU PReLU ReLU Softmax Masking UnitNormalization BatchNormalization
    LayerNormalization RMSNormalization GroupNormalization ActivityRegularization Attention
    AdditiveAttention ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D
    UpSampling1D UpSampling2D UpSampling3D MaxPooling1D MaxPooling2D MaxPooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D
    GlobalMaxPooling2D GlobalMaxPooling3D Normalization"""):
    config(f"layers.{name}", **NAMED)
for name in words("Dense LSTM GRU SimpleRNN LSTMCell GRUCell SimpleRNNCell"):
    config(f"layers.{name}", **UNITS, **NAMED)
    config(f"layers.{name}", **UNITS, **NAMED, **SOFT)
for rank in (1, 2, 3):
    for name in (f"Conv{rank}D", f"Conv{rank}DTranspose", f"ConvLSTM{rank}D"):
        config(f"layers.{name}", **FILTERS, **NAMED)
    config(f"layers.Conv{rank}D", **FILTERS, **SOFT, strides=2, padding="same", name="x")
    config(f"layers.AveragePooling{rank}D", pool_size=2, name="x")
    config(f"layers.AveragePooling{rank}D", pool_size=3, strides=2, padding="same", name="x")
    for kind in ("Average", "Max"):
        config(f"layers.Adaptive{kind}Pooling{rank}D", output_size=2, name="x")
    config(f"layers.SpatialDropout{rank}D", rate=0.5, name="x")
    if rank < 3:
        config(f"layers.SeparableConv{rank}D", **FILTERS, **NAMED)
        config(f"layers.DepthwiseConv{rank}D", kernel_size=3, **NAMED)
for name in words("Dropout AlphaDropout GaussianDropout"):
    config(f"layers.{name}", rate=0.5, **NAMED)
    config(f"layers.{name}", rate=0.5, seed=3, **NAMED)
config("layers.GaussianNoise", stddev=0.5, **NAMED)
config("layers.Activation", activation="relu", **NAMED)
config("layers.Reshape", target_shape=(2, 3), **NAMED)
config("layers.Permute", dims=(2, 1), **NAMED)
config("layers.RepeatVector", n=3, **NAMED)
config("layers.Dot", axes=(1, 2), normalize=True, **NAMED)
config("layers.Rescaling", scale=0.5, offset=1.0, **NAMED)
config("layers.Normalization", mean=0.5, variance=2.0, **NAMED)
config("layers.Discretization", bin_boundaries=[0.0, 1.0], **NAMED)
config("layers.CategoryEncoding", num_tokens=4, **NAMED)
config("layers.Embedding", input_dim=5, output_dim=3, mask_zero=True, **NAMED)
config("layers.ReversibleEmbedding", input_dim=5, output_dim=3, **NAMED)
config("layers.EinsumDense", equation="ab,bc->ac", output_shape=3, bias_axes="c", **NAMED)
config("layers.MultiHeadAttention", num_heads=2, key_dim=3, **NAMED)
config("layers.MultiHeadAttention", num_heads=2, key_dim=3, attention_axes=(1, 2), **NAMED)
config("layers.GroupQueryAttention", head_dim=3, num_query_heads=4, num_key_value_heads=2, name="x")
config("layers.InputLayer", shape=(3, None), dtype="int32", name="x")
config("layers.Dense", units=3, dtype="mixed_bfloat16", trainable=False, name="x")
config("layers.Dense", units=3, activation="softmax", use_bias=False, name="x")
config("layers.LSTM", units=3, return_sequences=True, stateful=True, dropout=0.2, name="x")
INNER = ("layers.LSTM", {"units": 3, "name": "inner", "return_sequences": True})
config("layers.Bidirectional", layer=INNER, merge_mode="sum", name="x")
config("layers.TimeDistributed", layer=("layers.Dense", {"units": 3, "name": "inner"}), name="x")
config("layers.SpectralNormalization", layer=("layers.Dense", {"units": 3, "name": "i"}), name="x")
CELLS = [
    ("layers.LSTMCell", {"units": 3, "name": "a"}),
    ("layers.GRUCell", {"units": 2, "name": "b"}),
]
config("layers.StackedRNNCells", cells=CELLS, name="x")
config("layers.RNN", cell=CELLS[0], return_sequences=True, name="x")
config("layers.MelSpectrogram", fft_length=16, name="x")
config("layers.STFTSpectrogram", frame_length=16, name="x")

for name in words("""MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError
    MeanSquaredLogarithmicError CosineSimilarity LogCosh Hinge SquaredHinge CategoricalHinge
    KLDivergence Poisson BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy
    CategoricalFocalCrossentropy SparseCategoricalCrossentropy CategoricalGeneralizedCrossEntropy
    CTC Dice Tversky Circle"""):
    config(f"losses.{name}")
    config(f"losses.{name}", reduction="sum", name="x")
config("losses.CategoricalCrossentropy", from_logits=True, label_smoothing=0.1)
config("losses.Tversky", alpha=0.3, beta=0.7, axis=(1, 2))

for name in words("""Mean Sum MeanSquaredError RootMeanSquaredError MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredLogarithmicError CosineSimilarity LogCoshError Hinge
    SquaredHinge CategoricalHinge KLDivergence Poisson BinaryCrossentropy CategoricalCrossentropy
    SparseCategoricalCrossentropy Accuracy BinaryAccuracy CategoricalAccuracy R2Score
    SparseCategoricalAccuracy TopKCategoricalAccuracy SparseTopKCategoricalAccuracy F1Score
    FBetaScore BinaryIoU PearsonCorrelation ConcordanceCorrelation TruePositives TrueNegatives
    FalsePositives FalseNegatives Precision Recall AUC"""):
    config(f"metrics.{name}", **NAMED)
config("metrics.Precision", thresholds=[0.2, 0.7], top_k=3, class_id=1, **NAMED)
config("metrics.AUC", curve="PR", num_thresholds=5, multi_label=True, num_labels=3, **NAMED)
config("metrics.AUC", thresholds=[0.2, 0.7], **NAMED)
config("metrics.MeanIoU", num_classes=3, ignore_class=1, **NAMED)
config("metrics.IoU", num_classes=3, target_class_ids=[0], **NAMED)
config("metrics.OneHotIoU", num_classes=3, target_class_ids=[0], **NAMED)
config("metrics.OneHotMeanIoU", num_classes=3, **NAMED)
config("metrics.PrecisionAtRecall", recall=0.5, **NAMED)
config("metrics.RecallAtPrecision", precision=0.5, **NAMED)
config("metrics.SensitivityAtSpecificity", specificity=0.5, **NAMED)
config("metrics.SpecificityAtSensitivity", sensitivity=0.5, **NAMED)

for name in words("""SGD RMSprop Adam AdamW Adamax Nadam Adagrad Adadelta Adafactor Ftrl Lamb Lion
    Muon ScheduleFreeAdamW"""):
    config(f"optimizers.{name}", **NAMED)
    config(f"optimizers.{name}", learning_rate=0.25, clipnorm=0.5, use_ema=True, **NAMED)
DECAY = {"initial_learning_rate": 0.5, "decay_steps": 4}
config("optimizers.schedules.CosineDecay", **DECAY)
config("optimizers.schedules.ExponentialDecay", **DECAY, decay_rate=0.5)
config("optimizers.schedules.InverseTimeDecay", **DECAY, decay_rate=0.5, staircase=True)
config("optimizers.schedules.PolynomialDecay", **DECAY, cycle=True)
config("optimizers.schedules.PiecewiseConstantDecay", boundaries=[2], values=[0.5, 0.25])
RESTARTS = {"initial_learning_rate": 0.5, "first_decay_steps": 4}
config("optimizers.schedules.CosineDecayRestarts", **RESTARTS)
SCHEDULE = ("optimizers.schedules.CosineDecay", DECAY)
config("optimizers.Adam", learning_rate=SCHEDULE, name="x")
config("optimizers.LossScaleOptimizer", inner_optimizer=("optimizers.SGD", NAMED), name="x")

for name in words("""Zeros Ones Constant Identity RandomNormal RandomUniform TruncatedNormal
    GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform VarianceScaling
    Orthogonal STFT"""):
    config(f"initializers.{name}")
config("initializers.VarianceScaling", scale=2.0, mode="fan_out", distribution="uniform", seed=3)
# A quarter: Keras rounds these numbers to float32, which 0.01 would not survive.
config("regularizers.L1", l1=0.25)
config("regularizers.L2", l2=0.25)
config("regularizers.L1L2", l1=0.25, l2=0.5)
config("regularizers.OrthogonalRegularizer", factor=0.25, mode="columns")
for name in words("MaxNorm MinMaxNorm NonNeg UnitNorm"):
    config(f"constraints.{name}")


def serialized(space: str, name: str, **arguments: Any) -> None:
    """A case: what ``keras.<space>.serialize`` writes around the configuration."""

    def run(keras):
        made = find(keras, f"{space}.{name}")(**arguments)
        written = find(keras, f"{space}.serialize")(made)
        return {"serialized": text("", written)}

    CASES.add(f"{space}.serialize of {name}", run, f"{space}.serialize")


serialized("layers", "Dense", units=3)
serialized("losses", "MeanSquaredError")
serialized("metrics", "Precision")
serialized("optimizers", "Adam")
serialized("initializers", "HeNormal")
serialized("regularizers", "L2")
serialized("constraints", "MaxNorm")


@CASES.case("layers.serialize")
def whole_models(keras):
    """The configurations of a Sequential and of a Functional model."""
    dense = keras.layers.Dense
    inputs = keras.Input((4,), name="in")
    hidden = dense(3, name="hidden")(inputs)
    outputs = keras.layers.Add(name="sum")([hidden, dense(3, name="other")(inputs)])
    models = {
        "functional": keras.Model(inputs, outputs, name="f"),
        "sequential": keras.Sequential([inputs, dense(3, name="a")], name="s"),
        "unbuilt": keras.Sequential([dense(3, name="a")], name="u"),
    }
    return {name: text("", model.get_config()) for name, model in models.items()}


@CASES.case("layers.serialize")
def build_configs(keras):
    """What a built layer adds to its configuration."""
    layer = keras.layers.Dense(3, name="a")
    layer.build((None, 4))
    return text("", layer.get_build_config()), text("", keras.layers.serialize(layer))
