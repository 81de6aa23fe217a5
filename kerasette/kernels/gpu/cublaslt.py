"""cuBLASLt by its C interface: products of strided matrices, and what is done to them at once.

Its matrices lie column by column. One that lies row by row is its own transpose to it, so it is
asked for the transpose of the product: second operand first.
"""

import ctypes
import functools
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from kerasette.arrays import device as devices
from kerasette.arrays.switches import switches
from kerasette.kernels.gpu import libraries
from kerasette.kernels.gpu.driver import ALIGNED

# Types, and what sums are made in: cudaDataType_t and cublasComputeType_t.
TYPES = {"float32": 0, "float64": 1, "float16": 2, "bfloat16": 14}
_SINGLE, _TF32, _DOUBLE = 68, 77, 70
# Attributes: cublasLtMatrixLayoutAttribute_t, ...MatmulDescAttributes_t, ...PreferenceAttributes_t.
BATCH_COUNT, BATCH_STRIDE = 5, 6
TRANSPOSED_A, TRANSPOSED_B, EPILOGUE, BIAS = 3, 4, 7, 8
WORKSPACE, REDUCTIONS, ALIGNMENTS = 1, 3, (5, 6, 7, 8)
# Epilogues: cublasLtEpilogue_t.
PLAIN, RELU, ADDED, SUMMED = 1, 2, 4, 256
_IN_COMPUTE_TYPE = 2  # where sums are made in parts, these are float32, too
_MOST_WORKSPACE = 1 << 25  # bytes; what NVIDIA advises for Hopper


class Unsupported(Exception):
    """cuBLASLt does not have it."""


class Matrix(NamedTuple):
    """Matrices of a batch: element ``(i, j)`` of number ``n`` is at ``n * apart + i * down + j *
    right``, one of ``down`` and ``right`` being 1.
    """

    rows: int
    columns: int
    down: int
    right: int
    apart: int = 0


class _Found(ctypes.Structure):
    """cublasLtMatmulHeuristicResult_t."""

    _fields_ = (
        ("algorithm", ctypes.c_uint64 * 8),
        ("workspace", ctypes.c_size_t),
        ("state", ctypes.c_int),
        ("waves", ctypes.c_float),
        ("reserved", ctypes.c_int * 4),
    )


@functools.cache
def library() -> Any:
    """The library; ``None`` where it cannot be loaded."""
    path = libraries.load("cublasLt")
    try:
        return None if path is None else ctypes.CDLL(path)
    except OSError:
        return None


@functools.cache
def handle(device: str) -> ctypes.c_void_p:
    """The library's state for a device."""
    made = ctypes.c_void_p()
    with devices.active(device):
        _call("cublasLtCreate", ctypes.byref(made))
    return made


def _call(name: str, *arguments: Any) -> None:
    status = getattr(library(), name)(*arguments)
    if status:
        raise Unsupported(f"{name} gives status {status}")


class _Object:
    """One of the library's descriptions, with attributes."""

    def __init__(self, kind: str, *arguments: Any):
        self._kind = kind
        self.pointer = ctypes.c_void_p()
        self._destroy = getattr(library(), f"cublasLt{kind}Destroy")
        _call(f"cublasLt{kind}Create", ctypes.byref(self.pointer), *arguments)

    def set(self, attribute: int, value: Any) -> None:
        """Give an attribute a value of ctypes."""
        size = ctypes.c_size_t(ctypes.sizeof(value))
        name = f"cublasLt{self._kind}SetAttribute"
        _call(name, self.pointer, attribute, ctypes.byref(value), size)

    def __del__(self) -> None:
        if self.pointer:
            self._destroy(self.pointer)


def _layout(matrix: Matrix, kind: int, batch: int) -> tuple[_Object, bool]:
    """A matrix as the library's, and whether that is the matrix itself, not its transpose."""
    itself = matrix.right != 1
    rows, columns = matrix[:2] if itself else matrix[1::-1]
    step = matrix.right if itself else matrix.down
    made = _Object(
        "MatrixLayout", kind, ctypes.c_uint64(rows), ctypes.c_uint64(columns), ctypes.c_int64(step)
    )
    if batch > 1:
        made.set(BATCH_COUNT, ctypes.c_int32(batch))
        made.set(BATCH_STRIDE, ctypes.c_int64(matrix.apart))
    return made, itself


class Planned:
    """A planned product ``out = first @ second``, of one type.

    Args:
        batch: how many products; the operands' ``apart`` may be 0.
        out: it must lie row by row.
        epilogue: ``PLAIN``, or a sum of ``RELU`` and ``ADDED`` (to each row a vector is added), or
            ``SUMMED``: the sum of the second operand's rows is written to a vector.
        aligned: of how many bytes the addresses of operands and result will be multiples.

    Raises: Unsupported where the library has no such product.
    """

    def __init__(
        self,
        dtype: str,
        batch: int,
        first: Matrix,
        second: Matrix,
        out: Matrix,
        epilogue: int,
        aligned: Sequence[int] = (ALIGNED,) * 3,
    ):
        self._device = devices.current_device()
        self._turn = threading.Lock()  # a call sets the vector's address first
        kind, scale = TYPES[dtype], ctypes.c_double if dtype == "float64" else ctypes.c_float
        single = _TF32 if dtype == "float32" and switches.tf32_products else _SINGLE
        sums = _DOUBLE if dtype == "float64" else single
        self._scales = scale(1), scale(0)
        self._description = _Object("MatmulDesc", sums, TYPES["float64"] * (dtype == "float64"))
        layouts = [_layout(m, kind, batch) for m in (second, first, out)]
        if layouts[2][1]:
            raise Unsupported("the result does not lie row by row")
        for attribute, (_, itself) in zip((TRANSPOSED_A, TRANSPOSED_B), layouts, strict=False):
            self._description.set(attribute, ctypes.c_int32(itself))
        self._description.set(EPILOGUE, ctypes.c_uint32(epilogue))
        self._vector = bool(epilogue & (ADDED | SUMMED))
        if self._vector:
            self._description.set(BIAS, ctypes.c_void_p(1 << 20))  # aligned as those to come
        self._layouts = [layout for layout, _ in layouts]
        self._found = self._chosen(*aligned)
        self.workspace = int(self._found.workspace)

    def _chosen(self, first: int, second: int, out: int) -> _Found:
        preference = _Object("MatmulPreference")
        preference.set(WORKSPACE, ctypes.c_size_t(_MOST_WORKSPACE))
        preference.set(REDUCTIONS, ctypes.c_uint32(_IN_COMPUTE_TYPE))
        for attribute, aligned in zip(ALIGNMENTS, (second, first, out, out), strict=True):
            preference.set(attribute, ctypes.c_uint32(aligned))
        found, count = _Found(), ctypes.c_int()
        a, b, d = (layout.pointer for layout in self._layouts)
        _call(
            "cublasLtMatmulAlgoGetHeuristic",
            handle(self._device), self._description.pointer, a, b, d, d,
            preference.pointer, 1, ctypes.byref(found), ctypes.byref(count),
        )  # fmt: skip
        if not count.value or found.state:
            raise Unsupported("there is no algorithm")
        return found

    def run(
        self, first: int, second: int, out: int, vector: int, workspace: int, stream: int
    ) -> None:
        """Compute, on a stream; all are addresses."""
        places = [layout.pointer for layout in self._layouts]
        one, zero = (ctypes.byref(scale) for scale in self._scales)
        with self._turn:
            if self._vector:
                self._description.set(BIAS, ctypes.c_void_p(vector))
            _call(
                "cublasLtMatmul",
                handle(self._device), self._description.pointer, one,
                ctypes.c_void_p(second), places[0], ctypes.c_void_p(first), places[1],
                zero, ctypes.c_void_p(out), places[2], ctypes.c_void_p(out), places[2],
                ctypes.byref(self._found), ctypes.c_void_p(workspace),
                ctypes.c_size_t(self.workspace), ctypes.c_void_p(stream),
            )  # fmt: skip
