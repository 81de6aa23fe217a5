"""Models as drawings, and the inputs that a tensor comes from."""

import shutil
import subprocess

import pytest

import kerasette as keras
from kerasette.utils import get_source_inputs, model_to_dot, plot_model


def nested():
    inner = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(2, activation="relu", name="deep")], name="inner"
    )
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    x = keras.layers.Add(name="plus")([a, b])
    return keras.Model([a, b], [inner(x), keras.layers.Dense(1, name="side")(x)], name="outer")


def arrows(text):
    """The lines, by the names of the layers."""
    names, found = {}, set()
    for line in text.splitlines():
        words = line.split()
        if "[label=" in line:
            names[words[0]] = line.split('"')[1].split(" ")[0]
        elif "->" in words:
            found.add((words[0], words[2]))
    return {(names[a], names[b]) for a, b in found}


def test_layers_and_lines():
    text = model_to_dot(nested()).to_string()
    expected = {("a", "plus"), ("b", "plus"), ("plus", "inner"), ("plus", "side")}
    assert arrows(text) == expected
    assert text.startswith('digraph "outer" {') and "Dense" in text and "rankdir" in text


def test_what_is_shown():
    text = str(
        model_to_dot(
            nested(), show_shapes=True, show_dtype=True, show_layer_activations=True,
            show_trainable=True, expand_nested=True, rankdir="LR",
        )
    )  # fmt: skip
    assert 'subgraph "cluster_inner"' in text and "activation: relu" in text
    assert r"in: (None, 4)\nout: (None, 2)" in text and "dtype: float32" in text
    assert "trainable" in text and 'rankdir="LR"' in text
    assert any(target == "deep" for _, target in arrows(text))
    bare = str(model_to_dot(nested(), show_layer_names=False))
    assert 'label="Dense"' in bare and "side" not in bare


def test_quotes_in_names():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)], name='a "name"')
    assert r'digraph "a \"name\""' in str(model_to_dot(model))


def test_files(tmp_path):
    plot_model(nested(), tmp_path / "model.dot")
    assert arrows((tmp_path / "model.dot").read_text())
    if shutil.which("dot") is None:
        with pytest.raises(ImportError, match="Graphviz"):
            plot_model(nested(), tmp_path / "model.svg")
        assert not (tmp_path / "model.svg").exists()
    else:
        plot_model(nested(), tmp_path / "model.svg", expand_nested=True)
        assert "<svg" in (tmp_path / "model.svg").read_text()
        subprocess.run(["dot", "-Tsvg", tmp_path / "model.dot"], check=True, capture_output=True)


def test_refused():
    with pytest.raises(ValueError, match="is not built"):
        model_to_dot(keras.Sequential([keras.layers.Dense(1)]))
    with pytest.raises(ValueError, match="colour"):
        model_to_dot(nested(), colour="red")


def test_get_source_inputs():
    model = nested()
    assert [x.name for x in get_source_inputs(model.outputs)] == ["a", "b"]
    assert get_source_inputs(model.inputs[0]) == [model.inputs[0]]
