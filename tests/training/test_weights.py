"""Sample weights and class weights reach every loss, in ``fit`` and ``evaluate`` alike."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import registry
from tests.losses.samples import CLASSES as LABELS
from tests.losses.samples import ONE_HOT, SAMPLES

from .samples import same, weights

WITHOUT = {
    "Circle": "leaves out samples without loss",
    "CTC": "its targets are sequences, which class weights do not fit",
}
CLASS_WEIGHT = {0: 0.5, 1: 2.0, 2: 3.0}


def model_of(name, **how):
    """A model that gives back what it gets, at first: its loss is the formula's."""
    arguments, true, pred, formula = SAMPLES[name]
    same_size = keras.layers.Dense(pred.shape[-1], use_bias=False, kernel_initializer="identity")
    model = keras.Sequential([keras.Input(pred.shape[1:]), same_size])
    model.compile("sgd", registry.table("loss")[name](**arguments), **how)
    return model, pred.astype("float32"), true, formula(true, pred)


def weighted(values, by):
    """The mean over samples; a loss of the whole batch counts each sample alike."""
    return float(np.mean(values * by))


@pytest.mark.parametrize("how", [{}, {"run_eagerly": True}], ids=["compiled", "eager"])
@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"Circle"}))
def test_sample_weights(name, how):
    model, x, y, values = model_of(name, **how)
    by = np.array([0.5, 2.0, 0.0, 3.0], "float32")[: len(x)]
    expected = weighted(values, by)
    data = {"x": x, "y": y, "sample_weight": by, "batch_size": len(x), "verbose": 0}
    assert model.evaluate(**data) == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert model.fit(**data).history["loss"] == pytest.approx([expected], rel=1e-4, abs=1e-5)
    assert np.isfinite(weights(model)[0]).all()


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - WITHOUT.keys()))
def test_class_weights_are_the_weights_of_their_samples(name):
    y = SAMPLES[name][1]
    if y.ndim > 1 and y is not ONE_HOT:
        classes = y.argmax(axis=-1)
    else:
        classes = LABELS
    by = np.array([CLASS_WEIGHT[label] for label in classes], "float32")
    model, x, y, values = model_of(name)
    other = model_of(name)[0]
    data = {"x": x, "y": y, "batch_size": len(x), "epochs": 2, "verbose": 0, "shuffle": False}
    losses = model.fit(**data, class_weight=CLASS_WEIGHT).history["loss"]
    assert losses[0] == pytest.approx(weighted(values, by), rel=1e-4, abs=1e-5)
    assert losses == other.fit(**data, sample_weight=by).history["loss"]
    assert same(weights(model), weights(other))


@pytest.mark.parametrize("name", ["SparseCategoricalCrossentropy", "MeanSquaredError"])
def test_weights_of_the_batches_of_a_generator(name):
    model, x, y, values = model_of(name)
    by = np.array([0.5, 2.0, 0.0, 3.0], "float32")
    batches = [(x[:2], y[:2], by[:2]), (x[2:], y[2:], by[2:])]
    assert model.evaluate(batches[0][0], batches[0][1], sample_weight=by[:2], verbose=0) == (
        pytest.approx(weighted(values[:2], by[:2]), rel=1e-4)
    )
    found = model.evaluate((batch for batch in batches), verbose=0)
    assert found == pytest.approx(weighted(values, by), rel=1e-4)
