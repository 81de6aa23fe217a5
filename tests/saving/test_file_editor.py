"""``KerasFileEditor``: what it shows, what it changes, and that the rest stays as it was."""

import zipfile

import h5py
import numpy as np
import pytest

import kerasette as keras
from kerasette.errors import FileError


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense(4, name="first")
    inner = keras.Sequential([keras.Input((3,)), dense], name="inner")
    return keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(2, name="last")])


@pytest.fixture
def file(model, tmp_path):
    model.save_weights(tmp_path / "m.weights.h5")
    return str(tmp_path / "m.weights.h5")


INNER = "layers/sequential/layers/dense"


def test_summary_shows_objects_names_and_shapes(file, capsys):
    keras.saving.KerasFileEditor(file).summary()
    shown = capsys.readouterr().out
    assert "m.weights.h5" in shown
    for part in ("dense ('last')", "sequential ('inner')", "0: shape=(3, 4), dtype=float32"):
        assert part in shown


def test_saved_again_it_is_the_same(file, model, tmp_path):
    editor = keras.saving.KerasFileEditor(file)
    for save in (editor.save, editor.resave_weights):
        save(tmp_path / "again.weights.h5")
        other = keras.models.clone_model(model)
        other.load_weights(tmp_path / "again.weights.h5")
        pairs = zip(model.get_weights(), other.get_weights(), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)
    with h5py.File(file) as first, h5py.File(tmp_path / "again.weights.h5") as second:
        names: list[list[str]] = [[], []]
        first.visit(names[0].append)
        second.visit(names[1].append)
        assert sorted(names[0]) == sorted(names[1])
        assert second[f"{INNER}/vars"].attrs["name"] == "first"


def test_an_object_with_weights_of_its_own_and_objects_below(tmp_path):
    class Both(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(3,), name="scale")
            self.inner = keras.layers.Dense(2)
            self.inner.build(input_shape)

        def call(self, inputs):
            return self.inner(inputs * self.scale)

    made = keras.Sequential([keras.Input((3,)), Both()])
    made.save_weights(tmp_path / "m.weights.h5")
    editor = keras.saving.KerasFileEditor(str(tmp_path / "m.weights.h5"))
    assert set(editor.weights_dict["layers"]["both"]) == {"0", "inner"}
    editor.save(tmp_path / "n.weights.h5")
    made.load_weights(tmp_path / "n.weights.h5")
    assert editor.compare(made)["status"] == "success"


def test_compare_counts_what_differs(file, model, capsys):
    editor = keras.saving.KerasFileEditor(file)
    found = editor.compare(model)
    assert found == {"status": "success", "error_count": 0, "match_count": 4}
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5)])
    assert editor.compare(other) == {"status": "error", "error_count": 4, "match_count": 0}
    shown = capsys.readouterr().out
    assert "layers/dense/0 has shape (3, 5) in the model, (4, 2) in the file" in shown
    assert f"{INNER}/0 is in the file, and not in the model" in shown


def test_edits(file, model, tmp_path):
    """From two dense layers to others, as a changed architecture wants them."""
    editor = keras.saving.KerasFileEditor(file)
    editor.rename_object("layers/dense", "dense_1")
    editor.delete_object("sequential")
    kernel = np.arange(12.0, dtype="float32").reshape(3, 4)
    editor.add_object("layers/dense", {"0": kernel})
    editor.add_weights("layers/dense", {"1": np.ones(4, "float32"), "2": kernel})
    editor.delete_weight("layers/dense", "2")
    editor.save(tmp_path / "n.weights.h5")
    dense = keras.layers.Dense
    flat = keras.Sequential([keras.Input((3,)), dense(4), dense(2)])
    flat.load_weights(tmp_path / "n.weights.h5")
    assert np.array_equal(flat.layers[0].kernel, kernel)
    assert np.array_equal(flat.layers[0].bias, np.ones(4))
    assert np.array_equal(flat.layers[1].kernel, model.layers[1].kernel)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda e: e.delete_object("gone"), "no object 'gone'"),
        (lambda e: e.delete_object("layers/gone"), "no object 'layers/gone'"),
        (lambda e: e.delete_object("dense"), "more than once. Give a path of"),
        (lambda e: e.rename_object("sequential", "a/b"), "a name, not a path"),
        (lambda e: e.rename_object("sequential", "dense"), "'dense' already"),
        (lambda e: e.add_object("gone/x", {}), "no path 'gone'"),
        (lambda e: e.add_object("x", [1]), "must be a dict"),
        (lambda e: e.add_weights("sequential", [1]), "must be a dict"),
        (lambda e: e.delete_weight("layers/dense", "7"), "no weight '7'"),
        (lambda e: e.save("x.h5"), "must end in"),
    ],
)
def test_wrong_edits_change_nothing(file, model, edit, words):
    editor = keras.saving.KerasFileEditor(file)
    with pytest.raises(ValueError, match=words):
        edit(editor)
    assert editor.compare(model)["status"] == "success"


def test_a_whole_model(model, tmp_path, capsys):
    model.save(tmp_path / "m.keras")
    editor = keras.saving.KerasFileEditor(str(tmp_path / "m.keras"))
    assert editor.config["class_name"] == "Sequential"
    assert editor.metadata["keras_version"] == "3.15.1"
    assert "Saved with Keras 3.15.1" in capsys.readouterr().out
    assert editor.compare(model)["status"] == "success"


def test_a_circle_of_groups_ends(tmp_path):
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        group = file.create_group("a")
        group["b"] = group
    with pytest.raises(FileError, match="at another place, too"):
        keras.saving.KerasFileEditor(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match="must end in"):
        keras.saving.KerasFileEditor("m.npz")


@pytest.mark.parametrize("way", ["circle", "a trillion ways", "one data set many times"])
def test_names_for_the_same_thing_are_refused(way, tmp_path):
    path = tmp_path / "hostile.weights.h5"
    with h5py.File(path, "w") as file:
        around = file.create_group("a")
        if way == "circle":
            around["b"] = around["c"] = around
        elif way == "one data set many times":
            for number in range(5):
                around[str(number)] = around.get("0") or file.create_dataset(None, data=np.ones(3))
        for _ in range(40 if way == "a trillion ways" else 0):
            made = file.create_group(None)
            around["one"] = around["other"] = made
            around = made
    with pytest.raises(FileError, match=r"hostile\.weights\.h5.*at another place, too"):
        keras.saving.KerasFileEditor(path)


def test_objects_among_attributes_are_refused(tmp_path):
    path = tmp_path / "hostile.weights.h5"
    with h5py.File(path, "w") as file:
        own = file.create_group("layers/dense/vars")
        own["0"] = np.ones(3)
        own.attrs["name"] = own["0"].ref
    with pytest.raises(FileError, match=r"hostile\.weights\.h5.*not read"):
        keras.saving.KerasFileEditor(path)


@pytest.mark.parametrize("text", ["[1, 2", "[1]", "3"])
def test_metadata_that_is_none_is_refused(text, model, tmp_path):
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for name, data in {**found, "metadata.json": text.encode()}.items():
            archive.writestr(name, data)
    with pytest.raises((FileError, ValueError), match=r"m\.keras.*metadata\.json"):
        keras.saving.KerasFileEditor(tmp_path / "m.keras")
