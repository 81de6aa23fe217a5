"""keras.metrics: results after each of several updates, the state, and after a reset."""

import numpy as np

from tests.golden.harness import (
    Cases,
    bools,
    describe,
    find,
    frozen,
    integers,
    map_arrays,
    positive,
    probabilities,
    real,
    record,
    tensor_of,
    uniform,
    words,
)

CASES = Cases("metrics")

WEIGHT = np.array([0.5, 0.0, 2.0, 1.0, 1.5, 0.3], "float32")


def pairs(make_true, make_pred) -> list[tuple]:
    """Three updates: two plain, one weighted by row."""
    drawn = [(make_true(seed), make_pred(seed + 10)) for seed in range(3)]
    return [drawn[0], drawn[1], (*drawn[2], WEIGHT)]


def metric(name: str, updates: list[tuple], **config) -> None:
    """A case: the result after every update, the variables, and the result after a reset."""

    def run(keras):
        made = find(keras, f"metrics.{name}")(**config)
        results = []
        for update in updates:
            made.update_state(*map_arrays(lambda array: tensor_of(keras, array), update))
            results.append(frozen(keras, made.result()))
        found = record(keras, "result", results)
        found |= record(keras, "state", [[v.name for v in made.variables], *made.variables])
        made.reset_state()
        return found | record(keras, "reset", made.result())

    title = describe((), config)
    CASES.add(f"{name}{title} {describe(updates[-1], {})}", run, f"metrics.{name}")


def function(name: str, *args, **arguments) -> None:
    """A case of a metric function."""
    CASES.call(f"metrics.{name}", *args, _gradient=False, **arguments)


REALS = pairs(lambda s: real(6, 3, seed=s), lambda s: real(6, 3, seed=s))
POSITIVES = pairs(lambda s: positive(6, 3, seed=s), lambda s: positive(6, 3, seed=s))
BITS = pairs(lambda s: bools(6, 3, seed=s).astype("float32"), lambda s: uniform(0, 1, 6, 3, seed=s))
SIGNED = pairs(lambda s: bools(6, 3, seed=s) * 2.0 - 1.0, lambda s: real(6, 3, seed=s))
SIGNED = [(t.astype("float32"), *rest) for t, *rest in SIGNED]
ROWS = pairs(lambda s: probabilities(6, 3, seed=s), lambda s: probabilities(6, 3, seed=s))
ONE_HOT = pairs(
    lambda s: np.eye(3, dtype="float32")[integers(0, 3, 6, seed=s)],
    lambda s: probabilities(6, 3, seed=s),
)
SPARSE = pairs(lambda s: integers(0, 3, 6, seed=s), lambda s: probabilities(6, 3, seed=s))
WHOLE = pairs(lambda s: integers(0, 3, 6, seed=s), lambda s: integers(0, 3, 6, seed=s))
FLAT = [(t[:, 0], p[:, 0], *w) for t, p, *w in BITS]

# --- means and sums -------------------------------------------------------------------------------

for name in ("Mean", "Sum"):
    metric(name, [(real(6),), (real(6, 3), WEIGHT), (2.0,), (real(4), 0.5)])
    metric(name, [(integers(0, 9, 6),), (bools(6),)])
metric("Mean", [(real(2, 3, 4), positive(2, 3))])
metric("MeanMetricWrapper", REALS, fn=lambda y_true, y_pred: abs(y_true - y_pred) ** 3)

# --- by a function of each row --------------------------------------------------------------------

for name in words("MeanSquaredError MeanAbsoluteError RootMeanSquaredError LogCoshError"):
    metric(name, REALS)
metric("MeanSquaredError", [(integers(0, 3, 6), real(6, 1))])
for name in words("MeanAbsolutePercentageError MeanSquaredLogarithmicError Poisson"):
    metric(name, POSITIVES)
metric("CosineSimilarity", REALS)
metric("CosineSimilarity", REALS[:2], axis=0)
metric("PearsonCorrelation", REALS)
metric("ConcordanceCorrelation", REALS)
metric("PearsonCorrelation", REALS[:2], axis=0)
metric("ConcordanceCorrelation", REALS[:2], axis=0)
for name in words("Hinge SquaredHinge CategoricalHinge"):
    metric(name, SIGNED)
metric("Hinge", BITS)
metric("KLDivergence", ROWS)
metric("BinaryCrossentropy", BITS)
metric("BinaryCrossentropy", BITS, from_logits=True, label_smoothing=0.2)
metric("CategoricalCrossentropy", ONE_HOT)
metric("CategoricalCrossentropy", ONE_HOT, from_logits=True, label_smoothing=0.2)
metric("CategoricalCrossentropy", ROWS[:2], axis=0)
metric("SparseCategoricalCrossentropy", SPARSE)
metric("SparseCategoricalCrossentropy", SPARSE, from_logits=True, ignore_class=1)

# --- accuracies -----------------------------------------------------------------------------------

metric("Accuracy", WHOLE)
metric("Accuracy", [(integers(0, 2, 6, 2), integers(0, 2, 6, 2, seed=1), WEIGHT)])
metric("BinaryAccuracy", BITS)
metric("BinaryAccuracy", BITS, threshold=0.3)
metric("BinaryAccuracy", FLAT)
metric("CategoricalAccuracy", ONE_HOT)
metric("SparseCategoricalAccuracy", SPARSE)
metric("SparseCategoricalAccuracy", [(t[:, None], p, *w) for t, p, *w in SPARSE])
metric("SparseCategoricalAccuracy", [(integers(0, 4, 2, 3), probabilities(2, 3, 4))])
for k in (1, 2):
    metric("TopKCategoricalAccuracy", ONE_HOT, k=k)
    metric("SparseTopKCategoricalAccuracy", SPARSE, k=k)
SORTED = [(t, np.argsort(-p, axis=1).astype("int32"), *w) for t, p, *w in SPARSE]
metric("SparseTopKCategoricalAccuracy", SORTED, k=2, from_sorted_ids=True)

# --- confusion ------------------------------------------------------------------------------------

for name in words("TruePositives TrueNegatives FalsePositives FalseNegatives Precision Recall"):
    metric(name, BITS)
    metric(name, BITS, thresholds=[0.2, 0.5, 0.8])
    metric(name, FLAT, thresholds=0.3)
for name in ("Precision", "Recall"):
    metric(name, BITS, top_k=2)
    metric(name, BITS, class_id=1)
    metric(name, BITS, class_id=1, thresholds=[0.3, 0.6])
    metric(name, BITS[:2], top_k=1, class_id=2)
    metric(name, [(np.zeros(4, "float32"), np.zeros(4, "float32"))])
CURVES = {
    "PrecisionAtRecall": {"recall": 0.6},
    "RecallAtPrecision": {"precision": 0.6},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}
for name, config in CURVES.items():
    metric(name, BITS, **config)
    metric(name, BITS, **config, num_thresholds=10)
    metric(name, BITS, **config, class_id=1)
    metric(name, BITS, **{key: 0.99 for key in config})
for curve in ("ROC", "PR"):
    for method in ("interpolation", "minoring", "majoring"):
        metric("AUC", BITS, curve=curve, summation_method=method, num_thresholds=20)
metric("AUC", BITS)
metric("AUC", BITS, curve="PR")
metric("AUC", FLAT, thresholds=[0.1, 0.45, 0.8])
metric("AUC", BITS, multi_label=True, num_thresholds=20)
metric("AUC", BITS, multi_label=True, num_labels=3, label_weights=[0.5, 1.0, 2.0], num_thresholds=9)
LOGITS = [(t, p * 6 - 3, *w) for t, p, *w in BITS]
metric("AUC", LOGITS, from_logits=True, num_thresholds=20)
metric("AUC", [(np.ones(4, "float32"), uniform(0, 1, 4))], num_thresholds=10)

# --- F scores, R2 ---------------------------------------------------------------------------------

for average in (None, "micro", "macro", "weighted"):
    metric("F1Score", ONE_HOT, average=average)
    metric("F1Score", BITS, average=average, threshold=0.5)
    metric("FBetaScore", ONE_HOT, average=average, beta=2.0)
metric("FBetaScore", BITS, beta=0.5, threshold=0.4)
for aggregation in (None, "uniform_average", "variance_weighted_average"):
    metric("R2Score", REALS, class_aggregation=aggregation)
metric("R2Score", REALS, num_regressors=2)
metric("R2Score", [(t[:, :1], p[:, :1], *w) for t, p, *w in REALS])

# --- intersection over union ----------------------------------------------------------------------

metric("IoU", WHOLE, num_classes=3, target_class_ids=[0])
metric("IoU", WHOLE, num_classes=3, target_class_ids=[0, 2], ignore_class=1)
metric("IoU", SPARSE, num_classes=3, target_class_ids=[1], sparse_y_pred=False)
metric("MeanIoU", WHOLE, num_classes=3)
metric("MeanIoU", WHOLE, num_classes=4, ignore_class=0)
metric("MeanIoU", ONE_HOT, num_classes=3, sparse_y_true=False, sparse_y_pred=False)
metric("MeanIoU", [(integers(0, 3, 2, 4, 4), integers(0, 3, 2, 4, 4, seed=1))], num_classes=3)
metric("BinaryIoU", FLAT)
metric("BinaryIoU", FLAT, target_class_ids=[1], threshold=0.3)
metric("OneHotIoU", ONE_HOT, num_classes=3, target_class_ids=[0, 2])
sorted_ids = [(t, integers(0, 3, 6, seed=i), *w) for i, (t, _, *w) in enumerate(ONE_HOT)]
metric("OneHotIoU", sorted_ids, num_classes=3, target_class_ids=[0], sparse_y_pred=True)
metric("OneHotMeanIoU", ONE_HOT, num_classes=3)
metric("OneHotMeanIoU", ONE_HOT, num_classes=3, ignore_class=1)

# --- functions ------------------------------------------------------------------------------------

for name in words("""huber log_cosh mean_absolute_error mean_squared_error pearson_correlation
concordance_correlation"""):
    function(name, real(3, 4), real(3, 4, seed=1))
for name in words("""kl_divergence mean_absolute_percentage_error mean_squared_logarithmic_error
poisson"""):
    function(name, positive(3, 4), positive(3, 4, seed=1))
for name in words("hinge squared_hinge categorical_hinge"):
    function(name, SIGNED[0][0], real(6, 3))
for name in words("binary_crossentropy binary_focal_crossentropy binary_accuracy"):
    function(name, *BITS[0])
function("binary_accuracy", *BITS[0], threshold=0.3)
for name in words("categorical_crossentropy categorical_focal_crossentropy categorical_accuracy"):
    function(name, *ONE_HOT[0])
function("top_k_categorical_accuracy", *ONE_HOT[0], k=2)
for name in words("sparse_categorical_crossentropy sparse_categorical_accuracy"):
    function(name, *SPARSE[0])
function("sparse_top_k_categorical_accuracy", *SPARSE[0], k=2)
WIDE = probabilities(6, 7)
function("sparse_top_k_categorical_accuracy", integers(0, 7, 6), WIDE)
function("top_k_categorical_accuracy", np.eye(7, dtype="float32")[integers(0, 7, 6)], WIDE)


@CASES.case("metrics.get", "metrics.serialize", "metrics.deserialize", "metrics.Metric")
def identifiers(keras):
    """Strings, configurations there and back, a metric of one's own, calling a metric."""
    found: list[str] = []
    for name in ("mse", "mae", "binary_accuracy", "mean_squared_error", "MeanIoU", "huber"):
        try:
            got = keras.metrics.get(name)
            found.append(getattr(got, "__name__", type(got).__name__))
        except (TypeError, ValueError):
            found.append("refused")

    class Count(keras.metrics.Metric):
        def __init__(self, name="count", **kwargs):
            super().__init__(name=name, **kwargs)
            self.count = self.add_variable(shape=(), initializer="zeros", name="count")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.count.assign_add(keras.ops.sum(keras.ops.cast(y_true > y_pred, "float32")))

        def result(self):
            return self.count

    pair = [tensor_of(keras, array) for array in REALS[0]]
    own = Count()
    called = [frozen(keras, own(*pair)) for _ in range(2)]
    config = keras.metrics.serialize(keras.metrics.Precision(0.3, name="precision_8"))
    again = keras.metrics.deserialize(config)
    value = again(*(tensor_of(keras, array) for array in FLAT[0]))
    return [found, called, value, again.name, config["class_name"], len(own.variables)]
