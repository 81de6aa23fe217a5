"""``FeatureSpace``: each kind of column, pairs of columns, models on top, files."""

import numpy as np
import pytest

import kerasette as keras
from kerasette.utils import FeatureSpace

TABLE = {
    "price": [1.0, 2.0, 3.0, 6.0],
    "kind": ["a", "b", "a", "c"],
    "rooms": [1, 2, 2, 4],
}


def adapted(features, table=TABLE, **how):
    space = FeatureSpace(features, **how)
    space.adapt(table)
    return space


def encoded(features, **how):
    return np.asarray(adapted(features, **how)(TABLE))


def test_numbers():
    assert encoded({"price": "float"})[:, 0].tolist() == TABLE["price"]
    normal = encoded({"price": "float_normalized"})[:, 0]
    assert normal.mean() == pytest.approx(0, abs=1e-6) and normal.std() == pytest.approx(
        1, rel=1e-5
    )
    scaled = encoded({"price": FeatureSpace.float_rescaled(2.0, 1.0)})
    assert scaled[:, 0].tolist() == [3, 5, 7, 13]
    bins = encoded({"price": FeatureSpace.float_discretized(2, bin_boundaries=[2.5])})
    assert bins.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]
    assert encoded({"price": FeatureSpace.float_discretized(3)}).shape == (4, 3)


def test_categories():
    kinds = encoded({"kind": "string_categorical"})
    assert kinds.shape == (4, 4) and np.all(kinds.sum(1) == 1) and np.all(kinds[:, 0] == 0)
    assert np.array_equal(kinds[0], kinds[2]) and not np.array_equal(kinds[0], kinds[1])
    space = adapted({"rooms": "integer_categorical"})
    unknown = np.asarray(space({"rooms": [77]}))
    assert unknown[0, 0] == 1 and unknown.sum() == 1
    numbers = adapted(
        {"kind": FeatureSpace.string_categorical(output_mode="int")}, output_mode="dict"
    )
    found = numbers(TABLE)["kind"]
    assert found.shape == (4, 1) and str(found.dtype).startswith("int")
    for feature in ("string_hashed", FeatureSpace.string_hashed(10)):
        hashed = encoded({"kind": feature}, hashing_dim=10)
        assert hashed.shape == (4, 10) and np.array_equal(hashed[0], hashed[2])
    assert encoded({"rooms": "integer_hashed"}).shape == (4, 32)


def test_pairs_and_order():
    features = {"rooms": "integer_categorical", "price": "float", "kind": "string_categorical"}
    space = adapted(features, crosses=[("kind", "rooms")], crossing_dim=5, output_mode="dict")
    found = space(TABLE)
    assert list(found) == ["kind", "price", "rooms", "kind_X_rooms"]
    assert found["kind_X_rooms"].shape == (4, 5)
    joined = np.asarray(adapted(features, crosses=[("kind", "rooms")], crossing_dim=5)(TABLE))
    parts = [np.asarray(found[name]) for name in found]
    assert np.array_equal(joined, np.concatenate(parts, axis=1))
    cross = FeatureSpace.cross(("kind", "rooms"), 7, output_mode="int")
    numbers = adapted(features, crosses=[cross], output_mode="dict")(TABLE)["kind_X_rooms"]
    assert np.all(np.asarray(numbers) < 7)


def test_single_rows_and_batches():
    features = {"price": "float_normalized", "kind": "string_categorical"}
    space = adapted(features)
    whole = np.asarray(space(TABLE))
    one = space({"price": 2.0, "kind": "b"})
    assert np.array_equal(np.asarray(one), whole[1])
    columns = {name: np.array(values)[:, None] for name, values in TABLE.items()}
    assert np.array_equal(np.asarray(space(columns)), whole)
    batches = [{k: v[:2] for k, v in TABLE.items()}, {k: v[2:] for k, v in TABLE.items()}]
    assert np.allclose(np.asarray(adapted(features, batches)(TABLE)), whole)


def test_a_layer_of_ones_own():
    layer = keras.layers.Rescaling(10.0)
    space = FeatureSpace({"price": FeatureSpace.feature("float32", layer, "float")})
    assert np.asarray(space(TABLE))[0, 0] == 10 and space.preprocessors["price"] is layer


def test_models_on_top():
    space = adapted({"price": "float_normalized", "kind": "string_categorical"})
    features = space.get_encoded_features()
    model = keras.Model(space.get_inputs(), keras.layers.Dense(1)(features))
    columns = {name: np.array(TABLE[name])[:, None] for name in ("price", "kind")}
    direct = keras.Sequential([model.layers[-1]])
    assert np.allclose(model(columns), direct(space(TABLE)), atol=1e-6)
    small = keras.Sequential([keras.Input((features.shape[-1],)), keras.layers.Dense(1)])
    small.compile("sgd", "mse")
    assert small.fit(np.asarray(space(TABLE)), np.zeros(4), verbose=0).epoch == [0]


def test_files(tmp_path):
    features = {
        "price": "float_normalized",
        "kind": "string_categorical",
        "rooms": FeatureSpace.float_discretized(2),
    }
    space = adapted(features, crosses=[("kind", "kind")], crossing_dim=4)
    space.save(tmp_path / "space.keras")
    loaded = keras.saving.load_model(tmp_path / "space.keras")
    assert np.array_equal(np.asarray(loaded(TABLE)), np.asarray(space(TABLE)))


def test_refused():
    with pytest.raises(ValueError, match=r"'flaot'.*Did you mean 'float'"):
        FeatureSpace({"a": "flaot"})
    with pytest.raises(ValueError, match="`features`"):
        FeatureSpace({})
    with pytest.raises(ValueError, match="`output_mode`"):
        FeatureSpace({"a": "float"}, output_mode="list")
    with pytest.raises(ValueError, match=r"`crosses` names \['b'\]"):
        FeatureSpace({"a": "float"}, crosses=[("a", "b")])
    with pytest.raises(ValueError, match=r"columns \['kind'\] need to see data"):
        FeatureSpace({"kind": "string_categorical"})(TABLE)
    with pytest.raises(ValueError, match=r"miss the columns \['none'\]"):
        FeatureSpace({"none": "float"})(TABLE)
    with pytest.raises(ValueError, match="called on a dict"):
        FeatureSpace({"price": "float"})([1.0])
    with pytest.raises(ValueError, match="adapt"):
        FeatureSpace({"price": "float_normalized"}).adapt(3)
    with pytest.raises(ValueError, match="cannot stand in one vector"):
        encoded({"kind": FeatureSpace.string_categorical(output_mode="int")})
