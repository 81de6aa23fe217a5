"""Loops that need nothing of one another run side by side, with the values of eager code."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.kernels.cpu import threads
from tests.kernels.compiled import check, real, steps_of

pytest.importorskip("llvmlite", reason="loops in machine code need llvmlite, the extra [fast]")


def loop(x, weights, reverse=False):
    """A plain recurrent layer: x is (steps, batch, features)."""

    def turn(state, now):
        state = ops.tanh(ops.matmul(state, weights) + now)
        return state, state * 2.0

    return ops.scan(turn, ops.zeros(x.shape[1:]), x, reverse=reverse)


def names(function, *args):
    return [name for name, _ in steps_of(function, *args)[1]]


def both_ways(x, w, v):
    (last, first), (a, b) = loop(x, w), loop(x, v, reverse=True)
    return last, first, a, b


@pytest.fixture
def given_back():
    yield
    kerasette.config.set_threads(None)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.usefixtures("given_back")
def test_two_directions(count):
    kerasette.config.set_threads(count)
    x, w, v = real(7, 4, 5), real(5, 5) / 3, real(5, 5) / 3
    assert names(both_ways, x, w, v).count("abreast") == 1
    check(both_ways, x, w, v)


def test_a_loop_that_needs_another_stays_behind_it():
    def chained(x, w, v):
        last, out = loop(x, w)
        return loop(out, v)[0], loop(x, v)[0], last

    x, w, v = real(6, 3, 4), real(4, 4) / 3, real(4, 4) / 3
    found = names(chained, x, w, v)
    assert found.count("abreast") == 1 and found.count("scan") == 1
    check(chained, x, w, v)


def test_loops_that_would_wait_for_one_another_in_a_ring():
    """The first of each pair needs the second of the other."""

    def ring(x, w):
        first = loop(x, w)[1]
        other = loop(x * 2.0, w, reverse=True)[1]
        return loop(first[:5], w)[0], loop(other[:5], w)[0], loop(x[:5], w)[0], loop(first, w)[0]

    check(ring, real(6, 3, 4), real(4, 4) / 3)


def test_loops_of_other_lengths_run_by_themselves():
    def function(x, w):
        return loop(x, w)[0], loop(x[1:], w)[0]

    assert names(function, real(6, 3, 4), real(4, 4) / 3).count("abreast") == 0


def test_large_turns_are_for_the_whole_team(monkeypatch):
    from kerasette.kernels.cpu import scan

    monkeypatch.setattr(scan, "_LITTLE", 0.0)
    x, w, v = real(5, 4, 6), real(6, 6) / 3, real(6, 6) / 3
    assert names(both_ways, x, w, v).count("abreast") == 1
    check(both_ways, x, w, v)


def test_training_a_bidirectional_layer_equals_eager_training():
    def trained(eagerly):
        kerasette.utils.set_random_seed(5)
        model = kerasette.Sequential(
            [
                kerasette.Input((9, 3)),
                kerasette.layers.Bidirectional(
                    kerasette.layers.LSTM(4, return_sequences=True, recurrent_dropout=0.2)
                ),
                kerasette.layers.Bidirectional(kerasette.layers.GRU(4)),
                kerasette.layers.Dense(1),
            ]
        )
        model.compile("adam", "mse", run_eagerly=eagerly)
        x, y = np.random.RandomState(0).rand(12, 9, 3), np.arange(12.0)
        history = model.fit(x, y, batch_size=4, epochs=3, verbose=0, shuffle=False)
        return history.history["loss"], model.get_weights()

    (losses, weights), (expected, wanted) = trained(False), trained(True)
    np.testing.assert_allclose(losses, expected, rtol=2e-5)
    for a, b in zip(weights, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_what_is_made_alone_is_for_one_thread():
    if threads.openmp() is None or threads.count() == 1:
        pytest.skip("one thread is all there is")
    with threads.alone():
        assert threads.count() == 1
        with threads.alone():
            assert threads.count() == 1
        assert threads.count() == 1
    assert threads.count() > 1
