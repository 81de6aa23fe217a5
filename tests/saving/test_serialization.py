"""Objects as configurations: what comes back, and what no file can make happen."""

import base64
import json
import marshal
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kerasette
from kerasette import initializers, saving
from kerasette.saving.serialization import ObjectSharingScope

serialize, deserialize = saving.serialize_keras_object, saving.deserialize_keras_object


@pytest.fixture(autouse=True)
def clean_registry():
    before = dict(saving.get_custom_objects())
    yield
    saving.get_custom_objects().clear()
    saving.get_custom_objects().update(before)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_values_stay(value):
    written = serialize(value)
    assert json.loads(json.dumps(written)) == written
    assert deserialize(written) == value


@pytest.mark.parametrize(
    "value",
    [b"bytes", slice(1, None, 2), slice(None), Ellipsis, {"a": [slice(3), (1, b"x")]}],
)
def test_special_values(value):
    again = deserialize(json.loads(json.dumps(serialize(value))))
    assert again == ({"a": [slice(3), [1, b"x"]]} if isinstance(value, dict) else value)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "float64"])
def test_arrays_and_tensors(dtype):
    array = np.array([[0, 1], [1, 1]], dtype)
    again = deserialize(json.loads(json.dumps(serialize(array))))
    assert again.dtype == array.dtype and np.array_equal(again, array)
    tensor = deserialize(json.loads(json.dumps(serialize(kerasette.constant(array)))))
    assert tensor.dtype == dtype and np.array_equal(tensor.numpy(), array)


def test_numpy_scalars_are_plain():
    assert serialize(np.float32(0.5)) == 0.5 and type(serialize(np.int64(3))) is int
    assert serialize(np.array(2.0)) == 2.0


def test_symbols_keep_shape_and_dtype():
    again = deserialize(serialize(kerasette.KerasTensor((None, 3), "int32")))
    assert again.shape == (None, 3) and again.dtype == "int32"


def test_objects_within_structures():
    made = {"a": [initializers.Constant(2.0)], "b": (kerasette.random.SeedGenerator(3),)}
    again = deserialize(json.loads(json.dumps(serialize(made))))
    assert again["a"][0].value == 2.0
    assert again["b"][0].get_config() == made["b"][0].get_config()


@pytest.mark.parametrize(
    "module",
    [
        "keras.initializers",
        "keras.src.initializers.constant_initializers",
        "keras",
        "somewhere.else",
        None,
    ],
)
def test_classes_answer_by_name_whatever_the_module(module):
    config = {"module": module, "class_name": "Constant", "config": {"value": 2.0}}
    config["registered_name"] = None
    assert isinstance(initializers.get(config), initializers.Constant)


def test_module_tells_namesakes_apart():
    config = {"class_name": "Identity", "config": {}, "registered_name": None}
    found = deserialize({**config, "module": "keras.initializers"})
    assert isinstance(found, initializers.Identity)


class Box:
    """A class of a user's own."""

    def __init__(self, size=1, inner=None):
        self.size, self.inner = size, inner

    def get_config(self):
        return {"size": self.size, "inner": self.inner}

    @classmethod
    def from_config(cls, config):
        return cls(config["size"], deserialize(config["inner"]))


def test_own_class_is_unknown_until_it_is_given():
    config = serialize(Box(2))
    assert config["class_name"] == "Box" and config["registered_name"] == "Box"
    with pytest.raises(ValueError, match=r"'Box'.*custom_objects"):
        deserialize(config)
    assert deserialize(config, custom_objects={"Box": Box}).size == 2
    with saving.custom_object_scope({"Box": Box}):
        assert deserialize(config).size == 2
    with pytest.raises(ValueError):
        deserialize(config)


def test_scopes_nest_and_reach_inner_objects():
    config = serialize(Box(1, Box(2)))
    assert deserialize(config, custom_objects={"Box": Box}).inner.size == 2
    with saving.CustomObjectScope({"Box": Box}), saving.CustomObjectScope({"Other": int}):
        assert deserialize(config).inner.size == 2


def test_registered_class():
    saving.register_keras_serializable("tests")(Box)
    assert saving.get_registered_name(Box) == "tests>Box"
    assert saving.get_registered_object("tests>Box") is Box
    config = serialize(Box(4))
    assert config["registered_name"] == "tests>Box"
    assert deserialize(config).size == 4
    assert saving.get_custom_objects()["tests>Box"] is Box
    # A file of the registered class can also be read by the plain name.
    saving.get_custom_objects().clear()
    assert deserialize(config, custom_objects={"Box": Box}).size == 4


def test_registration_needs_a_config():
    class Bare:
        pass

    with pytest.raises(ValueError, match="get_config"):
        saving.register_keras_serializable()(Bare)


def test_custom_objects_do_not_displace_classes_of_the_framework():
    class Impostor:
        @classmethod
        def from_config(cls, config):
            return cls()

    config = serialize(initializers.Ones())
    assert isinstance(deserialize(config, {"Ones": Impostor}), initializers.Ones)
    config.pop("registered_name")  # as earlier formats write it: there the user's own class wins
    assert isinstance(deserialize(config, {"Ones": Impostor}), Impostor)


def test_get_registered_object_looks_everywhere():
    assert saving.get_registered_object("x", {"x": 1}, {"x": 2}) == 1
    assert saving.get_registered_object("x", None, {"x": 2}) == 2
    assert saving.get_registered_object("x") is None


def test_names_of_functions():
    def own(x):
        return x

    assert deserialize(serialize(own), custom_objects={"own": own}) is own
    assert deserialize("own", custom_objects={"own": own}) is own
    assert deserialize("own") == "own"
    saving.register_keras_serializable("tests")(own)
    assert serialize(own)["config"] == "tests>own"
    assert deserialize(serialize(own)) is own
    old = {"module": "builtins", "class_name": "function", "config": "own"}
    assert deserialize(old) is own


def test_shared_objects_are_one_again():
    shared = initializers.Constant(3.0)
    with ObjectSharingScope():
        config = serialize([shared, shared, initializers.Constant(3.0)])
    with ObjectSharingScope():
        first, second, third = deserialize(json.loads(json.dumps(config)))
    assert first is second and first is not third
    first, second, _ = deserialize(config)  # outside a scope, everything is made anew
    assert first is not second


def test_build_config_is_applied():
    class Built(Box):
        built = False

        def get_build_config(self):
            return {"input_shape": [2, 3]}

        def build_from_config(self, config):
            self.shape, self.built = config["input_shape"], True

    again = deserialize(serialize(Built(1)), custom_objects={"Built": Built})
    assert again.shape == [2, 3] and again.built


# --- what no file can do ---


def lambda_config():
    code = marshal.dumps(compile("__import__('os').abort()", "x", "eval"))
    value = {"code": base64.b64encode(code).decode(), "defaults": None, "closure": None}
    return {"class_name": "__lambda__", "config": {"value": value}}


@pytest.mark.parametrize("safe_mode", [True, False])
def test_lambdas_are_never_run(safe_mode):
    with pytest.raises(ValueError, match="lambda"):
        deserialize(lambda_config(), safe_mode=safe_mode)
    with pytest.raises(ValueError, match="lambda"):
        deserialize({"nested": [lambda_config()]}, safe_mode=safe_mode)


def test_lambdas_are_never_written():
    with pytest.raises(ValueError, match="named function"):
        serialize({"activation": lambda x: x})


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("subprocess", "Popen"),
        ("builtins", "eval"),
        ("keras.utils", "get_file"),
        ("keras.src.utils.file_utils", "get_file"),
        ("kerasette.saving.serialization", "registry"),
        ("antigravity", "geohash"),
        ("keras.callbacks", "CSVLogger"),
    ],
)
def test_nothing_is_imported_or_found_by_path(module, name):
    before = set(sys.modules)
    for config in (
        {"module": module, "class_name": name, "config": {}, "registered_name": None},
        {"module": module, "class_name": "function", "config": name, "registered_name": name},
        {"module": module, "class_name": f"{module}.{name}", "config": {}},
    ):
        with pytest.raises((ValueError, TypeError)):
            initializers.get(config)
    assert "antigravity" not in set(sys.modules) - before


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"class_name": "Ones", "config": 3}, TypeError),
        ({"class_name": 3, "config": {}}, TypeError),
        ({"class_name": "Ones", "config": {"nope": 1}}, TypeError),
        ({"class_name": "function", "config": {"a": 1}}, TypeError),
        ({"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}}, ValueError),
        ({"class_name": "__numpy__", "config": {"value": [1]}}, ValueError),
        ({"class_name": "__tensor__", "config": {"value": ["x"], "dtype": "float32"}}, ValueError),
        ({"class_name": "__code__", "config": {}}, ValueError),
        ({"class_name": "__typespec__", "config": [], "module": "os"}, ValueError),
        (object(), TypeError),
    ],
)
def test_broken_configurations_are_refused(config, kind):
    with pytest.raises(kind):
        deserialize(
            [config] if not isinstance(config, dict) else {**config, "module": "keras.initializers"}
        )


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="nope"):
        deserialize({}, nope=1)


def test_objects_without_config_are_refused():
    with pytest.raises(TypeError, match="get_config"):
        serialize(object())

    class Wrong:
        def get_config(self):
            return 3

    with pytest.raises(TypeError, match="must return a dict"):
        serialize(Wrong())
