"""Training on the device: the curve of the CPU, batches sent ahead, data that stay, saves."""

import numpy as np
import pytest

import kerasette
from kerasette import layers
from kerasette.arrays import staging
from kerasette.errors import OutOfDeviceMemoryError
from tests.gpu import standin
from tests.gpu.conftest import REAL

X = np.random.RandomState(0).standard_normal((96, 8)).astype("float32")
Y = (X[:, :1] * X[:, 1:2] > 0).astype("float32")
PICTURES = np.random.RandomState(1).standard_normal((24, 8, 8, 3)).astype("float32")
WORDS = np.random.RandomState(2).randint(0, 20, (24, 6)).astype("int32")


def dense():
    parts = [layers.Dense(16, activation="relu"), layers.Dropout(0.2, seed=1), layers.Dense(1)]
    return kerasette.Sequential([layers.Input((8,)), *parts]), X, Y


def convolutional():
    parts = [layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization()]
    parts += [layers.MaxPooling2D(), layers.Flatten(), layers.Dense(1)]
    return kerasette.Sequential([layers.Input((8, 8, 3)), *parts]), PICTURES, Y[:24]


def recurrent():
    parts = [layers.Embedding(20, 8, mask_zero=True), layers.LSTM(8), layers.Dense(1)]
    return kerasette.Sequential([layers.Input((6,), dtype="int32"), *parts]), WORDS, Y[:24]


def attending():
    inputs = layers.Input((6,), dtype="int32")
    x = layers.Embedding(20, 8)(inputs)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    return (
        kerasette.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(x))),
        WORDS,
        Y[:24],
    )


def curve(make, epochs=3, policy="float32", **how):
    """The losses and the last predictions of a short training."""
    kerasette.utils.clear_session(free_memory=False)
    kerasette.utils.set_random_seed(11)
    with_policy = kerasette.config.dtype_policy().name
    kerasette.config.set_dtype_policy(policy)
    try:
        model, x, y = make()
        model.compile("adam", "mse", metrics=["mae"])
        history = model.fit(x, y, batch_size=10, epochs=epochs, verbose=0, **how).history
        return history, model.predict(x, verbose=0), model
    finally:
        kerasette.config.set_dtype_policy(with_policy)


@pytest.mark.parametrize("make", [dense, convolutional, recurrent, attending])
def test_the_curve_is_that_of_the_cpu(make):
    history, predictions, _ = curve(make)
    with kerasette.device("cpu"):
        expected, there, _ = curve(make)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=2e-4)
    np.testing.assert_allclose(predictions, there, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_learns_the_same(policy):
    history, _, model = curve(dense, policy=policy)
    with kerasette.device("cpu"):
        expected, _, _ = curve(dense, policy=policy)
    assert model.layers[0].kernel.dtype == "float32"
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=0.02)


def test_eagerly_the_same():
    def make():
        model, x, y = dense()
        model.run_eagerly = True
        return model, x, y

    assert curve(make)[0]["loss"] == pytest.approx(curve(dense)[0]["loss"], rel=1e-4)


def test_generators_and_callbacks():
    model, x, y = dense()
    model.compile("sgd", "mse")
    seen = []
    tell = kerasette.callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(logs))

    def batches():
        for start in range(0, 96, 32):
            yield x[start : start + 32], y[start : start + 32]

    model.fit(batches(), epochs=1, steps_per_epoch=3, verbose=0, callbacks=[tell])
    assert len(seen) == 3
    assert all(type(logs["loss"]) is float for logs in seen)


def test_saved_and_loaded(tmp_path):
    _, predictions, model = curve(convolutional, epochs=1)
    model.save(tmp_path / "model.keras")
    again = kerasette.models.load_model(tmp_path / "model.keras")
    assert {variable.device for variable in again.variables} == {"gpu:0"}
    np.testing.assert_allclose(again.predict(PICTURES, verbose=0), predictions, rtol=1e-5)
    with kerasette.device("cpu"):
        host = kerasette.models.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(
            host.predict(PICTURES, verbose=0), predictions, rtol=1e-4, atol=1e-4
        )


def test_batches_are_sent_ahead_and_whole():
    batches = [[np.full((4, 2), number, "float32"), np.arange(number)] for number in range(7)]
    got = []
    for one, other in staging.ahead(iter(batches)):
        got.append((one, other))
    for number, (one, other) in enumerate(got):
        np.testing.assert_array_equal(one.get(), batches[number][0])
        np.testing.assert_array_equal(other.get(), batches[number][1])
    assert list(staging.ahead([])) == []


@pytest.mark.skipif(REAL, reason="it looks at what the stand-in writes down")
def test_a_batch_is_sent_before_the_step_before_it_begins():
    standin.EVENTS.clear()
    for _ in staging.ahead([[np.zeros(1)], [np.ones(1)], [np.ones(1)]]):
        standin.EVENTS.append(("step", None))
    kinds = [kind for kind, _ in standin.EVENTS if kind in ("set", "step")]
    assert kinds == ["set", "set", "step", "set", "step", "step"]
    waits = [kind for kind, _ in standin.EVENTS if kind == "stream waits"]
    assert len(waits) == 6  # each copy for the steps so far, each step for its copy


def test_small_data_stay_on_the_device(monkeypatch):
    kept = []
    real = staging.kept
    monkeypatch.setattr(staging, "kept", lambda arrays: kept.append(real(arrays)) or kept[-1])
    history, _, _ = curve(dense, epochs=3)
    assert [array.device.id for array in kept[0]] == [0, 0]
    monkeypatch.setattr(staging, "kept", lambda arrays: None)
    assert curve(dense, epochs=3)[0] == history


def test_training_goes_on_after_too_large_a_batch():
    model = kerasette.Sequential([layers.Input((8,)), layers.Dense(256), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, Y, batch_size=8, verbose=0)
    before = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    wide, aims = np.ones((1 << 14, 8), "float32"), np.ones((1 << 14, 1), "float32")
    kerasette.config.reset_peak_memory()
    kerasette.config.set_memory_limit(kerasette.config.memory_info()["reserved"] + (8 << 20))
    try:
        with pytest.raises(OutOfDeviceMemoryError, match=r"gpu:0 is out of memory: 16\.00 MiB"):
            model.fit(wide, aims, batch_size=1 << 14, verbose=0)
    finally:
        kerasette.config.set_memory_limit(None)
    after = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    model.fit(X, Y, batch_size=8, verbose=0)


def test_large_data_do_not():
    info = kerasette.config.memory_info()
    kerasette.config.set_memory_limit(info["reserved"] + X.nbytes * 2)
    try:
        assert staging.kept([X]) is None
    finally:
        kerasette.config.set_memory_limit(None)
    with kerasette.device("cpu"):
        assert staging.kept([X]) is None
        assert not staging.apart()
