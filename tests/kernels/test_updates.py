"""All updates of a step as one record: the values of eager code, whoever reads the old ones."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from tests.kernels.compiled import real, steps_of

pytest.importorskip("llvmlite", reason="updates in machine code need llvmlite, the extra [fast]")


@pytest.fixture
def given_back():
    yield
    kerasette.config.set_threads(None)


def variables(*shapes):
    return [kerasette.Variable(real(*shape)) for shape in shapes]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("size", [3, 200])
@pytest.mark.usefixtures("given_back")
def test_many_updates_are_one_record(count, size):
    kerasette.config.set_threads(count)
    weights = variables((size, size), (size,), (7, size), (1,), ())
    moments = [kerasette.Variable(ops.zeros(w.shape)) for w in weights]
    before = [w.numpy().astype("float64") for w in weights]

    def step(x):
        for w, m in zip(weights, moments, strict=True):
            g = w * 0.1 + x
            m.assign(m * 0.9 + g)
            w.assign(w - ops.sqrt(ops.abs(m)) * 0.01)
        return x * 2.0

    compiled, found = steps_of(step, np.float32(0.5))
    assert found == [("updates", True)]
    compiled(np.float32(0.25))
    for w, m, old in zip(weights, moments, before, strict=True):
        wanted, moment = old, np.zeros_like(old)
        for x in (0.5, 0.25):
            moment = moment * 0.9 + (wanted * 0.1 + x)
            wanted = wanted - np.sqrt(np.abs(moment)) * 0.01
        np.testing.assert_allclose(m, moment, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(w, wanted, rtol=1e-5, atol=1e-6)


def test_who_reads_an_old_value_finds_it():
    """One update's place is another's operand: neither may be computed in place."""
    a, b, c = variables((64, 65), (64, 65), (64, 65))
    old = [v.numpy() for v in (a, b, c)]

    @kerasette.function
    def turn():
        x, y, z = a.value, b.value, c.value
        a.assign(y * 2.0)
        b.assign(z + x)
        c.assign(x - 1.0)

    turn()
    np.testing.assert_array_equal(a, old[1] * 2.0)
    np.testing.assert_array_equal(b, old[2] + old[0])
    np.testing.assert_array_equal(c, old[0] - 1.0)


def test_a_value_that_was_read_before_stays():
    weights = variables((40, 40), (40,))

    @kerasette.function
    def step():
        for w in weights:
            w.assign(w + 1.0)

    step()
    held = [w.value for w in weights]
    copies = [w.numpy() for w in weights]
    step()
    for tensor, copy, w in zip(held, copies, weights, strict=True):
        np.testing.assert_array_equal(tensor, copy)
        np.testing.assert_array_equal(w, copy + 1.0)


def test_an_optimizers_step_ends_with_one_record():
    model = kerasette.Sequential(
        [kerasette.Input((6,)), *(kerasette.layers.Dense(6) for _ in range(4))]
    )
    optimizer = kerasette.optimizers.Adam()
    optimizer.build(model.trainable_variables)

    def step(x):
        with kerasette.GradientTape() as tape:
            loss = ops.mean(ops.square(model(x)))
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    _, found = steps_of(step, real(5, 6))
    names = [name for name, _ in found]
    assert names.count("updates") == 1 and all(native for _, native in found)
