"""Numpy arrays out of Python pickles, without running anything that a pickle asks for.

A pickle is a program. The one here may name four things, the ones that numpy's arrays are made of,
and gets stand-ins that only note what they are told; arrays are made from the notes after checks.
"""

import io
import math
import pickle
from collections.abc import Callable
from functools import cached_property
from typing import IO, Any

import numpy as np

from kerasette.datasets.opcodes import check_opcodes

_NUMBERS = frozenset("b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split())
_OBJECTS = frozenset("O O4 O8".split())


class _Global:
    """What a name in a pickle becomes: something to call, and nothing to change."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any] | None) -> None:
        self._call = call

    def __call__(self, *arguments: Any) -> Any:
        if self._call is None:
            raise pickle.UnpicklingError("it calls what is no function")
        return self._call(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("it changes a function")


class _Dtype:
    """Notes about a numpy dtype: its code, such as "i8", and its byte order."""

    def __init__(self, code: Any, *_: Any) -> None:
        self.code = _text(code)
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        self.order = _text(state[1])

    def dtype(self) -> np.dtype:
        code, order = self.code.lstrip("|<>="), self.order
        if code not in _NUMBERS or order not in {"|", "<", ">", "="}:
            raise pickle.UnpicklingError(f"it has an array of the dtype {self.code!r}")
        return np.dtype(code).newbyteorder(order)  # type: ignore[arg-type]


class _Room:
    """How much the arrays of a pickle may hold together, in bytes and texts or numbers: as much as
    it has bytes. One content may be named by many arrays.
    """

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise pickle.UnpicklingError("its arrays hold more than it does")


class _Array:
    """Notes about a numpy array: version, shape, dtype, order and content."""

    def __init__(self, room: _Room) -> None:
        self.room = room
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: Any) -> None:
        self.state = state

    @cached_property  # an array that a pickle names a million times is made once
    def array(self) -> np.ndarray:
        _, shape, dtype, is_fortran, content = self.state
        if dtype.code.lstrip("|") not in _OBJECTS:
            if not isinstance(content, bytes):
                raise pickle.UnpicklingError("an array of numbers has other content")
            self.room.take(len(content))
            numbers = np.frombuffer(bytearray(content), dtype.dtype())
            return numbers.reshape(shape, order="F" if is_fortran else "C")
        if not isinstance(content, list) or len(content) != math.prod(shape):
            raise pickle.UnpicklingError(f"an array of the shape {shape} has other content")
        self.room.take(len(content))
        array = np.fromiter(map(_plain, content), dtype=object, count=len(content))
        return array.reshape(shape)  # lists are in C order, whatever the array was in


class _ArrayUnpickler(pickle.Unpickler):
    def __init__(self, data: bytes, encoding: str) -> None:
        super().__init__(io.BytesIO(data), encoding=encoding)
        self._room = _Room(len(data))

    def find_class(self, module: str, name: str) -> _Global:
        match module, name:
            case "numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct":
                return _Global(lambda *_: _Array(self._room))
            case "numpy", "dtype":
                return _Global(_Dtype)
            case "numpy", "ndarray":
                return _Global(None)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no data set needs")


def load_pickle(file: IO[bytes], encoding: str = "ASCII") -> Any:
    """Read a pickle of an array, or of a dictionary of arrays, lists, numbers and strings.

    Args:
        file: open for reading in binary mode.
        encoding: of the strings in pickles of Python 2; "bytes" leaves them as bytes.

    Raises:
        ValueError: for a damaged pickle, and for one that needs any class or function beyond
            numpy's arrays of numbers or objects.
    """
    try:
        data = file.read()
        check_opcodes(data)
        content = _ArrayUnpickler(data, encoding).load()
        if isinstance(content, dict):
            return {key: _plain(value) for key, value in content.items()}
        return _plain(content)
    except Exception as error:  # a damaged pickle raises whatever it hits
        raise ValueError(f"The pickle was refused or is damaged: {error}.") from error


def _plain(value: Any) -> Any:
    return value.array if isinstance(value, _Array) else value


def _text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value
