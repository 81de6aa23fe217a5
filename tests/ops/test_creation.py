"""New tensors: values and dtypes against numpy, and nothing allocated in shape inference."""

import math

import numpy as np
import pytest
import scipy.signal.windows

import kerasette
from kerasette import ops
from kerasette.arrays import settings
from kerasette.core.infer import infer, symbolic_scope


def _equal(found, expected, dtype: str | None = None, rtol: float = 1e-6) -> None:
    expected = np.asarray(expected)
    assert found.dtype == (dtype or expected.dtype.name)
    assert tuple(found.shape) == expected.shape
    np.testing.assert_allclose(np.asarray(ops.cast(found, "float64")), expected, rtol, 1e-7)


@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3, 4), [2, 3], 4, np.array([2, 2])])
def test_constants(shape) -> None:
    """zeros, ones, empty, full of any way to write a shape."""
    _equal(ops.zeros(shape), np.zeros(shape), "float32")
    _equal(ops.empty(shape), np.zeros(shape), "float32")
    _equal(ops.ones(shape), np.ones(shape), "float32")
    _equal(ops.full(shape, 2.5), np.full(shape, 2.5), "float32")
    _equal(ops.full(shape, -7, "int16"), np.full(shape, -7), "int16")


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "bfloat16", "float64", "complex64"])
def test_constants_of_dtype(dtype: str) -> None:
    """Each dtype; that of the model with ``*_like``."""
    assert ops.zeros((2,), dtype).dtype == dtype
    model = ops.ones((2, 3), dtype)
    for found in (ops.zeros_like(model), ops.empty_like(model), ops.ones_like(model)):
        assert (found.dtype, found.shape) == (dtype, (2, 3))
    assert ops.full_like(model, 1).dtype == dtype
    assert ops.ones_like(model, "int32").dtype == "int32"


def test_full_keeps_signs_and_not_a_number() -> None:
    """-0.0 after 0.0, NaN, infinities: none is taken for another that was asked for before."""
    assert math.copysign(1, float(ops.full((), 0.0))) == 1
    assert math.copysign(1, float(ops.full((), -0.0))) == -1
    assert np.isnan(np.asarray(ops.full((2,), float("nan")))).all()
    assert ops.full((), 1).dtype == "float32"


def test_full_of_a_tensor() -> None:
    """The value may broadcast, and gets its gradient."""
    _equal(ops.full((2, 3), [1.0, 2.0, 3.0]), [[1, 2, 3]] * 2, "float32")
    value = kerasette.Variable(2.0)
    with kerasette.GradientTape() as tape:
        y = ops.sum(ops.full((2, 3), value) ** 2)
    assert float(tape.gradient(y, value)) == 24.0


@pytest.mark.parametrize("shape", [(-1,), (None, 2)])
def test_shapes_are_checked(shape) -> None:
    """Unknown sizes and those below 0 are refused, with a way out."""
    for make in (ops.zeros, ops.ones, lambda s: ops.full(s, 1.0)):
        with pytest.raises(ValueError, match="zeros_like"):
            make(shape)


@pytest.mark.parametrize(
    "given", [(3,), (0,), (2, 7), (2, 7, 3), (7, 2, -2), (7, 2), (0.0, 1.0, 0.25), (3.5,), (1, 2.0)]
)
def test_arange(given) -> None:
    """int32 for integers, floatx for floats, numpy's values."""
    whole = all(isinstance(number, int) for number in given)
    _equal(ops.arange(*given), np.arange(*given), "int32" if whole else "float32")
    _equal(ops.arange(*given, dtype="float16"), np.arange(*given), "float16")


def test_arange_of_tensors() -> None:
    """Known tensors count, in their dtype."""
    found = ops.arange(kerasette.constant(3), dtype=None)
    _equal(found, [0, 1, 2], "int32")
    assert ops.arange(np.int64(4)).dtype == "int64"
    with pytest.raises(ValueError, match="step"):
        ops.arange(1, 5, 0)


@pytest.mark.parametrize("size", [(3,), (3, 4), (4, 2, 1), (3, 3, -1), (2, 3, 9), (0, 2)])
def test_eye_and_tri(size) -> None:
    """Diagonals of rectangles."""
    _equal(ops.eye(*size), np.eye(*size), "float32")
    _equal(ops.tri(*size), np.tri(*size), "float32")
    _equal(ops.eye(*size, dtype="int32"), np.eye(*size), "int32")
    _equal(ops.identity(size[0]), np.eye(size[0]), "float32")


@pytest.mark.parametrize("num", [0, 1, 2, 5])
@pytest.mark.parametrize("endpoint", [True, False])
def test_progressions(num: int, endpoint: bool) -> None:
    """linspace, logspace, geomspace as numpy has them."""
    _equal(ops.linspace(1, 4, num, endpoint), np.linspace(1, 4, num, endpoint), "float32")
    _equal(ops.logspace(-1, 2, num, endpoint), np.logspace(-1, 2, num, endpoint), "float32")
    _equal(ops.logspace(0, 3, num, endpoint, 2.0), np.logspace(0, 3, num, endpoint, 2), "float32")
    _equal(ops.geomspace(1, 64, num, endpoint), np.geomspace(1, 64, num, endpoint), "float32")
    _equal(ops.geomspace(-8, -1, num, endpoint), np.geomspace(-8, -1, num, endpoint), "float32")


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_progressions_between_tensors(axis: int) -> None:
    """Ends broadcast; the new axis goes where it is wanted."""
    start, stop = np.array([1.0, 2.0, 3.0]), np.array([[10.0], [20.0]])
    _equal(ops.linspace(start, stop, 4, axis=axis), np.linspace(start, stop, 4, axis=axis))
    _equal(ops.geomspace(start, stop, 4, axis=axis), np.geomspace(start, stop, 4, axis=axis))
    _equal(ops.logspace(start, start, 4, axis=-1), np.logspace(start, start, 4, axis=-1))
    with pytest.raises(ValueError, match="axis"):
        ops.linspace(start, stop, 4, axis=3)


def test_linspace_details() -> None:
    """The last number is exactly the end; the distance on request; integers are rounded down."""
    numbers, step = ops.linspace(0.0, 0.7, 8, retstep=True)
    assert float(numbers[-1]) == np.float32(0.7)
    assert float(step) == pytest.approx(0.1)
    assert np.isnan(float(ops.linspace(0.0, 1.0, 1, retstep=True)[1]))
    _equal(ops.linspace(-2, 2, 4, dtype="int32"), np.linspace(-2, 2, 4, dtype="int32"))
    assert ops.linspace(0, 1, 3, dtype="bfloat16").dtype == "bfloat16"
    with pytest.raises(ValueError, match="num"):
        ops.linspace(0, 1, -1)


def test_linspace_has_gradients() -> None:
    """Of both ends."""
    ends = [kerasette.Variable(1.0), kerasette.Variable(3.0)]
    with kerasette.GradientTape() as tape:
        y = ops.sum(ops.linspace(*ends, 5))
    assert [float(g) for g in tape.gradient(y, ends)] == [2.5, 2.5]


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_meshgrid(indexing: str, count: int) -> None:
    """Any number of axes, in both orders."""
    axes = [np.arange(size, dtype="float32") for size in (2, 3, 4)[:count]]
    found = ops.meshgrid(*axes, indexing=indexing)
    expected = np.meshgrid(*axes, indexing=indexing)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        _equal(one, other)


def test_meshgrid_indexing() -> None:
    """There are two ways."""
    with pytest.raises(ValueError, match="indexing='yx'"):
        ops.meshgrid([1], [2], indexing="yx")


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8])
@pytest.mark.parametrize("name", ["bartlett", "blackman", "hamming", "hanning"])
def test_windows(name: str, count: int) -> None:
    """numpy's, in floatx."""
    _equal(getattr(ops, name)(count), getattr(np, name)(count), "float32")


@pytest.mark.parametrize("count", [0, 1, 7, 8])
@pytest.mark.parametrize("beta", [0.0, 5.0, 8.6, 14.0])
def test_kaiser(count: int, beta: float) -> None:
    """scipy's, in floatx."""
    _equal(ops.kaiser(count, beta), scipy.signal.windows.kaiser(count, beta), "float32")


def test_windows_follow_floatx() -> None:
    """Windows are made in float64, and rounded once."""
    settings.set_floatx("float64")
    try:
        _equal(ops.kaiser(9, 8.6), np.kaiser(9, 8.6), "float64", rtol=1e-14)
        assert ops.zeros(()).dtype == "float64"
    finally:
        settings.set_floatx("float32")
    with pytest.raises(ValueError, match="x=-1"):
        ops.hanning(-1)


def test_array() -> None:
    """The same as ``convert_to_tensor``."""
    _equal(ops.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]], "int32")
    _equal(ops.array([1.5], dtype="float16"), [1.5], "float16")


def test_shape_inference_allocates_nothing() -> None:
    """Petabytes are no matter where only shapes are asked for."""
    huge = (10**7, 10**8)
    with symbolic_scope():
        for made in (
            ops.zeros(huge),
            ops.ones(huge),
            ops.full(huge, 2.0),
            ops.eye(*huge),
            ops.tri(*huge),
        ):
            assert isinstance(made, kerasette.KerasTensor)
            assert made.shape == huge
        assert ops.arange(10**12).shape == (10**12,)
        assert ops.linspace(0, 1, 10**12).shape == (10**12,)
        assert ops.meshgrid(ops.arange(10**6), ops.arange(10**7))[0].shape == (10**7, 10**6)


def test_sizes_of_symbols_stay_unknown() -> None:
    """What is made as large as an unknown size is of unknown size."""
    x = kerasette.KerasTensor((None, 3))
    assert infer(lambda x: ops.zeros((x.shape[0], 2)), (x,), {}).shape == (None, 2)
    assert infer(lambda x: ops.arange(x.shape[0]), (x,), {}).shape == (None,)
    assert ops.zeros_like(x).shape == (None, 3)
    assert ops.full_like(x, 1, "int32").dtype == "int32"


def test_made_inside_a_compiled_function() -> None:
    """Constants are part of the graph; a traced value may fill one."""

    @kerasette.function
    def make(x):
        return ops.full((2,), x) + ops.arange(2) + ops.zeros_like(x) + ops.eye(2)

    np.testing.assert_array_equal(np.asarray(make(kerasette.constant(3.0))), [[4, 4], [3, 5]])
    assert make.trace_count == 1
