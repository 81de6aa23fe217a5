"""Quantizers: integers and scales, fake quantization and its gradient, packing, configurations."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import ops, quantizers

X = np.random.RandomState(0).standard_normal((7, 3)).astype("float32")


@pytest.mark.parametrize("axis", [0, -1, (0, 1), [1]])
@pytest.mark.parametrize("to_numpy", [False, True])
def test_abs_max(axis, to_numpy):
    numbers, scale = quantizers.abs_max_quantize(X, axis, to_numpy=to_numpy)
    largest = np.abs(X).max(tuple(axis) if isinstance(axis, (list, tuple)) else axis, keepdims=True)
    assert numbers.dtype == "int8" and scale.dtype == "float32"
    assert scale.shape == largest.shape
    assert np.allclose(scale.numpy(), 127 / largest, rtol=1e-5)
    assert np.abs(numbers.numpy()).max() == 127
    assert np.abs(numbers.numpy() / scale.numpy() - X).max() <= (0.5 / scale.numpy()).max() * 1.001


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_abs_max_of_zeros_is_zero(dtype):
    numbers, _ = quantizers.abs_max_quantize(ops.zeros((4,), dtype), axis=0)
    assert numbers.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("to_numpy", [False, True])
def test_groups_with_zero_point(to_numpy):
    numbers, scale, zero = quantizers.abs_max_quantize_grouped_with_zero_point(
        X + 3, block_size=3, to_numpy=to_numpy
    )
    assert numbers.shape == (7, 3) and scale.shape == (3, 3) and zero.shape == (3, 3)
    assert numbers.dtype == "int8" and zero.dtype == "int8"
    assert numbers.numpy().min() >= -8 and numbers.numpy().max() <= 7
    rows = np.arange(7) // 3
    again = (numbers.numpy() - zero.numpy()[rows].astype(float)) * scale.numpy()[rows]
    inside = zero.numpy()[rows] != -8  # there the zero point itself was cut off
    assert np.all((np.abs(again - X - 3) <= 0.51 * scale.numpy()[rows]) | ~inside)


def test_groups_of_equal_values():
    numbers, scale, zero = quantizers.abs_max_quantize_grouped_with_zero_point(
        ops.ones((4, 1)) * 0.5, block_size=2
    )
    assert np.isfinite(scale.numpy()).all()
    again = (numbers.numpy() - zero.numpy()[[0, 0, 1, 1]].astype(float)) * scale.numpy()[0]
    assert np.allclose(again, 0.5, atol=0.1)


def fake(x, low, high, bits, narrow):
    least, greatest = int(narrow), 2**bits - 1
    scale = (high - low) / (greatest - least)
    zero = np.round(np.clip(least - low / scale, least, greatest))
    low, high = (least - zero) * scale, (greatest - zero) * scale
    return np.round((np.clip(x, low, high) - low) / scale) * scale + low, low, high


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("narrow", [False, True])
def test_fake_quantization(bits, narrow):
    found = quantizers.fake_quant_with_min_max_vars(X, -0.9, 1.2, bits, narrow)
    assert np.allclose(found.numpy(), fake(X, -0.9, 1.2, bits, narrow)[0], atol=1e-6)
    assert len(np.unique(found.numpy())) <= 2**bits


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_fake_quantization_by_channel(axis):
    channels = X.shape[axis]
    low, high = -np.linspace(0.52, 1.03, channels), np.linspace(0.71, 2.2, channels)
    found = quantizers.fake_quant_with_min_max_vars(X, low, high, 3, axis=axis).numpy()
    for channel in range(channels):
        expected = fake(np.take(X, channel, axis), low[channel], high[channel], 3, False)[0]
        assert np.allclose(np.take(found, channel, axis), expected, atol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_fake_quantization_gradient(compiled):
    def gradients(x, low, high):
        with kerasette.GradientTape() as tape:
            tape.watch([x, low, high])
            y = ops.sum(quantizers.fake_quant_with_min_max_vars(x, low, high, axis=1) * X)
        return tape.gradient(y, [x, low, high])

    low, high = np.float32([-0.9, -0.5, -1]), np.float32([1.2, 0.7, 2])
    call = kerasette.function(gradients) if compiled else gradients
    found = call(*(kerasette.constant(v) for v in (X, low, high)))
    _, nudged_low, nudged_high = fake(X, low, high, 8, False)
    inside = (nudged_low <= X) & (nudged_high >= X)
    expected = [X * inside, (X * (nudged_low >= X)).sum(0), (X * (nudged_high <= X)).sum(0)]
    for one, other in zip(found, expected, strict=True):
        assert np.allclose(one.numpy(), other, atol=1e-6)


def test_fake_quantization_infers_shapes():
    x = kerasette.KerasTensor((None, 3))
    assert quantizers.fake_quant_with_min_max_vars(x, -1.0, 1.0).shape == (None, 3)


def test_float8_scale():
    def scale(amax, margin=0):
        return float(
            quantizers.compute_float8_scale(ops.array(amax), ops.array(3.0), 448.0, margin)
        )

    assert np.isclose(scale(5.0), 5 / 448)
    assert np.isclose(scale(5.0, 1), 10 / 448)
    assert scale(0.0) == 3.0 and scale(np.inf) == 3.0


@pytest.mark.parametrize(("dtype", "largest"), [("float8_e4m3fn", 448.0), ("float8_e5m2", 57344.0)])
def test_quantize_and_dequantize(dtype, largest):
    x = ops.array([0.0, 1.0, -1.1, 1e9, -1e9])
    found = quantizers.quantize_and_dequantize(x, ops.array(2.0), dtype, "float32").numpy()
    assert found[0] == 0 and found[1] == 1 and abs(found[2] + 1.1) < 0.15
    assert found[3:].tolist() == [2 * largest, -2 * largest]


@given(st.lists(st.integers(-8, 7), min_size=1, max_size=24), st.sampled_from([1, 2, 3]))
@settings(max_examples=40, deadline=None)
def test_packing_and_back(values, columns):
    array = np.array(values[: len(values) // columns * columns] or [0] * columns, "int8")
    array = array.reshape(-1, columns)
    for axis in (0, 1, -1):
        packed, shape, length = quantizers.pack_int4(array, axis=axis)
        assert packed.dtype == "int8" and packed.shape == shape
        assert length == array.shape[axis] and shape[axis] == (length + 1) // 2
        assert np.array_equal(quantizers.unpack_int4(packed, length, axis=axis).numpy(), array)


def test_packing_puts_the_first_in_the_lower_half():
    packed, _, _ = quantizers.pack_int4(np.array([[-3, 7], [2, -8], [1, 0]], "int8"))
    assert packed.tolist() == [[45, -121], [1, 0]]
    unsigned = np.arange(16, dtype="uint8")
    packed, _, length = quantizers.pack_int4(unsigned, dtype="uint8")
    assert packed.dtype == "uint8" and packed.tolist()[:2] == [0x10, 0x32]
    assert quantizers.unpack_int4(packed, length, dtype="uint8").tolist() == unsigned.tolist()


def test_packing_refuses_other_dtypes():
    with pytest.raises(TypeError, match="float32"):
        quantizers.pack_int4(np.ones(2, "float32"))
    with pytest.raises(ValueError, match="dtype='int4'"):
        quantizers.unpack_int4(np.ones(2, "int8"), 2, dtype="int4")


OBJECTS = [
    quantizers.Quantizer("int8"),
    quantizers.AbsMaxQuantizer(axis=0, value_range=(-8, 7)),
    quantizers.AbsMaxQuantizer(),
    quantizers.QuantizationConfig(quantizers.AbsMaxQuantizer(axis=1)),
    quantizers.Int8QuantizationConfig(),
    quantizers.Int8QuantizationConfig(quantizers.AbsMaxQuantizer(axis=0), None),
    quantizers.Int4QuantizationConfig(),
    quantizers.Int4QuantizationConfig(quantizers.AbsMaxQuantizer(0, (-8, 7)), block_size=-1),
    quantizers.Float8QuantizationConfig(),
    quantizers.GPTQConfig(None, None, weight_bits=3, symmetric=True),
    quantizers.AWQConfig(None, None, group_size=-1),
]


@pytest.mark.parametrize("made", OBJECTS, ids=lambda made: type(made).__name__)
def test_config_round_trip(made):
    config = json.loads(json.dumps(kerasette.saving.serialize_keras_object(made)))
    assert config["module"] == "keras.quantizers"
    again = kerasette.saving.deserialize_keras_object(config)
    assert type(again) is type(made)
    assert json.dumps(again.get_config()) == json.dumps(made.get_config())


def test_modes():
    assert [made.mode for made in OBJECTS[4:]] == [
        *("int8", "int8", "int4", "int4", "float8", "gptq", "awq")
    ]
    assert OBJECTS[-2].dtype_policy_string() == "gptq/3/128"
    assert OBJECTS[-1].dtype_policy_string() == "awq/4/-1"
    with pytest.raises(NotImplementedError):
        _ = quantizers.QuantizationConfig().mode


def test_data_is_not_part_of_the_config():
    config = quantizers.GPTQConfig(["text"], str.split).get_config()
    assert config["dataset"] is None and config["tokenizer"] is None
    assert config["weight_bits"] == 4


def test_defaults_of_quantizers():
    own = quantizers.AbsMaxQuantizer(axis=0)
    config = quantizers.Int8QuantizationConfig(own, None)
    assert config.weight_quantizer_or_default(config, "x") is own
    assert config.weight_quantizer_or_default(None, "x") == "x"
    assert config.activation_quantizer_or_default(config, "x") is None
    assert config.activation_quantizer_or_default(None, "x") == "x"
    assert isinstance(
        quantizers.Int8QuantizationConfig().activation_quantizer, quantizers.AbsMaxQuantizer
    )


def test_get():
    assert isinstance(quantizers.get("abs_max_quantizer"), quantizers.AbsMaxQuantizer)
    assert quantizers.get("AbsMaxQuantizer", axis=1).axis == (1,)
    assert quantizers.get(quantizers.AbsMaxQuantizer, axis=1).axis == (1,)
    assert quantizers.get(None) is None
    made = quantizers.AbsMaxQuantizer()
    assert quantizers.get(made) is made
    assert quantizers.deserialize(quantizers.serialize(made)).get_config() == made.get_config()


def test_quantizer_uses_the_axis_of_the_call_first():
    made = quantizers.AbsMaxQuantizer(axis=0)
    assert made(X)[1].shape == (1, 3)
    assert made(X, axis=1)[1].shape == (7, 1)
    assert quantizers.AbsMaxQuantizer()(X)[1].shape == (7, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: quantizers.AbsMaxQuantizer(value_range=(-200, 100)), "(-200, 100)"),
        (lambda: quantizers.get("abs_max_quantiser"), "Did you mean 'abs_max_quantizer'"),
        (lambda: quantizers.Int4QuantizationConfig(block_size=0), "block_size=0"),
        (
            lambda: quantizers.Int4QuantizationConfig(quantizers.AbsMaxQuantizer(0, (-8, 7))),
            "block_size=128",
        ),
        (
            lambda: quantizers.Int4QuantizationConfig(
                quantizers.AbsMaxQuantizer(0), block_size=None
            ),
            "value_range=(-127, 127)",
        ),
        (
            lambda: quantizers.Int8QuantizationConfig(
                quantizers.AbsMaxQuantizer(0, output_dtype="int16")
            ),
            "output_dtype='int16'",
        ),
        (lambda: quantizers.GPTQConfig(None, None, weight_bits=5), "weight_bits=5"),
        (lambda: quantizers.GPTQConfig(None, None, num_samples=0), "num_samples=0"),
        (lambda: quantizers.GPTQConfig(None, None, hessian_damping=2), "hessian_damping=2"),
        (lambda: quantizers.GPTQConfig(None, None, group_size=0), "group_size=0"),
        (lambda: quantizers.AWQConfig(None, None, weight_bits=8), "weight_bits=8"),
        (lambda: quantizers.AWQConfig(None, None, num_grid_points=0), "num_grid_points=0"),
    ],
)
def test_bad_arguments_are_named(call, words):
    with pytest.raises(ValueError) as caught:
        call()
    assert words in str(caught.value)
