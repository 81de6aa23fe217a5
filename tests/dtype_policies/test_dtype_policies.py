"""Dtype policies: names, configuration, maps, and the global one."""

import numpy as np
import pytest

import kerasette
from kerasette import dtype_policies
from kerasette.arrays import settings
from kerasette.dtype_policies.policy import dtype_policy, set_dtype_policy, set_global


@pytest.fixture
def own_settings():
    before = settings.floatx()
    yield
    set_global(None)
    settings.set_floatx(before)


NAMES = {
    "float32": ("DTypePolicy", "float32", "float32", None),
    "float64": ("DTypePolicy", "float64", "float64", None),
    "mixed_float16": ("DTypePolicy", "float16", "float32", None),
    "mixed_bfloat16": ("DTypePolicy", "bfloat16", "float32", None),
    "int8_from_mixed_bfloat16": ("QuantizedDTypePolicy", "bfloat16", "float32", "int8"),
    "float8_from_float32": ("QuantizedFloat8DTypePolicy", "float32", "float32", "float8"),
    "int4_from_float32": ("QuantizedDTypePolicy", "float32", "float32", "int4"),
    "int4/128_from_float32": ("Int4DTypePolicy", "float32", "float32", "int4"),
    "gptq/8/-1_from_float32": ("GPTQDTypePolicy", "float32", "float32", "gptq"),
    "awq/4/64_from_mixed_float16": ("AWQDTypePolicy", "float16", "float32", "awq"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    policy = dtype_policies.get(name)
    kind, compute, variable, mode = NAMES[name]
    assert type(policy).__name__ == kind
    assert policy.name == name
    assert (policy.compute_dtype, policy.variable_dtype) == (compute, variable)
    assert policy.quantization_mode == mode
    assert repr(policy) == f'<{kind} "{name}">'


@pytest.mark.parametrize("name", NAMES)
def test_config_round_trip(name):
    policy = dtype_policies.get(name)
    config = dtype_policies.serialize(policy)
    plain = config["class_name"] == "DTypePolicy"
    assert config["module"] == ("keras" if plain else "keras.dtype_policies")
    for again in (dtype_policies.deserialize(config), dtype_policies.get(config)):
        assert again == policy and hash(again) == hash(policy)
    assert policy != dtype_policies.get("float16")


def test_numbers_of_quantized_policies():
    assert dtype_policies.get("int4/128_from_float32").block_size == 128
    policy = dtype_policies.GPTQDTypePolicy("gptq/3/32", "float32")
    assert (policy.mode, policy.weight_bits, policy.group_size) == ("gptq", 3, 32)
    assert dtype_policies.QuantizedFloat8DTypePolicy("float8").amax_history_length == 1024


def test_float_policy_equals_plain_one():
    assert dtype_policies.FloatDTypePolicy("float32") == kerasette.DTypePolicy("float32")
    assert repr(dtype_policies.FloatDTypePolicy("float32")) == '<DTypePolicy "float32">'
    assert kerasette.DTypePolicy("int8") != dtype_policies.get("int8_from_float32")


def test_convert_input():
    policy = kerasette.DTypePolicy("mixed_float16")
    assert policy.convert_input(np.ones(2, "float32"), True, "float16").dtype == "float16"
    assert policy.convert_input(np.ones(2, "float32"), False, "float16").dtype == "float32"
    assert policy.convert_input(np.ones(2, "int32"), True, "float16").dtype == "int32"
    assert policy.convert_input(None, True, "float16") is None
    symbol = policy.convert_input(kerasette.KerasTensor((None, 2)), True, "float16")
    assert symbol.dtype == "float16" and symbol.shape == (None, 2)


def test_global_policy_follows_floatx_until_it_is_set(own_settings):
    set_global(None)
    assert dtype_policy().name == "float32"
    settings.set_floatx("float64")
    assert dtype_policy().name == "float64"
    assert kerasette.DTypePolicy().name == "float64"
    set_dtype_policy("mixed_bfloat16")
    assert dtype_policies.get(None).name == "mixed_bfloat16"
    assert dtype_policies.QuantizedDTypePolicy("int8").name == "int8_from_mixed_bfloat16"
    set_dtype_policy(kerasette.DTypePolicy("float32"))
    assert dtype_policy().name == "float32"


def test_map():
    policies = dtype_policies.DTypePolicyMap("float32", {"decoder": "float64"})
    policies["encoder/.*"] = "bfloat16"
    policies["encoder/first"] = kerasette.DTypePolicy("float16")
    assert policies["encoder/first"].name == "float16"
    assert policies["encoder/second"].name == "bfloat16"
    assert policies["decoder"].name == "float64"
    assert policies["decoder/dense"].name == "float32"
    assert (len(policies), "decoder" in policies, "x" in policies) == (3, True, False)
    assert policies.name == "map_float32" and policies.compute_dtype == "float32"
    assert policies.pop("decoder").name == "float64"
    assert list(policies) == ["encoder/.*", "encoder/first"]
    policies[".*first"] = "float32"
    with pytest.raises(ValueError, match="matches several"):
        policies["encoder/very/first"]
    with pytest.raises(ValueError, match="already"):
        policies["encoder/.*"] = "float32"
    with pytest.raises(ValueError, match="floaty"):
        policies["new"] = "floaty"


def test_map_config_round_trip():
    policies = dtype_policies.DTypePolicyMap(None, {"a": "int8_from_float32", "b": "float64"})
    config = dtype_policies.serialize(policies)
    assert config["config"]["default_policy"] is None
    again = dtype_policies.deserialize(config)
    assert again == policies and dict(again) == dict(policies)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: kerasette.DTypePolicy("flot32"), ValueError, "Did you mean 'float32'"),
        (lambda: kerasette.DTypePolicy(32), TypeError, "name=32"),
        (lambda: dtype_policies.get("int8"), ValueError, "int8_from_float32"),
        (lambda: dtype_policies.get(object()), ValueError, "Unknown dtype"),
        (lambda: dtype_policies.get("int8_from_float16"), ValueError, "float16"),
        (lambda: dtype_policies.get("int4/0_from_float32"), ValueError, "int4/0"),
        (lambda: dtype_policies.get("gptq/5/1_from_float32"), ValueError, "gptq/5/1"),
        (lambda: dtype_policies.get("gptq/4_from_float32"), ValueError, "<group_size>"),
        (lambda: dtype_policies.get("awq/8/1_from_float32"), ValueError, "awq/8/1"),
        (lambda: dtype_policies.QuantizedDTypePolicy("int7"), ValueError, "'int7'"),
        (
            lambda: dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32", 1.5),
            TypeError,
            "amax_history_length=1.5",
        ),
        (lambda: set_dtype_policy(3), ValueError, "policy=3"),
        (lambda: dtype_policies.DTypePolicyMap("float32", ["a"]), TypeError, "policy_map=['a']"),
        (
            lambda: dtype_policies.DTypePolicyMap(dtype_policies.DTypePolicyMap()),
            ValueError,
            "default_policy",
        ),
        (
            lambda: dtype_policies.get({"class_name": "GlorotUniform", "config": {}}),
            ValueError,
            "GlorotUniform",
        ),
    ],
)
def test_bad_arguments_are_named(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value)
