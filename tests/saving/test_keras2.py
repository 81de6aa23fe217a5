"""Files in the layout of Keras 2 load, with the outputs that Keras 3 has for them."""

import json

import h5py
import numpy as np
import pytest

import kerasette as keras
from tests.saving import keras2

X = np.random.RandomState(3).normal(size=(5, 4)).astype("float32")


def changed(path, change):
    """Change the model's config in the file."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config).encode()


def test_sequential(tmp_path):
    path = tmp_path / "m.h5"
    kernel, bias, out, last = keras2.sequential(path)
    expected = np.maximum(X @ kernel + bias, 0) @ out + last
    with pytest.warns(UserWarning, match="state in the file does not fit"):
        model = keras.saving.load_model(path)
    assert np.allclose(model.predict(X, verbose=0), expected, atol=1e-6)
    assert model.layers[0].kernel_regularizer.l2 == 0.25
    assert float(model.optimizer.learning_rate) == 0.25
    found = model.evaluate(X, np.zeros((5, 1)), verbose=0, return_dict=True)
    assert np.isclose(found["mean_absolute_error"], np.abs(expected).mean(), rtol=1e-5)
    penalty = 0.25 * (np.square(kernel).sum() + np.square(out).sum())
    assert np.isclose(found["loss"], np.square(expected).mean() + penalty, rtol=1e-5)
    model.fit(X, np.zeros((5, 1)), verbose=0)


def test_sequential_as_a_list_of_layers(tmp_path):
    """As Keras wrote it before version 2.2."""
    path = tmp_path / "m.h5"
    keras2.sequential(path)
    expected = keras.saving.load_model(path, compile=False).predict(X, verbose=0)

    def older(config):
        config["config"] = config["config"]["layers"][1:]

    changed(path, older)
    found = keras.saving.load_model(path, compile=False)
    assert np.array_equal(found.predict(X, verbose=0), expected)


@pytest.mark.parametrize("class_name", ["Functional", "Model"])
def test_functional(tmp_path, class_name):
    path = tmp_path / "m.h5"
    keras2.functional(path)
    changed(path, lambda config: config.update(class_name=class_name))
    model = keras.saving.load_model(path)
    found = model.predict([keras2.IMAGES, keras2.STEPS], verbose=0)
    assert np.allclose(found[:, 0], keras2.PREDICTED, atol=1e-6)
    assert len(model.get_layer("shared")._inbound_nodes) == 2
    model.save(path.with_suffix(".keras"))
    again = keras.saving.load_model(path.with_suffix(".keras"))
    assert np.array_equal(again.predict([keras2.IMAGES, keras2.STEPS], verbose=0), found)


def test_weights_alone(tmp_path):
    path = tmp_path / "m.h5"
    values = keras2.sequential(path)
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((4,)), dense(3, name="dense"), dense(1, name="out")])
    for by_name in (False, True):
        model.set_weights([value * 0 for value in values])
        model.load_weights(path, by_name=by_name)
        pairs = zip(model.get_weights(), values, strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)


def test_what_is_gone_is_left_out_only_where_it_changes_nothing(tmp_path):
    path = tmp_path / "m.h5"
    keras2.functional(path)

    def time_major(config):
        lstm = next(x for x in config["config"]["layers"] if x["class_name"] == "LSTM")
        lstm["config"]["time_major"] = True

    changed(path, time_major)
    with pytest.raises(ValueError, match="time_major"):
        keras.saving.load_model(path)


def test_older_names_of_an_optimizers_arguments(tmp_path):
    path = tmp_path / "m.h5"
    keras2.sequential(path)
    with h5py.File(path, "r+") as file:
        training = json.loads(file.attrs["training_config"])
        training["optimizer_config"] = {
            "class_name": "Custom>SGD",
            "config": {"lr": 0.5, "momentum": 0.25, "decay": 0.0, "is_legacy_optimizer": False},
        }
        file.attrs["training_config"] = json.dumps(training).encode()
        del file["optimizer_weights"]
    model = keras.saving.load_model(path)
    assert type(model.optimizer) is keras.optimizers.SGD
    assert float(model.optimizer.learning_rate) == 0.5
    assert model.optimizer.momentum == 0.25
