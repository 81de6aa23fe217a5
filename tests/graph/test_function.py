"""``kerasette.function``: traced once per signature, equal to eager, and clear when it cannot."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops
from kerasette.errors import TraceError


def test_traced_once_per_signature():
    calls = []

    @keras.function
    def double(x, factor=2.0):
        calls.append(1)
        return x * factor

    assert float(double(keras.constant(1.0))) == 2.0
    assert float(double(keras.constant(5.0))) == 10.0
    assert len(calls) == 1
    double(keras.constant([1.0, 2.0]))  # another shape
    double(keras.constant(1))  # another dtype
    double(keras.constant(1.0), factor=3.0)  # another Python value
    double([keras.constant(1.0)][0])
    assert len(calls) == 4


def test_true_and_one_are_different_arguments():
    @keras.function
    def kind(x, flag):
        return x + (10.0 if flag is True else 1.0)

    assert float(kind(keras.constant(0.0), True)) == 10.0
    assert float(kind(keras.constant(0.0), 1)) == 1.0


def test_state_is_read_and_written():
    v = keras.Variable(1.0)

    @keras.function
    def step(x):
        v.assign_add(x)
        v.assign(v * 2.0)
        return v

    assert float(step(keras.constant(2.0))) == 6.0
    assert float(v) == 6.0
    v.assign(0.0)
    assert float(step(keras.constant(1.0))) == 2.0


def test_variables_made_while_tracing_are_real():
    made = []

    @keras.function
    def step(x):
        if not made:
            made.append(keras.Variable(5.0))
        return x * made[0]

    assert float(step(keras.constant(2.0))) == 10.0
    assert float(made[0]) == 5.0
    made[0].assign(7.0)
    assert float(step(keras.constant(2.0))) == 14.0


def test_structures_of_arguments_and_results():
    @keras.function
    def f(data):
        return {"sum": data["a"] + data["b"][0], "none": None, "name": "x"}

    out = f({"a": keras.constant(1.0), "b": (keras.constant(2.0),)})
    assert float(out["sum"]) == 3.0
    assert out["none"] is None
    assert out["name"] == "x"


def test_numpy_arguments_are_tensors():
    @keras.function
    def f(x):
        return x * 2

    np.testing.assert_array_equal(f(np.array([1, 2], "int32")), [2, 4])
    np.testing.assert_array_equal(f(np.array([3, 4], "int32")), [6, 8])
    assert f.trace_count == 1


def test_python_on_values_is_refused_with_the_line():
    v = keras.Variable(1.0)

    @keras.function
    def branch(x):
        v.assign(99.0)
        if x > 0:
            return x
        return -x

    with pytest.raises(TraceError, match=r"test_function.py:\d+"):
        branch(keras.constant(1.0))
    assert float(v) == 1.0  # a failed trace touches nothing


def test_a_kept_tracer_is_refused_later():
    kept = []

    @keras.function
    def leak(x):
        kept.append(x * 2)
        return x

    leak(keras.constant(1.0))
    with pytest.raises(TypeError, match="kept"):
        kept[0] + 1


def test_training_step_equals_eager():
    def make():
        w, b = keras.Variable([[0.5], [1.0]]), keras.Variable([0.0])

        def step(x, y):
            with keras.GradientTape() as tape:
                loss = ops.mean(ops.square(ops.matmul(x, w) + b - y))
            for variable, g in zip((w, b), tape.gradient(loss, [w, b]), strict=True):
                variable.assign_sub(0.1 * g)
            return loss

        return (w, b), step

    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    y = x @ np.array([[1.0], [-2.0]], "float32") + 3
    eager_state, eager = make()
    state, step = make()
    compiled = keras.function(step)
    for _ in range(20):
        np.testing.assert_allclose(eager(x, y), compiled(x, y), rtol=1e-5)
    for left, right in zip(eager_state, state, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5)
    assert compiled.trace_count == 1


def test_gradient_through_a_compiled_function():
    w = keras.Variable(3.0)

    @keras.function
    def f(x):
        return w * x * x

    x = keras.constant(2.0)
    with keras.GradientTape() as outer:
        outer.watch(x)
        with keras.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        dx, dw = tape.gradient(y, [x, w])
    assert (float(dx), float(dw)) == (12.0, 4.0)
    assert float(outer.gradient(dx, x)) == 6.0


def test_frozen_variable_is_another_trace():
    w = keras.Variable(3.0)

    @keras.function
    def step(x):
        with keras.GradientTape() as tape:
            y = w * x
        return tape.gradient(y, w, unconnected_gradients="zero")

    assert float(step(keras.constant(2.0))) == 2.0
    w.trainable = False
    assert float(step(keras.constant(2.0))) == 0.0
    w.trainable = True
    assert float(step(keras.constant(2.0))) == 2.0
    assert step.trace_count == 2


def test_nested_functions_become_one_graph():
    @keras.function
    def inner(x):
        return x + 1.0

    @keras.function
    def outer(x):
        return inner(x) * 2.0

    assert float(outer(keras.constant(1.0))) == 4.0
    assert inner.trace_count == 0


def test_methods_compile_for_each_object():
    class Counter:
        def __init__(self, start):
            self.value = keras.Variable(start)

        @keras.function
        def add(self, x):
            return self.value.assign_add(x)

    one, two = Counter(1.0), Counter(10.0)
    assert float(one.add(keras.constant(1.0))) == 2.0
    assert float(two.add(keras.constant(1.0))) == 11.0
    assert float(one.add(keras.constant(1.0))) == 3.0


def test_graph_is_printed_and_passes_share_work():
    @keras.function
    def f(x):
        unused = x * 100.0  # noqa: F841
        return ops.exp(x) + ops.exp(x)

    text = str(f.graph(keras.constant([1.0, 2.0])))
    assert text.count("= exp(") == 1
    assert "multiply" not in text
    assert text.startswith("graph(")
