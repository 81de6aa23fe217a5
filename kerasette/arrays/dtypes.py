"""The element types, and which type two of them meet in.

Promotion follows the lattice that Keras shares with JAX: Python's own numbers are *weak* (they take
the type of what they meet), integers never widen a float, and 16-bit floats meet in float32.
"""

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from kerasette.arrays import settings
from kerasette.errors import unknown_name


class DType(str):
    """The name of an element type; equal to the plain string.

    >>> kerasette.float32 == "float32"
    True
    """

    __slots__ = ()


_BOUNDS = {  # each type and those just above it
    "bool": ["int"],
    "int": ["uint8", "int8"],
    "uint8": ["int16", "uint16"],
    "uint16": ["int32", "uint32"],
    "uint32": ["int64", "uint64"],
    "uint64": ["float"],
    "int8": ["int16"],
    "int16": ["int32"],
    "int32": ["int64"],
    "int64": ["float"],
    "float": ["bfloat16", "float16", "complex"],
    "bfloat16": ["float32"],
    "float16": ["float32"],
    "float32": ["float64", "complex64"],
    "float64": ["complex128"],
    "complex": ["complex64"],
    "complex64": ["complex128"],
    "complex128": [],
}
FLOAT8 = ("float8_e4m3fn", "float8_e5m2")
NAMES = (*(n for n in _BOUNDS if n not in ("int", "float", "complex")), *FLOAT8, "string")
ALL = {name: DType(name) for name in NAMES}
HALF = frozenset(("float16", "bfloat16", *FLOAT8))
_ML_DTYPES = frozenset(("bfloat16", *FLOAT8))
_PYTHON: dict[Any, str] = {bool: "bool", int: "int32", float: "float32", complex: "complex64"}


def _above(name: str) -> frozenset[str]:
    found = {name}
    for upper in _BOUNDS[name]:
        found |= _above(upper)
    return frozenset(found)


_UPPER = {name: _above(name) for name in _BOUNDS}


@functools.cache
def numpy_dtype(name: str) -> np.dtype:
    """The numpy dtype of a name; ml_dtypes brings bfloat16 and the 8-bit floats.

    >>> numpy_dtype("bfloat16").itemsize
    2
    """
    if name in _ML_DTYPES:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(str) if name == "string" else np.dtype(name)


@functools.cache
def name_of(dtype: np.dtype) -> DType:
    """The name of a numpy dtype.

    Raises: ValueError for a type that tensors cannot have (objects, dates, records).
    """
    if dtype.kind in "US":
        return ALL["string"]
    try:
        return ALL[dtype.name]
    except KeyError:
        raise unknown_name("dtype", dtype.name, NAMES) from None


def standardize_dtype(dtype: Any) -> DType:
    """The name of what a user may call a dtype: a string, a numpy or Python type, ``None``.

    >>> standardize_dtype(float)
    'float32'

    Raises: ValueError for a name that is no dtype.
    """
    if dtype is None:
        return ALL[settings.floatx()]
    if isinstance(dtype, str):
        name = "int32" if dtype == "int" else settings.floatx() if dtype == "float" else str(dtype)
        if name in ALL:
            return ALL[name]
        if name.startswith("torch."):
            return standardize_dtype(name[6:])
        raise unknown_name("dtype", dtype, NAMES)
    if isinstance(dtype, type) and dtype in _PYTHON:
        return ALL[_PYTHON[dtype]]
    if dtype is str:
        return ALL["string"]
    if hasattr(dtype, "dtype") and isinstance(dtype.dtype, (str, np.dtype)):
        return standardize_dtype(dtype.dtype)
    try:
        return name_of(np.dtype(dtype))
    except TypeError:
        raise unknown_name("dtype", dtype, NAMES) from None


def is_float(name: str) -> bool:
    """Whether a dtype name is a real floating type.

    >>> is_float("bfloat16")
    True
    """
    return name.startswith(("float", "bfloat"))


def is_int(name: str) -> bool:
    """Whether a dtype name is an integer type, signed or not (bool is none)."""
    return name.startswith(("int", "uint"))


def is_complex(name: str) -> bool:
    """Whether a dtype name is a complex type."""
    return name.startswith("complex")


def differentiable(name: str) -> bool:
    """Whether gradients flow through values of this dtype."""
    return is_float(name) or is_complex(name)


@functools.cache
def limits(name: str) -> tuple[Any, Any]:
    """The least and the greatest number of a real dtype, as Python numbers.

    >>> limits("uint8"), limits("float16")
    ((0, 255), (-65504.0, 65504.0))
    """
    dtype = numpy_dtype(name)
    if is_int(name):
        return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    if name in _ML_DTYPES:
        import ml_dtypes

        greatest = float(ml_dtypes.finfo(dtype).max)
    else:
        greatest = float(np.finfo(dtype).max)
    return -greatest, greatest


@functools.cache
def promote(names: frozenset[str]) -> str:
    """The least type above all of ``names``; weak ``"int" "float" "complex"`` may be among them."""
    for name in names & set(FLOAT8):
        if len(names) > 1:
            raise ValueError(
                f"There is no implicit conversion from {name}. Received: {sorted(names)}; "
                "cast explicitly."
            )
        return name
    unknown = names - set(_BOUNDS)
    if unknown:
        raise unknown_name("dtype", sorted(unknown)[0], NAMES)
    common = frozenset.intersection(*(_UPPER[name] for name in names))
    least = next(name for name in common if common <= _UPPER[name])
    if least == "int64" and not names & {"int64", "uint64"}:
        return "int32"  # 32 bits stay 32 bits: Keras has uint32 and int32 meet in int32
    return least


def result_type(*dtypes: Any) -> DType:
    """The dtype in which values of these dtypes meet (Keras's ``backend.result_type``).

    Python's ``bool``, ``int`` and ``float`` are weak: they take the width of what they meet.

    >>> result_type("int32", float), result_type("float16", "bfloat16")
    ('float32', 'float32')
    """
    if not dtypes:
        return ALL[settings.floatx()]
    return resolve(promote(frozenset(_lattice_name(dtype) for dtype in dtypes)))


def _lattice_name(dtype: Any) -> str:
    if isinstance(dtype, str) and dtype in ("int", "float"):
        return str(dtype)
    if dtype is int or dtype is float:
        return str(dtype.__name__)
    if dtype is complex:
        return "complex"
    return str(standardize_dtype(dtype))


def resolve(name: str) -> DType:
    """A concrete dtype for a name of the lattice: a weak one gets its default width."""
    if name == "int":
        return ALL["int32"]
    if name == "float":
        return ALL[settings.floatx()]
    if name == "complex":
        return ALL["complex128" if settings.floatx() == "float64" else "complex64"]
    return ALL[name]


def floating(name: str) -> DType:
    """The type in which a function such as ``sin`` answers: itself, or floatx for integers."""
    return ALL[name] if differentiable(name) else ALL[settings.floatx()]


def weak_name(value: Any) -> str:
    """The lattice name of a Python number."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    return "float" if isinstance(value, float) else "complex"


def of_numbers(values: Iterable[Any]) -> DType:
    """The dtype that a tensor made of plain Python numbers gets."""
    return resolve(promote(frozenset(weak_name(value) for value in values)))
