"""``to_categorical``, ``normalize``, ``pad_sequences``, ``Config``, ``Progbar``."""

import json

import numpy as np
import pytest

import kerasette as keras
from kerasette.utils import Config, Progbar, normalize, pad_sequences, to_categorical


@pytest.mark.parametrize("labels", [[0, 2, 1], [[0], [2], [1]], [[0, 1], [2, 2]]])
def test_to_categorical(labels):
    found = to_categorical(labels)
    flat = np.squeeze(labels, -1) if np.shape(labels)[-1] == 1 else np.array(labels)
    assert found.shape == (*flat.shape, 3)
    assert np.array_equal(found.argmax(-1), flat) and np.all(found.sum(-1) == 1)
    tensor = to_categorical(keras.constant(labels, dtype="int32"), 3)
    assert np.array_equal(np.asarray(tensor), found)


def test_to_categorical_refuses():
    assert to_categorical([0, 1], 4).shape == (2, 4)
    for wrong in ([0, 4], [-1, 0]):
        with pytest.raises(ValueError, match="from 0 to 3"):
            to_categorical(wrong, 4)


def test_normalize():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert np.array_equal(normalize(x), [[0.6, 0.8], [0, 0]])
    assert np.allclose(normalize(x, axis=0), [[1, 1], [0, 0]])
    assert np.allclose(normalize(x, order=1), [[3 / 7, 4 / 7], [0, 0]])
    assert np.allclose(normalize(keras.constant(x)), normalize(x))


def test_pad_sequences():
    lists = [[1], [2, 3], [4, 5, 6]]
    assert pad_sequences(lists).tolist() == [[0, 0, 1], [0, 2, 3], [4, 5, 6]]
    assert pad_sequences(lists, padding="post").tolist() == [[1, 0, 0], [2, 3, 0], [4, 5, 6]]
    assert pad_sequences(lists, 2).tolist() == [[0, 1], [2, 3], [5, 6]]
    assert pad_sequences(lists, 2, truncating="post").tolist() == [[0, 1], [2, 3], [4, 5]]
    assert pad_sequences(lists, 4, value=9)[0].tolist() == [9, 9, 9, 1]
    assert pad_sequences([[], [1]]).tolist() == [[0], [1]]
    assert pad_sequences(lists, 0).shape == (3, 0)
    inner = pad_sequences([np.ones((1, 2)), np.ones((3, 2))], dtype="float32")
    assert inner.shape == (2, 3, 2) and inner.dtype == np.float32
    texts = pad_sequences([["a"], ["bb", "c"]], dtype=object, value="-")
    assert texts.tolist() == [["-", "a"], ["bb", "c"]]


@pytest.mark.parametrize(
    ("given", "how", "message"),
    [
        (3, {}, "list of sequences"),
        ([1, 2], {}, "It holds 1"),
        ([[1]], {"padding": "left"}, "`padding`"),
        ([[1]], {"truncating": "left"}, "`truncating`"),
        ([np.ones((1, 2)), np.ones((1, 3))], {}, "one shape"),
        ([["a"]], {"value": "x"}, "dtype=object"),
    ],
)
def test_pad_sequences_refuses(given, how, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(given, **how)


def test_config():
    config = Config(rate=0.1)
    config.momentum = 0.9
    config["name"] = "sgd"
    assert config.rate == 0.1 and config["momentum"] == 0.9 and "name" in config
    assert list(config) == ["momentum", "name", "rate"] and len(config) == 3
    assert json.loads(config.to_json()) == config.as_dict()
    config.update(rate=0.2)
    assert config.get("rate") == 0.2 and config.get("none", 3) == 3 and config.pop("name") == "sgd"
    with pytest.raises(AttributeError, match="Did you mean 'momentum'"):
        _ = config.momentun
    config.freeze()
    assert config.frozen
    for change in (lambda: setattr(config, "x", 1), lambda: config.pop("rate")):
        with pytest.raises(ValueError, match="frozen"):
            change()
    config.unfreeze()
    del config["rate"]
    assert dict(config.items()) == {"momentum": 0.9}


def test_progbar(capsys):
    bar = Progbar(4, verbose=2, stateful_metrics=["now"])
    for value in range(3):
        bar.add(1, [("mean", value), ("now", value)])
    assert bar._averages() == {"mean": 1.0, "now": 2.0}
    assert capsys.readouterr().out == ""
    bar.update(4, [("now", 7)])
    assert capsys.readouterr().out.startswith("4/4 - ")
    moving = Progbar(2, interval=0.0)
    moving.add(1, [("loss", 0.5)])
    moving.add(1, [("loss", 0.25)])
    out = capsys.readouterr().out
    assert "2/2" in out and "loss=0.2500" in out
    with pytest.raises(ValueError, match="not both"):
        Progbar(1, stateful_metrics=[], stateless_metrics=[])
