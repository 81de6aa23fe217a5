"""Where a variable's value stands while plans write to it: one aligned array, for all plans."""

import sys
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.core.spec import Spec
from kerasette.core.tensor import Tensor
from kerasette.kernels.native import empty

# Who refers to a buffer's tensor: the variable, the buffer, and the call that asks; to its array:
# the tensor, the buffer, and the call. More means that somebody keeps the value.
_OWN_REFERENCES = 3


class Buffer:
    """The array of a variable, and the tensor that is read from it."""

    __slots__ = ("address", "array", "tensor")

    def __init__(self, array: np.ndarray):
        self.array = array
        self.tensor = Tensor(array)
        self.address = array.ctypes.data

    def kept_elsewhere(self) -> bool:
        """Whether somebody has read the value and still holds it: it must not change then."""
        return (
            sys.getrefcount(self.tensor) > _OWN_REFERENCES
            or sys.getrefcount(self.array) > _OWN_REFERENCES
        )


def buffer_of(variable: Any, written: bool) -> Buffer:
    """The variable's buffer, holding its present value.

    Args:
        variable: the variable.
        written: whether it is going to be changed in place. A value that somebody has read and
            still holds then stays as it is, and the variable gets another buffer.
    """
    buffer: Buffer | None = variable._buffer
    tensor = variable._tensor
    if buffer is not None and buffer.tensor is tensor:
        del tensor
        if not written or not buffer.kept_elsewhere():
            return buffer
        return _place(variable, buffer.array)
    if buffer is not None and buffer.array.shape == tensor._array.shape:
        # It was assigned to. The buffer that plans know takes the new value, if it is free.
        same = buffer.array.dtype == tensor._array.dtype
        if same and sys.getrefcount(buffer.tensor) == 2 and sys.getrefcount(buffer.array) == 3:
            np.copyto(buffer.array, tensor._array)
            variable._tensor = buffer.tensor
            return buffer
    return _place(variable, tensor._array)


def _place(variable: Any, array: Any) -> Buffer:
    own = empty(Spec(array.shape, dtypes.name_of(array.dtype)))
    np.copyto(own, array)
    buffer = Buffer(own)
    variable._buffer = buffer
    variable._tensor = buffer.tensor
    return buffer
