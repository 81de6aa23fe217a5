"""Values: ``Tensor`` has an array, ``KerasTensor`` a shape and dtype only, ``Traced`` a place in a
graph. All three take the same operators, which ``ops`` installs on their common base.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.arrays.dtypes import DType
from kerasette.arrays.memory import at_work
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.errors import DeviceError, TraceError


class TensorBase:
    """What every value and variable has in common: a shape, a dtype and the operators."""

    __slots__ = ()
    __array_priority__ = 1000.0

    if TYPE_CHECKING:  # installed by ops/operators.py; a floor above
        shape: tuple[int, ...]
        dtype: DType

        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __floordiv__(self, other: Any) -> Any: ...
        def __rfloordiv__(self, other: Any) -> Any: ...
        def __mod__(self, other: Any) -> Any: ...
        def __rmod__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __rpow__(self, other: Any) -> Any: ...
        def __matmul__(self, other: Any) -> Any: ...
        def __rmatmul__(self, other: Any) -> Any: ...
        def __and__(self, other: Any) -> Any: ...
        def __rand__(self, other: Any) -> Any: ...
        def __or__(self, other: Any) -> Any: ...
        def __ror__(self, other: Any) -> Any: ...
        def __xor__(self, other: Any) -> Any: ...
        def __rxor__(self, other: Any) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...

        def __getitem__(self, key: Any) -> Any: ...

        def __neg__(self) -> Any: ...
        def __pos__(self) -> Any: ...
        def __abs__(self) -> Any: ...
        def __invert__(self) -> Any: ...

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("A tensor without dimensions has no len().")
        return self.shape[0]

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError("A tensor without dimensions cannot be iterated over.")
        if self.shape[0] is None:
            raise TypeError("A tensor whose first size is unknown cannot be iterated over.")
        return (self[index] for index in range(self.shape[0]))

    def __hash__(self) -> int:
        return id(self)


class Tensor(TensorBase):
    """An immutable array on one device.

    >>> x = kerasette.constant([[1.0, 2.0]])
    >>> x.shape, x.dtype, x.device
    ((1, 2), 'float32', 'cpu:0')
    """

    # `_key` is the tensor's identity on tapes, made when a tape first meets it: a tape can then
    # forget the value itself when no gradient rule asks for it.
    # `_keras_mask` is set by layers that mask; it is unset on all other tensors.
    __slots__ = ("__weakref__", "_array", "_keras_mask", "_key")

    def __init__(self, array: Any):
        self._array = array
        self._key = None

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        return self._array.shape

    @property
    def dtype(self) -> DType:  # type: ignore[override]
        return dtypes.name_of(self._array.dtype)

    @property
    def device(self) -> str:
        """The device that holds the array: "cpu:0" or "gpu:N"."""
        return devices.device_of(self._array)

    def to_device(self, device: str, /, *, stream: Any = None) -> "Tensor":
        """The tensor on ``device``, as in the array API standard; itself where it is there.

        Gradients come back to the device that this tensor is on.

        >>> kerasette.constant([1.0]).to_device("cpu:0").device
        'cpu:0'

        Raises: DeviceError for a device that is not there.
        """
        if stream is not None:
            raise ValueError("`stream` must be None: there is one order of work on each device.")
        name, home = devices.standardize_device(device), self.device
        if name == home:
            return self
        there = Tensor(devices.moved(self._array, name))
        for tape in state.tapes:
            tape.record_custom([self], [there], lambda gradients: [gradients[0].to_device(home)])
        return there

    def numpy(self) -> np.ndarray:
        """A copy of the values as a numpy array."""
        return np.array(devices.to_numpy(self._array))

    def item(self) -> Any:
        """The one value of a tensor of size 1, as a Python number."""
        return devices.to_numpy(self._array).item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return devices.to_numpy(self._array).tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = devices.to_numpy(self._array)
        if dtype is not None and np.dtype(dtype) != array.dtype:
            return array.astype(dtype)
        if copy is False:  # the caller promises not to write: a read-only view is all it needs
            view = array.view()
            view.flags.writeable = False
            return view
        return np.array(array)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if not dtypes.is_int(self.dtype):
            raise TypeError(f"Only integer tensors can be an index. Received: dtype={self.dtype}.")
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(devices.to_numpy(self._array))

    def __complex__(self) -> complex:
        return complex(self.item())

    def __format__(self, form: str) -> str:
        if form and not self.shape:
            return format(self.item(), form)
        return format(str(self), form)

    def __str__(self) -> str:
        return str(devices.to_numpy(self._array))  # a scalar as its plain number: 10.0

    def __repr__(self) -> str:
        values = np.array2string(devices.to_numpy(self._array), separator=", ", prefix="Tensor(")
        return f"Tensor({values}, shape={self.shape}, dtype={self.dtype})"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tensor":
        return Tensor(self._array.copy())

    def __reduce__(self) -> Any:
        return (_from_numpy, (self.numpy(),))


def _from_numpy(array: np.ndarray) -> Tensor:
    return Tensor(as_array(array))


class KerasTensor(TensorBase):
    """A symbolic value: a shape with ``None`` for what is not known, and a dtype.

    ``keras.Input`` makes the first ones; layers and operations applied to them give others.
    """

    _key = None
    _keras_mask: Any = None
    shape: tuple[Any, ...] = ()
    dtype: DType = DType("float32")
    sparse: bool = False
    ragged: bool = False
    ragged_rank: None = None  # there are no ragged tensors
    row_splits_dtype: None = None

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        if sparse or ragged:
            raise ValueError("kerasette has no sparse or ragged tensors. Use dense ones.")
        self.shape = tuple(shape)
        self.dtype = dtypes.standardize_dtype(dtype)
        self.record_history = record_history
        self.name = name or "keras_tensor"
        self._keras_history: Any = None

    @property
    def spec(self) -> Spec:
        return Spec(self.shape, self.dtype)

    def reshape(self, newshape: Any) -> Any:
        """``ops.reshape`` of this value."""
        from kerasette.core import operators

        return operators.method("reshape")(self, newshape)

    def squeeze(self, axis: Any = None) -> Any:
        """``ops.squeeze`` of this value."""
        from kerasette.core import operators

        return operators.method("squeeze")(self, axis)

    def _no_value(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            "A KerasTensor is symbolic: it has a shape and dtype but no values. Do this inside a "
            "layer's `call`, or use kerasette.ops instead of numpy and Python functions on it."
        )

    __array__ = __float__ = __int__ = __bool__ = __index__ = numpy = _no_value

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


class Traced(TensorBase):
    """The handle of a graph's value while ``kerasette.function`` traces: no content yet."""

    __slots__ = ("__weakref__", "_keras_mask", "_key", "graph_value", "trace")

    def __init__(self, value: Any, trace: Any):
        self.graph_value = value
        self.trace = trace
        self._key = None

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        return self.graph_value.spec.shape

    @property
    def dtype(self) -> DType:  # type: ignore[override]
        return self.graph_value.spec.dtype

    @property
    def device(self) -> str:
        return devices.current_device()

    def _no_value(self, *args: Any, **kwargs: Any) -> Any:
        raise TraceError(
            f"{_user_line()}: the value of a tensor is needed by Python while a function is being "
            "compiled, where it is not known yet. Use kerasette.ops.cond, while_loop or where in "
            "place of if and while, or run eagerly (run_eagerly=True)."
        )

    __array__ = __float__ = __int__ = __bool__ = __index__ = __complex__ = _no_value
    numpy = item = tolist = _no_value

    def __repr__(self) -> str:
        return f"<Traced shape={self.shape}, dtype={self.dtype}>"

    def __format__(self, form: str) -> str:
        return format(repr(self), form)


def _user_line() -> str:
    """``file:line`` of the innermost frame outside kerasette."""
    import sys

    package = __name__.partition(".")[0]
    frame = sys._getframe(2)
    while frame.f_back is not None and _belongs(frame.f_globals.get("__name__", ""), package):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _belongs(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def constant(value: Any, dtype: Any = None) -> Any:
    """A tensor of the given values: numbers, nested lists, numpy arrays or tensors.

    Args:
        value: what the tensor holds; a tensor or variable is read (and cast to ``dtype``).
        dtype: the element type; by default that of ``value``, Python floats becoming ``floatx``
            and Python ints int32.

    >>> constant([1, 3, 5]).dtype
    'int32'

    Raises: ValueError where the values make no rectangular array of numbers.
    """
    if isinstance(value, TensorBase):
        from kerasette.core import operators

        return operators.method("convert_to_tensor")(value, dtype)
    return Tensor(as_array(value, dtype))


def as_array(value: Any, dtype: Any = None, device: str | None = None) -> Any:
    """An array of anything that holds numbers, on ``device``, by default the current one."""
    here = devices.current_device()
    if device is not None and device != here:
        with devices.device(device):
            return as_array(value, dtype)
    xp = devices.module(here)
    if dtype is not None:
        dtype = dtypes.numpy_dtype(dtypes.standardize_dtype(dtype))
    if isinstance(value, (bool, int, float, complex)):
        target = dtype or dtypes.numpy_dtype(dtypes.of_numbers((value,)))
        if dtype is None and isinstance(value, int) and not -(2**31) <= value < 2**31:
            target = np.dtype("int64" if value < 2**63 else "uint64")
        return np.asarray(value, target) if xp is np else _placed(value, target, here)
    if isinstance(value, np.ndarray) or hasattr(value, "__cuda_array_interface__"):
        array = value
    else:
        array = _host_array(value, narrow=dtype is None)
    name = dtypes.name_of(array.dtype)  # refuses objects and dates with a clear sentence
    if name == "string" and (dtype or array.dtype).kind in "US":
        return np.array(array, dtype)  # texts are the host's, whatever the device
    if xp is np and not isinstance(array, np.ndarray):
        raise DeviceError(
            f"The array is on {devices.device_of(array)}, and a tensor on {here} was asked for. "
            f"Make it within kerasette.device({devices.device_of(array)!r}) and move it by "
            "to_device."
        )
    if xp is not np:
        return _placed(array, dtype, here)
    if type(array) is not np.ndarray or (dtype is not None and array.dtype != dtype):
        return np.asarray(array, dtype)
    return array.copy()  # the caller may write into its own array later


def _placed(value: Any, dtype: Any, device: str) -> Any:
    """A copy on a device other than the host."""
    xp = devices.module(device)
    with at_work(device):
        if type(value) is xp.ndarray:
            return xp.array(value, dtype)
        host = np.asarray(value)
        if dtype is None:
            return xp.array(host)
        if dtype.itemsize > host.itemsize:  # the less there is to be sent, the better
            return xp.array(host).astype(dtype)
        return xp.array(host.astype(dtype, copy=False))


def _host_array(value: Any, narrow: bool) -> np.ndarray:
    """Anything as an array; where it is to be narrow, Python's numbers in their default dtypes."""
    if isinstance(value, (list, tuple)):
        from kerasette import tree

        if any(isinstance(leaf, TensorBase) for leaf in tree.flatten(value)):
            value = tree.map_structure(np.asarray, value)
            return np.asarray(value)
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            "A tensor needs a rectangular array of numbers: the nested lists have different "
            f"lengths. Received: value={str(value)[:80]}"
        ) from None
    if not narrow or hasattr(value, "dtype"):
        return array
    if array.dtype == np.float64:
        return array.astype(dtypes.numpy_dtype(dtypes.standardize_dtype("float")))
    if array.dtype == np.complex128:
        return array.astype(dtypes.numpy_dtype(dtypes.resolve("complex")))
    if array.dtype == np.int64:
        small = array.astype(np.int32)
        return small if np.array_equal(small, array) else array
    return array


def is_symbolic(value: Any) -> bool:
    """Whether a value has no content yet (a KerasTensor, or traced)."""
    return isinstance(value, (KerasTensor, Traced)) or state.symbolic
