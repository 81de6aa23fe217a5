"""cupy as reference code expects it: with the few things that numpy has and cupy lacks."""

import functools
from types import ModuleType
from typing import Any

import numpy as np

from kerasette.arrays.switches import switches

# cupy's atomic functions change elements of 32 and 64 bits; smaller ones are changed in these.
_SCATTERED = {"add": "ilqefdILQ", "maximum": "ilqfdILQ", "minimum": "ilqfdILQ"}
_NARROW = "?bhBH"


class Scattering:
    """A ufunc of cupy, the ``at`` of which takes numbers of every type."""

    def __init__(self, ufunc: Any, name: str):
        self._ufunc = ufunc
        self._types = _SCATTERED[name]
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._ufunc(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ufunc, name)

    def at(self, array: Any, indices: Any, values: Any) -> None:
        """``array[indices] = ufunc(array[indices], values)``, repeated indices counting each."""
        kind = array.dtype.char
        if kind in self._types:
            self._ufunc.at(array, indices, values)
        elif kind in _NARROW:
            wide = array.astype(np.int32)
            values = values.astype(np.int32) if hasattr(values, "astype") else int(values)
            self._ufunc.at(wide, indices, values)
            array[...] = wide.astype(array.dtype)  # a sum that is too large wraps, as numpy's does
        elif kind in "FD":
            for part in ("real", "imag"):
                changed = getattr(array, part).copy()
                self._ufunc.at(changed, indices, getattr(values, part))
                setattr(array, part, changed)
        else:
            wide = array.astype(np.float32)
            self._ufunc.at(wide, indices, values)
            array[...] = wide.astype(array.dtype)


class Multiplication:
    """cupy's ``multiply``, with the ``at`` that it lacks."""

    def __init__(self, cupy: Any):
        self._cupy = cupy
        self._ufunc = cupy.multiply
        self.__name__ = "multiply"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._ufunc(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ufunc, name)

    def at(self, array: Any, indices: Any, values: Any) -> None:
        """``array[indices] *= values`` for a vector of indices, repeated ones counting each.

        The first occurrences of all indices are done at once, then the second ones, and so on.
        """
        cupy = self._cupy
        order = cupy.argsort(indices, kind="stable")
        ordered = indices[order]
        turns = cupy.arange(ordered.size) - cupy.searchsorted(ordered, ordered)
        for turn in range(int(turns.max()) + 1 if turns.size else 0):
            chosen = order[turns == turn]
            places = indices[chosen]
            array[places] = array[places] * values[chosen]


class LinearAlgebra:
    """``cupy.linalg`` that raises ``LinAlgError`` for a matrix that has no answer, as numpy's."""

    def __init__(self, home: Any):
        self._home = home

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._home, name)
        if not callable(function) or isinstance(function, type):
            return function

        @functools.wraps(function)
        def strict(*args: Any, **kwargs: Any) -> Any:
            import cupyx

            with cupyx.errstate(linalg="raise"):
                return function(*args, **kwargs)

        return strict


class CupyAdapter:
    """The array module of GPUs: cupy's names, and where they fall short of numpy's, its own."""

    def __init__(self, cupy: ModuleType):
        self._cupy = cupy
        self.linalg = LinearAlgebra(cupy.linalg)
        self.add = Scattering(cupy.add, "add")
        self.multiply = Multiplication(cupy)
        self.maximum = Scattering(cupy.maximum, "maximum")
        self.minimum = Scattering(cupy.minimum, "minimum")

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._cupy, name)
        setattr(self, name, value)  # found at once from now on
        return value

    def max(self, a: Any, axis: Any = None, *, keepdims: bool = False, initial: Any = None) -> Any:
        """The greatest element; ``initial`` where there is none."""
        if initial is not None and a.size == 0:
            return self._cupy.full(_reduced(a.shape, axis, keepdims), initial, a.dtype)
        found = self._cupy.max(a, axis=axis, keepdims=keepdims)
        return found if initial is None else self._cupy.maximum(found, initial)

    def copyto(self, dst: Any, src: Any, where: Any = True) -> None:
        """``src`` into ``dst``, where ``where`` is true."""
        if where is True:
            dst[...] = src
        else:
            dst[...] = self._cupy.where(where, src, dst)


def _reduced(shape: tuple[int, ...], axis: Any, keepdims: bool) -> tuple[int, ...]:
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {a % len(shape) for a in axes}
    if keepdims:
        return tuple(1 if i in gone else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in gone)


@functools.lru_cache(maxsize=2)
def adapted(cupy: ModuleType) -> Any:
    """The adapter over a cupy module."""
    made = CupyAdapter(cupy)
    if switches.tf32_products:
        choose_products(cupy)
    return made


def choose_products(cupy: ModuleType) -> None:
    """Have cupy's matrix products of float32 made as ``kerasette.config.set_tf32`` says. What is
    recorded as a CUDA graph already stays as it is.
    """
    core = cupy._core._routines_linalg  # besides CUPY_TF32 in the environment, cupy's only switch
    kind = core.COMPUTE_TYPE_TF32 if switches.tf32_products else core.COMPUTE_TYPE_DEFAULT
    core.set_compute_type(np.dtype("float32"), kind)
