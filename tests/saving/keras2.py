"""Whole-model ``.h5`` files in the layout of Keras 2, as they still circulate.

Written here by hand: their configs name no modules, layers list their calls as nested lists,
weights have a ``:0`` at the end of their names, and optimizers have arguments that are gone since.
"""

import json
import pathlib
from typing import Any

import h5py
import numpy as np


def initializer(name: str) -> dict[str, Any]:
    """An initializer's config."""
    return {"class_name": name, "config": {"seed": None} if "Glorot" in name else {}}


def layer(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    """A layer's config with what every layer has."""
    common = {"name": name, "trainable": True, "dtype": "float32"}
    return {"class_name": class_name, "config": {**common, **config}}


def dense(name: str, units: int, activation: str = "linear", **config: Any) -> dict[str, Any]:
    """A Dense layer's config."""
    return layer(
        "Dense",
        name,
        units=units,
        activation=activation,
        use_bias=True,
        kernel_initializer=initializer("GlorotUniform"),
        bias_initializer=initializer("Zeros"),
        kernel_regularizer={"class_name": "L2", "config": {"l2": 0.25}},
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **config,
    )


def weights(random: np.random.RandomState, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Some positive numbers, which are as good for variances."""
    return [random.uniform(0.1, 0.9, shape).astype("float32") for shape in shapes]


def write(
    path: pathlib.Path,
    class_name: str,
    config: Any,
    values: dict[str, dict[str, np.ndarray]],
    training: dict[str, Any] | None = None,
    optimizer: dict[str, np.ndarray] | None = None,
) -> None:
    """Write a file; ``values`` are each layer's weights by their full names."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = np.bytes_("2.9.0")
        file.attrs["backend"] = np.bytes_("tensorflow")
        file.attrs["model_config"] = json.dumps(
            {"class_name": class_name, "config": config}
        ).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in values]
        group.attrs["backend"] = np.bytes_("tensorflow")
        group.attrs["keras_version"] = np.bytes_("2.9.0")
        for name, own in values.items():
            _put(group.create_group(name), own)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
            _put(file.create_group("optimizer_weights"), optimizer or {})


def _put(group: Any, values: dict[str, np.ndarray]) -> None:
    group.attrs["weight_names"] = [name.encode() for name in values]
    for name, value in values.items():
        group.create_dataset(name, data=value)


TRAINING = {
    "loss": "mean_squared_error",
    "metrics": [[{"class_name": "MeanMetricWrapper", "config": {
        "name": "mean_absolute_error", "dtype": "float32", "fn": "mean_absolute_error"}}]],
    "weighted_metrics": None,
    "loss_weights": None,
    "sample_weight_mode": None,
    "optimizer_config": {"class_name": "Adam", "config": {
        "name": "Adam", "learning_rate": 0.25, "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999,
        "epsilon": 1e-07, "amsgrad": False}},
}  # fmt: skip


def sequential(path: pathlib.Path) -> list[np.ndarray]:
    """Two dense layers, compiled; the weights."""
    values = weights(np.random.RandomState(5), (4, 3), (3,), (3, 1), (1,))
    names = ["dense/kernel:0", "dense/bias:0", "out/kernel:0", "out/bias:0"]
    entry = layer("InputLayer", "dense_input", batch_input_shape=[None, 4], sparse=False)
    entry["config"].update(ragged=False)
    del entry["config"]["trainable"]
    layers = [
        entry,
        dense("dense", 3, "relu", batch_input_shape=[None, 4]),
        layer("Dropout", "drop", rate=0.5, noise_shape=None, seed=None),
        dense("out", 1),
    ]
    slots = {"Adam/iter:0": np.array(7, "int64")}
    for kind in "mv":
        slots |= {f"Adam/{n[:-2]}/{kind}:0": v for n, v in zip(names, values, strict=True)}
    write(
        path,
        "Sequential",
        {"name": "sequential", "layers": layers},
        {
            "dense": dict(zip(names[:2], values[:2], strict=True)),
            "drop": {},
            "out": dict(zip(names[2:], values[2:], strict=True)),
        },
        TRAINING,
        slots,
    )
    return values


def functional(path: pathlib.Path) -> None:
    """Two inputs, a shared layer, a normalisation over a listed axis, a convolution, an LSTM."""

    random = np.random.RandomState(6)

    def node(entry: dict[str, Any], *calls: Any) -> dict[str, Any]:
        return {**entry, "name": entry["config"]["name"], "inbound_nodes": list(calls)}

    def entry(name: str, *shape: Any) -> dict[str, Any]:
        config = {"batch_input_shape": [None, *shape], "dtype": "float32", "sparse": False}
        return node(
            {"class_name": "InputLayer", "config": {**config, "ragged": False, "name": name}}
        )

    conv = layer(
        "Conv2D", "conv", filters=2, kernel_size=[2, 2], strides=[1, 1], padding="valid",
        data_format="channels_last", dilation_rate=[1, 1], groups=1, activation="tanh",
        use_bias=True, kernel_initializer=initializer("GlorotUniform"),
        bias_initializer=initializer("Zeros"),
    )  # fmt: skip
    norm = layer(
        "BatchNormalization", "norm", axis=[3], momentum=0.9, epsilon=0.001, center=True,
        scale=True, beta_initializer=initializer("Zeros"), gamma_initializer=initializer("Ones"),
        moving_mean_initializer=initializer("Zeros"),
        moving_variance_initializer=initializer("Ones"),
    )  # fmt: skip
    lstm = layer(
        "LSTM", "lstm", units=2, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
        kernel_initializer=initializer("GlorotUniform"),
        recurrent_initializer={"class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}},
        bias_initializer=initializer("Zeros"), unit_forget_bias=True, dropout=0.0,
        recurrent_dropout=0.0, implementation=2, return_sequences=False, return_state=False,
        go_backwards=False, stateful=False, unroll=False, time_major=False,
    )  # fmt: skip
    layers = [
        entry("images", 4, 4, 2),
        entry("steps", 3, 2),
        node(conv, [["images", 0, 0, {}]]),
        node(norm, [["conv", 0, 0, {}]]),
        node(layer("Flatten", "flat", data_format="channels_last"), [["norm", 0, 0, {}]]),
        node(lstm, [["steps", 0, 0, {}]]),
        node(dense("shared", 2), [["lstm", 0, 0, {}]], [["lstm", 0, 0, {}]]),
        node(
            layer("Concatenate", "join", axis=-1),
            [["flat", 0, 0, {}], ["shared", 0, 0, {}], ["shared", 1, 0, {}]],
        ),
        node(dense("out", 1, "sigmoid"), [["join", 0, 0, {}]]),
    ]
    config = {
        "name": "model",
        "layers": layers,
        "input_layers": [["images", 0, 0], ["steps", 0, 0]],
        "output_layers": [["out", 0, 0]],
    }
    shapes = {
        "images": {},
        "steps": {},
        "conv": {"kernel": (2, 2, 2, 2), "bias": (2,)},
        "norm": {n: (2,) for n in ("gamma", "beta", "moving_mean", "moving_variance")},
        "flat": {},
        "lstm": {"kernel": (2, 8), "recurrent_kernel": (2, 8), "bias": (8,)},
        "shared": {"kernel": (2, 2), "bias": (2,)},
        "join": {},
        "out": {"kernel": (22, 1), "bias": (1,)},
    }
    values = {
        name: {
            f"{name}/{'lstm_cell/' if name == 'lstm' else ''}{key}:0": weights(random, shape)[0]
            for key, shape in own.items()
        }
        for name, own in shapes.items()
    }
    write(path, "Functional", config, values)


IMAGES = np.random.RandomState(1).normal(size=(3, 4, 4, 2)).astype("float32")
STEPS = np.random.RandomState(2).normal(size=(3, 3, 2)).astype("float32")
# What Keras 3.15.1 predicts with the functional file (without `time_major`, which it refuses).
PREDICTED = [0.2299794, 0.9877324, 0.9957145]
