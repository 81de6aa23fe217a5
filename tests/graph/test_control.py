"""scan, cond and while_loop: eager equals traced, gradients of first and second order, state."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops
from kerasette.core.infer import infer
from kerasette.core.tensor import KerasTensor


def both(f):
    return [f, keras.function(f)]


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_equals_numpy(reverse):
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")

    def f(xs):
        return ops.scan(lambda c, v: (c * 0.5 + v, c), ops.zeros((3,)), xs, reverse=reverse)

    carry, ys = np.zeros(3, "float32"), np.zeros((5, 3), "float32")
    for i in reversed(range(5)) if reverse else range(5):
        ys[i] = carry
        carry = carry * np.float32(0.5) + x[i]
    for run in both(f):
        last, stacked = run(keras.constant(x))
        np.testing.assert_allclose(last, carry, rtol=1e-6)
        np.testing.assert_allclose(stacked, ys, rtol=1e-6)


def test_scan_gradients_first_and_second_order():
    x = np.random.default_rng(1).normal(size=(4, 2))
    w0 = np.array([[0.3, -0.2], [0.1, 0.5]])

    def loss_of(w, xs):
        start = ops.zeros((2,), "float64")

        def turn(carry, v):
            new = ops.tanh(ops.matmul(ops.reshape(carry, (1, 2)), w)[0] + v)
            return new, ops.sum(new * new)

        last, ys = ops.scan(turn, start, xs)
        return ops.sum(last) + ops.sum(ys)

    def first(w, xs):
        with keras.GradientTape() as tape:
            tape.watch([w, xs])
            loss = loss_of(w, xs)
        return tape.gradient(loss, [w, xs])

    def second(w, xs):
        with keras.GradientTape() as tape:
            tape.watch([w, xs])
            dw, dx = first(w, xs)
            total = ops.sum(dw * dw) + ops.sum(ops.sin(dx))
        return tape.gradient(total, [w, xs])

    def numeric(f, w, xs, eps=1e-6):
        found = [np.zeros_like(w), np.zeros_like(xs)]
        for which, array in enumerate((w, xs)):
            for index in np.ndindex(array.shape):
                moved = [w.copy(), xs.copy()]
                moved[which][index] += eps
                up = float(f(*map(keras.constant, moved)))
                moved[which][index] -= 2 * eps
                found[which][index] = (up - float(f(*map(keras.constant, moved)))) / (2 * eps)
        return found

    def penalty(w, xs):
        dw, dx = first(w, xs)
        return ops.sum(dw * dw) + ops.sum(ops.sin(dx))

    args = keras.constant(w0), keras.constant(x)
    wanted_first, wanted_second = numeric(loss_of, w0, x), numeric(penalty, w0, x)
    for run in both(first):
        for got, wanted in zip(run(*args), wanted_first, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-8)
    for run in both(second):
        for got, wanted in zip(run(*args), wanted_second, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)


def test_scan_carries_variables_that_its_body_assigns():
    def make():
        v = keras.Variable(1.0)

        def f(xs):
            return ops.scan(lambda c, x: (c + v.assign_add(x), v * 1.0), 0.0, xs)

        return v, f

    xs = keras.constant([1.0, 2.0, 3.0])
    eager_v, eager = make()
    v, f = make()
    compiled = keras.function(f)
    for left, right in zip(eager(xs), compiled(xs), strict=True):
        np.testing.assert_allclose(left, right)
    assert float(eager_v) == float(v) == 7.0


def test_variables_read_in_a_body_have_gradients():
    w = keras.Variable(0.5)

    def f(xs):
        with keras.GradientTape() as tape:
            last, _ = ops.scan(lambda c, x: (c * w + x, None), ops.convert_to_tensor(0.0), xs)
            y = ops.cond(last > 0.0, lambda: last * w, lambda: last)
        return tape.gradient(y, w)

    xs = keras.constant([1.0, 2.0, 3.0])  # (w^2 + 2 w + 3) w
    for run in both(f):
        np.testing.assert_allclose(run(xs), 3 * 0.25 + 4 * 0.5 + 3, rtol=1e-6)


def test_scan_without_xs_and_with_no_turns():
    for run in both(lambda: ops.scan(lambda c, _: (c + 1, None), 0, length=4)[0]):
        assert int(run()) == 4
    last, ys = ops.scan(lambda c, x: (c, x * 2.0), 1.0, ops.zeros((0, 3)))
    assert float(last) == 1.0
    assert ys.shape == (0, 3)


def test_scan_refuses_a_carry_that_changes():
    with pytest.raises(ValueError, match="carried value"):
        ops.scan(lambda c, x: (ops.stack([c, c]), x), 0.0, ops.zeros((2,)))
    with pytest.raises(ValueError, match="length"):
        ops.scan(lambda c, x: (c, x), 0.0)


def test_scan_infers_shapes_with_unknown_batch():
    xs = KerasTensor((7, None, 3))
    last, ys = ops.scan(lambda c, x: (c + ops.sum(x), x * 2.0), keras.constant(0.0), xs)
    assert last.shape == ()
    assert ys.shape == (7, None, 3)


@pytest.mark.parametrize("pred", [True, False])
def test_cond(pred):
    v = keras.Variable(2.0)

    def f(p, x):
        def yes():
            v.assign_add(1.0)
            return x * v

        return ops.cond(p, yes, lambda: x - v)

    for run in both(f):
        v.assign(2.0)
        out = run(keras.constant(pred), keras.constant(10.0))
        assert float(out) == (30.0 if pred else 8.0)
        assert float(v) == (3.0 if pred else 2.0)


@pytest.mark.parametrize("pred", [True, False])
def test_gradient_through_cond(pred):
    def f(p, x):
        with keras.GradientTape() as tape:
            tape.watch(x)
            y = ops.cond(p, lambda: x * x * x, lambda: x * 5.0)
        return tape.gradient(y, x)

    for run in both(f):
        assert float(run(keras.constant(pred), keras.constant(2.0))) == (12.0 if pred else 5.0)


def test_cond_refuses_branches_that_differ():
    @keras.function
    def f(p):
        return ops.cond(p, lambda: ops.zeros((2,)), lambda: ops.zeros((3,)))

    with pytest.raises(ValueError, match="cond"):
        f(keras.constant(True))


def test_while_loop_and_its_limit():
    def f(n):
        return ops.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + i), (0, 0))

    for run in both(f):
        i, s = run(keras.constant(5))
        assert (int(i), int(s)) == (5, 10)
    for run in both(lambda x: ops.while_loop(lambda v: v > 0, lambda v: v * 2, x, 3)):
        assert float(run(keras.constant(1.0))) == 8.0


def test_while_loop_has_no_gradient_when_compiled_and_says_so():
    @keras.function
    def f(x):
        with keras.GradientTape() as tape:
            tape.watch(x)
            y = ops.while_loop(lambda v: v < 10.0, lambda v: v * 2.0, x)
        return tape.gradient(y, x)

    with pytest.raises(ValueError, match="while_loop has no gradient"):
        f(keras.constant(1.0))


def test_while_loop_with_variables():
    v = keras.Variable(0.0)

    def f(n):
        def body(i):
            v.assign_add(2.0)
            return i + 1

        return ops.while_loop(lambda i: i < n, body, 0)

    for run in both(f):
        v.assign(0.0)
        assert int(run(keras.constant(3))) == 3
        assert float(v) == 6.0


def test_fori_loop_switch_map():
    for run in both(lambda x: ops.fori_loop(0, 3, lambda i, v: v * 2.0, x)):
        assert float(run(keras.constant(1.0))) == 8.0
    branches = [lambda x: x, lambda x: -x, lambda x: x * 10.0]
    for run in both(lambda i, x: ops.switch(i, branches, x)):
        found = [float(run(keras.constant(i), keras.constant(2.0))) for i in (-1, 0, 1, 2, 9)]
        assert found == [2.0, 2.0, -2.0, 20.0, 20.0]
    for run in both(lambda xs: ops.map(lambda x: ops.sum(x), xs)):
        np.testing.assert_allclose(run(ops.reshape(ops.arange(6), (3, 2))), [1, 5, 9])


def test_shapes_of_loops_are_inferred_within_a_trace():
    """As a model does that is built by the first step of its training."""

    def f(x):
        last, ys = ops.scan(lambda c, v: (c + v, c), ops.zeros((3,)), x)
        return last + ops.while_loop(lambda n: ops.sum(n) < 5, lambda n: n + 1.0, last), ys

    @keras.function
    def traced(x):
        last, ys = infer(f, (KerasTensor((None, 3), "float32"),), {})
        assert (last.shape, ys.shape) == ((3,), (None, 3))
        return f(x)[1]

    assert traced(ops.ones((4, 3))).shape == (4, 3)
