"""What holds for every registered metric: traces, batches, state, configuration, reset."""

import inspect

import numpy as np
import pytest

import kerasette
from kerasette import metrics, registry
from kerasette.core.naming import to_snake_case
from tests.metrics.samples import SAMPLES

CLASSES = {
    name: cls
    for name, cls in registry.table("metric").items()
    if inspect.isclass(cls) and name == cls.__name__ and cls is not metrics.Metric
}


def made(kind, **more):
    return CLASSES[kind](**SAMPLES[kind][0] | more)


def updated(kind, batches=None, **more):
    metric = made(kind, **more)
    for batch in SAMPLES[kind][1] if batches is None else batches:
        metric.update_state(*batch)
    return metric


def same(first, second, rtol=1e-5):
    np.testing.assert_allclose(np.asarray(first), np.asarray(second), rtol=rtol, atol=1e-6)


def test_every_metric_has_a_sample():
    assert set(SAMPLES) == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_traced_is_eager(name):
    eager, traced = made(name), made(name)
    step = kerasette.function(lambda *batch: traced(*batch))
    for batch in SAMPLES[name][1]:
        tensors = [
            kerasette.constant(a.astype("float32") if a.dtype == "float64" else a) for a in batch
        ]
        same(step(*tensors), eager(*tensors))
    for mine, other in zip(traced.variables, eager.variables, strict=True):
        same(mine, other)


@pytest.mark.parametrize("name", CLASSES)
def test_batches_are_as_one(name):
    if name == "SparseCategoricalCrossentropy":
        pytest.skip("ignored classes count in the mean over a batch, as in Keras")
    whole = [tuple(np.concatenate(parts) for parts in zip(*SAMPLES[name][1], strict=True))]
    same(updated(name).result(), updated(name, whole).result())


@pytest.mark.parametrize("name", CLASSES)
def test_weight_of_zero_is_absence(name):
    if name == "R2Score":
        pytest.skip("its adjustment counts samples, whatever they weigh, as in Keras")
    first, second = SAMPLES[name][1]
    metric = updated(name, [first])
    before = np.asarray(metric.result())
    metric.update_state(*second, sample_weight=np.zeros(6, "int32" if "IoU" in name else "float32"))
    same(metric.result(), before)
    twice = updated(name, [])
    for _ in range(2):
        twice.update_state(*first, sample_weight=np.ones(6, "int32"))
    factor = 2 if name in ("Sum", *metrics_of_counts()) else 1
    same(twice.result(), before * factor)


def metrics_of_counts():
    return [n for n in CLASSES if n.endswith(("Positives", "Negatives"))]


@pytest.mark.parametrize("name", CLASSES)
def test_reset(name):
    metric, fresh = updated(name), made(name)
    metric.reset_state()
    assert all(not np.any(np.asarray(v)) for v in metric.variables)
    metric.update_state(*SAMPLES[name][1][0])
    fresh.update_state(*SAMPLES[name][1][0])
    same(metric.result(), fresh.result())


@pytest.mark.parametrize("name", CLASSES)
def test_state_round_trip(name):
    """Also into a metric that has seen no batch yet."""
    metric, other = updated(name), made(name)
    other.load_state(metric.state())
    same(other.result(), metric.result(), rtol=0)
    other.update_state(*SAMPLES[name][1][0])
    metric.update_state(*SAMPLES[name][1][0])
    same(other.result(), metric.result(), rtol=0)
    values = metric.state()["variables"]
    with pytest.raises(ValueError, match="does not fit"):
        metric.load_state({"variables": values[:-1]})


@pytest.mark.parametrize("name", CLASSES)
def test_config_round_trip(name):
    metric = made(name, name="mine", dtype="float64")
    config = metrics.serialize(metric)
    again = metrics.deserialize(config)
    assert type(again) is type(metric) and again.get_config() == metric.get_config()
    assert (again.name, again.dtype) == ("mine", "float64")
    assert config["module"] == "keras.metrics" and config["class_name"] == name
    for batch in SAMPLES[name][1]:
        metric.update_state(*batch)
        again.update_state(*batch)
    same(again.result(), metric.result(), rtol=0)


@pytest.mark.parametrize("name", CLASSES)
def test_stateless(name):
    metric = updated(name)
    first, second = SAMPLES[name][1]
    fresh = metric.stateless_reset_state()
    before = [v.numpy() for v in metric.variables]
    state = metric.stateless_update_state(fresh, *first)
    state = metric.stateless_update_state(state, *second)
    same(metric.stateless_result(state), metric.result())
    assert all(np.array_equal(v, b) for v, b in zip(metric.variables, before, strict=True))
    with pytest.raises(ValueError, match="`metric_variables`"):
        metric.stateless_result(state[1:])


@pytest.mark.parametrize("name", CLASSES)
def test_names(name):
    assert registry.table("metric")[to_snake_case(name)] is CLASSES[name]
    assert made(name, name="other").name == "other"
    assert all(v.path.startswith("a>b/") for v in made(name, name="a/b").variables)
    assert not any(v.trainable for v in updated(name).variables)


def test_get():
    assert metrics.get(None) is None
    assert isinstance(metrics.get("mse"), metrics.MeanSquaredError)
    assert isinstance(metrics.get("MAE"), metrics.MeanAbsoluteError)
    assert isinstance(metrics.get("binary_accuracy"), metrics.BinaryAccuracy)
    assert isinstance(metrics.get(metrics.AUC), metrics.AUC)
    assert metrics.get(abs) is abs
    with pytest.raises(ValueError, match="Did you mean 'binary_accuracy'"):
        metrics.get("binary_acuracy")
    with pytest.raises(TypeError, match="num_classes"):
        metrics.get("MeanIoU")


def test_functions_in_configurations():
    for function in (
        metrics.binary_accuracy,
        metrics.mean_squared_error,
        metrics.pearson_correlation,
    ):
        config = metrics.serialize(metrics.MeanMetricWrapper(function, name="f"))
        assert metrics.deserialize(config)._fn is function


def test_own_metric_and_metrics_within():
    class Both(metrics.Metric):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.count = self.add_weight(name="count")
            self.parts = [metrics.Mean(), metrics.Sum()]

        def update_state(self, values):
            self.count.assign_add(1.0)
            for part in self.parts:
                part.update_state(values)

        def result(self):
            return {"mean": self.parts[0].result(), "sum": self.parts[1].result()}

    both = Both(name="both")
    assert [v.name for v in both.variables] == ["count", "total", "count", "total"]
    found = both([1.0, 3.0])
    assert float(found["mean"]) == 2.0 and float(found["sum"]) == 4.0
    both.reset_state()
    assert float(both.result()["sum"]) == 0.0
    with pytest.raises(NotImplementedError):
        metrics.Metric().result()

    class Forgetful(metrics.Metric):
        def __init__(self):
            self.add_variable((), "zeros")

    with pytest.raises(RuntimeError, match="super"):
        Forgetful()
