"""A small model compiled with every optimizer, every schedule, every loss and every metric."""

from typing import Any

import numpy as np

from tests.golden.harness import bools, find, integers, positive, probabilities, real, words
from tests.saving.interchange.exchange import Row

OPTIMIZERS: dict[str, Row] = {}
SCHEDULES: dict[str, Row] = {}
LOSSES: dict[str, Row] = {}
METRICS: dict[str, Row] = {}

X = real(12, 4)
Y = (X @ real(4, 3, seed=1) + 0.3).astype("float32")
ROWS = probabilities(12, 3)
ONE_HOT = np.eye(3, dtype="float32")[integers(0, 3, 12)]
CLASSES = integers(0, 3, 12)
BITS = bools(12, 3).astype("float32")
SIGNS = BITS * 2 - 1


def model(keras: Any, activation: Any = None, units: int = 3) -> Any:
    """Two dense layers with three outputs."""
    dense = keras.layers.Dense
    hidden = dense(5, activation="tanh")
    return keras.Sequential([keras.Input((4,)), hidden, dense(units, activation=activation)])


# --- optimizers -----------------------------------------------------------------------------------


def optimizer(name: str, title: str = "", _how: Any = None, **config: Any) -> None:
    """A row: the optimizer with these arguments."""

    def make(keras: Any) -> Any:
        made = model(keras)
        made.compile(find(keras, f"optimizers.{name}")(**config), "mse")
        return made

    title = f"{name} {title}".strip()
    OPTIMIZERS[title] = Row("optimizers", title, make, X, Y, **(_how or {}))


LIMITS: dict[str, dict[str, Any]] = {
    "Adafactor": {"without": {"h5": "Keras gives two of its variables one name"}},
    "Lamb": {"unread": {"h5": "Keras does not know the name in .h5 files"}},
    # On PyTorch Keras overwrites a value that the step still needs.
    "ScheduleFreeAdamW": {"trains": False},
}
for name in words(
    """Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Nadam RMSprop SGD
    ScheduleFreeAdamW Muon Lion"""
):
    optimizer(name, _how=LIMITS.get(name), learning_rate=0.01)
optimizer("SGD", "momentum", learning_rate=0.05, momentum=0.9, nesterov=True)
optimizer("RMSprop", "centered", learning_rate=0.01, momentum=0.5, centered=True)
optimizer("Adam", "amsgrad", learning_rate=0.01, amsgrad=True, clipnorm=0.5)
optimizer(
    "Adam",
    "averaged",
    learning_rate=0.01,
    use_ema=True,
    ema_momentum=0.8,
    ema_overwrite_frequency=4,
)
optimizer("Adam", "accumulating", learning_rate=0.01, gradient_accumulation_steps=2)
optimizer("AdamW", "decay", learning_rate=0.01, weight_decay=0.1, global_clipnorm=1.0)


def made_by(title: str, make_optimizer: Any) -> None:
    """A row: the optimizer that ``keras -> optimizer`` makes."""

    def make(keras: Any) -> Any:
        made = model(keras)
        made.compile(make_optimizer(keras), "mse")
        return made

    unread = {"h5": "Keras leaves out the inner optimizer's state"}
    OPTIMIZERS[title] = Row("optimizers", title, make, X, Y, unread=unread)


made_by(
    "LossScaleOptimizer",
    lambda keras: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Adam(0.01), initial_scale=64.0
    ),
)

# --- schedules ------------------------------------------------------------------------------------


def schedule(name: str, **config: Any) -> None:
    """A row: SGD with the schedule."""

    def make(keras: Any) -> Any:
        made = model(keras)
        rate = find(keras, f"optimizers.schedules.{name}")(**config)
        made.compile(keras.optimizers.SGD(rate, momentum=0.5), "mse")
        return made

    SCHEDULES[name] = Row("schedules", name, make, X, Y)


DECAY = {"initial_learning_rate": 0.05, "decay_steps": 10}
schedule("CosineDecay", **DECAY, warmup_target=0.08, warmup_steps=3)
schedule("CosineDecayRestarts", initial_learning_rate=0.05, first_decay_steps=5)
schedule("ExponentialDecay", **DECAY, decay_rate=0.5)
schedule("InverseTimeDecay", **DECAY, decay_rate=0.5, staircase=True)
schedule("PiecewiseConstantDecay", boundaries=[4, 8], values=[0.05, 0.02, 0.01])
schedule("PolynomialDecay", **DECAY, power=2.0, cycle=True)

# --- losses ---------------------------------------------------------------------------------------


def loss(name: str, y: np.ndarray, activation: Any = None, _how: Any = None, **config: Any) -> None:
    """A row: the loss with these arguments, for these targets."""

    def make(keras: Any) -> Any:
        made = model(keras, activation)
        made.compile(keras.optimizers.SGD(0.05), find(keras, f"losses.{name}")(**config))
        return made

    LOSSES[name] = Row("losses", name, make, X, y, **(_how or {}))


loss("MeanSquaredError", Y, reduction="sum")
loss("MeanAbsoluteError", Y)
loss("MeanAbsolutePercentageError", positive(12, 3))
loss("MeanSquaredLogarithmicError", positive(12, 3), "softplus")
loss("CosineSimilarity", Y)
loss("Huber", Y)
loss("LogCosh", Y)
loss("Hinge", SIGNS)
loss("SquaredHinge", SIGNS)
loss("CategoricalHinge", ONE_HOT)
loss("KLDivergence", ROWS, "softmax")
loss("Poisson", positive(12, 3), "softplus")
loss("BinaryCrossentropy", BITS, from_logits=True, label_smoothing=0.1)
loss("BinaryFocalCrossentropy", BITS, "sigmoid", gamma=1.5, apply_class_balancing=True)
loss("CategoricalCrossentropy", ONE_HOT, from_logits=True, label_smoothing=0.1)
loss("CategoricalFocalCrossentropy", ONE_HOT, "softmax", gamma=1.5)
loss("SparseCategoricalCrossentropy", CLASSES, from_logits=True, ignore_class=1)
UNKNOWN = {"unread": {"h5": "Keras does not know the name in .h5 files"}}
loss("CategoricalGeneralizedCrossEntropy", CLASSES, "softmax", UNKNOWN, q=0.6)
loss("Dice", BITS, "sigmoid", axis=1)
loss("Tversky", BITS, "sigmoid", alpha=0.3, beta=0.7)
loss("Circle", CLASSES, gamma=4.0)


def make_ctc(keras: Any) -> Any:
    """Steps of logits for labels of two letters."""
    made = keras.Sequential([keras.Input((5, 4)), keras.layers.Dense(4)])
    made.compile(keras.optimizers.SGD(0.05), keras.losses.CTC())
    return made


LOSSES["CTC"] = Row("losses", "CTC", make_ctc, real(4, 5, 4), integers(1, 4, 4, 2))

# --- metrics --------------------------------------------------------------------------------------


def metric(name: str, y: np.ndarray, activation: Any = None, **config: Any) -> None:
    """A row: the metric with these arguments, for these targets."""

    def make(keras: Any) -> Any:
        made = model(keras, activation)
        made.compile("sgd", "mse", metrics=[find(keras, f"metrics.{name}")(**config, name="own")])
        return made

    METRICS[name] = Row("metrics", name, make, X, y)


for name in words(
    """MeanSquaredError MeanAbsoluteError RootMeanSquaredError LogCoshError CosineSimilarity
    R2Score PearsonCorrelation ConcordanceCorrelation"""
):
    metric(name, Y)
for name in ("MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Poisson"):
    metric(name, positive(12, 3), "softplus")
for name in ("Hinge", "SquaredHinge"):
    metric(name, SIGNS)
metric("CategoricalHinge", ONE_HOT)
metric("KLDivergence", ROWS, "softmax")
metric("BinaryCrossentropy", BITS, from_logits=True)
metric("CategoricalCrossentropy", ONE_HOT, "softmax", label_smoothing=0.1)
metric("Accuracy", BITS)
metric("BinaryAccuracy", BITS, "sigmoid", threshold=0.4)
metric("CategoricalAccuracy", ONE_HOT)
metric("TopKCategoricalAccuracy", ONE_HOT, k=2)
metric("F1Score", ONE_HOT, "softmax", average="macro")
metric("FBetaScore", ONE_HOT, "softmax", beta=0.5)
for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"):
    metric(name, BITS, "sigmoid", thresholds=[0.3, 0.6])
metric("Precision", BITS, "sigmoid", thresholds=0.4, class_id=1)
metric("Recall", BITS, "sigmoid", top_k=2)
metric("AUC", BITS, "sigmoid", num_thresholds=20, curve="PR", multi_label=True, num_labels=3)
metric("PrecisionAtRecall", BITS, "sigmoid", recall=0.5, num_thresholds=20)
metric("RecallAtPrecision", BITS, "sigmoid", precision=0.5, num_thresholds=20)
metric("SensitivityAtSpecificity", BITS, "sigmoid", specificity=0.5, num_thresholds=20)
metric("SpecificityAtSensitivity", BITS, "sigmoid", sensitivity=0.5, num_thresholds=20)
metric("BinaryIoU", BITS, "sigmoid", threshold=0.4)
metric("OneHotIoU", ONE_HOT, "softmax", num_classes=3, target_class_ids=[0, 2])
metric("OneHotMeanIoU", ONE_HOT, "softmax", num_classes=3)


def counting(name: str, loss_name: str, y: Any, activation: Any, units: int, **config: Any) -> None:
    """A row for a metric of whole-number targets."""

    def make(keras: Any) -> Any:
        made = model(keras, activation, units)
        own = find(keras, f"metrics.{name}")(**config, name="own")
        made.compile("sgd", loss_name, metrics=[own])
        return made

    METRICS[name] = Row("metrics", name, make, X, y)


for name, config in (
    ("SparseCategoricalCrossentropy", {}),
    ("SparseCategoricalAccuracy", {}),
    ("SparseTopKCategoricalAccuracy", {"k": 2}),
):
    counting(name, "sparse_categorical_crossentropy", CLASSES, "softmax", 3, **config)
WHOLE = integers(0, 2, 12, 1)
counting("MeanIoU", "mse", WHOLE, "sigmoid", 1, num_classes=2)
counting("IoU", "mse", WHOLE, "sigmoid", 1, num_classes=2, target_class_ids=[0])


def own_metric(title: str, make_metric: Any) -> None:
    """A row for a metric made by ``keras -> metric``."""

    def make(keras: Any) -> Any:
        made = model(keras)
        made.compile("sgd", "mse", weighted_metrics=[make_metric(keras)])
        return made

    METRICS[title] = Row("metrics", title, make, X, Y)


own_metric(
    "MeanMetricWrapper",
    lambda keras: keras.metrics.MeanMetricWrapper(keras.metrics.mean_squared_error, name="own"),
)
LEFT_OUT = {
    "Mean": "has no targets: no argument of compile",
    "Sum": "has no targets: no argument of compile",
    "Metric": "a base class",
    "Loss": "a base class",
    "LossFunctionWrapper": "a base class",
    "Optimizer": "a base class",
    "LearningRateSchedule": "a base class",
    "MultiOptimizer": "chooses variables by functions or names of one run, which no file keeps",
    "OptimizerMap": "chooses variables by functions or names of one run, which no file keeps",
}
