"""Everything that ``fit``, ``evaluate`` and ``predict`` may be given as data."""

import itertools
import threading

import numpy as np
import pytest

import kerasette as keras
from kerasette.errors import DataError

from .samples import FEATURES, forked, mlp, rows, same, weights

X, Y, LABELS = rows()


def batches(size=8):
    return [(X[i : i + size], Y[i : i + size]) for i in range(0, len(X), size)]


class Numbered(keras.utils.PyDataset):
    """The batches of ``X`` and ``Y``; counts calls."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.epochs, self.threads = [], set()

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.threads.add(threading.get_ident())
        return batches()[index]

    def on_epoch_begin(self):
        self.epochs.append("begin")

    def on_epoch_end(self):
        self.epochs.append("end")


def trained(*data, **kwargs):
    model = mlp()
    keras.utils.set_random_seed(5)
    history = model.fit(*data, **({"epochs": 2, "verbose": 0, "shuffle": False} | kwargs))
    return [*weights(model), history.history["loss"]]


EXPECTED = trained(X, Y, batch_size=8)


@pytest.mark.parametrize(
    "make",
    [
        lambda: (keras.constant(X), keras.constant(Y)),
        lambda: (X.astype("float64"), Y.astype("float64")),
        lambda: (X.tolist(), Y.tolist()),
        lambda: (X, Y[:, 0]),
    ],
    ids=["tensors", "float64", "lists of numbers", "targets of one axis"],
)
def test_kinds_of_arrays(make):
    found = trained(*make(), batch_size=8)
    for a, b in zip(found, EXPECTED, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_tables_of_pandas():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(X, columns=list("abc"))
    assert same(trained(table, pandas.Series(Y[:, 0]), batch_size=8)[:4], EXPECTED[:4])


@pytest.mark.parametrize(
    ("make", "how"),
    [
        (lambda: batches().__iter__(), {"epochs": 1}),
        (lambda: itertools.cycle(batches()), {"steps_per_epoch": 3}),
        (lambda: Iterable(), {}),
        (lambda: Numbered(), {}),
        (lambda: Numbered(workers=3, max_queue_size=2), {}),
    ],
    ids=["generator", "endless generator", "iterable", "dataset", "dataset with threads"],
)
def test_kinds_of_streams(make, how):
    expected = trained(X, Y, batch_size=8, epochs=1) if "epochs" in how else EXPECTED
    assert same(trained(make(), **how), expected)
    model = mlp()
    value = model.evaluate(batches().__iter__(), verbose=0)
    assert value == pytest.approx(model.evaluate(X, Y, batch_size=8, verbose=0), rel=1e-6)
    predicted = model.predict(iter([x for x, _ in batches()]), verbose=0)
    np.testing.assert_array_equal(predicted, model.predict(X, batch_size=8, verbose=0))


class Iterable:
    def __iter__(self):
        return iter(batches())


def test_sample_weights_in_the_batches():
    weighted = [(x, y, np.zeros(len(x), "float32")) for x, y in batches()]
    assert mlp().evaluate(iter(weighted), verbose=0) == 0.0
    with pytest.raises(ValueError, match="not both"):
        mlp().fit(iter(weighted), class_weight={0: 1.0}, verbose=0)


def test_a_generator_that_ends_too_early():
    model = mlp()
    with pytest.warns(UserWarning, match="ended in epoch 2, after 1 of 2 steps"):
        history = model.fit(iter(batches()), steps_per_epoch=2, epochs=5, verbose=0)
    assert history.epoch == [0, 1] and int(model.optimizer.iterations) == 3
    with pytest.raises(DataError, match="gave no batch"):
        model.fit(iter([]), verbose=0)
    with pytest.raises(DataError, match="gave no batch"):
        model.fit(iter(batches()), epochs=2, verbose=0)


def test_datasets_are_told_of_epochs_and_shuffled():
    dataset = Numbered()
    mlp().fit(dataset, epochs=2, verbose=0, shuffle=False)
    assert dataset.epochs == ["begin", "end"] * 2
    order = keras.training.data.DatasetBatches(Numbered(), shuffle=True, seed=1)
    firsts = [[float(x[0, 0]) for x, _, _ in order.epoch(epoch)] for epoch in (0, 1, 2, 0)]
    assert firsts[0] == firsts[3] and len({tuple(first) for first in firsts}) > 1
    assert all(sorted(first) == sorted(firsts[0]) for first in firsts)


class Slow(keras.utils.PyDataset):
    """Later batches are ready earlier."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        threading.Event().wait(0.01 * (8 - index) / 8)
        return np.full((2, FEATURES), index, "float32"), np.random.random(2)


def test_workers_keep_the_order():
    straight = [int(x[0, 0]) for x, _ in Slow().fetch(range(8))]
    threads = [int(x[0, 0]) for x, _ in Slow(workers=4).fetch([3, 1, 7, 0, 5, 2, 6, 4])]
    assert straight == list(range(8)) and threads == [3, 1, 7, 0, 5, 2, 6, 4]


def test_workers_that_are_processes():
    def run():
        keras.utils.set_random_seed(3)
        dataset = Slow(workers=2, use_multiprocessing=True)
        return [(int(x[0, 0]), y.tolist()) for x, y in dataset.fetch(range(8))]

    first, second = run(), run()
    assert [index for index, _ in first] == list(range(8))
    assert first == second  # chance in a worker follows the seed, whichever made the batch
    assert len({tuple(y) for _, y in first}) == 8


def test_an_error_in_a_worker_reaches_the_caller():
    class Broken(Slow):
        def __getitem__(self, index):
            raise KeyError("no such row")

    with pytest.raises(KeyError, match="no such row"):
        list(Broken(workers=2).fetch(range(3)))
    with pytest.raises(NotImplementedError, match="__getitem__"):
        keras.utils.PyDataset()[0]
    with pytest.raises(ValueError, match="workers=-1"):
        Slow(workers=-1)


def test_a_dataset_without_an_end():
    class Endless(Numbered):
        def __getitem__(self, index):
            return batches()[index % 3]

        __len__ = None
        num_batches = None

    model = mlp()
    model.fit(Endless(), steps_per_epoch=4, epochs=2, verbose=0)
    assert int(model.optimizer.iterations) == 8


@pytest.mark.parametrize("kind", ["dict", "list"])
def test_several_inputs_and_outputs(kind):
    model = forked(kind=kind, loss={"value": "mse", "kind": "sparse_categorical_crossentropy"})
    if kind == "dict":
        x, y = {"a": X, "b": X}, {"value": Y, "kind": LABELS}
    else:
        x, y = [X, X], [Y, LABELS]
    history = model.fit(x, y, epochs=2, verbose=0, validation_split=0.3)
    found = ["loss", "kind_loss", "value_loss"]
    assert set(history.history) == {*found, *(f"val_{name}" for name in found)}
    total = history.history["value_loss"][0] + history.history["kind_loss"][0]
    assert history.history["loss"][0] == pytest.approx(total, rel=1e-5)


def test_one_sample_and_one_batch():
    assert len(trained(X[:1], Y[:1])) == 5
    assert mlp().predict(X[:1], verbose=0).shape == (1, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X, Y[:20]), r"same number of samples.*x: \[22\].*y: \[20\]"),
        ((np.zeros((0, FEATURES)), np.zeros((0, 1))), "data are empty"),
        ((np.array([[1], [2, 3]], object), Y[:2]), "Python objects"),
        ((np.float32(3.0), Y), "samples along its first axis"),
        (({"a": X}, Y), r"misses its input\(s\)"),
        ((X, None), "target"),
        ((iter(batches()), Y), "do not give y"),
    ],
    ids=["lengths", "empty", "objects", "scalar", "a dict", "no targets", "targets twice"],
)  # fmt: skip
def test_bad_data(data, message):
    model = mlp()
    before = weights(model)
    with pytest.raises(ValueError, match=message):
        model.fit(*data, verbose=0)
    assert same(before, weights(model))


def test_bad_arguments():
    model = mlp()
    for argument, value in [
        ("batch_size", 0), ("batch_size", 2.5), ("epochs", -1), ("steps_per_epoch", "all"),
        ("shuffle", "rows"), ("callbacks", [3]), ("callbacks", [keras.callbacks.EarlyStopping]),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=f"`{argument}`"):
            model.fit(X, Y, verbose=0, **{argument: value})
    with pytest.raises(ValueError, match="compile"):
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]).fit(X, Y)
    with pytest.raises(ValueError, match="A batch is"):
        model.fit(iter([(X, Y, Y, Y)]), verbose=0)


def test_missing_values_are_warned_of_before_training():
    x = X.copy()
    x[[4, 7], 1] = np.nan
    with pytest.warns(UserWarning, match="`x` holds NaN in 2 of 22 samples, first in sample 4"):
        mlp().fit(x, Y, verbose=0)
