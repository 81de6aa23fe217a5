"""Matrix products of views by cuBLASLt: with a bias, a ReLU, or the sum of an operand's rows."""

import functools
import itertools
import math
from typing import Any

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.graph import fused
from kerasette.graph.views import Strided, joined, of_one_rank, stored, strides_of
from kerasette.kernels.gpu import cublaslt, libraries
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.cublaslt import ADDED, PLAIN, RELU, SUMMED, Matrix
from kerasette.kernels.gpu.driver import ALIGNED
from kerasette.ops.linear import matmul

_NARROW = ("float16", "bfloat16")
_MOST_CALLS = 64  # where a batch cannot be described as one


class Product:
    """A product of given views.

    Args:
        dtype: of all of them.
        views: the operands and the product, in axes of the batch, of which the last may be one of
            the library's, then rows and columns.
        outputs: the specs of the results: the product, and for ``SUMMED`` the sums.

    Raises: cublaslt.Unsupported where the library has no such product.
    """

    def __init__(
        self,
        dtype: str,
        views: list[Strided],
        outputs: tuple[Spec, ...],
        epilogue: int,
        driver: Any,
    ):
        self._outputs, self._driver = outputs, driver
        shape = views[2][0]
        outer, batch = shape[:-3], shape[-3] if len(shape) > 2 else 1
        first, second, out = (_matrix(*view) for view in views)
        self._added, self._summed = bool(epilogue & ADDED), bool(epilogue & SUMMED)
        size = int(dtypes.numpy_dtype(dtype).itemsize)
        steps = [
            [0 if n == 1 else step * size for n, step in zip(shape[:-3], strides[:-3], strict=True)]
            for shape, strides in views
        ]
        self._calls = [
            [sum(n * step for n, step in zip(place, each, strict=True)) for each in steps]
            for place in itertools.product(*map(range, outer))
        ]
        aligned = [math.gcd(ALIGNED, *offsets) for offsets in zip(*self._calls, strict=True)]
        self._product = cublaslt.Planned(dtype, batch, first, second, out, epilogue, aligned)

    def __call__(self, *arrays: Any) -> Any:
        driver = self._driver
        first, second, *added = (driver.aligned(array) for array in arrays)
        results = [driver.empty(spec) for spec in self._outputs]
        scratch = driver.scratch(max(self._product.workspace, 1))
        vector = added[0].data.ptr if self._added else results[1].data.ptr if self._summed else 0
        places = [array.data.ptr for array in (first, second, results[0])]
        stream = driver.stream()
        for offsets in self._calls:
            x, y, out = (place + offset for place, offset in zip(places, offsets, strict=True))
            self._product.run(x, y, out, vector, scratch.data.ptr, stream)
        return tuple(results) if len(results) > 1 else results[0]


def _matrix(shape: tuple[int, ...], strides: tuple[int, ...]) -> Matrix:
    apart = strides[-3] if len(shape) > 2 and shape[-3] > 1 else 0
    return Matrix(shape[-2], shape[-1], strides[-2], strides[-1], apart)


def suits(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    """Floats of one type, of which there are some."""
    return (
        specs[0].dtype in cublaslt.TYPES
        and len({spec.dtype for spec in specs}) == 1
        and all(size for spec in specs for size in spec.shape)
        and drivers.driver() is not None
        and cublaslt.library() is not None
    )


def _made(specs: tuple[Spec, ...], attributes: dict[str, Any], epilogue: int) -> Product | None:
    driver, out = drivers.driver(), fused.gemm.spec(*specs, **attributes)
    views = [
        strides_of(spec.shape, attributes[name])
        for spec, name in zip(specs, ("first", "second"), strict=False)
    ]
    strided = [view for view in views if view is not None]
    if len(strided) < 2 or driver is None:
        return None
    strided.append(stored(out.shape, attributes["order"]))
    plain = joined(*of_one_rank(strided))
    if math.prod(plain[2][0][:-3]) > _MOST_CALLS:
        return None
    results = (out, Spec(plain[1][0][-1:], out.dtype)) if epilogue == SUMMED else (out,)
    if len(specs) > 2:
        epilogue = epilogue & ~PLAIN | ADDED
    try:
        return Product(str(out.dtype), plain, results, epilogue, driver)
    except cublaslt.Unsupported as error:
        if epilogue in (PLAIN, ADDED):  # the least that it has to have
            libraries.tell("cuBLASLt", error)
        return None


# The reference code, on the operands as they are: other operations on 16-bit floats widen them.
def _by_cupy(op: Any, specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Any:
    if specs[0].dtype in _NARROW and len({spec.dtype for spec in specs}) == 1:
        return functools.partial(op.reference, devices.module("gpu"), **attributes)
    return None


@kernel("matmul", "gpu")
def _matmul(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Any:
    return _by_cupy(matmul, specs, attributes)


@kernel("gemm", "gpu")
def gemm(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Any:
    """The product, with a bias where there is one."""
    made = _made(specs, attributes, PLAIN) if suits(specs, attributes) else None
    return _by_cupy(fused.gemm, specs, attributes) if made is None else made


def keeps_nan(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    """Whether a ReLU of the library's takes these, and leaves NaN what it is."""
    return suits(specs, attributes) and _relu_keeps_nan(
        str(specs[0].dtype), devices.current_device()
    )


@functools.cache
def _relu_keeps_nan(dtype: str, device: str) -> bool:
    """It is tried: the library's documentation does not say."""
    size = 32
    spec = Spec((size, size), dtypes.ALL[dtype])
    how = {"first": (), "second": (), "order": None}
    run = _made((spec, spec), how, RELU)
    if run is None:
        return False
    cupy = devices.cupy_module(device)
    x, one = cupy.full((size, size), -1.0, "float32"), cupy.eye(size, dtype="float32")
    x[3, 5] = float("nan")
    out = run(*(part.astype(dtypes.numpy_dtype(dtype)) for part in (x, one)))
    found = devices.to_numpy(out).astype("float32")
    return bool((found[3] != found[3]).all() and not found[:3].any() and not found[4:].any())


@kernel("gemm_relu", "gpu", when=keeps_nan)
def gemm_relu(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Product | None:
    """The product, with a bias where there is one, and a ReLU."""
    return _made(specs, attributes, RELU)


@kernel("gemm_sums", "gpu", when=suits)
def gemm_sums(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Product | None:
    """The product, and the sums of the second operand's rows."""
    return _made(specs, attributes, SUMMED)
