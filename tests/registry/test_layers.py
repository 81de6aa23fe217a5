"""What holds for every layer: files of its configuration, compiling, shapes, gradients, dtypes."""

import json

import numpy as np
import pytest

import kerasette
from kerasette import dtype_policies, ops, saving, tree
from tests.golden.harness import map_arrays
from tests.golden.layer_case import Sample
from tests.ops.gradients import check
from tests.registry import layers as table
from tests.registry.layers import built, named, own_dtype, same, spread, symbols, tensors

CLOSE = 2e-5  # compiled arithmetic may be in another order


def numeric(sample):
    return not table.is_text(sample)


def free(sample):
    """Whether the sample leaves its dtype to the policy."""
    return numeric(sample) and not own_dtype(sample)


HOST = {"Hashing", "HashedCrossing"}  # hashes are made of the values, by Python


def compilable(sample):
    return numeric(sample) and sample.name not in HOST


def called(layer, sample, dtype=None, **more):
    return layer(*tensors(sample.inputs, dtype), **tensors(sample.call, dtype) | more)


def has_config(sample):
    """Whether it can be written down: a lambda cannot."""
    return sample.name != "Lambda" or "model" in sample.title


def training(layer):
    """Arguments of a call that trains, for layers that train differently."""
    return {"training": True} if layer._call_signature.takes_training else {}


def leaves(outputs):
    return [leaf for leaf in tree.flatten(outputs) if leaf is not None]


@pytest.fixture
def policy():
    """Sets the dtype policy, for the test alone."""
    yield dtype_policies.set_dtype_policy
    dtype_policies.set_dtype_policy("float32")


def test_every_layer_has_a_sample():
    missing = table.classes().keys() - table.BY_NAME.keys() - table.BASES
    assert not missing, f"{sorted(missing)} need samples: add them in {table.HERE}"
    assert not table.BY_NAME.keys() - table.classes().keys()


@pytest.mark.parametrize(**named(spread(6, has_config)))
def test_configuration_and_shapes(sample: Sample):
    """A layer from the text of its configuration gives equal outputs; shapes are as promised."""
    layer = built(sample)
    outputs = called(layer, sample)
    written = json.dumps(saving.serialize_keras_object(layer))
    assert "py:function" not in written
    again = saving.deserialize_keras_object(json.loads(written))
    assert json.dumps(saving.serialize_keras_object(again)) == written
    direct = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    expected = called(built(sample, weights=layer), sample)
    for one in (again, direct):
        called(one, sample)
        table.take(one, built(sample, weights=layer))
        same(called(one, sample), expected)
    promised(sample, again, outputs)


def promised(sample, layer, outputs):
    """Assert that symbolic calls give the shapes and dtypes of the real outputs."""
    real = leaves(outputs)
    for batch in (len(tree.flatten(sample.inputs)[0]), None):
        if batch is None and getattr(layer, "stateful", False):
            continue  # needs a known batch
        found = leaves(layer(*symbols(sample.inputs, batch), **symbols(sample.call, batch)))
        assert [x.dtype for x in found] == [x.dtype for x in real]
        for symbol, leaf in zip(found, real, strict=True):
            assert len(symbol.shape) == len(leaf.shape)
            assert all(p in (None, s) for p, s in zip(symbol.shape, leaf.shape, strict=True))
            assert batch is None or None not in symbol.shape


@pytest.mark.parametrize(**named(spread(3, compilable)))
def test_compiled_is_eager(sample: Sample):
    """While training, with random numbers: outputs, states and losses after two steps."""
    eager = built(sample)
    compiled = built(sample, weights=eager)
    how = training(eager)

    def step(inputs, call):
        outputs = compiled(*inputs, **call | how)
        return outputs, list(compiled.losses)

    step = kerasette.function(step)
    for _ in range(2):
        outputs, losses = step(tensors(sample.inputs), tensors(sample.call))
        expected = called(eager, sample, **how)
        same(outputs, expected, CLOSE)
        same(losses, list(eager.losses), CLOSE)
    same(list(compiled.variables), list(eager.variables), CLOSE)


# What they do goes by thresholds, or by whole numbers; or it is other at every call.
STEPPED = {
    "Discretization",
    "CategoryEncoding",
    "IntegerLookup",
    "Masking",
    "SpectralNormalization",
}


def differentiable(sample):
    whole = sample.name in ("Embedding", "ReversibleEmbedding") and "float" in sample.title
    return free(sample) and sample.name not in STEPPED | HOST and not whole


@pytest.mark.parametrize(**named(spread(2, differentiable)))
def test_gradients(sample: Sample, policy):
    """First and second order in float64, for inputs and weights, against differences."""
    policy("float64")
    layer = built(sample, "float64")
    call = tensors(sample.call, "float64")
    flat = tree.flatten(sample.inputs)
    places = [i for i, x in enumerate(flat) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    weights = list(layer.trainable_variables)
    points = [flat[i].astype("float64") for i in places]
    values = [np.asarray(w) for w in weights]
    others = list(layer.non_trainable_variables)

    def run(*operands):
        filled = list(flat)
        for place, operand in zip(places, operands, strict=False):
            filled[place] = operand
        outputs, _ = layer.stateless_call(
            list(operands[len(places) :]),
            [v.value for v in others],
            *tensors(tree.pack_sequence_as(sample.inputs, filled)),
            **call,
        )
        return [x for x in leaves(outputs) if "float" in x.dtype]

    if points or values:
        check(run, *points, *values, order=2, slack=1e-5)


def floats(values):
    return {str(x.dtype) for x in values if "float" in str(x.dtype)}


@pytest.mark.parametrize("name", ["float64", "float16", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize(**named(spread(1, free)))
def test_dtypes(sample: Sample, name: str, policy):
    """Outputs are of the compute dtype, variables and their gradients of the variables'."""
    policy(name)
    wanted = dtype_policies.get(name)
    layer = built(sample)
    with kerasette.GradientTape() as tape:
        outputs = leaves(called(layer, sample, **training(layer)))
        total = sum(ops.sum(ops.cast(x, "float32")) for x in outputs)
    assert floats(outputs) <= {wanted.compute_dtype}
    assert floats(layer.variables) <= {wanted.variable_dtype}
    slopes = [g for g in tape.gradient(total, layer.trainable_variables) if g is not None]
    assert floats(slopes) <= {wanted.variable_dtype}


@pytest.mark.parametrize(**named(spread(3, lambda s: "data_format" in str(s.config) and free(s))))
def test_data_formats(sample: Sample):
    """Channels first is channels last, transposed."""
    here = sample.config["data_format"]
    there = {"channels_first": "channels_last", "channels_last": "channels_first"}[here]
    layer = built(sample)
    mirrored = type(layer).from_config(layer.get_config() | {"data_format": there})
    full = sample.inputs[0].ndim

    def turned(x):
        if x.ndim < 3:
            return x  # nothing but channels is left
        steps = 2 if sample.name.startswith("ConvLSTM") and x.ndim == full else 1
        first = there == "channels_first"
        return np.moveaxis(x, -1, steps) if first else np.moveaxis(x, steps, -1)

    inputs = [turned(x) for x in sample.inputs]
    call = tensors(sample.call)
    mirrored(*tensors(inputs), **call)
    mirrored.set_weights(layer.get_weights())
    found = leaves(mirrored(*tensors(inputs), **call))
    expected = leaves(called(layer, sample))
    same(found, [turned(np.asarray(x)) for x in expected], CLOSE)


def is_sequence(sample):
    """Whether its one input is a batch of sequences of vectors."""
    arrays = [x for x in tree.flatten([sample.inputs, sample.call]) if isinstance(x, np.ndarray)]
    return compilable(sample) and len(arrays) == 1 and arrays[0].ndim == 3


def of_any_length(sample):
    """Whether no weights, and no sizes in the arguments, need to know the length."""
    over_steps = "axis=(1,2)" in sample.title or "reverse" in sample.call
    return is_sequence(sample) and sample.name not in ("PReLU", "Reshape") and not over_steps


@pytest.mark.parametrize(**named(spread(2, of_any_length)))
def test_sequences_of_unknown_length(sample: Sample):
    """The length is unknown in the output's shape, or is what it really is."""
    layer = built(sample)
    real = leaves(called(layer, sample))
    found = leaves(layer(*symbols(sample.inputs, None, length=True), **tensors(sample.call)))
    shape = layer.compute_output_shape((None, None, sample.inputs[0].shape[2]))
    assert [tuple(x.shape) for x in found] == [tuple(s) for s in shapes_of(shape)]
    for symbol, leaf in zip(found, real, strict=True):
        assert all(p in (None, s) for p, s in zip(symbol.shape, leaf.shape, strict=True))


def shapes_of(shape):
    return [shape] if not shape or not isinstance(shape[0], (tuple, list)) else list(shape)


@pytest.mark.parametrize(**named(spread(1, is_sequence)))
def test_masks_pass(sample: Sample):
    """Layers that support masking give their output the mask that their input carries."""
    layer = built(sample)
    inputs = tree.flatten(tensors(sample.inputs))
    plain = type(layer).compute_mask is kerasette.layers.Layer.compute_mask
    if not layer.supports_masking or not plain or sample.name == "Softmax":
        return  # it has a rule of its own, which the tests of its family know
    x = inputs[0]
    mask = kerasette.ops.convert_to_tensor(np.arange(x.shape[0] * x.shape[1]) % 2 == 0)
    x._keras_mask = kerasette.ops.reshape(mask, x.shape[:2])
    out = leaves(layer(x, **tensors(sample.call)))[0]
    same(out._keras_mask, x._keras_mask)


@pytest.mark.parametrize(**named(spread(1, has_config)))
def test_files(sample: Sample, tmp_path):
    """A model of the layer, saved and loaded, predicts the same; weights alone likewise."""
    inputs = symbolic_inputs(sample.inputs)
    call = symbolic_inputs(sample.call)
    model = kerasette.Model(
        [x for x in tree.flatten([inputs, call]) if isinstance(x, kerasette.KerasTensor)],
        sample.make(kerasette)(*inputs, **call),
    )
    arrays = [x for x in tree.flatten([sample.inputs, sample.call]) if isinstance(x, np.ndarray)]
    again = kerasette.models.clone_model(model)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    expected = model(tensors(arrays))
    same(saving.load_model(tmp_path / "model.keras")(tensors(arrays)), expected)
    again.load_weights(tmp_path / "model.weights.h5")
    same(again(tensors(arrays)), expected)


def symbolic_inputs(values):
    def symbol(array):
        dtype = "string" if array.dtype.kind in "UO" else array.dtype.name
        return kerasette.Input(batch_shape=array.shape, dtype=dtype)

    return map_arrays(symbol, values)
