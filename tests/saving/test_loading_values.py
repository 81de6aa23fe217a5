"""Models that are loaded get their values from the file alone; no others are made before."""

import tracemalloc
import zipfile

import numpy as np
import pytest

import kerasette
from kerasette.core.deferred import deferred_values


def test_no_random_values_are_made_for_a_model_that_is_loaded(tmp_path, monkeypatch):
    layers = kerasette.layers
    model = kerasette.Sequential([kerasette.Input((4,)), layers.Dense(3), layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    for path, zipped in ((tmp_path / "m.keras", True), (tmp_path / "folder", False)):
        model.save(path, zipped=zipped)

        def refuse(self, shape, dtype=None):
            raise AssertionError("these values are not needed")

        monkeypatch.setattr(kerasette.initializers.GlorotUniform, "__call__", refuse)
        loaded = kerasette.saving.load_model(path)
        monkeypatch.undo()
        for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


@kerasette.saving.register_keras_serializable("loading_values")
class Forgetful(kerasette.layers.Layer):
    """Stores nothing of its weight."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1],), initializer="random_normal")

    def call(self, x):
        return x * self.kernel

    def save_own_variables(self, store):
        pass

    def load_own_variables(self, store):
        pass


def test_what_a_file_does_not_hold_gets_its_random_values(tmp_path):
    model = kerasette.Sequential([kerasette.Input((4,)), Forgetful(), kerasette.layers.Dense(1)])
    model.save(tmp_path / "m.keras")
    loaded = kerasette.saving.load_model(tmp_path / "m.keras")
    assert np.asarray(loaded.layers[0].kernel).all()


def test_deferred_values_are_those_of_the_initializer():
    initializer = kerasette.initializers.RandomNormal(seed=3)
    with deferred_values(), deferred_values():
        variable = kerasette.Variable(initializer, shape=(3, 2))
        assigned = kerasette.Variable(initializer, shape=(3, 2))
        assigned.assign(np.ones((3, 2)))
        assert not np.asarray(variable).any()
    np.testing.assert_array_equal(variable, initializer((3, 2)))
    np.testing.assert_array_equal(assigned, np.ones((3, 2)))
    np.testing.assert_array_equal(
        kerasette.Variable(initializer, shape=(3, 2)), initializer((3, 2))
    )


@pytest.mark.parametrize("zipped", [True, False])
def test_memory_while_loading_is_little_more_than_the_weights(tmp_path, zipped):
    dense = [kerasette.layers.Dense(512) for _ in range(24)]
    model = kerasette.Sequential([kerasette.Input((512,)), *dense])
    model.save(tmp_path / "m.keras", zipped=zipped)
    size = sum(weight.nbytes for weight in model.get_weights())
    kerasette.saving.load_model(tmp_path / "m.keras")
    tracemalloc.start()
    loaded = kerasette.saving.load_model(tmp_path / "m.keras")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * size
    assert loaded.count_params() * 4 == size


def test_a_file_without_weights_is_no_model_of_zeros(tmp_path):
    model = kerasette.Sequential([kerasette.Input((4,)), kerasette.layers.Dense(1)])
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as file:
        config = file.read("config.json")
    other = kerasette.Sequential([kerasette.Input((4,)), kerasette.layers.ReLU()])
    other.save_weights(tmp_path / "w.weights.h5")
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as file:
        file.writestr("config.json", config)
        file.write(tmp_path / "w.weights.h5", "model.weights.h5")
    with pytest.raises(ValueError, match="nothing for it"):
        kerasette.saving.load_model(tmp_path / "bad.keras")
