"""The stand-in refuses what cupy refuses; what it has, cupy has."""

import functools

import numpy as np
import pytest

from kerasette.arrays.cupy_adapter import adapted
from tests.gpu import standin
from tests.gpu.conftest import CUPY_ITSELF, REAL

CUPY = standin.modules()["cupy"]
pytestmark = pytest.mark.skipif(REAL, reason="it is of the stand-in, and there is a GPU")

X = CUPY.asarray(np.arange(6.0, dtype="float32").reshape(2, 3))


def of(*values, dtype="float32"):
    return CUPY.asarray(np.array(values, dtype))


@pytest.mark.parametrize(
    "asked",
    [
        lambda: np.asarray(X),
        lambda: np.sum(X),
        lambda: np.ones(3, "float32") + X,
        lambda: X + np.ones(3, "float32"),
        lambda: CUPY.add(X, np.ones(3, "float32")),
        lambda: CUPY.concatenate([X, np.ones((1, 3), "float32")]),
        lambda: X[np.array([0, 1])],
        lambda: CUPY.max(X, initial=0.0),
        lambda: X.sum(where=X > 1),
        lambda: CUPY.take(X, of(0, dtype="int64"), mode="clip"),
        lambda: CUPY.sort(X, stable=True),
        lambda: CUPY.add.at(of(1, dtype="int8"), of(0, dtype="int64"), 1),
        lambda: CUPY.multiply.at(X, of(0, dtype="int64"), 2.0),
        lambda: CUPY.maximum.reduce(X),
        lambda: CUPY.array(["text"]),
        lambda: CUPY.bitwise_and(X, X),
        lambda: CUPY.cbrt(of(1 + 1j, dtype="complex64")),
        lambda: range(of(3, dtype="int64")[0]),
        lambda: CUPY.geomspace,
        lambda: X.ctypes,
        lambda: X.setflags(),
    ],
)
def test_it_refuses(asked):
    with pytest.raises((TypeError, AttributeError, NotImplementedError, ValueError)):
        asked()


def test_it_computes():
    np.testing.assert_array_equal((2.0 - X).get(), 2.0 - np.arange(6.0).reshape(2, 3))
    assert type(X.sum()) is type(X[0, 0]) is standin.ndarray
    assert CUPY.isnan(X).dtype == bool
    view = X.copy()
    view.reshape(-1)[1:] += 1.0
    np.testing.assert_array_equal(view.get(), [[0, 2, 3], [4, 5, 6]])


def test_its_pool_counts_each_memory_once():
    before = standin.POOL.used
    x = CUPY.zeros((4, 4), "float32")
    view = x.T[1:]
    assert standin.POOL.used - before == 64
    del x
    assert standin.POOL.used - before == 64
    del view
    assert standin.POOL.used == before


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "bool", "float16", "complex64", "int64"]
)
@pytest.mark.parametrize("name", ["add", "maximum", "minimum", "multiply"])
def test_the_adapter_scatters_numbers_of_every_type(name, dtype):
    if dtype == "complex64" and name in ("maximum", "minimum"):
        return
    start, added = np.array([1, 100, 3]).astype(dtype), np.array([2, 3, 100, 1]).astype(dtype)
    places = np.array([0, 2, 1, 0])
    expected = start.copy()
    with np.errstate(over="ignore"):
        getattr(np, name).at(expected, places, added)
    found = CUPY.asarray(start)
    xp = adapted(CUPY)
    getattr(xp, name).at(found, CUPY.asarray(places), CUPY.asarray(added))
    np.testing.assert_array_equal(found.get(), expected)


@pytest.mark.skipif(CUPY_ITSELF is None, reason="cupy itself is not installed")
def test_every_name_is_cupys():
    """It needs cupy, and no GPU."""
    cupy, cupyx = CUPY_ITSELF
    assert cupy.__version__ == standin.TABLE["version"], "run tests/gpu/make_table.py again"
    for name, module in standin.modules().items():
        first, *parts = name.split(".")
        real = functools.reduce(getattr, parts, cupyx if first == "cupyx" else cupy)
        names = [part for part in vars(module) if not part.startswith("_")]
        assert [part for part in names if not hasattr(real, part)] == []
    for kind in (standin.Device, standin.Event, standin.Stream):
        mine = {part for part in vars(kind) if not part.startswith("_")} - {"current"}
        assert mine <= set(dir(getattr(cupy.cuda, kind.__name__)))
    mine = {part for part in vars(standin.Pool) if not part.startswith("_")} - {"take"}
    assert mine <= set(dir(cupy.cuda.MemoryPool))
