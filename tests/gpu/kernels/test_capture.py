"""When a compiled function is recorded as a CUDA graph and replayed, and when it is not: with a
recorder that runs again what it recorded; on a GPU with cupy's own.
"""

import threading

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.arrays import device as devices
from kerasette.kernels.gpu import capture, recording
from tests.gpu.conftest import REAL


class Rerun:
    """In a recorder's place: what was recorded is run again, its results put where they were."""

    made: list["Rerun"] = []

    def __init__(self):
        self.said = []
        Rerun.made.append(self)

    def copy(self, array):
        self.said.append("copy")
        return array.copy()

    def rehearse(self, run):
        self.said.append("rehearse")
        return run()

    def record(self, run):
        self.said.append("record")
        self._given = []  # the arrays that a replay fills
        return run, self._given

    def launch(self, run):
        self.said.append("launch")
        self._given[:] = run()


class Refusing(Rerun):
    def record(self, run):
        raise RuntimeError("an operation takes numbers from the host's memory.")


@pytest.fixture
def recorder():
    if REAL:
        yield None
        return
    Rerun.made.clear()
    recording.use(Rerun)
    yield Rerun.made
    recording.use(None)


def counter():
    variable = kerasette.Variable(np.zeros(3, "float32"))

    @kerasette.function
    def step(x):
        variable.assign_add(x)
        return ops.sum(variable * 1.0)

    return variable, step


def test_from_the_third_call_on_it_is_replayed(recorder):
    variable, step = counter()
    x = kerasette.constant(np.float32([1, 2, 3]))
    for number in range(1, 6):
        assert float(step(x)) == 6 * number
        np.testing.assert_array_equal(
            ops.convert_to_numpy(variable), [number, 2 * number, 3 * number]
        )
    if recorder is not None:
        (made,) = recorder
        assert made.said.count("record") == 1 and made.said.count("rehearse") == 1
        assert made.said.count("launch") == 3


def test_rehearsing_changes_no_variable(recorder):
    """Recording runs the step once more; the variables must not see it."""
    variable, step = counter()
    for _ in range(3):
        step(kerasette.constant(np.float32([1, 1, 1])))
    np.testing.assert_array_equal(ops.convert_to_numpy(variable), [3, 3, 3])


LOOKS = {
    "tensor": lambda v: v.value,
    "array": lambda v: v.value._array,
    "view": lambda v: ops.reshape(v, (3, 1)),
}


@pytest.mark.parametrize("name", LOOKS)
def test_values_that_somebody_holds_stay(recorder, name):
    if name == "view" and not REAL:
        pytest.skip("views of the stand-in do not refer to the array that they are of; cupy's do")
    look = LOOKS[name]
    variable, step = counter()
    x, seen = kerasette.constant(np.float32([1, 2, 3])), []
    for _ in range(8):
        step(x)
        seen.append(look(variable))
    for number, value in enumerate(seen, 1):
        flat = devices.to_numpy(getattr(value, "_array", value)).reshape(-1)
        np.testing.assert_array_equal(flat, np.float32([1, 2, 3]) * number)
    seen.clear()
    del value
    before = None if recorder is None else recorder[0].said.count("launch")
    step(x)
    step(x)
    np.testing.assert_array_equal(ops.convert_to_numpy(variable), [10, 20, 30])
    if recorder is not None:
        assert recorder[0].said.count("launch") > before  # replayed again once they are given up


def test_results_stay_when_the_next_call_is_over(recorder):
    _, step = counter()
    results = [step(kerasette.constant(np.float32([1, 1, 1]))) for _ in range(6)]
    assert [float(result) for result in results] == [3, 6, 9, 12, 15, 18]


def test_threads_take_turns(recorder):
    variable, step = counter()
    x = kerasette.constant(np.float32([1, 1, 1]))
    step(x)

    def work():
        kerasette.config.set_device("gpu:0")
        for _ in range(20):
            step(x)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(ops.convert_to_numpy(variable), [61, 61, 61])


def test_what_was_assigned_between_calls_is_read(recorder):
    variable, step = counter()
    x = kerasette.constant(np.float32([1, 1, 1]))
    for _ in range(4):
        step(x)
    variable.assign(np.float32([100, 0, 0]))
    assert float(step(x)) == 103
    assert float(step(kerasette.constant(np.float32([2, 2, 2])))) == 109


def test_two_variables_may_change_places(recorder):
    a, b = (kerasette.Variable(np.full(2, n, "float32")) for n in (1, 2))

    @kerasette.function
    def swap():
        first, second = a * 1.0, b * 1.0
        a.assign(second)
        b.assign(first)

    @kerasette.function
    def exchange():
        first, second = a.value, b.value
        a.assign(second)
        b.assign(first)

    for step in (swap, exchange):
        for number in range(6):
            step()
            pair = [float(ops.convert_to_numpy(v)[0]) for v in (a, b)]
            assert pair == ([2, 1] if number % 2 == 0 else [1, 2])


def test_wrong_labels_raise_and_change_nothing(recorder):
    weight = kerasette.Variable(np.ones(3, "float32"))

    @kerasette.function
    def step(x, labels):
        loss = ops.mean(
            kerasette.losses.sparse_categorical_crossentropy(labels, ops.softmax(x * weight))
        )
        weight.assign_add(ops.ones(3))
        return loss

    x = kerasette.constant(np.ones((2, 3), "float32"))
    for _ in range(4):
        step(x, kerasette.constant(np.array([0, 2])))
    with pytest.raises(ValueError, match="Labels must be from 0 to 2"):
        step(x, kerasette.constant(np.array([0, 3])))
    np.testing.assert_array_equal(ops.convert_to_numpy(weight), [5, 5, 5])
    if recorder is not None:
        assert recorder[0].said.count("launch") == 2


@pytest.mark.skipif(REAL, reason="a GPU's recorder refuses nothing on request")
def test_where_it_cannot_be_recorded_it_goes_on_after_one_message(recorder):
    recording.use(Refusing)
    capture._told.clear()
    with pytest.warns(
        UserWarning, match="call by call, not as a CUDA graph: an operation takes"
    ) as w:
        for variable, step in (counter(), counter()):
            for _ in range(4):
                step(kerasette.constant(np.float32([1, 1, 1])))
            np.testing.assert_array_equal(ops.convert_to_numpy(variable), [4, 4, 4])
    assert len([1 for each in w if "CUDA graph" in str(each.message)]) == 1


def test_training_is_that_of_the_cpu(recorder):
    """fit with dropout, batch normalization, metrics, validation and a smaller last batch."""
    r = np.random.RandomState(0)
    x, y = r.standard_normal((44, 6)).astype("float32"), r.randint(0, 3, 44)

    def trained():
        kerasette.utils.set_random_seed(5)
        model = kerasette.Sequential(
            [
                kerasette.Input((6,)),
                kerasette.layers.Dense(8, activation="relu"),
                kerasette.layers.BatchNormalization(),
                kerasette.layers.Dropout(0.3),
                kerasette.layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, batch_size=8, epochs=3, validation_split=0.2, verbose=0).history
        return (
            history,
            [ops.convert_to_numpy(w) for w in model.weights],
            model.predict(x, verbose=0),
        )

    history, weights, predicted = trained()
    with kerasette.device("cpu:0"):
        wanted_history, wanted, wanted_predicted = trained()
    for name, values in wanted_history.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-3)
    for got, value in zip(weights, wanted, strict=True):
        np.testing.assert_allclose(got, value, rtol=1e-2, atol=1e-4)
    np.testing.assert_allclose(predicted, wanted_predicted, rtol=1e-2, atol=1e-4)
    if recorder is not None:
        assert sum(made.said.count("launch") for made in recorder) >= 8
