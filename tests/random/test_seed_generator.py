"""Where randomness comes from: generators, the global one, and compiled functions."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette import random as kr
from kerasette.random.seed_generator import set_random_seed


def test_state_holds_seed_and_count():
    generator = kr.SeedGenerator(7, name="mine")
    assert generator.state.numpy().tolist() == [7, 0]
    assert generator.next().numpy().tolist() == [7, 0]
    assert generator.next(ordered=False).numpy().tolist() == [7, 1]
    assert generator.state.numpy().tolist() == [7, 2]
    assert generator.state.dtype == "uint32" and not generator.state.trainable
    assert generator.state.path == "mine/seed_generator_state"


def test_config_round_trip():
    generator = kr.SeedGenerator(7)
    config = generator.get_config()
    assert config == {"seed": 7, "name": generator.name}
    assert kr.SeedGenerator.from_config(config).state.numpy().tolist() == [7, 0]
    assert kr.SeedGenerator().get_config()["seed"] is None


def test_generators_without_seed_differ():
    first, second = kr.SeedGenerator(), kr.SeedGenerator()
    assert first.state.numpy().tolist() != second.state.numpy().tolist()


@pytest.mark.parametrize("seed", ["7", 1.5, [1]])
def test_seed_must_be_an_integer(seed):
    with pytest.raises(ValueError, match="seed"):
        kr.SeedGenerator(seed)


def test_large_and_negative_seeds_keep_their_lower_bits():
    assert kr.SeedGenerator(2**40 + 3).state.numpy().tolist() == [3, 0]
    assert kr.SeedGenerator(-1).state.numpy().tolist() == [2**32 - 1, 0]
    assert kr.SeedGenerator(np.int64(4)).state.numpy().tolist() == [4, 0]


def test_set_random_seed_repeats_everything():
    def program():
        set_random_seed(3)
        return [
            kr.normal((3,)).tolist(),
            kr.SeedGenerator().state.numpy().tolist(),
            np.random.rand(),
            kr.uniform((2,)).tolist(),
        ]

    assert program() == program()


def test_set_random_seed_reaches_compiled_functions():
    draw = kerasette.function(lambda: kr.uniform((3,)))
    set_random_seed(5)
    first, second = draw().tolist(), draw().tolist()
    assert first != second
    set_random_seed(5)
    assert draw().tolist() == first


def test_set_random_seed_refuses_what_is_no_seed():
    for seed in ("1", -1, 1.0):
        with pytest.raises(ValueError, match="seed"):
            set_random_seed(seed)


def test_two_draws_in_one_trace_differ():
    generator = kr.SeedGenerator(1)
    pair = kerasette.function(lambda: (kr.uniform((4,), seed=generator),
                                       kr.uniform((4,), seed=generator)))  # fmt: skip
    first, second = pair()
    assert first.tolist() != second.tolist()
    assert generator.state.numpy().tolist() == [1, 2]


def test_failed_trace_leaves_state_alone():
    generator = kr.SeedGenerator(1)

    @kerasette.function
    def fails():
        kr.uniform((4,), seed=generator)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        fails()
    assert generator.state.numpy().tolist() == [1, 0]


def test_shape_inference_draws_nothing():
    generator = kr.SeedGenerator(1)
    kr.dropout(kerasette.KerasTensor((None, 3)), 0.5, seed=generator)
    assert generator.state.numpy().tolist() == [1, 0]


def test_draws_in_a_loop_differ_eagerly_and_compiled():
    def walk(generator):
        def step(total, _):
            noise = kr.normal((2,), seed=generator)
            return total + noise, noise

        return ops.scan(step, ops.zeros((2,)), length=4)[1]

    eager, compiled = kr.SeedGenerator(9), kr.SeedGenerator(9)
    expected = walk(eager).numpy()
    assert len(np.unique(expected)) == 8
    found = kerasette.function(lambda: walk(compiled))()
    assert np.array_equal(found.numpy(), expected)
    assert compiled.state.numpy().tolist() == [9, 4]


def test_stateless_scope_holds_the_state():
    generator = kr.SeedGenerator(4)
    with kerasette.StatelessScope() as scope:
        kr.normal((2,), seed=generator)
    assert generator.state.numpy().tolist() == [4, 0]
    assert scope.get_current_value(generator.state).tolist() == [4, 1]
