"""The data sets that come with the package, and how they are split."""

import hashlib
import inspect
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasette.datasets import digits, iris
from kerasette.datasets.splits import stratified_split


def joined(module, **arguments):
    (x_train, y_train), (x_test, y_test) = module.load_data(**arguments)
    return np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])


def in_order(x, y):
    """Rows with their labels, sorted: two orders of the same samples give equal results."""
    rows = np.concatenate([x.reshape(len(x), -1).astype(float), y[:, None]], axis=1)
    return rows[np.lexsort(rows.T)]


def test_digits():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1438, 8, 8) and x_test.shape == (359, 8, 8)
    assert y_train.shape == (1438,) and y_test.shape == (359,)
    assert {a.dtype.name for a in (x_train, y_train, x_test, y_test)} == {"uint8"}
    assert x_train.min() == 0 and x_train.max() == 16
    assert set(y_test.tolist()) == set(range(10))


def test_iris():
    (x_train, y_train), (x_test, y_test) = iris.load_data(test_size=1 / 3)
    assert x_train.shape == (100, 4) and x_test.shape == (50, 4)
    assert x_train.dtype == x_test.dtype == np.float32
    assert y_train.dtype == y_test.dtype == np.uint8
    assert sorted(Counter(y_test.tolist()).values()) == [16, 17, 17]
    assert len(iris.get_feature_names()) == 4 and len(iris.get_label_names()) == 3


@pytest.mark.parametrize(
    ("module", "name"), [(digits, "load_digits"), (iris, "load_iris")], ids=["digits", "iris"]
)
def test_values_are_scikit_learn_s(module, name):
    sklearn = pytest.importorskip("sklearn.datasets")
    x, y = getattr(sklearn, name)(return_X_y=True)
    np.testing.assert_array_equal(in_order(*joined(module)), in_order(x.astype("float32"), y))


@pytest.mark.parametrize(
    ("module", "total"),
    [(digits, (561718, 8070)), (iris, (2078.7, 150))],
    ids=["digits", "iris"],
)
def test_values_are_whole(module, total):
    x, y = joined(module)
    assert (round(float(x.sum(dtype="f8")), 3), int(y.sum())) == total


def test_splits_are_the_same_everywhere():
    found = [
        hashlib.sha256(b"".join(a.tobytes() for pair in module.load_data() for a in pair))
        for module in (digits, iris)
    ]
    assert [one.hexdigest()[:16] for one in found] == ["f224167a56a40c1f", "69c368bc3f5a0378"]


@pytest.mark.parametrize("module", [digits, iris])
def test_arguments(module):
    assert str(inspect.signature(module.load_data)).startswith(
        "(test_size: float = 0.2, seed: int = 113)"
    )
    first, again, other = (module.load_data(seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    first[0][:] = 0  # the caller's own
    assert module.load_data(seed=1)[0][0].any()
    assert len(module.load_data(test_size=7)[1][1]) == 7
    assert len(module.load_data(test_size=0)[1][1]) == 0


@pytest.mark.parametrize("test_size", [-0.1, 1.0, 1.5, 150, -1, True, float("nan"), 0.9999])
def test_bad_test_size(test_size):
    with pytest.raises(
        ValueError, match=rf"`test_size` must be .* Received: test_size={test_size}"
    ):
        iris.load_data(test_size)


@settings(max_examples=100, deadline=None)
@given(
    y=st.lists(st.integers(0, 5), min_size=2, max_size=60),
    share=st.floats(0, 0.9),
    seed=st.integers(0, 2**32 - 1),
)
def test_split_is_a_fair_partition(y, share, seed):
    y = np.array(y)
    if round(share * len(y)) == len(y):
        share = 0.5
    x = np.arange(len(y))
    (x_train, y_train), (x_test, y_test) = stratified_split(x, y, share, seed)
    assert sorted([*x_train, *x_test]) == x.tolist()
    assert y[x_train].tolist() == y_train.tolist() and y[x_test].tolist() == y_test.tolist()
    tests = round(share * len(y))
    assert len(y_test) == tests
    for label, size in Counter(y.tolist()).items():
        assert abs((y_test == label).sum() - size * tests / len(y)) < 1


def test_data_are_small_and_explained():
    folder = Path(inspect.getfile(digits)).parent / "data"
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert set(sizes) == {"README.md", "digits.npz", "iris.csv"}
    assert sum(sizes.values()) < 60_000
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "digits.npz" in text and "iris.csv" in text and "CC BY 4.0" in text
