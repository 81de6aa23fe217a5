"""New tensors: constants, grids, progressions, windows.

In shape inference they allocate nothing: each is an operation without operands, or one of a scalar.
"""

import math
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import broadcast_shapes
from kerasette.core.spec import Spec
from kerasette.core.tensor import Tensor, TensorBase, as_array
from kerasette.ops.arithmetic import power
from kerasette.ops.comparison import equal, less_equal
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.logic import where
from kerasette.ops.rounding import floor
from kerasette.ops.shaping import broadcast_to, reshape, transpose

__all__ = [
    "arange", "array", "empty", "empty_like", "eye", "full", "full_like", "geomspace", "identity",
    "linspace", "logspace", "meshgrid", "ones", "ones_like", "tri", "zeros", "zeros_like",
]  # fmt: skip


def to_shape(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple of ints.

    Raises: ValueError for a size that is unknown or below 0.
    """
    sizes = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    if any(size is None or int(size) < 0 for size in sizes):
        raise ValueError(
            f"`shape` must be known sizes of at least 0. Received: shape={shape}. "
            "With an unknown batch size, use zeros_like, ones_like or full_like of the input."
        )
    return tuple(int(size) for size in sizes)


def _made(*, shape: tuple[int, ...], dtype: str) -> Spec:
    return Spec(shape, dtypes.ALL[dtype])


@primitive(_made, native=True, name="zeros")
def zeros_of(xp: Any, *, shape: tuple[int, ...], dtype: str) -> Any:
    """Zeros: ``shape``."""
    return xp.zeros(shape, dtypes.numpy_dtype(dtype))


zeros_of.nograd()


def _filled(fill_value: Spec, *, shape: tuple[int, ...]) -> Spec:
    if fill_value.shape:
        raise ValueError(f"one value fills a tensor. Received: shape={fill_value.shape}.")
    return Spec(shape, fill_value.dtype)


@primitive(_filled, native=True, name="full")
def full_of(xp: Any, fill_value: Any, *, shape: tuple[int, ...]) -> Any:
    """One value, everywhere: ``() -> shape``."""
    return xp.full(shape, fill_value, fill_value.dtype)


full_of.defvjp(fill_value=lambda g: g)  # the engine sums


@operation
def zeros(shape: Any, dtype: Any = None) -> Any:
    """Zeros of a shape, in floatx unless a dtype is given.

    >>> ops.zeros((2,)).numpy()
    array([0., 0.], dtype=float32)

    Raises: ValueError for a size that is unknown or below 0.
    """
    return zeros_of(shape=to_shape(shape), dtype=str(dtypes.standardize_dtype(dtype)))


@operation
def ones(shape: Any, dtype: Any = None) -> Any:
    """Ones of a shape, in floatx unless a dtype is given.

    >>> ops.ones((2,), dtype="int32").numpy()
    array([1, 1], dtype=int32)

    Raises: ValueError for a size that is unknown or below 0.
    """
    return full(shape, 1, dtype)


empty = zeros  # new memory is clean here: what was in it before is no result


@operation
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """One value in every place of a shape.

    Args:
        shape: the sizes.
        fill_value: a number, or a tensor that broadcasts to ``shape``.
        dtype: floatx by default, whatever ``fill_value`` is.

    >>> ops.full((2,), 7).numpy()
    array([7., 7.], dtype=float32)

    Raises: ValueError for a size that is unknown or below 0.
    """
    shape = to_shape(shape)
    value = convert_to_tensor(fill_value, dtypes.standardize_dtype(dtype))
    return broadcast_to(value, shape) if value.shape else full_of(value, shape=shape)


@operation
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """Zeros of the shape, and by default the dtype, of ``x``: ``(...) -> (...)``.

    >>> ops.zeros_like([1.0, 2.0]).numpy()
    array([0., 0.], dtype=float32)
    """
    return full_like(x, 0, dtype)


@operation
def ones_like(x: Any, dtype: Any = None) -> Any:
    """Ones of the shape, and by default the dtype, of ``x``: ``(...) -> (...)``.

    >>> ops.ones_like([5.0, 2.0]).numpy()
    array([1., 1.], dtype=float32)
    """
    return full_like(x, 1, dtype)


empty_like = zeros_like


@operation
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """One value in every place of the shape, and by default in the dtype, of ``x``.

    >>> ops.full_like([1.0, 2.0], 7).numpy()
    array([7., 7.], dtype=float32)
    """
    x = convert_to_tensor(x)
    dtype = dtypes.standardize_dtype(x.dtype if dtype is None else dtype)
    if type(x) is Tensor and not isinstance(fill_value, TensorBase):  # it is where x is
        fill_value = Tensor(as_array(fill_value, dtype, x.device))
    return full(tuple(x.shape), fill_value, dtype)


def array(x: Any, dtype: Any = None) -> Any:
    """A tensor of numbers, nested lists, arrays or tensors; the same as ``convert_to_tensor``.

    >>> ops.array([1, 2]).dtype
    'int32'
    """
    return convert_to_tensor(x, dtype)


def _progression(*, start: Any, stop: Any, step: Any, dtype: str) -> Spec:
    if step == 0:
        raise ValueError("`step` must not be 0. Received: step=0.")
    return Spec((max(0, math.ceil((stop - start) / step)),), dtypes.ALL[dtype])


@primitive(_progression, name="arange")
def arange_of(xp: Any, *, start: Any, stop: Any, step: Any, dtype: str) -> Any:
    """``start``, ``start + step``… up to, not including, ``stop``."""
    target = dtypes.numpy_dtype(dtype)
    size = max(0, math.ceil((stop - start) / step))
    if all(isinstance(number, int) for number in (start, step)):
        return (xp.arange(size, dtype="int64") * step + start).astype(target)
    return (xp.arange(size, dtype="float64") * step + start).astype(target)


arange_of.nograd()


@operation
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """Numbers from ``start`` up to, not including, ``stop``, ``step`` apart.

    Args:
        start: the first number; with it alone, it is ``stop``, and the first number is 0.
        stop: where to end.
        step: how far apart, 1 by default; below 0 to go down.
        dtype: by default int32 for integers, floatx for floats.

    >>> ops.arange(3).numpy()
    array([0, 1, 2], dtype=int32)

    Raises: ValueError for a step of 0.
    """
    given = [number for number in (start, stop, step) if number is not None]
    if dtype is None:
        dtype = dtypes.result_type(*(_dtype_of(number) for number in given))
    first, last = (0, start) if stop is None else (start, stop)
    gap = 1 if step is None else step
    return arange_of(
        start=_number(first),
        stop=_number(last),
        step=_number(gap),
        dtype=str(dtypes.standardize_dtype(dtype)),
    )


def _number(value: Any) -> int | float:
    """The Python number that says how many elements there are: it must be known."""
    if isinstance(value, (int, float)):
        return value
    return float(value) if dtypes.is_float(str(value.dtype)) else int(value)


@operation
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on and below a diagonal, zeros above: ``(N, M)``.

    Args:
        N: the number of rows.
        M: the number of columns; as many as rows by default.
        k: which diagonal: above the main one for ``k > 0``, below for ``k < 0``.
        dtype: floatx by default.

    >>> ops.tri(2).numpy()
    array([[1., 0.],
           [1., 1.]], dtype=float32)
    """
    rows, columns = _grid(N, M)
    return cast(less_equal(columns, rows + int(k)), dtypes.standardize_dtype(dtype))


@operation
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on a diagonal, zeros elsewhere: ``(N, M)``.

    Args:
        N: the number of rows.
        M: the number of columns; as many as rows by default.
        k: which diagonal: above the main one for ``k > 0``, below for ``k < 0``.
        dtype: floatx by default.

    >>> ops.eye(2).numpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    rows, columns = _grid(N, M)
    return cast(equal(columns, rows + int(k)), dtypes.standardize_dtype(dtype))


def _grid(N: Any, M: Any) -> tuple[Any, Any]:
    """The numbers of rows, ``(N, 1)``, and of columns, ``(M,)``."""
    rows, columns = to_shape((N, N if M is None else M))
    return reshape(arange(rows), (rows, 1)), arange(columns)


@operation
def identity(n: int, dtype: Any = None) -> Any:
    """Ones on the main diagonal, zeros elsewhere: ``(n, n)``.

    >>> ops.identity(2).numpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    return eye(n, dtype=dtype)


def _ends(start: Any, stop: Any) -> tuple[Any, Any, str]:
    """Both ends in one shape and the widest float type, and the dtype in which they meet."""
    common = dtypes.result_type(_dtype_of(start), _dtype_of(stop), float)
    wide = "complex128" if dtypes.is_complex(common) else "float64"
    start, stop = convert_to_tensor(start, wide), convert_to_tensor(stop, wide)
    shape = broadcast_shapes(tuple(start.shape), tuple(stop.shape))
    return broadcast_to(start, shape), broadcast_to(stop, shape), common


def _dtype_of(value: Any) -> Any:
    """What ``result_type`` takes for a value: Python's own numbers are weak."""
    if isinstance(value, (list, tuple)):
        value = convert_to_tensor(value)
    return value.dtype if hasattr(value, "dtype") else dtypes.weak_name(value)


@operation
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """``num`` numbers at equal distances from ``start`` to ``stop``.

    Args:
        start, stop: the ends: numbers, or tensors whose shapes broadcast together.
        num: how many.
        endpoint: whether ``stop`` is the last of them.
        retstep: whether to return ``(numbers, distance)``.
        dtype: by default the float dtype in which the ends meet.
        axis: where the new axis stands in the result.

    >>> ops.linspace(0, 1, 3).numpy()
    array([0. , 0.5, 1. ], dtype=float32)

    Raises: ValueError where ``num`` is below 0.
    """
    if num < 0:
        raise ValueError(f"`num` must be at least 0. Received: num={num}.")
    start, stop, common = _ends(start, stop)
    gaps = num - 1 if endpoint else num
    step = (stop - start) / gaps if gaps > 0 else start * float("nan")
    turns = reshape(arange(num, dtype="float64"), (num, *(1 for _ in start.shape)))
    numbers = start + turns * (step if gaps > 0 else 0)
    if endpoint and num > 1:
        numbers = where(equal(turns, num - 1), stop, numbers)  # exactly, rounding or not
    numbers = _placed(numbers, axis, dtype or common)
    return (numbers, cast(step, common)) if retstep else numbers


def _placed(numbers: Any, axis: int, dtype: Any) -> Any:
    """The first axis brought to its place, and the dtype asked for."""
    rank = len(numbers.shape)
    if not -rank <= axis < rank:
        raise ValueError(f"`axis` must be from {-rank} to {rank - 1}. Received: axis={axis}.")
    order = list(range(1, rank))
    order.insert(axis % rank, 0)
    numbers = transpose(numbers, order)
    if dtypes.is_int(str(dtypes.standardize_dtype(dtype))):
        numbers = floor(numbers)
    return cast(numbers, dtype)


@operation
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """``num`` numbers from ``base**start`` to ``base**stop``, each the same multiple of the last.

    Args:
        start, stop: the exponents of the ends.
        num: how many.
        endpoint: whether ``base**stop`` is the last of them.
        base: what is raised to a power.
        dtype: by default the float dtype in which the exponents meet.
        axis: where the new axis stands in the result.

    >>> ops.logspace(0, 2, 3).numpy()
    array([  1.,  10., 100.], dtype=float32)
    """
    start, stop, common = _ends(start, stop)
    return _placed(power(base, linspace(start, stop, num, endpoint)), axis, dtype or common)


@operation
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """``num`` numbers from ``start`` to ``stop``, each the same multiple of the one before.

    Args:
        start, stop: the ends, both above 0 or both below.
        num: how many.
        endpoint: whether ``stop`` is the last of them.
        dtype: by default the float dtype in which the ends meet.
        axis: where the new axis stands in the result.

    >>> ops.geomspace(1.0, 8.0, 4).numpy()
    array([1., 2., 4., 8.], dtype=float32)
    """
    start, stop, common = _ends(start, stop)
    exponents = linspace(0.0, 1.0, num, endpoint, dtype=start.dtype)
    exponents = reshape(exponents, (num, *(1 for _ in start.shape)))
    numbers = where(equal(exponents, 1), stop, start * power(stop / start, exponents))
    return _placed(numbers, axis, dtype or common)


def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    """The coordinates of a grid, one tensor for each axis.

    Args:
        *x: the coordinates along each axis: ``(n1,)``, ``(n2,)``…
        indexing: "ij" for results of shape ``(n1, n2, ...)``, "xy" for ``(n2, n1, ...)``.

    >>> [part.shape for part in ops.meshgrid(ops.arange(2), ops.arange(3))]
    [(3, 2), (3, 2)]

    Raises: ValueError for another ``indexing``.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f'`indexing` must be "xy" or "ij". Received: indexing={indexing!r}.')
    parts = [reshape(convert_to_tensor(part), (-1,)) for part in x]
    places = list(range(len(parts)))
    if indexing == "xy" and len(parts) > 1:
        places[:2] = [1, 0]
    sizes = [0] * len(parts)
    for place, part in zip(places, parts, strict=True):
        sizes[place] = part.shape[0]
    grid = []
    for place, part in zip(places, parts, strict=True):
        own = [1] * len(parts)
        own[place] = part.shape[0]
        grid.append(broadcast_to(reshape(part, own), sizes))
    return grid


operators.install(
    arange=arange, full=full, ones=ones, ones_like=ones_like, zeros=zeros, zeros_like=zeros_like
)
