"""Means and variances of columns in one go, against the reference in float64."""

import importlib.util
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import config, ops
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.graph.fused import column_moments

if importlib.util.find_spec("llvmlite") is None or os.environ.get("KERASETTE_KERNELS") == "0":
    pytest.skip("there is no generated code", allow_module_level=True)

from kerasette.kernels.cpu.moments import ColumnMoments


def moments(x):
    """The mean distance from the first row, and the variance, by the kernel."""
    run = kernels.bind(column_moments, (Spec(x.shape, "float32"),), {}, "cpu:0", in_plan=True)
    assert isinstance(run, ColumnMoments)
    return run(x)


def check(x):
    mean, variance = moments(x)
    exact = column_moments.reference(np, x.astype("float64"))
    assert mean.shape == variance.shape == exact[0].shape
    spread = np.sqrt(exact[1]) + np.abs(exact[0])
    assert (np.abs(mean - exact[0]) <= 3e-6 * spread).all()
    assert (np.abs(variance - exact[1]) <= 3e-6 * spread**2).all()


@given(
    rows=st.integers(1, 200),
    columns=st.integers(1, 70),
    offset=st.sampled_from([0.0, -3.0, 1e4]),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_any_sizes(rows, columns, offset, seed):
    numbers = np.random.default_rng(seed).standard_normal((rows, columns)) + offset
    check(numbers.astype("float32"))


@pytest.mark.parametrize("shape", [(64, 32, 32, 16), (40000, 20), (5000, 64), (3, 40000)])
def test_of_several_threads(shape):
    check(np.random.default_rng(0).standard_normal(shape).astype("float32"))


def test_equal_numbers_have_no_variance_however_large():
    mean, variance = moments(np.full((5000, 48), 1e8 / 3, "float32"))
    assert not mean.any() and not variance.any()


def test_a_first_row_far_from_the_others_costs_no_precision():
    x = np.random.default_rng(0).standard_normal((1000, 16)).astype("float32")
    x[0] = 1e4
    exact = np.var(x.astype("float64"), 0)
    np.testing.assert_allclose(moments(x)[1].reshape(16), exact, rtol=2e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("row", [0, 77])
def test_what_is_not_finite_stays_in_its_column(bad, row):
    x = np.random.default_rng(0).standard_normal((100, 24)).astype("float32")
    x[row, 5] = bad
    mean, variance = moments(x)
    good = np.arange(24) != 5
    assert np.isfinite(mean[:, good]).all() and np.isfinite(variance[:, good]).all()
    assert not np.isfinite(mean[0, 5]) and np.isnan(variance[0, 5])


def test_any_number_of_threads():
    x = np.random.default_rng(0).standard_normal((3000, 64)).astype("float32")
    try:
        for count in (1, 2, 3):
            config.set_threads(count)
            check(x)
    finally:
        config.set_threads(None)


@pytest.mark.parametrize("keepdims", [False, True])
def test_a_plan_takes_them_for_means_and_variances(keepdims):
    x = np.random.default_rng(0).standard_normal((6, 5, 12)).astype("float32") + 3

    @kerasette.function
    def both(x):
        return ops.mean(x, (0, 1), keepdims), ops.var(x, (0, 1), keepdims)

    graph = both.graph(ops.convert_to_tensor(x))
    assert [node.op.name for node in graph.nodes].count("column_moments") == 1
    for got, exact in zip(both(ops.convert_to_tensor(x)), (np.mean, np.var), strict=True):
        expected = exact(x.astype("float64"), (0, 1), keepdims=keepdims)
        assert got.shape == expected.shape
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-6)


def test_gradients_through_them():
    x = np.random.default_rng(0).standard_normal((40, 16)).astype("float32") + 5

    def gradient(x):
        with kerasette.GradientTape() as tape:
            tape.watch(x)
            mean, variance = ops.moments(x, [0])
            out = ops.sum(ops.sin((x - mean) / ops.sqrt(variance + 1e-3)) * x)
        return tape.gradient(out, x)

    x = ops.convert_to_tensor(x)
    np.testing.assert_allclose(
        kerasette.function(gradient)(x).numpy(), gradient(x).numpy(), atol=1e-4
    )


def test_few_columns_stay_with_clusters():
    graph = kerasette.function(lambda x: ops.var(x, 0)).graph(ops.ones((10, 3)))
    assert "column_moments" not in [node.op.name for node in graph.nodes]
