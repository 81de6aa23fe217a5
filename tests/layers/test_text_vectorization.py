"""TextVectorization: standardizing, splitting, n-grams, modes, lengths, files."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import layers

TEXTS = ["The dog, the cat.", "THE  dog!", "a\tcat"]


def learnt(**settings):
    layer = layers.TextVectorization(**settings)
    layer.adapt(TEXTS)
    return layer


def test_words():
    layer = learnt()
    assert layer.get_vocabulary() == ["", "[UNK]", "the", "dog", "cat", "a"]
    assert layer.vocabulary_size() == 6
    found = layer(["the cat sat", "A (dog)", ""])
    assert found.dtype == "int64"
    np.testing.assert_array_equal(found, [[2, 4, 1], [5, 3, 0], [0, 0, 0]])
    np.testing.assert_array_equal(layer("the cat"), [2, 4])
    np.testing.assert_array_equal(layer(np.array([["the cat"], ["dog"]])), [[2, 4], [3, 0]])
    np.testing.assert_array_equal(layer(np.array([b"the"])), [[2]])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"standardize": None}, {"The", "dog,", "the", "cat.", "THE", "dog!", "a", "cat"}),
        ({"standardize": "lower"}, {"the", "dog,", "cat.", "dog!", "a", "cat"}),
        ({"standardize": "strip_punctuation"}, {"The", "THE", "the", "dog", "cat", "a"}),
        ({"split": "character", "standardize": "lower"}, set("the dog,cat.!a\t")),
        ({"split": None}, {"the dog the cat", "the  dog", "a\tcat"}),
        ({"ngrams": (2,)}, {"the dog", "dog the", "the cat", "a cat"}),
        ({"split": lambda texts: [t.split("t") for t in texts.tolist()]}, None),
        ({"standardize": np.char.upper}, {"THE", "DOG,", "CAT.", "DOG!", "A", "CAT"}),
    ],
)
def test_standardize_split_ngrams(settings, words):
    found = set(learnt(**settings).get_vocabulary(False))
    assert found == words if words is not None else "he dog " in found


def test_ngrams_up_to_n():
    layer = learnt(ngrams=2)
    assert "the dog" in layer.get_vocabulary()
    found = np.asarray(layer(["the dog"]))[0]
    assert [layer.get_vocabulary()[i] for i in found] == ["the", "dog", "the dog"]


@pytest.mark.parametrize("length", [2, 5])
def test_lengths(length):
    layer = learnt(output_sequence_length=length)
    found = layer(["the cat sat", "a"])
    expected = np.array([[2, 4, 1, 0, 0], [5, 0, 0, 0, 0]])[:, :length]
    np.testing.assert_array_equal(found, expected)
    assert layer(keras.Input((1,), dtype="string")).shape == (None, length)


def test_modes():
    texts = ["the the cat sat", "a", ""]
    counts = np.array([[1, 2, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]])
    np.testing.assert_array_equal(learnt(output_mode="count")(texts), counts)
    np.testing.assert_array_equal(learnt(output_mode="multi_hot")(texts), np.minimum(counts, 1))
    layer = learnt(output_mode="tf_idf")
    idf = np.log(1 + 3 / (1 + np.array([2, 2, 2, 1])))
    np.testing.assert_allclose(layer(texts), counts * [idf.mean(), *idf], rtol=1e-6)
    wide = learnt(output_mode="count", max_tokens=8, pad_to_max_tokens=True)
    np.testing.assert_array_equal(wide(texts), np.pad(counts, ((0, 0), (0, 3))))


def test_adapt_by_batches_and_limits():
    layer = layers.TextVectorization(max_tokens=4)
    layer.adapt(iter([TEXTS[:1], TEXTS[1:]]))
    assert layer.get_vocabulary() == ["", "[UNK]", "the", "dog"]
    layer.adapt(iter([TEXTS[2:], TEXTS[:1]]), steps=1)
    assert layer.get_vocabulary() == ["", "[UNK]", "cat", "a"]


def test_config_and_files(tmp_path):
    layer = layers.TextVectorization(vocabulary=["the", "cat"], output_sequence_length=3)
    again = layers.TextVectorization.from_config(layer.get_config())
    np.testing.assert_array_equal(again(TEXTS), layer(TEXTS))
    layer = learnt(ngrams=(1, 2))
    layer.save_assets(tmp_path)
    again = layers.TextVectorization.from_config(layer.get_config())
    again.load_assets(tmp_path)
    np.testing.assert_array_equal(again(TEXTS), layer(TEXTS))


def test_wrong_arguments():
    with pytest.raises(ValueError, match="standardize='upper'"):
        layers.TextVectorization(standardize="upper")
    with pytest.raises(ValueError, match=r"ngrams=0\.5"):
        layers.TextVectorization(ngrams=0.5)
    with pytest.raises(ValueError, match="output_sequence_length"):
        layers.TextVectorization(output_mode="count", output_sequence_length=3)
    with pytest.raises(ValueError, match=r"shape \(1, 2\)"):
        learnt()([["a", "b"]])
    with pytest.raises(ValueError, match="was given"):
        layers.TextVectorization(vocabulary=["a"]).adapt(["b"])
