"""Plans in machine code: memory, variables changed in place, and errors that leave them alone."""

import threading

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.core import kernels
from kerasette.graph import passes
from kerasette.graph.execution import NativeExecution, ReferenceExecution
from tests.graph.toy_kernels import registered

pytest.importorskip("llvmlite", reason="plans in machine code need llvmlite, the extra [fast]")


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """Native kernels for adding and multiplying, and no others; nothing is put together."""
    table = registered("add", "fadd") | registered("multiply", "fmul")
    monkeypatch.setattr(kernels, "_kernels", table)
    monkeypatch.setattr(kernels, "_libraries", {})
    monkeypatch.setattr(passes, "PASSES", (*passes.CLEANING, passes.lighten_loops))


def compiled(function, *args):
    """The function's execution for these arguments."""
    function(*args)
    (found,) = [c for listed in function._compiled.values() for c in listed]
    return found.execution


def test_values_of_a_chain():
    @kerasette.function
    def chain(x, y):
        z = x * y
        return (z + x) * z, z

    x, y = np.float32([1, 2, 3]), np.float32([4, 5, 6])
    assert isinstance(compiled(chain, x, y), NativeExecution)
    for _ in range(2):
        out, z = chain(x, y)
        np.testing.assert_array_equal(z, x * y)
        np.testing.assert_array_equal(out, (x * y + x) * x * y)
        x = x + 1


def test_python_between_native_parts():
    @kerasette.function
    def mixed(x):
        y = x * x
        return ops.sort(y) + y

    x = np.float32([3, -1, 2])
    execution = compiled(mixed, x)
    assert [step.native for step in execution.program.steps] == [True, False, True]
    np.testing.assert_array_equal(mixed(x), np.sort(x * x) + x * x)


def test_variables_are_changed_where_they_stand():
    v = kerasette.Variable(np.float32([1, 2]))

    @kerasette.function
    def step(x):
        v.assign_add(x)
        return v * x

    x = np.float32([10, 20])
    execution = compiled(step, x)
    assert not execution.program.copies
    before = v._tensor._array.ctypes.data
    np.testing.assert_array_equal(step(x), [210, 840])
    np.testing.assert_array_equal(v, [21, 42])
    assert v._tensor._array.ctypes.data == before


def test_a_value_that_was_read_stays_as_it_is():
    v = kerasette.Variable(np.float32([1, 2]))

    @kerasette.function
    def step(x):
        v.assign_add(x)

    x = np.float32([1, 1])
    step(x)
    kept, array = v.value, np.asarray(v)
    step(x)
    np.testing.assert_array_equal(kept, [2, 3])
    np.testing.assert_array_equal(array, [2, 3])
    np.testing.assert_array_equal(v, [3, 4])
    v.assign([7.0, 7.0])
    step(x)
    np.testing.assert_array_equal(v, [8, 8])
    np.testing.assert_array_equal(kept, [2, 3])


def test_what_was_assigned_is_not_changed():
    v = kerasette.Variable(np.float32([1, 2]))
    given = kerasette.constant(np.float32([5, 5]))

    @kerasette.function
    def step(x):
        v.assign_add(x)

    step(np.float32([1, 1]))
    v.assign(given)
    step(np.float32([1, 1]))
    step(np.float32([1, 1]))
    np.testing.assert_array_equal(given, [5, 5])
    np.testing.assert_array_equal(v, [7, 7])


def test_variables_may_change_places():
    a, b = kerasette.Variable(np.float32([1, 2])), kerasette.Variable(np.float32([3, 4]))

    @kerasette.function
    def swap(x):
        before = a.value
        a.assign(b.value)
        b.assign(before)
        return a * x, before

    for _ in range(3):
        first, second = np.array(a), np.array(b)
        product, before = swap(np.float32([2, 2]))
        np.testing.assert_array_equal(a, second)
        np.testing.assert_array_equal(b, first)
        np.testing.assert_array_equal(before, first)
        np.testing.assert_array_equal(product, 2 * second)


def test_two_plans_share_a_variable():
    v = kerasette.Variable(np.float32([1, 2]))

    @kerasette.function
    def train(x):
        v.assign_add(x)

    @kerasette.function
    def look(x):
        return v * x

    x = np.float32([1, 1])
    train(x)
    np.testing.assert_array_equal(look(x), [2, 3])
    at = v._tensor._array.ctypes.data
    train(x)
    np.testing.assert_array_equal(look(x), [3, 4])
    assert v._tensor._array.ctypes.data == at


def test_gradients_of_a_compiled_function_that_changes_state():
    v = kerasette.Variable(np.float32([1, 2]))

    @kerasette.function
    def step(x):
        out = v * x
        v.assign_add(x)
        return out

    x = kerasette.constant(np.float32([3, 5]))
    for value in ([1, 2], [4, 7]):
        with kerasette.GradientTape() as tape:
            out = ops.sum(step(x))
        np.testing.assert_array_equal(tape.gradient(out, v), x)
        assert float(out) == float(np.sum(np.float32(value) * np.asarray(x)))


def test_an_error_leaves_the_state_alone(monkeypatch):
    v = kerasette.Variable(np.float32([1, 2]))

    @kerasette.function
    def step(x, labels):
        v.assign_add(x)
        return ops.sum(ops.take(x, labels))

    step(np.float32([1, 1]), np.int32([0, 1]))
    with pytest.raises(IndexError):
        step(np.float32([1, 1]), np.int32([0, 5]))
    np.testing.assert_array_equal(v, [2, 3])


def test_native_failure_is_told_by_the_reference_code(monkeypatch):
    monkeypatch.setattr(kernels, "_kernels", registered("add", "fadd", fails=True))

    @kerasette.function
    def step(x):
        return x + x

    with pytest.raises(RuntimeError, match="add failed in native code"):
        step(np.float32([1, 1]))


def test_calls_at_the_same_time_have_memory_of_their_own():
    @kerasette.function
    def chain(x):
        for _ in range(50):
            x = x * x + x
        return x

    inputs = [np.full(4, value, np.float32) for value in np.linspace(-1, -0.1, 8)]
    expected = [np.asarray(chain(x)) for x in inputs]
    wrong = []

    def work(x, want):
        wrong.extend(1 for _ in range(50) if not np.array_equal(chain(x), want))

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(inputs, expected, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("size", [8, 40_000])
def test_results_stay_as_they_are(size):
    """Small results are copied, large ones given away: neither is written to by a later call."""
    total = kerasette.Variable(np.zeros(size, np.float32))

    @kerasette.function
    def added(x):
        total.assign_add(x)
        return total * total, x * x

    x = np.arange(size, dtype=np.float32)
    kept = [added(x * number) for number in range(1, 5)]
    sums = np.cumsum([1, 2, 3, 4])
    for number, (squared, product) in enumerate(kept, 1):
        np.testing.assert_allclose(squared, (x * sums[number - 1]) ** 2, rtol=1e-6)
        np.testing.assert_allclose(product, (x * number) ** 2, rtol=1e-6)


def test_empty_arrays_run_as_reference_code():
    @kerasette.function
    def double(x):
        return x + x

    assert isinstance(compiled(double, np.zeros((0, 3), np.float32)), ReferenceExecution)


def test_a_copied_model_has_variables_of_its_own():
    import copy

    v = kerasette.Variable(np.float32([1, 2]))

    @kerasette.function
    def step(x):
        v.assign_add(x)

    step(np.float32([1, 1]))
    twin = copy.deepcopy(v)
    step(np.float32([1, 1]))
    np.testing.assert_array_equal(twin, [2, 3])
    np.testing.assert_array_equal(v, [3, 4])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("length", [1, 5])
def test_loops_in_machine_code(reverse, length, monkeypatch):
    from kerasette.kernels.cpu.scan import Scan, scan

    table = registered("add", "fadd") | registered("multiply", "fmul")
    table["scan", "cpu"] = [(lambda specs, attributes: True, scan)]
    monkeypatch.setattr(kernels, "_kernels", table)
    count = kerasette.Variable(np.zeros(3, np.float32))

    def body(carry, x):
        count.assign_add(x)
        total, _ = carry
        return (total * weight + x, total), (total * x, total, x)

    weight = kerasette.constant(np.float32([0.5, 2.0, -1.0]))

    def program(init, xs):
        (total, previous), ys = ops.scan(body, (init, init + init), xs, reverse=reverse)
        return total, previous, *ys

    init = np.float32([1, 2, 3])
    xs = np.random.RandomState(0).standard_normal((length, 3)).astype("float32")
    compiled_program = kerasette.function(program)
    execution = compiled(compiled_program, init, xs)
    kinds = [type(step.kernel) for step in execution.program.steps]
    assert Scan in kinds
    for _ in range(2):
        before = np.array(count)
        got = compiled_program(init, xs)
        added = np.array(count) - before
        expected = program(init, xs)
        np.testing.assert_allclose(added, xs.sum(0), rtol=1e-5)
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)


def test_gradients_through_loops_in_machine_code(monkeypatch):
    from kerasette.kernels.cpu.scan import scan

    table = registered("add", "fadd") | registered("multiply", "fmul")
    table["scan", "cpu"] = [(lambda specs, attributes: True, scan)]
    monkeypatch.setattr(kernels, "_kernels", table)
    w = kerasette.Variable(np.float32([0.5, 2.0, -1.0]))

    def gradients(xs):
        with kerasette.GradientTape() as tape:
            total, ys = ops.scan(lambda c, x: (c * w + x, c * c), ops.zeros(3), xs)
            loss = ops.sum(total * total) + ops.sum(ys)
        return loss, tape.gradient(loss, w)

    xs = np.random.RandomState(1).standard_normal((6, 3)).astype("float32")
    for a, b in zip(kerasette.function(gradients)(xs), gradients(xs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
