"""Weights alone: by name, in part, in shards, in SafeTensors files."""

import json
import os
import struct

import h5py
import numpy as np
import pytest

import kerasette as keras
from kerasette.errors import FileError
from tests.reliability.file_calls import At, die


def model(units=4, seed=0, **compiled):
    """Two dense layers, one of them in an inner model, and a normalisation."""
    keras.utils.set_random_seed(seed)
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, name="a")], name="in")
    layers = [keras.Input((3,)), inner, keras.layers.BatchNormalization(name="b")]
    made = keras.Sequential([*layers, keras.layers.Dense(2, name="c")])
    if compiled:
        made.compile(**compiled)
    return made


def same(first, second):
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("name", "limit"), [("m.weights.h5", None), ("m.safetensors", None), ("m.weights.json", 1e-7)]
)
def test_there_and_back(tmp_path, name, limit):
    first, second = model(), model(seed=1)
    first.save_weights(tmp_path / name, max_shard_size=limit)
    assert not same(first, second)
    second.load_weights(tmp_path / name)
    assert same(first, second)
    with pytest.raises(ValueError, match="overwrite=True"):
        first.save_weights(tmp_path / name, overwrite=False, max_shard_size=limit)
    with pytest.raises(ValueError, match="do not fit the model"):
        model(5).load_weights(tmp_path / name)


@pytest.mark.parametrize("name", ["m.weights.h5", "m.safetensors", "m.weights.json"])
def test_what_does_not_fit_is_skipped(tmp_path, name):
    first, second = model(), model(5, seed=1)
    first.save_weights(tmp_path / name, max_shard_size=1e-7 if "json" in name else None)
    before = second.get_layer("in").get_weights()
    with pytest.warns(UserWarning, match="They keep the values"):
        second.load_weights(tmp_path / name, skip_mismatch=True)
    kept = second.get_layer("in").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, kept, strict=True))
    bias = second.get_layer("c").weights[1]  # of another kernel's layer: none of it is loaded
    assert np.array_equal(bias, np.zeros(2))


def test_objects_to_skip_keep_their_weights(tmp_path):
    first, second = model(), model(seed=1)
    first.save_weights(tmp_path / "m.weights.h5")
    inner = second.get_layer("in")
    before = inner.get_weights()
    second.load_weights(tmp_path / "m.weights.h5", objects_to_skip=[inner])
    assert all(np.array_equal(a, b) for a, b in zip(before, inner.get_weights(), strict=True))
    assert np.array_equal(second.layers[-1].kernel, first.layers[-1].kernel)
    # A skipped layer may even be another one than the file's.
    other = model(seed=1)
    other.layers[0].layers[0].units = 9
    other.load_weights(tmp_path / "m.weights.h5", objects_to_skip=[other.layers[0]])


def test_legacy_weights_by_name(tmp_path):
    first = model()
    first.save(tmp_path / "m.h5")
    keras.utils.set_random_seed(1)
    dense = keras.layers.Dense
    other = keras.Sequential([keras.Input((4,)), dense(7, name="new"), dense(2, name="c")])
    with pytest.raises(ValueError, match="3 layers, the model has 2"):
        other.load_weights(tmp_path / "m.h5")
    with pytest.raises(ValueError, match=r"shapes \[\(7, 2\), \(2,\)\]"):
        other.load_weights(tmp_path / "m.h5", by_name=True)
    before = other.get_weights()
    with pytest.warns(UserWarning, match="They keep the values"):
        other.load_weights(tmp_path / "m.h5", by_name=True, skip_mismatch=True)
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))
    fits = keras.Sequential([keras.Input((4,)), dense(2, name="c"), dense(4, name="new")])
    fits.load_weights(tmp_path / "m.h5", by_name=True)
    assert np.array_equal(fits.layers[0].kernel, first.layers[-1].kernel)
    with pytest.raises(ValueError, match="legacy"):
        fits.load_weights(tmp_path / "m.weights.h5", by_name=True)


def test_the_weights_of_a_keras_file(tmp_path):
    first, second = model(), model(seed=1)
    first.save(tmp_path / "m.keras")
    second.load_weights(tmp_path / "m.keras")
    assert same(first, second)


def test_optimizer_goes_with_weights_and_stays_out_of_safetensors(tmp_path):
    data = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    first = model(optimizer="adam", loss="mse")
    first.fit(*data, verbose=0)
    second = model(seed=1, optimizer="adam", loss="mse")
    second.optimizer.build(second.trainable_variables)
    for name, steps in (("m.safetensors", 0), ("m.weights.h5", 1)):
        first.save_weights(tmp_path / name)
        second.load_weights(tmp_path / name)
        assert same(first, second)
        assert int(second.optimizer.iterations) == steps


def _shards(folder):
    return {path.name for path in folder.glob("*.weights.h5")}


def test_shards_of_another_save_are_replaced_together(tmp_path):
    path, limit = tmp_path / "m.weights.json", 800 / 2**30
    (tmp_path / "m_99999.weights.h5").write_text("somebody else's")
    kept = set()
    for number in range(3):
        saved = model(64)
        saved.set_weights([np.full(w.shape, number) for w in saved.get_weights()])
        saved.save_weights(path, max_shard_size=limit)
        assert not kept & _shards(tmp_path)
        kept = _shards(tmp_path) - {"m_99999.weights.h5"}
        loaded = model(64)
        loaded.load_weights(path)
        assert {float(w.min()) for w in loaded.get_weights()} == {number}


@pytest.mark.skipif(os.name == "nt", reason="needs fork")
def test_a_save_of_shards_that_is_killed_leaves_the_old_weights_or_the_new_ones(tmp_path):
    path, limit = tmp_path / "m.weights.json", 800 / 2**30
    made, read = model(64), model(64)

    def save(number, at=None):
        made.set_weights([np.full(w.shape, number) for w in made.get_weights()])
        with At(0, die) if at is None else At(at, die) as calls:
            made.save_weights(path, max_shard_size=limit)
        return calls.count

    save(0)
    count, found = save(0), []
    for number in range(1, count + 1, 3):
        save(0)
        if (child := os.fork()) == 0:
            save(1, number)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        read.load_weights(path)
        (value,) = {float(w.min()) for w in read.get_weights()}
        found.append(value)
    assert set(found) == {0, 1} and found == sorted(found)


def test_shards_are_small_and_listed(tmp_path):
    first = model(64)
    first.save_weights(tmp_path / "m.weights.json", max_shard_size=800 / 2**30)
    index = json.loads((tmp_path / "m.weights.json").read_text())
    shards = sorted(tmp_path.glob("*.weights.h5"))
    assert len(shards) >= 3
    assert shards[0].name == "m_00000.weights.h5"
    assert index["metadata"]["total_size"] == sum(w.nbytes for w in first.get_weights())
    split = index["weight_map"]["/layers/sequential/layers/dense/vars"]
    assert split == ["m_00000.weights.h5", "m_00001.weights.h5"]  # kernel and bias
    for shard in shards:
        with h5py.File(shard) as file:
            sizes: list[int] = []
            file.visititems(lambda _, d: sizes.append(getattr(d, "nbytes", 0)))  # noqa: B023
        assert sum(sizes) <= 800
    with pytest.raises(ValueError, match="768 bytes, more than one file"):
        first.save_weights(tmp_path / "n.weights.json", max_shard_size=500 / 2**30)
    assert not list(tmp_path.glob("n*"))
    with pytest.warns(UserWarning, match="index"):
        first.save_weights(tmp_path / "k.weights.h5", max_shard_size=1)
    assert (tmp_path / "k.weights.json").exists()
    with pytest.raises(ValueError, match="must be positive"):
        first.save_weights(tmp_path / "k.weights.json", max_shard_size=0)


@pytest.mark.parametrize("name", ["../m_00000.weights.h5", "/etc/x.weights.h5", "m.txt", 3])
def test_an_index_names_shards_beside_it_only(tmp_path, name):
    (tmp_path / "m.weights.json").write_text(json.dumps({"weight_map": {"/vars": [name]}}))
    with pytest.raises(FileError, match="names a file that is no shard"):
        model().load_weights(tmp_path / "m.weights.json")


# --- SafeTensors ----------------------------------------------------------------------------------


def written(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def test_safetensors_layout(tmp_path):
    """As the format is described: any reader of it reads these."""
    first = model()
    first.save_weights(tmp_path / "m.safetensors")
    data = (tmp_path / "m.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    assert length % 8 == 0
    assert header.pop("__metadata__") == {"format": "keras"}
    assert set(header) == {
        *("layers.sequential.layers.dense.0", "layers.sequential.layers.dense.1"),
        *(f"layers.batch_normalization.{i}" for i in range(4)),
        *("layers.dense.0", "layers.dense.1"),
    }
    entry = header["layers.dense.0"]
    assert (entry["dtype"], entry["shape"]) == ("F32", [4, 2])
    begin, end = entry["data_offsets"]
    found = np.frombuffer(data[8 + length :][begin:end], "<f4").reshape(4, 2)
    assert np.array_equal(found, first.layers[-1].kernel)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_safetensors_of_other_types(tmp_path, dtype):
    first, second = (
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype=dtype)]) for _ in "ab"
    )
    first.save_weights(tmp_path / "m.safetensors")
    second.load_weights(tmp_path / "m.safetensors")
    assert same(first, second)


ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("header", "data", "words"),
    [
        ({"a.0": ONE}, b"1234", "not as long"),
        ({"a.0": ONE}, b"1" * 12, "not as long"),
        ({"a.0": {**ONE, "shape": [3]}}, b"1" * 8, "shape and bytes differ"),
        ({"a.0": {**ONE, "shape": [-2]}}, b"1" * 8, "no count"),
        ({"a.0": {**ONE, "shape": [2**62, 2**62]}}, b"1" * 8, "shape and bytes differ"),
        ({"a.0": {**ONE, "dtype": "PICKLE"}}, b"1" * 8, "unknown dtype"),
        ({"a.0": {**ONE, "data_offsets": [4, 12]}}, b"1" * 12, "overlap, or leave gaps"),
        ({"a.0": ONE, "a.1": ONE}, b"1" * 8, "overlap, or leave gaps"),
        ({"a.0": None}, b"", "header cannot be read"),
        ([1, 2], b"", "header cannot be read"),
        (b"{", b"", "header cannot be read"),
        (b"[" * 50_000, b"", "header cannot be read"),
    ],
)
def test_damaged_safetensors_are_refused(tmp_path, header, data, words):
    path = written(tmp_path / "m.safetensors", header, data)
    with pytest.raises(FileError, match=words):
        model().load_weights(path)


@pytest.mark.parametrize("data", [b"", b"123", struct.pack("<Q", 2**62), b"\x20" + b"\0" * 7])
def test_cut_safetensors_are_refused(tmp_path, data):
    (tmp_path / "m.safetensors").write_bytes(data)
    with pytest.raises(FileError, match="whole SafeTensors file"):
        model().load_weights(tmp_path / "m.safetensors")


def test_missing_files_and_wrong_endings(tmp_path):
    for name in ("m.safetensors", "m.weights.json", "m.weights.h5", "m.h5", "m.keras"):
        with pytest.raises(FileError, match="There is no file"):
            model().load_weights(tmp_path / name)
    with pytest.raises(ValueError, match=r"must end in '\.weights\.h5' or '\.safetensors'"):
        model().save_weights(tmp_path / "m.npz")
    with pytest.raises(ValueError, match="Weights are in files"):
        model().load_weights(tmp_path / "m.npz")
