"""keras.losses: functions and classes; reductions, weights, smoothing, the edges of chance."""

import numpy as np

from tests.golden.harness import (
    Cases,
    bools,
    describe,
    differentiate,
    find,
    integers,
    map_arrays,
    positive,
    probabilities,
    real,
    record,
    tensor_of,
    uniform,
)

CASES = Cases("losses")
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)

TRUE, PRED = real(3, 4), real(3, 4, seed=1)
SIGNS = np.where(bools(3, 4), 1.0, -1.0).astype("float32")
BITS = bools(3, 4).astype("float32")
CHANCE = uniform(0, 1, 3, 4)
ROWS, GUESSES = probabilities(3, 4), probabilities(3, 4, seed=1)
ONE_HOT = np.eye(4, dtype="float32")[[0, 2, 1]]
CLASSES = np.array([0, 2, 1], "int32")
CERTAIN = np.array([[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.5, 1.0]], "float32")

# Each loss: its function, and targets and predictions of its kind.
KINDS = {
    "MeanSquaredError": ("mean_squared_error", TRUE, PRED),
    "MeanAbsoluteError": ("mean_absolute_error", TRUE, PRED),
    "MeanAbsolutePercentageError": ("mean_absolute_percentage_error", positive(3, 4), PRED),
    "MeanSquaredLogarithmicError": ("mean_squared_logarithmic_error", positive(3, 4), CHANCE),
    "CosineSimilarity": ("cosine_similarity", TRUE, PRED),
    "Huber": ("huber", TRUE * 2, PRED),
    "LogCosh": ("log_cosh", TRUE, PRED),
    "Hinge": ("hinge", SIGNS, PRED),
    "SquaredHinge": ("squared_hinge", SIGNS, PRED),
    "CategoricalHinge": ("categorical_hinge", ONE_HOT, PRED),
    "KLDivergence": ("kl_divergence", ROWS, GUESSES),
    "Poisson": ("poisson", positive(3, 4), positive(3, 4, seed=1)),
    "BinaryCrossentropy": ("binary_crossentropy", BITS, CHANCE),
    "BinaryFocalCrossentropy": ("binary_focal_crossentropy", BITS, CHANCE),
    "CategoricalCrossentropy": ("categorical_crossentropy", ONE_HOT, GUESSES),
    "CategoricalFocalCrossentropy": ("categorical_focal_crossentropy", ONE_HOT, GUESSES),
    "SparseCategoricalCrossentropy": ("sparse_categorical_crossentropy", CLASSES, GUESSES),
    "CategoricalGeneralizedCrossEntropy": (None, CLASSES, GUESSES),
    "Dice": ("dice", BITS.reshape(3, 2, 2, 1), CHANCE.reshape(3, 2, 2, 1)),
    "Tversky": ("tversky", BITS.reshape(3, 2, 2, 1), CHANCE.reshape(3, 2, 2, 1)),
}
WHOLE = ("Dice", "Tversky")  # one number for the batch unless an axis is given


def loss(name: str, true, pred, weight=None, **config) -> None:
    """A case of a loss class: value, and gradient by the predictions."""

    def run(keras):
        made = find(keras, f"losses.{name}")(**config)
        fixed = map_arrays(lambda array: tensor_of(keras, array), [true, weight])

        def forward(y_pred):
            return made(fixed[0], y_pred, sample_weight=fixed[1])

        outputs, slopes = differentiate(keras, forward, [pred])
        return record(keras, "out", outputs) | slopes

    weighted = {} if weight is None else {"weight": weight}
    CASES.add(f"{name}{describe((true, pred), config | weighted)}", run, f"losses.{name}")


def function(name: str, true, pred, **arguments) -> None:
    """A case of a loss function: value, and gradient by the predictions."""
    CASES.call(f"losses.{name}", true, pred, _gradient=(1,), **arguments)


for name, (short, true, pred) in KINDS.items():
    loss(name, true, pred)
    for reduction in REDUCTIONS[1:]:
        loss(name, true, pred, reduction=reduction)
    if name not in WHOLE:
        weight = np.array([0.5, 0.0, 2.0], "float32")
        for reduction in REDUCTIONS:
            loss(name, true, pred, weight, reduction=reduction)
        loss(name, true, pred, weight[:, None])
    if short:
        function(short, true, pred)
for name, (_, true, pred) in KINDS.items():
    if name not in WHOLE and "ategorical" not in name:
        volume = [np.stack([array, array[::-1]], 1) for array in (true, pred)]
        loss(name, *volume)
        loss(name, *volume, np.array([[0.5, 1.0], [2.0, 0.0], [1.0, 3.0]], "float32"))
loss("MeanSquaredError", integers(0, 3, 3, 4), PRED)
loss("MeanSquaredError", np.array([1.0, 2.0, 3.0], "float32"), PRED[:, :1])
loss("MeanAbsoluteError", TRUE[:, 0], PRED[:, :1])

# --- parameters -----------------------------------------------------------------------------------

for delta in (0.5, 2.0):
    loss("Huber", TRUE * 2, PRED, delta=delta)
    function("huber", TRUE * 2, PRED, delta=delta)
loss("CosineSimilarity", TRUE, PRED, axis=0)
function("cosine_similarity", np.zeros((2, 3), "float32"), PRED[:2, :3])
function("log_cosh", TRUE * 50, PRED)
loss("Hinge", BITS, PRED)  # zeros count as minus ones
loss("SquaredHinge", BITS, PRED)
for name in ("BinaryCrossentropy", "BinaryFocalCrossentropy"):
    loss(name, BITS, PRED, from_logits=True)
    loss(name, BITS, CHANCE, label_smoothing=0.2)
    loss(name, BITS, PRED, from_logits=True, label_smoothing=0.2)
    loss(name, BITS, CHANCE, axis=0)
    loss(name, BITS, CERTAIN)
    loss(name, BITS, PRED * 50, from_logits=True)
    loss(name, bools(3, 4), CHANCE)
function("binary_crossentropy", BITS, PRED, from_logits=True, label_smoothing=0.1)
for arguments in (
    {"gamma": 1.0},
    {"apply_class_balancing": True},
    {"apply_class_balancing": True, "alpha": 0.6, "gamma": 3.0, "from_logits": True},
):
    values = PRED if arguments.get("from_logits") else CHANCE
    loss("BinaryFocalCrossentropy", BITS, values, **arguments)
    function("binary_focal_crossentropy", BITS, values, **arguments)
for name in ("CategoricalCrossentropy", "CategoricalFocalCrossentropy"):
    loss(name, ROWS, PRED, from_logits=True)
    loss(name, ONE_HOT, GUESSES, label_smoothing=0.2)
    loss(name, ONE_HOT, PRED, from_logits=True, label_smoothing=0.2)
    loss(name, ONE_HOT, PRED * 50, from_logits=True)
    loss(name, ONE_HOT, CERTAIN)
    loss(name, probabilities(2, 4, 3), probabilities(2, 4, 3, seed=1), axis=1)
    loss(name, probabilities(2, 3, 4), real(2, 3, 4), from_logits=True)
for arguments in ({"alpha": 0.6}, {"gamma": 1.0}, {"alpha": [0.1, 0.2, 0.3, 0.4]}):
    loss("CategoricalFocalCrossentropy", ONE_HOT, GUESSES, **arguments)
    function("categorical_focal_crossentropy", ONE_HOT, GUESSES, **arguments)
loss("SparseCategoricalCrossentropy", CLASSES, PRED, from_logits=True)
loss("SparseCategoricalCrossentropy", CLASSES[:, None], PRED, from_logits=True)
loss("SparseCategoricalCrossentropy", CLASSES.astype("float32"), GUESSES)
loss("SparseCategoricalCrossentropy", CLASSES, CERTAIN)
for ignored in (2, -1):
    labels = np.array([[0, 2, 1], [ignored, 3, 0]], "int32")
    loss(
        "SparseCategoricalCrossentropy",
        labels,
        real(2, 3, 4),
        from_logits=True,
        ignore_class=ignored,
    )
    arguments = {"from_logits": True, "ignore_class": ignored}
    function("sparse_categorical_crossentropy", labels, real(2, 3, 4), **arguments)
loss("SparseCategoricalCrossentropy", integers(0, 4, 2, 3), probabilities(2, 3, 4))
function(
    "sparse_categorical_crossentropy", integers(0, 3, 2, 4), real(2, 3, 4), axis=1, from_logits=True
)
for q in (0.2, 0.9):
    loss("CategoricalGeneralizedCrossEntropy", CLASSES, GUESSES, q=q)
    function("categorical_generalized_cross_entropy", CLASSES, GUESSES, q=q)
MASKS = BITS.reshape(3, 2, 2, 1), CHANCE.reshape(3, 2, 2, 1)
for axis in (None, (1, 2, 3), (1, 2)):
    loss("Dice", *MASKS, axis=axis)
    loss("Tversky", *MASKS, axis=axis, alpha=0.3, beta=0.7)
    function("dice", *MASKS, axis=axis)
    function("tversky", *MASKS, alpha=0.3, beta=0.7, axis=axis)
loss("Dice", *MASKS, np.array([0.5, 1.0, 2.0], "float32"), axis=(1, 2, 3))
LABELS = np.array([[1, 2, 0, 0], [3, 3, 1, 0]], "int32")
loss("CTC", LABELS, real(2, 9, 4))
for reduction in ("none", "sum"):
    loss("CTC", LABELS, real(2, 9, 4), reduction=reduction)
function("ctc", LABELS, real(2, 9, 4))
NEAR = real(5, 3)
NEAR /= np.linalg.norm(NEAR, axis=1, keepdims=True)
GROUPS = np.array([0, 1, 0, 2, 1], "int32")
exact = {"_tolerance": 1e-4, "_because": "a scale of 80 inside a logarithm of exponentials"}
loss("Circle", GROUPS, NEAR, gamma=4.0)
loss("Circle", GROUPS, NEAR, gamma=2.0, margin=0.1, remove_diagonal=False)
loss("Circle", GROUPS, NEAR, gamma=4.0, reduction="none")
CASES.call("losses.circle", GROUPS, NEAR, _gradient=(1,), gamma=4.0)
CASES.call("losses.circle", GROUPS, NEAR, _gradient=(1,), **exact)
references = {"ref_labels": GROUPS[:3], "ref_embeddings": NEAR[:3], "remove_diagonal": False}
CASES.call("losses.circle", GROUPS[3:], NEAR[3:], _gradient=(1,), gamma=4.0, **references)


# --- functions on more axes -----------------------------------------------------------------------

for name, (short, true, pred) in KINDS.items():
    if short and name not in WHOLE:
        function(short, *(np.stack([array, array[::-1]], 1) for array in (true, pred)))
function("mean_squared_error", integers(0, 3, 3, 4), PRED)
function("mean_absolute_error", integers(0, 3, 3, 4), PRED)
function("hinge", BITS, PRED)
function("squared_hinge", BITS, PRED)
function("cosine_similarity", TRUE, PRED, axis=0)
function("categorical_crossentropy", ONE_HOT, PRED, from_logits=True, label_smoothing=0.2)
function("categorical_crossentropy", ROWS, GUESSES, axis=0)
function("ctc", LABELS, real(2, 5, 6, seed=3))


@CASES.case("losses.get", "losses.serialize", "losses.deserialize", "losses.Loss")
def identifiers(keras):
    """Strings, configurations there and back, a loss of one's own."""
    names = [short for short, *_ in KINDS.values() if short] + ["mse", "MAE", "bce", "kld", "mape"]
    found = [
        getattr(keras.losses.get(n), "__name__", type(keras.losses.get(n)).__name__) for n in names
    ]
    pair = [tensor_of(keras, array) for array in (TRUE, PRED)]
    config = keras.losses.serialize(keras.losses.Tversky(alpha=0.3, reduction="sum"))

    class Cubes(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** 3, axis=-1)

    again = keras.losses.deserialize(config)(*pair)
    return [found, again, Cubes()(*pair), Cubes(reduction="none")(*pair), config["class_name"]]


@CASES.case("losses.MeanSquaredError", "losses.SparseCategoricalCrossentropy")
def masked_predictions(keras):
    """A mask carried by the predictions leaves steps out of the loss."""
    inputs = keras.Input((4, 3))
    outputs = keras.layers.Dense(2)(keras.layers.Masking()(inputs))
    model = keras.Model(inputs, outputs)
    model.set_weights([real(3, 2), real(2)])
    x = real(2, 4, 3)
    x[0, 2:] = x[1, 3] = 0.0
    found = {}
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
        model.compile("sgd", keras.losses.MeanSquaredError(reduction=reduction))
        found[reduction] = model.evaluate(x, real(2, 4, 2), verbose=0)
    return {key: np.float32(value) for key, value in found.items()}
