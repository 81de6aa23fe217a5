"""Reductions, statistics, quantiles, cumulations: against numpy, and where numbers are hard."""

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import kerasette
from kerasette import KerasTensor, ops
from tests.ops.samples import complexes, distinct, flags, normal, whole

NAN, INF = float("nan"), float("inf")
AXES = (None, 0, -1, (0, 2), (), [1])
X = distinct(2, 3, 4)


def holed(x: np.ndarray, every: int = 3) -> np.ndarray:
    """Some elements NaN."""
    x = x.copy()
    x.flat[::every] = NAN
    return x


def close(found: Any, expected: Any) -> None:
    """Equal shapes and values."""
    assert tuple(found.shape) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def numpys(name: str, *args: Any, **kwargs: Any) -> Any:
    """What numpy gives, without its warnings."""
    if isinstance(kwargs.get("axis"), list):
        kwargs["axis"] = tuple(kwargs["axis"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(np, name)(*args, **kwargs)


def gradient(function: Any, *values: Any) -> Any:
    """The gradient of the sum of what a function gives, for each operand."""
    tensors = [kerasette.constant(value) for value in values]
    with kerasette.GradientTape() as tape:
        tape.watch(tensors)
        out = function(*tensors)
    found = tape.gradient(out, tensors)
    return found[0] if len(found) == 1 else found


PLAIN = "sum mean prod max min amax amin any all var std median ptp".split()
NANS = "nansum nanmean nanprod nanmax nanmin nanvar nanstd nanmedian".split()


@pytest.mark.parametrize("name", PLAIN + NANS)
def test_over_axes(name: str) -> None:
    """All axes, one, several, none; with and without the reduced axes."""
    x = holed(X, 5) if name in NANS else X
    for axis in AXES:
        for keepdims in (False, True):
            found = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
            close(found, numpys(name, x, axis=axis, keepdims=keepdims))
            shape = getattr(ops, name)(KerasTensor((2, 3, 4)), axis=axis, keepdims=keepdims).shape
            assert shape == tuple(found.shape)
    assert getattr(ops, name)(KerasTensor((None, 3)), axis=1).shape == (None,)
    for axis in (3, (0, 0)):
        with pytest.raises(ValueError, match="`axis`"):
            getattr(ops, name)(x, axis=axis)


@pytest.mark.parametrize("name", "argmax argmin nanargmax nanargmin".split())
def test_places(name: str) -> None:
    """The first of equals, in int32, along one axis or in all."""
    x = holed(np.round(X), 5) if name[0] == "n" else np.round(X)
    for axis in (None, 0, -1):
        for keepdims in (False, True):
            found = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
            assert found.dtype == "int32"
            close(found, getattr(np, name)(x, axis=axis, keepdims=keepdims))
    with pytest.raises(ValueError, match="no extreme of nothing"):
        getattr(ops, name)(np.zeros((2, 0)), axis=1)
    assert getattr(ops, name)(np.zeros((0, 2)), axis=1).shape == (0,)
    assert int(getattr(ops, name)(7.0)) == 0


DTYPES = {
    "sum": ("int32", "int32", "uint32", "int32", "float16"),
    "prod": ("int32", "int32", "uint32", "int32", "float16"),
    "nansum": ("int32", "int32", "uint32", "int32", "float16"),
    "mean": ("float32", "float32", "float32", "float32", "float16"),
    "var": ("float32", "float32", "float32", "float32", "float16"),
    "nanmean": ("float32", "float32", "float32", "float32", "float16"),
    "nanstd": ("float32", "float32", "float32", "float32", "float16"),
    "median": ("float32", "float32", "float32", "float32", "float16"),
    "max": ("bool", "int8", "uint8", "int32", "float16"),
    "nanmin": ("bool", "int8", "uint8", "int32", "float16"),
    "cumsum": ("int32", "int8", "uint8", "int32", "float16"),
    "argmax": ("int32",) * 5,
    "count_nonzero": ("int32",) * 5,
    "logsumexp": ("float32", "float32", "float32", "float32", "float16"),
}


@pytest.mark.parametrize("name", DTYPES)
def test_dtypes(name: str) -> None:
    """The dtypes are Keras's."""
    for dtype, expected in zip(
        ("bool", "int8", "uint8", "int32", "float16"), DTYPES[name], strict=True
    ):
        x = np.ones((2, 3), dtype)
        assert getattr(ops, name)(x).dtype == expected
        assert getattr(ops, name)(KerasTensor((2, 3), dtype)).dtype == expected


# --- hard numbers ---------------------------------------------------------------------------------


def test_nothing() -> None:
    """Nothing has a sum, a product and no mean; its extremes need a number to start from."""
    x = np.zeros((3, 0), "float32")
    close(ops.sum(x, 1), np.zeros(3))
    close(ops.prod(x, 1), np.ones(3))
    close(ops.logsumexp(x, 1), np.full(3, -INF))
    close(ops.max(x, 1, initial=4), np.full(3, 4))
    close(ops.min(x, 1, keepdims=True, initial=4), np.full((3, 1), 4))
    assert not ops.any(x) and ops.all(x)
    for name in ("mean", "var", "std", "median", "nanmean", "nanmedian", "nanvar"):
        assert np.isnan(getattr(ops, name)(x, 1)).all()
    for name in ("max", "min", "amax", "amin", "nanmax"):
        with pytest.raises(ValueError, match="no extreme of nothing"):
            getattr(ops, name)(x)
        assert getattr(ops, name)(x, 0).shape == (0,)
    assert ops.max([1, 5], initial=9) == 9 and ops.min([1, 5], initial=9) == 1
    np.testing.assert_array_equal(
        gradient(lambda v: ops.mean(v), np.zeros((0, 2))), np.zeros((0, 2))
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_variance_of_large_numbers(dtype: str) -> None:
    """Equal numbers have the variance 0; what is far from 0 loses no more than its own steps."""
    large = {"float16": 3e4, "float32": 1.2345678e8, "float64": 1.2345678e16}[dtype]
    x = np.full((3, 1000), large, dtype)
    for name in ("var", "std", "nanvar", "nanstd"):
        np.testing.assert_array_equal(getattr(ops, name)(x, 1), np.zeros(3))
        np.testing.assert_array_equal(getattr(ops, name)(x), 0)
    np.testing.assert_array_equal(gradient(ops.std, x), np.zeros_like(x))
    steps = np.asarray(1e6 + np.arange(8), "float32")
    np.testing.assert_allclose(ops.var(steps), 5.25, rtol=1e-6)
    np.testing.assert_allclose(ops.nanvar(steps), 5.25, rtol=1e-6)


def test_sixteen_bits() -> None:
    """What is added up in between does not overflow; moments stop at the greatest number."""
    x = np.full(4096, 1000, "float16")
    assert ops.mean(x) == 1000 and ops.nanmean(x) == 1000
    mean, var = ops.moments(np.array([-60000, 60000], "float16"), [0])
    assert mean == 0 and var.dtype == "float16" and var == 65504


def test_logsumexp() -> None:
    """Infinities and large numbers, in the value and the gradient."""
    for x in ([-INF, -INF], [INF, 1.0], [-INF, 0.0], [1e4, -1e4], [NAN, 1.0]):
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(ops.logsumexp(x), scipy.special.logsumexp(x), rtol=1e-6)
    np.testing.assert_array_equal(gradient(ops.logsumexp, [-INF, -INF]), [0, 0])
    np.testing.assert_array_equal(gradient(ops.logsumexp, [INF, 1.0, -INF]), [1, 0, 0])
    np.testing.assert_allclose(gradient(ops.logsumexp, [-INF, 2.0]), [0, 1])


def test_gradients_where_they_are_hard() -> None:
    """Ties share, zeros are factors as others are, equal numbers have no spread."""
    np.testing.assert_allclose(gradient(ops.max, [1.0, 3.0, 3.0]), [0, 0.5, 0.5])
    np.testing.assert_allclose(
        gradient(ops.min, [[1.0, 1.0], [1.0, 3.0]]), [[1 / 3, 1 / 3], [1 / 3, 0]]
    )
    np.testing.assert_allclose(gradient(ops.prod, [2.0, 0.0, 3.0]), [0, 6, 0])
    np.testing.assert_allclose(gradient(ops.prod, [0.0, 0.0, 3.0]), [0, 0, 0])
    np.testing.assert_allclose(gradient(ops.cumprod, [2.0, 0.0, 3.0]), [1, 2 + 6, 0])
    np.testing.assert_allclose(gradient(ops.std, [1.0, 1.0]), [0, 0])
    np.testing.assert_allclose(gradient(ops.median, [4.0, 1.0, 2.0, 3.0]), [0, 0, 0.5, 0.5])
    np.testing.assert_allclose(gradient(ops.nanmean, [NAN, 1.0, 3.0]), [0, 0.5, 0.5])
    np.testing.assert_allclose(gradient(ops.nanvar, [NAN, 1.0, 3.0]), [0, -1, 1])
    np.testing.assert_allclose(gradient(ops.nanmax, [NAN, 1.0, 3.0]), [0, 0, 1])
    np.testing.assert_allclose(gradient(ops.nanprod, [NAN, 2.0, 3.0]), [0, 3, 2])


def test_only_nan() -> None:
    """Where all is NaN, nothing is there: -1, NaN, or the sum and product of nothing."""
    x = np.array([[NAN, NAN], [NAN, -INF], [1.0, INF]])
    close(ops.nanargmax(x, 1), [-1, 1, 1])
    close(ops.nanargmin(x, 1), [-1, 1, 0])
    close(ops.nanmax(x, 1), [NAN, -INF, INF])
    close(ops.nanmin(x, 1), [NAN, -INF, 1])
    close(ops.nansum(x[:1], 1), [0])
    close(ops.nanprod(x[:1], 1), [1])
    for name in ("nanmean", "nanvar", "nanstd", "nanmedian"):
        assert np.isnan(getattr(ops, name)(x[0]))


def test_complex() -> None:
    """Complex numbers have sums, means and variances, and no order."""
    z = complexes(3, 4)
    for name in ("sum", "mean", "prod", "var", "std", "cumsum", "nansum"):
        close(getattr(ops, name)(z, axis=1), getattr(np, name)(z, axis=1))
    for name in ("max", "min", "argmax"):
        with pytest.raises(ValueError, match="have no order"):
            getattr(ops, name)(z)


# --- statistics -----------------------------------------------------------------------------------


def test_average_and_moments() -> None:
    """Weights for all elements, or for those along the axes."""
    weights = np.abs(normal(2, 3, 4)) + 0.1
    close(ops.average(X), np.average(X))
    close(ops.average(X, weights=weights), np.average(X, weights=weights))
    close(ops.average(X, 1, weights), np.average(X, 1, weights))
    close(ops.average(X, -1, weights[0, 0]), np.average(X, -1, weights[0, 0]))
    close(ops.average(X, (0, 1), weights[..., 0]), np.average(X, (0, 1), weights[..., 0]))
    assert ops.average([1, 2]).dtype == "float32"
    with pytest.raises(ValueError, match="Received: shape \\(5,\\)"):
        ops.average(X, 1, np.ones(5))
    mean, var = ops.moments(X, [0, 2], keepdims=True)
    close(mean, X.mean((0, 2), keepdims=True))
    close(var, X.var((0, 2), keepdims=True))


def test_correlations() -> None:
    """Coefficients of rows; sums over shifts."""
    x = normal(3, 6)
    close(ops.corrcoef(x), np.corrcoef(x))
    close(ops.corrcoef(x[0]), np.corrcoef(x[0]))
    assert np.isnan(ops.corrcoef([[1.0, 1.0], [1.0, 2.0]]).numpy()[0]).all()
    with pytest.raises(ValueError, match="rank 1 or 2"):
        ops.corrcoef(X)
    for n, m in ((5, 2), (5, 3), (2, 5), (3, 5), (4, 4), (1, 3)):
        for a, b in ((normal(n), normal(m)), (complexes(n), complexes(m))):
            for mode in ("valid", "same", "full"):
                close(ops.correlate(a, b, mode), np.correlate(a, b, mode))
    assert ops.correlate([1, 2], [1]).dtype == "float32"
    for bad in ({"mode": "all"}, {"x1": [[1.0]]}, {"x2": np.zeros(0)}):
        with pytest.raises(ValueError, match="Received:"):
            ops.correlate(**{"x1": [1.0], "x2": [1.0], **bad})


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_quantiles(data: Any) -> None:
    """Any quantiles of any numbers, by each method, with NaN and infinities among them."""
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=5))
    numbers = st.sampled_from([NAN, INF, -INF]) | st.integers(-4, 4).map(float)
    x = data.draw(hnp.arrays("float64", shape, elements=numbers))
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    q = data.draw(st.just(0.5) | hnp.arrays("float64", (2,), elements=st.sampled_from([0, 0.3, 1])))
    keepdims = data.draw(st.booleans())
    for method in ("linear", "lower", "higher", "midpoint", "nearest"):
        how: Any = {"axis": axis, "method": method, "keepdims": keepdims}
        for name in ("quantile", "nanquantile"):
            expected = numpys(name, x, q, **how)
            found = getattr(ops, name)(x, q, **how)
            assert tuple(found.shape) == np.shape(expected)
            sure = np.isfinite(expected) | ~np.isinf(x).any()  # numpy makes NaN of infinities
            np.testing.assert_allclose(np.asarray(found)[sure], expected[sure], atol=1e-12)


def test_quantiles_by_hand() -> None:
    """Infinities stay, percentiles are hundredths, what is no quantile is refused."""
    assert ops.median([INF, INF, 1.0]) == INF and ops.median([-INF, 0.0, 1.0]) == 0
    close(ops.percentile(X, [25, 50], axis=1), np.percentile(X, [25, 50], axis=1))
    close(ops.nanpercentile(holed(X), 30, axis=1), np.nanpercentile(holed(X), 30, axis=1))
    close(ops.quantile(X, kerasette.constant(0.25, "float64"), 2), np.quantile(X, 0.25, 2))
    assert ops.quantile(KerasTensor((None, 3)), [0.1, 0.2], axis=1).shape == (2, None)
    assert ops.median([1, 2]).dtype == "float32" and ops.median([1, 2]) == 1.5
    with pytest.raises(ValueError, match="from 0 to 1"):
        ops.quantile(X, 1.5)
    with pytest.raises(ValueError, match="from 0 to 100"):
        ops.percentile(X, [-1])
    with pytest.raises(ValueError, match=r"Unknown method: 'lineer'\. Did you mean 'linear'"):
        ops.quantile(X, 0.5, method="lineer")


# --- cumulations ----------------------------------------------------------------------------------


def test_cumulations() -> None:
    """Sums and products so far, along an axis or through all."""
    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod"):
        x = holed(X) if name[0] == "n" else X
        for axis in (None, 0, -1):
            close(getattr(ops, name)(x, axis), getattr(np, name)(x, axis))
        found = getattr(ops, name)([1, 2], dtype="float64")
        assert found.dtype == "float64"
        assert getattr(ops, name)(KerasTensor((None, 3)), axis=0).shape == (None, 3)
    assert ops.cumsum(2.0).shape == (1,)


def test_differences_and_integrals() -> None:
    """Differences of any order; the trapezoidal rule with steps or places."""
    for n in range(5):
        for axis in (0, 1, -1):
            close(ops.diff(X, n, axis), np.diff(X, n, axis))
    np.testing.assert_array_equal(ops.diff(flags(6)), np.diff(flags(6)))
    with pytest.raises(ValueError, match="n=-1"):
        ops.diff(X, -1)
    places = np.array([0.0, 1.0, 1.5, 4.0])
    close(ops.trapezoid(X), np.trapezoid(X))
    close(ops.trapezoid(X, dx=0.5, axis=1), np.trapezoid(X, dx=0.5, axis=1))
    close(ops.trapezoid(X, places), np.trapezoid(X, places))
    close(ops.trapezoid(X, places[:3], axis=1), np.trapezoid(X, places[:3], axis=1))
    close(ops.trapezoid(X, np.cumsum(X, 2)), np.trapezoid(X, np.cumsum(X, 2)))
    assert ops.trapezoid([1, 2]).dtype == "float32"


# --- products -------------------------------------------------------------------------------------


def test_cross_and_kron() -> None:
    """Vectors in space and in the plane, along any axis; blocks of any rank."""
    a, b = normal(4, 3), normal(2, 4, 3)
    close(ops.cross(a, b), np.cross(a, b))
    close(ops.cross(a, b, axisc=0), np.cross(a, b, axisc=0))
    close(ops.cross(a.T, b, axisa=0), np.cross(a.T, b, axisa=0))
    close(ops.cross(a.T, a.T, axis=0), np.cross(a.T, a.T, axis=0))
    flat = np.concatenate([a[:, :2], np.zeros((4, 1))], 1)
    close(ops.cross(a[:, :2], a), np.cross(flat, a))
    close(ops.cross(a, a[:, :2]), np.cross(a, flat))
    close(
        ops.cross(a[:, :2], b[..., :2]),
        np.cross(flat, np.append(b[..., :2], np.zeros((2, 4, 1)), 2))[..., 2],
    )
    with pytest.raises(ValueError, match="size 4 on axis 1"):
        ops.cross(np.ones((2, 4)), a)
    for shapes in (((2,), (3,)), ((2, 3), (4,)), ((2,), (3, 4)), ((2, 3), (1, 2)), ((), (2, 2))):
        x, y = (np.asarray(normal(*shape)) for shape in shapes)
        close(ops.kron(x, y), np.kron(x, y))
    assert ops.kron(KerasTensor((None, 2)), KerasTensor((3, 2))).shape == (None, 4)
    close(ops.count_nonzero(whole(0, 2, 3, 4), 1), np.count_nonzero(whole(0, 2, 3, 4), 1))
