"""The distributions of kerasette.random: their shape, their exactness, and how they are drawn."""

import math

import numpy as np
import pytest
from scipy import stats

import kerasette
from kerasette import ops
from kerasette import random as kr

COUNT = 20_000

CONTINUOUS = {
    "normal": (lambda n: kr.normal((n,), 1.0, 2.0, seed=11), stats.norm(1.0, 2.0)),
    "normal float64": (
        lambda n: kr.normal((n,), dtype="float64", seed=12),
        stats.norm(),
    ),
    "truncated_normal": (
        lambda n: kr.truncated_normal((n,), 1.0, 0.5, seed=13),
        stats.truncnorm(-2.0, 2.0, 1.0, 0.5),
    ),
    "uniform": (lambda n: kr.uniform((n,), seed=14), stats.uniform()),
    "uniform range": (lambda n: kr.uniform((n,), -3.0, 5.0, seed=15), stats.uniform(-3.0, 8.0)),
    "uniform float64": (lambda n: kr.uniform((n,), dtype="float64", seed=16), stats.uniform()),
    "gamma 0.2": (lambda n: kr.gamma((n,), 0.2, dtype="float64", seed=17), stats.gamma(0.2)),
    "gamma 1": (lambda n: kr.gamma((n,), 1.0, seed=18), stats.gamma(1.0)),
    "gamma 30": (lambda n: kr.gamma((n,), 30.0, seed=19), stats.gamma(30.0)),
    "beta 2 5": (lambda n: kr.beta((n,), 2.0, 5.0, seed=20), stats.beta(2.0, 5.0)),
    "beta 0.5 1": (lambda n: kr.beta((n,), 0.5, 1.0, dtype="float64", seed=21), stats.beta(0.5, 1)),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_distributions(name):
    draw, expected = CONTINUOUS[name]
    assert stats.kstest(draw(COUNT).numpy(), expected.cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("counts", "probability"),
    [(1, 0.5), (12, 0.25), (12, 0.9), (60, 0.5), (1000, 0.02), (500, 0.7)],
)
def test_binomial(counts, probability):
    drawn = kr.binomial((COUNT,), counts, probability, seed=3).numpy().astype(int)
    assert drawn.min() >= 0 and drawn.max() <= counts
    expected = stats.binom.pmf(np.arange(counts + 1), counts, probability) * COUNT
    common = expected > 5
    found = np.bincount(drawn, minlength=counts + 1)
    found = np.append(found[common], found[~common].sum())
    expected = np.append(expected[common], max(expected[~common].sum(), 1e-9))
    if expected[-1] < 1:
        found, expected = found[:-1], expected[:-1] * found[:-1].sum() / expected[:-1].sum()
    assert stats.chisquare(found, expected * found.sum() / expected.sum()).pvalue > 1e-3


def test_binomial_of_many_trials_has_right_moments():
    drawn = kr.binomial((COUNT,), 1e9, 0.3, dtype="float64", seed=4).numpy()
    deviation = math.sqrt(1e9 * 0.3 * 0.7)
    assert abs(drawn.mean() - 3e8) < 5 * deviation / math.sqrt(COUNT)
    assert abs(drawn.std() / deviation - 1) < 0.03


@pytest.mark.parametrize(
    ("draw", "impossible"),
    [
        (lambda p: kr.gamma((3,), p, seed=1), [-1.0, math.nan]),
        (lambda p: kr.binomial((3,), 5, p, seed=1), [-0.1, 1.1, math.nan]),
        (lambda p: kr.binomial((3,), p, 0.5, seed=1), [-1.0, math.nan]),
        (lambda p: kr.beta((3,), p, 1.0, seed=1), [-1.0, math.nan]),
    ],
)
def test_impossible_parameters_give_nan(draw, impossible):
    for parameter in impossible:
        assert np.isnan(draw(parameter).numpy()).all()


def test_certain_outcomes():
    assert kr.gamma((2,), 0.0, seed=1).tolist() == [0.0, 0.0]
    assert kr.binomial((2,), [0, 7], [0.5, 1.0], seed=1).tolist() == [0.0, 7.0]
    assert kr.binomial((2,), 9, 0.0, seed=1).tolist() == [0.0, 0.0]


def test_beta_of_small_parameters_is_at_the_ends():
    drawn = kr.beta((1000,), 1e-4, 1e-4, seed=1).numpy()
    assert np.isfinite(drawn).all()
    assert ((drawn < 1e-6) | (drawn > 1 - 1e-6)).mean() > 0.99
    assert 0.4 < drawn.mean() < 0.6


def test_categorical():
    weights = np.array([[0.1, 0.2, 0.0, 0.7], [0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    with np.errstate(divide="ignore"):
        drawn = kr.categorical(np.log(weights), COUNT, seed=5).numpy()
    assert drawn.shape == (3, COUNT) and drawn.dtype == np.int32
    for row, weight in zip(drawn, weights, strict=True):
        found = np.bincount(row, minlength=4)
        assert found[weight == 0].sum() == 0
        possible = weight > 0
        expected = weight[possible] / weight.sum() * COUNT
        assert possible.sum() == 1 or stats.chisquare(found[possible], expected).pvalue > 1e-3


def test_categorical_of_one_class_and_infinite_logits():
    assert kr.categorical([[3.0]], 4, seed=1).tolist() == [[0, 0, 0, 0]]
    assert set(kr.categorical([[0.0, math.inf]], 50, seed=1).numpy().ravel()) == {1}
    everywhere = kr.categorical([[-math.inf, -math.inf]], 50, seed=1).numpy()
    assert set(everywhere.ravel()) == {0, 1}


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64"])
def test_randint_covers_its_range_evenly(dtype):
    drawn = kr.randint((COUNT,), 3, 9, dtype=dtype, seed=6)
    assert drawn.dtype == dtype
    found = np.bincount(drawn.numpy().astype(int), minlength=9)
    assert found[:3].sum() == 0 and len(found) == 9
    assert stats.chisquare(found[3:]).pvalue > 1e-3


def test_randint_of_whole_ranges():
    signed = kr.randint((COUNT,), -(2**63), 2**63 - 1, dtype="int64", seed=1).numpy()
    assert stats.kstest(signed / 2.0**64 + 0.5, "uniform").pvalue > 1e-3
    wide = kr.randint((COUNT,), 0, 3 * 2**61, dtype="uint64", seed=2).numpy()
    assert stats.kstest(wide / (3.0 * 2**61), "uniform").pvalue > 1e-3
    byte = kr.randint((COUNT,), -128, 128, dtype="int8", seed=3).numpy()
    assert byte.min() == -128 and byte.max() == 127


def test_randint_takes_bounds_that_broadcast():
    low, high = ops.convert_to_tensor([[0], [100]]), ops.convert_to_tensor([101, 200, 300])
    drawn = kr.randint((2, 3), low, high, seed=4).numpy()
    assert np.all(drawn >= [[0], [100]]) and np.all(drawn < [101, 200, 300])


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_randint_of_tensors_is_that_of_numbers(dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    drawn = kr.randint((50,), np.array(low, dtype), np.array(high, dtype), dtype, seed=4)
    assert drawn.tolist() == kr.randint((50,), int(low), int(high), dtype, seed=4).tolist()
    assert kr.randint((3,), np.array(5), np.array(2), seed=4).tolist() == [5, 5, 5]


def test_randint_is_exact_arithmetic():
    """The value is the upper part of ``span`` times 64 random bits, at every span."""
    bits = [int(b) for b in np.frombuffer(_bits(17, 32).tobytes(), np.uint32)]
    for span in (1, 6, 2**31, 2**32):
        drawn = kr.randint((16,), 0, span, dtype="int64", seed=17).tolist()
        whole = [(bits[2 * p] << 32) | bits[2 * p + 1] for p in range(16)]
        assert drawn == [span * word >> 64 for word in whole]


def _bits(seed, count):
    from kerasette.ops.random_bits import random_bits

    state = kerasette.constant(np.array([seed, 0], "uint32"))
    return random_bits(state, shape=(count,)).numpy()


def test_uniform_is_a_multiple_of_the_last_place():
    for dtype, bits in (("float16", 11), ("float32", 24), ("float64", 53), ("bfloat16", 8)):
        drawn = kr.uniform((4096,), dtype=dtype, seed=2).numpy().astype("float64")
        assert drawn.min() >= 0.0 and drawn.max() < 1.0
        assert np.array_equal(drawn * 2.0**bits, np.floor(drawn * 2.0**bits))
    assert np.array_equal(
        kr.uniform((64,), seed=2).numpy(), (_bits(2, 64) >> 8).astype("float32") / 2**24
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_uniform_never_reaches_its_upper_bound(dtype):
    drawn = kr.uniform((COUNT,), 1000.0, 1001.0, dtype=dtype, seed=3).numpy().astype("float64")
    assert drawn.min() >= 1000.0 and drawn.max() < 1001.0


def test_uniform_of_integers():
    drawn = kr.uniform((100,), 2, 5, dtype="int32", seed=3).numpy()
    assert set(drawn) == {2, 3, 4}


def test_normal_is_the_quantile_of_its_bits():
    bits = _bits(9, 5000).astype("float64")
    expected = stats.norm.ppf((bits + 0.5) / 2**32).astype("float32")
    found = kr.normal((5000,), seed=9).numpy()
    ulps = np.abs(found.view(np.int32).astype(int) - expected.view(np.int32).astype(int))
    assert ulps.max() <= 1


def test_normal_quantile_in_the_tails():
    from kerasette.ops.random_bits import normal_quantile

    below = np.concatenate([2.0 ** -np.arange(2, 52), [0.074, 0.0750001]])
    found = normal_quantile(np, below - 0.5)
    expected = stats.norm.ppf(below)
    # At 2**-51 the difference to one half still has all bits of the probability.
    assert np.allclose(found, expected, rtol=1e-13)
    assert np.allclose(normal_quantile(np, 0.5 - below), -expected, rtol=1e-13)


def test_truncated_normal_stays_within_two_deviations():
    drawn = kr.truncated_normal((COUNT,), seed=1).numpy()
    assert np.abs(drawn).max() <= 2.0


DRAWS = {
    "normal": lambda shape, seed: kr.normal(shape, seed=seed),
    "normal float64": lambda shape, seed: kr.normal(shape, dtype="float64", seed=seed),
    "truncated_normal": lambda shape, seed: kr.truncated_normal(shape, seed=seed),
    "uniform": lambda shape, seed: kr.uniform(shape, seed=seed),
    "uniform float64": lambda shape, seed: kr.uniform(shape, 1.0, 3.0, "float64", seed),
    "randint": lambda shape, seed: kr.randint(shape, 0, 1000, seed=seed),
    "randint wide": lambda shape, seed: kr.randint(shape, 0, 2**40, "int64", seed),
    "gamma": lambda shape, seed: kr.gamma(shape, 0.5, seed=seed),
    "beta": lambda shape, seed: kr.beta(shape, 0.5, 2.0, seed=seed),
    "binomial": lambda shape, seed: kr.binomial(shape, 40, 0.5, seed=seed),
    "dropout": lambda shape, seed: kr.dropout(ops.ones(shape), 0.3, seed=seed),
}


@pytest.mark.parametrize("name", DRAWS)
def test_longer_draw_begins_with_shorter_one(name):
    draw = DRAWS[name]
    whole = draw((40_000,), 8).numpy()
    assert np.array_equal(whole[:7], draw((7,), 8).numpy())
    assert np.array_equal(whole[:36].reshape(4, 9), draw((4, 9), 8).numpy())


@pytest.mark.parametrize("name", DRAWS)
def test_compiled_equals_eager_to_the_bit(name):
    draw = DRAWS[name]
    eager, compiled = kr.SeedGenerator(5), kr.SeedGenerator(5)
    step = kerasette.function(lambda: draw((3, 50), compiled))
    for _ in range(3):
        assert np.array_equal(draw((3, 50), eager).numpy(), step().numpy())
    assert step.trace_count == 1
    assert compiled.state.numpy().tolist() == eager.state.numpy().tolist() == [5, 3]


@pytest.mark.parametrize("name", DRAWS)
def test_seeds_and_draws_differ(name):
    draw = DRAWS[name]
    generator = kr.SeedGenerator(1)
    first, second = draw((200,), generator).numpy(), draw((200,), generator).numpy()
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, draw((200,), 2).numpy())
    assert np.array_equal(first, draw((200,), 1).numpy())  # a first draw is that of the plain seed


@pytest.mark.parametrize("name", DRAWS)
def test_empty_and_scalar_shapes(name):
    assert DRAWS[name]((0, 3), 1).shape == (0, 3)
    assert DRAWS[name]((), 1).shape == ()


def test_shuffle_keeps_slices_whole():
    x = np.arange(60).reshape(5, 4, 3)
    for axis in (0, 1, -1):
        shuffled = kr.shuffle(x, axis=axis, seed=3).numpy()
        assert not np.array_equal(shuffled, x)
        moved, original = np.moveaxis(shuffled, axis, 0), np.moveaxis(x, axis, 0)
        slices = {part.tobytes() for part in original.copy()}
        assert {np.ascontiguousarray(part).tobytes() for part in moved} == slices


def test_shuffle_gives_every_order():
    generator = kr.SeedGenerator(2)
    orders = [tuple(kr.shuffle([0, 1, 2], seed=generator).tolist()) for _ in range(600)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6 and stats.chisquare(counts).pvalue > 1e-3


def test_dropout_scales_what_it_keeps():
    x = ops.ones((COUNT,))
    found = kr.dropout(x, 0.3, seed=4).numpy()
    kept = found != 0
    assert np.allclose(found[kept], 1 / 0.7)
    assert abs(kept.mean() - 0.7) < 5 * math.sqrt(0.21 / COUNT)
    assert np.array_equal(kr.dropout(x, 0.0, seed=4).numpy(), x.numpy())
    assert not kr.dropout(x, 1.0, seed=4).numpy().any()


def test_dropout_shares_masks_along_axes_of_size_one():
    found = kr.dropout(ops.ones((8, 5, 6)), 0.5, noise_shape=(None, 1, 6), seed=1).numpy()
    assert np.array_equal(found, np.broadcast_to(found[:, :1], found.shape))
    assert set(found.ravel()) == {0.0, 2.0}


def test_dropout_drops_infinities():
    found = kr.dropout(ops.full((100,), math.inf), 0.5, seed=1).numpy()
    assert set(found) == {0.0, math.inf}


def test_dropout_gradient_is_its_mask():
    x = kerasette.constant(np.linspace(-1, 1, 50, dtype="float32"))
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        y = kr.dropout(x, 0.4, seed=6)
    mask = kr.dropout(ops.ones((50,)), 0.4, seed=6)
    assert np.allclose(tape.gradient(y, x).numpy(), mask.numpy())


def test_gradients_flow_to_mean_and_deviation_but_not_to_gamma_parameters():
    mean, deviation = kerasette.Variable(1.0), kerasette.Variable(2.0)
    with kerasette.GradientTape(persistent=True) as tape:
        y = ops.sum(kr.normal((5,), mean, deviation, seed=6))
        z = ops.sum(kr.gamma((5,), deviation, seed=6))
    unit = kr.normal((5,), seed=6).numpy()
    assert float(tape.gradient(y, mean)) == 5.0
    assert np.isclose(float(tape.gradient(y, deviation)), unit.sum(), rtol=1e-5)
    assert tape.gradient(z, deviation) is None


def test_shapes_are_inferred():
    x = kerasette.KerasTensor((None, 4))
    assert kr.dropout(x, 0.5).shape == (None, 4)
    assert kr.categorical(x, 3).shape == (None, 3)
    assert kr.shuffle(x, axis=1).shape == (None, 4)
    assert kr.shuffle(x).shape == (None, 4)


BAD = {
    "shape": (lambda: kr.normal((None, 2)), "`shape`"),
    "negative shape": (lambda: kr.uniform((-1,)), "shape=(-1,)"),
    "float dtype": (lambda: kr.normal((2,), dtype="int32"), "dtype=int32"),
    "integer dtype": (lambda: kr.randint((2,), 0, 5, dtype="float32"), "dtype=float32"),
    "empty range": (lambda: kr.randint((2,), 5, 5), "minval=5, maxval=5"),
    "rate": (lambda: kr.dropout(ops.ones((2,)), 1.5), "rate=1.5"),
    "noise shape": (
        lambda: kr.dropout(ops.ones((2, 2)), 0.5, noise_shape=(2,)),
        "noise_shape=(2,)",
    ),
    "logits": (lambda: kr.categorical(ops.ones((2,)), 1), "(2,)"),
    "no class": (lambda: kr.categorical(ops.ones((2, 0)), 1), "at least one class"),
    "seed": (lambda: kr.normal((2,), seed="1"), "seed='1'"),
    "parameter": (lambda: kr.gamma((2,), ops.ones((3, 2))), "does not broadcast"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_named(name):
    call, words = BAD[name]
    with pytest.raises(ValueError) as caught:
        call()
    assert words in str(caught.value)
