"""``Variable``: a value that changes, with a name. It owns its buffer; what is read is a tensor."""

import gc
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes, memory
from kerasette.arrays.dtypes import DType
from kerasette.core import operators
from kerasette.core.budget import charge
from kerasette.core.deferred import defer, is_deferred
from kerasette.core.interpret import value_of
from kerasette.core.naming import auto_name, current_path
from kerasette.core.state import state
from kerasette.core.tape import GradientTape, no_tape
from kerasette.core.tensor import KerasTensor, Tensor, TensorBase, as_array

_AGGREGATIONS = ("none", "mean", "sum", "only_first_replica")


class Variable(TensorBase):
    """A tensor that can be assigned to, such as a weight.

    Args:
        initializer: the first value, or a function ``(shape, dtype) -> tensor``.
        shape: the shape, where ``initializer`` is a function.
        dtype: the element type; by default that of the value, else ``floatx``.
        trainable: whether optimizers change it and tapes watch it.
        autocast: whether a layer's compute dtype applies when it is read within that layer.
        aggregation: how replicas combine it: "none", "mean", "sum" or "only_first_replica".
        name: its name; made up where none is given.

    >>> v = kerasette.Variable([1.0, 2.0])
    >>> v.assign_add([1.0, 1.0]).numpy()
    array([2., 3.], dtype=float32)

    Raises: ValueError where ``shape`` and ``initializer`` do not go together, or a value of another
    shape is assigned.
    """

    name: str = "variable"
    path: str = "variable"
    trainable: bool = True
    aggregation: str = "none"
    synchronization: str = "auto"
    regularizer: Any = None
    constraint: Any = None
    overwrite_with_gradient: bool = False
    _buffer: Any = None  # where plans keep the value, once one has run

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str = "auto",
        name: str | None = None,
        layout: Any = None,
        **kwargs: Any,
    ):
        if kwargs:
            raise TypeError(f"Variable() got unknown arguments: {sorted(kwargs)}.")
        name = name or auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"`name` must be a string without '/'. Received: name={name!r}.")
        if aggregation not in (None, *_AGGREGATIONS):
            raise ValueError(
                f"`aggregation` must be one of {_AGGREGATIONS}. Received: {aggregation!r}."
            )
        if isinstance(initializer, KerasTensor):
            raise ValueError("A Variable needs a value. Received: a symbolic KerasTensor.")
        self.name = name
        parent = current_path()
        self.path = f"{parent}/{name}" if parent else name
        self.trainable = bool(trainable)
        self.starts_trainable = self.trainable  # what unfreezing a layer goes back to
        self.autocast = bool(autocast)
        self.aggregation = aggregation or "none"
        self.synchronization = synchronization
        self.layout = layout
        self._tensor = self._first_value(initializer, shape, dtype)

    def _first_value(self, initializer: Any, shape: Any, dtype: Any) -> Tensor:
        if not callable(initializer) or isinstance(initializer, TensorBase):
            if isinstance(initializer, TensorBase):
                initializer = value_of(initializer)
            if isinstance(initializer, Tensor):  # the variable is where the tensor is
                return Tensor(as_array(initializer._array, dtype, initializer.device))
            return Tensor(as_array(initializer, dtype))
        if shape is None:
            raise ValueError(
                "`shape` is needed where `initializer` is a function. "
                f"Received: initializer={initializer}, shape=None."
            )
        shape = _checked_shape(shape)
        charge(shape, _itemsize(dtype), f"The variable {self.path!r}")
        if is_deferred(initializer):
            kind = dtypes.numpy_dtype(dtypes.standardize_dtype(dtype))
            stand_in = Tensor(devices.xp().zeros(shape, kind))
            defer(self, stand_in, lambda: self._initialized(initializer, shape, dtype))
            return stand_in
        return self._initialized(initializer, shape, dtype)

    def _initialized(self, initializer: Any, shape: tuple[int, ...], dtype: Any) -> Tensor:
        with eager_scope():  # a variable made while something traces has its value at once
            value = initializer(shape, dtype=dtypes.standardize_dtype(dtype))
        array = value._array if isinstance(value, Tensor) else as_array(value, dtype)
        if tuple(array.shape) != shape:
            raise ValueError(
                f"The initializer gave shape {tuple(array.shape)} where {shape} was asked for."
            )
        return Tensor(array.astype(dtypes.numpy_dtype(dtypes.standardize_dtype(dtype)), copy=False))

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        return self._tensor.shape

    @property
    def dtype(self) -> DType:  # type: ignore[override]
        own = self._tensor.dtype
        if state.autocast is not None and self.autocast and dtypes.is_float(own):
            return dtypes.ALL[state.autocast]
        return own

    @property
    def device(self) -> str:
        """The device that holds the value."""
        return self._tensor.device

    @property
    def value(self) -> Any:
        """The current value, as a tensor (traced where a trace is open)."""
        value = self._read()
        for tape in state.tapes:
            tape.read(self, value)
        wanted = self.dtype
        return value if value.dtype == wanted else operators.method("cast")(value, wanted)

    def _read(self) -> Any:
        if state.stateless is not None:
            held = state.stateless.get_current_value(self)
            if held is not None:
                return held
        if state.trace is not None:
            return state.trace.read(self)
        return self._tensor

    def assign(self, value: Any) -> Any:
        """Set the value; the new one is returned.

        Raises: ValueError for another shape than the variable's.
        """
        if type(value) is Tensor and not state.busy and state.stateless is None:
            old, new = self._tensor._array, value._array
            here = type(old) is type(new) is np.ndarray
            if here and old.shape == new.shape and old.dtype == new.dtype:
                self._tensor = value  # nothing else to look at
                return value
        given = value
        # Python's numbers at once in the variable's dtype: float64 keeps all their digits.
        dtype = self._tensor.dtype if isinstance(value, (int, float, list, tuple)) else None
        value = operators.method("convert_to_tensor")(value, dtype)
        if tuple(value.shape) != self.shape:
            raise ValueError(
                f"Variable {self.path!r} has shape {self.shape}. Received: a value of shape "
                f"{tuple(value.shape)}; reshape it, or build the layer for that shape."
            )
        if value.dtype != self._tensor.dtype:
            value = operators.method("cast")(value, self._tensor.dtype)
        if state.stateless is not None:
            state.stateless.add_update((self, value))
        elif state.symbolic:
            pass  # shape inference changes nothing
        elif state.trace is not None:
            state.trace.assign(self, _apart(value))
        elif isinstance(value, Tensor):
            moved = value if value.device == self.device else self._brought(value, given)
            self._tensor = _apart(moved)
        else:
            raise TypeError(
                f"Variable {self.path!r} cannot be assigned a symbolic value outside a compiled "
                f"function. Received: {value!r}."
            )
        return value

    def _brought(self, value: Tensor, given: Any) -> Tensor:
        """A new value that is on another device; what is no tensor yet goes where it is wanted.

        Raises: DeviceError for a tensor.
        """
        if isinstance(given, TensorBase):
            raise devices.mixed(f"Variable {self.path!r}", [self.device, value.device])
        return value.to_device(self.device)

    def to_device(self, device: str, /, *, stream: Any = None) -> "Variable":
        """Move the variable to ``device``; itself is returned.

        Raises: DeviceError for a device that is not there.
        """
        self._tensor = self._tensor.to_device(device, stream=stream)
        self._buffer = None
        return self

    def assign_add(self, value: Any) -> Any:
        """Add to the value; the new one is returned."""
        return self.assign(operators.method("add")(self._stored(), value))

    def assign_sub(self, value: Any) -> Any:
        """Subtract from the value; the new one is returned."""
        return self.assign(operators.method("subtract")(self._stored(), value))

    def _stored(self) -> Any:
        """The value in its own dtype, whatever a layer computes in."""
        value = self._read()
        for tape in state.tapes:
            tape.read(self, value)
        return value

    def numpy(self) -> np.ndarray:
        """A copy of the value as a numpy array."""
        return self.value.numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.value.__array__(dtype, copy)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        return self.value.__index__()

    def __bool__(self) -> bool:
        return bool(self.value)

    def __format__(self, form: str) -> str:
        return format(self._tensor, form) if state.trace is None else object.__format__(self, form)

    def __repr__(self) -> str:
        values = np.array2string(devices.to_numpy(self._tensor._array), separator=", ")
        return (
            f"<Variable path={self.path}, shape={self.shape}, dtype={self._tensor.dtype}, "
            f"value={values}>"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> "Variable":
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        twin.__dict__.update(self.__dict__)
        twin._tensor = Tensor(self._tensor._array.copy())
        twin._buffer = None
        return twin


def _names() -> dict[int, str]:
    """The paths of all variables, by their arrays."""
    # isinstance() would ask stand-ins for modules what they are, which loads those modules.
    found = (each for each in gc.get_objects() if issubclass(type(each), Variable))
    return {id(variable._tensor._array): variable.path for variable in found}


memory.namers.append(_names)


def _apart(value: Any) -> Any:
    """A value as the variable keeps it: gradients end at what is read of the variable from here on,
    and do not go on to what the value was made of.
    """
    if not state.tapes or value._key is None:
        return value
    with no_tape(tuple(tape for tape in state.tapes if not isinstance(tape, GradientTape))):
        return operators.method("identity_of")(value)


def _itemsize(dtype: Any) -> int:
    return dtypes.numpy_dtype(dtypes.standardize_dtype(dtype)).itemsize


def _checked_shape(shape: Any) -> tuple[int, ...]:
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    for size in shape:
        if size is None or int(size) < 0:
            raise ValueError(
                "A Variable needs a fully known shape of sizes of at least 0. "
                f"Received: shape={shape}."
            )
    return tuple(int(size) for size in shape)


class eager_scope:  # noqa: N801 (used as a function)
    """Within it, operations on concrete tensors compute at once, whatever is open outside."""

    def __enter__(self) -> "eager_scope":
        self.before = (state.tapes, state.trace, state.symbolic, state.stateless, state.autocast)
        state.tapes, state.trace, state.symbolic, state.stateless, state.autocast = (
            (), None, False, None, None,
        )  # fmt: skip
        state.refresh()
        return self

    def __exit__(self, *error: Any) -> None:
        state.tapes, state.trace, state.symbolic, state.stateless, state.autocast = self.before
        state.refresh()


Initializer = Callable[..., Any]
