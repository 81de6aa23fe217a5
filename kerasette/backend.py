"""The public names of ``keras.backend``: dtypes, defaults, and a fresh start."""

from typing import Any

from kerasette._version import __version__
from kerasette.arrays import dtypes
from kerasette.arrays.dtypes import result_type, standardize_dtype
from kerasette.arrays.settings import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from kerasette.core.naming import get_uid, reset_names
from kerasette.core.tensor import KerasTensor

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
    "version",
]


def backend() -> str:
    """The name of what computes: always "kerasette"."""
    return "kerasette"


def version() -> str:
    """The version of kerasette."""
    return __version__


def clear_session(free_memory: bool = True) -> None:
    """Begin anew with made-up names, and let go of what nobody holds.

    Args:
        free_memory: whether Python's garbage is collected at once.
    """
    reset_names()
    if free_memory:
        import gc

        gc.collect()


def is_float_dtype(dtype: Any) -> bool:
    """Whether a dtype is a floating type.

    >>> kerasette.backend.is_float_dtype("bfloat16")
    True
    """
    return dtypes.is_float(standardize_dtype(dtype))


def is_int_dtype(dtype: Any) -> bool:
    """Whether a dtype is an integer type, signed or not.

    >>> kerasette.backend.is_int_dtype("uint8")
    True
    """
    return dtypes.is_int(standardize_dtype(dtype))


def is_keras_tensor(x: Any) -> bool:
    """Whether ``x`` is a symbolic KerasTensor."""
    return isinstance(x, KerasTensor)
