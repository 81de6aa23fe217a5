"""Where a variable's value stands while plans write to it: one aligned array, for all plans."""

import sys
from typing import Any

import numpy as np

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core.spec import Spec
from kerasette.core.tensor import Tensor
from kerasette.kernels.native import empty


class Buffer:
    """The array of a variable, and the tensor that is read from it."""

    __slots__ = ("address", "array", "tensor")

    def __init__(self, array: np.ndarray):
        self.array = array
        self.tensor = Tensor(array)
        self.address = array.ctypes.data

    def references(self) -> tuple[int, int]:
        """How often the tensor and the array are referred to."""
        return sys.getrefcount(self.tensor), sys.getrefcount(self.array)


def _references_of_one_variable() -> tuple[int, int]:
    """How often a buffer's tensor and array are referred to, where one variable has it and nobody
    else has read it. Versions of Python count their own references differently.
    """

    class Holder:
        def __init__(self, buffer: Buffer):
            self._buffer = buffer
            self._tensor = buffer.tensor

    holder = Holder(Buffer(np.zeros(1)))
    buffer = holder._buffer
    return buffer.references()


_TENSOR, _ARRAY = _references_of_one_variable()


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
        if written:
            of_tensor, of_array = buffer.references()
            if of_tensor > _TENSOR or of_array > _ARRAY:
                return _place(variable, buffer.array)
        return buffer
    if buffer is not None and buffer.array.shape == tensor._array.shape:
        # It was assigned to. The buffer that plans know takes the new value, if it is free.
        of_tensor, of_array = buffer.references()
        free = of_tensor < _TENSOR and of_array <= _ARRAY  # the variable has another tensor now
        if free and buffer.array.dtype == tensor._array.dtype:
            np.copyto(buffer.array, tensor._array)
            variable._tensor = buffer.tensor
            return buffer
    return _place(variable, tensor._array)


def _place(variable: Any, array: Any) -> Buffer:
    devices.check_home("a compiled function", [array], "cpu:0")
    own = empty(Spec(array.shape, dtypes.name_of(array.dtype)))
    np.copyto(own, array)
    buffer = Buffer(own)
    variable._buffer = buffer
    variable._tensor = buffer.tensor
    return buffer
