"""GradientTape: what it watches, what it keeps, and that gradients of any order work."""

import gc
import weakref

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops


def test_gradient_of_a_variable_and_a_watched_tensor():
    w, x = keras.Variable([1.0, 2.0]), keras.constant([3.0, 4.0])
    with keras.GradientTape() as tape:
        tape.watch(x)
        loss = ops.sum(w * w * x)
    dw, dx = tape.gradient(loss, [w, x])
    np.testing.assert_allclose(dw, [6.0, 16.0])
    np.testing.assert_allclose(dx, [1.0, 4.0])


def test_unwatched_tensor_has_no_gradient_or_zero():
    x = keras.constant(3.0)
    w = keras.Variable(1.0)
    with keras.GradientTape(persistent=True) as tape:
        loss = x * w
    assert tape.gradient(loss, x) is None
    assert float(tape.gradient(loss, x, unconnected_gradients="zero")) == 0.0


def test_frozen_variables_are_not_watched_unless_asked():
    w = keras.Variable(2.0, trainable=False)
    with keras.GradientTape() as tape:
        loss = w * w
    assert tape.gradient(loss, w) is None
    with keras.GradientTape() as tape:
        tape.watch(w)
        loss = w * w
    assert float(tape.gradient(loss, w)) == 4.0


def test_watch_accessed_variables_off():
    w, v = keras.Variable(2.0), keras.Variable(3.0)
    with keras.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(w)
        loss = w * v
    assert float(tape.gradient(loss, w)) == 3.0
    with keras.GradientTape(watch_accessed_variables=False) as tape:
        loss = w * v
    assert tape.gradient(loss, v) is None


def test_second_call_needs_a_persistent_tape():
    w = keras.Variable(2.0)
    with keras.GradientTape() as tape:
        loss = w * w
    tape.gradient(loss, w)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(loss, w)
    with keras.GradientTape(persistent=True) as tape:
        square, cube = w * w, w * w * w
    assert float(tape.gradient(square, w)) == 4.0
    assert float(tape.gradient(cube, w)) == 12.0


def test_third_derivative_by_nested_tapes():
    x = keras.Variable(2.0)
    with keras.GradientTape() as third:
        with keras.GradientTape() as second:
            with keras.GradientTape() as first:
                y = x * x * x * x
            dy = first.gradient(y, x)
        ddy = second.gradient(dy, x)
    dddy = third.gradient(ddy, x)
    assert (float(dy), float(ddy), float(dddy)) == (32.0, 48.0, 48.0)


def test_reads_before_and_after_assignment_both_count():
    w = keras.Variable(2.0)
    with keras.GradientTape() as tape:
        first = w * 3.0
        w.assign(10.0)
        loss = first + w * w
    assert float(tape.gradient(loss, w)) == 3.0 + 20.0


def test_output_gradients_and_structures():
    w = {"a": keras.Variable([1.0, 2.0]), "b": [keras.Variable(3.0)]}
    with keras.GradientTape() as tape:
        y = w["a"] * w["b"][0]
    found = tape.gradient(y, w, output_gradients=keras.constant([1.0, 10.0]))
    np.testing.assert_allclose(found["a"], [3.0, 30.0])
    assert float(found["b"][0]) == 21.0


def test_several_targets_add_up():
    w = keras.Variable(2.0)
    with keras.GradientTape() as tape:
        targets = [w * 2.0, w * w]
    assert float(tape.gradient(targets, w)) == 6.0


def test_gradient_is_cast_and_summed_back_to_the_operand():
    small = keras.Variable(np.ones((3, 1), "float16"))
    with keras.GradientTape() as tape:
        y = small * keras.constant(np.ones((2, 3, 4), "float32"))
    g = tape.gradient(y, small)
    assert g.dtype == "float16"
    np.testing.assert_array_equal(g, np.full((3, 1), 8.0))


def test_integers_cannot_be_watched():
    with keras.GradientTape() as tape, pytest.raises(ValueError, match="int32"):
        tape.watch(keras.constant([1, 2]))
    with pytest.raises(TypeError, match="tensors"):
        tape.watch("x")


def test_stop_gradient_and_custom_gradient():
    x = keras.Variable(2.0)
    with keras.GradientTape() as tape:
        y = x * ops.stop_gradient(x)
    assert float(tape.gradient(y, x)) == 2.0

    @ops.custom_gradient
    def doubled(value):
        return value * 2.0, lambda upstream: upstream * 100.0

    with keras.GradientTape() as tape:
        y = doubled(x) * 3.0
    assert float(tape.gradient(y, x)) == 300.0


def test_values_that_no_rule_needs_are_forgotten():
    w = keras.Variable(np.ones((8,), "float32"))
    with keras.GradientTape() as tape:
        between = w + 1.0
        alive = weakref.ref(between)
        y = ops.sum(between + 2.0)
    del between
    gc.collect()
    assert alive() is None
    np.testing.assert_array_equal(tape.gradient(y, w), np.ones(8))


def test_jacobian():
    x = keras.constant([1.0, 2.0])
    with keras.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ops.stack([x[0] * x[1], x[0] + x[1], x[0]])
    np.testing.assert_allclose(tape.jacobian(y, x), [[2.0, 1.0], [1.0, 1.0], [1.0, 0.0]])


def test_gradient_inside_the_block_is_no_part_of_its_own_record():
    x = keras.Variable(3.0)
    with keras.GradientTape() as tape:
        y = x * x
        g = tape.gradient(y, x)
    assert float(g) == 6.0


def test_remat_gives_the_same_gradient():
    w = keras.Variable([0.5, -1.0])
    x = keras.constant([2.0, 3.0])

    def f(value):
        return ops.sum(ops.tanh(value * w) ** 2)

    found = []
    for function in (f, keras.remat(f)):
        with keras.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        found.append(tape.gradient(y, [x, w]))
    for plain, again in zip(*found, strict=True):
        np.testing.assert_array_equal(plain, again)
