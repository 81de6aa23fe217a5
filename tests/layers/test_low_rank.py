"""Low-rank updates (LoRA) of the layers with one large weight."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops

RANDOM = np.random.default_rng(7)
CASES = {
    "Dense": (lambda **k: keras.layers.Dense(4, **k), (3, 5)),
    "EinsumDense": (
        lambda **k: keras.layers.EinsumDense("abc,cd->abd", (None, 4), bias_axes="d", **k),
        (3, 2, 5),
    ),
    "Conv1D": (lambda **k: keras.layers.Conv1D(4, 3, **k), (2, 6, 5)),
    "Conv2D": (lambda **k: keras.layers.Conv2D(4, 3, padding="same", **k), (2, 5, 5, 2)),
    "Conv3D": (lambda **k: keras.layers.Conv3D(4, 2, **k), (2, 3, 3, 3, 2)),
    "Embedding": (lambda **k: keras.layers.Embedding(6, 4, **k), (3, 2)),
    "ReversibleEmbedding": (lambda **k: keras.layers.ReversibleEmbedding(6, 4, **k), (3, 2)),
}


def inputs_of(name):
    shape = CASES[name][1]
    if "Embedding" in name:
        return RANDOM.integers(0, 6, shape).astype("int32")
    return RANDOM.normal(size=shape).astype("float32")


def large(layer):
    return layer.kernel if hasattr(layer, "kernel") else layer.embeddings


def updated(name, **how):
    """A layer with an update that is not zero."""
    layer = CASES[name][0](**how)
    x = inputs_of(name)
    before = np.array(layer(x))
    if not layer.lora_enabled:
        layer.enable_lora(2)
    np.testing.assert_allclose(layer(x), before, atol=1e-6)  # it begins at zero
    for variable in layer.trainable_variables:
        if "lora" in variable.name:
            variable.assign(RANDOM.normal(size=variable.shape))
    return layer, x


@pytest.mark.parametrize("name", CASES)
def test_an_update_is_trained_in_the_weights_place(name):
    layer, x = updated(name)
    names = {variable.name for variable in layer.trainable_variables} - {"bias"}
    weight = "embeddings" if "Embedding" in name else "kernel"
    assert names == {f"lora_{weight}_a", f"lora_{weight}_b"}
    a, b = (getattr(layer, f"lora_{weight}_{part}") for part in "ab")
    frozen = getattr(layer, f"_{weight}")
    assert not frozen.trainable
    np.testing.assert_allclose(large(layer), frozen + ops.matmul(a, b), rtol=1e-5, atol=1e-6)
    with keras.GradientTape() as tape:
        loss = ops.sum(layer(x) ** 2)
    assert all(g is not None for g in tape.gradient(loss, layer.trainable_variables))
    layer.trainable = False
    layer.trainable = True
    assert not frozen.trainable
    compiled = keras.function(lambda x: layer(x))
    np.testing.assert_allclose(compiled(x), layer(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_files_hold_the_weight_with_the_update_merged(name, tmp_path):
    layer, x = updated(name)
    store = {}
    layer.save_own_variables(store)
    plain = CASES[name][0]()
    plain(x)
    plain.load_own_variables(store)
    np.testing.assert_allclose(plain(x), layer(x), rtol=1e-5, atol=1e-5)
    other, _ = updated(name, lora_rank=2, lora_alpha=3.0)
    other.load_own_variables(store)
    np.testing.assert_allclose(other(x), layer(x), rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="the file has"):
        other.load_own_variables({"0": np.zeros((1, 1), "float32")})
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].lora_enabled and loaded.layers[-1].lora_rank == 2
    np.testing.assert_allclose(loaded.predict(x, verbose=0), layer(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_the_config_names_the_rank_where_there_is_one(name):
    assert "lora_rank" not in CASES[name][0]().get_config()
    layer, _ = updated(name, lora_rank=2, lora_alpha=4)
    config = layer.get_config()
    assert (config["lora_rank"], config["lora_alpha"]) == (2, 4)
    assert type(layer).from_config(config).lora_rank == 2


def test_half_precision_keeps_updates_in_float32():
    layer = keras.layers.Dense(4, dtype="float16")
    layer.build((None, 3))
    layer.enable_lora(2)
    assert layer.lora_kernel_a.dtype == "float32"
    assert layer(np.ones((2, 3), "float16")).dtype == "float16"


def test_what_cannot_have_an_update():
    layer = keras.layers.Dense(4)
    with pytest.raises(AttributeError, match="is not built"):
        _ = layer.kernel
    with pytest.raises(ValueError, match="Build layer"):
        layer.enable_lora(2)
    layer.build((None, 3))
    with pytest.raises(ValueError, match="positive integer"):
        layer.enable_lora(0)
    layer.enable_lora(2)
    with pytest.raises(ValueError, match="already"):
        layer.enable_lora(2)
    constrained = keras.layers.Dense(4, kernel_constraint="non_neg")
    constrained.build((None, 3))
    with pytest.raises(ValueError, match="kernel_constraint"):
        constrained.enable_lora(2)


def test_the_order_in_files_can_be_asked_for():
    assert keras.layers.Dense(3).variable_serialization_spec[None] == ["kernel", "bias"]
    assert keras.layers.Embedding(3, 2).variable_serialization_spec[None] == ["embeddings"]
