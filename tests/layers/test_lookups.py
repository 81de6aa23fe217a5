"""Vocabularies and hashes: numbers of texts and integers, learnt or given; known hash values."""

import struct

import numpy as np
import pytest

import kerasette as keras
from kerasette import layers, ops
from kerasette.layers.preprocessing.hashes import fingerprint, keyed

WORDS = np.array([["fire", "wind", "earth"], ["wind", "fire", "fire"]])


def test_texts_have_numbers_and_back():
    layer = layers.StringLookup(vocabulary=["earth", "wind", "fire"])
    found = layer(WORDS)
    assert found.dtype == "int64"
    np.testing.assert_array_equal(found, [[3, 2, 1], [2, 3, 3]])
    np.testing.assert_array_equal(layer(["water", "wind"]), [0, 2])
    np.testing.assert_array_equal(layer(np.array([b"water", b"wind"])), [0, 2])
    np.testing.assert_array_equal(layer(np.array(["fire"], object)), [3])
    back = layers.StringLookup(vocabulary=["earth", "wind", "fire"], invert=True)
    np.testing.assert_array_equal(back(found).numpy(), WORDS)
    assert back(np.array([0, 9])).numpy().tolist() == ["[UNK]", "[UNK]"]
    assert layer.get_vocabulary() == ["[UNK]", "earth", "wind", "fire"]
    assert layer.get_vocabulary(include_special_tokens=False) == ["earth", "wind", "fire"]


@pytest.mark.parametrize("kind", ["array", "batches"])
def test_adapt_counts_and_sorts(kind):
    layer = layers.StringLookup(max_tokens=4, mask_token="")
    words = np.array(["b", "a", "c", "b", "", "d", "a", "b", "c"])
    layer.adapt(words if kind == "array" else iter([words[:4], words[4:]]))
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "c"]  # ties: the later letter first
    np.testing.assert_array_equal(layer(["", "b", "a"]), [0, 2, 1])
    layer.adapt(["z"])
    assert layer.get_vocabulary(False) == ["z"]


def test_modes():
    vocabulary = ["earth", "wind", "fire"]
    multi = layers.StringLookup(vocabulary=vocabulary, output_mode="multi_hot")(WORDS)
    np.testing.assert_array_equal(multi, [[0, 1, 1, 1], [0, 0, 1, 1]])
    count = layers.StringLookup(vocabulary=vocabulary, output_mode="count", mask_token="wind2")
    np.testing.assert_array_equal(count(WORDS), [[0, 1, 1, 1], [0, 0, 1, 2]])
    np.testing.assert_array_equal(count([["wind2", "water"]]), [[1, 0, 0, 0]])
    wide = layers.StringLookup(
        max_tokens=6, vocabulary=vocabulary, output_mode="one_hot", pad_to_max_tokens=True
    )
    np.testing.assert_array_equal(wide(["fire"]), [np.eye(6)[3]])
    assert wide(keras.Input((1,), dtype="string")).shape == (None, 6)


def test_document_frequencies():
    layer = layers.StringLookup(output_mode="tf_idf")
    layer.adapt(iter([WORDS, np.array([["wind", "wind", "wind"]])]))
    assert layer.get_vocabulary() == ["[UNK]", "wind", "fire", "earth"]
    idf = np.log(1 + 3 / (1 + np.array([3, 2, 1])))
    expected = [[0, idf[0] * 1, idf[1] * 2, 0], [idf.mean(), 0, 0, 2 * idf[2]]]
    found = layer([["wind", "fire", "fire"], ["earth", "earth", "sea"]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    given = layers.StringLookup(vocabulary=["a", "b"], idf_weights=[1, 3], output_mode="tf_idf")
    np.testing.assert_allclose(given([["a", "b", "b", "c"]]), [[2, 1, 6]])


def test_integers_eager_equals_traced():
    x = np.array([[12, 1138, 42], [42, 1000, -36], [2**40, 7, 0]])
    for settings in (
        {},
        {"num_oov_indices": 3},
        {"mask_token": 0},
        {"mask_token": 0, "num_oov_indices": 2, "output_mode": "count"},
        {"output_mode": "one_hot"},
    ):
        layer = layers.IntegerLookup(vocabulary=[12, 36, 1138, 42, 2**40], **settings)
        found = layer(x)
        np.testing.assert_array_equal(keras.function(layer)(ops.array(x, "int64")), found)
        again = layers.IntegerLookup.from_config(layer.get_config())
        np.testing.assert_array_equal(again(x), found)
        assert layer(keras.Input((3,), dtype="int64")).shape[1:] == found.shape[1:]
    plain = layers.IntegerLookup(vocabulary=[12, 36, 1138, 42])
    np.testing.assert_array_equal(plain(x), [[1, 3, 4], [4, 0, 0], [0, 0, 0]])
    several = layers.IntegerLookup(vocabulary=[12, 36], num_oov_indices=3)
    np.testing.assert_array_equal(several(x[:2]), [[3, 1, 0], [0, 1, 0]])  # x mod 3
    back = layers.IntegerLookup(vocabulary=[12, 36], invert=True)
    np.testing.assert_array_equal(back(np.array([0, 1, 2])), [-1, 12, 36])


def test_a_learnt_vocabulary_in_files(tmp_path):
    layer = layers.StringLookup(mask_token="")
    layer.adapt(["ä b", "c", "c"])
    layer.save_assets(tmp_path)
    again = layers.StringLookup.from_config(layer.get_config())
    again.load_assets(tmp_path)
    assert again.get_vocabulary() == layer.get_vocabulary() == ["", "[UNK]", "c", "ä b"]
    (tmp_path / "words.txt").write_text("one\ntwo\n", encoding="utf-8")
    from_file = layers.StringLookup(vocabulary=str(tmp_path / "words.txt"))
    assert from_file.get_vocabulary() == ["[UNK]", "one", "two"]
    with pytest.raises(ValueError, match="a file outside"):
        layers.StringLookup.from_config({"vocabulary": str(tmp_path / "words.txt")})


def test_wrong_vocabularies():
    with pytest.raises(ValueError, match=r"repeats \['a'\]"):
        layers.StringLookup(vocabulary=["a", "b", "a"])
    with pytest.raises(ValueError, match="is empty"):
        layers.StringLookup(vocabulary=[])
    with pytest.raises(ValueError, match="more than max_tokens=2"):
        layers.StringLookup(max_tokens=2, vocabulary=["a", "b"])
    with pytest.raises(ValueError, match="reserved"):
        layers.StringLookup(vocabulary=["a", ""], mask_token="")
    with pytest.raises(ValueError, match="was given"):
        layers.StringLookup(vocabulary=["a"]).adapt(["b"])
    with pytest.raises(ValueError, match="not in its vocabulary"):
        layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"])
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        layers.StringLookup(output_mode="count")([["b"]])
    with pytest.raises(ValueError, match="idf_weights"):
        layers.StringLookup(vocabulary=["a"], output_mode="tf_idf")
    with pytest.raises(ValueError, match="invert"):
        layers.IntegerLookup(vocabulary=[1], invert=True, output_mode="count")


LETTERS = [["A"], ["B"], ["C"], ["D"], ["E"]]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [  # as TensorFlow's own hashes give
        ({}, [1, 0, 1, 1, 2]),
        ({"salt": [133, 137]}, [1, 2, 1, 0, 2]),
        ({"salt": 133}, [0, 0, 2, 1, 0]),
    ],
)
def test_hashing(settings, expected):
    layer = layers.Hashing(3, **settings)
    np.testing.assert_array_equal(layer(LETTERS), np.reshape(expected, (5, 1)))
    again = layers.Hashing.from_config(layer.get_config())
    np.testing.assert_array_equal(again(LETTERS), layer(LETTERS))


def test_hashing_of_numbers_masks_and_modes():
    x = np.array([[1, 2, 3], [1, 1, 900]])
    found = np.asarray(layers.Hashing(4)(x))
    np.testing.assert_array_equal(found, layers.Hashing(4)(x.astype(str)))
    masked = np.asarray(layers.Hashing(4, mask_value=1)(x))
    assert ((masked == 0) == (x == 1)).all()
    count = np.asarray(layers.Hashing(4, output_mode="count")(x))
    np.testing.assert_array_equal(count, [np.bincount(row, minlength=4) for row in found])
    with pytest.raises(ValueError, match="num_bins"):
        layers.Hashing(0)
    with pytest.raises(ValueError, match="salt"):
        layers.Hashing(2, salt="x")


def test_hashed_crossing():
    letters, numbers = np.array(list("ABABA")), np.array([101, 101, 101, 102, 102])
    layer = layers.HashedCrossing(5)
    np.testing.assert_array_equal(layer((letters, numbers)), [1, 4, 1, 1, 3])
    one = layers.HashedCrossing(5, output_mode="one_hot")
    np.testing.assert_array_equal(one((letters, numbers)), np.eye(5)[[1, 4, 1, 1, 3]])
    column = layer((letters[:, None], numbers[:, None]))
    np.testing.assert_array_equal(column, [[1], [4], [1], [1], [3]])
    again = layers.HashedCrossing.from_config(one.get_config())
    np.testing.assert_array_equal(again((letters, numbers)), one((letters, numbers)))
    with pytest.raises(ValueError, match="two or more"):
        layer([letters])
    with pytest.raises(ValueError, match="of one shape"):
        layer([letters, numbers[:2]])
    with pytest.raises(ValueError, match="texts or integers"):
        layer([letters, numbers / 2])


def test_known_hashes():
    known = {  # by FarmHash's own library, over bytes 0, 1, 2…
        1: 13718060045003475796,
        5: 13024315463276085577,
        12: 11517357035142004093,
        20: 10220892904819695849,
        40: 645241335607543436,
        64: 17691551913807367243,
        65: 14313328211205373374,
        128: 2037963038260878803,
        200: 525935771297148851,
    }
    for size, expected in known.items():
        assert fingerprint(bytes(range(size))) == expected
    key = struct.unpack("<2Q", bytes(range(16)))
    assert keyed(bytes(range(15)), key) == 0xA129CA6149BE45E5  # SipHash's published example


def test_dtypes_of_hashes():
    for made in (layers.Hashing(3), layers.Hashing(3, dtype="int64")):
        assert (made.dtype, made(LETTERS).dtype) == ("int64", "int64")
    assert layers.Hashing(3, dtype="int32")(LETTERS).dtype == "int32"
    assert layers.Hashing(3, output_mode="count")(LETTERS).dtype == "float32"
    crossing = layers.HashedCrossing(3, dtype="int32", name="crossing")
    assert crossing.get_config() == {
        "name": "crossing",
        "dtype": "int32",
        "num_bins": 3,
        "output_mode": "int",
        "sparse": False,
    }
    symbol = layers.HashedCrossing(3)([keras.Input((1,), dtype="string")] * 2)
    assert (symbol.shape, symbol.dtype) == ((None, 1), "int64")
