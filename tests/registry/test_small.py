"""What holds for every activation, initializer, regularizer, constraint, schedule, optimizer and
callback: configurations as text, compiled and eager, gradients, dtypes, states."""

import json

import numpy as np
import pytest

import kerasette
from kerasette import activations, ops, saving
from tests.golden.harness import distinct, real
from tests.ops.gradients import check
from tests.registry import small
from tests.registry.layers import same

X = distinct(3, 4) / 4
WHERE = "add a sample in tests/registry/small.py"
ACTIVATIONS = [(name, how) for name, group in small.ACTIVATIONS.items() for how in group]
CALLED = [(space, *row) for space in ("regularizers", "constraints") for row in small.rows(space)]


def written(thing):
    """The text of a configuration, and what is made of it: by its name, and by its class."""
    text = json.dumps(saving.serialize_keras_object(thing))
    again = saving.deserialize_keras_object(json.loads(text))
    direct = type(thing).from_config(json.loads(json.dumps(thing.get_config())))
    assert json.dumps(saving.serialize_keras_object(again)) == text
    return again, direct


@pytest.mark.parametrize("space", small.TABLES)
def test_every_class_has_a_sample(space):
    _, _, samples = small.TABLES[space]
    missing = small.classes(space) - samples.keys() - small.OF_ONE_RUN
    assert not missing, f"{sorted(missing)} of {space}: {WHERE}"
    assert samples.keys() <= small.classes(space)


def test_every_activation_has_a_sample():
    missing = small.functions() - small.ACTIVATIONS.keys()
    assert not missing, f"{sorted(missing)}: {WHERE}"
    assert small.ACTIVATIONS.keys() == small.functions()


@pytest.mark.parametrize(("name", "how"), ACTIVATIONS)
def test_activations(name, how):
    function = getattr(activations, name)
    assert activations.deserialize(activations.serialize(function)) is function
    assert saving.deserialize_keras_object(saving.serialize_keras_object(function)) is function
    x = ops.convert_to_tensor(X)
    expected = function(x, **how)
    same(kerasette.function(lambda x: function(x, **how))(x), expected, 1e-6)
    for batch in (3, None) if "axis" not in how else (3,):
        symbol = function(kerasette.KerasTensor((batch, 4)), **how)
        assert symbol.dtype == expected.dtype and symbol.shape[1:] == expected.shape[1:]
    for dtype in ("float16", "bfloat16", "float64"):
        assert function(ops.cast(x, dtype), **how).dtype == dtype
    check(lambda x: function(x, **how), X.astype("float64") + 0.013)


@pytest.mark.parametrize(("space", "name", "sample"), CALLED)
def test_regularizers_and_constraints(space, name, sample):
    thing = small.made(space, name, sample)
    x = ops.convert_to_tensor(real(3, 4))
    for again in written(thing):
        same(again(x), thing(x))
    same(kerasette.function(lambda x: thing(x))(x), thing(x), 1e-6)
    for dtype in ("float16", "bfloat16", "float64"):
        assert thing(ops.cast(x, dtype)).dtype == dtype
    check(thing, real(3, 4).astype("float64"), slack=1e-5)


@pytest.mark.parametrize(("name", "sample"), small.rows("initializers"))
def test_initializers(name, sample):
    thing = small.made("initializers", name, sample)
    shape = {"STFT": (8, 1, 5)}.get(name, (5, 5))
    expected = thing(shape)
    assert expected.shape == shape and expected.dtype == kerasette.config.floatx()
    for again in written(thing):
        same(again(shape), expected)
    for dtype in ("float16", "bfloat16", "float64"):
        assert thing(shape, dtype=dtype).dtype == dtype
    same(kerasette.function(lambda: small.made("initializers", name, sample)(shape))(), expected)


@pytest.mark.parametrize(("name", "sample"), small.rows("schedules"))
def test_schedules(name, sample):
    thing = small.made("schedules", name, sample)
    steps = [ops.convert_to_tensor(step) for step in range(9)]
    rates = [thing(step) for step in steps]
    for again in written(thing):
        same([again(step) for step in steps], rates)
    compiled = kerasette.function(lambda step: thing(step))
    same([compiled(step) for step in steps], rates, 1e-6)
    optimizer = kerasette.optimizers.SGD(thing)
    for again in written(optimizer):
        assert again.get_config() == optimizer.get_config()


def trained(optimizer, compiled):
    """The variables, and all that the optimizer keeps, after four steps."""
    held = [kerasette.Variable(real(*shape, seed=4)) for shape in ((3, 4), (4,), ())]
    optimizer.build(held)

    def step(*slopes):
        optimizer.apply(list(slopes), held)

    step = kerasette.function(step) if compiled else step
    for index in range(4):
        step(*[ops.convert_to_tensor(real(*v.shape, seed=index)) for v in held])
    state = [np.asarray(v) for v in [*held, *optimizer.variables]]
    return [x.astype("float64") if x.dtype.kind == "f" else x for x in state]


@pytest.mark.parametrize(("name", "sample"), small.rows("optimizers"))
def test_optimizers(name, sample):
    optimizer = small.made("optimizers", name, sample)
    again, direct = written(optimizer)
    expected = trained(optimizer, compiled=False)
    same(trained(direct, compiled=False), expected)
    same(trained(again, compiled=True), expected, 2e-5)


@pytest.mark.parametrize(("name", "sample"), small.rows("callbacks"))
def test_callbacks(name, sample, tmp_path, monkeypatch):
    """What they remember goes into a new one; nothing is written before training begins."""
    monkeypatch.chdir(tmp_path)
    first, second = (small.made("callbacks", name, sample) for _ in range(2))
    state = first.state()
    json.dumps(state, default=lambda leaf: np.asarray(leaf).tolist())
    second.load_state(state)
    assert repr(second.state()) == repr(state)
    assert not list(tmp_path.glob("**/*.*"))
