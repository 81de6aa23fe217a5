"""What an operation does with its operands: compute, infer shapes, or become a node of a graph.

One entry, three interpreters, chosen by what is open and by what the operands are:

* *symbolic*: a KerasTensor among the operands, or shape inference going on: the shape rule only;
* *trace*: a trace is open and an operand belongs to it: a node is emitted;
* *eager*: compute now.

The tape is not a fourth one: it records what was done, whatever the values are.
"""

from typing import Any

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes, settings
from kerasette.core import operators
from kerasette.core.history import symbolic_call
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor, Tensor, TensorBase, Traced, as_array

_NUMBERS = (bool, int, float, complex)


def interpret(op: Any, inputs: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """Apply ``op`` in the interpreter that the moment and the operands ask for."""
    if not state.symbolic and any(isinstance(value, KerasTensor) for value in inputs):
        return symbolic_call(op, inputs, attributes)
    values = entering_values(op, inputs)
    if state.symbolic:
        return _symbols(op.spec(*(spec_of(value) for value in values), **attributes))
    if state.trace is not None and any(isinstance(value, Traced) for value in values):
        outputs = state.trace.emit(op, values, attributes)
    else:
        outputs = op.run([array_of(op, value) for value in values], attributes)
    if not op.blocked:
        for tape in state.tapes:
            tape.record(op, values, attributes, outputs)
    return outputs


def value_of(value: Any) -> Any:
    """A variable's current value; anything else as it is."""
    return value.value if hasattr(value, "assign") else value


def entering_values(op: Any, inputs: tuple[Any, ...]) -> list[Any]:
    """The operands as values of one interpreter, each in the dtype in which it enters."""
    values = [value_of(given) for given in inputs]
    device = next((value.device for value in values if type(value) is Tensor), None)
    names = []
    for index, value in enumerate(values):
        if isinstance(value, TensorBase):
            names.append(str(value.dtype))
        elif type(value) in _NUMBERS:
            names.append(dtypes.weak_name(value))
        else:
            values[index] = value = Tensor(as_array(value, device=device))
            names.append(str(value.dtype))
    entering = op.rule.entering(names)
    for index, value in enumerate(values):
        if not isinstance(value, TensorBase):
            dtype = entering[index] if entering else None
            values[index] = _number(value, dtype, device or devices.current_device())
        elif entering and value.dtype != entering[index]:
            values[index] = operators.method("cast")(value, entering[index])
    return values


_numbers: dict[Any, Tensor] = {}


def _number(value: Any, dtype: Any, device: str) -> Tensor:
    """A Python number as a tensor; those met before are kept, for they come again and again."""
    if value == 0 or value != value:  # 0.0 equals -0.0, and NaN equals nothing
        return Tensor(as_array(value, dtype, device))
    key = (type(value), value, dtype, settings.floatx(), device)
    found = _numbers.get(key)
    if found is None:
        if len(_numbers) >= 1024:
            _numbers.clear()
        found = _numbers[key] = Tensor(as_array(value, dtype, device))
    return found


def spec_of(value: Any) -> Spec:
    """The shape and dtype of any value."""
    return Spec(value.shape, value.dtype)


def array_of(op: Any, value: Any) -> Any:
    """The array of a tensor.

    Raises: TypeError for a traced value that has outlived its trace.
    """
    if type(value) is Tensor:
        return value._array
    raise TypeError(
        f"{op.name}: a tensor made inside a compiled function was kept and used outside it. "
        "Return it from the function, or assign it to a Variable. "
        f"Received: {value!r}."
    )


def _symbols(out: Any) -> Any:
    if isinstance(out, Spec):
        return KerasTensor(out.shape, out.dtype, record_history=False)
    return tuple(_symbols(part) for part in out)
