"""A stand-in for cupy over numpy's memory: what cupy refuses, it refuses.

It shows, where there is no GPU, each place at which code of the host touches arrays of a device,
and each function, argument or type that cupy does not have. Its arrays are of a class of their own
that numpy's functions do not take. ``cupy.json`` holds cupy's names, the parameters of its
functions and the types of its ufuncs; ``make_table.py`` writes it, where cupy is installed.
"""

import contextlib
import functools
import json
import pathlib
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np

TABLE = json.loads((pathlib.Path(__file__).parent / "cupy.json").read_text())
_IMPLICIT = "Implicit conversion to a NumPy array is not allowed. Please use `.get()`"
_SCALARS = (bool, int, float, complex, np.generic)
# What elementwise code of cupy can compute with; the rest it can keep, and view as other types.
_COMPUTED = "?bhilqBHILQeEfdFD"  # E: bfloat16
_REDUCED = {
    "add": ("reduce", "accumulate", "reduceat", "outer"),
    "multiply": ("reduce", "accumulate", "outer"),
}
_SCATTERED = {"add": "ilqefdILQ", "maximum": "ilqfdILQ", "minimum": "ilqfdILQ"}


class OutOfMemoryError(MemoryError):
    """The pool's limit, or the device's memory, is reached."""


class Pool:
    """Counts what arrays hold, as cupy's memory pool does."""

    def __init__(self) -> None:
        self.used = 0
        self.limit = 0

    def take(self, size: int) -> None:
        if self.limit and self.used + size > self.limit:
            raise OutOfMemoryError(
                f"Out of memory allocating {size:,} bytes (allocated so far: {self.used:,} bytes, "
                f"limit set to: {self.limit:,} bytes)."
            )
        self.used += size

    def used_bytes(self) -> int:
        return self.used

    def free_bytes(self) -> int:
        return 0

    def total_bytes(self) -> int:
        return self.used

    def n_free_blocks(self) -> int:
        return 0

    def free_all_blocks(self) -> None:
        pass

    def get_limit(self) -> int:
        return self.limit

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        self.limit = int(size or 0)


POOL = Pool()
EVENTS: list[tuple[str, Any]] = []  # what was asked of streams and events
_TOTAL = 1 << 34


class Device:
    """One of two devices; the one in use is where new arrays are."""

    current = 0

    def __init__(self, device: int | None = None):
        self.id = Device.current if device is None else int(device)
        self._before: list[int] = []

    def __enter__(self) -> "Device":
        self._before.append(Device.current)
        Device.current = self.id
        return self

    def __exit__(self, *error: Any) -> None:
        Device.current = self._before.pop()

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return self.id

    def __int__(self) -> int:
        return self.id

    def use(self) -> None:
        Device.current = self.id

    def synchronize(self) -> None:
        EVENTS.append(("synchronize device", self.id))

    @property
    def mem_info(self) -> tuple[int, int]:
        return (POOL.limit or _TOTAL) - POOL.used, _TOTAL


class Event:
    """A point in a stream; it remembers who recorded it."""

    def __init__(
        self, block: bool = False, disable_timing: bool = False, interprocess: bool = False
    ):
        self.stream: Any = None
        self.done = True

    def record(self, stream: Any = None) -> None:
        self.stream = stream
        EVENTS.append(("record", stream))

    def synchronize(self) -> None:
        EVENTS.append(("wait for event", self))


class Stream:
    """Work in order; the stand-in does all at once, and writes down what was asked."""

    null: "Stream"

    def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False):
        self.ptr = id(self)

    def __enter__(self) -> "Stream":
        EVENTS.append(("enter", self))
        return self

    def __exit__(self, *error: Any) -> None:
        EVENTS.append(("exit", self))

    def wait_event(self, event: Event) -> None:
        EVENTS.append(("stream waits", event))

    def record(self, event: Event | None = None) -> Event:
        event = event or Event()
        event.record(self)
        return event

    def synchronize(self) -> None:
        EVENTS.append(("synchronize stream", self))


Stream.null = Stream()


_HOLDERS: dict[int, int] = {}  # how many arrays have a block of memory, by the block's identity


def _owner(host: np.ndarray) -> np.ndarray:
    while isinstance(host.base, np.ndarray):
        host = host.base
    return host


class ndarray:
    """An array of the stand-in; numpy's functions refuse it."""

    __slots__ = ("__weakref__", "_counted", "_host", "device")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, host: np.ndarray):
        self._counted: Any = None
        self.device = Device()
        self._host = np.empty(0)  # until the pool has agreed
        if host.dtype.kind in "USO" or (host.dtype.kind == "V" and host.dtype.names):
            raise ValueError(f"Unsupported dtype {host.dtype}")
        owner = _owner(host)
        if host is not owner and id(owner) not in _HOLDERS:
            host = owner = np.array(host)
        if id(owner) not in _HOLDERS:
            POOL.take(owner.nbytes)
            _HOLDERS[id(owner)] = 0
        _HOLDERS[id(owner)] += 1
        self._counted = owner
        self._host = host

    def __del__(self) -> None:
        if self._counted is not None:
            _HOLDERS[id(self._counted)] -= 1
            if not _HOLDERS[id(self._counted)]:
                del _HOLDERS[id(self._counted)]
                POOL.used -= self._counted.nbytes

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(_IMPLICIT)

    def __array_function__(self, function: Any, *args: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} was called on an array of the device.")

    def get(
        self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True
    ) -> Any:
        if out is None:
            return self._host.copy(order="C")
        np.copyto(out, self._host)
        return out

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        if not isinstance(arr, np.ndarray):
            raise TypeError(f"Only numpy.ndarray can be set to cupy.ndarray: {type(arr)}")
        if self._host.dtype != arr.dtype or self._host.shape != arr.shape:
            raise ValueError("Shape or dtype mismatch in set()")
        np.copyto(self._host, arr)
        EVENTS.append(("set", stream))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {"shape": self._host.shape, "typestr": self._host.dtype.str, "version": 3}

    @property
    def data(self) -> Any:
        return types.SimpleNamespace(ptr=self._host.ctypes.data, mem=None)

    @property
    def flags(self) -> Any:
        host = self._host.flags
        return types.SimpleNamespace(
            c_contiguous=host.c_contiguous, f_contiguous=host.f_contiguous, owndata=host.owndata
        )

    @property
    def real(self) -> Any:
        return _wrapped(self._host.real)

    @real.setter
    def real(self, value: Any) -> None:
        self._host.real = _host(value)

    @property
    def imag(self) -> Any:
        return _wrapped(self._host.imag)

    @imag.setter
    def imag(self, value: Any) -> None:
        self._host.imag = _host(value)

    def __getattr__(self, name: str) -> Any:
        if name not in TABLE["ndarray"] or name.startswith("_"):
            raise AttributeError(f"cupy's ndarray has no attribute {name!r}.")
        found = getattr(self._host, name)
        if not callable(found):
            return _wrapped(found)

        def method(*args: Any, **kwargs: Any) -> Any:
            if {"where", "initial"} & kwargs.keys():
                raise TypeError(f"ndarray.{name}() of cupy takes no {sorted(kwargs)}.")
            if name in ("sum", "prod", "max", "min", "mean", "sort", "cumsum", "argmax", "clip"):
                _computed(name, self._host)
            if name in ("tolist", "item"):
                return found(*args)
            return _wrapped(found(*_host(args), **_host(kwargs)))

        return method

    def astype(self, dtype: Any, order: str = "K", casting: Any = None, subok: Any = None,
               copy: bool = True) -> Any:  # fmt: skip
        target = np.dtype(dtype)
        if target == self._host.dtype and not copy:
            return self
        _computed("astype", self._host, np.empty(0, target))
        return ndarray(np.array(self._host.astype(target)))

    def __getitem__(self, key: Any) -> Any:
        return _wrapped(np.asarray(self._host[_index(key)]))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._host[_index(key)] = _host(value)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._host)

    def __int__(self) -> int:
        return int(self._host)

    def __float__(self) -> float:
        return float(self._host)

    def __complex__(self) -> complex:
        return complex(self._host)

    def __repr__(self) -> str:
        return repr(self._host)

    def __reduce__(self) -> Any:
        return asarray, (self._host,)

    def __deepcopy__(self, memo: Any) -> Any:
        return ndarray(self._host.copy())

    def __matmul__(self, other: Any) -> Any:
        return _function("", "matmul")(self, other)


def _index(key: Any) -> Any:
    if isinstance(key, (list, np.ndarray)):
        raise TypeError("An array of the host is an index of one of the device.")
    return _host(key)


def _host(value: Any) -> Any:
    """numpy's view of what a function of cupy is given."""
    kind = type(value)
    if kind is ndarray:
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if kind in (list, tuple):
        return kind(_host(part) for part in value)
    if kind is dict:
        return {name: _host(part) for name, part in value.items()}
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return ndarray(value)
    if isinstance(value, np.generic):
        return ndarray(np.array(value))
    if isinstance(value, (tuple, list)):
        return tuple(_wrapped(part) for part in value)
    return value


def _computed(name: str, *arrays: np.ndarray) -> None:
    for array in arrays:
        if array.dtype.char not in _COMPUTED:
            raise TypeError(f"cupy's {name} is not for {array.dtype}.")


def _check(place: str, name: str, parameters: list[str], args: Any, kwargs: Any) -> None:
    named = [p for p in parameters if not p.startswith("*")]
    several = any(p.startswith("*") and not p.startswith("**") for p in parameters)
    if len(args) > len(named) and not several:
        raise TypeError(f"cupy.{place}{name} takes {len(named)} arguments: {named}.")
    unknown = kwargs.keys() - set(named)
    if unknown and not any(p.startswith("**") for p in parameters):
        raise TypeError(f"cupy.{place}{name} has no arguments {sorted(unknown)}: {named}.")


_STORED = {"empty", "zeros", "empty_like", "zeros_like", "reshape", "shape", "ndim", "transpose"}
_STORED |= {"swapaxes", "moveaxis", "expand_dims", "squeeze", "ravel", "broadcast_to", "flip"}
_STORED |= {"result_type", "can_cast", "as_strided", "sliding_window_view", "copyto"}


def _function(place: str, name: str) -> Callable[..., Any]:
    entry = TABLE[place][name]
    home = functools.reduce(getattr, place.split("."), np) if place else np
    numpys = getattr(home, name)
    if "types" in entry:
        return Ufunc(name, numpys, entry["types"])

    def call(*args: Any, **kwargs: Any) -> Any:
        if entry["parameters"] is not None:
            _check(place, name, entry["parameters"], args, kwargs)
        given, named = _host(args), _host(kwargs)
        if name not in _STORED:
            _computed(name, *(a for a in _arrays([*args, *kwargs.values()])))
            if named.get("dtype") is not None:
                _computed(name, np.empty(0, named["dtype"]))
        return _wrapped(numpys(*given, **named))

    return functools.wraps(numpys)(call)


def _arrays(values: Any) -> Iterator[np.ndarray]:
    for value in values:
        if type(value) is ndarray:
            yield value._host
        elif isinstance(value, (list, tuple)):
            yield from _arrays(value)


def _dtypes(characters: str) -> list[np.dtype]:
    return [np.dtype(ml_dtypes.bfloat16 if c == "E" else c) for c in characters]


class Ufunc:
    """An elementwise function for the types that cupy has it for, with the types of its results."""

    def __init__(self, name: str, numpys: Any, loops: list[str]):
        self.__name__ = name
        self._numpys = numpys
        self._loops = [tuple(map(_dtypes, loop.split("->"))) for loop in loops]

    def __call__(self, *args: Any, out: Any = None, dtype: Any = None, casting: Any = None) -> Any:
        given = [_host(value) for value in args]
        if dtype is not None:
            given = [np.asarray(value).astype(dtype) for value in given]
        kinds = self._kinds(given)
        outside = self._results(kinds)
        found = self._numpys(*given)
        several = found if isinstance(found, tuple) else (found,)
        made = tuple(
            np.asarray(part).astype(to, copy=False)
            for part, to in zip(several, outside, strict=True)
        )
        if out is not None:
            np.copyto(out._host, made[0], casting="same_kind")
            return out
        wrapped = tuple(ndarray(part) for part in made)
        return wrapped if isinstance(found, tuple) else wrapped[0]

    def _results(self, kinds: list[np.dtype]) -> list[np.dtype]:
        for inside, outside in self._loops:
            if all(np.can_cast(kind, to) for kind, to in zip(kinds, inside, strict=False)):
                return outside
        raise TypeError(f"cupy.{self.__name__} is not for {[str(kind) for kind in kinds]}.")

    def _kinds(self, given: list[Any]) -> list[np.dtype]:
        arrays = [value.dtype for value in given if hasattr(value, "dtype")]
        for dtype in arrays:
            _computed(self.__name__, np.empty(0, dtype))
        found = []
        for value in given:
            if hasattr(value, "dtype"):
                found.append(value.dtype)
            elif type(value) in (bool, int, float, complex):
                found.append(
                    np.result_type(*arrays, value) if arrays else np.min_scalar_type(value)
                )
            else:
                raise TypeError(f"Unsupported type {type(value)}")
        return found

    def __getattr__(self, name: str) -> Any:
        if name not in _REDUCED.get(self.__name__, ()):
            raise NotImplementedError(f"`cupy_{self.__name__}.{name}` is not supported yet")
        method = getattr(self._numpys, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            allowed = {"array", "axis", "dtype", "out", "keepdims"}
            if kwargs.keys() - allowed:
                raise TypeError(f"cupy.{self.__name__}.{name} has no {sorted(kwargs)}.")
            _computed(name, *_arrays(args))
            return _wrapped(method(*_host(args), **_host(kwargs)))

        return call

    def at(self, array: ndarray, indices: Any, values: Any = None) -> None:
        if self.__name__ not in _SCATTERED:
            raise NotImplementedError(f"`cupy_{self.__name__}.at` is not supported yet")
        if array.dtype.char not in _SCATTERED[self.__name__]:
            raise TypeError(f"cupy.{self.__name__}.at only supports {_SCATTERED[self.__name__]}")
        self._numpys.at(array._host, _index(indices), _host(values))


def _matmul(first: Any, second: Any, /, out: Any = None) -> Any:
    """cuBLAS adds 16-bit floats up in float32, and rounds once; ``EVENTS`` has the types."""
    left, right = _host(first), _host(second)
    _computed("matmul", left, right)
    EVENTS.append(("matmul", (left.dtype.name, right.dtype.name)))
    if left.dtype == right.dtype and left.dtype.char in "eE":
        found = np.matmul(left.astype("float32"), right.astype("float32")).astype(left.dtype)
    else:
        found = np.matmul(left, right)
    if out is None:
        return _wrapped(np.asarray(found))
    np.copyto(out._host, found, casting="same_kind")
    return out


def asarray(a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None,
            blocking: bool = False) -> Any:  # fmt: skip
    """cupy's ``asarray``: the one way in for arrays of the host."""
    if type(a) is ndarray:
        target = a.dtype if dtype is None else np.dtype(dtype)
        return a if target == a.dtype and not copy else a.astype(target)
    if isinstance(a, (list, tuple)):
        a = _host(a)
    return ndarray(np.array(a, dtype))


def _array(a: Any, dtype: Any = None, copy: Any = True, order: str = "K", subok: bool = False,
           ndmin: int = 0, *, blocking: bool = False) -> Any:  # fmt: skip
    return asarray(a, dtype, copy=copy)


def _ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    if type(a) is ndarray and dtype is None:
        return a if a.flags.c_contiguous else ndarray(np.array(a._host, order="C", ndmin=1))
    return asarray(a, dtype)


def _full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Any:
    if dtype is not None:
        _computed("full", np.empty(0, dtype))
    return ndarray(np.full(shape, _host(fill_value), dtype))


def asnumpy(a: Any, stream: Any = None, order: str = "C", out: Any = None, *,
            blocking: bool = True) -> np.ndarray:  # fmt: skip
    """The values on the host."""
    return a.get(out=out) if type(a) is ndarray else np.asarray(a)


def _binary(name: str) -> tuple[Any, Any]:
    ufunc = _function("", name)

    def plain(self: Any, other: Any) -> Any:
        if not isinstance(other, (ndarray, *_SCALARS)):
            if isinstance(other, np.ndarray):
                raise TypeError("Unsupported type <class 'numpy.ndarray'>")
            return NotImplemented
        return ufunc(self, other)

    def turned(self: Any, other: Any) -> Any:
        return plain(other, self) if type(other) is ndarray else ufunc(other, self) \
            if isinstance(other, _SCALARS) else plain(self, other)  # fmt: skip

    return plain, turned


def _unary(name: str) -> Any:
    ufunc = _function("", name)
    return lambda self: ufunc(self)


def _inplace(operator: Any) -> Any:
    def change(self: Any, other: Any) -> Any:
        made = operator(self, other)
        np.copyto(self._host, made._host, casting="same_kind")
        return self

    return change


_OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "and": "bitwise_and",
    "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
for _short, _name in _OPERATORS.items():
    _plain, _turned = _binary(_name)
    setattr(ndarray, f"__{_short}__", _plain)
    setattr(ndarray, f"__r{_short}__", _turned)
    setattr(ndarray, f"__i{_short}__", _inplace(_plain))
for _short, _name in {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
    "ne": "not_equal",
}.items():  # fmt: skip
    setattr(ndarray, f"__{_short}__", _binary(_name)[0])
for _short, _name in {"neg": "negative", "abs": "absolute", "invert": "invert"}.items():
    setattr(ndarray, f"__{_short}__", _unary(_name))


COMPUTE_TYPES: dict[Any, int] = {}  # what products of matrices are made in


def _choose_compute_type(dtype: Any, kind: int) -> None:
    COMPUTE_TYPES[np.dtype(dtype)] = kind


def _module(name: str) -> Any:
    made = types.ModuleType(name)
    made.__spec__ = __import__("importlib.machinery").machinery.ModuleSpec(name, None)
    made.__path__ = []  # type: ignore[attr-defined]
    return made


@functools.cache
def modules() -> dict[str, types.ModuleType]:
    """The stand-in's modules by name, as they go into ``sys.modules``."""
    cupy, cuda = _module("cupy"), _module("cupy.cuda")
    found = {"cupy": cupy, "cupy.cuda": cuda}
    for place in ("", "linalg", "fft", "lib.stride_tricks"):
        home = cupy
        for part in place.split(".") if place else ():
            if not hasattr(home, part):
                setattr(home, part, _module(f"{home.__name__}.{part}"))
                found[f"{home.__name__}.{part}"] = getattr(home, part)
            home = getattr(home, part)
        numpys = functools.reduce(getattr, place.split("."), np) if place else np
        for name in TABLE[place]:
            if hasattr(numpys, name):
                setattr(home, name, _function(place, name))
    for name in ("iinfo", "finfo", "result_type", "can_cast", "promote_types", "dtype", "pi", "inf",
                 "nan", "newaxis", "e", "bool_", "int8", "int16", "int32", "int64", "uint8",
                 "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64",
                 "complex128"):  # fmt: skip
        setattr(cupy, name, getattr(np, name))
    cupy.__version__ = TABLE["version"]
    cupy.ndarray, cupy.ufunc = ndarray, Ufunc
    cupy.asarray, cupy.array, cupy.ascontiguousarray = asarray, _array, _ascontiguousarray
    cupy.asnumpy, cupy.full, cupy.matmul = asnumpy, _full, _matmul
    compute = types.SimpleNamespace(
        COMPUTE_TYPE_DEFAULT=1, COMPUTE_TYPE_TF32=7, set_compute_type=_choose_compute_type
    )
    cupy._core = types.SimpleNamespace(_routines_linalg=compute)
    cupy.get_default_memory_pool = lambda: POOL
    cuda.Device, cuda.Stream, cuda.Event = Device, Stream, Event
    cuda.runtime = types.SimpleNamespace(getDeviceCount=lambda: 2)
    cuda.memory = types.SimpleNamespace(OutOfMemoryError=OutOfMemoryError)
    cuda.get_current_stream = lambda: Stream.null
    cuda.alloc_pinned_memory = lambda size: bytearray(size)
    cupyx = _module("cupyx")
    cupyx.errstate = lambda **settings: contextlib.nullcontext()
    cupyx.empty_pinned = lambda shape, dtype=float, order="C": np.empty(shape, dtype, order)
    found["cupyx"] = cupyx
    cupy.cuda = cuda
    return found


@contextlib.contextmanager
def installed() -> Iterator[Any]:
    """The stand-in in cupy's place, for a while."""
    names = modules()
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(names)
    try:
        yield names["cupy"]
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
