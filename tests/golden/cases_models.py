"""Small models trained for a few steps from fixed weights: History, weights after, predictions.

Data is never shuffled; what trains has no chance in it. Targets and weights come in every form that
``fit`` takes. More than one step per execution has no case: Keras refuses it on torch.
"""

import numpy as np

from tests.golden.harness import (
    Cases,
    bools,
    frozen,
    integers,
    real,
    record,
    tensor_of,
    to_numpy,
    uniform,
)
from tests.golden.layer_case import set_weights

CASES = Cases("models")
HOW = {"tolerance": 1e-4, "because": "rounding adds up over some twenty steps of training"}

X = real(20, 4)
Y = (X @ real(4, 1, seed=1) + 0.3).astype("float32")
LABELS = integers(0, 3, 20)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
BITS = bools(20, 1).astype("float32")
WEIGHTS = uniform(0.1, 2.0, 20)
IMAGES = real(12, 6, 6, 2)
PLAIN = {"epochs": 3, "batch_size": 6, "shuffle": False, "verbose": 0}


def sequential(keras, *layers, shape=(4,)):
    """A Sequential model with fixed weights."""
    model = keras.Sequential([keras.Input(shape), *layers])
    set_weights(model)
    return model


def mlp(keras, outputs: int = 1, activation: str | None = None):
    """Two dense layers."""
    dense = keras.layers.Dense
    return sequential(keras, dense(5, activation="tanh"), dense(outputs, activation=activation))


def trained(keras, model, *data, **arguments) -> dict:
    """The History's columns, the weights after training, and the optimizer's count of steps."""
    history = model.fit(*data, **{**PLAIN, **arguments}).history
    columns = {key: np.asarray(history[key], "float32") for key in sorted(history)}
    return {
        "history": columns,
        "weights": frozen(keras, list(model.weights)),
        "steps": int(model.optimizer.iterations),
    }


def evaluated(keras, model, *data, **arguments) -> dict:
    """``evaluate`` as a dict of float32."""
    found = model.evaluate(*data, verbose=0, return_dict=True, **arguments)
    return {key: np.float32(value) for key, value in sorted(found.items())}


# --- one input, one output ------------------------------------------------------------------------


@CASES.case("optimizers.SGD", "losses.MeanSquaredError", **HOW)
def regression(keras):
    model = mlp(keras)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse", metrics=["mae"])
    fitted = trained(keras, model, X, Y)
    return [fitted, model.predict(X[:7], verbose=0, batch_size=3), evaluated(keras, model, X, Y)]


@CASES.case("optimizers.Adam", "metrics.SparseCategoricalAccuracy", **HOW)
def classification(keras):
    """ "accuracy" becomes the sparse one; validation data; the last batch smaller."""
    model = mlp(keras, 3, "softmax")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return trained(keras, model, X, LABELS, validation_data=(X[:5], LABELS[:5]))


@CASES.case("metrics.CategoricalAccuracy", **HOW)
def one_hot_classification(keras):
    model = mlp(keras, 3)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(keras.optimizers.RMSprop(0.01), loss, metrics=["acc", "categorical_crossentropy"])
    return trained(keras, model, X, ONE_HOT, validation_split=0.25)


@CASES.case("metrics.BinaryAccuracy", "metrics.AUC", **HOW)
def binary_classification(keras):
    model = mlp(keras, 1, "sigmoid")
    metrics = ["accuracy", keras.metrics.AUC(num_thresholds=20), keras.metrics.Precision()]
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=metrics)
    found = trained(keras, model, X, BITS)
    found["history"] = {k.rstrip("_0123456789"): v for k, v in found["history"].items()}
    return found


@CASES.case(**HOW)
def weighted_samples(keras):
    """Sample weights reach the loss and the weighted metrics, not the others."""
    model = mlp(keras)
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    fitted = trained(keras, model, X, Y, sample_weight=WEIGHTS)
    return [fitted, evaluated(keras, model, X, Y, sample_weight=WEIGHTS)]


@CASES.case(**HOW)
def weighted_classes(keras):
    """Class weights, for whole-number labels and for one-hot rows, with sample weights too."""
    found = []
    for labels, loss in ((LABELS, "sparse_categorical_crossentropy"), (ONE_HOT, "kl_divergence")):
        model = mlp(keras, 3, "softmax")
        model.compile("sgd", loss, weighted_metrics=["accuracy"])
        found.append(trained(keras, model, X, labels, class_weight={0: 0.5, 1: 2.0, 2: 1.0}))
    return found


@CASES.case(**HOW)
def validation_with_weights(keras):
    model = mlp(keras)
    model.compile("sgd", "mse", weighted_metrics=["mae"])
    held_out = (X[:6], Y[:6], WEIGHTS[:6])
    arguments = {"validation_data": held_out, "validation_batch_size": 4, "validation_freq": 2}
    return trained(keras, model, X, Y, **arguments)


@CASES.case("regularizers.L2", "layers.ActivityRegularization", **HOW)
def regularized(keras):
    """Penalties of weights and activities are in the loss and in nothing else."""
    dense = keras.layers.Dense
    layers = [
        dense(5, kernel_regularizer="l2", bias_regularizer="l1", activation="relu"),
        keras.layers.ActivityRegularization(l2=0.02),
        dense(1, activity_regularizer="l1", kernel_constraint="unit_norm"),
    ]
    model = sequential(keras, *layers)
    model.compile("sgd", "mse", metrics=["mse"])
    return [trained(keras, model, X, Y), evaluated(keras, model, X, Y)]


@CASES.case("layers.BatchNormalization", **HOW)
def normalized(keras):
    """Moving averages after training; another result when not training."""
    layers = [keras.layers.Dense(5), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    model = sequential(keras, *layers)
    model.compile("sgd", "mse")
    return [trained(keras, model, X, Y), evaluated(keras, model, X, Y)]


@CASES.case("layers.Conv2D", "layers.MaxPooling2D", "layers.Flatten", **HOW)
def convolutional(keras):
    layers = keras.layers
    model = sequential(
        keras,
        layers.Conv2D(3, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(4, 2, strides=2),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
        shape=(6, 6, 2),
    )
    optimizer = keras.optimizers.Adam(0.01)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return trained(keras, model, IMAGES, LABELS[:12], batch_size=5)


@CASES.case("layers.LSTM", "layers.Masking", **HOW)
def recurrent(keras):
    layers = keras.layers
    steps = real(12, 5, 3)
    steps[::2, 3:] = 0.0
    model = sequential(keras, layers.Masking(), layers.LSTM(4), layers.Dense(1), shape=(5, 3))
    model.compile(keras.optimizers.Adam(0.01, clipnorm=0.5), "mse")
    return trained(keras, model, steps, Y[:12], batch_size=5)


@CASES.case("layers.Embedding", "layers.GlobalAveragePooling1D", **HOW)
def embedded(keras):
    layers = keras.layers
    model = sequential(
        keras,
        layers.Embedding(6, 4, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, activation="sigmoid"),
        shape=(5,),
    )
    model.compile(keras.optimizers.Adagrad(0.1), "binary_crossentropy")
    return trained(keras, model, integers(0, 6, 12, 5), BITS[:12], batch_size=5)


@CASES.case("optimizers.AdamW", **HOW)
def optimizer_options(keras):
    """Schedules, averaged weights, accumulated gradients through ``fit``."""
    schedule = keras.optimizers.schedules.CosineDecay(0.05, 12)
    optimizers = [
        keras.optimizers.AdamW(schedule, global_clipnorm=1.0),
        keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8),
        keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    ]
    found = []
    for optimizer in optimizers:
        model = mlp(keras)
        model.compile(optimizer, "mse")
        found.append(trained(keras, model, X, Y))
    return found


@CASES.case(**HOW)
def frozen_layers(keras):
    """Layers that do not train stay; switching takes effect at the next ``compile``."""
    model = mlp(keras)
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    first = trained(keras, model, X, Y)
    model.layers[0].trainable = True
    model.compile("sgd", "mse")
    return [first, trained(keras, model, X, Y), len(model.trainable_weights)]


# --- several inputs and outputs -------------------------------------------------------------------


def forked(keras):
    """Two inputs, a shared layer, two outputs named ``value`` and ``kind``."""
    first, second = keras.Input((4,), name="first"), keras.Input((2,), name="second")
    shared = keras.layers.Dense(3, activation="tanh", name="shared")
    joined = keras.layers.Concatenate()([shared(first), shared(shared_input(keras, second))])
    value = keras.layers.Dense(1, name="value")(joined)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(joined)
    return first, second, value, kind


def shared_input(keras, second):
    """Two columns made four, so that the shared layer takes them."""
    return keras.layers.Concatenate()([second, second * 2.0])


def forked_model(keras, form: str):
    """The forked model, its inputs and outputs as lists or dicts."""
    first, second, value, kind = forked(keras)
    if form == "list":
        model = keras.Model([first, second], [value, kind])
    else:
        model = keras.Model({"first": first, "second": second}, {"value": value, "kind": kind})
    set_weights(model)
    return model


LOSSES = {"value": "mse", "kind": "sparse_categorical_crossentropy"}
METRICS = {"value": ["mae"], "kind": ["accuracy"]}
LIST = ([X, X[:, :2]], [Y, LABELS])
DICT = ({"first": X, "second": X[:, :2]}, {"value": Y, "kind": LABELS})


@CASES.case("layers.Concatenate", **HOW)
def outputs_in_lists(keras):
    model = forked_model(keras, "list")
    model.compile(
        "sgd", list(LOSSES.values()), metrics=list(METRICS.values()), loss_weights=[0.5, 2.0]
    )
    predicted = model.predict(LIST[0], verbose=0)
    return [trained(keras, model, *LIST), predicted, evaluated(keras, model, *LIST)]


@CASES.case("layers.Concatenate", **HOW)
def outputs_in_dicts(keras):
    model = forked_model(keras, "dict")
    weights = {"value": 0.5, "kind": 2.0}
    model.compile("sgd", LOSSES, metrics=METRICS, loss_weights=weights)
    predicted = model.predict(DICT[0], verbose=0)
    return [trained(keras, model, *DICT), predicted, evaluated(keras, model, *DICT)]


@CASES.case("layers.Concatenate", **HOW)
def sample_weights_per_output(keras):
    found = []
    for form, data in (("list", LIST), ("dict", DICT)):
        model = forked_model(keras, form)
        if form == "list":
            weights, losses, metrics = [WEIGHTS, WEIGHTS[::-1].copy()], [*LOSSES.values()], None
        else:
            weights = {"value": WEIGHTS, "kind": WEIGHTS[::-1].copy()}
            losses, metrics = LOSSES, METRICS
        model.compile("sgd", losses, weighted_metrics=metrics)
        found.append(trained(keras, model, *data, sample_weight=weights))
    return found


@CASES.case("layers.Concatenate", **HOW)
def one_loss_for_all_outputs(keras):
    first, second, value, _ = forked(keras)
    other = keras.layers.Dense(1, name="other")(value)
    model = keras.Model([first, second], [value, other])
    set_weights(model)
    model.compile("sgd", ["mse", "mae"])
    return trained(keras, model, LIST[0], [Y, Y * 2])


@CASES.case("layers.Dense", **HOW)
def an_output_without_a_loss(keras):
    """``None`` in the place of a loss."""
    model = forked_model(keras, "dict")
    model.compile("sgd", {"value": "mse", "kind": None})
    return trained(keras, model, DICT[0], {"value": Y, "kind": LABELS})


@CASES.case("layers.Dense", **HOW)
def values_in_order(keras):
    """``evaluate`` and ``train_on_batch`` as lists: which number stands where."""
    found = []
    for form, data in (("list", LIST), ("dict", DICT)):
        model = forked_model(keras, form)
        metrics = {"value": ["mse", "mae"], "kind": ["accuracy"]}
        model.compile("sgd", LOSSES, metrics=metrics, loss_weights={"kind": 3.0, "value": 1.0})
        found.append(np.float32(model.evaluate(*data, verbose=0)))
        found.append(np.float32(model.train_on_batch(*data)))
    model = mlp(keras)
    model.compile("sgd", "mse", metrics=["mse", "mae"], weighted_metrics=["cosine_similarity"])
    found.append(np.float32(model.evaluate(X, Y, verbose=0, sample_weight=WEIGHTS)))
    return found


@CASES.case("layers.Dense", **HOW)
def losses_in_nested_structures(keras):
    """Losses, their weights and targets nested as the outputs of ``call`` are."""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = keras.layers.Dense(1), keras.layers.Dense(1)

        def call(self, inputs):
            return self.first(inputs), {"deep": self.second(inputs)}

    model = Own()
    model(tensor_of(keras, X[:2]))
    set_weights(model)
    weights = (1.0, {"deep": 0.5})
    model.compile("sgd", loss=("mse", {"deep": "mae"}), loss_weights=weights)
    fitted = trained(keras, model, X, (Y, {"deep": Y}))
    return [fitted["weights"], np.float32(model.evaluate(X, (Y, {"deep": Y}), verbose=0))]


# --- precision ------------------------------------------------------------------------------------


@CASES.case(
    "optimizers.LossScaleOptimizer", tolerance=3e-3, because="activations have 11 bits, sums differ"
)
def scaled_loss(keras):
    """float16: ``compile`` wraps the optimizer, the scale halves until gradients are finite."""
    found = []
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        for scale in (1.0, 20.0):
            dense = keras.layers.Dense
            model = sequential(keras, dense(5, activation="tanh"), dense(1, dtype="float32"))
            model.compile(keras.optimizers.SGD(0.01), "mse", metrics=["mae"])
            found += [trained(keras, model, X, Y * scale), float(model.optimizer.dynamic_scale)]
            found += [type(model.optimizer).__name__, str(keras.ops.dtype(model.weights[0]))]
    finally:
        keras.mixed_precision.set_global_policy("float32")
    return found


@CASES.case("optimizers.LossScaleOptimizer", **HOW)
def loss_scaling(keras):
    """What the scale does over steps, one of them not finite."""
    inner = keras.optimizers.SGD(0.1)
    optimizer = keras.optimizers.LossScaleOptimizer(
        inner, initial_scale=4.0, dynamic_growth_steps=2
    )
    variable = keras.Variable(np.ones(2, "float32"))
    found = []
    for gradient in ([1.0, 2.0], [1.0, 1.0], [np.inf, 1.0], [3.0, 1.0]):
        optimizer.apply([tensor_of(keras, np.float32(gradient))], [variable])
        counts = [optimizer.dynamic_scale, optimizer.iterations, optimizer.step_counter]
        found.append([to_numpy(keras, variable), *(float(count) for count in counts)])
    return found


# --- models of one's own --------------------------------------------------------------------------


def own_model(keras):
    """A subclass with an extra loss."""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = keras.layers.Dense(5, activation="relu")
            self.noise = keras.layers.Dropout(0.0)
            self.head = keras.layers.Dense(1)

        def call(self, inputs, training=False):
            x = self.hidden(inputs)
            self.add_loss(0.01 * keras.ops.sum(x))
            return self.head(self.noise(x, training=training))

    model = Own()
    model(tensor_of(keras, X[:2]))
    set_weights(model)
    return model


@CASES.case("layers.Dense", **HOW)
def subclassed(keras):
    model = own_model(keras)
    model.compile("sgd", "mse", metrics=["mae"])
    return [trained(keras, model, X, Y), model.predict(X[:5], verbose=0)]


@CASES.case("layers.Dense", **HOW)
def own_loss_and_metric_functions(keras):
    """``compute_loss`` overridden; functions as losses and metrics."""

    def cubes(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** 3, axis=-1)

    class Own(keras.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
            plain = super().compute_loss(x, y, y_pred, sample_weight, **kwargs)
            return plain + keras.ops.mean(y_pred**2)

    model = Own([keras.Input((4,)), keras.layers.Dense(1)])
    set_weights(model)
    model.compile("sgd", cubes, metrics=[cubes])
    return trained(keras, model, X, Y, sample_weight=WEIGHTS)


@CASES.case("layers.Dense", **HOW)
def batch_by_batch(keras):
    """``train_on_batch``, ``test_on_batch`` and ``predict_on_batch``."""
    model = mlp(keras, 3, "softmax")
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    found = []
    for start in (0, 5, 10):
        part = slice(start, start + 5)
        loss, accuracy = model.train_on_batch(X[part], LABELS[part], sample_weight=WEIGHTS[part])
        found.append(np.float32([loss, accuracy]))
    tested = model.test_on_batch(X, LABELS, return_dict=True)
    tested = {key: np.float32(value) for key, value in tested.items()}
    weighted = model.train_on_batch(X, LABELS, class_weight={0: 1.0, 1: 3.0, 2: 0.0})
    return [found, tested, model.predict_on_batch(X[:3]), np.float32(weighted)]


@CASES.case("layers.Dense", **HOW)
def data_from_generators(keras):
    """A generator with steps, and a PyDataset."""

    def batches():
        while True:
            for start in range(0, 20, 5):
                yield X[start : start + 5], Y[start : start + 5]

    class Rows(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            part = slice(5 * index, 5 * index + 5)
            return X[part], Y[part], WEIGHTS[part]

    found = []
    for data, steps in ((batches(), 3), (Rows(), None)):
        model = mlp(keras)
        model.compile("sgd", "mse")
        fitted = model.fit(data, epochs=2, steps_per_epoch=steps, shuffle=False, verbose=0)
        found.append([np.float32(fitted.history["loss"]), frozen(keras, list(model.weights))])
    return found


@CASES.case("layers.Dense", **HOW)
def mixed_precision(keras):
    """Weights in float32, arithmetic in bfloat16: the types, which are exact."""
    dense = keras.layers.Dense
    layers = [dense(5, dtype="mixed_bfloat16"), dense(1, dtype="float32")]
    model = sequential(keras, *layers)
    out = model(tensor_of(keras, np.ones((1, 4), "float32")))
    kinds = [keras.ops.dtype(x) for x in (out, *model.weights)]
    return {"kinds": kinds, "shape": str(tuple(out.shape))}


@CASES.case("layers.Dense")
def shapes_of_models(keras):
    """Counts, names of weights, and output shapes of the three kinds of model."""
    models = [mlp(keras), forked_model(keras, "dict"), own_model(keras)]
    return [
        [model.count_params(), len(model.layers), [w.name for w in model.weights]]
        for model in models
    ] + [str(models[0].output_shape), to_numpy(keras, models[0].weights[0])]


@CASES.case("layers.Dense", "layers.Add")
def called_again(keras):
    """A model as a layer, one layer in two places, a model cut out of another."""
    inputs = keras.Input((4,))
    shared = keras.layers.Dense(4, activation="tanh", name="twice")
    x = keras.layers.Add()([shared(shared(inputs)), inputs])
    inner = keras.Model(inputs, x, name="inner")
    outer = keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(2)])
    set_weights(outer)
    part = keras.Model(inner.inputs, inner.get_layer("twice").output)
    rows = tensor_of(keras, X[:3])
    return record(keras, "out", [outer(rows), inner(rows), part(rows)])


@CASES.case("layers.Dense", **HOW)
def rates_by_callbacks(keras):
    """EarlyStopping, ReduceLROnPlateau and LearningRateScheduler in the History."""
    callbacks = keras.callbacks
    found = []
    for chosen in (
        [callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)],
        [callbacks.ReduceLROnPlateau(monitor="loss", patience=0, min_delta=1.0, factor=0.3)],
        [callbacks.EarlyStopping(monitor="loss", min_delta=0.2, restore_best_weights=True)],
    ):
        model = mlp(keras)
        model.compile(keras.optimizers.SGD(0.05), "mse")
        found.append(trained(keras, model, X, Y, epochs=5, callbacks=chosen))
    return found
