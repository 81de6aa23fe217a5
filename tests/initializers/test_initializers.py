"""Initializers: spread, seeds, configuration, and the ways to name one."""

import inspect
import json
import math

import numpy as np
import pytest
import scipy.signal
from scipy import stats

import kerasette
from kerasette import initializers, ops
from kerasette.initializers.scaling import compute_fans

RANDOM = {
    "RandomNormal": {"mean": 0.5, "stddev": 2.0},
    "RandomUniform": {"minval": -1.0, "maxval": 3.0},
    "TruncatedNormal": {"mean": 0.5, "stddev": 2.0},
    "VarianceScaling": {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform"},
    "GlorotNormal": {},
    "GlorotUniform": {},
    "LecunNormal": {},
    "LecunUniform": {},
    "HeNormal": {},
    "HeUniform": {},
    "Orthogonal": {"gain": 0.5},
}


def truncated(deviation):
    """A normal distribution cut at two deviations that has this deviation after it."""
    return stats.truncnorm(-2, 2, scale=deviation / stats.truncnorm(-2, 2).std())


def uniform(deviation):
    limit = math.sqrt(3) * deviation
    return stats.uniform(-limit, 2 * limit)


# 120 inputs and 80 outputs.
EXPECTED = {
    "GlorotNormal": truncated(math.sqrt(2 / 200)),
    "GlorotUniform": uniform(math.sqrt(2 / 200)),
    "LecunNormal": truncated(math.sqrt(1 / 120)),
    "LecunUniform": uniform(math.sqrt(1 / 120)),
    "HeNormal": truncated(math.sqrt(2 / 120)),
    "HeUniform": uniform(math.sqrt(2 / 120)),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_distribution(name):
    values = getattr(initializers, name)(seed=3)((120, 80)).numpy().ravel()
    assert stats.kstest(values, EXPECTED[name].cdf).pvalue > 1e-3


@pytest.mark.parametrize("mode, count", [("fan_in", 120), ("fan_out", 80), ("fan_avg", 100)])
@pytest.mark.parametrize(
    "name, shape",
    [
        ("truncated_normal", truncated),
        ("normal", truncated),
        ("uniform", uniform),
        ("untruncated_normal", lambda deviation: stats.norm(0, deviation)),
    ],
)
def test_variance_scaling(mode, count, name, shape):
    made = initializers.VarianceScaling(3.0, mode, name, seed=5)((120, 80))
    assert stats.kstest(made.numpy().ravel(), shape(math.sqrt(3 / count)).cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    "shape, fans",
    [
        ((), (1, 1)),
        ((5,), (5, 5)),
        ((3, 4), (3, 4)),
        ((7, 3, 4), (21, 28)),
        ((2, 7, 3, 4), (42, 56)),
    ],
)
def test_fans(shape, fans):
    assert compute_fans(shape) == fans


def test_fans_of_named_axes():
    assert compute_fans((2, 3, 5), [0, 1], [2]) == (6, 5)
    values = initializers.HeUniform(seed=1, input_axes=[0], output_axes=[1, 2])((30, 4, 5)).numpy()
    assert np.abs(values).max() <= math.sqrt(6 / 30)
    assert np.abs(values).max() > 0.95 * math.sqrt(6 / 30)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_orthogonal(shape, dtype):
    made = initializers.Orthogonal(gain=2.0, seed=1)(shape, dtype)
    flat = made.numpy().reshape(-1, shape[-1]) / 2
    gram = flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T
    assert made.dtype == dtype
    assert np.allclose(gram, np.eye(len(gram)), atol=1e-6)


def test_orthogonal_spreads_evenly():
    """The determinant of a random orthogonal matrix is 1 or -1, each half of the time."""
    dets = [
        np.linalg.det(initializers.Orthogonal(seed=seed)((3, 3)).numpy()) for seed in range(200)
    ]
    assert 60 < np.sum(np.array(dets) > 0) < 140
    corner = [float(initializers.Orthogonal(seed=seed)((3, 3))[0, 0]) for seed in range(300)]
    assert stats.kstest(corner, stats.uniform(-1, 2).cdf).pvalue > 1e-3  # on the sphere


@pytest.mark.parametrize("name", RANDOM)
def test_same_initializer_same_values(name):
    made = getattr(initializers, name)(**RANDOM[name])
    first, second = made((8, 6)), made((8, 6))
    assert np.array_equal(first.numpy(), second.numpy())
    other = getattr(initializers, name)(**RANDOM[name])
    assert not np.array_equal(first.numpy(), other((8, 6)).numpy())
    seeded = [getattr(initializers, name)(**RANDOM[name], seed=4)((8, 6)) for _ in range(2)]
    assert np.array_equal(seeded[0].numpy(), seeded[1].numpy())


@pytest.mark.parametrize("name", RANDOM)
def test_generator_gives_new_values(name):
    generator = kerasette.random.SeedGenerator(3)
    made = getattr(initializers, name)(**RANDOM[name], seed=generator)
    assert not np.array_equal(made((8, 6)).numpy(), made((8, 6)).numpy())


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", None])
def test_dtypes(name, dtype):
    made = getattr(initializers, name)(seed=1)((4, 3), dtype)
    assert made.dtype == (dtype or "float32") and made.shape == (4, 3)


def test_set_random_seed_reaches_initializers():
    def program():
        kerasette.random.seed_generator.set_random_seed(2)
        return [initializers.GlorotUniform()((3,)).tolist() for _ in range(2)]

    first = program()
    assert first == program()
    assert first[0] != first[1]


ALL = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": 2.5},
    "Identity": {"gain": 3.0},
    "STFT": {"side": "imag", "window": "hamming", "scaling": None, "periodic": True},
    **{name: {**arguments, "seed": 6} for name, arguments in RANDOM.items()},
}


@pytest.mark.parametrize("name", ALL)
def test_config_round_trip(name):
    made = getattr(initializers, name)(**ALL[name])
    config = initializers.serialize(made)
    assert config["module"] == "keras.initializers"
    assert config["class_name"] == name
    assert config["registered_name"] is None
    assert made.get_config().items() >= ALL[name].items()
    assert json.loads(json.dumps(config)) == config
    shape = (8, 1, 5) if name == "STFT" else (5, 4)
    for again in (
        initializers.deserialize(config),
        initializers.get(config),
        made.clone(),
        type(made).from_config(made.get_config()),
    ):
        assert type(again) is type(made)
        assert again.get_config() == made.get_config()
        assert np.array_equal(again(shape).numpy(), made(shape).numpy())


def test_config_keeps_seed_as_given():
    assert initializers.GlorotUniform().get_config()["seed"] is None
    generator = kerasette.random.SeedGenerator(9)
    config = initializers.serialize(initializers.RandomNormal(seed=generator))
    assert config["config"]["seed"]["class_name"] == "SeedGenerator"
    again = initializers.deserialize(config)
    assert again.seed.get_config() == generator.get_config()
    assert np.array_equal(
        again((3,)).numpy(), initializers.RandomNormal(seed=generator)((3,)).numpy()
    )


SNAKE = "zeros ones constant identity stft random_normal random_uniform truncated_normal orthogonal"
SNAKE += " variance_scaling glorot_normal glorot_uniform he_normal he_uniform lecun_normal"
SNAKE += " lecun_uniform normal uniform zero one OrthogonalInitializer IdentityInitializer"


@pytest.mark.parametrize("name", SNAKE.split())
def test_get_by_name(name):
    made = initializers.get(name)
    assert isinstance(made, initializers.Initializer)
    if hasattr(initializers, name):
        assert type(made) is getattr(initializers, name)


def test_get_what_is_one_already():
    made = initializers.Ones()
    assert initializers.get(made) is made
    assert isinstance(initializers.get(initializers.Ones), initializers.Ones)
    assert initializers.get(None) is None
    double = initializers.get(lambda shape, dtype=None: ops.full(shape, 2.0))
    assert double((2,)).tolist() == [2.0, 2.0]


def test_own_class_by_custom_objects():
    class Counting(initializers.Initializer):
        def __init__(self, start=0):
            self.start = start

        def __call__(self, shape, dtype=None):
            count = math.prod(shape)
            return ops.reshape(ops.arange(self.start, self.start + count, dtype=dtype), shape)

        def get_config(self):
            return {"start": self.start}

    config = initializers.serialize(Counting(3))
    assert config["registered_name"] == "Counting"
    with pytest.raises(ValueError, match="custom_objects"):
        initializers.deserialize(config)
    again = initializers.deserialize(config, custom_objects={"Counting": Counting})
    assert again((2,), "int32").tolist() == [3, 4]
    with kerasette.saving.custom_object_scope({"Counting": Counting}):
        assert initializers.get("Counting")((2,), "int32").tolist() == [0, 1]


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: initializers.get("glorot_unifrom"), "Did you mean 'glorot_uniform'?"),
        (lambda: initializers.get(3), "Received: 3"),
        (lambda: initializers.get({"config": {}}), "class_name"),
        (lambda: initializers.get({"class_name": "Dense", "config": {"units": 3}}), "'Dense'"),
        (lambda: initializers.VarianceScaling(0.0), "scale=0.0"),
        (lambda: initializers.VarianceScaling(mode="fan"), "'fan'"),
        (lambda: initializers.VarianceScaling(distribution="cauchy"), "'cauchy'"),
        (lambda: initializers.RandomNormal(seed="1"), "seed='1'"),
        (lambda: initializers.Identity()((2, 2, 2)), "(2, 2, 2)"),
        (lambda: initializers.Orthogonal()((2,)), "(2,)"),
        (lambda: initializers.STFT("left"), "side='left'"),
        (lambda: initializers.STFT(scaling="none"), "scaling='none'"),
        (lambda: initializers.STFT(window="han"), "Did you mean 'hann'?"),
        (lambda: initializers.STFT(window=[1.0, 2.0])((3, 1, 2)), "(2,)"),
    ],
)
def test_bad_arguments_are_named(call, words):
    with pytest.raises(ValueError) as caught:
        call()
    assert words in str(caught.value)


def test_stft_is_the_transform_of_windowed_pieces():
    length, bands = 12, 7
    signal = np.random.RandomState(0).standard_normal(length)
    window = scipy.signal.get_window("blackman", length, fftbins=False)
    expected = np.fft.rfft(signal * window / np.sqrt((window**2).sum()))
    for side, part in (("real", expected.real), ("imag", expected.imag)):
        kernel = initializers.STFT(side, "blackman")((length, 1, bands), "float64").numpy()
        assert np.allclose(signal @ kernel[:, 0], part)


def test_base_class_asks_for_call():
    with pytest.raises(NotImplementedError, match="__call__"):
        initializers.Initializer()((2,))
    assert list(inspect.signature(initializers.HeNormal).parameters) == [
        "seed",
        "input_axes",
        "output_axes",
    ]
