"""Devices: choosing one, moving between them, mixing them up, and running out of memory."""

import numpy as np
import pytest

import kerasette
from kerasette import layers, ops
from kerasette.arrays import device as devices
from kerasette.arrays import memory
from kerasette.errors import DeviceError, OutOfDeviceMemoryError
from tests.gpu import standin
from tests.gpu.conftest import REAL

standin_only = pytest.mark.skipif(REAL, reason="it needs the stand-in's two devices and its pool")


def test_values_are_on_the_device_and_say_so():
    x = kerasette.constant([1.0, 2.0])
    variable = kerasette.Variable([1.0])
    assert (x.device, variable.device, (x * 2 + 1).device) == ("gpu:0",) * 3
    assert ops.zeros((2,)).device == kerasette.random.normal((2,)).device == "gpu:0"
    assert type(x.numpy()) is np.ndarray


def test_a_scope_chooses_and_ends():
    with kerasette.device("cpu"):
        assert kerasette.constant(1.0).device == "cpu:0"
        assert kerasette.config.current_device() == "cpu:0"
    assert kerasette.constant(1.0).device == "gpu:0"


@standin_only
def test_the_second_device():
    with kerasette.device("cuda:1"):
        x = kerasette.constant([1.0])
        assert x.device == "gpu:1"
    assert (x + 1.0).device == "gpu:1"  # numbers and arrays of numpy go where the tensor is
    assert (x + np.ones(1, "float32")).device == "gpu:1"
    assert kerasette.constant(1.0).device == "gpu:0"


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setattr(devices, "_default", None)
    monkeypatch.setenv("KERASETTE_DEVICE", "cpu")
    assert kerasette.config.current_device() == "cpu:0"
    monkeypatch.setattr(devices, "_default", None)
    monkeypatch.delenv("KERASETTE_DEVICE")
    assert kerasette.config.current_device() == "gpu:0"  # where there is one, it is taken


@pytest.mark.parametrize("name", ["tpu", "gpu:x", "", "cpu:1", "gpu:99"])
def test_a_device_that_is_not_there_is_named(name):
    with pytest.raises((ValueError, DeviceError), match=name or "device"):
        kerasette.config.set_device(name)
    assert kerasette.config.current_device() == "gpu:0"


def test_moving_there_and_back():
    x = kerasette.constant([1.0, 2.0])
    host = x.to_device("cpu")
    assert host.device == "cpu:0"
    assert x.to_device("gpu") is x
    np.testing.assert_array_equal(host.to_device("gpu:0").numpy(), [1.0, 2.0])
    with pytest.raises(ValueError, match="stream"):
        x.to_device("cpu", stream=1)


def test_gradients_go_back_to_where_the_value_is():
    x = kerasette.constant([1.0, 2.0])
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        y = (x * 3.0).to_device("cpu:0") ** 2
    gradient = tape.gradient(y, x)
    assert gradient.device == "gpu:0"
    np.testing.assert_allclose(gradient.numpy(), [18.0, 36.0])


def test_mixing_says_how_to_move():
    x = kerasette.constant([1.0])
    y = x.to_device("cpu:0")
    with pytest.raises(DeviceError, match=r"add: .*gpu:0, cpu:0.*to_device\('gpu:0'\)"):
        x + y
    variable = kerasette.Variable([1.0], name="weight")
    with pytest.raises(DeviceError, match=r"'weight'.*gpu:0, cpu:0"):
        variable.assign(y)
    assert variable.numpy() == [1.0]
    with kerasette.device("cpu:0"):
        variable.assign([2.0])  # numbers go where the variable is
    assert (variable.device, float(variable.numpy()[0])) == ("gpu:0", 2.0)


def test_a_compiled_function_says_what_is_elsewhere():
    double = kerasette.function(lambda x: x * 2.0)
    x = kerasette.constant([1.0])
    assert double(x).device == "gpu:0"
    with pytest.raises(DeviceError, match="cpu:0"):
        double(x.to_device("cpu:0"))
    with kerasette.device("cpu:0"):
        assert double(kerasette.constant([1.0])).device == "cpu:0"
        with pytest.raises(DeviceError, match="gpu:0"):
            double(x)


def test_a_model_moves_with_all_that_it_has():
    model = kerasette.Sequential([layers.Dense(2), layers.BatchNormalization()])
    model.compile("adam", "mse", metrics=["mae"])
    x, y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    model.fit(x, y, verbose=0)
    here = model.predict(x, verbose=0)
    assert model.to_device("cpu") is model
    with kerasette.device("cpu"):
        assert {v.device for v in (*model.variables, *model.optimizer.variables)} == {"cpu:0"}
        np.testing.assert_allclose(model.predict(x, verbose=0), here, rtol=1e-5)
        model.fit(x, y, verbose=0)
    model.to_device("gpu:0")
    model.fit(x, y, verbose=0)


def test_memory_is_counted_and_limited():
    before = kerasette.config.memory_info()
    x = ops.zeros((1 << 18,))
    info = kerasette.config.memory_info("gpu:0")
    assert info["current"] - before["current"] >= x.size * 4
    assert info["peak"] >= info["reserved"] >= info["current"]
    assert 0 < info["free"] <= info["total"]
    with pytest.raises(ValueError, match="CPU"):
        kerasette.config.memory_info("cpu")
    with pytest.raises(ValueError, match="limit=-1"):
        kerasette.config.set_memory_limit(-1)


def test_too_little_memory_is_told_in_full_and_survived():
    model = kerasette.Sequential([layers.Input((64,)), layers.Dense(64, name="wide")])
    weights = model.get_weights()
    kerasette.config.reset_peak_memory()
    kerasette.config.set_memory_limit(kerasette.config.memory_info()["reserved"] + (4 << 20))
    try:
        with pytest.raises(OutOfDeviceMemoryError) as told:
            model(np.ones((1 << 16, 64), "float32")) + 0.0
    finally:
        kerasette.config.set_memory_limit(None)
    text = str(told.value)
    for part in ("gpu:0 is out of memory", "16.00 MiB requested", "free", "at the peak"):
        assert part in text
    assert isinstance(told.value, MemoryError)
    assert "wide/kernel (64, 64) float32, 16.00 KiB" in text
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert model(np.ones((2, 64), "float32")).shape == (2, 64)
    assert memory.memory_info()["limit"] == 0


def test_texts_stay_with_the_host():
    layer = layers.StringLookup(vocabulary=["a", "b"])
    assert layer(["b", "?"]).numpy().tolist() == [2, 0]
    assert layer(["b", "?"]).device == "gpu:0"


def test_narrow_floats_that_the_device_cannot_compute_with():
    x = ops.cast(ops.cast(kerasette.constant([1.1, -300.0]), "float8_e4m3fn"), "float32")
    assert x.device == "gpu:0"
    with kerasette.device("cpu"):
        y = ops.cast(ops.cast(kerasette.constant([1.1, -300.0]), "float8_e4m3fn"), "float32")
    np.testing.assert_array_equal(x.numpy(), y.numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
def test_random_numbers_are_those_of_the_cpu(dtype):
    def drawn():
        return [
            kerasette.random.uniform((1000,), dtype=dtype, seed=3).numpy(),
            kerasette.random.normal((1000,), dtype=dtype, seed=4).numpy(),
            kerasette.random.randint((1000,), 0, 77, seed=5).numpy(),
            kerasette.random.dropout(ops.ones((1000,), dtype), 0.3, seed=6).numpy(),
        ]

    here = drawn()
    with kerasette.device("cpu"):
        there = drawn()
    for index, (one, other) in enumerate(zip(here, there, strict=True)):
        if index == 1:
            np.testing.assert_array_max_ulp(one.astype("float64"), other.astype("float64"), 1 << 31)
            np.testing.assert_allclose(
                one.astype("float64"), other.astype("float64"), rtol=1e-6 if dtype[0] == "f" else 0
            )
        else:
            np.testing.assert_array_equal(one, other)


def test_of_several_updates_the_last_one_stays():
    x = ops.zeros((3, 2))
    out = ops.scatter_update(x, [[1], [1], [-1], [1]], [[1, 1], [2, 2], [3, 3], [4, 4]])
    np.testing.assert_array_equal(out.numpy(), [[0, 0], [4, 4], [3, 3]])


def test_tf32_is_switched():
    assert kerasette.config.tf32() == {"convolutions": True, "products": False}
    try:
        kerasette.config.set_tf32(convolutions=False)
        kerasette.config.set_tf32(products=True)
        assert kerasette.config.tf32() == {"convolutions": False, "products": True}
        if not REAL:
            assert standin.COMPUTE_TYPES[np.dtype("float32")] == 7
    finally:
        kerasette.config.set_tf32(convolutions=True, products=False)
    if not REAL:
        assert standin.COMPUTE_TYPES[np.dtype("float32")] == 1
